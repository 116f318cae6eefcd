"""Opting out and back in, by keyboard alone, witnessed by the official client."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from desktop.panels.widgets.radio_row import RadioRow
from tests.support.window_driver import CTRL, Key, WindowDriver

BEN = "5c90d4b1e2f34a0000770714"


async def choose(desk: WindowDriver, words: str) -> None:
    """Tab to the levels, then arrows; leaves the keyboard in the form's reason."""
    rows = desk.view.findChildren(RadioRow)
    now = next(row for row in rows if row.isChecked())
    await desk.tab_to(now.accessibleName())
    order = [row.accessibleName() for row in rows]
    steps = order.index(words) - order.index(now.accessibleName())
    desk.press(Key.Key_Down if steps > 0 else Key.Key_Up, times=abs(steps))
    assert desk.find_one(words).hasFocus()
    await desk.tab_to("Reason", most=2)


def reason(desk: WindowDriver) -> QLineEdit:
    field = desk.find_one("Reason", QComboBox).lineEdit()
    assert field is not None
    return field


def say_why(desk: WindowDriver, words: str) -> None:
    desk.press(Key.Key_A, CTRL)
    desk.type(words)


async def confirmed(desk: WindowDriver) -> None:
    await desk.wait_until(lambda: "Sailthru confirmed" in desk.last_status_text)


async def test_optout_by_keyboard_is_confirmed_and_undone(window: WindowDriver) -> None:
    await window.look_up("#48213")
    await choose(window, "No marketing e-mail")
    window.save_screenshot("opt-out-form")
    assert reason(window).text() == "Customer asked, #48213"
    say_why(window, "asked by phone")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(
        lambda: window.toast_texts == ["Marketing e-mail stopped for Maria Lopez"]
    )
    assert not window.find_all("Reason")
    await confirmed(window)
    window.save_screenshot("opt-out-confirmed")
    assert (await window.read_profile_officially())["optout_email"] == "basic"
    assert window.find_one("No marketing e-mail", RadioRow).isChecked()
    await window.wait_until(lambda: "asked by phone, by Ada Admin" in window.visible_texts())
    assert window.toast_texts, "the offer to undo stays after the confirmation"


async def test_optout_undo_by_keyboard_restores_level(window: WindowDriver) -> None:
    window.sandbox.control("POST", "speed", {"latency_ms": 60})
    await window.look_up("maria@lopez.example")
    await choose(window, "No e-mail at all")
    say_why(window, "complained")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: window.toast_texts)
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(
        lambda: "waiting" in window.newest_edit_states() or "undone" in window.newest_edit_states()
    )
    window.advance_clock(11)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert (await window.read_profile_officially())["optout_email"] == "none"


async def test_optout_undo_button_after_confirmation(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await choose(window, "No marketing e-mail")
    window.press(Key.Key_Return, CTRL)
    await confirmed(window)
    assert window.toast_texts == ["Marketing e-mail stopped for Maria Lopez"]
    window.click("Undo")
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    assert "sends in " in window.find_one("Gets everything", RadioRow).accessibleDescription()
    window.advance_clock(11)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert (await window.read_profile_officially())["optout_email"] == "none"


async def test_opt_in_needs_ticket_and_reason_and_waits(window: WindowDriver) -> None:
    await window.look_up("ben@castle.example")
    await choose(window, "Gets everything")
    act = window.find_one("Opt back in")
    assert not act.isEnabled()
    assert "number of a ticket" in act.accessibleDescription()
    window.press(Key.Key_Return, CTRL)
    assert window.find_all("Reason"), "nothing happens without a ticket"
    await window.tab_to("Ticket")
    window.type("#47811")
    assert act.isEnabled()
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    assert "sends in " in window.find_one("Gets everything", RadioRow).accessibleDescription()
    window.advance_clock(9)
    await window.wait_until(lambda: not window.sheet.tasks.is_running("reread"))
    assert not window.sandbox.logged_writes()
    assert (await window.read_profile_officially(BEN))["optout_email"] == "basic"
    window.advance_clock(2)
    await confirmed(window)
    assert (await window.read_profile_officially(BEN))["optout_email"] == "none"


async def test_optout_escape_keeps_typed_text(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await choose(window, "No marketing e-mail")
    say_why(window, "she wrote that")
    window.press(Key.Key_Escape)
    assert not window.find_all("Reason")
    assert QApplication.focusWidget() is window.find_one("Gets everything", RadioRow)
    await choose(window, "No marketing e-mail")
    assert reason(window).text() == "she wrote that"
    window.press(Key.Key_Escape)
    await window.reopen_window()
    await window.look_up("maria@lopez.example")
    await choose(window, "No marketing e-mail")
    assert reason(window).text() == "she wrote that"
    window.press(Key.Key_Return, CTRL)
    await confirmed(window)


async def test_typing_replaces_the_reason_that_is_offered(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("No marketing e-mail")
    reason = window.find_one("Reason", QComboBox)
    assert reason.currentText()
    window.type("by phone")
    assert reason.currentText() == "by phone"
    # What somebody has typed is gone on with.
    window.press(Key.Key_Escape)
    window.click("No marketing e-mail")
    window.press(Key.Key_End)
    window.type(" today")
    assert reason.currentText() == "by phone today"


async def test_optout_draft_belongs_to_its_customer(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await choose(window, "No marketing e-mail")
    say_why(window, "about Maria")
    window.press(Key.Key_Escape)
    await window.look_up("tom@old.example")
    await choose(window, "No marketing e-mail")
    assert reason(window).text() == "Customer asked, #48240"


async def test_optout_without_reason_disables_button_with_reason(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await choose(window, "No marketing e-mail")
    window.press(Key.Key_A, CTRL)
    window.press(Key.Key_Delete)
    act = window.find_one("Stop marketing e-mail")
    assert not act.isEnabled()
    assert act.accessibleDescription() == "Give a reason first."
    window.press(Key.Key_Return, CTRL)
    assert not window.toast_texts
    assert not window.sandbox.logged_writes()


async def test_optout_legacy_level_is_shown_not_offered(window: WindowDriver) -> None:
    await window.look_up("bo@larsen.example")
    rows = {row.accessibleName(): row for row in window.view.findChildren(RadioRow)}
    old = next(row for row in rows.values() if row.isChecked())
    assert not old.isEnabled()
    assert "no longer set" in old.accessibleDescription()
    await window.look_up("maria@lopez.example")
    names = [row.accessibleName() for row in window.view.findChildren(RadioRow)]
    assert names == ["Gets everything", "No marketing e-mail", "No e-mail at all"]


async def test_optout_levels_are_accessible_radio_buttons(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for row in window.view.findChildren(RadioRow):
        seen = QAccessible.queryAccessibleInterface(row)
        assert seen is not None
        assert seen.role() is QAccessible.Role.RadioButton
        assert seen.state().checkable  # type: ignore[attr-defined]


async def test_optout_as_agent_is_allowed_and_opt_in_is_not(agent_window: WindowDriver) -> None:
    desk = agent_window
    await desk.look_up("ben@castle.example")
    back = desk.find_one("Gets everything", RadioRow)
    assert not back.isEnabled()
    assert "may not opt customers back in" in back.accessibleDescription()
    desk.save_screenshot("agent-optout")
    await choose(desk, "No e-mail at all")
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)
    assert (await desk.read_profile_officially(BEN))["optout_email"] == "all"
    # One's own stricter level of today is taken back without a further right.
    desk.press(Key.Key_Z, CTRL)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    desk.advance_clock(11)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert (await desk.read_profile_officially(BEN))["optout_email"] == "basic"

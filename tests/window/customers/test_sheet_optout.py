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


async def test_optout_by_keyboard_is_confirmed_and_undone(desk: WindowDriver) -> None:
    await desk.look_up("#48213")
    await choose(desk, "No marketing e-mail")
    desk.save_screenshot("opt-out-form")
    assert reason(desk).text() == "Customer asked, #48213"
    say_why(desk, "asked by phone")
    desk.press(Key.Key_Return, CTRL)
    await desk.wait_until(lambda: desk.toast_texts == ["Opt-out “No marketing e-mail”"])
    assert not desk.find_all("Reason")
    await confirmed(desk)
    desk.save_screenshot("opt-out-confirmed")
    assert (await desk.read_profile_officially())["optout_email"] == "basic"
    assert desk.find_one("No marketing e-mail", RadioRow).isChecked()
    await desk.wait_until(lambda: "Ada Admin here: asked by phone" in desk.visible_texts())
    assert desk.toast_texts, "the offer to undo stays after the confirmation"


async def test_optout_undo_by_keyboard_restores_level(desk: WindowDriver) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 60})
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No e-mail at all")
    say_why(desk, "complained")
    desk.press(Key.Key_Return, CTRL)
    await desk.wait_until(lambda: desk.toast_texts)
    desk.press(Key.Key_Z, CTRL)
    await desk.wait_until(
        lambda: "waiting" in desk.newest_edit_states() or "undone" in desk.newest_edit_states()
    )
    desk.advance_clock(11)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert (await desk.read_profile_officially())["optout_email"] == "none"


async def test_optout_undo_button_after_confirmation(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)
    assert desk.toast_texts == ["Opt-out “No marketing e-mail”"]
    desk.click("Undo")
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    assert "waiting for Undo" in desk.find_one("Gets everything", RadioRow).accessibleDescription()
    desk.advance_clock(11)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert (await desk.read_profile_officially())["optout_email"] == "none"


async def test_opt_in_needs_ticket_and_reason_and_waits(desk: WindowDriver) -> None:
    await desk.look_up("ben@castle.example")
    await choose(desk, "Gets everything")
    act = desk.find_one("Opt back in")
    assert not act.isEnabled()
    assert "number of a ticket" in act.accessibleDescription()
    desk.press(Key.Key_Return, CTRL)
    assert desk.find_all("Reason"), "nothing happens without a ticket"
    await desk.tab_to("Ticket")
    desk.type("#47811")
    assert act.isEnabled()
    desk.press(Key.Key_Return, CTRL)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    assert "waiting for Undo" in desk.find_one("Gets everything", RadioRow).accessibleDescription()
    desk.advance_clock(9)
    await desk.wait_until(lambda: not desk.sheet.tasks.is_running("reread"))
    assert not desk.sandbox.logged_writes()
    assert (await desk.read_profile_officially(BEN))["optout_email"] == "basic"
    desk.advance_clock(2)
    await confirmed(desk)
    assert (await desk.read_profile_officially(BEN))["optout_email"] == "none"


async def test_optout_escape_keeps_typed_text(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    say_why(desk, "she wrote that")
    desk.press(Key.Key_Escape)
    assert not desk.find_all("Reason")
    assert QApplication.focusWidget() is desk.find_one("Gets everything", RadioRow)
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "she wrote that"
    desk.press(Key.Key_Escape)
    await desk.reopen_window()
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "she wrote that"
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)


async def test_optout_draft_belongs_to_its_customer(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    say_why(desk, "about Maria")
    desk.press(Key.Key_Escape)
    await desk.look_up("tom@old.example")
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "Customer asked, #48240"


async def test_optout_without_reason_disables_button_with_reason(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    desk.press(Key.Key_A, CTRL)
    desk.press(Key.Key_Delete)
    act = desk.find_one("Stop marketing e-mail")
    assert not act.isEnabled()
    assert act.accessibleDescription() == "Say why first."
    desk.press(Key.Key_Return, CTRL)
    assert not desk.toast_texts
    assert not desk.sandbox.logged_writes()


async def test_optout_legacy_level_is_shown_not_offered(desk: WindowDriver) -> None:
    await desk.look_up("bo@larsen.example")
    rows = {row.accessibleName(): row for row in desk.view.findChildren(RadioRow)}
    old = next(row for row in rows.values() if row.isChecked())
    assert not old.isEnabled()
    assert "no longer set" in old.accessibleDescription()
    await desk.look_up("maria@lopez.example")
    names = [row.accessibleName() for row in desk.view.findChildren(RadioRow)]
    assert names == ["Gets everything", "No marketing e-mail", "No e-mail at all"]


async def test_optout_levels_are_accessible_radio_buttons(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    for row in desk.view.findChildren(RadioRow):
        seen = QAccessible.queryAccessibleInterface(row)
        assert seen is not None
        assert seen.role() is QAccessible.Role.RadioButton
        assert seen.state().checkable  # type: ignore[attr-defined]


async def test_optout_as_agent_is_allowed_and_opt_in_is_not(agent_desk: WindowDriver) -> None:
    desk = agent_desk
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

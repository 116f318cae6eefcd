"""Opting out and back in, by keyboard alone, witnessed by the official client."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from desktop.panels.parts.radio_row import RadioRow
from tests.window.desk import CTRL, Desk, Key

BEN = "5c90d4b1e2f34a0000770714"


async def choose(desk: Desk, words: str) -> None:
    """Tab to the levels, then arrows; leaves the keyboard in the form's reason."""
    rows = desk.view.findChildren(RadioRow)
    now = next(row for row in rows if row.isChecked())
    await desk.tab_to(now.accessibleName())
    order = [row.accessibleName() for row in rows]
    steps = order.index(words) - order.index(now.accessibleName())
    desk.press(Key.Key_Down if steps > 0 else Key.Key_Up, times=abs(steps))
    assert desk.one(words).hasFocus()
    await desk.tab_to("Reason", most=2)


def reason(desk: Desk) -> QLineEdit:
    field = desk.one("Reason", QComboBox).lineEdit()
    assert field is not None
    return field


def say_why(desk: Desk, words: str) -> None:
    desk.press(Key.Key_A, CTRL)
    desk.type(words)


async def confirmed(desk: Desk) -> None:
    await desk.until(lambda: "Sailthru confirmed" in desk.note)


async def test_opting_out_by_keyboard_is_confirmed_and_undone(desk: Desk) -> None:
    await desk.look_up("#48213")
    await choose(desk, "No marketing e-mail")
    desk.shot("opt-out-form")
    assert reason(desk).text() == "Customer asked, #48213"
    say_why(desk, "asked by phone")
    desk.press(Key.Key_Return, CTRL)
    await desk.until(lambda: desk.toasts == ["Opt-out “No marketing e-mail”"])
    assert not desk.all("Reason")
    await confirmed(desk)
    desk.shot("opt-out-confirmed")
    assert (await desk.said_by_sailthru())["optout_email"] == "basic"
    assert desk.one("No marketing e-mail", RadioRow).isChecked()
    await desk.until(lambda: "Ada Admin here: asked by phone" in desk.texts())
    assert desk.toasts, "the offer to undo stays after the confirmation"


async def test_undo_takes_a_stricter_level_back_by_key(desk: Desk) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 60})
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No e-mail at all")
    say_why(desk, "complained")
    desk.press(Key.Key_Return, CTRL)
    await desk.until(lambda: desk.toasts)
    desk.press(Key.Key_Z, CTRL)
    await desk.until(lambda: "waiting" in desk.states() or "undone" in desk.states())
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    assert (await desk.said_by_sailthru())["optout_email"] == "none"


async def test_undo_button_after_the_confirmation(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)
    assert desk.toasts == ["Opt-out “No marketing e-mail”"]
    desk.click("Undo")
    await desk.until(lambda: desk.waiting == "1 change waiting")
    assert "waiting for Undo" in desk.one("Gets everything", RadioRow).accessibleDescription()
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    assert (await desk.said_by_sailthru())["optout_email"] == "none"


async def test_opting_back_in_needs_ticket_and_reason_and_waits(desk: Desk) -> None:
    await desk.look_up("ben@castle.example")
    await choose(desk, "Gets everything")
    act = desk.one("Opt back in")
    assert not act.isEnabled()
    assert "number of a ticket" in act.accessibleDescription()
    desk.press(Key.Key_Return, CTRL)
    assert desk.all("Reason"), "nothing happens without a ticket"
    await desk.tab_to("Ticket")
    desk.type("#47811")
    assert act.isEnabled()
    desk.press(Key.Key_Return, CTRL)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    assert "waiting for Undo" in desk.one("Gets everything", RadioRow).accessibleDescription()
    desk.skip(9)
    await desk.until(lambda: not desk.sheet.tasks.runs("reread"))
    assert not desk.sandbox.writes()
    assert (await desk.said_by_sailthru(BEN))["optout_email"] == "basic"
    desk.skip(2)
    await confirmed(desk)
    assert (await desk.said_by_sailthru(BEN))["optout_email"] == "none"


async def test_escape_keeps_what_was_typed(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    say_why(desk, "she wrote that")
    desk.press(Key.Key_Escape)
    assert not desk.all("Reason")
    assert QApplication.focusWidget() is desk.one("Gets everything", RadioRow)
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "she wrote that"
    desk.press(Key.Key_Escape)
    await desk.again()
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "she wrote that"
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)


async def test_a_draft_is_of_its_customer_alone(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    say_why(desk, "about Maria")
    desk.press(Key.Key_Escape)
    await desk.look_up("tom@old.example")
    await choose(desk, "No marketing e-mail")
    assert reason(desk).text() == "Customer asked, #48240"


async def test_a_reason_is_needed_and_the_button_says_so(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await choose(desk, "No marketing e-mail")
    desk.press(Key.Key_A, CTRL)
    desk.press(Key.Key_Delete)
    act = desk.one("Stop marketing e-mail")
    assert not act.isEnabled()
    assert act.accessibleDescription() == "Say why first."
    desk.press(Key.Key_Return, CTRL)
    assert not desk.toasts
    assert not desk.sandbox.writes()


async def test_an_old_level_is_shown_and_not_offered(desk: Desk) -> None:
    await desk.look_up("bo@larsen.example")
    rows = {row.accessibleName(): row for row in desk.view.findChildren(RadioRow)}
    old = next(row for row in rows.values() if row.isChecked())
    assert not old.isEnabled()
    assert "no longer set" in old.accessibleDescription()
    await desk.look_up("maria@lopez.example")
    names = [row.accessibleName() for row in desk.view.findChildren(RadioRow)]
    assert names == ["Gets everything", "No marketing e-mail", "No e-mail at all"]


async def test_levels_are_radio_buttons_to_a_screen_reader(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    for row in desk.view.findChildren(RadioRow):
        seen = QAccessible.queryAccessibleInterface(row)
        assert seen is not None
        assert seen.role() is QAccessible.Role.RadioButton
        assert seen.state().checkable  # type: ignore[attr-defined]


async def test_agents_may_opt_out_and_not_back_in(agent_desk: Desk) -> None:
    desk = agent_desk
    await desk.look_up("ben@castle.example")
    back = desk.one("Gets everything", RadioRow)
    assert not back.isEnabled()
    assert "may not opt customers back in" in back.accessibleDescription()
    desk.shot("agent-optout")
    await choose(desk, "No e-mail at all")
    desk.press(Key.Key_Return, CTRL)
    await confirmed(desk)
    assert (await desk.said_by_sailthru(BEN))["optout_email"] == "all"
    # One's own stricter level of today is taken back without a further right.
    desk.press(Key.Key_Z, CTRL)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    assert (await desk.said_by_sailthru(BEN))["optout_email"] == "basic"

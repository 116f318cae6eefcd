"""Lists: on and off after the undo time, never what may not be switched."""

from PySide6.QtWidgets import QApplication

from desktop.panels.parts.switch import Switch
from tests.window.desk import CTRL, Desk, Key


async def lists_of(desk: Desk) -> dict[str, object]:
    lists: dict[str, object] = (await desk.said_by_sailthru())["lists"]
    return lists


async def test_a_list_goes_out_after_the_undo_time(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Winback")
    desk.press(Key.Key_Space)
    await desk.until(lambda: desk.toasts == ["Added to Winback, waiting for Undo"])
    winback = desk.one("Winback", Switch)
    assert winback.isChecked()
    assert winback.is_waiting()
    assert desk.waiting == "1 change waiting"
    desk.shot("list-waiting")
    desk.skip(9)
    assert "Winback" not in await lists_of(desk)
    assert not desk.sandbox.writes()
    desk.skip(2)
    await desk.until(lambda: desk.note == "Added to Winback: Sailthru confirmed")
    assert "Winback" in await lists_of(desk)
    assert not winback.is_waiting()
    (write,) = desk.sandbox.writes()
    assert write["path"] == "/user"


async def test_undone_in_time_nothing_is_sent(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.until(lambda: desk.toasts == ["Taken off Newsletter, waiting for Undo"])
    assert not desk.one("Newsletter", Switch).isChecked()
    desk.press(Key.Key_Z, CTRL)
    await desk.until(lambda: desk.note == "Undone before it was sent")
    await desk.until(lambda: desk.waiting == "")
    assert desk.one("Newsletter", Switch).isChecked()
    desk.skip(60)
    await desk.until(lambda: not desk.toasts)
    assert not desk.sandbox.writes()
    assert "Newsletter" in await lists_of(desk)


async def test_switched_back_by_hand_nothing_changes(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    desk.click("Newsletter", Switch)
    await desk.until(lambda: desk.waiting == "")
    assert desk.one("Newsletter", Switch).isChecked()
    desk.skip(11)
    assert "Newsletter" in await lists_of(desk)


async def test_several_changes_each_have_an_undo(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    for name in ("Newsletter", "VIP Offers", "Product news", "Winback", "a=b"):
        desk.click(name, Switch)
        await desk.until(lambda name=name: desk.one(name, Switch).is_waiting())
    await desk.until(lambda: desk.waiting == "5 changes waiting")
    assert desk.toasts[-1] == "2 more changes"
    desk.shot("five-waiting")
    desk.click("Undo all")
    await desk.until(lambda: desk.waiting == "3 changes waiting")
    for left in (2, 1, 0):
        desk.press(Key.Key_Z, CTRL)
        await desk.until(lambda left=left: len(desk.toasts) == left)
    await desk.until(lambda: desk.waiting == "")
    assert not desk.sandbox.writes()


async def test_a_smart_list_has_no_switch(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    assert "zendesk-sync-smart" in desk.texts()
    assert not desk.all("zendesk-sync-smart", Switch)
    assert "member, computed by Sailthru" in desk.texts()


async def test_agents_add_and_do_not_remove(agent_desk: Desk) -> None:
    desk = agent_desk
    await desk.look_up("maria@lopez.example")
    newsletter = desk.one("Newsletter", Switch)
    assert not newsletter.isEnabled()
    assert newsletter.accessibleDescription() == (
        "Your role (agent) may not take customers off lists. Ask an admin."
    )
    desk.click("Newsletter", Switch)
    assert not desk.toasts
    desk.shot("agent")
    await desk.tab_to("Winback")
    desk.press(Key.Key_Space)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    # The switch keeps the keyboard while the row moves among the members.
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.accessibleName() == "Winback"
    desk.skip(11)
    await desk.until(lambda: "confirmed" in desk.note)
    assert "Winback" in await lists_of(desk)


async def test_waiting_changes_survive_a_restart(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Winback", Switch)
    await desk.until(lambda: desk.waiting == "1 change waiting")
    await desk.again()
    assert desk.waiting == "1 change waiting"
    assert not desk.sandbox.writes()
    await desk.look_up("maria@lopez.example")
    assert desk.one("Winback", Switch).is_waiting()
    desk.skip(11)
    await desk.until(lambda: desk.waiting == "")
    assert "Winback" in await lists_of(desk)


async def test_each_customer_has_lists_of_their_own_whoever_was_shown_before(desk: Desk) -> None:
    """The rows are kept for the next customer: none may bring the former one's state along."""
    names = ("Newsletter", "Product news", "VIP Offers", "Winback")

    def on() -> list[str]:
        return [name for name in names if desk.one(name, Switch).isChecked()]

    await desk.look_up("maria@lopez.example")
    assert on() == ["Newsletter", "Product news", "VIP Offers"]
    desk.click("Winback", Switch)
    await desk.until(lambda: desk.one("Winback", Switch).is_waiting())
    await desk.look_up("dana@okafor.example")
    assert on() == ["Newsletter", "VIP Offers"]
    assert not desk.one("Winback", Switch).is_waiting()
    assert "Maria" not in desk.texts(desk.view.customers)
    await desk.look_up("nobody.at.all@nowhere.example")
    assert not desk.all("Newsletter", Switch)
    assert "Dana" not in desk.texts(desk.view.customers)
    await desk.look_up("maria@lopez.example")
    assert on() == list(names)
    assert desk.one("Winback", Switch).is_waiting()

"""Lists: on and off after the undo time, never what may not be switched."""

from PySide6.QtWidgets import QApplication

from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, Key, WindowDriver


async def lists_of(desk: WindowDriver) -> dict[str, object]:
    lists: dict[str, object] = (await desk.read_profile_officially())["lists"]
    return lists


async def test_list_change_is_sent_after_undo_time(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    await desk.tab_to("Winback")
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: desk.toast_texts == ["Added to Winback, waiting for Undo"])
    winback = desk.find_one("Winback", Switch)
    assert winback.isChecked()
    assert winback.is_waiting()
    assert desk.waiting_edit_count == "1 change waiting"
    desk.save_screenshot("list-waiting")
    desk.advance_clock(9)
    assert "Winback" not in await lists_of(desk)
    assert not desk.sandbox.logged_writes()
    desk.advance_clock(2)
    await desk.wait_until(lambda: desk.last_status_text == "Added to Winback: Sailthru confirmed")
    assert "Winback" in await lists_of(desk)
    assert not winback.is_waiting()
    (write,) = desk.sandbox.logged_writes()
    assert write["path"] == "/user"


async def test_list_change_undone_in_time_sends_nothing(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.wait_until(lambda: desk.toast_texts == ["Taken off Newsletter, waiting for Undo"])
    assert not desk.find_one("Newsletter", Switch).isChecked()
    desk.press(Key.Key_Z, CTRL)
    await desk.wait_until(lambda: desk.last_status_text == "Undone before it was sent")
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert desk.find_one("Newsletter", Switch).isChecked()
    desk.advance_clock(60)
    await desk.wait_until(lambda: not desk.toast_texts)
    assert not desk.sandbox.logged_writes()
    assert "Newsletter" in await lists_of(desk)


async def test_list_switched_back_sends_nothing(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Newsletter", Switch)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    desk.click("Newsletter", Switch)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert desk.find_one("Newsletter", Switch).isChecked()
    desk.advance_clock(11)
    assert "Newsletter" in await lists_of(desk)


async def test_list_changes_have_separate_undo(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    for name in ("Newsletter", "VIP Offers", "Product news", "Winback", "a=b"):
        desk.click(name, Switch)
        await desk.wait_until(lambda name=name: desk.find_one(name, Switch).is_waiting())
    await desk.wait_until(lambda: desk.waiting_edit_count == "5 changes waiting")
    assert desk.toast_texts[-1] == "2 more changes"
    desk.save_screenshot("five-waiting")
    desk.click("Undo all")
    await desk.wait_until(lambda: desk.waiting_edit_count == "3 changes waiting")
    for left in (2, 1, 0):
        desk.press(Key.Key_Z, CTRL)
        await desk.wait_until(lambda left=left: len(desk.toast_texts) == left)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert not desk.sandbox.logged_writes()


async def test_smart_list_has_no_switch(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    assert "zendesk-sync-smart" in desk.visible_texts()
    assert not desk.find_all("zendesk-sync-smart", Switch)
    assert "member, computed by Sailthru" in desk.visible_texts()


async def test_list_as_agent_can_be_added_not_removed(agent_desk: WindowDriver) -> None:
    desk = agent_desk
    await desk.look_up("maria@lopez.example")
    newsletter = desk.find_one("Newsletter", Switch)
    assert not newsletter.isEnabled()
    assert newsletter.accessibleDescription() == (
        "Your role (agent) may not take customers off lists. Ask an admin."
    )
    desk.click("Newsletter", Switch)
    assert not desk.toast_texts
    desk.save_screenshot("agent")
    await desk.tab_to("Winback")
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    # The switch keeps the keyboard while the row moves among the members.
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.accessibleName() == "Winback"
    desk.advance_clock(11)
    await desk.wait_until(lambda: "confirmed" in desk.last_status_text)
    assert "Winback" in await lists_of(desk)


async def test_list_waiting_changes_survive_restart(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.click("Winback", Switch)
    await desk.wait_until(lambda: desk.waiting_edit_count == "1 change waiting")
    await desk.reopen_window()
    assert desk.waiting_edit_count == "1 change waiting"
    assert not desk.sandbox.logged_writes()
    await desk.look_up("maria@lopez.example")
    assert desk.find_one("Winback", Switch).is_waiting()
    desk.advance_clock(11)
    await desk.wait_until(lambda: desk.waiting_edit_count == "")
    assert "Winback" in await lists_of(desk)


async def test_list_rows_reused_show_no_state_of_previous_customer(desk: WindowDriver) -> None:
    """The rows are kept for the next customer: none may bring the former one's state along."""
    names = ("Newsletter", "Product news", "VIP Offers", "Winback")

    def on() -> list[str]:
        return [name for name in names if desk.find_one(name, Switch).isChecked()]

    await desk.look_up("maria@lopez.example")
    assert on() == ["Newsletter", "Product news", "VIP Offers"]
    desk.click("Winback", Switch)
    await desk.wait_until(lambda: desk.find_one("Winback", Switch).is_waiting())
    await desk.look_up("dana@okafor.example")
    assert on() == ["Newsletter", "VIP Offers"]
    assert not desk.find_one("Winback", Switch).is_waiting()
    assert "Maria" not in desk.visible_texts(desk.view.customers_page)
    await desk.look_up("nobody.at.all@nowhere.example")
    assert not desk.find_all("Newsletter", Switch)
    assert "Dana" not in desk.visible_texts(desk.view.customers_page)
    await desk.look_up("maria@lopez.example")
    assert on() == list(names)
    assert desk.find_one("Winback", Switch).is_waiting()

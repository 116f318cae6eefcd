"""Lists: on and off after the undo time, never what may not be switched."""

from PySide6.QtWidgets import QApplication, QLineEdit

from desktop.panels.customer.list_details_dialog import ListDetailsDialog
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.switch_row import SwitchRow
from tests.support.accessibility_checks import clipped_texts
from tests.support.window_driver import CTRL, Key, WindowDriver


async def lists_of(desk: WindowDriver) -> dict[str, object]:
    lists: dict[str, object] = (await desk.read_profile_officially())["lists"]
    return lists


async def test_list_change_is_sent_after_undo_time(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Winback")
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.toast_texts == ["Maria Lopez joins Winback in 10 s"])
    winback = window.find_one("Winback", Switch)
    assert winback.isChecked()
    assert winback.is_waiting()
    assert window.waiting_edit_count == "1 change waiting"
    window.save_screenshot("list-waiting")
    window.advance_clock(9)
    assert "Winback" not in await lists_of(window)
    assert not window.sandbox.logged_writes()
    window.advance_clock(2)
    await window.wait_until(
        lambda: window.last_status_text == "Added to Winback: Sailthru confirmed"
    )
    assert "Winback" in await lists_of(window)
    assert not winback.is_waiting()
    (write,) = window.sandbox.logged_writes()
    assert write["path"] == "/user"


async def test_list_change_undone_in_time_sends_nothing(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.toast_texts == ["Maria Lopez leaves Newsletter in 10 s"])
    assert not window.find_one("Newsletter", Switch).isChecked()
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: window.last_status_text == "Undone before it was sent")
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert window.find_one("Newsletter", Switch).isChecked()
    window.advance_clock(60)
    await window.wait_until(lambda: not window.toast_texts)
    assert not window.sandbox.logged_writes()
    assert "Newsletter" in await lists_of(window)


async def test_list_change_is_undone_with_the_keyboard_in_the_search_field(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    window.press(Key.Key_K, CTRL)
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert window.find_one("Newsletter", Switch).isChecked()
    assert window.find_one("Find a customer", QLineEdit).text() == "maria@lopez.example"


async def test_list_order_is_frozen_while_a_customer_is_open(window: WindowDriver) -> None:
    def list_names() -> list[str]:
        panel = window.find_one("Lists")
        switches = [each for each in panel.findChildren(Switch) if each.isVisible()]
        switches.sort(key=lambda each: each.mapTo(panel, each.rect().center()).y())
        return [each.objectName() for each in switches]

    await window.look_up("maria@lopez.example")
    before = list_names()
    window.click("Winback", Switch)
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "2 changes waiting")
    assert list_names() == before
    window.advance_clock(11)
    await window.wait_until(lambda: len(window.sandbox.logged_writes()) == 2)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert list_names() == before
    # Opened again, the lists she is on stand first.
    await window.look_up("noah@becker.example")
    await window.look_up("maria@lopez.example")
    await window.wait_until(
        lambda: list_names().index("Winback") < list_names().index("Newsletter")
    )


async def test_list_switched_back_sends_nothing(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    window.click("Newsletter", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert window.find_one("Newsletter", Switch).isChecked()
    window.advance_clock(11)
    assert "Newsletter" in await lists_of(window)


async def test_list_changes_have_separate_undo(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for name in ("Newsletter", "VIP Offers", "Product news", "Winback", "Back in stock"):
        window.click(name, Switch)
        await window.wait_until(lambda name=name: window.find_one(name, Switch).is_waiting())
    await window.wait_until(lambda: window.waiting_edit_count == "5 changes waiting")
    assert window.toast_texts[-1] == "2 more changes"
    window.save_screenshot("five-waiting")
    window.click("Undo all")
    await window.wait_until(lambda: window.waiting_edit_count == "3 changes waiting")
    for left in (2, 1, 0):
        window.press(Key.Key_Z, CTRL)
        await window.wait_until(lambda left=left: len(window.toast_texts) == left)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert not window.sandbox.logged_writes()


async def test_smart_list_has_no_switch(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    assert "zendesk-sync-smart" in window.visible_texts()
    assert not window.find_all("zendesk-sync-smart", Switch)
    assert "member, computed by Sailthru" in window.visible_texts()


async def test_list_as_agent_can_be_added_not_removed(agent_window: WindowDriver) -> None:
    desk = agent_window
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


async def test_list_waiting_changes_survive_restart(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    await window.reopen_window()
    assert window.waiting_edit_count == "1 change waiting"
    assert not window.sandbox.logged_writes()
    await window.look_up("maria@lopez.example")
    assert window.find_one("Winback", Switch).is_waiting()
    window.advance_clock(11)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert "Winback" in await lists_of(window)


async def test_list_rows_reused_show_no_state_of_previous_customer(window: WindowDriver) -> None:
    """The rows are kept for the next customer: none may bring the former one's state along."""
    names = ("Newsletter", "Product news", "VIP Offers", "Winback")

    def on() -> list[str]:
        return [name for name in names if window.find_one(name, Switch).isChecked()]

    await window.look_up("maria@lopez.example")
    assert on() == ["Newsletter", "Product news", "VIP Offers"]
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.find_one("Winback", Switch).is_waiting())
    await window.look_up("dana@okafor.example")
    assert on() == ["Newsletter", "VIP Offers"]
    assert not window.find_one("Winback", Switch).is_waiting()
    assert "Maria" not in window.visible_texts(window.view.customers_page)
    await window.look_up("nobody.at.all@nowhere.example")
    assert not window.find_all("Newsletter", Switch)
    assert "Dana" not in window.visible_texts(window.view.customers_page)
    await window.look_up("maria@lopez.example")
    assert on() == list(names)
    assert window.find_one("Winback", Switch).is_waiting()


async def test_list_name_opens_what_is_known_and_its_changes(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    row = window.find_one("Newsletter", Switch).parentWidget()
    assert isinstance(row, SwitchRow)
    window.click(row.text_label)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, ListDetailsDialog))
    await window.wait_until(dialog.isVisible)
    said = window.visible_texts(dialog)
    for words in ("Newsletter", "People join it, or are added", "since ", "none here uses it"):
        assert words in said, words
    assert clipped_texts(dialog) == []
    window.save_screenshot("list_details", dialog)
    # The switch was not touched.
    assert window.find_one("Newsletter", Switch).isChecked()
    window.click(dialog.copy_button)
    assert QApplication.clipboard().text() == "Newsletter"
    window.click(dialog.changes_button)
    await window.wait_until(lambda: window.view.current_page == "activity")
    assert window.find_one("Search the changes", QLineEdit).text() == "Newsletter"


async def test_list_is_told_about_by_the_menu_of_its_switch(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    switch = await window.tab_to("Newsletter")
    assert [action.text() for action in switch.actions()] == ["About this list…"]
    switch.actions()[0].trigger()
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ListDetailsDialog)]
    assert [dialog.isVisible() for dialog in found] == [True]
    found[0].close()

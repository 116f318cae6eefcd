"""Who is told of runs, and that nothing chosen on the tab is lost before it is saved."""

from PySide6.QtWidgets import QCheckBox, QLineEdit

from desktop.model.sync import NotificationSettings
from desktop.panels.widgets.dropdown_field import DropdownField
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import Key

LEE = "lee@desk.example"


async def test_notifications_tab_recipients_survive_restart_and_are_saved(
    desk: SyncPageDriver,
) -> None:
    await desk.add_preset()
    desk.page.show_tab("Schedule")
    desk.view.activateWindow()
    assert "Who is told" in desk.visible_texts(desk.page)
    assert desk.read_sync().notify == NotificationSettings()
    field = desk.find_one("E-mail to", QLineEdit)
    desk.click(field)
    desk.type(f"{LEE}, nobody")
    await desk.wait_until(lambda: "“nobody” is no e-mail address" in desk.visible_texts(desk.page))
    assert not desk.page.schedule_tab.save_button.isEnabled()
    desk.press(Key.Key_Backspace, times=len(", nobody"))
    desk.click(desk.find_one("A notification on the computer that runs it", QCheckBox))
    desk.find_one("When somebody is told", DropdownField).setFocus()
    desk.press(Key.Key_End)
    await desk.wait_until(
        lambda: f"After every run: an e-mail to {LEE}." in desk.visible_texts(desk.page)
    )
    assert "No mail server is set up" in desk.visible_texts(desk.page)
    assert desk.page.tabs.tabText(2).endswith("•")
    assert controls_without_name(desk.page) == []
    assert clipped_texts(desk.page) == []
    desk.save_screenshot("telling")

    # The window is closed, and nothing was saved.
    await desk.reopen_window()
    assert desk.read_sync().notify == NotificationSettings()
    desk.page.show_tab("Schedule")
    await desk.wait_until(lambda: desk.models.schedule.has_unsaved_changes)
    await desk.wait_until(
        lambda: f"After every run: an e-mail to {LEE}." in desk.visible_texts(desk.page)
    )
    desk.click("Save the schedule")
    await desk.wait_until(lambda: desk.read_sync().notify != NotificationSettings())
    assert desk.read_sync().notify == NotificationSettings(
        on_run=True, on_failure=True, desktop=False, email=(LEE,)
    )
    assert desk.read_sync().on
    assert desk.read_sync().checked_at > 0
    await desk.reopen_window()
    desk.page.show_tab("Schedule")
    await desk.wait_until(lambda: "After every run" in desk.visible_texts(desk.page))
    assert not desk.models.schedule.has_unsaved_changes

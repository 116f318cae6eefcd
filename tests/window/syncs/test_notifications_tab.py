"""Who is told of runs, and that nothing chosen on the tab is lost before it is saved."""

from PySide6.QtWidgets import QCheckBox, QLineEdit

from desktop.model.sync import NotificationSettings
from desktop.panels.widgets.dropdown_field import DropdownField
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import Key

LEE = "lee@desk.example"


async def test_notifications_tab_recipients_survive_restart_and_are_saved(
    window: SyncPageDriver,
) -> None:
    await window.add_preset()
    window.page.show_tab("Schedule")
    window.view.activateWindow()
    assert "Notifications" in window.visible_texts(window.page)
    assert window.read_sync().notify == NotificationSettings()
    field = window.find_one("E-mail to", QLineEdit)
    window.click(field)
    window.type(f"{LEE}, nobody")
    await window.wait_until(
        lambda: "“nobody” is no e-mail address" in window.visible_texts(window.page)
    )
    assert not window.page.schedule_tab.save_button.isEnabled()
    window.press(Key.Key_Backspace, times=len(", nobody"))
    window.click(window.find_one("A notification on the computer that runs it", QCheckBox))
    window.find_one("When to notify", DropdownField).setFocus()
    window.press(Key.Key_End)
    await window.wait_until(
        lambda: f"After every run: an e-mail to {LEE}." in window.visible_texts(window.page)
    )
    assert "No mail server is set up" in window.visible_texts(window.page)
    assert window.page.tabs.tabText(2).endswith("•")
    assert controls_without_name(window.page) == []
    assert clipped_texts(window.page) == []
    window.save_screenshot("telling")

    # The window is closed, and nothing was saved.
    await window.reopen_window()
    assert window.read_sync().notify == NotificationSettings()
    window.page.show_tab("Schedule")
    await window.wait_until(lambda: window.models.schedule.has_unsaved_changes)
    await window.wait_until(
        lambda: f"After every run: an e-mail to {LEE}." in window.visible_texts(window.page)
    )
    window.click("Save the schedule")
    await window.wait_until(lambda: window.read_sync().notify != NotificationSettings())
    assert window.read_sync().notify == NotificationSettings(
        on_run=True, on_failure=True, desktop=False, email=(LEE,)
    )
    assert window.read_sync().on
    assert window.read_sync().checked_at > 0
    await window.reopen_window()
    window.page.show_tab("Schedule")
    await window.wait_until(lambda: "After every run" in window.visible_texts(window.page))
    assert not window.models.schedule.has_unsaved_changes

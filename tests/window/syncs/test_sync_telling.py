"""Who is told of runs, and that nothing chosen on the tab is lost before it is saved."""

from PySide6.QtWidgets import QCheckBox, QLineEdit

from desktop.model.goal import Notify
from desktop.panels.parts.choice_field import ChoiceField
from tests.window.careful import cut_off, unnamed
from tests.window.desk import Key
from tests.window.syncs.sync_desk import SyncDesk

LEE = "lee@desk.example"


async def test_who_is_told_is_chosen_kept_over_the_night_and_saved(desk: SyncDesk) -> None:
    await desk.add()
    desk.page.show_tab("Schedule")
    desk.view.activateWindow()
    assert "Who is told" in desk.texts(desk.page)
    assert desk.store_goal().notify == Notify()
    field = desk.one("E-mail to", QLineEdit)
    desk.click(field)
    desk.type(f"{LEE}, nobody")
    await desk.until(lambda: "“nobody” is no e-mail address" in desk.texts(desk.page))
    assert not desk.page.schedule.save.isEnabled()
    desk.press(Key.Key_Backspace, times=len(", nobody"))
    desk.click(desk.one("A notification on the computer that runs it", QCheckBox))
    desk.one("When somebody is told", ChoiceField).setFocus()
    desk.press(Key.Key_End)
    await desk.until(lambda: f"After every run: an e-mail to {LEE}." in desk.texts(desk.page))
    assert "No mail server is set up" in desk.texts(desk.page)
    assert desk.page.tabs.tabText(2).endswith("•")
    assert unnamed(desk.page) == []
    assert cut_off(desk.page) == []
    desk.shot("telling")

    # The window is closed, and nothing was saved.
    await desk.again()
    assert desk.store_goal().notify == Notify()
    desk.page.show_tab("Schedule")
    await desk.until(lambda: desk.models.schedule.unsaved)
    await desk.until(lambda: f"After every run: an e-mail to {LEE}." in desk.texts(desk.page))
    desk.click("Save the schedule")
    await desk.until(lambda: desk.store_goal().notify != Notify())
    assert desk.store_goal().notify == Notify(
        on_run=True, on_failure=True, desktop=False, email=(LEE,)
    )
    assert desk.store_goal().on
    assert desk.store_goal().checked_at > 0
    await desk.again()
    desk.page.show_tab("Schedule")
    await desk.until(lambda: "After every run" in desk.texts(desk.page))
    assert not desk.models.schedule.unsaved

"""Schedule and mapping: tried before they are saved, and nothing lost that was typed."""

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QLineEdit

from desktop.model.mapping import Operator
from desktop.panels.parts.switch import Switch
from desktop.panels.syncs.condition_rows import meant, said
from desktop.panels.syncs.schedule_tab import ScheduleTab
from desktop.settings import sync_settings
from tests.window.careful import unnamed
from tests.window.desk import CTRL, Key
from tests.window.syncs.sync_desk import TO_SAILTHRU, SyncDesk


async def test_a_schedule_shows_its_times_and_is_saved(desk: SyncDesk) -> None:
    await desk.add()
    desk.page.show_tab("Schedule")
    tab = desk.view.findChild(ScheduleTab)
    assert tab is not None
    tab.form.set_value("weekly")
    tab.form.chosen.emit("weekly")
    desk.click("Thursday")
    tab.at.setTime(QTime(7, 30))
    await desk.until(lambda: len(desk.models.schedule.view().times) == 5)
    days = {day.split()[0] for day, _, _ in desk.models.schedule.view().times}
    assert days == {"Monday", "Thursday"}
    assert {at for _, at, _ in desk.models.schedule.view().times} == {"07:30"}
    assert desk.store_goal().schedule == "hourly"
    assert not words_of_status(desk)
    desk.click("Save the schedule")
    await desk.until(lambda: desk.store_goal().schedule == "mon,thu 07:30")
    desk.click("This computer runs what is due", Switch)
    await desk.until(lambda: desk.house.live.values.get(sync_settings.RUN_HERE))
    await desk.until(lambda: ":30" in words_of_status(desk))
    assert words_of_status(desk).startswith("Runs syncs here, next ")
    desk.press(Key.Key_1, CTRL)
    desk.click(desk.view.status.item("syncs"))
    assert desk.page.isVisible()
    assert unnamed(desk.page) == []


def words_of_status(desk: SyncDesk) -> str:
    item = desk.view.status._items.get("syncs")
    return item.accessibleName() if item is not None and item.isVisible() else ""


async def test_days_of_the_month_that_are_none_are_said_beside_them(desk: SyncDesk) -> None:
    await desk.add(on=False)
    desk.page.show_tab("Schedule")
    desk.models.schedule.choose(form="monthly", month_days="40")
    tab = desk.view.findChild(ScheduleTab)
    assert tab is not None
    assert "look like 1, 15 or last" in tab.wrong.text()
    assert not tab.save.isEnabled()
    desk.models.schedule.choose(month_days="1, last")
    assert tab.save.isEnabled()


async def test_a_mapping_is_tried_on_a_customer_and_unchecks_what_it_changes(
    desk: SyncDesk,
) -> None:
    await desk.add()
    desk.page.show_tab("Mapping")
    desk.one("Customer to try it on", QLineEdit).setFocus()
    desk.type("maria@lopez.example")
    desk.press(Key.Key_Return)
    await desk.until(lambda: "maria@lopez.example: update" in desk.texts(desk.page))
    before = len(desk.store_goal().mapping)
    desk.click("Add a row")
    form = desk.page.mapping.form
    await desk.until(lambda: "does not say what it reads" in form.wrong.text())
    form.source.setFocus()
    desk.type("locale")
    form.target.setFocus()
    form.target.selectAll()
    desk.type("vars.language")
    await desk.until(lambda: not desk.models.mapping.view().wrong)
    line = desk.models.mapping.view().lines[-1]
    assert (line.source, line.target) == ("locale", "language")
    assert not line.wrong
    desk.click("Move the row up")
    assert desk.models.mapping.row().source == "locale"
    assert desk.models.mapping.view().chosen == before - 1
    assert not desk.sandbox.writes()
    desk.click("Save the mapping")
    await desk.until(lambda: len(desk.store_goal().mapping) == before + 1)
    assert desk.store_goal().checked_at == 0
    await desk.until(lambda: "has to be checked again" in desk.texts(desk.page))
    desk.click("Check now")
    await desk.until(lambda: desk.store_goal().checked_at > 0)


async def test_a_draft_outlives_a_look_and_another_tab(desk: SyncDesk) -> None:
    await desk.add(on=False)
    desk.page.show_tab("Mapping")
    desk.models.mapping.choose(0)
    desk.page.mapping.rows.setFocus()
    desk.press(Key.Key_Space)
    assert not desk.models.mapping.view().lines[0].on
    desk.models.page.amend(favourite=True)
    await desk.until(lambda: desk.store_goal().favourite)
    await desk.until(lambda: desk.models.page.sync().goal.favourite)
    assert not desk.models.mapping.view().lines[0].on
    assert desk.models.mapping.unsaved
    await desk.add("high-value-tagging", on=False)
    assert desk.models.mapping.view().goal.name == "high-value-tagging"
    desk.models.page.choose(TO_SAILTHRU)
    assert desk.models.mapping.unsaved
    assert desk.page.tabs.tabText(1).endswith("•")
    desk.click("Save the mapping")
    await desk.until(lambda: not desk.store_goal().mapping[0].on)
    assert desk.store_goal().favourite
    assert desk.store_goal().mapping[0].operator is Operator.SET_IF_EMPTY


async def test_name_labels_and_description_are_kept_and_a_sync_is_removed(desk: SyncDesk) -> None:
    await desk.add(on=False)
    desk.models.page.amend(title="Für alle <b>", labels=("crm", "daily"), description="Why")
    await desk.until(lambda: desk.page.head.title.full_text() == "Für alle <b>")
    assert desk.store_goal().labels == ("crm", "daily")
    desk.models.page.remove()
    await desk.until(lambda: desk.models.page.sync() is None)
    await desk.until(lambda: "No sync yet" in desk.texts(desk.page))
    assert TO_SAILTHRU not in {goal.name for goal in desk.house.store.goals.all()}


def test_values_of_conditions_are_read_as_they_are_said() -> None:
    for value in (True, False, 4, 2.5, "gold", "4711a", None):
        assert meant(said(value)) == (value if value is not None else "")

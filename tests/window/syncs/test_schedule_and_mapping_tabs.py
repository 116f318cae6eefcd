"""Schedule and mapping: tried before they are saved, and nothing lost that was typed."""

from PySide6.QtCore import QTime
from PySide6.QtWidgets import QLineEdit

from desktop.model.field_mapping import MappingOperator
from desktop.panels.syncs.condition_editor import format_value, parse_value
from desktop.panels.syncs.schedule_tab import ScheduleTab
from desktop.panels.widgets.switch import Switch
from desktop.settings import sync_settings
from tests.support.accessibility_checks import controls_without_name
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, Key


async def test_schedule_tab_shows_times_and_saves(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.page.show_tab("Schedule")
    tab = desk.view.findChild(ScheduleTab)
    assert tab is not None
    tab.frequency_dropdown.set_value("weekly")
    tab.frequency_dropdown.chosen.emit("weekly")
    desk.click("Thursday")
    tab.time_field.setTime(QTime(7, 30))
    await desk.wait_until(lambda: len(desk.models.schedule.view().next_times) == 5)
    days = {day.split()[0] for day, _, _ in desk.models.schedule.view().next_times}
    assert days == {"Monday", "Thursday"}
    assert {at for _, at, _ in desk.models.schedule.view().next_times} == {"07:30"}
    assert desk.read_sync().schedule == "hourly"
    assert not words_of_status(desk)
    desk.click("Save the schedule")
    await desk.wait_until(lambda: desk.read_sync().schedule == "mon,thu 07:30")
    desk.click("This computer runs what is due", Switch)
    await desk.wait_until(lambda: desk.house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE))
    await desk.wait_until(lambda: ":30" in words_of_status(desk))
    assert words_of_status(desk).startswith("Runs syncs here, next ")
    desk.press(Key.Key_1, CTRL)
    desk.click(desk.view.status_bar.item("syncs"))
    assert desk.page.isVisible()
    assert controls_without_name(desk.page) == []


def words_of_status(desk: SyncPageDriver) -> str:
    item = desk.view.status_bar._items.get("syncs")
    return item.accessibleName() if item is not None and item.isVisible() else ""


async def test_schedule_tab_invalid_days_are_explained(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    desk.page.show_tab("Schedule")
    desk.models.schedule.change_draft(form="monthly", month_days="40")
    tab = desk.view.findChild(ScheduleTab)
    assert tab is not None
    assert "look like 1, 15 or last" in tab.error_label.text()
    assert not tab.save_button.isEnabled()
    desk.models.schedule.change_draft(month_days="1, last")
    assert tab.save_button.isEnabled()


async def test_mapping_tab_preview_on_customer_and_change_unchecks_sync(
    desk: SyncPageDriver,
) -> None:
    await desk.add_preset()
    desk.page.show_tab("Mapping")
    desk.find_one("Customer to try it on", QLineEdit).setFocus()
    desk.type("maria@lopez.example")
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: "maria@lopez.example: update" in desk.visible_texts(desk.page))
    before = len(desk.read_sync().mapping)
    desk.click("Add a row")
    form = desk.page.mapping_tab.row_form
    await desk.wait_until(lambda: "does not say what it reads" in form.error_label.text())
    form.source_field.setFocus()
    desk.type("locale")
    form.target_field.setFocus()
    form.target_field.selectAll()
    desk.type("vars.language")
    await desk.wait_until(lambda: not desk.models.mapping.view().problems)
    line = desk.models.mapping.view().rows[-1]
    assert (line.source, line.target) == ("locale", "language")
    assert not line.problem
    desk.click("Move the row up")
    assert desk.models.mapping.selected_row().source == "locale"
    assert desk.models.mapping.view().selected_index == before - 1
    assert not desk.sandbox.logged_writes()
    desk.click("Save the mapping")
    await desk.wait_until(lambda: len(desk.read_sync().mapping) == before + 1)
    assert desk.read_sync().checked_at == 0
    await desk.wait_until(lambda: "has to be checked again" in desk.visible_texts(desk.page))
    desk.click("Check now")
    await desk.wait_until(lambda: desk.read_sync().checked_at > 0)


async def test_mapping_tab_draft_survives_tab_change(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    desk.page.show_tab("Mapping")
    desk.models.mapping.select_row(0)
    desk.page.mapping_tab.mapping_table.setFocus()
    desk.press(Key.Key_Space)
    assert not desk.models.mapping.view().rows[0].is_on
    desk.models.page.edit_details(favourite=True)
    await desk.wait_until(lambda: desk.read_sync().favourite)
    await desk.wait_until(lambda: desk.models.page.selected_sync().sync.favourite)
    assert not desk.models.mapping.view().rows[0].is_on
    assert desk.models.mapping.has_unsaved_changes
    await desk.add_preset("high-value-tagging", on=False)
    assert desk.models.mapping.view().sync.name == "high-value-tagging"
    desk.models.page.select_sync(TO_SAILTHRU)
    assert desk.models.mapping.has_unsaved_changes
    assert desk.page.tabs.tabText(1).endswith("•")
    desk.click("Save the mapping")
    await desk.wait_until(lambda: not desk.read_sync().mapping[0].on)
    assert desk.read_sync().favourite
    assert desk.read_sync().mapping[0].operator is MappingOperator.SET_IF_EMPTY


async def test_sync_name_labels_description_are_saved_and_sync_removed(
    desk: SyncPageDriver,
) -> None:
    await desk.add_preset(on=False)
    desk.models.page.edit_details(title="Für alle <b>", labels=("crm", "daily"), description="Why")
    await desk.wait_until(lambda: desk.page.header.title_label.full_text() == "Für alle <b>")
    assert desk.read_sync().labels == ("crm", "daily")
    desk.models.page.remove_sync()
    await desk.wait_until(lambda: desk.models.page.selected_sync() is None)
    await desk.wait_until(lambda: "No sync yet" in desk.visible_texts(desk.page))
    assert TO_SAILTHRU not in {goal.name for goal in desk.house.store.syncs.list_all()}


def test_condition_values_are_parsed_as_shown() -> None:
    for value in (True, False, 4, 2.5, "gold", "4711a", None):
        assert parse_value(format_value(value)) == (value if value is not None else "")

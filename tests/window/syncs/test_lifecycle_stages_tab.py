"""Lifecycle stages and the cap, made by hand; what is not saved outlives the window."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap, LifecycleStage
from desktop.model.sync_plan import PlannedOutcome
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.number_field import NumberField
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import Key

DEAR = LifecycleStage("dear", (FieldCondition("tags", ConditionOperator.HAS, "vip"),))


def has_focus(desk: SyncPageDriver, name: str) -> bool:
    return any(field.hasFocus() for field in desk.find_all(name, QLineEdit))


async def test_stages_tab_stages_and_frequency_cap_are_saved(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.page.show_tab("Mapping")
    desk.view.activateWindow()
    desk.click("Add a stage", QPushButton)
    await desk.wait_until(lambda: "A stage has no name yet." in desk.visible_texts(desk.page))
    await desk.wait_until(lambda: has_focus(desk, "Stage 1: name"))
    desk.type("daer")
    desk.click("Add a condition to stage 1", QPushButton)
    await desk.wait_until(lambda: has_focus(desk, "Stage 1: condition 1: field"))
    desk.type("tags")
    test = desk.find_one("Stage 1: condition 1: test", DropdownField)
    test.setFocus()
    desk.press(Key.Key_Down, times=4)
    desk.click("Stage 1: condition 1: value", QLineEdit)
    desk.type("vip")
    only = desk.find_one("Only who is in", DropdownField)
    only.setFocus()
    desk.press(Key.Key_Down)
    assert desk.models.mapping.view().sync.source.stage == "daer"
    # Called otherwise, the sync stays kept to it.
    desk.click("Stage 1: name", QLineEdit)
    desk.press(Key.Key_Backspace, times=4)
    desk.type("dear")
    assert desk.models.mapping.view().sync.source.stage == "dear"

    desk.click("Reach nobody too often", QCheckBox)
    desk.find_one("At most so many times", NumberField).setFocus()
    desk.press(Key.Key_Down)
    desk.find_one("Within", DropdownField).setFocus()
    desk.press(Key.Key_End)
    desk.find_one("What counts", DropdownField).setFocus()
    desk.press(Key.Key_Down)
    await desk.pause(0.1)
    assert controls_without_name(desk.page) == []
    assert clipped_texts(desk.page) == []
    desk.save_screenshot("stages")

    # Closed before it was saved; meanwhile somebody else gives the sync a limit.
    await desk.reopen_window()
    assert desk.read_sync().stages == ()
    desk.page.show_tab("Mapping")
    await desk.wait_until(lambda: desk.models.mapping.has_unsaved_changes)
    goal = desk.models.mapping.view().sync
    assert goal.stages == (DEAR,)
    assert goal.pressure == FrequencyCap(2, CapPeriod.QUARTER, ContactEvent.OPENED)
    assert "Not saved yet." in desk.visible_texts(desk.page)
    desk.click("Save the mapping")
    await desk.wait_until(lambda: desk.read_sync().stages == (DEAR,))
    assert desk.read_sync().source.stage == "dear"
    assert desk.read_sync().pressure == goal.pressure
    # It means others now, so it is checked again before it runs; a preview shows whom.
    assert desk.read_sync().checked_at == 0
    desk.page.show_tab("Plan")
    await desk.press_preview()
    await desk.wait_until(lambda: desk.models.page.selected_sync().open_plan is not None, 40)
    rows = desk.house.store.plans.list_rows(desk.open_plan_id(), limit=2000)
    written = {
        row.label for row in rows if row.fate in (PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
    }
    assert written == {"maria@lopez.example"}


async def test_stages_tab_draft_reports_change_elsewhere(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    desk.page.show_tab("Mapping")
    desk.view.activateWindow()
    desk.page.mapping_tab.mapping_table.setFocus()
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: desk.models.mapping.has_unsaved_changes)
    await desk.close_window()
    house = desk.home.make_services()
    goal = house.store.syncs.get(TO_SAILTHRU)
    house.store.syncs.save(replace(goal, mapping=goal.mapping[:-1]), desk.home.clock.now())
    await house.close()
    await desk.open_window()
    desk.page.show_tab("Mapping")
    await desk.wait_until(lambda: "changed elsewhere meanwhile" in desk.visible_texts(desk.page))
    desk.click("Discard changes of the mapping")
    await desk.wait_until(lambda: not desk.models.mapping.has_unsaved_changes)
    await desk.reopen_window()
    await desk.wait_until(lambda: desk.models.mapping.view() is not None)
    await desk.pause(0.2)
    assert not desk.models.mapping.has_unsaved_changes

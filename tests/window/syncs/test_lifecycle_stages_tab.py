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


async def test_stages_tab_stages_and_frequency_cap_are_saved(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.show_mapping()
    window.view.activateWindow()
    window.click("Add a stage", QPushButton)
    await window.wait_until(lambda: "A stage has no name yet." in window.visible_texts(window.page))
    await window.wait_until(lambda: has_focus(window, "Stage 1: name"))
    window.type("daer")
    window.click("Add a condition to stage 1", QPushButton)
    await window.wait_until(lambda: has_focus(window, "Stage 1: condition 1: field"))
    window.type("tags")
    test = window.find_one("Stage 1: condition 1: test", DropdownField)
    test.setFocus()
    window.press(Key.Key_Down, times=4)
    window.click("Stage 1: condition 1: value", QLineEdit)
    window.type("vip")
    only = window.find_one("Only people in stage", DropdownField)
    only.setFocus()
    window.press(Key.Key_Down)
    assert window.models.mapping.view().sync.source.stage == "daer"
    # Called otherwise, the sync stays kept to it.
    window.click("Stage 1: name", QLineEdit)
    window.press(Key.Key_Backspace, times=4)
    window.type("dear")
    assert window.models.mapping.view().sync.source.stage == "dear"

    window.click("Contact limit", QCheckBox)
    window.find_one("At most so many times", NumberField).setFocus()
    window.press(Key.Key_Down)
    window.find_one("Within", DropdownField).setFocus()
    window.press(Key.Key_End)
    window.find_one("What counts", DropdownField).setFocus()
    window.press(Key.Key_Down)
    await window.pause(0.1)
    assert controls_without_name(window.page) == []
    assert clipped_texts(window.page) == []
    window.save_screenshot("stages")

    # Closed before it was saved; meanwhile somebody else gives the sync a limit.
    await window.reopen_window()
    assert window.read_sync().stages == ()
    window.show_mapping()
    await window.wait_until(lambda: window.models.mapping.has_unsaved_changes)
    goal = window.models.mapping.view().sync
    assert goal.stages == (DEAR,)
    assert goal.pressure == FrequencyCap(2, CapPeriod.QUARTER, ContactEvent.OPENED)
    assert "Not saved yet." in window.visible_texts(window.page)
    window.click("Save the mapping")
    await window.wait_until(lambda: window.read_sync().stages == (DEAR,))
    assert window.read_sync().source.stage == "dear"
    assert window.read_sync().pressure == goal.pressure
    # It means others now, so it is checked again before it runs; a preview shows whom.
    assert window.read_sync().checked_at == 0
    window.page.show_tab("Plan")
    await window.press_preview()
    await window.wait_until(lambda: window.models.page.selected_sync().open_plan is not None, 40)
    rows = window.house.store.plans.list_rows.blocking(window.open_plan_id(), limit=2000)
    written = {
        row.label for row in rows if row.fate in (PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
    }
    assert written == {"maria@lopez.example"}


async def test_stages_tab_draft_reports_change_elsewhere(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.show_mapping()
    window.view.activateWindow()
    window.page.mapping_tab.mapping_table.setFocus()
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.models.mapping.has_unsaved_changes)
    await window.close_window()
    house = window.home.make_services()
    goal = house.store.syncs.get.blocking(TO_SAILTHRU)
    house.store.syncs.save.blocking(
        replace(goal, mapping=goal.mapping[:-1]), window.home.clock.now()
    )
    await house.close()
    await window.open_window()
    window.show_mapping()
    await window.wait_until(
        lambda: "changed elsewhere meanwhile" in window.visible_texts(window.page)
    )
    window.click("Discard changes of the mapping")
    await window.wait_until(lambda: not window.models.mapping.has_unsaved_changes)
    await window.reopen_window()
    await window.wait_until(lambda: window.models.mapping.view() is not None)
    await window.pause(0.2)
    assert not window.models.mapping.has_unsaved_changes

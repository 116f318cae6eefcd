"""Lifecycle stages and the cap, made by hand; what is not saved outlives the window."""

from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton

from desktop.model.condition import Condition, Test
from desktop.model.plan import Fate
from desktop.model.stage import Pressure, Stage, Touch, Window
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.number_field import NumberField
from tests.window.careful import cut_off, unnamed
from tests.window.desk import Key
from tests.window.syncs.sync_desk import TO_SAILTHRU, SyncDesk

DEAR = Stage("dear", (Condition("tags", Test.HAS, "vip"),))


def has_focus(desk: SyncDesk, name: str) -> bool:
    return any(field.hasFocus() for field in desk.all(name, QLineEdit))


async def test_stages_and_a_cap_are_made_kept_and_saved(desk: SyncDesk) -> None:
    await desk.add()
    desk.page.show_tab("Mapping")
    desk.view.activateWindow()
    desk.click("Add a stage", QPushButton)
    await desk.until(lambda: "A stage has no name yet." in desk.texts(desk.page))
    await desk.until(lambda: has_focus(desk, "Stage 1: name"))
    desk.type("daer")
    desk.click("Add a condition to stage 1", QPushButton)
    await desk.until(lambda: has_focus(desk, "Stage 1: condition 1: field"))
    desk.type("tags")
    test = desk.one("Stage 1: condition 1: test", ChoiceField)
    test.setFocus()
    desk.press(Key.Key_Down, times=4)
    desk.click("Stage 1: condition 1: value", QLineEdit)
    desk.type("vip")
    only = desk.one("Only who is in", ChoiceField)
    only.setFocus()
    desk.press(Key.Key_Down)
    assert desk.models.mapping.view().goal.source.stage == "daer"
    # Called otherwise, the sync stays kept to it.
    desk.click("Stage 1: name", QLineEdit)
    desk.press(Key.Key_Backspace, times=4)
    desk.type("dear")
    assert desk.models.mapping.view().goal.source.stage == "dear"

    desk.click("Reach nobody too often", QCheckBox)
    desk.one("At most so many times", NumberField).setFocus()
    desk.press(Key.Key_Down)
    desk.one("Within", ChoiceField).setFocus()
    desk.press(Key.Key_End)
    desk.one("What counts", ChoiceField).setFocus()
    desk.press(Key.Key_Down)
    await desk.pause(0.1)
    assert unnamed(desk.page) == []
    assert cut_off(desk.page) == []
    desk.shot("stages")

    # Closed before it was saved; meanwhile somebody else gives the sync a limit.
    await desk.again()
    assert desk.store_goal().stages == ()
    desk.page.show_tab("Mapping")
    await desk.until(lambda: desk.models.mapping.unsaved)
    goal = desk.models.mapping.view().goal
    assert goal.stages == (DEAR,)
    assert goal.pressure == Pressure(2, Window.QUARTER, Touch.OPENED)
    assert "Not saved yet." in desk.texts(desk.page)
    desk.click("Save the mapping")
    await desk.until(lambda: desk.store_goal().stages == (DEAR,))
    assert desk.store_goal().source.stage == "dear"
    assert desk.store_goal().pressure == goal.pressure
    # It means others now, so it is checked again before it runs; a preview shows whom.
    assert desk.store_goal().checked_at == 0
    desk.page.show_tab("Plan")
    await desk.press_preview()
    await desk.until(lambda: desk.models.page.sync().open_plan is not None, 40)
    rows = desk.house.store.plans.rows(desk.open_plan(), limit=2000)
    written = {row.label for row in rows if row.fate in (Fate.CREATE, Fate.UPDATE)}
    assert written == {"maria@lopez.example"}


async def test_a_draft_says_that_the_sync_was_changed_elsewhere(desk: SyncDesk) -> None:
    await desk.add(on=False)
    desk.page.show_tab("Mapping")
    desk.view.activateWindow()
    desk.page.mapping.rows.setFocus()
    desk.press(Key.Key_Space)
    await desk.until(lambda: desk.models.mapping.unsaved)
    await desk.leave()
    house = desk.home.house()
    goal = house.store.goals.get(TO_SAILTHRU)
    house.store.goals.save(replace(goal, mapping=goal.mapping[:-1]), desk.home.clock.now())
    await house.close()
    await desk.begin()
    desk.page.show_tab("Mapping")
    await desk.until(lambda: "changed elsewhere meanwhile" in desk.texts(desk.page))
    desk.click("Discard changes of the mapping")
    await desk.until(lambda: not desk.models.mapping.unsaved)
    await desk.again()
    await desk.until(lambda: desk.models.mapping.view() is not None)
    await desk.pause(0.2)
    assert not desk.models.mapping.unsaved

"""The rows of a preview: conflicts, corrections, limits, filters, and many thousand rows."""

import csv
import json
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.model.field_mapping import ConflictPreference
from desktop.model.limit import Limit
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow, PlanState
from desktop.panels.syncs.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.syncs.plan_row_geometry import FIELD_NAME_WIDTH, side_button_rects
from desktop.panels.theme import fonts
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_table_model import CHANGES, PAGE_SIZE
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, SHIFT, Key

SAM = "sam@fox.example"


def made_plan(desk: SyncPageDriver, rows: list[PlanRow], state: PlanState = PlanState.READY) -> str:
    """A preview as a process would have left it, in the real store."""
    store = desk.house.store
    goal, now = store.syncs.get(TO_SAILTHRU), desk.house.context.clock.now()
    plan = store.plans.begin(goal, "Ada", now)
    for start in range(0, len(rows), 500):
        store.plans.add_rows(plan, rows[start : start + 500])
    store.plans.finish(plan, state=state, read=len(rows), breaches=(), mark="")
    desk.models.page.refresh()
    return plan


def row(number: int, *changes: FieldChange, label: str = "", **more: object) -> PlanRow:
    made = changes or (FieldChange("vars.city", "Porto", f"City {number}"),)
    return PlanRow(
        number, PlannedOutcome.UPDATE, str(90_000 + number), f"sid{number}",
        label or f"person{number}@many.example", changes=made, **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def shown(desk: SyncPageDriver, count: int) -> None:
    await desk.wait_until(lambda: desk.models.plan.table_model.rowCount() == count)
    await desk.wait_until(lambda: desk.models.plan.table_model.row_at(0) is not None)


async def test_plan_table_conflict_is_resolved_by_row_button(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.click("count conflict")
    await shown(desk, 1)
    view = desk.models.plan.table_model.row_at(0)
    assert view is not None
    assert view.first_conflict is not None
    ticked = desk.house.store.plans.count_ticked(desk.open_plan_id())
    index = desk.models.plan.table_model.index(0, CHANGES)
    pad = fonts.scaled(6)
    box = desk.rows.visualRect(index).adjusted(pad, fonts.scaled(5), -pad, -fonts.scaled(6))
    boxes = side_button_rects(box, view.first_conflict, fonts.scaled(FIELD_NAME_WIDTH))
    assert view.first_conflict.sides[0].text.startswith("Zendesk +1555")
    desk.click_row(SAM, CHANGES, boxes[0].center())
    await desk.wait_until(lambda: desk.stored_row(SAM).fate is PlannedOutcome.UPDATE)
    picked = next(c for c in desk.stored_row(SAM).changes if c.field == "vars.phone")
    assert picked.choice == "zendesk"
    assert picked.applies
    assert desk.house.store.plans.count_ticked(desk.open_plan_id()) == ticked + 1


async def test_plan_table_always_prefer_becomes_rule(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.click("count conflict")
    await shown(desk, 1)
    desk.rows.setFocus()
    desk.rows.setCurrentIndex(desk.models.plan.table_model.index(0, 1))
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: desk.find_all("Always prefer Zendesk for phone"))
    desk.click("Always prefer Zendesk for phone")
    await desk.wait_until(
        lambda: any(
            r.target == "vars.phone" and r.prefer is ConflictPreference.SOURCE
            for r in desk.read_sync().mapping
        )
    )
    await desk.wait_until(lambda: desk.stored_row(SAM).fate is PlannedOutcome.UPDATE)


async def test_plan_table_invalid_email_is_corrected(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.click("count correction")
    await shown(desk, 1)
    await desk.wait_until(
        lambda: "not an address" in "".join(n for n, _ in desk.models.plan.view().causes)
    )
    desk.click_row("Jo Lind")
    await desk.wait_until(lambda: desk.find_all("Right value"))
    field = desk.find_one("Right value", QLineEdit)
    field.selectAll()
    field.setFocus()
    desk.type("jo@lind.example")
    desk.press(Key.Key_Return)
    memory = desk.house.store.sync_state
    await desk.wait_until(lambda: "7706" in memory.corrections_by_source(TO_SAILTHRU))
    await desk.press_preview()
    await desk.wait_until(
        lambda: (
            desk.models.page.selected_sync().active_run is None
            and desk.models.page.selected_sync().open_plan is not None
            and desk.fate("jo@lind.example") is PlannedOutcome.CREATE
        ),
        40,
    )


async def test_plan_table_limit_blocks_until_two_admins_allow(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.house.syncs.save_sync(replace(desk.read_sync(), limits=Limit(1, 0)))
    starts = ((Consequence.STARTS, ""),)
    made_plan(desk, [row(n, consequences=starts) for n in range(1, 6)], PlanState.STOPPED)
    await shown(desk, 5)
    stop = desk.models.plan.view().limit_stop
    assert stop is not None
    assert stop.title.startswith("Nothing written.")
    assert "your limit is 1 a run" in stop.title
    write = desk.page.plan_tab.write_button
    assert not write.isEnabled()
    assert "limit" in write.accessibleDescription()
    assert desk.page.sync_list.card(TO_SAILTHRU).view().state_label == "Waiting for you"
    show = next(words for key, words in stop.actions if key == "show")
    desk.click(show, QPushButton)
    await desk.wait_until(
        lambda: desk.models.plan.plan_filter.consequence is Consequence(stop.breach)
    )
    await shown(desk, 5)
    desk.click("Allow…", QPushButton)
    question = desk.front_dialog()
    assert isinstance(question, ConfirmationDialog)
    desk.click(question.confirm_button)
    plans = desk.house.store.plans
    await desk.wait_until(lambda: len(plans.list_approvals(desk.open_plan_id())) == 1)
    await desk.wait_until(lambda: desk.find_all("Ask for approval…", QPushButton))
    desk.click("Ask for approval…", QPushButton)
    dialog = desk.front_dialog()
    assert isinstance(dialog, AdminApprovalDialog)
    # The same person, and somebody who is no admin, count for nothing.
    said = desk.sandbox.zendesk
    for email, token, trouble in (
        (said["email"], said["api_token"], "allowed it already"),
        (said["agent_email"], said["agent_api_token"], "is no admin"),
        (said["email"], "wrong", ""),
    ):
        dialog.email_field.setText(email)
        dialog.token_field.setText(token)
        dialog.allow_button.click()
        await desk.wait_until(lambda: dialog.error_label.isVisible())
        assert trouble in dialog.error_label.text()
    dialog.reject()
    assert len(plans.list_approvals(desk.open_plan_id())) == 1
    assert not write.isEnabled()
    plans.approve_limit(
        desk.open_plan_id(), stop.breach, "999", "Bo", desk.house.context.clock.now()
    )
    desk.models.plan.tick_rows([1], False)
    await desk.wait_until(lambda: desk.models.plan.view().limit_stop is None)
    await desk.wait_until(write.isEnabled)
    assert not desk.sandbox.logged_writes()


async def test_plan_table_unticking_below_limit_needs_no_approval(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.house.syncs.save_sync(replace(desk.read_sync(), limits=Limit(2, 0)))
    joins = ((Consequence.JOINS, "Newsletter"),)
    made_plan(desk, [row(n, consequences=joins) for n in range(1, 4)], PlanState.STOPPED)
    await shown(desk, 3)
    assert desk.find_all("Allow once…", QPushButton)
    assert not desk.page.plan_tab.write_button.isEnabled()
    desk.click_checkbox("person2@many.example")
    await desk.wait_until(desk.page.plan_tab.write_button.isEnabled)
    assert desk.models.plan.view().limit_stop is None


async def test_plan_table_5000_rows_keeps_visible_pages_only(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    made_plan(desk, [row(n) for n in range(1, 5001)])
    await shown(desk, 5000)
    table = desk.models.plan.table_model
    desk.rows.setFocus()
    desk.press(Key.Key_End)
    await desk.wait_until(lambda: table.row_at(4999) is not None)
    assert desk.rows.current_row() == 4999
    for _ in range(40):
        desk.press(Key.Key_PageUp)
    bar = desk.rows.verticalScrollBar()
    for step in range(20):
        bar.setValue(bar.maximum() * step // 20)
        await desk.pause(0.01)
    await desk.wait_until(lambda: not desk.models.plan.tasks.is_running("pages"))
    assert sum(len(page) for page in table._pages.values()) <= 48 * PAGE_SIZE
    desk.press(Key.Key_Home)
    desk.press(Key.Key_A, CTRL)
    desk.press(Key.Key_Space)
    plans = desk.house.store.plans
    await desk.wait_until(lambda: plans.count_ticked(desk.open_plan_id()) == 0)
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: plans.count_ticked(desk.open_plan_id()) == 5000)
    await desk.wait_until(lambda: "5,000 of 5,000 ticked" in desk.visible_texts(desk.page))
    # So many are asked for, and the number is typed.
    confirmation = desk.models.plan.view().confirmation
    assert confirmation is not None
    assert confirmation.text_to_type == "5000"


async def test_plan_table_shift_ticks_range_by_mouse_and_keys(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    made_plan(desk, [row(n) for n in range(1, 31)])
    await shown(desk, 30)
    plans, plan = desk.house.store.plans, desk.open_plan_id()
    desk.click_checkbox("person3@many.example")
    await desk.wait_until(lambda: plans.count_ticked(plan) == 29)
    table = desk.models.plan.table_model
    box = desk.rows.visualRect(table.index(5, 0))
    QTest.mouseClick(
        desk.rows.viewport(), Qt.MouseButton.LeftButton, SHIFT, box.topLeft() + QPoint(16, 16)
    )
    await desk.wait_until(lambda: plans.count_ticked(plan) == 26)
    desk.rows.setCurrentIndex(table.index(2, 1))
    desk.press(Key.Key_Down, SHIFT, 3)
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: plans.count_ticked(plan) == 30)


async def test_plan_table_filters_by_text_and_consequence(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    joins = ((Consequence.JOINS, "Newsletter"),)
    rows = [row(n, consequences=joins if n <= 3 else ()) for n in range(1, 41)]
    made_plan(desk, rows)
    await shown(desk, 40)
    desk.click("3 join Newsletter", QPushButton)
    await shown(desk, 3)
    desk.click("3 join Newsletter", QPushButton)
    await shown(desk, 40)
    desk.find_one("Search the rows", QLineEdit).setFocus()
    desk.type("nobody at all")
    await desk.wait_until(lambda: desk.models.plan.table_model.rowCount() == 0)
    await desk.wait_until(lambda: "Nothing matches." in desk.visible_texts(desk.page))
    desk.click("Clear filters")
    await shown(desk, 40)


async def test_plan_table_long_and_hostile_values_are_plain_and_exported_safely(
    desk: SyncPageDriver, tmp_path: Path
) -> None:
    await desk.add_preset(on=False)
    evil = '=HYPERLINK("http://x")'
    changes = (
        FieldChange("vars.note", "<b>x</b> & <img src=y>", evil),
        FieldChange("vars.long", "x" * 3000, "y" * 3000, reason="why " * 200),
    )
    name = "a-very-long-name-" * 12 + "@example.example"
    made_plan(desk, [row(1, *changes, label=name)])
    await shown(desk, 1)
    desk.rows.setFocus()
    desk.press(Key.Key_Down)
    desk.press(Key.Key_Return)
    await desk.wait_until(lambda: desk.models.plan.row_detail() is not None)
    await desk.wait_until(desk.page.plan_tab.row_detail.isVisible)
    assert "<b>x</b> & <img src=y>" in desk.visible_texts(desk.page.plan_tab.row_detail)
    assert controls_without_name(desk.page) == []
    assert [c for c in clipped_texts(desk.page) if "ends at" in c] == []
    target = tmp_path / "rows.csv"
    desk.models.plan.export_rows(str(target), "csv")
    await desk.wait_until(target.exists)
    first, _second = csv.DictReader(target.read_text("utf-8-sig").splitlines())
    assert first["new"] == f"'{evil}"
    assert target.stat().st_mode & 0o077 == 0
    desk.models.plan.export_rows(str(tmp_path / "rows.json"), "json")
    await desk.wait_until((tmp_path / "rows.json").exists)
    (only,) = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert only["changes"][0]["new"] == evil


async def test_plan_table_discarded_preview_leaves_nothing(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    plan = made_plan(desk, [row(1)])
    await shown(desk, 1)
    assert not desk.page.plan_tab.write_button.isEnabled()
    desk.click("Discard")
    await desk.wait_until(lambda: desk.models.page.selected_sync().plan is None)
    await desk.wait_until(lambda: "No preview yet" in desk.visible_texts(desk.page))
    assert desk.house.store.plans.find_latest(TO_SAILTHRU) is None
    assert plan


async def test_plan_table_narrow_shows_one_pane_and_esc_goes_back(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    made_plan(desk, [row(n) for n in range(1, 6)])
    await shown(desk, 5)
    desk.view.resize(392, 860)
    await desk.wait_until(
        lambda: desk.page.sync_list.isVisible() and not desk.page.header.isVisible()
    )
    desk.click("Zendesk to Sailthru")
    await desk.wait_until(desk.page.header.isVisible)
    assert not desk.page.sync_list.isVisible()
    # Laid out in the turn after, before it is painted.
    await desk.wait_until(lambda: clipped_texts(desk.page) == [])
    desk.click_row("person2@many.example", 1, QPoint(150, desk.rows.visualRect(
        desk.models.plan.table_model.index(1, 1)).bottom() - 6))  # fmt: skip
    await desk.wait_until(desk.page.plan_tab.row_detail.isVisible)
    assert not desk.rows.isVisible()
    desk.press(Key.Key_Escape)
    await desk.wait_until(desk.rows.isVisible)
    desk.press(Key.Key_Escape)
    await desk.wait_until(desk.page.sync_list.isVisible)
    assert desk.models.plan.plan_filter == PlanFilter()


async def test_plan_table_sorted_by_value_range_is_unticked(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    worth = {1: 12.0, 2: None, 3: 1240.5, 4: 300.0}
    made_plan(desk, [row(number, worth=amount) for number, amount in worth.items()])
    await shown(desk, 4)
    order = desk.find_one("Order of the rows", DropdownField)
    order.setFocus()
    desk.press(Key.Key_Down)
    table = desk.models.plan.table_model
    await desk.wait_until(lambda: table.row_numbers_between(0, 3) == [3, 4, 1, 2])
    await desk.wait_until(lambda: table.row_at(0) is not None)
    first = table.row_at(0)
    assert first is not None
    assert first.address == "$1,240.50 · Zendesk 90003"
    assert table.index_of(2) == 3
    boxes = [view.address for place in (0, 2) if (view := table.row_at(place)) is not None]
    desk.click_checkbox(boxes[0])
    desk.click_checkbox(boxes[1], SHIFT)
    plans = desk.house.store.plans
    await desk.wait_until(lambda: plans.count_ticked(desk.open_plan_id()) == 1)
    assert plans.get_row(desk.open_plan_id(), 2).ticked
    order.setFocus()
    desk.press(Key.Key_Up)
    await desk.wait_until(lambda: table.row_numbers_between(0, 3) == [1, 2, 3, 4])

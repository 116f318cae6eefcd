"""The rows of a preview: conflicts, corrections, limits, filters, and many thousand rows."""

import asyncio
import csv
import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton

from desktop.kit.errors import ConflictError
from desktop.model.field_mapping import ConflictPreference
from desktop.model.run_limit import Limit
from desktop.model.sync_plan import Consequence, FieldChange, PlannedOutcome, PlanRow, PlanState
from desktop.panels.syncs.plan_row_geometry import side_button_rects
from desktop.panels.theme import fonts
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.settings.window_state import WindowStateFile
from desktop.viewmodels.list_model import PAGE_SIZE
from desktop.viewmodels.syncs import plan_export, plan_model
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_table_model import CHANGES, CUSTOMER, FATE, VALUE
from tests.support.accessibility_checks import (
    clipped_texts,
    controls_without_name,
    record_announcements,
)
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, SHIFT, Key

SAM = "sam@fox.example"


def made_plan(desk: SyncPageDriver, rows: list[PlanRow], state: PlanState = PlanState.READY) -> str:
    """A preview as a process would have left it, in the real store."""
    store = desk.house.store
    goal, now = store.syncs.get.blocking(TO_SAILTHRU), desk.house.context.clock.now()
    plan = store.plans.begin.blocking(goal, "Ada", now)
    for start in range(0, len(rows), 500):
        store.plans.add_rows.blocking(plan, rows[start : start + 500])
    store.plans.finish.blocking(plan, state=state, read=len(rows), breaches=(), mark="")
    desk.models.page.refresh()
    return plan


def row(number: int, *changes: FieldChange, label: str = "", **more: object) -> PlanRow:
    made = changes or (FieldChange("vars.city", "Porto", f"City {number}"),)
    return PlanRow(
        number, PlannedOutcome.UPDATE, str(90_000 + number), f"sid{number}",
        label or f"person{number}@many.example", changes=made, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def heading_point(desk: SyncPageDriver, column: int) -> QPoint:
    header = desk.rows.horizontalHeader()
    left, width = header.sectionViewportPosition(column), header.sectionSize(column)
    return QPoint(left + width // 2, header.height() // 2)


def click_heading(desk: SyncPageDriver, column: int) -> None:
    viewport = desk.rows.horizontalHeader().viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=heading_point(desk, column))


async def shown(desk: SyncPageDriver, count: int) -> None:
    await desk.wait_until(lambda: desk.models.plan.table_model.rowCount() == count)
    await desk.wait_until(lambda: desk.models.plan.table_model.row_at(0) is not None)


async def test_plan_table_conflict_is_resolved_by_row_button(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.click("count conflict")
    await shown(window, 1)
    view = window.models.plan.table_model.row_at(0)
    assert view is not None
    assert view.first_conflict is not None
    ticked = window.house.store.plans.count_ticked.blocking(window.open_plan_id())
    index = window.models.plan.table_model.index(0, CHANGES)
    pad = fonts.scaled(6)
    box = window.rows.visualRect(index).adjusted(pad, fonts.scaled(5), -pad, -fonts.scaled(6))
    boxes = side_button_rects(box, view.first_conflict)
    assert view.first_conflict.sides[0].text.startswith("Zendesk +1555")
    window.click_row(SAM, CHANGES, boxes[0].center())
    await window.wait_until(lambda: window.stored_row(SAM).fate is PlannedOutcome.UPDATE)
    picked = next(c for c in window.stored_row(SAM).changes if c.field == "vars.phone")
    assert picked.choice == "zendesk"
    assert picked.applies
    assert window.house.store.plans.count_ticked.blocking(window.open_plan_id()) == ticked + 1


async def test_plan_table_always_prefer_becomes_rule(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.click("count conflict")
    await shown(window, 1)
    window.rows.setFocus()
    window.rows.setCurrentIndex(window.models.plan.table_model.index(0, 1))
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.find_all("Always prefer Zendesk for Phone"))
    window.click("Always prefer Zendesk for Phone")
    await window.wait_until(
        lambda: any(
            r.target == "vars.phone" and r.prefer is ConflictPreference.SOURCE
            for r in window.read_sync().mapping
        )
    )
    await window.wait_until(lambda: window.stored_row(SAM).fate is PlannedOutcome.UPDATE)


async def test_plan_table_invalid_email_is_corrected(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.click("count correction")
    await shown(window, 1)
    await window.wait_until(
        lambda: (
            "invalid e-mail address (1)"
            in "".join(cause.text for cause in window.models.plan.view().causes)
        )
    )
    window.click_row("Jo Lind")
    await window.wait_until(lambda: window.find_all("Correct value"))
    field = window.find_one("Correct value", QLineEdit)
    field.selectAll()
    field.setFocus()
    window.type("jo@lind.example")
    window.press(Key.Key_Return)
    memory = window.house.store.sync_state
    await window.wait_until(lambda: "7706" in memory.corrections_by_source.blocking(TO_SAILTHRU))
    await window.press_preview()
    await window.wait_until(
        lambda: (
            window.models.page.selected_sync().active_run is None
            and window.models.page.selected_sync().open_plan is not None
            and window.fate("jo@lind.example") is PlannedOutcome.CREATE
        ),
        40,
    )


async def test_plan_table_limit_blocks_until_two_admins_allow(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.house.syncs.save_sync(replace(window.read_sync(), limits=Limit(1, 0)))
    starts = ((Consequence.STARTS, ""),)
    made_plan(window, [row(n, consequences=starts) for n in range(1, 6)], PlanState.STOPPED)
    await shown(window, 5)
    stop = window.models.plan.view().limit_stop
    assert stop is not None
    assert stop.title.startswith("Nothing written.")
    assert "your limit is 1 a run" in stop.title
    write = window.page.plan_tab.write_button
    assert not write.isEnabled()
    assert "limit" in write.accessibleDescription()
    assert window.page.sync_list.card(TO_SAILTHRU).view().state_label == "Waiting for you"
    show = next(words for key, words in stop.actions if key == "show")
    window.click(show, QPushButton)
    await window.wait_until(
        lambda: window.models.plan.plan_filter.consequence is Consequence(stop.breach)
    )
    await shown(window, 5)
    window.click("Allow…", QPushButton)
    question = window.front_dialog()
    assert isinstance(question, ConfirmationDialog)
    window.click(question.confirm_button)
    plans = window.house.store.plans
    await window.wait_until(
        lambda: len(plans.approvals.list_of_plan.blocking(window.open_plan_id())) == 1
    )
    await window.wait_until(lambda: window.find_all("Ask for approval…", QPushButton))
    window.click("Ask for approval…", QPushButton)
    dialog = window.front_dialog()
    assert isinstance(dialog, AdminApprovalDialog)
    # The same person, and somebody who is no admin, count for nothing.
    said = window.sandbox.zendesk
    for email, token, trouble in (
        (said["email"], said["api_token"], "already approved it"),
        (said["agent_email"], said["agent_api_token"], "is no admin"),
        (said["email"], "wrong", ""),
    ):
        dialog.email_field.setText(email)
        dialog.token_field.setText(token)
        dialog.allow_button.click()
        await window.wait_until(lambda: dialog.error_label.isVisible())
        assert trouble in dialog.error_label.text()
    dialog.reject()
    assert len(plans.approvals.list_of_plan.blocking(window.open_plan_id())) == 1
    assert not write.isEnabled()
    plans.approvals.add.blocking(
        window.open_plan_id(), stop.breach, "999", "Bo", window.house.context.clock.now()
    )
    window.models.plan.tick_rows([1], False)
    await window.wait_until(lambda: window.models.plan.view().limit_stop is None)
    await window.wait_until(write.isEnabled)
    assert not window.sandbox.logged_writes()


async def test_plan_table_unticking_below_limit_needs_no_approval(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.house.syncs.save_sync(replace(window.read_sync(), limits=Limit(2, 0)))
    joins = ((Consequence.JOINS, "Newsletter"),)
    made_plan(window, [row(n, consequences=joins) for n in range(1, 4)], PlanState.STOPPED)
    await shown(window, 3)
    assert window.find_all("Allow once and write…", QPushButton)
    asked = window.models.plan.view().confirmation
    assert asked is not None
    assert asked.allowed_people == {"joins": 3}
    window.click_checkbox("person2@many.example")
    await window.wait_until(lambda: window.models.plan.view().limit_stop is None)
    assert window.models.plan.view().confirmation is None


@pytest.mark.parametrize(("count", "typed"), [(1100, "1050"), (60, "10"), (5, "5")])
async def test_plan_table_over_limits_one_question_of_the_strictest_gate(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch, count: int, typed: str
) -> None:
    """Over an admin's limit, over that of opt-outs and with many rows: one dialog, one number."""
    await window.add_preset()
    window.house.syncs.save_sync(replace(window.read_sync(), limits=Limit(2, 0)))
    both = ((Consequence.JOINS, "Newsletter"), (Consequence.OPTED_OUT, ""))
    joins = both[:1]
    rows = [row(n, consequences=both if n <= int(typed) else joins) for n in range(1, count + 1)]
    made_plan(window, rows, PlanState.STOPPED)
    await shown(window, count)
    started: list[str] = []
    monkeypatch.setattr(window.models.page, "start_write", started.append)
    opened: list[ConfirmationDialog] = []
    show = ConfirmationDialog.open
    monkeypatch.setattr(
        ConfirmationDialog, "open", lambda dialog: (opened.append(dialog), show(dialog))
    )
    window.click(window.page.plan_tab.write_button)
    dialog = window.front_dialog()
    assert isinstance(dialog, ConfirmationDialog)
    assert clipped_texts(dialog) == []
    said = window.visible_texts(dialog)
    assert f"{int(typed):,} people would be opted out further" in said
    assert f"{count:,} people would join a list" in said
    assert not dialog.confirm_button.isEnabled()
    assert dialog.field is not None
    dialog.field.setText(str(int(typed) + 1))
    assert not dialog.confirm_button.isEnabled()
    dialog.field.setText(typed)
    window.click(dialog.confirm_button)
    plan, plans = window.open_plan_id(), window.house.store.plans
    await window.wait_until(lambda: started == [plan])
    given = {one.limit_code: one.people for one in plans.approvals.list_of_plan.blocking(plan)}
    assert given == {"opted_out": int(typed), "joins": count}
    assert opened == [dialog]


async def test_run_now_with_open_preview_asks_what_to_write(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    made_plan(window, [row(n) for n in range(1, 4)])
    await shown(window, 3)
    model, started = window.models.page, []
    for name in ("start_run", "start_write"):
        monkeypatch.setattr(model, name, lambda *a, n=name, **k: started.append((n, a, k)))
    window.click_checkbox("person2@many.example")
    await window.wait_until(
        lambda: "1 left out of this preview only" in window.visible_texts(window.page)
    )

    async def ask() -> ConfirmationDialog:
        await window.wait_until(window.page.header.run_button.isEnabled)
        window.click(window.page.header.run_button)
        dialog = window.front_dialog()
        assert isinstance(dialog, ConfirmationDialog)
        assert clipped_texts(dialog) == []
        return dialog

    dialog = await ask()
    assert dialog.confirm_button.text() == "Write 2 as ticked"
    account = urlsplit(window.sandbox.zendesk["base_url"]).netloc
    assert f"Account: {account} in Zendesk" in window.visible_texts(dialog)
    assert dialog.alternative_button.text() == "Write all 3"
    window.save_screenshot("run-now", dialog)
    window.press(Key.Key_Escape)
    assert started == []
    window.click((await ask()).confirm_button)
    plan = window.open_plan_id()
    assert started == [("start_write", (plan,), {})]
    assert window.house.store.plans.count_ticked.blocking(plan) == 2
    window.click((await ask()).alternative_button)
    await window.wait_until(lambda: len(started) == 2)
    assert started[1] == ("start_write", (plan,), {})
    assert window.house.store.plans.count_ticked.blocking(plan) == 3


async def test_answer_about_a_preview_is_not_for_the_one_that_came_after(
    window: SyncPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    made_plan(window, [row(n) for n in range(1, 4)])
    await shown(window, 3)
    plan_model, started, told = window.models.plan, [], []
    monkeypatch.setattr(window.models.page, "start_write", started.append)
    plan_model.failed.connect(told.append)
    await window.wait_until(window.page.header.run_button.isEnabled)
    window.click(window.page.header.run_button)
    dialog = window.front_dialog()
    assert isinstance(dialog, ConfirmationDialog)
    # A schedule, or somebody at another desk, makes one meanwhile.
    made_plan(window, [row(n) for n in range(1, 6)])
    await shown(window, 5)
    window.click(dialog.confirm_button)
    await window.wait_until(lambda: told or started)
    assert started == []
    assert isinstance(told[0], ConflictError)


async def test_plan_table_5000_rows_keeps_visible_pages_only(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    made_plan(window, [row(n) for n in range(1, 5001)])
    await shown(window, 5000)
    table = window.models.plan.table_model
    window.rows.setFocus()
    window.press(Key.Key_End)
    await window.wait_until(lambda: table.row_at(4999) is not None)
    assert window.rows.current_row() == 4999
    for _ in range(40):
        window.press(Key.Key_PageUp)
    bar = window.rows.verticalScrollBar()
    for step in range(20):
        bar.setValue(bar.maximum() * step // 20)
        await window.pause(0.01)
    await window.wait_until(lambda: not window.models.plan.tasks.is_running("pages"))
    assert sum(len(page) for page in table._pages.values()) <= 48 * PAGE_SIZE
    window.press(Key.Key_Home)
    window.press(Key.Key_A, CTRL)
    window.press(Key.Key_Space)
    plans = window.house.store.plans
    await window.wait_until(lambda: plans.count_ticked.blocking(window.open_plan_id()) == 0)
    window.press(Key.Key_Space)
    await window.wait_until(lambda: plans.count_ticked.blocking(window.open_plan_id()) == 5000)
    await window.wait_until(lambda: "5,000 of 5,000 ticked" in window.visible_texts(window.page))
    # So many are asked for, and the number is typed.
    confirmation = window.models.plan.view().confirmation
    assert confirmation is not None
    assert confirmation.text_to_type == "5000"


async def test_plan_table_shift_ticks_range_by_mouse_and_keys(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    made_plan(window, [row(n) for n in range(1, 31)])
    await shown(window, 30)
    plans, plan = window.house.store.plans, window.open_plan_id()
    window.click_checkbox("person3@many.example")
    await window.wait_until(lambda: plans.count_ticked.blocking(plan) == 29)
    table = window.models.plan.table_model
    box = window.rows.visualRect(table.index(5, 0))
    QTest.mouseClick(
        window.rows.viewport(), Qt.MouseButton.LeftButton, SHIFT, box.topLeft() + QPoint(16, 16)
    )
    await window.wait_until(lambda: plans.count_ticked.blocking(plan) == 26)
    window.rows.setCurrentIndex(table.index(2, 1))
    window.press(Key.Key_Down, SHIFT, 3)
    window.press(Key.Key_Space)
    await window.wait_until(lambda: plans.count_ticked.blocking(plan) == 30)


async def test_plan_table_headings_sort_by_name_and_outcome(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    names = ("Zoë", "Ärger", "bo", "")
    rows = [
        replace(row(n), name=name, fate=fate)
        for n, (name, fate) in enumerate(
            zip(names, [*[PlannedOutcome.UPDATE] * 3, PlannedOutcome.CREATE], strict=True), 1
        )
    ]
    made_plan(window, rows)
    await shown(window, 4)
    table = window.models.plan.table_model
    # By what is shown: accents and case aside, an address where there is no name.
    click_heading(window, CUSTOMER)
    await window.wait_until(lambda: table.keys_between(0, 3) == [2, 3, 4, 1])
    assert window.rows.horizontalHeader().isSortIndicatorShown()
    click_heading(window, CUSTOMER)
    await window.wait_until(lambda: table.keys_between(0, 3) == [1, 4, 3, 2])
    click_heading(window, CUSTOMER)
    await window.wait_until(lambda: table.keys_between(0, 3) == [1, 2, 3, 4])
    assert not window.rows.horizontalHeader().isSortIndicatorShown()
    click_heading(window, FATE)
    await window.wait_until(lambda: table.keys_between(0, 3) == [4, 1, 2, 3])
    window.find_one("Search the rows", QLineEdit).setFocus()
    window.type("arger")
    await window.wait_until(lambda: table.keys_between(0, 3) == [2])


async def test_plan_table_columns_are_sized_hidden_and_remembered(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    made_plan(window, [row(n) for n in range(1, 4)])
    await shown(window, 3)
    header = window.rows.horizontalHeader()
    edge = header.sectionViewportPosition(CUSTOMER) + header.sectionSize(CUSTOMER) - 1
    middle, before = header.height() // 2, header.sectionSize(CUSTOMER)
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(header.viewport(), left, pos=QPoint(edge, middle))
    QTest.mouseMove(header.viewport(), QPoint(edge + 30, middle))
    QTest.mouseMove(header.viewport(), QPoint(edge + 60, middle))
    QTest.mouseRelease(header.viewport(), left, pos=QPoint(edge + 60, middle))
    assert header.sectionSize(CUSTOMER) >= before + 55
    header.customContextMenuRequested.emit(heading_point(window, FATE))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    # There is no value to show in this preview.
    assert [action.text() for action in menu.actions()] == ["Outcome", "Reset columns"]
    menu.actions()[0].trigger()
    menu.close()
    assert header.isSectionHidden(FATE)
    wide = header.sectionSize(CUSTOMER)
    await window.wait_until(
        lambda: WindowStateFile(window.home.workspace.state_path).read().table_headers
    )
    await window.reopen_window()
    await shown(window, 3)
    header = window.rows.horizontalHeader()
    assert header.isSectionHidden(FATE)
    assert abs(header.sectionSize(CUSTOMER) - wide) <= 1
    # Narrow and wide again, the columns are what they were.
    window.view.resize(392, 860)
    await window.wait_until(lambda: window.rows.row_delegate.is_single_column)
    await window.pause(0.1)
    window.view.resize(1280, 820)
    await window.wait_until(lambda: not window.rows.row_delegate.is_single_column)
    assert abs(header.sectionSize(CUSTOMER) - wide) <= 1
    window.rows._on_reset_columns()
    assert not header.isSectionHidden(FATE)
    assert header.sectionSize(CUSTOMER) == before


async def test_plan_table_odd_saved_columns_are_the_usual_ones(window: SyncPageDriver) -> None:
    width = window.rows.horizontalHeader().sectionSize(CUSTOMER)
    not_widths = b'{"widths": {"customer": 1e9}, "hidden": [7]}'
    for saved in (b"", b"{", b"[]", b'{"widths": 3}', not_widths):
        window.rows.restore_layout(saved)
        assert window.rows.horizontalHeader().sectionSize(CUSTOMER) == width, saved


async def test_plan_table_rows_are_as_high_as_their_changes(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    fields = [FieldChange(f"vars.f{n}", "old", f"new {n}") for n in range(9)]
    conflict = FieldChange("vars.city", "Porto", "Lisbon", conflict=True)
    rows = [
        row(1),
        row(2, *fields[:4]),
        row(3, *fields),
        replace(row(4, conflict, *fields[:2]), fate=PlannedOutcome.CONFLICT, ticked=False),
        *[row(n, *fields[: n % 5]) for n in range(5, 400)],
    ]
    made_plan(window, rows)
    await shown(window, 399)
    heights = [window.rows.rowHeight(place) for place in range(4)]
    assert heights[0] == fonts.scaled(50)
    assert heights[1] == fonts.scaled(94)
    # Six of nine, and how many more; a conflict's buttons beside its other fields.
    assert heights[2] == fonts.scaled(134)
    assert heights[3] == fonts.scaled(88)
    window.save_screenshot("plan_row_heights")
    # Going up through rows that were never read moves nothing that stands in sight.
    window.rows.setFocus()
    window.press(Key.Key_End)
    table = window.models.plan.table_model
    await window.wait_until(lambda: table.row_at(398) is not None)
    for _ in range(90):
        window.press(Key.Key_PageUp)
        await window.pause(0.01)
    assert window.rows.current_row() == 0
    window.view.resize(392, 860)
    window.click("Zendesk to Sailthru")
    await window.wait_until(lambda: window.rows.rowHeight(1) == fonts.scaled(46 + 18 * 4))


async def test_plan_table_heading_ticks_all_that_the_filter_shows(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    joins = ((Consequence.JOINS, "Newsletter"),)
    made_plan(window, [row(n, consequences=joins if n <= 3 else ()) for n in range(1, 41)])
    await shown(window, 40)
    plans, plan = window.house.store.plans, window.open_plan_id()
    box = window.rows.tick_all_box
    assert box.checkState() is Qt.CheckState.Checked
    assert box.accessibleName() == "Tick all 40 rows"
    window.click("3 join Newsletter", QPushButton)
    await shown(window, 3)
    await window.wait_until(lambda: box.accessibleName() == "Tick all 3 rows")
    window.click(box)
    await window.wait_until(lambda: plans.count_ticked.blocking(plan) == 37)
    await window.wait_until(lambda: box.checkState() is Qt.CheckState.Unchecked)
    window.click("3 join Newsletter", QPushButton)
    await shown(window, 40)
    await window.wait_until(lambda: box.checkState() is Qt.CheckState.PartiallyChecked)
    # From a part to all, by the keyboard.
    box.setFocus()
    window.press(Key.Key_Space)
    await window.wait_until(lambda: plans.count_ticked.blocking(plan) == 40)
    await window.wait_until(lambda: box.checkState() is Qt.CheckState.Checked)
    window.rows.setFocus()
    window.press(Key.Key_A, CTRL)
    assert "All 40 rows selected" in window.visible_texts(window.page.plan_tab)


async def test_plan_table_row_and_details_say_the_same(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    changes = (
        FieldChange("vars.city", "Porto", "Lisbon"),
        FieldChange("vars.zip", None, "1000"),
        FieldChange("vars.kept", "a", "b", applies=False, reason="changed in Sailthru"),
        FieldChange("vars.unticked", "c", "d", ticked=False),
        FieldChange("vars.gone", "e", None),
    )
    made_plan(window, [row(1, *changes)])
    await shown(window, 1)
    window.rows.setFocus()
    window.press(Key.Key_Down)
    window.press(Key.Key_Return)
    detail = window.page.plan_tab.row_detail
    await window.wait_until(detail.isVisible)
    view = window.models.plan.table_model.row_at(0)
    assert view is not None
    said = window.visible_texts(detail).split("\n")
    assert [line.value_text for line in view.field_changes] == [
        "Porto → Lisbon", "1000", "e → not set", "a (not b)", "c (not d)",
    ]  # fmt: skip
    for line in view.field_changes:
        assert line.value_text in said


async def test_plan_table_filters_by_text_and_consequence(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    joins = ((Consequence.JOINS, "Newsletter"),)
    rows = [row(n, consequences=joins if n <= 3 else ()) for n in range(1, 41)]
    made_plan(window, rows)
    await shown(window, 40)
    window.click("3 join Newsletter", QPushButton)
    await shown(window, 3)
    window.click("3 join Newsletter", QPushButton)
    await shown(window, 40)
    window.find_one("Search the rows", QLineEdit).setFocus()
    window.type("nobody at all")
    await window.wait_until(lambda: window.models.plan.table_model.rowCount() == 0)
    await window.wait_until(lambda: "Nothing matches." in window.visible_texts(window.page))
    window.click("Clear filters")
    await shown(window, 40)


async def test_plan_table_long_and_hostile_values_are_plain_and_exported_safely(
    window: SyncPageDriver, tmp_path: Path
) -> None:
    await window.add_preset(on=False)
    evil = '=HYPERLINK("http://x")'
    changes = (
        FieldChange("vars.note", "<b>x</b> & <img src=y>", evil),
        FieldChange("vars.long", "x" * 3000, "y" * 3000, reason="why " * 200),
    )
    name = "a-very-long-name-" * 12 + "@example.example"
    made_plan(window, [row(1, *changes, label=name)])
    await shown(window, 1)
    window.rows.setFocus()
    window.press(Key.Key_Down)
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.models.plan.row_detail() is not None)
    await window.wait_until(window.page.plan_tab.row_detail.isVisible)
    assert "<b>x</b> & <img src=y>" in window.visible_texts(window.page.plan_tab.row_detail)
    assert controls_without_name(window.page) == []
    assert [c for c in clipped_texts(window.page) if "ends at" in c] == []
    target = tmp_path / "rows.csv"
    window.models.plan.export_rows(str(target), "csv")
    await window.wait_until(target.exists)
    first, _second = csv.DictReader(target.read_text("utf-8-sig").splitlines())
    assert first["New value"] == f"'{evil}"
    assert target.stat().st_mode & 0o077 == 0
    window.models.plan.export_rows(str(tmp_path / "rows.json"), "json")
    await window.wait_until((tmp_path / "rows.json").exists)
    (only,) = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert only["changes"][0]["new"] == evil


async def test_plan_table_discarded_preview_leaves_nothing(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    plan = made_plan(window, [row(1), row(2)])
    await shown(window, 2)
    assert not window.page.plan_tab.write_button.isEnabled()
    window.click_checkbox("person2@many.example")
    await window.wait_until(lambda: window.house.store.plans.count_ticked.blocking(plan) == 1)
    window.click("Discard")
    await window.wait_until(lambda: window.models.page.selected_sync().plan is None)
    await window.wait_until(lambda: "Preview discarded" in window.visible_texts(window.page))
    # Undo brings it back with what was unticked.
    window.click("Undo", QPushButton)
    await shown(window, 2)
    assert window.open_plan_id() == plan
    assert window.house.store.plans.count_ticked.blocking(plan) == 1
    await window.wait_until(lambda: "1 of 2 ticked" in window.visible_texts(window.page))
    window.click("Discard")
    await window.wait_until(lambda: window.models.page.selected_sync().plan is None)
    window.models.plan._on_undo_time_over()
    await window.wait_until(lambda: "No preview yet" in window.visible_texts(window.page))
    assert window.house.store.plans.find_latest.blocking(TO_SAILTHRU) is None
    assert plan


async def test_plan_table_narrow_shows_one_pane_and_esc_goes_back(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    made_plan(window, [row(n) for n in range(1, 6)])
    await shown(window, 5)
    window.view.resize(392, 860)
    await window.wait_until(
        lambda: window.page.sync_list.isVisible() and not window.page.header.isVisible()
    )
    window.click("Zendesk to Sailthru")
    await window.wait_until(window.page.header.isVisible)
    assert not window.page.sync_list.isVisible()
    # Laid out in the turn after, before it is painted.
    await window.wait_until(lambda: clipped_texts(window.page) == [])
    window.click_row("person2@many.example", 1, QPoint(150, window.rows.visualRect(
        window.models.plan.table_model.index(1, 1)).bottom() - 6))  # fmt: skip
    await window.wait_until(window.page.plan_tab.row_detail.isVisible)
    assert not window.rows.isVisible()
    window.press(Key.Key_Escape)
    await window.wait_until(window.rows.isVisible)
    window.press(Key.Key_Escape)
    await window.wait_until(window.page.sync_list.isVisible)
    assert window.models.plan.plan_filter == PlanFilter()


async def test_plan_table_sorted_by_value_range_is_unticked(window: SyncPageDriver) -> None:
    await window.add_preset()
    worth = {1: 12.0, 2: None, 3: 1240.5, 4: 300.0}
    made_plan(window, [row(number, worth=amount) for number, amount in worth.items()])
    await shown(window, 4)
    click_heading(window, VALUE)
    table = window.models.plan.table_model
    await window.wait_until(lambda: table.keys_between(0, 3) == [3, 4, 1, 2])
    await window.wait_until(lambda: table.row_at(0) is not None)
    first = table.row_at(0)
    assert first is not None
    assert (first.address, first.predicted_value_text) == ("Zendesk 90003", "$1,240.50")
    assert table.place_of(2) == 3
    boxes = [view.address for place in (0, 2) if (view := table.row_at(place)) is not None]
    window.click_checkbox(boxes[0])
    window.click_checkbox(boxes[1], SHIFT)
    plans = window.house.store.plans
    await window.wait_until(lambda: plans.count_ticked.blocking(window.open_plan_id()) == 1)
    assert plans.get_row.blocking(window.open_plan_id(), 2).ticked
    click_heading(window, VALUE)
    await window.wait_until(lambda: table.keys_between(0, 3) == [1, 2, 3, 4])


async def test_plan_table_name_opens_customer_and_back_returns_to_the_row(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(on=False)
    rows = [row(n) for n in range(1, 300)]
    rows[200] = replace(row(201), source_id="7701", label="maria@lopez.example", name="Maria Lopez")
    made_plan(window, rows)
    await shown(window, 299)
    table = window.models.plan.table_model
    window.rows.scrollTo(table.index(200, CUSTOMER))
    await window.wait_until(lambda: table.row_at(200) is not None)
    await window.pause(0.1)
    scrolled = window.rows.verticalScrollBar().value()
    window.click_name("Maria Lopez")
    await window.is_lookup_finished()
    assert window.view.current_page == "customers"
    assert "Lopez & Daughters" in window.visible_texts()
    where = window.view.childAt(window.view.rect().center())
    QTest.mouseClick(where, Qt.MouseButton.BackButton)
    assert window.view.current_page == "sync"
    assert window.page.plan_tab.isVisible()
    assert window.rows.current_row() == 200
    assert window.rows.verticalScrollBar().value() == scrolled
    # And forward to her again, over the list, which takes clicks but not these.
    QTest.mouseClick(window.rows.viewport(), Qt.MouseButton.ForwardButton)
    assert window.view.current_page == "customers"


async def test_long_export_says_how_far_it_is_and_can_be_cancelled(
    window: SyncPageDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.add_preset()
    made_plan(window, [row(n) for n in range(1, 30)])
    await shown(window, 29)
    monkeypatch.setattr(plan_model, "_EXPORT_PROGRESS_S", 0.0)
    monkeypatch.setattr(plan_export, "_PAGE_SIZE", 1)
    go_on = asyncio.Event()
    plans = window.models.plan._plans
    list_rows = plans.list_rows

    async def slow(*args: object, **more: object) -> object:
        if more["after"] == 12:
            await go_on.wait()
        return await list_rows(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(plans, "list_rows", slow)
    target = tmp_path / "export" / "rows.csv"
    target.parent.mkdir()
    spoken = record_announcements(monkeypatch)
    window.models.plan.export_rows(str(target), "csv")
    banner = window.page.error_banner
    await window.wait_until(
        lambda: "Saving 12 of 29 rows to rows.csv…" in window.visible_texts(banner)
    )
    assert len([words for words in spoken if "Saving" in words]) == 1, spoken
    window.click(banner.action_button("cancel"))
    await window.wait_for_text("Nothing was saved: you cancelled it.", banner)
    await window.wait_until(lambda: not os.listdir(target.parent))
    go_on.set()
    window.models.plan.export_rows(str(target), "csv")
    await window.wait_for_text("29 rows saved to rows.csv.", banner)
    assert target.exists()

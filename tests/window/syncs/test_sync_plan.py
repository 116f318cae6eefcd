"""The rows of a preview: conflicts, corrections, limits, filters, and many thousand rows."""

import csv
import json
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.model.guard import Limits
from desktop.model.mapping import Prefer
from desktop.model.plan import Consequence, Fate, FieldChange, PlanRow, PlanState
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.syncs.row_shape import FIELD, side_boxes
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.plan_table import CHANGES, PAGE
from tests.window.careful import cut_off, unnamed
from tests.window.desk import CTRL, SHIFT, Key
from tests.window.syncs.sync_desk import TO_SAILTHRU, SyncDesk

SAM = "sam@fox.example"


def made_plan(desk: SyncDesk, rows: list[PlanRow], state: PlanState = PlanState.READY) -> str:
    """A preview as a process would have left it, in the real store."""
    store = desk.house.store
    goal, now = store.goals.get(TO_SAILTHRU), desk.house.ground.clock.now()
    plan = store.plans.begin(goal, "Ada", now)
    for start in range(0, len(rows), 500):
        store.plans.add(plan, rows[start : start + 500])
    store.plans.finish(plan, state=state, read=len(rows), breaches=(), mark="")
    desk.models.page.refresh()
    return plan


def row(number: int, *changes: FieldChange, label: str = "", **more: object) -> PlanRow:
    made = changes or (FieldChange("vars.city", "Porto", f"City {number}"),)
    return PlanRow(
        number, Fate.UPDATE, str(90_000 + number), f"sid{number}",
        label or f"person{number}@many.example", changes=made, **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def shown(desk: SyncDesk, count: int) -> None:
    await desk.until(lambda: desk.models.plan.table.rowCount() == count)
    await desk.until(lambda: desk.models.plan.table.row(0) is not None)


async def test_a_conflict_is_picked_by_its_button_in_the_row(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.click("count conflict")
    await shown(desk, 1)
    view = desk.models.plan.table.row(0)
    assert view is not None
    assert view.conflict is not None
    ticked = desk.house.store.plans.ticked(desk.open_plan())
    index = desk.models.plan.table.index(0, CHANGES)
    pad = fonts.scaled(6)
    box = desk.rows.visualRect(index).adjusted(pad, fonts.scaled(5), -pad, -fonts.scaled(6))
    boxes = side_boxes(box, view.conflict, fonts.scaled(FIELD))
    assert view.conflict.sides[0].words.startswith("Zendesk +1555")
    desk.click_row(SAM, CHANGES, boxes[0].center())
    await desk.until(lambda: desk.stored(SAM).fate is Fate.UPDATE)
    picked = next(c for c in desk.stored(SAM).changes if c.field == "vars.phone")
    assert picked.choice == "zendesk"
    assert picked.applies
    assert desk.house.store.plans.ticked(desk.open_plan()) == ticked + 1


async def test_always_prefer_becomes_the_rule(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.click("count conflict")
    await shown(desk, 1)
    desk.rows.setFocus()
    desk.rows.setCurrentIndex(desk.models.plan.table.index(0, 1))
    desk.press(Key.Key_Return)
    await desk.until(lambda: desk.all("Always prefer Zendesk for phone"))
    desk.click("Always prefer Zendesk for phone")
    await desk.until(
        lambda: any(
            r.target == "vars.phone" and r.prefer is Prefer.SOURCE
            for r in desk.store_goal().mapping
        )
    )
    await desk.until(lambda: desk.stored(SAM).fate is Fate.UPDATE)


async def test_a_wrong_address_is_put_right_here(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.click("count correction")
    await shown(desk, 1)
    await desk.until(
        lambda: "not an address" in "".join(n for n, _ in desk.models.plan.view().causes)
    )
    desk.click_row("Jo Lind")
    await desk.until(lambda: desk.all("Right value"))
    field = desk.one("Right value", QLineEdit)
    field.selectAll()
    field.setFocus()
    desk.type("jo@lind.example")
    desk.press(Key.Key_Return)
    memory = desk.house.store.memory
    await desk.until(lambda: "7706" in memory.corrections(TO_SAILTHRU))
    await desk.press_preview()
    await desk.until(
        lambda: (
            desk.models.page.sync().running is None
            and desk.models.page.sync().open_plan is not None
            and desk.fate("jo@lind.example") is Fate.CREATE
        ),
        40,
    )


async def test_a_limit_holds_the_plan_until_two_admins_allow_it(desk: SyncDesk) -> None:
    await desk.add()
    desk.house.goals.save(replace(desk.store_goal(), limits=Limits(1, 0)))
    starts = ((Consequence.STARTS, ""),)
    made_plan(desk, [row(n, consequences=starts) for n in range(1, 6)], PlanState.STOPPED)
    await shown(desk, 5)
    stop = desk.models.plan.view().stop
    assert stop is not None
    assert stop.title.startswith("Nothing written.")
    assert "your limit is 1 a run" in stop.title
    write = desk.page.plan.write
    assert not write.isEnabled()
    assert "limit" in write.accessibleDescription()
    assert desk.page.list.card(TO_SAILTHRU).view().chip == "Waiting for you"
    show = next(words for key, words in stop.acts if key == "show")
    desk.click(show, QPushButton)
    await desk.until(lambda: desk.models.plan.sift.consequence is Consequence(stop.breach))
    await shown(desk, 5)
    desk.click("Allow…", QPushButton)
    desk.click(desk.dialog().confirm_button)  # type: ignore[attr-defined]
    plans = desk.house.store.plans
    await desk.until(lambda: len(plans.approvals(desk.open_plan())) == 1)
    await desk.until(lambda: desk.all("Ask for approval…", QPushButton))
    desk.click("Ask for approval…", QPushButton)
    dialog = desk.dialog()
    # The same person, and somebody who is no admin, count for nothing.
    said = desk.sandbox.zendesk
    for email, token, trouble in (
        (said["email"], said["api_token"], "allowed it already"),
        (said["agent_email"], said["agent_api_token"], "is no admin"),
        (said["email"], "wrong", ""),
    ):
        dialog.email.setText(email)  # type: ignore[attr-defined]
        dialog.token.setText(token)  # type: ignore[attr-defined]
        dialog.allow.click()  # type: ignore[attr-defined]
        await desk.until(lambda: dialog.trouble.isVisible())  # type: ignore[attr-defined]
        assert trouble in dialog.trouble.text()  # type: ignore[attr-defined]
    dialog.reject()
    assert len(plans.approvals(desk.open_plan())) == 1
    assert not write.isEnabled()
    plans.approve(desk.open_plan(), stop.breach, "999", "Bo", desk.house.ground.clock.now())
    desk.models.plan.tick([1], False)
    await desk.until(lambda: desk.models.plan.view().stop is None)
    await desk.until(write.isEnabled)
    assert not desk.sandbox.writes()


async def test_unticking_until_it_fits_needs_nobody(desk: SyncDesk) -> None:
    await desk.add()
    desk.house.goals.save(replace(desk.store_goal(), limits=Limits(2, 0)))
    joins = ((Consequence.JOINS, "Newsletter"),)
    made_plan(desk, [row(n, consequences=joins) for n in range(1, 4)], PlanState.STOPPED)
    await shown(desk, 3)
    assert desk.all("Allow once…", QPushButton)
    assert not desk.page.plan.write.isEnabled()
    desk.click_box("person2@many.example")
    await desk.until(desk.page.plan.write.isEnabled)
    assert desk.models.plan.view().stop is None


async def test_five_thousand_rows_scroll_and_only_pages_in_sight_are_kept(desk: SyncDesk) -> None:
    await desk.add(on=False)
    made_plan(desk, [row(n) for n in range(1, 5001)])
    await shown(desk, 5000)
    table = desk.models.plan.table
    desk.rows.setFocus()
    desk.press(Key.Key_End)
    await desk.until(lambda: table.row(4999) is not None)
    assert desk.rows.current_place() == 4999
    for _ in range(40):
        desk.press(Key.Key_PageUp)
    bar = desk.rows.verticalScrollBar()
    for step in range(20):
        bar.setValue(bar.maximum() * step // 20)
        await desk.pause(0.01)
    await desk.until(lambda: not desk.models.plan.tasks.runs("pages"))
    assert sum(len(page) for page in table._pages.values()) <= 48 * PAGE
    desk.press(Key.Key_Home)
    desk.press(Key.Key_A, CTRL)
    desk.press(Key.Key_Space)
    plans = desk.house.store.plans
    await desk.until(lambda: plans.ticked(desk.open_plan()) == 0)
    desk.press(Key.Key_Space)
    await desk.until(lambda: plans.ticked(desk.open_plan()) == 5000)
    await desk.until(lambda: "5,000 of 5,000 ticked" in desk.texts(desk.page))
    # So many are asked for, and the number is typed.
    confirmation = desk.models.plan.view().confirmation
    assert confirmation is not None
    assert confirmation.typed == "5000"


async def test_shift_ticks_a_range_by_mouse_and_keys(desk: SyncDesk) -> None:
    await desk.add(on=False)
    made_plan(desk, [row(n) for n in range(1, 31)])
    await shown(desk, 30)
    plans, plan = desk.house.store.plans, desk.open_plan()
    desk.click_box("person3@many.example")
    await desk.until(lambda: plans.ticked(plan) == 29)
    table = desk.models.plan.table
    box = desk.rows.visualRect(table.index(5, 0))
    QTest.mouseClick(
        desk.rows.viewport(), Qt.MouseButton.LeftButton, SHIFT, box.topLeft() + QPoint(16, 16)
    )
    await desk.until(lambda: plans.ticked(plan) == 26)
    desk.rows.setCurrentIndex(table.index(2, 1))
    desk.press(Key.Key_Down, SHIFT, 3)
    desk.press(Key.Key_Space)
    await desk.until(lambda: plans.ticked(plan) == 30)


async def test_text_and_consequence_filter_and_are_cleared(desk: SyncDesk) -> None:
    await desk.add(on=False)
    joins = ((Consequence.JOINS, "Newsletter"),)
    rows = [row(n, consequences=joins if n <= 3 else ()) for n in range(1, 41)]
    made_plan(desk, rows)
    await shown(desk, 40)
    desk.click("3 join Newsletter", QPushButton)
    await shown(desk, 3)
    desk.click("3 join Newsletter", QPushButton)
    await shown(desk, 40)
    desk.one("Search the rows", QLineEdit).setFocus()
    desk.type("nobody at all")
    await desk.until(lambda: desk.models.plan.table.rowCount() == 0)
    await desk.until(lambda: "Nothing matches." in desk.texts(desk.page))
    desk.click("Clear filters")
    await shown(desk, 40)


async def test_long_and_hostile_values_are_shown_as_typed_and_exported_safely(
    desk: SyncDesk, tmp_path: Path
) -> None:
    await desk.add(on=False)
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
    await desk.until(lambda: desk.models.plan.detail() is not None)
    await desk.until(desk.page.plan.side.isVisible)
    assert "<b>x</b> & <img src=y>" in desk.texts(desk.page.plan.side)
    assert unnamed(desk.page) == []
    assert [c for c in cut_off(desk.page) if "ends at" in c] == []
    target = tmp_path / "rows.csv"
    desk.models.plan.export(str(target), "csv")
    await desk.until(target.exists)
    first, _second = csv.DictReader(target.read_text("utf-8-sig").splitlines())
    assert first["new"] == f"'{evil}"
    assert target.stat().st_mode & 0o077 == 0
    desk.models.plan.export(str(tmp_path / "rows.json"), "json")
    await desk.until((tmp_path / "rows.json").exists)
    (only,) = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert only["changes"][0]["new"] == evil


async def test_a_discarded_preview_leaves_nothing(desk: SyncDesk) -> None:
    await desk.add(on=False)
    plan = made_plan(desk, [row(1)])
    await shown(desk, 1)
    assert not desk.page.plan.write.isEnabled()
    desk.click("Discard")
    await desk.until(lambda: desk.models.page.sync().plan is None)
    await desk.until(lambda: "No preview yet" in desk.texts(desk.page))
    assert desk.house.store.plans.latest(TO_SAILTHRU) is None
    assert plan


async def test_narrow_shows_the_list_then_the_sync_and_esc_goes_back(desk: SyncDesk) -> None:
    await desk.add(on=False)
    made_plan(desk, [row(n) for n in range(1, 6)])
    await shown(desk, 5)
    desk.view.resize(392, 860)
    await desk.until(lambda: desk.page.list.isVisible() and not desk.page.head.isVisible())
    desk.click("Zendesk to Sailthru")
    await desk.until(desk.page.head.isVisible)
    assert not desk.page.list.isVisible()
    # Laid out in the turn after, before it is painted.
    await desk.until(lambda: cut_off(desk.page) == [])
    desk.click_row("person2@many.example", 1, QPoint(150, desk.rows.visualRect(
        desk.models.plan.table.index(1, 1)).bottom() - 6))  # fmt: skip
    await desk.until(desk.page.plan.side.isVisible)
    assert not desk.rows.isVisible()
    desk.press(Key.Key_Escape)
    await desk.until(desk.rows.isVisible)
    desk.press(Key.Key_Escape)
    await desk.until(desk.page.list.isVisible)
    assert desk.models.plan.sift == Sift()


async def test_the_most_valuable_first_and_a_range_of_them_unticked(desk: SyncDesk) -> None:
    await desk.add()
    worth = {1: 12.0, 2: None, 3: 1240.5, 4: 300.0}
    made_plan(desk, [row(number, worth=amount) for number, amount in worth.items()])
    await shown(desk, 4)
    order = desk.one("Order of the rows", ChoiceField)
    order.setFocus()
    desk.press(Key.Key_Down)
    table = desk.models.plan.table
    await desk.until(lambda: table.numbers(0, 3) == [3, 4, 1, 2])
    await desk.until(lambda: table.row(0) is not None)
    first = table.row(0)
    assert first is not None
    assert first.address == "$1,240.50 · Zendesk 90003"
    assert table.place_of(2) == 3
    boxes = [view.address for place in (0, 2) if (view := table.row(place)) is not None]
    desk.click_box(boxes[0])
    desk.click_box(boxes[1], SHIFT)
    plans = desk.house.store.plans
    await desk.until(lambda: plans.ticked(desk.open_plan()) == 1)
    assert plans.row(desk.open_plan(), 2).ticked
    order.setFocus()
    desk.press(Key.Key_Up)
    await desk.until(lambda: table.numbers(0, 3) == [1, 2, 3, 4])

"""Activity sorted by its headings, on chosen days, with what customers are called."""

import csv
import os
from datetime import date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.kit.change_bus import ChangeSet, Topic
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser
from desktop.panels.activity_table_view import cell_texts
from desktop.viewmodels.activity.activity_columns import CUSTOMER, STATE, TIME
from desktop.viewmodels.activity.activity_period import (
    ActivityOrder,
    ActivityPeriod,
    ActivityTimes,
)
from desktop.viewmodels.activity.activity_row import ActivityFilter
from desktop.viewmodels.time_format import to_local_time
from tests.support.accessibility_checks import clipped_texts
from tests.support.activity_page_driver import ActivityPageDriver, edit_of_maria
from tests.support.window_workspace import wait_until

NOON = datetime(2026, 3, 29, 12).timestamp()  # noqa: DTZ001 - this computer's days


def picture(name: str, widget: QWidget) -> None:
    if folder := os.environ.get("FAIRLEAD_SHOTS"):
        widget.grab().save(str(Path(folder) / f"{name}.png"))


def edit_of(sid: str, address: str) -> EditRequest:
    return EditRequest(EditKind.VAR, EditTarget(Service.SAILTHRU, sid, address), "city", "a", "b")


async def make_edit(desk: ActivityPageDriver, request: EditRequest, at: float) -> str:
    (edit,) = await desk.house.store.outbox.enqueue([request], "Ada", at, [0.0], actor_key="1")
    return str(edit.id)


async def shown(desk: ActivityPageDriver, rows: int, width: int = 1060) -> None:
    desk.page.resize(width, 700)
    desk.page.show()
    await wait_until(
        lambda: desk.model.table_model.rowCount() == rows and desk.model.edit_loader.is_loaded
    )


def ids(desk: ActivityPageDriver) -> list[str]:
    table = desk.model.table_model
    return [row.id for place in range(table.rowCount()) if (row := table.row_at(place))]


def click_heading(desk: ActivityPageDriver, column: int) -> None:
    header = desk.page.table.horizontalHeader()
    left = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
    point = QPoint(left, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=point)


async def test_activity_headings_sort(offline_page: ActivityPageDriver) -> None:
    now = offline_page.house.context.clock.now()
    first = await make_edit(offline_page, edit_of("a" * 24, "zoe@x.example"), now - 30)
    second = await make_edit(offline_page, edit_of("b" * 24, "ada@x.example"), now - 20)
    third = await make_edit(offline_page, edit_of("c" * 24, "mia@x.example"), now - 10)
    await shown(offline_page, 3)
    assert ids(offline_page) == [third, second, first]
    click_heading(offline_page, TIME)
    assert ids(offline_page) == [first, second, third]
    click_heading(offline_page, CUSTOMER)
    assert ids(offline_page) == [second, third, first]
    header = offline_page.page.table.horizontalHeader()
    assert header.sortIndicatorSection() == CUSTOMER
    click_heading(offline_page, CUSTOMER)
    assert ids(offline_page) == [third, second, first]
    click_heading(offline_page, STATE)
    assert offline_page.model.order is ActivityOrder.STATE
    # Runs write more than is ever read: these stay the newest first.
    offline_page.model.set_filter(ActivityFilter.SYNCS, "")
    click_heading(offline_page, TIME)
    assert offline_page.model.order is ActivityOrder.STATE
    assert not header.isSortIndicatorShown()


async def test_activity_sorted_by_customer_reads_back_to_the_first(
    offline_page: ActivityPageDriver,
) -> None:
    now = offline_page.house.context.clock.now()
    oldest = await make_edit(offline_page, edit_of("a" * 24, "aaa@x.example"), now - 9_000)
    requests = [edit_of(f"{n:024x}", f"person{n:03}@x.example") for n in range(1, 400)]
    await offline_page.house.store.outbox.enqueue(
        requests, "Ada", now, [0.0] * len(requests), actor_key="1"
    )
    offline_page.page.resize(1060, 700)
    offline_page.page.show()
    await wait_until(lambda: offline_page.model.table_model.rowCount() >= 100)
    offline_page.model.set_order(ActivityOrder.CUSTOMER)
    await wait_until(lambda: offline_page.model.table_model.rowCount() == 400)
    assert ids(offline_page)[0] == oldest


async def test_activity_days_filter_list_and_export(
    offline_page: ActivityPageDriver, tmp_path: Path
) -> None:
    now = offline_page.house.context.clock.now()
    old = await make_edit(offline_page, edit_of_maria(EditKind.VAR, "b", 1, 2), now - 20 * 86_400)
    today = await make_edit(offline_page, edit_of_maria(EditKind.VAR, "a", 1, 2), now)
    await shown(offline_page, 2)
    page = offline_page.page
    dropdown = page.period_filter.period_dropdown
    dropdown.setFocus()
    QTest.keyClick(dropdown, Qt.Key.Key_Down)
    assert offline_page.model.times.period is ActivityPeriod.TODAY
    assert ids(offline_page) == [today]
    target = tmp_path / "days.csv"
    offline_page.model.export(str(target), "csv")
    await wait_until(target.exists)
    (row,) = csv.DictReader(target.read_text("utf-8-sig").splitlines())
    assert row["Change"] == today
    QTest.keyClick(dropdown, Qt.Key.Key_End)
    assert page.period_filter.first_field.isVisible()
    day = to_local_time(now - 20 * 86_400).date()
    page.period_filter.first_field.setDate(QDate(day.year, day.month, day.day))
    page.period_filter.last_field.setDate(QDate(day.year, day.month, day.day))
    assert ids(offline_page) == [old]
    picture("activity_days", page)
    page.clear_filters()
    assert ids(offline_page) == [today, old]
    assert dropdown.value() == ActivityPeriod.ANY.name


async def test_activity_shows_names_and_finds_them(offline_page: ActivityPageDriver) -> None:
    cache, now = offline_page.house.store.customer_cache, offline_page.house.context.clock.now()
    await cache.save_user(ZendeskUser(7701, "María Lopez", "maria@lopez.example"), now)
    await cache.save_profile(SailthruProfile("a" * 24, "maria@lopez.example"), now)
    await cache.save_profile(
        SailthruProfile("b" * 24, "wren@x.example", vars={"first_name": "Wren"}), now
    )
    await make_edit(offline_page, edit_of("a" * 24, "maria@lopez.example"), now)
    await make_edit(offline_page, edit_of("b" * 24, "wren@x.example"), now)
    await make_edit(offline_page, edit_of("c" * 24, "unknown@x.example"), now)
    await shown(offline_page, 3)
    table = offline_page.model.table_model
    await wait_until(
        lambda: (
            [cell_texts(CUSTOMER, table.row_at(place)) for place in range(3)]
            == [
                ("unknown@x.example", ""),
                ("Wren", "wren@x.example"),
                ("María Lopez", "maria@lopez.example"),
            ]
        )
    )
    picture("activity_names", offline_page.page)
    offline_page.page.search_field.setText("maria lop")
    assert len(ids(offline_page)) == 1


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (ActivityTimes(), (None, None)),
        (ActivityTimes(ActivityPeriod.TODAY), (date(2026, 3, 29), date(2026, 3, 30))),
        (ActivityTimes(ActivityPeriod.YESTERDAY), (date(2026, 3, 28), date(2026, 3, 29))),
        (ActivityTimes(ActivityPeriod.WEEK), (date(2026, 3, 23), date(2026, 3, 30))),
        (ActivityTimes(ActivityPeriod.MONTH), (date(2026, 2, 28), date(2026, 3, 30))),
        # In the wrong order: the days between all the same.
        (
            ActivityTimes(ActivityPeriod.BETWEEN, date(2026, 3, 5), date(2026, 3, 1)),
            (date(2026, 3, 1), date(2026, 3, 6)),
        ),
        (ActivityTimes(ActivityPeriod.BETWEEN, None, date(2026, 3, 1)), (None, date(2026, 3, 2))),
    ],
)
def test_activity_days_begin_and_end_at_midnight(
    times: ActivityTimes, expected: tuple[date | None, date | None]
) -> None:
    def midnight(day: date | None) -> float | None:
        if day is None:
            return None
        return datetime(day.year, day.month, day.day).timestamp()  # noqa: DTZ001

    assert times.bounds(NOON) == tuple(map(midnight, expected))


async def test_activity_day_far_off_is_one_that_has_a_midnight(
    offline_page: ActivityPageDriver,
) -> None:
    days = offline_page.page.period_filter
    days.first_field.setDate(QDate(1752, 9, 14))
    days.last_field.setDate(QDate(9999, 12, 31))
    since, until = offline_page.model.times.bounds(NOON)
    assert since is not None
    assert until is not None
    assert 0 < since < NOON < until


async def test_activity_days_fit_beside_the_other_filters(
    offline_page: ActivityPageDriver,
) -> None:
    await make_edit(offline_page, edit_of_maria(EditKind.VAR, "a", 1, 2), 1_000.0)
    await shown(offline_page, 1)
    page = offline_page.page
    page.period_filter.show_times(ActivityTimes(ActivityPeriod.BETWEEN))
    # As the main window has it: its own minimum is smaller than what the page asks for.
    page.setMinimumSize(1, 1)
    for width in (1190, 900, 392):
        page.resize(width, 700)
        # In one step, as the command “Narrow window” does; laid out in the turn after.
        await wait_until(lambda w=width: page.is_wide == (w > 760))
        await wait_until(lambda: page.list_card.width() >= min(page.width(), 570))
        await wait_until(lambda: clipped_texts(page) == [])
        picture(f"activity_{width}", page)


async def test_activity_forgets_names_of_erased_customers(
    offline_page: ActivityPageDriver,
) -> None:
    house = offline_page.house
    cache, now = house.store.customer_cache, house.context.clock.now()
    await cache.save_user(ZendeskUser(7701, "Maria Lopez", "maria@lopez.example"), now)
    await cache.save_profile(SailthruProfile("a" * 24, "maria@lopez.example"), now)
    await make_edit(offline_page, edit_of("a" * 24, "maria@lopez.example"), now)
    await shown(offline_page, 1)
    table = offline_page.model.table_model
    await wait_until(lambda: cell_texts(CUSTOMER, table.row_at(0))[0] == "Maria Lopez")
    await cache.erase_all()
    house.bus.publish(ChangeSet.of(Topic.CUSTOMER))
    await wait_until(lambda: cell_texts(CUSTOMER, table.row_at(0))[0] == "maria@lopez.example")

"""Retention: what a change would drop, its confirmation, the purge, and what reports say after."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desktop.audience.condition_parser import parse_expression
from desktop.audience.retention_service import RetentionService, in_force
from desktop.audience.zendesk_data_reader import ZendeskDataReader
from desktop.kit.errors import ConflictError, NotPermitted
from desktop.model.audience_segment import SavedSegment
from desktop.model.field_mapping import MappingRow
from desktop.model.permission import Actor
from desktop.model.retention import (
    FINISHED_STATUSES,
    ActivityType,
    RetentionMark,
    SegmentImpact,
    SyncImpact,
    cutoffs,
    longer,
)
from desktop.model.retention_text import describe_impact
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.settings.file_lock import hold_lock
from desktop.store.audience_query import QueryMoment, compile_group
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.clocks import ManualClock
from tests.support.data_cases import (
    DAY,
    NOON,
    dump,
    open_small_store,
    read_all,
    run_child,
    small_account,
    ticket,
)
from tests.support.report_cases import ADMIN, AGENT, report_service

TICKETS, TEXTS, RATINGS = ActivityType.TICKETS, ActivityType.TEXTS, ActivityType.RATINGS
KEEP = {TICKETS: 0, TEXTS: 0, RATINGS: 0}
TWO_DAYS = {TICKETS: 2, TEXTS: 1, RATINGS: 3}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_store(tmp_path / "store")
    yield found
    found.close()


def build_service(
    data: DataStore, store: WorkspaceStore, folder: Path, actor: Actor = ADMIN
) -> tuple[RetentionService, dict[ActivityType, int]]:
    days = dict(KEEP)
    service = RetentionService(
        lambda: data,
        store.segments,
        store.syncs,
        store.audit,
        ManualClock(NOON),
        lambda: actor,
        lambda: dict(days),
        days.update,
        lambda: QueryMoment(NOON, ZoneInfo("UTC")),
        folder / "data.lock",
    )
    return service, days


def numbers_of_people(data: DataStore) -> tuple[Counter[int], Counter[int]]:
    """How many tickets everybody has by their own columns, and by the rows that are kept."""
    columns = data.data_db.read(
        lambda c: c.execute("SELECT id, ticket_count FROM person WHERE ticket_count > 0").fetchall()
    )
    rows = data.data_db.read(
        lambda c: c.execute(
            "SELECT requester, count(*) FROM ticket WHERE status <> 'deleted' GROUP BY 1"
        ).fetchall()
    )
    return Counter(dict(map(tuple, columns))), Counter(dict(map(tuple, rows)))


@pytest.mark.parametrize(
    ("first", "second", "wanted"), [(90, 30, 90), (30, 90, 90), (0, 30, 0), (30, 0, 0), (0, 0, 0)]
)
def test_longer_of_two_retentions_is_without_limit_where_one_is(
    first: int, second: int, wanted: int
) -> None:
    assert longer(first, second) == wanted


def test_texts_go_with_their_tickets_at_the_latest() -> None:
    found = cutoffs({TICKETS: 2, TEXTS: 0, RATINGS: 0}, NOON)
    assert found == {TICKETS: NOON - 2 * DAY, TEXTS: NOON - 2 * DAY, RATINGS: 0.0}


def test_what_nobody_has_confirmed_is_kept_whatever_is_set() -> None:
    assert in_force({TICKETS: 1, TEXTS: 1, RATINGS: 1}, {}) == KEEP
    marks = {TICKETS: RetentionMark(TICKETS, 30, NOON, "Ada")}
    assert in_force({TICKETS: 1, TEXTS: 1, RATINGS: 1}, marks)[TICKETS] == 30
    assert in_force({TICKETS: 60, TEXTS: 1, RATINGS: 1}, marks)[TICKETS] == 60


async def test_impact_tells_rows_people_and_segments_and_changes_nothing(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    await read_all(data, small_account())
    group = parse_expression("tickets >= 3")
    quiet = parse_expression("tickets < 3")
    for name, text in (("Busy", "tickets >= 3"), ("Quiet", "tickets < 3"), ("All", 'name is "x"')):
        await store.segments.save(SavedSegment(name, text, NOON, "Ada"))
    for name, segment in (("busy", "Busy"), ("all", "All"), ("everybody", "")):
        sync = Sync(
            name,
            name.capitalize(),
            SyncSource(SourceKind.ZENDESK_USERS, segment=segment),
            mapping=(MappingRow("name", "vars.nick"), MappingRow("id", "vars.no", on=False)),
            effects=SyncEffects(add_to_lists=("Busy people",)),
        )
        await store.syncs.save(sync, NOON)
    service, days = build_service(data, store, tmp_path)
    before = dump(data.data_db), dump(data.history_db)
    impact = await service.find_impact(TWO_DAYS)
    assert (dump(data.data_db), dump(data.history_db), days) == (*before, KEEP)
    # A sync has other people where its segment has; it is named with all that it writes.
    assert impact.syncs == (SyncImpact("Busy", "Busy", ("Busy people",), ("nick",)),)
    told = " ".join(describe_impact(impact))
    assert "The sync “Busy” is about the people of “Busy”" in told
    assert "the list “Busy people”, the Sailthru field nick. It is off now." in told
    # From the rows alone.
    gone = [
        one
        for one in small_account().tickets
        if one.status in FINISHED_STATUSES and (one.updated_at or 0) < NOON - 2 * DAY
    ]
    assert impact.rows[TICKETS] == len(gone) > 0
    assert impact.people >= len({one.requester_id for one in gone}) > 0
    moment = QueryMoment(NOON, ZoneInfo("UTC"))

    def picked(group_: object) -> set[int]:
        where = compile_group(group_, moment)  # type: ignore[arg-type]
        return {
            row[0]
            for row in data.data_db.read(
                lambda c: c.execute(
                    f"SELECT p.id FROM person p WHERE p.listed = 1 AND ({where.text})",  # noqa: S608
                    where.values,
                ).fetchall()
            )
        }

    earlier = picked(group), picked(quiet)
    await service.confirm(impact)
    await service.purge()
    later = picked(group), picked(quiet)
    assert impact.segments == (
        SegmentImpact("Busy", len(earlier[0] - later[0]), len(later[0] - earlier[0])),
        SegmentImpact("Quiet", len(earlier[1] - later[1]), len(later[1] - earlier[1])),
    )
    assert impact.segments[0].leaving == impact.segments[1].entering != 0


async def test_a_setting_alone_drops_nothing_until_an_admin_confirms(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    await read_all(data, small_account())
    service, days = build_service(data, store, tmp_path)
    days.update(TWO_DAYS)
    kept = dump(data.data_db)
    assert set((await service.purge()).values()) == {0}
    assert dump(data.data_db) == kept
    rows = await service.list_rows()
    assert [row.expired for row in rows] == [0, 0, 0]
    assert rows[0].waiting > 0
    agents, _ = build_service(data, store, tmp_path, AGENT)
    with pytest.raises(NotPermitted):
        await agents.confirm(await agents.find_impact(TWO_DAYS))
    await service.confirm(await service.find_impact({}))
    purged = await service.purge()
    assert purged[TICKETS] == rows[0].waiting
    entry = (await store.audit.list_entries())[0]
    assert (entry.kind, entry.actor) == ("retention", "Ada Admin")


async def test_more_rows_than_were_shown_are_not_confirmed(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    account = small_account()
    await read_all(data, account)
    service, days = build_service(data, store, tmp_path)
    impact = await service.find_impact(TWO_DAYS)
    old = ticket(300, 1, status="closed", updated_at=NOON - 9 * DAY, changed_at=NOON - 9 * DAY)
    await read_all(data, replace(account, tickets=[*account.tickets, old]))
    with pytest.raises(ConflictError):
        await service.confirm(impact)
    assert days == KEEP
    assert await data.retention.list_marks() == {}


async def test_purge_keeps_counts_and_open_tickets_and_numbers_equal_a_recount(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    await read_all(data, small_account())
    service, _ = build_service(data, store, tmp_path)
    await service.confirm(await service.find_impact(TWO_DAYS))
    counts = dump(data.history_db, ("retention",))
    seen: list[int] = []
    purged = await service.purge(on_piece=lambda so_far: seen.append(sum(so_far.values())))
    assert seen[-1] == sum(purged.values()) > 0
    assert dump(data.history_db, ("retention",)) == counts
    columns, rows = numbers_of_people(data)
    assert columns == rows
    left = data.data_db.read(
        lambda c: c.execute("SELECT id, status, updated_at FROM ticket").fetchall()
    )
    assert all(
        row["status"] not in FINISHED_STATUSES or row["updated_at"] >= NOON - 2 * DAY
        for row in left
    )
    assert {one.id for one in small_account().tickets if one.status == "open"} <= {
        row["id"] for row in left
    }
    # A reading from the beginning brings nothing back, and counts nothing twice.
    reader = ZendeskDataReader(
        data,
        small_account(),
        ManualClock(NOON),
        before=await service.begin_reading(),  # type: ignore[arg-type]
    )
    await data.sources.reset(("organizations", "users", "tickets", "ratings"))
    kept = dump(data.data_db, ("data_source",))
    await reader.refresh()
    assert dump(data.data_db, ("data_source",)) == kept
    assert dump(data.history_db, ("retention",)) == counts


POINTS = ["purge begun", "tickets purged", "texts purged", "ratings purged"]


@pytest.mark.parametrize("point", POINTS)
async def test_purge_killed_at_a_point_is_finished_by_the_next(tmp_path: Path, point: str) -> None:
    def prepare(name: str) -> tuple[DataStore, WorkspaceStore]:
        return open_data_store(tmp_path / name), open_store(tmp_path / f"{name}-store")

    async def purge(name: str, point: str = "") -> object:
        data, store = prepare(name)
        service, days = build_service(data, store, tmp_path / name)
        days.update(TWO_DAYS)

        def checkpoint(at: str) -> None:
            if at == point:
                os.kill(os.getpid(), signal.SIGKILL)

        await service.purge(checkpoint=checkpoint)
        columns, rows = numbers_of_people(data)
        assert columns == rows
        found = dump(data.data_db, ("data_source",)), dump(data.history_db)
        data.close()
        store.close()
        return found

    for name in ("whole", "killed"):
        data, store = prepare(name)
        await read_all(data, small_account())
        service, _ = build_service(data, store, tmp_path / name)
        await service.confirm(await service.find_impact(TWO_DAYS))
        data.close()
        store.close()
    wanted = await purge("whole")
    assert run_child(lambda: asyncio.run(purge("killed", point))) == -signal.SIGKILL
    assert await purge("killed") == wanted


async def test_purge_waits_for_no_reading_under_way(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    service, _ = build_service(data, store, tmp_path)
    async with hold_lock(tmp_path / "data.lock", limit_s=1.0):
        with pytest.raises(ConflictError):
            await service.purge()


async def test_first_reading_asks_for_no_more_than_is_kept_and_reports_say_since_when(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    service, days = build_service(data, store, tmp_path)
    days.update(TWO_DAYS)
    account = small_account()
    before = await service.begin_reading()
    await ZendeskDataReader(data, account, ManualClock(NOON), before=before).refresh()  # type: ignore[arg-type]
    asked = dict(reversed(account.asked))
    assert asked["tickets"] == f"since {NOON - 2 * DAY:.0f}"
    assert asked["ratings"] == f"since {NOON - 3 * DAY:.0f}"
    # What nobody has read is not counted as none.
    reports = report_service(data, store, NOON)
    report = await reports.count("new-tickets", reports.parse_period("2023-11-01", "2023-11-14"))
    assert report.is_partly_unknown(report.buckets)
    assert any("what was before is not counted" in note for note in report.notes)


async def test_reports_of_purged_days_keep_their_numbers_and_say_that_they_are_frozen(
    data: DataStore, store: WorkspaceStore, tmp_path: Path
) -> None:
    await read_all(data, small_account())
    reports = report_service(data, store, NOON)
    period = reports.parse_period("2023-11-06", "2023-11-14")
    before = await reports.count("closed-tickets", period)
    assert before.frozen_before is None
    service, _ = build_service(data, store, tmp_path)
    await service.confirm(await service.find_impact(TWO_DAYS))
    await service.purge()
    frozen = await reports.count("closed-tickets", period)
    assert [one.values for one in frozen.series] == [one.values for one in before.series]
    assert any("are frozen" in note for note in frozen.notes)
    assert [frozen.is_frozen(one) for one in frozen.buckets] == [True] * 7 + [False] * 2

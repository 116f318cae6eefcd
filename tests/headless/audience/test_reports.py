"""Reports agree with a recount from the rows, whatever happened to tickets, zones and files."""

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desktop.app.screenshot_tour.sample_optouts import (
    add_optouts,
    opt_out,
    opt_out_by_sync,
    opt_out_in_bulk,
    sid,
)
from desktop.audience.condition_parser import parse_expression
from desktop.audience.optout_report import OPENED_KEY
from desktop.audience.report_definitions import REPORTS
from desktop.audience.report_people import PeopleQuery
from desktop.audience.report_table import build_day_table, build_table, report_document
from desktop.audience.report_wording import describe_difference, describe_figure
from desktop.audience.value_health_findings import ValueHealthNames, find_conditions
from desktop.kit.errors import InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.model.audience_person import AudienceOrder
from desktop.model.customer_value import CustomerType, default_value_source
from desktop.model.data_source import DataSourceKind
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email
from desktop.model.permission import Permission
from desktop.model.report import Report
from desktop.model.report_period import BucketSize
from desktop.model.sync_run import RunState
from desktop.store.audience_query import QueryMoment
from desktop.store.change_report_repository import ChangeReportRepository
from desktop.store.data_source_erasure import erase_source
from desktop.store.data_workspace_erasure import erase_everybody, erase_kept_people
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.profile_report_repository import OptOutReading
from desktop.store.sqlite_database import load_migrations
from desktop.store.ticket_rollup_repository import ProfileReading
from desktop.store.workspace_store import WorkspaceStore
from tests.support.data_cases import (
    DAY,
    FakeExport,
    open_small_store,
    read_all,
    ticket,
    trace_plans,
    user,
)
from tests.support.fresh_store import open_fresh_store
from tests.support.report_cases import (
    AGENT,
    busy_account,
    recount_ratings,
    recount_tickets,
    report_service,
)

# Noon of 20 Nov 2026 in UTC; the clocks of New York went back on the 1st.
NOW = 1_795_176_000.0
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
UTC = ZoneInfo("UTC")
TAG = "sailthru_highvalue"
_DONE, _FAILED = RunState.DONE, RunState.FAILED


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path / "own")
    yield found
    found.close()


def by_day(counts: Counter[tuple[date, int]]) -> Counter[date]:
    found: Counter[date] = Counter()
    for (day, _agent), count in counts.items():
        found[day] += count
    return found


def sum_between(counts: Counter[date], first: date, last: date) -> int:
    return sum(count for day, count in counts.items() if first <= day <= last)


@pytest.mark.parametrize("zone", ZONES)
async def test_tickets_by_day_week_and_month_are_what_a_recount_gives_in_every_zone(
    data: DataStore, store: WorkspaceStore, zone: str
) -> None:
    await read_all(data, busy_account(NOW))
    service = report_service(data, store, NOW, zone=zone)
    period = service.parse_period("2026-10-20", None)
    for size in BucketSize:
        new = await service.count("new-tickets", period, size=size)
        ended = await service.count("closed-tickets", period, size=size)
        wanted = (
            (new, 0, "created"), (ended, 0, "closed"), (ended, 1, "solved"),
        )  # fmt: skip
        for report, place, measure in wanted:
            days = by_day(recount_tickets(data, measure, zone))
            values = [sum_between(days, b.first, b.last) for b in report.buckets]
            before = [sum_between(days, b.first, b.last) for b in report.before_buckets]
            series = report.series[place]
            assert (list(series.values), list(series.before_values)) == (values, before)
            assert sum(values) > 10
        assert new.total == sum(new.series[0].values)
        # Solved ones are counted beside the closed and not with them.
        assert ended.total == sum(ended.series[0].values)


async def test_agents_ratings_and_people_are_what_a_recount_gives(
    data: DataStore, store: WorkspaceStore
) -> None:
    account = busy_account(NOW)
    await read_all(data, account)
    zone = "America/New_York"
    service = report_service(data, store, NOW, zone=zone)
    period = service.parse_period(None, None)
    report = await service.count("tickets-by-agent", period)
    days = recount_tickets(data, "created", zone)
    wanted: Counter[str] = Counter()
    for (day, agent), count in days.items():
        if period.first <= day <= period.last:
            wanted[f"Agent {agent}" if agent else "No assignee"] += count
    assert {one.label: report.count_of(one) for one in report.series} == wanted
    assert report.series[-1].label == "No assignee"
    rows = build_table(report, REPORTS["tickets-by-agent"]).rows
    assert sum(int(str(row["share"])) for row in rows) == 100
    askers = {
        one.requester_id
        for one in account.tickets
        if not one.is_deleted and period.begins_at <= (one.created_at or 0) < period.ends_at
    }
    assert report.people == len(askers)
    report = await service.count("satisfaction-by-agent", period)
    ratings = recount_ratings(data, zone)
    for one in report.series:
        for score, found in (("good", sum(one.values)), ("bad", one.numbers["bad"])):
            assert found == sum(
                count
                for (day, agent, kind), count in ratings.items()
                if (agent, kind) == (int(one.key), score) and period.first <= day <= period.last
            )
        assert sum(one.of_values) == sum(one.values) + one.numbers["bad"]
    assert report.total == sum(sum(one.of_values) for one in report.series) > 10


async def test_a_ticket_given_to_another_agent_moves_and_the_total_stays(
    data: DataStore, store: WorkspaceStore
) -> None:
    one = ticket(1, 1, created_at=NOW - DAY, updated_at=NOW - DAY, changed_at=NOW - DAY)
    await read_all(data, FakeExport(users=[user(1)], tickets=[one]))
    service = report_service(data, store, NOW)
    period = service.parse_period(None, None)
    before = await service.count("tickets-by-agent", period)
    assert [(s.label, sum(s.values)) for s in before.series] == [("Agent 901", 1)]
    moved = replace(one, assignee_id=902, changed_at=NOW)
    await data.tickets.save_tickets([moved], "x", NOW)
    after = await service.count("tickets-by-agent", period)
    assert [(s.label, sum(s.values)) for s in after.series] == [("Agent 902", 1)]
    assert before.total == after.total == 1


async def test_erased_tickets_keep_their_numbers_and_the_report_says_so(
    data: DataStore, store: WorkspaceStore
) -> None:
    await read_all(data, busy_account(NOW))
    service = report_service(data, store, NOW)
    period = service.parse_period(None, None)
    before = {
        name: await service.count(name, period)
        for name in ("new-tickets", "closed-tickets", "satisfaction-by-agent")
    }
    erase_everybody(data.data_db, data.history_db, with_counts=False)
    for name, report in before.items():
        frozen = await service.count(name, period)
        assert [s.values for s in frozen.series] == [s.values for s in report.series]
        assert (frozen.total, frozen.before_total) == (report.total, report.before_total)
        assert (report.people or 0) > 5
        assert frozen.people is None
        assert any("the numbers stand as they were" in note for note in frozen.notes)
    phrase = await service.count("phrases", period, phrases=("refund",))
    assert phrase.total == 0
    assert any("their texts are not searched" in note for note in phrase.notes)


async def test_phrases_are_found_in_subject_and_message_as_a_scan_finds_them(
    data: DataStore, store: WorkspaceStore
) -> None:
    account = busy_account(NOW)
    await read_all(data, account)
    service = report_service(data, store, NOW)
    period = service.parse_period("2026-10-01", None)
    phrases = ("travel insurance", "REFUND", "返金")
    report = await service.count("phrases", period, phrases=phrases)
    shown = [
        one
        for one in account.tickets
        if not one.is_deleted and period.begins_at <= (one.created_at or 0) < period.ends_at
    ]
    found = [
        {one.id for one in shown if phrase.lower() in f"{one.subject} {one.description}".lower()}
        for phrase in phrases
    ]
    assert [sum(one.values) for one in report.series] == [len(ids) for ids in found]
    assert all(found)
    assert report.total == len(set().union(*found)) < sum(map(len, found))
    assert [row["phrase"] for row in build_table(report, REPORTS["phrases"]).rows] == [*phrases]
    for wrong in ((), ("…",), tuple("abcdefg")):
        with pytest.raises(InvalidInput):
            await service.count("phrases", period, phrases=wrong)


async def test_opt_outs_are_told_apart_by_cause(data: DataStore, store: WorkspaceStore) -> None:
    service = report_service(data, store, NOW, actor=AGENT, granted=[Permission.AUDIENCE])
    opt_out(store, NOW - 40 * DAY, 1)
    first = opt_out(store, NOW - 3 * DAY, 2)
    opt_out(store, NOW - 2 * DAY, 3, old=None, new="all")
    opt_out_in_bulk(store, NOW - DAY, range(10, 25))
    opt_out_by_sync(store, NOW - 5 * DAY, 30, "high-value-tagging")
    # Neither lets less through: an opt-in that undoes one, and a level that stays.
    opt_out(store, NOW - 2 * DAY, 2, old="basic", new="none", undoes=first)
    opt_out(store, NOW - 2 * DAY, 4, old="all", new="basic")
    opt_out(store, NOW - 2 * DAY, 5, old="basic", new="basic")
    # Elsewhere: seen at a later look-up, or told by Sailthru with its time.
    await data.profile_reports.note_optouts(
        [
            OptOutReading(sid(40), NOW - 20 * DAY, "none"),
            OptOutReading(sid(40), NOW - 4 * DAY, "basic"),
            OptOutReading(sid(41), NOW - 4 * DAY, "all", NOW - 6 * DAY),
            # Opted out when first seen, and nobody says since when.
            OptOutReading(sid(42), NOW - 4 * DAY, "all"),
            # What Fairlead itself wrote, read back.
            OptOutReading(sid(3), NOW - 9 * DAY, "none"),
            OptOutReading(sid(3), NOW - DAY, "all", NOW - 2 * DAY + 60),
        ]
    )
    report = await service.count("opt-outs", service.parse_period(None, None))
    counts = {one.key: sum(one.values) for one in report.series}
    assert counts == {"bulk": 15, "agent": 2, "sync": 1, "unknown": 2}
    assert (report.total, report.people) == (20, 20)
    # The record begins within the period before, so that one is not known.
    assert (report.before_total, describe_difference(report, ("", ""))) == (
        None, "the period before is not known",
    )  # fmt: skip
    places = {
        one.key: {str(report.buckets[n].first) for n, value in enumerate(one.values) if value}
        for one in report.series
    }
    assert places["unknown"] == {"2026-11-14", "2026-11-16"}
    assert places["bulk"] == {"2026-11-19"}
    details = {one.key: one.detail for one in report.series}
    assert (details["bulk"], details["sync"]) == ("“old list clean-up”", "high-value-tagging")
    assert "1 of them was undone since." in report.notes
    named = report_service(data, store, NOW)
    report = await named.count("opt-outs", named.parse_period(None, None))
    assert report.series[0].detail == "by Jo Baker, “old list clean-up”"


async def test_opt_outs_of_two_months_stand_beside_each_other(
    data: DataStore, store: WorkspaceStore
) -> None:
    zone = ZoneInfo("America/New_York")
    add_optouts(store, data, NOW, zone)
    service = report_service(data, store, NOW, zone=zone.key)
    report = await service.count("opt-outs", service.parse_period(None, None))
    rows = build_table(report, REPORTS["opt-outs"]).rows
    assert {row["id"]: (row["count"], row["before"]) for row in rows} == {
        "bulk": (150, 0), "agent": (18, 16), "sync": (9, 6), "unknown": (35, 38),
    }  # fmt: skip
    assert (report.total, report.before_total, report.people) == (212, 60, 212)
    assert sum(int(str(row["share"])) for row in rows) == 100
    assert rows[0]["peak_day"] == "2026-11-19"
    assert [(one.text, one.label) for one in report.findings] == [
        ("40 of the 150 had opened an e-mail in the 7 days before.", "Show the 40"),
        ("The bulk change is one batch, 19 Nov 16:02.", "Open in Activity"),
        ("40 of them can get back what stood before.", "Undo for 40 people…"),
    ]
    assert len(await service.find_opened_of_batch("1")) == 40
    assert await service.find_opened_of_batch("2") == ()
    times = (report.period.begins_at, report.period.ends_at)
    for key, count in (("", 212), ("bulk", 150), ("unknown", 35), (OPENED_KEY, 40)):
        found = await service.find_people(PeopleQuery("opt-outs", *times, key))
        assert found.total == len({one.sid for one in found.people}) == count


async def test_an_opt_out_that_was_looked_up_is_noted_before_its_copy_goes(
    data: DataStore, store: WorkspaceStore
) -> None:
    service = report_service(data, store, NOW)
    changes = ChangeReportRepository(store.fairlead_db, store.mirror_db)
    noted = sid(1)
    for at, level in ((NOW - 3 * DAY, "none"), (NOW - DAY, "all"), (NOW, "all")):
        body = f'{{"sid": "{sid(1)}", "email": null, "optout": "{level}"}}'
        store.mirror_db.write(
            lambda c, row=(noted, body, at): c.execute(
                "INSERT OR REPLACE INTO cached_profile (sid, body, read_at) VALUES (?, ?, ?)", row
            )
        )
        assert len(await changes.list_cached_optouts()) == 1
        report = await service.count("opt-outs", service.parse_period(None, None))
    store.mirror_db.write(lambda c: c.execute("DELETE FROM cached_profile"))
    report = await service.count("opt-outs", service.parse_period(None, None))
    assert {one.key: sum(one.values) for one in report.series}["unknown"] == 1
    readings = await data.profile_reports.list_optout_readings()
    assert [reading.level for _before, reading in readings] == ["none", "all"]


async def test_health_and_value_stand_at_each_day_as_the_readings_say(
    data: DataStore, store: WorkspaceStore
) -> None:
    chance = random.Random(3)
    told: dict[str, list[tuple[float, str | None, int | None]]] = {}
    for step in range(12):
        at = NOW - (40 - 3 * step) * DAY
        page = []
        for number in range(40):
            if chance.random() < 0.4:
                health = chance.choice(("happy", "neutral", "frustrated", None))
                segment = chance.choice((1, 2, 3, 4, None))
                page.append(ProfileReading(sid(number), at, health, segment, None))
                told.setdefault(sid(number), []).append((at, health, segment))
        data.rollups.note_readings.blocking(page)
    erase_kept_people(data.data_db, data.history_db, [], [sid(number) for number in range(5)])
    for number in range(5):
        told.pop(sid(number), None)
    service = report_service(data, store, NOW)
    period = service.parse_period(None, None)

    def states_at(place: int, end: float) -> Counter[object]:
        found: Counter[object] = Counter()
        for readings in told.values():
            known = [one for one in readings if one[0] < end]
            was_set = any(one[place] is not None for one in known)
            if was_set:
                found[known[-1][place]] += 1
        return found

    for name, place in (("health", 1), ("value", 2)):
        report = await service.count(name, period)
        for number, bucket in enumerate(report.buckets):
            wanted = states_at(place, bucket.ends_at)
            found = {one.key.removeprefix("segment_"): one.values[number] for one in report.series}
            none = found.pop("not_set", 0)
            assert none == wanted.pop(None, 0)
            assert {k: n for k, n in found.items() if n} == {str(k): n for k, n in wanted.items()}
        assert report.total == sum(one.values[-1] for one in report.series) > 10
    assert_moves_are_those_of_the_readings(data)
    # Read anew, nobody counts twice.
    erase_source(data.data_db, data.history_db, DataSourceKind.SAILTHRU)
    data.rollups.note_readings.blocking([ProfileReading(sid(1), NOW, "happy", 2, None)])
    assert (await service.count("health", period)).total == 1


def assert_moves_are_those_of_the_readings(data: DataStore) -> None:
    """What the migration makes of the readings is what was kept beside them."""
    migration = next(sql for _, sql in load_migrations("history") if "state_move" in sql)
    fills = [one for one in migration.split(";") if "INSERT INTO state_move" in one]
    assert len(fills) == 2

    def moves(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
        return [tuple(row) for row in connection.execute("SELECT * FROM state_move")]

    def fill(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
        connection.execute("DELETE FROM state_move")
        for one in fills:
            connection.execute(one)
        return moves(connection)

    kept = data.history_db.read(moves)
    assert len(kept) > 10
    assert data.history_db.write(fill) == kept


async def test_reports_of_a_time_read_an_index_and_no_ticket(data: DataStore) -> None:
    reports = data.ticket_reports
    for measure in ("created", "closed"):
        asked = trace_plans(
            data.data_db, partial(reports.count_kept.blocking, measure, NOW - DAY, NOW)
        )
        assert f"USING INDEX ticket_by_{measure} ({measure}_at>? AND" in asked
    asked = trace_plans(data.data_db, partial(reports.count_kept_ratings.blocking, NOW - DAY, NOW))
    assert "USING INDEX rating_given (updated_at>? AND" in asked
    # Of all tickets with a phrase only those with the numbers of that time.
    asked = trace_plans(
        data.data_db, partial(reports.find_phrase_tickets.blocking, "late", NOW - DAY, NOW)
    )
    assert "SCAN s VIRTUAL TABLE INDEX 0:M4><" in asked


async def test_health_and_value_say_who_they_are_now_and_whom_tag_and_list_lack(
    data: DataStore, store: WorkspaceStore
) -> None:
    # By number: health, value and whether tagged; the last has no profile that was read.
    people = (
        ("frustrated", "4", True), ("frustrated", "3", True), ("happy", "4", False),
        ("neutral", "1", False), ("", "", True), ("frustrated", "4", False),
    )  # fmt: skip
    users = [
        user(n, tags=(TAG,) if is_tagged else ()) for n, (*_, is_tagged) in enumerate(people, 1)
    ]
    await read_all(data, FakeExport(users=[*users, user(7, tags=(TAG,))]))
    fields = ProfileFields("zendesk_health", default_value_source(CustomerType.ECOMMERCE, "USD"))
    for at, is_later in ((NOW - 2 * DAY, False), (NOW - DAY, True)):
        rows = [
            ExportedProfile(
                sid(n),
                hash_email(f"p{n}@people.example"),
                # The fourth has come up from frustrated, the first down from happy.
                vars={
                    "zendesk_health": health if is_later or n not in (1, 4) else
                    {1: "happy", 4: "frustrated"}[n],
                    "customer_value": value,
                },
            )
            for n, (health, value, _) in enumerate(people, 1)
        ]  # fmt: skip
        await data.profiles.save_profiles("A", rows, f"job {at}", fields, at)
    # The second is on the suppression list already.
    await data.profiles.save_profiles("Off", rows[1:2], "job off", fields, NOW - DAY)
    names = ValueHealthNames(4, TAG, "Off", "High value from 4")
    service = report_service(data, store, NOW, names=names)
    period = service.parse_period(None, None)
    audience = data.audience
    for name, wanted in (
        ("health", {"Frustrated now": {1, 2, 6}, "Neutral now": {4}, "Happy now": {3},
                    "not on the suppression list “Off”": {1, 6}}),
        ("value", {"would gain": {3, 6}, "would lose": {2}, "no value is known": {5, 7}}),
    ):  # fmt: skip
        report = await service.count(name, period)
        assert len(report.findings) == len(wanted)
        for (words, ids), finding in zip(wanted.items(), report.findings, strict=True):
            assert words in finding.text
            assert finding.text.startswith(f"{len(ids)} ")
            group = parse_expression(finding.target)
            found = await audience.list_ids(group, QueryMoment(NOW, UTC), AudienceOrder())
            assert set(found) == ids
        # What a category counts is whom Audience shows for it.
        for series in report.series:
            group = find_conditions(name, series.key)
            assert group is not None
            count = await audience.count(group, QueryMoment(NOW, UTC))
            assert count == series.values[-1] or series.key == "not_set"
    health = await service.count("health", period)
    assert "In these days 1 reading was better than the one before, and 1 worse." in health.notes
    assert "High value from 4." in (await service.count("value", period)).notes


async def test_runs_are_counted_by_sync_with_what_they_changed(
    data: DataStore, store: WorkspaceStore
) -> None:
    for n in range(3):
        run = store.runs.begin.blocking("a-sync", "manual", "Ada", NOW - n * DAY)
        store.runs.end.blocking(run.id, _DONE, NOW, {"updated": 10 + n, "parked": 1})
    run = store.runs.begin.blocking("b-sync", "manual", "Ada", NOW - DAY)
    store.runs.end.blocking(run.id, _FAILED, NOW, {})
    store.runs.begin.blocking("b-sync", "preview", "Ada", NOW - DAY)
    service = report_service(data, store, NOW)
    report = await service.count("runs", service.parse_period(None, None))
    rows = build_table(report, REPORTS["runs"]).rows
    assert [(row["sync"], row["count"], row["done"], row["updated"]) for row in rows] == [
        ("a-sync", 3, 3, 33), ("b-sync", 1, 0, 0),
    ]  # fmt: skip
    assert report.series[0].values[-3:] == (1, 1, 1)
    assert "33 records were created or updated." in report.notes


async def test_who_may_not_see_reports_or_agents_is_refused(
    data: DataStore, store: WorkspaceStore
) -> None:
    none = report_service(data, store, NOW, actor=AGENT)
    some = report_service(data, store, NOW, actor=AGENT, granted=[Permission.AUDIENCE])
    all_of_it = report_service(
        data, store, NOW, actor=AGENT, granted=[Permission.AUDIENCE, Permission.AGENT_REPORTS]
    )
    period = some.parse_period(None, None)
    for name, definition in REPORTS.items():
        with pytest.raises(NotPermitted):
            await none.count(name, period, phrases=("a",))
        if definition.names_agents:
            with pytest.raises(NotPermitted):
                await some.count(name, period, phrases=("a",))
        else:
            await some.count(name, period, phrases=("a",))
        await all_of_it.count(name, period, phrases=("a",))

    off = report_service(data, store, NOW, has_data=False)
    with pytest.raises(UserDecisionNeeded):
        await off.count("runs", period)


async def test_a_report_says_its_source_its_age_and_what_it_can_not_know(
    data: DataStore, store: WorkspaceStore
) -> None:
    service = report_service(data, store, NOW, zone="America/New_York")
    period = service.parse_period(None, None)
    report = await service.count("new-tickets", period)
    assert (report.read_at, report.since, report.total, report.before_total) == (None, None, 0, 0)
    assert any("The first reading of tickets is not at its end" in one for one in report.notes)
    assert report.reading == "reading"
    await data.sources.begin_reading("tickets", NOW, 500)
    assert (await service.count("new-tickets", period)).reading == "0 of 500 read"
    await read_all(data, busy_account(NOW))
    report = await service.count("new-tickets", period)
    assert report.reading == ""
    document = report_document(report, REPORTS["new-tickets"])
    assert report.read_at is not None
    assert (document["total"], document["before"]) == (report.total, report.before_total)
    first = min(recount_tickets(data, "created", "America/New_York"))[0]
    assert document["since"] == str(first)
    assert "1 Nov has 25 hours." in report.notes
    assert "20 Nov is not over yet." in report.notes
    rows = document["rows"]
    assert isinstance(rows, list)
    assert sum(row["count"] for row in rows) == report.total
    assert sum(row["before"] for row in rows) == report.before_total
    alone = await service.count("new-tickets", period, is_compared=False)
    assert (alone.before_total, describe_difference(alone, ("", ""))) == (None, "")
    assert "before" not in build_table(alone, REPORTS["new-tickets"]).columns


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (3, 1, "2 more than before (1)"),
        (1, 3, "2 fewer than before (3)"),
        (2, 2, "as many as before (2)"),
        (0, 0, "as many as before (0)"),
    ],
)
async def test_the_difference_to_the_period_before_is_said_in_words(
    data: DataStore, store: WorkspaceStore, now: int, before: int, words: str
) -> None:
    times = [NOW - DAY] * now + [NOW - 30 * DAY] * before
    tickets = [
        ticket(n, 1, created_at=at, updated_at=at, changed_at=at) for n, at in enumerate(times, 1)
    ]
    await read_all(data, FakeExport(users=[user(1)], tickets=tickets))
    service = report_service(data, store, NOW)
    report: Report = await service.count("new-tickets", service.parse_period(None, None))
    assert (describe_figure(report), describe_difference(report, ("", ""))) == (str(now), words)
    table = build_day_table(report)
    assert sum(int(str(row["all"])) for row in table.rows) == now
    assert table.rows[-1]["day"] == str(date(2026, 11, 19) + timedelta(days=1))

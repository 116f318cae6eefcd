"""Whom a rule acts on: from its switch on, once for each thing, and never for what rules wrote."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from desktop.audience.rule_people_source import RulePeopleSource
from desktop.model.audience_segment import SavedSegment
from desktop.model.customer_value import CustomerValueSource
from desktop.model.exported_profile import ExportedProfile
from desktop.model.lifecycle_stage import CapPeriod, FrequencyCap
from desktop.model.rule_trigger import PREVIEW_DAYS, PhrasePlace, RuleTrigger
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.store.audience_query import QueryMoment
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync import rule_reader
from desktop.sync.rule_reader import RuleReader, merge_marks
from desktop.sync.sync_context import SyncContext
from tests.support.clocks import ManualClock
from tests.support.data_cases import DAY, open_small_store, rating, ticket, user
from tests.support.fresh_store import open_fresh_store

HOUR = 3600.0
ARMED = 1_800_000_000.0
NOW = ARMED + DAY
HEALTH, VALUE = "vars.zendesk_health", "vars.customer_value"


@dataclass
class Desk:
    """A workspace with everybody's data, five people, and rules over them."""

    store: WorkspaceStore
    data: DataStore
    clock: ManualClock

    def be_at(self, now: float) -> None:
        """The clock shows so many Unix seconds."""
        self.clock.correct_wall_clock(now - self.clock.now())

    def save(self, *tickets: Any) -> None:
        self.data.tickets.save_tickets.blocking(tickets, "c", self.clock.now())

    def rule(self, trigger: RuleTrigger, name: str = "rule", **source: Any) -> Sync:
        sync = Sync(
            name,
            name,
            SyncSource(SourceKind.RULE, trigger=trigger, **source),
            effects=SyncEffects(add_to_lists=("Loyal",)),
            pressure=FrequencyCap(1, CapPeriod.DAY),
            on=True,
            armed_at=ARMED,
        )
        return self.store.syncs.save.blocking(sync, ARMED)

    def reader(self, rule: Sync) -> RuleReader:
        fields = ProfileFields("zendesk_health", CustomerValueSource("customer_value", (), {}))
        people = RulePeopleSource(
            cast(Any, None),
            lambda: self.data,
            self.store.segments,
            self.clock,
            lambda: QueryMoment(self.clock.now(), ZoneInfo("UTC")),
            lambda: fields,
            lambda _source: None,
            Path("unused.lock"),
        )
        context = SimpleNamespace(
            store=self.store, clock=self.clock, rule_source=people, zone="UTC"
        )
        return RuleReader(cast(SyncContext, context), rule)

    def found(self, rule: Sync) -> list[int]:
        """Whom a run of the rule looks at now."""
        return [int(record.id) for record in self.reader(rule).iter_records({})]

    def run(self, rule: Sync) -> list[int]:
        """Whom a run looks at, and then has acted on."""
        reader = self.reader(rule)
        mark = json.dumps(reader.current_watermarks())
        found = [int(record.id) for record in reader.iter_records({})]
        self.store.syncs.set_watermark.blocking(rule.name, mark)
        return found

    def read_profile(self, sid: str, at: float, health: str | None, value: int | None) -> None:
        """An export tells a profile's health and value, one of which may be another one now."""
        insert = (
            "INSERT INTO health_reading (sid, at, health) VALUES (?, ?, ?)",
            "INSERT INTO value_reading (sid, at, segment) VALUES (?, ?, ?)",
        )
        for sql, told in zip(insert, (health, value), strict=True):
            self.data.history_db.write(
                lambda c, sql=sql, told=told: c.execute(sql, (sid, at, told))
            )

    def note_write(self, rule: str, target: str, field: str, at: float) -> None:
        """A rule has written a field of a target."""
        self.store.fairlead_db.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO synced_value (sync, target, field, value, run, at, account)"
                " VALUES (?, ?, ?, '1', 1, ?, '')",
                (rule, target, field, at),
            )
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = open_fresh_store(tmp_path / "workspace")
    for data in open_small_store(tmp_path):
        data.people.save_users.blocking(
            [user(n, tags=("vip",) if n == 1 else ()) for n in range(1, 6)], "c", NOW
        )
        data.data_db.write(lambda c: c.execute("UPDATE person SET sid = 'sid' || id"))
        yield Desk(store, data, ManualClock(NOW))
    store.close()


def test_rule_acts_on_nothing_from_before_it_was_switched_on(desk: Desk) -> None:
    desk.save(
        ticket(1, 1, created_at=ARMED - HOUR, updated_at=NOW, changed_at=NOW),
        ticket(2, 2, created_at=ARMED + HOUR),
    )
    created = desk.rule(RuleTrigger.TICKET_CREATED)
    assert desk.found(created) == [2]
    # Negative control: armed before, the older ticket counts too.
    assert desk.found(replace(created, armed_at=ARMED - 2 * HOUR)) == [1, 2]


def test_rule_that_is_off_shows_who_matched_of_late(desk: Desk) -> None:
    old = NOW - (PREVIEW_DAYS + 1) * DAY
    desk.save(ticket(1, 1, created_at=old), ticket(2, 2, created_at=ARMED - HOUR), ticket(3, 3))
    off = replace(desk.rule(RuleTrigger.TICKET_CREATED), on=False, armed_at=0.0)
    assert desk.found(off) == [2]


def test_preview_reads_the_latest_people_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_reader, "PREVIEW_PEOPLE", 2)
    desk.save(*(ticket(n, n, created_at=NOW - n * HOUR) for n in range(1, 6)), ticket(9, 3))
    off = replace(desk.rule(RuleTrigger.TICKET_CREATED), on=False, armed_at=0.0)
    assert desk.found(off) == [2, 1]


def test_row_to_be_retried_is_looked_at_although_it_was_acted_on(desk: Desk) -> None:
    desk.save(*(ticket(n, n, created_at=NOW - n * HOUR) for n in (1, 2)))
    rule = desk.rule(RuleTrigger.TICKET_CREATED)
    assert desk.run(rule) == [2, 1]
    desk.store.fairlead_db.write(
        lambda c: c.execute("INSERT INTO retry_source (sync, source) VALUES ('rule', '2')")
    )
    assert desk.found(rule) == [2]
    # By hand for one alone; who had nothing happen has no record.
    reader = desk.reader(rule)
    assert [record.id for record in reader.iter_records({}, ("1", "5", "x"))] == ["1"]


@pytest.mark.parametrize(
    ("trigger", "values"),
    [
        (RuleTrigger.TICKET_SOLVED, {"status": "solved", "solved_at": ARMED + HOUR}),
        (RuleTrigger.TICKET_CLOSED, {"status": "closed", "solved_at": ARMED - HOUR}),
    ],
)
def test_rule_on_solved_or_closed_acts_once_for_each_ticket(
    desk: Desk, trigger: RuleTrigger, values: dict[str, Any]
) -> None:
    at = {"created_at": ARMED - DAY, "updated_at": ARMED + HOUR, "changed_at": ARMED + HOUR}
    desk.save(ticket(1, 1, **at, **values), ticket(2, 2, **at))
    rule = desk.rule(trigger)
    assert desk.run(rule) == [1]
    assert desk.run(rule) == []
    # Changed again without being solved or closed again.
    again = {**at, "updated_at": NOW, "changed_at": NOW}
    desk.save(ticket(1, 1, **{**again, **values}))
    assert desk.run(rule) == []


def test_rule_acts_on_what_was_read_late(desk: Desk) -> None:
    rule = desk.rule(RuleTrigger.TICKET_CREATED)
    desk.save(ticket(2, 2, created_at=NOW - HOUR))
    assert desk.run(rule) == [2]
    # Zendesk tells of an earlier one only now.
    desk.save(ticket(1, 1, created_at=NOW - 2 * HOUR))
    assert desk.run(rule) == [1]


def test_more_than_one_run_takes_is_left_for_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_reader, "MAX_EVENTS", 2)
    desk.save(*(ticket(n, n, created_at=ARMED + n * 60) for n in range(1, 6)))
    rule = desk.rule(RuleTrigger.TICKET_CREATED)
    runs = [desk.run(rule) for _ in range(6)]
    assert (runs[0], runs[-1]) == ([1, 2], [])
    assert [person for run in runs for person in run] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("phrase", "place", "people"),
    [
        ("travel insurance", PhrasePlace.TEXT, [1, 2]),
        ("travel insurance", PhrasePlace.SUBJECT, [1]),
        ("travel insurance", PhrasePlace.MESSAGE, [2]),
        ("insurance travel", PhrasePlace.TEXT, []),
        ("Insurance", PhrasePlace.TAG, [3]),
        ("insur", PhrasePlace.TAG, []),
        ("insur*", PhrasePlace.TEXT, [1, 2]),
        ("?!", PhrasePlace.TEXT, []),
    ],
)
def test_phrase_is_looked_for_in_its_place(
    desk: Desk, phrase: str, place: PhrasePlace, people: list[int]
) -> None:
    at = ARMED + HOUR
    desk.save(
        ticket(1, 1, created_at=at, subject="Travel insurance?"),
        ticket(2, 2, created_at=at, description="my travel-insurance, please"),
        ticket(3, 3, created_at=at, tags=("insurance",)),
    )
    rule = desk.rule(RuleTrigger.PHRASE, phrase=phrase, phrase_in=place)
    assert desk.found(rule) == people


def test_tag_that_a_rule_gave_is_no_phrase(desk: Desk) -> None:
    desk.save(*(ticket(n, n, created_at=NOW - HOUR, tags=("hot",)) for n in (1, 2)))
    rule = desk.rule(RuleTrigger.PHRASE, "reads", phrase="hot", phrase_in=PhrasePlace.TAG)
    desk.rule(RuleTrigger.BAD_RATING, "gives")
    desk.note_write("gives", "1", "tags.hot", ARMED)
    assert desk.found(rule) == [2]


def test_bad_rating_counts_when_it_is_given(desk: Desk) -> None:
    one, other, third = (ticket(n, n, status="solved") for n in (1, 2, 3))
    desk.save(one, other, third)
    ratings = [
        rating(10, one, "bad", updated_at=ARMED + HOUR),
        rating(11, other, "good", updated_at=ARMED + HOUR),
        rating(12, third, "bad", updated_at=ARMED - HOUR),
    ]
    desk.data.tickets.save_ratings.blocking(ratings, "c", NOW)
    rule = desk.rule(RuleTrigger.BAD_RATING)
    assert desk.run(rule) == [1]
    # A comment comes later.
    desk.data.tickets.save_ratings.blocking([replace(ratings[0], updated_at=NOW)], "c", NOW)
    assert desk.run(rule) == []


def test_health_and_value_count_as_changes_alone(desk: Desk) -> None:
    desk.read_profile("sid1", ARMED - DAY, "happy", 2)
    desk.read_profile("sid2", ARMED - DAY, "frustrated", 4)
    desk.read_profile("sid1", ARMED + HOUR, "frustrated", 2)
    desk.read_profile("sid2", ARMED + HOUR, "neutral", 3)
    # Never had one before, although profiles were read.
    desk.read_profile("sid3", ARMED + HOUR, "frustrated", None)
    assert desk.found(desk.rule(RuleTrigger.FRUSTRATED)) == [1, 3]
    assert desk.found(desk.rule(RuleTrigger.VALUE_CHANGED, "value")) == [2]


def test_first_reading_of_all_turns_nobody_frustrated(desk: Desk) -> None:
    desk.read_profile("sid1", ARMED + HOUR, "frustrated", 4)
    assert desk.found(desk.rule(RuleTrigger.FRUSTRATED)) == []


def test_first_reading_of_a_list_turns_nobody_frustrated(desk: Desk) -> None:
    """Named later, or read late after `data.db` was lost: what it tells may be years old."""
    desk.read_profile("sid9", ARMED - DAY, "happy", 1)
    desk.read_profile("sid1", ARMED - DAY, "happy", 1)
    rule = desk.rule(RuleTrigger.FRUSTRATED)
    sources = desk.data.sources
    for name, hour in (("list A", 1), ("list A", 4), ("list B", 7)):
        sources.begin_reading.blocking(name, ARMED + hour * HOUR)
        if name == "list A":
            sources.end_reading.blocking(name, ARMED + (hour + 1) * HOUR)
    desk.read_profile("sid2", ARMED + 1.5 * HOUR, "frustrated", 1)
    # A change between two readings is one, whichever list tells of it.
    desk.read_profile("sid1", ARMED + 1.5 * HOUR, "frustrated", 1)
    # By the second reading of the list: set since the first, which has not told of it.
    desk.read_profile("sid3", ARMED + 4.5 * HOUR, "frustrated", 1)
    # The first of another, which is not at its end.
    desk.read_profile("sid4", ARMED + 7.5 * HOUR, "frustrated", 1)
    assert desk.found(rule) == [1, 3]


def test_two_rules_that_feed_each_other_stop_after_the_first(desk: Desk) -> None:
    """Frustrated → value 4, and value changed → frustrated: each is the other's trigger."""
    on_health = desk.rule(RuleTrigger.FRUSTRATED, "on-health")
    on_value = desk.rule(RuleTrigger.VALUE_CHANGED, "on-value")
    for sid in ("sid1", "sid2"):
        desk.read_profile(sid, ARMED - DAY, "happy", 1)
    # A colleague sets the health of the first.
    desk.be_at(ARMED + HOUR)
    desk.read_profile("sid1", ARMED + HOUR, "frustrated", 1)
    assert desk.run(on_health) == [1]
    desk.note_write("on-health", "sid1", VALUE, ARMED + HOUR + 60)
    # The next export shows what the rule wrote.
    desk.be_at(ARMED + 2 * HOUR)
    desk.read_profile("sid1", ARMED + 2 * HOUR, "frustrated", 4)
    assert desk.run(on_value) == []
    # What a person changes afterwards counts again.
    desk.be_at(ARMED + 3 * HOUR)
    desk.read_profile("sid1", ARMED + 3 * HOUR, "happy", 2)
    assert desk.run(on_value) == [1]
    desk.note_write("on-value", "sid1", HEALTH, ARMED + 3 * HOUR + 60)
    desk.be_at(ARMED + 4 * HOUR)
    desk.read_profile("sid1", ARMED + 4 * HOUR, "frustrated", 2)
    assert desk.run(on_health) == []


def test_rule_of_a_segment_asks_it_when_it_runs(desk: Desk) -> None:
    desk.save(*(ticket(n, n, created_at=ARMED + HOUR) for n in (1, 2)))
    rule = desk.rule(RuleTrigger.TICKET_CREATED, segment="VIPs")
    desk.store.segments.save.blocking(SavedSegment("VIPs", "tag is vip", NOW, "Ada"))
    assert desk.found(rule) == [1]
    desk.store.segments.save.blocking(SavedSegment("VIPs", "tag is not vip", NOW, "Ada"))
    assert desk.found(rule) == [2]


def test_person_has_one_record_for_all_that_happened(desk: Desk) -> None:
    desk.save(*(ticket(n, 1, created_at=ARMED + n * HOUR) for n in (1, 2, 3)))
    (record,) = desk.reader(desk.rule(RuleTrigger.TICKET_CREATED)).iter_records({})
    assert record.fields["ticket_id"] == 3
    assert record.fields["ticket_subject"] == "Ticket 3"


def test_older_plan_that_is_applied_later_forgets_nothing() -> None:
    def mark(since: float, *keys: str) -> str:
        return json.dumps({"rule": json.dumps({"since": since, "seen": dict.fromkeys(keys, 1.0)})})

    merged = json.loads(json.loads(merge_marks(mark(20.0, "b"), mark(10.0, "a")))["rule"])
    assert (merged["since"], set(merged["seen"])) == (20.0, {"a", "b"})
    assert json.loads(json.loads(merge_marks("", mark(5.0, "a")))["rule"])["since"] == 5.0


def save_segment(desk: Desk, expression: str, name: str = "S") -> None:
    desk.store.segments.save.blocking(SavedSegment(name, expression, NOW, "Ada"))


def put(desk: Desk, person: int, sql: str) -> None:
    """Something that conditions ask about somebody is another one now."""
    desk.data.data_db.write(lambda c: c.execute(f"UPDATE person SET {sql} WHERE id = {person}"))  # noqa: S608


def test_who_comes_into_a_segment_is_acted_on_once_each_time(desk: Desk) -> None:
    save_segment(desk, "open_tickets >= 2")
    rule = desk.rule(RuleTrigger.ENTERED_SEGMENT, segment="S")
    put(desk, 1, "open_count = 2")
    # Whoever is in it at the first look was there before.
    assert desk.run(rule) == []
    put(desk, 2, "open_count = 5")
    put(desk, 3, "open_count = 2")
    desk.be_at(NOW + HOUR)
    assert desk.run(rule) == [2, 3]
    assert desk.run(rule) == []
    # Out and in again is another time; who has left meanwhile is nobody.
    put(desk, 2, "open_count = 0")
    put(desk, 4, "open_count = 3")
    desk.be_at(NOW + 2 * HOUR)
    put(desk, 4, "open_count = 0")
    assert desk.run(rule) == []
    put(desk, 2, "open_count = 2")
    desk.be_at(NOW + 3 * HOUR)
    assert desk.run(rule) == [2]
    # Other conditions bring nobody in, and a rule that was switched on later begins then.
    save_segment(desk, "open_tickets >= 0")
    desk.be_at(NOW + 4 * HOUR)
    assert desk.run(rule) == []
    put(desk, 5, "listed = 0")
    assert desk.run(rule) == []
    put(desk, 5, "listed = 1")
    desk.be_at(NOW + 5 * HOUR)
    late = replace(desk.rule(RuleTrigger.ENTERED_SEGMENT, "late", segment="S"), armed_at=NOW + DAY)
    assert desk.run(late) == []
    assert desk.run(rule) == [5]


@pytest.mark.parametrize("asks_list", [True, False])
def test_what_a_list_tells_late_brings_nobody_into_a_segment(desk: Desk, asks_list: bool) -> None:
    """`data.db` was lost, and Zendesk is read anew before the lists are."""
    save_segment(desk, "health is frustrated" if asks_list else "open_tickets >= 2")
    rule = desk.rule(RuleTrigger.ENTERED_SEGMENT, segment="S")
    column, value = ("health", "'frustrated'") if asks_list else ("open_count", "2")
    put(desk, 1, f"{column} = {value}")
    assert desk.run(rule) == []
    # Read anew: of nobody is anything known yet.
    sources = desk.data.sources
    sources.begin_reading.blocking("list Newsletter", NOW + HOUR)
    put(desk, 1, f"{column} = NULL" if asks_list else "open_count = 0")
    put(desk, 2, f"{column} = {value}")
    desk.be_at(NOW + 2 * HOUR)
    # What asks no list goes on meanwhile.
    assert desk.run(rule) == ([] if asks_list else [2])
    sources.end_reading.blocking("list Newsletter", NOW + 3 * HOUR)
    put(desk, 1, f"{column} = {value}")
    desk.be_at(NOW + 4 * HOUR)
    assert desk.run(rule) == ([] if asks_list else [1])
    # From then on it is news.
    put(desk, 3, f"{column} = {value}")
    desk.be_at(NOW + 5 * HOUR)
    assert desk.run(rule) == [3]


def test_list_that_is_not_there_keeps_nobody_out_of_a_segment(desk: Desk) -> None:
    save_segment(desk, "health is frustrated")
    rule = desk.rule(RuleTrigger.ENTERED_SEGMENT, segment="S")
    desk.data.sources.set_refused.blocking("list Gone", NOW, "There is no list “Gone”.")
    assert desk.run(rule) == []
    put(desk, 1, "health = 'frustrated'")
    desk.be_at(NOW + HOUR)
    assert desk.run(rule) == [1]


_ON_LIST = "INSERT INTO list_member (list_id, sid, reading) VALUES (1, 'sid' || ?, 'r')"
_TAGGED = "INSERT INTO person_tag (tag_id, person_id) VALUES (99, ?)"


@pytest.mark.parametrize(
    ("expression", "sql", "target", "field"),
    [
        ("health is frustrated", "UPDATE person SET health = 'frustrated' WHERE id = ?", "sid1",
         HEALTH),
        ("value >= 3", "UPDATE person SET value_segment = 4 WHERE id = ?", "sid1", VALUE),
        ("list is set", _ON_LIST, "sid1", "lists.Loyal"),
        ("list is Loyal", _ON_LIST, "sid1", "lists.Loyal"),
        ("tag is hot", _TAGGED, "1", "tags.hot"),
    ],
)  # fmt: skip
def test_rules_never_bring_somebody_into_each_others_segment(
    desk: Desk, expression: str, sql: str, target: str, field: str
) -> None:
    for table, row in (("mailing_list", "(1, 'Loyal')"), ("tag", "(99, 'hot')")):
        desk.data.data_db.write(
            lambda c, table=table, row=row: c.execute(f"INSERT INTO {table} VALUES {row}")  # noqa: S608
        )
    save_segment(desk, expression)
    one, other = (
        desk.rule(RuleTrigger.ENTERED_SEGMENT, name, segment="S") for name in ("one", "other")
    )
    assert desk.run(one) == desk.run(other) == []
    desk.data.data_db.write(lambda c: c.executemany(sql, [(1,), (2,)]))
    # Either has written what the segment looks at.
    desk.note_write("other", target, field, NOW + HOUR / 2)
    desk.be_at(NOW + HOUR)
    assert desk.run(one) == desk.run(other) == [2]


def test_who_is_known_to_sailthru_alone_sets_off_no_rule(desk: Desk) -> None:
    save_segment(desk, "external_id is alone")
    rule = desk.rule(RuleTrigger.ENTERED_SEGMENT, segment="S")
    assert desk.run(rule) == []
    alone = ExportedProfile("f" * 24, extid="alone")
    fields = ProfileFields("zendesk_health", CustomerValueSource("customer_value", (), {}))
    desk.data.profiles.save_profiles.blocking("A", [alone], "job", fields, NOW)
    people = desk.data.data_db.read(lambda c: c.execute("SELECT id FROM person").fetchall())
    assert sum(row[0] < 0 for row in people) == 1
    desk.be_at(NOW + HOUR)
    assert desk.run(rule) == []
    query = "SELECT count(*) FROM segment_presence WHERE person < 0"
    assert desk.data.history_db.read(lambda c: c.execute(query).fetchone()[0]) == 0
    put(desk, 1, "external_id = 'alone'")
    desk.be_at(NOW + 2 * HOUR)
    assert desk.run(rule) == [1]

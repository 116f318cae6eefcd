"""Increments: once per source event, and settled by what is seen (S2-31, 7.1)."""

from collections.abc import Sequence
from typing import Any

import pytest

from desktop.model.field_mapping import FieldProtection, MappingOperator, MappingRow
from desktop.model.instant import FieldValue, Instant
from desktop.model.sync_plan import FieldChange
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.diff import diff_record
from desktop.sync.pipeline.increments import (
    IncrementEffect,
    SettledIncrement,
    relevant_events,
    settle_increments,
    without_counted_events,
)
from tests.support import pipeline_cases as cases

SUM = MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM)
SPENT = MappingRow("spent", "vars.spent", MappingOperator.SUM)
SYNC = cases.users_sync(SUM)
RECORD = cases.user_record(ticket_count=2, ticket_ids=[1, 2])
DAY_S = 86_400.0
CONFIRM, DISCARD = IncrementEffect.CONFIRM, IncrementEffect.DISCARD
SUPERSEDE, FORGET = IncrementEffect.SUPERSEDE, IncrementEffect.FORGET


@pytest.mark.parametrize(
    ("row", "counted", "value", "events"),
    [
        pytest.param(SUM, set(), 2, ("ticket 1", "ticket 2"), id="S2-31 nothing counted yet"),
        pytest.param(SUM, {"ticket 1"}, 1, ("ticket 2",), id="S2-31 one is counted"),
        pytest.param(SUM, {"ticket 1", "ticket 2"}, 0, (), id="7.1 all counted: nothing is added"),
        pytest.param(
            SPENT, set(), 9, ("ticket 1", "ticket 2"), id="S2-31 another number: as it is"
        ),
        pytest.param(SPENT, {"ticket 1", "ticket 2"}, 0, (), id="7.1 another number, counted"),
        pytest.param(
            MappingRow("ticket_count", "vars.tickets"),
            {"ticket 1"},
            2,
            (),
            id="S2-28 set: as it is",
        ),
    ],
)
def test_only_new_events_are_added(
    row: MappingRow, counted: set[str], value: int, events: tuple[str, ...]
) -> None:
    record = RECORD.with_values({"spent": 9})
    known = cases.context(cases.users_sync(row), counted_events=frozenset(counted))
    shaped, fresh = without_counted_events(record, known)
    assert (shaped.fields[row.source], fresh) == (value, events)


def test_record_without_tickets_is_one_event() -> None:
    """7.1: the record as it is now; changed, it is another event."""
    record = cases.user_record(spent=9)
    known = cases.context(cases.users_sync(SPENT))
    assert without_counted_events(record, known)[1] == (f"7 {record.updated_at}",)


@pytest.mark.parametrize(
    ("mapping", "superseded", "events"),
    [
        pytest.param((SUM,), (), ("ticket 1", "ticket 2"), id="S2-31 its own events"),
        pytest.param(
            (SUM,),
            (cases.increment(events=("ticket 0",)),),
            ("ticket 1", "ticket 2", "ticket 0"),
            id="S2-31 and those of what is watched",
        ),
        pytest.param((), (), (), id="S2-31 no increments: none"),
    ],
)
def test_relevant_events(
    mapping: tuple[MappingRow, ...],
    superseded: tuple[UnconfirmedIncrement, ...],
    events: tuple[str, ...],
) -> None:
    known = cases.context(cases.users_sync(*mapping), superseded={"7": superseded})
    assert relevant_events([RECORD], known) == events


@pytest.mark.parametrize(
    ("row", "there", "spent", "expected"),
    [
        pytest.param(SPENT, 2, 1, (2, 4, True), id="S2-31 over what was confirmed"),
        pytest.param(SPENT, 2, 0, (2, 3, True), id="S2-31 nothing new: as it was confirmed"),
        pytest.param(SPENT, Instant(0.0), 1, (None, 4, True), id="S2-31 no number stands there"),
        pytest.param(SPENT, 2, None, (2, 3, True), id="S2-31 the source tells no number"),
        pytest.param(
            MappingRow(
                "spent", "vars.spent", MappingOperator.SUM, protection=FieldProtection.NEVER
            ),
            2,
            1,
            (2, 4, False),
            id="S1-11 protected",
        ),
    ],
)
def test_late_older_total_is_rebuilt(
    row: MappingRow, there: Any, spent: FieldValue, expected: tuple[object, object, bool]
) -> None:
    fields = {} if spent is None else {"spent": spent}
    known = cases.context(cases.users_sync(row), confirmed_totals={"7": {"vars.spent": 3}})
    (change,) = diff_record(cases.user_record(**fields), cases.profile(vars_spent=there), known)
    assert (change.old, change.new, change.applies) == expected
    # What a rollback goes back to is the confirmed total.
    assert change.known == (3 if change.applies else None)


def _settle(
    target: TargetRecord | None,
    unconfirmed: UnconfirmedIncrement | None = None,
    superseded: Sequence[UnconfirmedIncrement] = (),
    **known: Any,
) -> tuple[PlanContext, list[tuple[IncrementEffect, UnconfirmedIncrement]]]:
    matched = [(RECORD, target)] if target is not None else []
    before = cases.context(
        SYNC,
        *matched,
        unconfirmed={"7": unconfirmed} if unconfirmed else {},
        superseded={"7": tuple(superseded)} if superseded else {},
        **known,
    )
    after, settled = settle_increments([RECORD, cases.user_record("8")], before)
    return after, [(one.effect, one.increment) for one in settled]


SEEN, NOT_SEEN, FOREIGN = (cases.profile(vars_tickets=n) for n in (2, 1, 50))
NEWEST = cases.increment()
IN_JOB = cases.increment(job_id="j")
OLD = cases.increment(age_s=1000.0)
ASKED = cases.increment(is_resend_requested=True)
OVER_IN_JOB = cases.increment(job_id="done", age_s=1.0)


@pytest.mark.parametrize(
    ("increment", "target", "effects", "hold"),
    [
        pytest.param(NEWEST, SEEN, [CONFIRM], None, id="7.1 seen: it counts"),
        pytest.param(NEWEST, NOT_SEEN, [], "", id="7.1 not seen, not over: waits"),
        pytest.param(IN_JOB, NOT_SEEN, [], "", id="7.1 its job runs: waits"),
        pytest.param(
            cases.increment(job_id="j", age_s=2 * DAY_S),
            NOT_SEEN,
            [],
            "a sum that may count already",
            id="7.1 its job runs for days: a person looks",
        ),
        pytest.param(OLD, NOT_SEEN, [SUPERSEDE], None, id="7.1 long ago: sent again, watched"),
        pytest.param(OVER_IN_JOB, NOT_SEEN, [DISCARD], None, id="7.1 its job is over: not done"),
        pytest.param(OLD, None, [SUPERSEDE], None, id="7.1 the target is gone"),
        pytest.param(
            OLD, FOREIGN, [], "a sum that may count already", id="7.1 neither: a person decides"
        ),
        pytest.param(ASKED, FOREIGN, [SUPERSEDE], None, id="7.1 a person goes on"),
        pytest.param(ASKED, NOT_SEEN, [SUPERSEDE], None, id="7.1 a person does not wait"),
    ],
)
def test_unconfirmed_increment_is_settled(
    increment: UnconfirmedIncrement,
    target: TargetRecord | None,
    effects: list[IncrementEffect],
    hold: str | None,
) -> None:
    after, settled = _settle(target, increment, running_jobs=frozenset({"j"}))
    assert settled == [(effect, increment) for effect in effects]
    found = after.holds.get("7")
    assert (found.cause if found else None) == hold


@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"read_errors": {"7": "no"}}, id="7.3 its target was not read"),
        pytest.param(
            {"known_sources": {"sid1": ("9",)}, "other_records": {"9": cases.user_record("9")}},
            id="S2-24 its target is another's",
        ),
    ],
)
def test_uncertain_target_settles_nothing(known: dict[str, Any]) -> None:
    after, settled = _settle(SEEN, OLD, **known)
    assert (settled, after.holds) == ([], {})


def test_ambiguous_target_settles_nothing() -> None:
    before = cases.context(SYNC, unconfirmed={"7": OLD})
    known = {"7": {SYNC.identity[0]: ("a", "b")}}
    assert (
        settle_increments([RECORD], cases.context(SYNC, unconfirmed={"7": OLD}, candidates=known))[
            1
        ]
        == ()
    )
    # Nobody there at all is certain.
    assert settle_increments([RECORD], before)[1] == (SettledIncrement(SUPERSEDE, OLD),)


@pytest.mark.parametrize(
    ("is_rollback", "words"),
    [
        pytest.param(False, "2 with it and 1 without, and is 50", id="S2-31 added"),
        pytest.param(
            True, "2 without what was undone and 1 with it, and is 50", id="6-19 taken back"
        ),
    ],
)
def test_hold_names_the_numbers(is_rollback: bool, words: str) -> None:
    after, _ = _settle(FOREIGN, cases.increment(age_s=1000.0, is_rollback=is_rollback))
    assert words in after.holds["7"].message


def test_confirmed_increment_counts_in_the_same_plan() -> None:
    after, _ = _settle(
        SEEN, NEWEST, accepted_values={"sid1": {"vars.tickets": 2}}, counted_events=frozenset()
    )
    assert after.counted_events == {"ticket 2"}
    assert after.synced_values["sid1"] == {"vars.tickets": 2}
    assert after.accepted_values["sid1"] == {}


def test_confirmed_rollback_counts_no_more() -> None:
    after, settled = _settle(
        SEEN, cases.increment(is_rollback=True), counted_events=frozenset({"ticket 2"})
    )
    assert after.counted_events == frozenset()
    assert [effect for effect, _ in settled] == [CONFIRM]


LAST = {"synced_values": {"sid1": {"vars.tickets": 3}}}
COUNTED = {"counted_events": frozenset({"ticket 2"})}


@pytest.mark.parametrize(
    ("increment", "target", "known", "effects", "totals"),
    [
        pytest.param(
            NEWEST,
            SEEN,
            LAST | COUNTED,
            [],
            {"vars.tickets": 3},
            id="S2-31 an older total came late",
        ),
        pytest.param(NEWEST, SEEN, LAST, [CONFIRM], {}, id="S2-31 it came before anything newer"),
        pytest.param(
            cases.increment(is_rollback=True),
            SEEN,
            LAST,
            [],
            {"vars.tickets": 3},
            id="6-19 a rollback came late",
        ),
        pytest.param(NEWEST, SEEN, COUNTED, [], {}, id="S2-31 nothing newer is known"),
        pytest.param(
            NEWEST,
            SEEN,
            COUNTED | {"accepted_values": {"sid1": {"vars.tickets": 2}}},
            [],
            {},
            id="S2-31 the newest total is the same",
        ),
        pytest.param(
            cases.increment(target_id="other"),
            SEEN,
            LAST | COUNTED,
            [],
            {},
            id="S2-24 another target",
        ),
        pytest.param(NEWEST, NOT_SEEN, LAST | COUNTED, [], {}, id="S2-31 not there: still watched"),
        pytest.param(NEWEST, None, {}, [], {}, id="S2-31 the target is gone: still watched"),
        pytest.param(
            cases.increment(age_s=2 * DAY_S),
            NOT_SEEN,
            LAST | COUNTED,
            [FORGET],
            {},
            id="S2-31 over",
        ),
        pytest.param(
            cases.increment(job_id="j"), NOT_SEEN, {}, [], {}, id="S2-31 its job may still run"
        ),
    ],
)
def test_superseded_increment_is_watched(
    increment: UnconfirmedIncrement,
    target: TargetRecord | None,
    known: dict[str, Any],
    effects: list[IncrementEffect],
    totals: dict[str, object],
) -> None:
    after, settled = _settle(target, superseded=[increment], running_jobs=frozenset({"j"}), **known)
    assert settled == [(effect, increment) for effect in effects]
    assert after.confirmed_totals.get("7", {}) == totals


def test_older_total_below_an_unconfirmed_one() -> None:
    """S2-31: the late total explains the number, so the newest increment is sent again."""
    newest = cases.increment(
        changes=(FieldChange("vars.tickets", 3, 4),), events=("ticket 4",), age_s=1000.0
    )
    after, settled = _settle(SEEN, newest, [NEWEST], **LAST, **COUNTED)
    assert settled == [(SUPERSEDE, newest)]
    assert after.confirmed_totals == {"7": {"vars.tickets": 3}}


def test_record_with_nothing_open_leaves_the_context_alone() -> None:
    before = cases.context(SYNC)
    assert settle_increments([RECORD], before) == (before, ())

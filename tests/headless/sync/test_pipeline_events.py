"""Ordered events of one target, and targets that are no profiles: what the coming kinds need.

A kind is a `TargetKind`; the pipeline has no branch for it. Tickets stand for every record that is
made once per event and found again by a stamp: a create sent twice would make two.
"""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.field_mapping import MappingOperator, MappingRow, SourceType
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync import SyncEffects
from desktop.model.sync_plan import RETRY_LATER, FieldChange, PlannedOutcome, PlanRow
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import TAG_PREFIX, TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.increments import IncrementEffect, settle_increments
from desktop.sync.pipeline.membership import SourceChunk
from desktop.sync.pipeline.plan_rows import plan_record, plan_rows
from desktop.sync.pipeline.target_kind import CreateProblem, SailthruProfileKind, TargetKind
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

CREATE, UPDATE = PlannedOutcome.CREATE, PlannedOutcome.UPDATE
UNCHANGED, SKIPPED = PlannedOutcome.UNCHANGED, PlannedOutcome.SKIPPED
CREATES = SyncEffects(create_missing=True)
STATUS = MappingRow("status", "status")
COUNT = MappingRow("count", "vars.count", MappingOperator.SUM)


class EventProfileKind(SailthruProfileKind):
    """Profiles that events act on, one after the other."""

    holds_several_records = True


class TicketKind(TargetKind):
    """Tickets: made once per event, tagged, and deleted where their event is."""

    service = Service.ZENDESK
    membership_prefix = TAG_PREFIX
    is_create_idempotent = False

    def convert(self, value: FieldValue, row: MappingRow) -> Json:
        del row
        return str(value)

    def find_create_problem(self, record: SourceRecord) -> CreateProblem | None:
        return None if record.fields.get("status") else CreateProblem("an event without a status")

    def deletion_change(
        self, target: TargetRecord, effects: SyncEffects, source: Service
    ) -> FieldChange | None:
        del effects, source
        return FieldChange("exists", bool(target.get_value("exists")), False)


def _event(id_: str, **fields: Any) -> SourceRecord:
    return replace(cases.user_record("7", **fields), id=id_, updated_at=None)


def _events_context(
    *events: SourceRecord, target: TargetRecord | None, **known: Any
) -> PlanContext:
    sync = cases.users_sync(MappingRow("tier", "vars.tier"), COUNT, effects=CREATES)
    matched = [(event, target) for event in events] if target is not None else []
    return cases.context(sync, *matched, target_kind=EventProfileKind(cases.ZONE), **known)


def _values(rows: list[PlanRow], field: str) -> list[tuple[Json, Json]]:
    return [(c.old, c.new) for row in rows for c in row.changes_to_send if c.field == field]


def test_events_of_one_target_follow_each_other() -> None:
    """S2-31, S4: each is planned on what the one before leaves, and none is parked."""
    events = [_event("e1", tier="tin", count=1), _event("e2", tier="gold", count=2)]
    known = _events_context(*events, target=cases.profile(vars_count=5, vars_tier="iron"))
    rows = plan_rows(SourceChunk(events), known, 1)
    assert [row.fate for row in rows] == [UPDATE, UPDATE]
    assert _values(rows, "vars.tier") == [("iron", "tin"), ("tin", "gold")]
    assert _values(rows, "vars.count") == [(5, 6), (6, 8)]


def test_event_that_changes_nothing_leaves_the_next_alone() -> None:
    events = [_event("e1", tier="tin", count=0), _event("e2", tier="gold", count=0)]
    known = _events_context(*events, target=cases.profile(vars_tier="tin"))
    rows = plan_rows(SourceChunk(events), known, 1)
    assert [row.fate for row in rows] == [UNCHANGED, UPDATE]
    assert _values(rows, "vars.tier") == [("tin", "gold")]


@pytest.mark.parametrize(
    ("counted", "sums"),
    [
        pytest.param(set(), [(5, 6), (6, 8)], id="7.1 both are new"),
        pytest.param({"e1 None"}, [(5, 7)], id="7.1 the first was counted"),
        pytest.param({"e1 None", "e2 None"}, [], id="7.1 delivered twice"),
    ],
)
def test_events_are_counted_once(counted: set[str], sums: list[tuple[int, int]]) -> None:
    events = [_event("e1", count=1), _event("e2", count=2)]
    known = _events_context(
        *events, target=cases.profile(vars_count=5), counted_events=frozenset(counted)
    )
    assert _values(plan_rows(SourceChunk(events), known, 1), "vars.count") == sums


def test_same_event_twice_in_a_chunk_counts_once() -> None:
    event = _event("e1", count=1)
    known = _events_context(event, target=cases.profile(vars_count=5))
    rows = plan_rows(SourceChunk([event, event]), known, 1)
    assert _values(rows, "vars.count") == [(5, 6)]


def test_event_of_a_target_that_is_created_waits() -> None:
    """7.1: two creates of one profile would race; the next plan finds it."""
    events = [_event("e1", tier="tin"), _event("e2", tier="gold")]
    rows = plan_rows(SourceChunk(events), _events_context(target=None), 1)
    assert [(row.fate, row.cause) for row in rows] == [(CREATE, ""), (SKIPPED, RETRY_LATER)]


def test_event_of_another_records_target_is_no_duplicate() -> None:
    known = _events_context(
        event := _event("e2", tier="gold"),
        target=cases.profile(),
        known_sources={"sid1": ("e1",)},
        other_records={"e1": _event("e1")},
    )
    assert plan_record(event, known).fate is UPDATE


# Tickets.


def _ticket(**fields: Json) -> TargetRecord:
    return TargetRecord(Service.ZENDESK, "35", "#35", "", fields)


def _tickets_context(target: TargetRecord | None = None, **known: Any) -> PlanContext:
    effects = SyncEffects(create_missing=True, add_tags=("order",))
    sync = cases.users_sync(STATUS, effects=effects)
    matched = [(EVENT, target)] if target is not None else []
    return cases.context(sync, *matched, target_kind=TicketKind(), **known)


EVENT = _event("e1", status="open")
OPEN = _ticket(status="open", **{"tags.order": True})


@pytest.mark.parametrize(
    ("record", "target", "known", "outcome", "why"),
    [
        pytest.param(EVENT, None, {}, CREATE, "", id="S4-02 an event makes a ticket"),
        pytest.param(
            EVENT,
            None,
            {"counted_events": frozenset({"e1 None"})},
            UNCHANGED,
            "created already",
            id="7.1 delivered again: not made twice",
        ),
        pytest.param(EVENT, OPEN, {}, UNCHANGED, "", id="7.1 found by its stamp: not made twice"),
        pytest.param(EVENT, _ticket(status="solved"), {}, UPDATE, "", id="S4-02 another status"),
        pytest.param(
            _event("e1"), None, {}, SKIPPED, "an event without a status", id="S4-02 no status"
        ),
    ],
)
def test_ticket_of_an_event(
    record: SourceRecord,
    target: TargetRecord | None,
    known: dict[str, Any],
    outcome: PlannedOutcome,
    why: str,
) -> None:
    row = plan_record(record, _tickets_context(target, **known))
    assert (row.fate, row.why) == (outcome, why)
    assert row.events == (("e1 None",) if outcome in (CREATE, UPDATE) else ())


def test_ticket_and_membership_are_one_row() -> None:
    row = plan_record(EVENT, _tickets_context())
    assert [(c.field, c.new) for c in row.changes] == [("status", "open"), ("tags.order", True)]


def test_deleted_event_deletes_its_ticket() -> None:
    gone = _event("e1", status="open", active=False)
    known = _tickets_context(_ticket(exists=True, status="open"))
    row = plan_record(gone, known, is_leaving=True)
    assert row.fate is UPDATE
    assert row.changes_to_send == (FieldChange("exists", True, False),)


@pytest.mark.parametrize(
    ("target", "age_s", "effects", "outcome"),
    [
        pytest.param(OPEN, 10.0, [IncrementEffect.CONFIRM], UNCHANGED, id="7.1 it was made"),
        pytest.param(None, 10.0, [], SKIPPED, id="7.1 nobody answered yet: waits"),
        pytest.param(
            None, 5000.0, [IncrementEffect.SUPERSEDE], CREATE, id="7.1 looked for, and not there"
        ),
    ],
)
def test_unanswered_create_is_looked_for_first(
    target: TargetRecord | None,
    age_s: float,
    effects: list[IncrementEffect],
    outcome: PlannedOutcome,
) -> None:
    sent = UnconfirmedIncrement(
        "e1", "", 1, "", cases.NOW - age_s, (FieldChange("status", None, "open"),), ("e1 None",),
        is_rollback=False,
    )  # fmt: skip
    before = _tickets_context(target, unconfirmed={"e1": sent})
    after, settled = settle_increments([EVENT], before)
    assert [one.effect for one in settled] == effects
    assert plan_record(EVENT, after).fate is outcome


def test_increment_of_decimals_rounds_only_what_is_written() -> None:
    """0.4 added ten times is 4, in one plan and over ten of them."""
    events = [_event(f"e{n}", count=0.4) for n in range(10)]
    rows = plan_rows(
        SourceChunk(events), _events_context(*events, target=cases.profile(vars_count=0)), 1
    )
    assert [new for _, new in _values(rows, "vars.count")] == [0, 1, 1, 2, 2, 2, 3, 3, 4, 4]
    there, remembered = cases.profile(vars_count=0), dict[str, Json]()
    for event in events:
        known = _events_context(event, target=there, synced_values={"sid1": remembered})
        (change,) = plan_record(event, known).changes_to_send
        there, remembered = cases.profile(vars_count=change.new), {"vars.count": change.total}
    assert there.get_value("vars.count") == 4


def test_increment_goes_on_from_a_number_that_somebody_changed() -> None:
    event = _event("e1", count=0.4)
    known = _events_context(
        event, target=cases.profile(vars_count=7), synced_values={"sid1": {"vars.count": 0.4}}
    )
    (change,) = plan_record(event, known).changes_to_send
    assert (change.old, change.new, change.total) == (7, 7, 7.4)


@pytest.mark.parametrize(("counted", "total"), [((), 4), (("ticket 1",), 3.6), (range(10), None)])
def test_fixed_amount_is_added_once_per_new_ticket(counted: Any, total: float | None) -> None:
    row = MappingRow("0.4", "vars.score", MappingOperator.SUM, SourceType.TEXT, keep_decimals=True)
    record = cases.user_record("7", ticket_ids=list(range(10)), ticket_count=10)
    known = cases.context(
        cases.users_sync(row),
        (record, cases.profile()),
        counted_events=frozenset(f"ticket {n}" if isinstance(n, int) else n for n in counted),
    )
    sent = [change.new for change in plan_record(record, known).changes_to_send]
    assert sent == ([] if total is None else [total])

"""The pipeline as a whole: every record has one row with one outcome (S2-33, S2-62, 7.4)."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingOperator, MappingRow
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import FieldChange, PlannedOutcome
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.membership import SourceChunk
from desktop.sync.pipeline.plan_rows import finish_row, plan_record, plan_rows, with_mail_state
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases
from tests.support import sync_cases

TIER = MappingRow("tier", "vars.tier")
ASK = MappingRow("tier", "vars.tier", prefer=ConflictPreference.ASK)
CREATES = SyncEffects(create_missing=True)
JOINS = SyncEffects(create_missing=True, add_to_lists=("A",))
NEWS = ConsentPurpose("News", FieldCondition("news", ConditionOperator.IS, True))
ATTESTED = sync_cases.ATTESTED
GOLD = cases.user_record(tier="gold")
UPDATE, CREATE, UNCHANGED = PlannedOutcome.UPDATE, PlannedOutcome.CREATE, PlannedOutcome.UNCHANGED
SKIPPED, CORRECTION = PlannedOutcome.SKIPPED, PlannedOutcome.CORRECTION


@pytest.mark.parametrize(
    ("sync", "record", "target", "outcome", "why"),
    [
        pytest.param(cases.users_sync(TIER), GOLD, cases.profile(), UPDATE, "", id="7.4 updated"),
        pytest.param(
            cases.users_sync(TIER), GOLD, cases.profile(vars_tier="gold"), UNCHANGED, "",
            id="7.4 unchanged",
        ),
        pytest.param(
            cases.users_sync(MappingRow("tier", "vars.tier", MappingOperator.SET_IF_EMPTY)),
            GOLD,
            cases.profile(vars_tier="tin"),
            UNCHANGED,
            "kept “tin” (fills only if empty)",
            id="S2-29 kept: the row says why",
        ),
        pytest.param(
            cases.users_sync(TIER, effects=CREATES), GOLD, None, CREATE, "", id="S2-51 created"
        ),
        pytest.param(
            cases.users_sync(TIER), GOLD, None, SKIPPED,
            "not in Sailthru, and this sync creates nobody", id="S2-34 skipped",
        ),
        pytest.param(
            cases.users_sync(MappingRow("tier", "optout")), GOLD, cases.profile(), CORRECTION,
            "“gold” is no opt-out level that is set. Levels are none, basic and all.",
            id="S2-49 to correct",
        ),
        pytest.param(
            cases.users_sync(ASK), GOLD, cases.profile(vars_tier="tin"), PlannedOutcome.CONFLICT,
            "changed on both sides: pick one", id="6-6 a conflict",
        ),
        pytest.param(
            cases.users_sync(TIER, purposes=(NEWS,)), GOLD, cases.profile(), SKIPPED, None,
            id="S2-62 no consent",
        ),
        pytest.param(
            cases.users_sync(TIER, purposes=(NEWS,)), GOLD.with_values({"news": True}),
            cases.profile(), UPDATE, "", id="S2-62 consent to one purpose",
        ),
    ],
)  # fmt: skip
def test_every_record_has_one_outcome(
    sync: Sync,
    record: SourceRecord,
    target: TargetRecord | None,
    outcome: PlannedOutcome,
    why: str | None,
) -> None:
    row = plan_record(record, cases.context(sync, *([(record, target)] if target else [])))
    assert row.fate is outcome
    assert row.ticked is (outcome in (UPDATE, CREATE, UNCHANGED))
    assert bool(row.why) if why is None else row.why == why


@pytest.mark.parametrize(
    ("sync", "outcome", "evidence"),
    [
        pytest.param(
            cases.users_sync(effects=CREATES),
            CREATE,
            "none needed: on no list",
            id="S2-62 on no list",
        ),
        pytest.param(
            cases.users_sync(effects=JOINS), SKIPPED, "", id="S2-62 joins a list without consent"
        ),
        pytest.param(
            cases.users_sync(effects=JOINS, opt_in=ATTESTED),
            CREATE,
            "attested by Ada",
            id="S1-08 attested",
        ),
        pytest.param(
            cases.users_sync(effects=JOINS, opt_in=replace(ATTESTED, email=False)),
            SKIPPED,
            "",
            id="S1-08 attested for text messages alone",
        ),
    ],
)
def test_new_profile_joins_lists_with_consent_only(
    sync: Sync, outcome: PlannedOutcome, evidence: str
) -> None:
    row = plan_record(GOLD, cases.context(sync))
    assert (row.fate, row.evidence) == (outcome, evidence)
    assert row.fate is not SKIPPED or "consent" in row.why


def test_existing_profile_joins_lists_without_attested_consent() -> None:
    row = plan_record(GOLD, cases.context(cases.users_sync(effects=JOINS), (GOLD, cases.profile())))
    assert row.fate is UPDATE


def test_consent_evidence_of_a_purpose_is_kept() -> None:
    sync = cases.users_sync(effects=JOINS, purposes=(NEWS,))
    row = plan_record(GOLD.with_values({"news": True}), cases.context(sync))
    assert row.evidence == "consent: news is yes"


def test_row_tells_who_it_is_about() -> None:
    record = cases.user_record(email="", tier="gold", **{"value.amount": 12.5})
    target = replace(cases.profile(), updated_at=5.0)
    row = plan_record(record, cases.context(cases.users_sync(TIER), (record, target)))
    assert (row.label, row.target_id, row.target_at, row.worth) == (
        cases.ADDRESS,
        "sid1",
        5.0,
        12.5,
    )
    alone = plan_record(record, cases.context(cases.users_sync(TIER)))
    assert (alone.label, alone.target_at) == ("7", None)


def test_increment_row_carries_its_events() -> None:
    """S2-31: what is written counts once it is seen."""
    sync = cases.users_sync(MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM))
    record = cases.user_record(ticket_count=1, ticket_ids=[1])
    known = cases.context(sync, (record, cases.profile()))
    assert plan_record(record, known).events == ("ticket 1",)
    counted = replace(known, counted_events=frozenset({"ticket 1"}))
    row = plan_record(record, counted)
    assert (row.fate, row.events) == (UNCHANGED, ())


@pytest.mark.parametrize(
    ("chunk", "known", "expected"),
    [
        pytest.param(SourceChunk(inside=[GOLD]), {}, [(4, "7", UPDATE)], id="7.4 inside"),
        pytest.param(SourceChunk(outside=[GOLD]), {}, [], id="7.4 outside: no row"),
        pytest.param(
            SourceChunk(outside=[GOLD]),
            {"retry_sources": frozenset({"7"})},
            [(4, "7", SKIPPED)],
            id="6-14 outside, waited for another try",
        ),
        pytest.param(
            SourceChunk(outside=[GOLD]),
            {"retry_sources": frozenset({"7"}), "members": frozenset({"7"})},
            [(4, "7", UPDATE)],
            id="S2-53 leaving: one row alone",
        ),
        pytest.param(SourceChunk(unclear=[GOLD]), {}, [(4, "7", SKIPPED)], id="7.3 not known"),
        pytest.param(
            SourceChunk([GOLD], unclear=[cases.user_record("8")]),
            {},
            [(4, "8", SKIPPED), (5, "7", UPDATE)],
            id="7.4 numbers follow on",
        ),
    ],
)
def test_rows_of_a_chunk(
    chunk: SourceChunk, known: dict[str, Any], expected: list[tuple[int, str, PlannedOutcome]]
) -> None:
    sync = cases.users_sync(TIER, effects=SyncEffects(add_to_lists=("A",), remove_when_gone=True))
    target = cases.profile(lists_A=True)
    rows = plan_rows(chunk, cases.context(sync, (GOLD, target), **known), 4)
    assert [(row.row, row.source_id, row.fate) for row in rows] == expected


def test_leaving_record_needs_no_consent() -> None:
    """S2-53, S2-62: what a sync gave is taken back from whoever withdraws."""
    sync = cases.users_sync(
        purposes=(NEWS,), effects=SyncEffects(add_to_lists=("A",), remove_when_gone=True)
    )
    known = cases.context(sync, (GOLD, cases.profile(lists_A=True)))
    assert plan_record(GOLD, known, is_leaving=True).fate is UPDATE


@pytest.mark.parametrize(
    ("changes", "target", "expected"),
    [
        pytest.param((), cases.profile(optout="none"), ("none", False), id="S2-49 on no list"),
        pytest.param((), cases.profile(), ("", False), id="S2-49 level not read"),
        pytest.param(
            (), cases.profile(lists_B=True, optout="all"), ("all", True), id="S2-49 on one"
        ),
        pytest.param(
            (FieldChange("lists.B", True, False),),
            cases.profile(lists_B=True, lists_C=False, optout="none"),
            ("none", False),
            id="S2-53 on those alone that the row changes",
        ),
        pytest.param((), cases.user(), ("none", False), id="S2-49 a user has none"),
        pytest.param((), None, ("none", False), id="S2-49 nobody yet"),
    ],
)
def test_mail_state_of_a_row(
    changes: tuple[FieldChange, ...], target: TargetRecord | None, expected: tuple[str, bool]
) -> None:
    row = with_mail_state(cases.row(*changes), target)
    assert (row.optout, row.on_other_lists) == expected


def test_row_with_everything_left_out_changes_nothing() -> None:
    """6-2: exactly what is ticked is applied."""
    change = FieldChange("vars.a", 1, 2, ticked=False)
    row = finish_row(cases.row(change), cases.profile(), cases.context(cases.users_sync()))
    assert (row.fate, row.consequences) == (UNCHANGED, ())

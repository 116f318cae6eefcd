"""Who is always left out: nothing is written of them, but a stricter opt-out is not held back."""

from typing import Any

import pytest

from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingRow
from desktop.model.sync import Sync, SyncEffects
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.sync_state import LeftOutPerson
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.left_out import LEFT_OUT_CAUSE, leave_out
from desktop.sync.pipeline.membership import SourceChunk
from desktop.sync.pipeline.plan_rows import plan_record, plan_rows
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

TIER = MappingRow("tier", "vars.tier")
ASK = MappingRow("tier", "vars.tier", prefer=ConflictPreference.ASK)
LEVEL = MappingRow("level", "optout")
JOINS = SyncEffects(create_missing=True, add_to_lists=("A",), remove_when_gone=True)
NEWS = ConsentPurpose("News", FieldCondition("news", ConditionOperator.IS, True))
UPDATE, SKIPPED = PlannedOutcome.UPDATE, PlannedOutcome.SKIPPED
MARIA = LeftOutPerson("7", "sid1", "maria@example.com", "asked us to", "Ada", cases.NOW)
BY_SOURCE: dict[str, Any] = {"left_out": {"7": MARIA}}
BY_TARGET: dict[str, Any] = {"left_out_targets": {"sid1": MARIA}}


def planned(
    sync: Sync, record: SourceRecord, target: TargetRecord | None, known: dict[str, Any]
) -> PlanRow:
    matched = [(record, target)] if target is not None else []
    return plan_record(record, cases.context(sync, *matched, **known))


@pytest.mark.parametrize("known", [BY_SOURCE, BY_TARGET], ids=["by source", "by target"])
def test_left_out_person_is_skipped_with_reason(known: dict[str, Any]) -> None:
    row = planned(cases.users_sync(TIER), cases.user_record(tier="gold"), cases.profile(), known)
    assert (row.fate, row.why) == (SKIPPED, "always left out: asked us to")
    assert (row.cause, row.ticked, row.changes) == (LEFT_OUT_CAUSE, False, ())


def test_left_out_by_target_is_left_out_under_another_source_id() -> None:
    """The same person: Zendesk has merged their user into another."""
    merged = cases.user_record("8", tier="gold")
    row = planned(cases.users_sync(TIER), merged, cases.profile(), BY_TARGET)
    assert row.fate is SKIPPED
    somebody = planned(cases.users_sync(TIER), merged, cases.profile("sid2"), BY_TARGET)
    assert somebody.fate is UPDATE


def test_left_out_person_is_not_created() -> None:
    sync = cases.users_sync(TIER, effects=SyncEffects(create_missing=True))
    assert planned(sync, cases.user_record(), None, BY_SOURCE).fate is SKIPPED


def test_left_out_person_who_leaves_stays_on_the_list() -> None:
    record, target = cases.user_record(), cases.profile(lists_A=True)
    known = {**BY_SOURCE, "members": frozenset({"7"})}
    context = cases.context(cases.users_sync(effects=JOINS), (record, target), **known)
    (row,) = plan_rows(SourceChunk(outside=[record]), context, 1)
    assert (row.fate, row.changes) == (SKIPPED, ())


@pytest.mark.parametrize(
    ("old", "new", "fate"),
    [
        ("none", "basic", UPDATE),
        ("none", "all", UPDATE),
        ("basic", "all", UPDATE),
        # Not read: only the strictest is stricter for certain.
        (None, "all", UPDATE),
        (None, "basic", SKIPPED),
        ("basic", "none", SKIPPED),
        ("all", "basic", SKIPPED),
        ("basic", "basic", SKIPPED),
    ],
)
def test_left_out_person_gets_a_stricter_opt_out_and_nothing_else(
    old: str | None, new: str, fate: PlannedOutcome
) -> None:
    sync = cases.users_sync(TIER, LEVEL, effects=JOINS, purposes=(NEWS,))
    record = cases.user_record(tier="gold", level=new)
    target = cases.profile(**({"optout": old} if old is not None else {}))
    row = planned(sync, record, target, BY_SOURCE)
    assert row.fate is fate
    fields = [change.field for change in row.changes_to_send]
    assert fields == (["optout"] if fate is UPDATE else [])
    assert row.ticked is (fate is UPDATE)


@pytest.mark.parametrize(
    "mapping",
    [
        pytest.param(ASK, id="a conflict"),
        pytest.param(MappingRow("tier", "email"), id="a value that cannot be written"),
    ],
)
def test_left_out_persons_other_fields_hold_no_opt_out_back(mapping: MappingRow) -> None:
    sync = cases.users_sync(mapping, LEVEL)
    record = cases.user_record(tier="gold", level="all")
    row = planned(sync, record, cases.profile(vars_tier="tin", optout="none"), BY_SOURCE)
    assert row.fate is UPDATE
    assert [change.field for change in row.changes] == ["optout"]


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        pytest.param(
            PlanRow(1, UPDATE, "7", "sid1", "m", changes=(FieldChange("vars.tier", 1, 2),)), None,
            id="nothing stricter",
        ),
        pytest.param(
            PlanRow(
                1, UPDATE, "7", "sid1", "m",
                changes=(FieldChange("vars.tier", 1, 2), FieldChange("optout", "none", "all")),
            ),
            ["optout"],
            id="a stricter level stays",
        ),
        pytest.param(
            PlanRow(
                1, PlannedOutcome.CREATE, "7", "", "m",
                changes=(FieldChange("optout", None, "all"),),
            ),
            None,
            id="nobody is created for their opt-out",
        ),
    ],
)  # fmt: skip
def test_leave_out_of_an_open_plan(row: PlanRow, fields: list[str] | None) -> None:
    after = leave_out(row, "asked")
    if fields is None:
        assert (after.fate, after.changes, after.ticked) == (SKIPPED, (), False)
    else:
        assert [change.field for change in after.changes] == fields

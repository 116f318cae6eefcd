"""Rollback rows: the way back of what a run wrote, and what cannot come back (6-19)."""

from dataclasses import replace

import pytest

from desktop.model.field_mapping import MappingOperator, MappingRow
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.rollback_rows import revert_row
from tests.support import pipeline_cases as cases

CREATED, UPDATED = PlannedOutcome.CREATE, PlannedOutcome.UPDATE
SYNC = cases.users_sync(MappingRow("ticket_count", "vars.tickets", MappingOperator.SUM))


def _written(*changes: FieldChange, fate: PlannedOutcome = UPDATED) -> PlanRow:
    done = PlanRowState.DONE
    return cases.row(*changes, fate=fate, state=done, events=("ticket 2",), detail="written")


@pytest.mark.parametrize(
    ("change", "target", "fate", "expected"),
    [
        pytest.param(
            FieldChange("vars.a", "x", "y"), cases.profile(vars_a="y"), UPDATED, ("x", True, ""),
            id="6-19 as it was",
        ),
        pytest.param(
            FieldChange("vars.a", "x", "y"), cases.profile(vars_a="x"), UPDATED,
            ("x", False, "is as before already"), id="6-19 somebody did it",
        ),
        pytest.param(
            FieldChange("vars.a", "x", "y"), cases.profile(vars_a="z"), UPDATED,
            ("x", False, "changed by somebody since: never restored"), id="6-19 changed since",
        ),
        pytest.param(
            FieldChange("vars.a", None, "y"), cases.profile(vars_a="y"), UPDATED,
            (None, True, "was not set: becomes empty, the name stays"), id="6-19 was not set",
        ),
        pytest.param(
            FieldChange("vars.a", "x", "y"), cases.profile(vars_a="y"), CREATED,
            ("x", True, "was not set: becomes empty, the name stays"), id="6-19 a new profile's",
        ),
        pytest.param(
            FieldChange("lists.A", True, False), cases.profile(), UPDATED,
            (True, True, "back on the list, with a new date of joining"), id="6-19 back on a list",
        ),
        pytest.param(
            FieldChange("lists.A", False, True), cases.profile(lists_A=True), CREATED,
            (False, True, ""), id="6-19 off the list again",
        ),
    ],
)  # fmt: skip
def test_field_goes_back(
    change: FieldChange,
    target: TargetRecord,
    fate: PlannedOutcome,
    expected: tuple[object, bool, str],
) -> None:
    row = revert_row(_written(change, fate=fate), target, cases.context(cases.users_sync()))
    (back,) = row.changes
    assert (back.new, back.applies, back.reason) == expected
    assert row.fate is (UPDATED if back.applies else PlannedOutcome.UNCHANGED)
    stays = "was created by the run: the profile itself stays"
    assert row.why == (stays if fate is CREATED else "" if back.applies else back.reason)
    assert (row.state, row.detail, row.ticked) == (PlanRowState.PLANNED, "", True)


@pytest.mark.parametrize(
    ("target", "error", "why"),
    [
        pytest.param(None, "", "not there any more, or not a customer", id="6-19 gone"),
        pytest.param(
            replace(cases.profile(), is_editable=False),
            "",
            "not there any more, or not a customer",
            id="6-19 an agent by now",
        ),
        pytest.param(None, "It cannot be read.", "It cannot be read.", id="7.3 not read"),
    ],
)
def test_target_that_cannot_go_back(target: TargetRecord | None, error: str, why: str) -> None:
    row = revert_row(
        _written(FieldChange("vars.a", 1, 2)), target, cases.context(cases.users_sync()), error
    )
    assert (row.fate, row.why, row.ticked, row.changes) == (PlannedOutcome.SKIPPED, why, False, ())


def test_created_profile_with_nothing_to_take_back_stays() -> None:
    row = revert_row(_written(fate=CREATED), cases.profile(), cases.context(cases.users_sync()))
    assert (row.fate, row.why) == (
        PlannedOutcome.UNCHANGED,
        "was created by the run: the profile itself stays",
    )


@pytest.mark.parametrize(
    ("change", "there", "is_unconfirmed", "expected"),
    [
        pytest.param(
            FieldChange("vars.tickets", 1, 2), 2, False, (1, True, ("ticket 2",)), id="S2-31 undone"
        ),
        pytest.param(
            FieldChange("vars.tickets", 2, 4, known=3), 4, False, (3, True, ("ticket 2",)),
            id="S2-31 back to the confirmed total, not to the late one",
        ),
        pytest.param(
            FieldChange("vars.tickets", 1, 2), 2, True, (1, False, ()), id="S2-31 may be under way"
        ),
        pytest.param(
            FieldChange("vars.tickets", 1, 2), 5, True, (1, False, ()), id="S2-31 changed since"
        ),
    ],
)  # fmt: skip
def test_increment_goes_back(
    change: FieldChange,
    there: int,
    is_unconfirmed: bool,
    expected: tuple[int, bool, tuple[str, ...]],
) -> None:
    unconfirmed = {"7": cases.increment()} if is_unconfirmed else {}
    row = revert_row(
        _written(change), cases.profile(vars_tickets=there),
        cases.context(SYNC, unconfirmed=unconfirmed),
    )  # fmt: skip
    (back,) = row.changes
    assert (back.new, back.applies, row.events) == expected


def test_events_stay_counted_while_the_number_stays() -> None:
    """7.1: they are counted no more only when the number goes back with them."""
    changes = (FieldChange("vars.tickets", 1, 2), FieldChange("vars.a", "x", "y"))
    row = revert_row(
        _written(*changes), cases.profile(vars_tickets=9, vars_a="y"), cases.context(SYNC)
    )
    assert (row.fate, row.events) == (UPDATED, ())

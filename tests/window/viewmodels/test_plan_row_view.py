"""What the chip of a preview's row says before, during and after a run."""

import pytest

from desktop.model.sync import SourceKind
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.sync.sync_presets import build_blank_sync
from desktop.viewmodels.syncs.plan_row_view import build_plan_row_view


@pytest.mark.parametrize(
    ("fate", "state", "ticked", "is_over", "expected"),
    [
        (PlannedOutcome.UPDATE, PlanRowState.PLANNED, True, False, "Update"),
        (PlannedOutcome.UPDATE, PlanRowState.PLANNED, False, False, "Update"),
        (PlannedOutcome.UPDATE, PlanRowState.SENDING, True, False, "Sending"),
        (PlannedOutcome.UPDATE, PlanRowState.PLANNED, True, True, "Not sent"),
        (PlannedOutcome.CREATE, PlanRowState.PLANNED, True, True, "Not sent"),
        (PlannedOutcome.UPDATE, PlanRowState.PLANNED, False, True, "Left out"),
        (PlannedOutcome.UPDATE, PlanRowState.SENDING, True, True, "Unconfirmed"),
        (PlannedOutcome.UPDATE, PlanRowState.DONE, True, True, "Written"),
        (PlannedOutcome.CONFLICT, PlanRowState.PLANNED, False, True, "Conflict"),
    ],
)
def test_chip_says_what_became_of_a_row(
    fate: PlannedOutcome, state: PlanRowState, ticked: bool, is_over: bool, expected: str
) -> None:
    row = PlanRow(1, fate, "7", "sid7", "ada@x.example", ticked=ticked, state=state)
    sync = build_blank_sync("people", "People", SourceKind.ZENDESK_USERS)
    assert build_plan_row_view(row, sync, 0.0, {}, is_over=is_over).fate == expected

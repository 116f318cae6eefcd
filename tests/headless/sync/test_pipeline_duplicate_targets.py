"""Duplicate targets: whose target it was first keeps it, nothing is written twice (S2-24, 7.1)."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.sync_plan import FieldChange, PlannedOutcome
from desktop.sync.pipeline.duplicate_targets import park_duplicate_row, with_earlier_holder
from desktop.sync.pipeline.matching import MatchResult
from tests.support import pipeline_cases as cases

TARGET = cases.profile("sid1")
OTHER = cases.user_record("8", "bo@example.com")
KNOWN = {"known_sources": {"sid1": ("8",)}, "other_records": {"8": OTHER}}


@pytest.mark.parametrize(
    ("match", "known", "holder"),
    [
        pytest.param(MatchResult(), KNOWN, "", id="S2-34 no target: nobody has it"),
        pytest.param(MatchResult(TARGET), {}, "", id="S2-24 nobody had it before"),
        pytest.param(
            MatchResult(TARGET), {"known_sources": {"sid1": ("8", "7")}}, "", id="S2-24 own target"
        ),
        pytest.param(MatchResult(TARGET), KNOWN, "bo@example.com (8)", id="S2-24 another's target"),
        pytest.param(
            MatchResult(TARGET),
            {"known_sources": {"sid1": ("8",)}},
            "",
            id="S2-24 the other is not read any more",
        ),
        pytest.param(
            MatchResult(TARGET),
            {**KNOWN, "other_records": {"8": cases.user_record("8", active=False)}},
            "",
            id="S2-24 the other has left the source",
        ),
    ],
)
def test_target_of_earlier_run_keeps_its_record(
    match: MatchResult, known: dict[str, Any], holder: str
) -> None:
    found = with_earlier_holder(
        cases.user_record("7"), match, cases.context(cases.users_sync(), **known)
    )
    assert found == replace(match, taken_by=holder)


def test_second_row_of_one_target_writes_nothing() -> None:
    """7.4: both rows have an outcome, one alone is written."""
    first = cases.row(FieldChange("vars.a", 1, 2), label="7")
    second = cases.row(FieldChange("vars.a", 1, 3), row=2, source_id="8", events=("e",))
    parked = park_duplicate_row(second, first)
    assert (parked.fate, parked.ticked, parked.changes, parked.events) == (
        PlannedOutcome.CORRECTION, False, (), ()
    )  # fmt: skip
    assert "has the same counterpart as 7, row 1." in parked.why

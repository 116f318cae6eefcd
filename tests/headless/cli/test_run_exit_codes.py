"""The exit code of a run's end, as scripts have relied on it since 0.2.0."""

import pytest

from desktop.app.commands.sync_subcommands.run_and_plan_output import run_exit_code
from desktop.model.sync_run import Run, RunStage, RunState


def ended(state: RunState, error_code: str = "", **totals: int) -> Run:
    return Run(
        id="1", sync="nightly", trigger="manual", actor="Ada", state=state, stage=RunStage.FINISH,
        started_at=0.0, totals=totals, error_code=error_code,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error_code", "exit_code"),
    [
        ("bad_input", 1), ("unfit", 1), ("not_permitted", 1), ("rejected", 1), ("bug", 1), ("", 1),
        ("auth_lost", 3), ("forbidden", 3), ("conflict", 3), ("needs_person", 3),
        ("offline", 4), ("timed_out", 4), ("rate_limited", 4), ("service_trouble", 4),
    ],
)  # fmt: skip
def test_failed_run_exits_by_error_code(error_code: str, exit_code: int) -> None:
    assert run_exit_code(ended(RunState.FAILED, error_code)) == exit_code


@pytest.mark.parametrize(
    ("run", "exit_code"),
    [
        (ended(RunState.DONE), 0),
        (ended(RunState.DONE, parked=1), 3),
        (ended(RunState.DONE, failed=1, parked=1), 1),
        (ended(RunState.WAITING), 3),
        (ended(RunState.CANCELLED), 3),
    ],
    ids=["done", "rows parked", "rows failed", "stopped by a limit", "cancelled"],
)
def test_ended_run_exits_by_state_and_totals(run: Run, exit_code: int) -> None:
    assert run_exit_code(run) == exit_code

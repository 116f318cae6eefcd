"""A slice of the team's fault runs; `python -m tests.faults.team_crashes` does the full counts.

Those of many workers are in `bench team`.
"""

from pathlib import Path

from tests.faults.due_time_claims import claim_due_times
from tests.faults.team_crashes import hand_over_under_kills
from tests.support.postgres_server import PostgresServer


def test_desks_and_store_killed_at_random_lose_and_repeat_nothing(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    counts = hand_over_under_kills(postgres, tmp_path, desks=2, rows=6, seed=3)
    assert (counts.lost, counts.doubled) == (0, 0), counts
    assert counts.rows >= 12


def test_workers_of_several_desks_run_each_due_time_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    size = {"desks": 2, "syncs": 8, "times": 2}
    (tmp_path / "control").mkdir()
    counts = claim_due_times(postgres, tmp_path, workers_per_desk=2, **size)
    assert (counts.due_times, counts.run_twice, counts.not_run) == (16, 0, 0), counts
    alone = claim_due_times(
        postgres, tmp_path / "control", workers_per_desk=1, **size, control="alone"
    )
    # Two files and nothing that both ask: each desk runs each of them.
    assert (alone.run_twice, alone.not_run) == (16, 0), alone

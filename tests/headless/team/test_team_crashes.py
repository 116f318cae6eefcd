"""A slice of the team's fault runs; `python -m tests.faults.team_crashes` does the full counts."""

from pathlib import Path

from tests.faults.team_crashes import hand_over_under_kills
from tests.support.postgres_server import PostgresServer


def test_desks_and_store_killed_at_random_lose_and_repeat_nothing(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    counts = hand_over_under_kills(postgres, tmp_path, desks=2, rows=6, seed=3)
    assert (counts.lost, counts.doubled) == (0, 0), counts
    assert counts.rows >= 12

"""kill -9 at each named point with each kind of edit, at random, and the controls that must fail.

The full counts are `python -m tests.faults`; this is a seeded slice of the same.
"""

import random
from collections.abc import Iterator

import pytest

from tests.faults.kills import ALL_POINTS, APPLIED, Yard, foreign_cases
from tests.faults.kinds import KINDS


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    found = Yard(tmp_path_factory.mktemp("yard"))
    yield found
    found.close()


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_every_named_point_nothing_is_lost_or_doubled(yard: Yard, kind: str) -> None:
    for point in ALL_POINTS:
        tally = yard.kill_named(kind, point)
        assert (tally.kills, tally.troubles) == (1, [])


@pytest.mark.parametrize("kind", dict(foreign_cases()))
def test_what_somebody_else_did_after_the_kill_is_not_overwritten(yard: Yard, kind: str) -> None:
    for name, point in foreign_cases():
        if name == kind:
            assert yard.kill_then_foreign(kind, point).troubles == []


@pytest.mark.parametrize("turn", range(20))
def test_killed_at_random_nothing_is_lost_or_doubled(yard: Yard, turn: int) -> None:
    assert yard.kill_at_random(random.Random(turn)).troubles == []


def test_the_control_that_resends_without_reading_overwrites(yard: Yard) -> None:
    assert yard.kill_then_foreign("opt-out", APPLIED, naive=True).overwritten == 1


def test_the_control_without_claims_sends_twice(yard: Yard) -> None:
    assert yard.unclaimed(10) > 0

"""kill -9 at each point of a run, presets in turn; in full: `python -m tests.faults`."""

import random
from collections.abc import Iterator

import pytest

from tests.faults import syncs
from tests.faults.kills import APPLIED
from tests.faults.run_kills import RunYard, run_slice


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunYard]:
    found = RunYard(tmp_path_factory.mktemp("run-yard"))
    yield found
    found.close()


@pytest.mark.parametrize(("name", "point"), list(run_slice()))
def test_killed_at_every_point_and_gone_on_with(yard: RunYard, name: str, point: str) -> None:
    tally = yard.kill_named(name, point)
    assert (tally.kills, tally.troubles) == (1, [])


@pytest.mark.parametrize("name", [syncs.TICKETS, syncs.BY_POSTS, syncs.TO_ZENDESK])
def test_killed_before_the_answer_and_begun_anew(yard: RunYard, name: str) -> None:
    assert yard.kill_named(name, APPLIED, resume=False).troubles == []


@pytest.mark.parametrize("name", [syncs.TO_SAILTHRU, syncs.BY_POSTS, syncs.HIGH_VALUE])
def test_what_somebody_else_did_after_the_kill_stays(yard: RunYard, name: str) -> None:
    assert yard.kill_then_foreign(name, APPLIED).troubles == []


@pytest.mark.parametrize("point", ["read back", APPLIED])
def test_what_was_being_added_counts_once(yard: RunYard, point: str) -> None:
    assert yard.kill_then_count(point).troubles == []


def test_the_controls_show_what_is_overwritten_and_what_is_doubled(yard: RunYard) -> None:
    assert yard.kill_then_foreign(syncs.BY_POSTS, APPLIED, naive=True).overwritten == 1
    assert yard.kill_then_count(APPLIED, naive=True).doubled > 0


@pytest.mark.parametrize("turn", range(2))
def test_killed_at_random(yard: RunYard, turn: int) -> None:
    assert yard.kill_at_random(random.Random(turn)).troubles == []


@pytest.mark.parametrize(
    ("name", "point"),
    [(syncs.BY_POSTS, "claimed")],
)
def test_a_lid_that_is_closed_in_the_middle(yard: RunYard, name: str, point: str) -> None:
    assert yard.asleep_at(name, point).troubles == []


@pytest.mark.parametrize("name", [syncs.BY_POSTS, syncs.TO_ZENDESK])
def test_two_computers_at_once(yard: RunYard, name: str) -> None:
    assert yard.two_homes(name).troubles == []

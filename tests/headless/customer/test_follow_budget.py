"""Follow Zendesk: however many desks look, together they keep to a fifth of the account's calls."""

import asyncio
import heapq
import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.customer.service_clients import ServiceClients
from desktop.customer.ticket_follower import FAST_POLL_S, SLOW_POLL_S, TicketFollower
from desktop.model.follow_budget import FOLLOW_SHARE, FollowBudget
from tests.support.clocks import ManualClock


class _RecentTickets:
    """A Zendesk client that notes when it is asked for the tickets viewed."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.asked_at: list[float] = []

    async def list_recent_tickets(self) -> tuple[()]:
        self.asked_at.append(self._clock.monotonic())
        return ()


def simulate(
    desks: int, limit: int | None, starts: Sequence[float], seed: int, minutes: int = 5
) -> list[float]:
    """Run desks that start at these seconds, whose people move and toggle; when they asked."""
    clock = ManualClock()
    zendesk = _RecentTickets(clock)
    clients = ServiceClients(None, cast("Any", zendesk))
    chance = random.Random(seed)
    budget = FollowBudget(desks, limit)
    followers = [
        TicketFollower(lambda: clients, clock, budget=lambda: budget, jitter=chance.random)
        for _ in range(desks)
    ]
    queue = [(clock.monotonic() + starts[n % len(starts)], n) for n in range(desks)]
    heapq.heapify(queue)
    end = clock.monotonic() + 60 * minutes
    while queue[0][0] < end:
        at, desk = heapq.heappop(queue)
        clock.advance(at - clock.monotonic())
        follower = followers[desk]
        if chance.random() < 0.3:
            follower.note_activity()
        # Switched off and on again, it looks once more.
        for _ in range(chance.choice((1, 1, 1, 3))):
            asyncio.run(follower.poll())
        wait_s = follower.poll_interval_s(visible=chance.random() < 0.8)
        heapq.heappush(queue, (at + wait_s, desk))
    return zendesk.asked_at


def most_in_a_minute(asked_at: Sequence[float]) -> int:
    """The most calls in any sixty seconds, wherever Zendesk's minute begins."""
    return max(
        (sum(1 for at in asked_at if start <= at < start + 60) for start in asked_at), default=0
    )


@given(
    desks=st.integers(1, 40),
    limit=st.sampled_from([200, 400, 700, 2500]),
    starts=st.lists(st.floats(0, 90), min_size=1, max_size=5),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=25, deadline=None)
def test_desks_together_stay_within_share(
    desks: int, limit: int, starts: list[float], seed: int
) -> None:
    asked_at = simulate(desks, limit, starts, seed, minutes=3)
    assert 0 < most_in_a_minute(asked_at) <= limit * FOLLOW_SHARE


def test_thirty_desks_starting_at_once_stay_within_share() -> None:
    asked_at = simulate(30, 400, [0.0], seed=1)
    # At most two calls a minute at each desk: a third would make ninety of eighty.
    assert 30 < most_in_a_minute(asked_at) <= 60


def test_more_desks_than_calls_are_spread_over_minutes() -> None:
    asked_at = simulate(200, 400, [0.0], seed=3, minutes=10)
    # 0.4 calls a minute and desk: 80 on average, and no minute gets all two hundred.
    assert len(asked_at) <= 10 * 80 * 1.1
    assert most_in_a_minute(asked_at) < 120


@pytest.mark.parametrize(
    ("desks", "limit", "per_minute", "interval_s"),
    [
        (1, 400, 80, 0.75),
        (30, 400, 2, 30),
        (30, 700, 4, 15),
        (30, 200, 1, 60),
        (100, 400, 0.8, 75),
        (30, None, 1, 60),
    ],
)
def test_desk_share_falls_with_number_of_desks(
    desks: int, limit: int | None, per_minute: float, interval_s: float
) -> None:
    budget = FollowBudget(desks, limit)
    assert budget.calls_per_minute == per_minute
    assert budget.interval_s == pytest.approx(interval_s)


def test_single_desk_polls_as_fast_as_ever() -> None:
    follower = TicketFollower(
        lambda: ServiceClients(None, None), ManualClock(), budget=lambda: FollowBudget(1, 200)
    )
    assert follower.poll_interval_s(visible=True) == FAST_POLL_S
    assert follower.poll_interval_s(visible=False) == SLOW_POLL_S


def test_calls_of_a_desk_are_spread_over_the_minute() -> None:
    # One of thirty: two calls a minute, and not both within its first seconds.
    clock = ManualClock()
    zendesk = _RecentTickets(clock)
    clients = ServiceClients(None, cast("Any", zendesk))
    follower = TicketFollower(lambda: clients, clock, budget=lambda: FollowBudget(30, 400))
    for _ in range(8):
        asyncio.run(follower.poll())
        follower.note_activity()
        clock.advance(follower.poll_interval_s(visible=True))
    gaps = [after - before for before, after in pairwise(zendesk.asked_at)]
    assert len(gaps) >= 6
    assert min(gaps) >= 30


def test_budget_is_said_in_words() -> None:
    assert FollowBudget(30, 400).describe(FAST_POLL_S) == (
        "Looks for the ticket you are viewing every 30 s at most: 30 desks together take no more"
        " than a fifth of Zendesk’s 400 calls a minute."
    )
    assert "every 5 s at most: 1 desk takes" in FollowBudget(1).describe(FAST_POLL_S)

"""How many calls a delivery takes, by what a simulation has counted."""

from collections import Counter

import pytest

from desktop.events.delivery_estimate import estimate_delivery
from desktop.events.event_action import ActionKind
from desktop.events.planned_request import RequestEffect
from desktop.events.simulation import SimulationCounts

USER, TICKET = ActionKind.UPSERT_USER, ActionKind.CREATE_TICKET


@pytest.mark.parametrize(
    ("requests", "events", "problems", "calls"),
    [
        ({}, 0, 0, 0),
        # A hundred updates are one job, their users one reading.
        ({(USER, RequestEffect.UPDATE): 100}, 100, 0, 9),
        ({(USER, RequestEffect.UPDATE): 101}, 101, 0, 15),
        ({(USER, RequestEffect.CREATE): 10}, 10, 0, 25),
        ({(TICKET, RequestEffect.CREATE): 10}, 10, 0, 25),
        ({}, 10, 10, 20),
    ],
)
def test_the_calls_of_a_delivery(
    requests: dict[tuple[ActionKind, RequestEffect], int], events: int, problems: int, calls: int
) -> None:
    counts = SimulationCounts(
        actions=Counter({USER: events}),
        requests_by_kind=Counter(requests),
        problem_count=problems,
    )
    found = estimate_delivery(counts, 300.0)
    assert (found.calls, found.minutes) == (calls, calls / 300.0)
    assert estimate_delivery(counts, 0.0).minutes == 0.0


@pytest.mark.parametrize(
    ("created", "imports_users", "calls", "import_calls"),
    [
        # Too few for a job.
        (4, None, 13, None),
        (4, True, 13, None),
        (300, None, 609, 321),
        (300, False, 609, None),
        # Each is searched for; three jobs create them.
        (300, True, 321, None),
    ],
)
def test_new_users_of_an_account_that_may_import_take_fewer_calls(
    created: int, imports_users: bool | None, calls: int, import_calls: int | None
) -> None:
    counts = SimulationCounts(
        actions=Counter({USER: created}),
        requests_by_kind=Counter({(USER, RequestEffect.CREATE): created}),
    )
    found = estimate_delivery(counts, 300.0, imports_users=imports_users)
    assert (found.calls, found.import_calls) == (calls, import_calls)

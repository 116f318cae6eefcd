"""What a service asks to wait is waited, by everything a run has under way."""

from pathlib import Path

import pytest

from desktop.kit.clock import SystemClock
from tests.faults import syncs
from tests.faults.home import opened
from tests.faults.servers import Servers

_ASKED_S = 2


@pytest.mark.parametrize(
    ("name", "service", "refused"),
    [
        (syncs.TO_ZENDESK, "zendesk", "GET /api/v2/users/show_many*"),
        (syncs.TO_SAILTHRU, "sailthru", "POST /job"),
    ],
)
async def test_nothing_is_asked_before_retry_after(
    city: Servers, city_home: Path, name: str, service: str, refused: str
) -> None:
    syncs.people(city, 5)
    async with opened(city_home, city.document, clock=SystemClock(), for_runs=True) as house:
        goal = syncs.goal_for(house, name)
        since = len(syncs.requests(city))
        city.fault(f"{service}:{refused}:429={_ASKED_S}")
        run = await syncs.run(house, goal)
        assert syncs.troubles_of(house.store, city, run) == []
        assert run.totals["updated"] == 5
    asked = [r for r in syncs.requests(city, since) if r["service"] == service]
    (at,) = [r["at"] for r in asked if r["status"] == 429]
    later = [r["at"] - at for r in asked if r["at"] > at]
    assert later
    assert min(later) >= _ASKED_S

"""What a service asks to wait is waited, by everything a run has under way."""

from pathlib import Path

import pytest

from desktop.kit.clock import SystemClock
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

_ASKED_S = 2


@pytest.mark.parametrize(
    ("name", "service", "refused"),
    [
        (sync_cases.SAILTHRU_TO_ZENDESK, "zendesk", "GET /api/v2/users/show_many*"),
        (sync_cases.ZENDESK_TO_SAILTHRU, "sailthru", "POST /job"),
    ],
)
async def test_run_sends_nothing_before_retry_after(
    sync_sandbox: SandboxServers, sync_home_copy: Path, name: str, service: str, refused: str
) -> None:
    sync_cases.create_customers(sync_sandbox, 5)
    async with open_workspace_services(
        sync_home_copy, sync_sandbox.connection_document, clock=SystemClock(), for_runs=True
    ) as house:
        goal = sync_cases.save_preset(house, name)
        since = len(sync_cases.app_requests(sync_sandbox))
        sync_sandbox.add_fault(f"{service}:{refused}:429={_ASKED_S}")
        run = await sync_cases.run_sync(house, goal)
        assert sync_cases.check_finished_run(house.store, sync_sandbox, run) == []
        assert run.totals["updated"] == 5
    asked = [r for r in sync_cases.app_requests(sync_sandbox, since) if r["service"] == service]
    (at,) = [r["at"] for r in asked if r["status"] == 429]
    later = [r["at"] - at for r in asked if r["at"] > at]
    assert later
    assert min(later) >= _ASKED_S

"""One sandbox process for all contract tests; ended by its own process id."""

import json
import select
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.clients.caller import Caller, Patience
from desktop.clients.exchange import Request
from desktop.clients.field import Bad
from desktop.clients.limits import Limits
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.state import Tracker
from desktop.clients.transport import HttpTransport
from desktop.clients.transport import Limits as WireLimits
from desktop.clients.zendesk import protocol as zendesk
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiToken, Authorization
from desktop.model.retry import Backoff
from tests.headless.clients.fakes import NoSleep

ROOT = Path(__file__).resolve().parents[3]
Announced = dict[str, dict[str, str]]


@contextmanager
def running(*options: str) -> Iterator[Announced]:
    """The first line of a sandbox of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop.sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 30)
        assert ready, "the sandbox did not start"
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Announced]:
    """One for all contract tests."""
    with running("--customers", "300", "--seed", "7", "--rate-limits", "x20") as announced:
        yield announced


@dataclass
class Live:
    """Both clients on the sandbox, and the handle to its faults."""

    sailthru: SailthruClient
    zendesk: ZendeskClient
    sailthru_wire: HttpTransport
    zendesk_wire: HttpTransport
    sailthru_limits: Limits
    zendesk_limits: Limits
    bad: list[Bad]
    announced: Announced

    async def fault(self, spec: str, times: int = 1) -> None:
        """From now on, so many matching requests go wrong."""
        body = json.dumps({"specs": [spec], "times": times}).encode()
        asked = Request("POST", "/sandbox/fault", "/sandbox/fault", body=body)
        assert (await self.zendesk_wire.send(asked)).status == 200


@pytest_asyncio.fixture
async def live(sandbox: Announced) -> AsyncIterator[Live]:
    """Fresh clients; faults are taken away afterwards."""
    clock = NoSleep()
    patience = Patience(Backoff(first_s=0.01, tries=3), patience_s=5.0)
    wire_limits = WireLimits(read_s=2.0)
    s, z = sandbox["sailthru"], sandbox["zendesk"]
    s_wire = HttpTransport("Sailthru", s["service_uri"], limits=wire_limits)
    z_wire = HttpTransport("Zendesk", z["base_url"], limits=wire_limits)
    s_limits = Limits(clock, sailthru.readings, shared=False)
    z_limits = Limits(clock, zendesk.readings, shared=True)
    bad: list[Bad] = []
    token = ApiToken(z["email"], z["api_token"])
    yield Live(
        SailthruClient(
            sailthru.Credentials(s["api_key"], s["api_secret"]),
            Caller(s_wire, s_limits, Tracker("Sailthru", clock), clock, patience=patience),
            bad.extend,
        ),
        ZendeskClient(
            Caller(
                z_wire, z_limits, Tracker("Zendesk", clock), clock, Authorization(token), patience
            ),
            bad.extend,
        ),
        s_wire,
        z_wire,
        s_limits,
        z_limits,
        bad,
        sandbox,
    )
    await z_wire.send(Request("DELETE", "/sandbox/fault", "/sandbox/fault"))
    await s_wire.aclose()
    await z_wire.aclose()

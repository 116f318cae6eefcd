"""A look-up by address takes two round trips where Zendesk knows the address, else three."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.transport import HttpTransport
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

# No request follows on an answer later than this.
_QUIET_S = 0.1


class RoundTrips:
    """Releases the answers of all requests under way together, and counts how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._waiting: list[asyncio.Event] = []
        self._under_way = 0
        really_send = HttpTransport.send

        async def send(transport: HttpTransport, request: HttpRequest) -> HttpResponse:
            self._under_way += 1
            try:
                response = await really_send(transport, request)
            finally:
                self._under_way -= 1
            released = asyncio.Event()
            self._waiting.append(released)
            await released.wait()
            return response

        monkeypatch.setattr(HttpTransport, "send", send)

    async def release_until(self, done: "asyncio.Task[CustomerSheet]") -> CustomerSheet:
        while not done.done():
            await asyncio.sleep(_QUIET_S)
            if self._under_way == 0 and self._waiting:
                self.count += 1
                released, self._waiting = self._waiting, []
                for event in released:
                    event.set()
        return await done


@pytest.fixture
def home(tmp_path: Path, sandbox: SandboxServers) -> Path:
    create_workspace_home(tmp_path / "home", sandbox.connection_document)
    return tmp_path / "home"


@pytest_asyncio.fixture
async def services(home: Path, sandbox: SandboxServers) -> AsyncIterator[WorkspaceServices]:
    async with open_workspace_services(home, sandbox.connection_document) as made:
        yield made


@pytest.mark.parametrize(
    ("kind", "trips", "state"),
    [
        ("both", 2, SheetPartState.READ),
        ("no profile", 2, SheetPartState.ABSENT),
        ("profile at the second address", 2, SheetPartState.READ),
        ("profile by external id", 2, SheetPartState.READ),
        ("unknown to Zendesk, by external id", 3, SheetPartState.READ),
        # There is no other key of theirs to ask by.
        ("nobody", 1, SheetPartState.ABSENT),
    ],
)
async def test_lookup_round_trips(
    kind: str,
    trips: int,
    state: SheetPartState,
    services: WorkspaceServices,
    sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = f"{kind.replace(' ', '.').replace(',', '')}@trips.example"
    other, key = f"other.{address}", f"crm {kind}"
    if kind not in ("nobody", "unknown to Zendesk, by external id"):
        person = sandbox.create_user(address, external_id=key)
        identity = {"identity": {"type": "email", "value": other, "verified": True}}
        assert (
            sandbox.zendesk_request("POST", f"/api/v2/users/{person}/identities.json", identity)[0]
            == 201
        )
    if kind == "both":
        sandbox.create_profile(address)
    elif kind == "profile at the second address":
        sandbox.create_profile(other)
    elif kind == "profile by external id":
        sandbox.create_profile(f"x.{address}", keys={"email": f"x.{address}", "extid": key})
    elif kind.startswith("unknown"):
        sandbox.create_profile(address, keys={"email": address, "extid": key})
        sandbox.create_user(other, external_id=key)
    rounds = RoundTrips(monkeypatch)
    absent_after: list[int] = []

    def on_sheet(sheet: CustomerSheet) -> None:
        if sheet.profile.state is SheetPartState.ABSENT:
            absent_after.append(rounds.count)

    task = asyncio.create_task(services.lookup.look_up(address, on_sheet))
    sheet = await rounds.release_until(task)
    assert sheet.profile.state is state
    assert rounds.count == trips
    # “No profile” is never said while another key may still find one.
    assert set(absent_after) <= {trips}

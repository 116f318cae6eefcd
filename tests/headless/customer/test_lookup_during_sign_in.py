"""A command's look-up runs beside the sign-in; before the right is known nothing of it is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.container import WorkspaceServices
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.transport import HttpTransport
from desktop.kit.errors import NotPermitted
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.lookup_query import parse_lookup_query
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

QUERY = parse_lookup_query("maria@lopez.example")
_PATIENCE_S = 30.0


class HeldSignIn:
    """Keeps back Zendesk's answer to who is signed in, and sees every request that is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        self.release = asyncio.Event()
        self.tickets_asked = asyncio.Event()
        self.role = ""
        really_send = HttpTransport.send

        async def send(transport: HttpTransport, request: HttpRequest) -> HttpResponse:
            self.paths.append(request.path)
            if request.path.endswith("/tickets/requested"):
                self.tickets_asked.set()
            response = await really_send(transport, request)
            if request.path == "/api/v2/users/me":
                await self.release.wait()
                if self.role:
                    body = json.loads(response.body)
                    body["user"]["role"] = self.role
                    response = replace(response, body=json.dumps(body).encode())
            return response

        monkeypatch.setattr(HttpTransport, "send", send)

    async def start(self, services: WorkspaceServices) -> "asyncio.Task[CustomerSheet]":
        """Begin a look-up, and wait for its second round trip, the user's tickets."""
        looking = asyncio.create_task(look_up_during_sign_in(services, QUERY))
        async with asyncio.timeout(_PATIENCE_S):
            await self.tickets_asked.wait()
        return looking


@pytest.fixture
def sign_in(monkeypatch: pytest.MonkeyPatch) -> HeldSignIn:
    return HeldSignIn(monkeypatch)


@pytest_asyncio.fixture
async def unconnected(
    home: Path, sandbox: SandboxServers, clock: ManualClock
) -> AsyncIterator[WorkspaceServices]:
    document = sandbox.connection_document
    async with open_workspace_services(home, document, clock=clock, connect=False) as found:
        yield found


def _count_kept(services: WorkspaceServices) -> int:
    return services.store.sheet_reader.count_customers.blocking()


async def test_lookup_reads_both_round_trips_while_the_sign_in_is_asked(
    unconnected: WorkspaceServices, sign_in: HeldSignIn
) -> None:
    looking = await sign_in.start(unconnected)
    await asyncio.wait([looking], timeout=0.5)
    assert not looking.done()
    assert _count_kept(unconnected) == 0
    sign_in.release.set()
    sheet = await looking
    assert sheet.user.value is not None
    assert sheet.profile.value is not None
    assert _count_kept(unconnected) == 1
    assert sign_in.paths.count("/api/v2/users/me") == 1


async def test_lookup_by_end_user_returns_and_keeps_nothing(
    unconnected: WorkspaceServices, sign_in: HeldSignIn
) -> None:
    sign_in.role = "end-user"
    looking = await sign_in.start(unconnected)
    sign_in.release.set()
    with pytest.raises(NotPermitted, match="not an agent's account"):
        await looking
    assert _count_kept(unconnected) == 0


async def test_lookup_in_another_account_returns_and_keeps_nothing(
    unconnected: WorkspaceServices, sign_in: HeldSignIn
) -> None:
    sign_in.release.set()
    await look_up_during_sign_in(unconnected, parse_lookup_query("nobody@else.example"))
    # As if the key had been exchanged for one of another account since.
    unconnected.store.fairlead_db.write(
        lambda c: c.execute("UPDATE account SET sailthru_account = 'another'")
    )
    await unconnected.session.disconnect()
    sign_in.release.clear()
    sign_in.tickets_asked.clear()
    looking = await sign_in.start(unconnected)
    sign_in.release.set()
    sheet = await looking
    assert (sheet.user.value, sheet.profile.value) == (None, None)
    assert {sheet.user.state, sheet.profile.state} <= {SheetPartState.OFF, SheetPartState.ABSENT}
    assert _count_kept(unconnected) == 0


async def test_lookup_where_a_role_may_not_look_reads_nobody_before_the_sign_in(
    sandbox: SandboxServers, tmp_path: Path, sign_in: HeldSignIn
) -> None:
    document = sandbox.connection_document
    sign_in.release.set()
    permissions = {"agent": {"view": False}}
    await asyncio.to_thread(
        create_workspace_home, tmp_path / "home", document, permissions=permissions
    )
    sign_in.paths.clear()
    sign_in.role = "agent"
    async with open_workspace_services(tmp_path / "home", document, connect=False) as services:
        with pytest.raises(NotPermitted, match="may not look customers up"):
            await look_up_during_sign_in(services, QUERY)
    assert set(sign_in.paths) == {"/api/v2/users/me", "/settings"}

"""A sign-in in the browser that expires while a sync runs: renewed once, or asked for again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from desktop.app.container import WorkspaceServices, build_services
from desktop.clients.oauth import authorization_code_from, start_attempt
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import oauth
from desktop.kit.clock import SystemClock
from desktop.model.sync_run import RunState
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support import sync_cases
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import WORKSPACE_NAME, make_app_context

_RENEWALS = "POST", "/oauth/tokens"


@pytest.fixture
def faulty_sandbox(sync_sandbox: SandboxServers) -> Iterator[SandboxServers]:
    yield sync_sandbox
    sync_sandbox.clear_faults()


async def grant(servers: SandboxServers) -> dict[Secret, str]:
    """Sign in as the admin without a browser or a listener: the sandbox answers at once."""
    told = servers.connection_document["zendesk"]
    attempt = start_attempt(
        told["oauth_client_id"], "http://127.0.0.1:47615/callback", oauth.OAUTH_SCOPE
    )
    url = oauth.authorization_url(told["base_url"], attempt) + f"&auto=allow&as={told['email']}"
    async with httpx.AsyncClient() as client:
        target = (await client.get(url)).headers["location"]
    transport = HttpTransport("Zendesk", told["base_url"])
    answer = await transport.send(
        oauth.code_exchange_request(attempt, authorization_code_from(attempt, target))
    )
    await transport.aclose()
    now = SystemClock().now()
    tokens = oauth.parse_tokens(answer, now)
    return {
        Secret.ZENDESK_ACCESS: f"{int(now) + 1800} {tokens.access}",
        Secret.ZENDESK_REFRESH: tokens.refresh or "",
    }


async def vault_of(servers: SandboxServers) -> MemoryVault:
    told = servers.connection_document["sailthru"]
    keys = {Secret.SAILTHRU_KEY: told["api_key"], Secret.SAILTHRU_SECRET: told["api_secret"]}
    return MemoryVault({**keys, **await grant(servers)})


@asynccontextmanager
async def signed_in(
    home: Path, servers: SandboxServers, vault: MemoryVault, *, for_runs: bool = True
) -> AsyncIterator[WorkspaceServices]:
    """A house of this home whose secrets are that vault's, as two processes share a keyring."""
    context = replace(
        make_app_context(home, servers.connection_document), vault_factory=lambda _workspace: vault
    )
    house = build_services(context, context.workspaces.open(WORKSPACE_NAME))
    try:
        client = servers.connection_document["zendesk"]["oauth_client_id"]
        house.session.change_settings({"zendesk.auth": "oauth", "zendesk.oauth_client_id": client})
        await house.session.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()


def renewals(servers: SandboxServers, since: int) -> int:
    asked = sync_cases.app_requests(servers, since)
    return sum((r["method"], r["path"]) == _RENEWALS for r in asked)


@pytest.mark.parametrize("name", [sync_cases.TO_SAILTHRU_BY_POSTS, sync_cases.SAILTHRU_TO_ZENDESK])
async def test_token_expired_during_run_is_refreshed_once(
    faulty_sandbox: SandboxServers, sync_home_copy: Path, name: str
) -> None:
    """A window looks at Zendesk meanwhile: both meet the refusal, one of them renews."""
    sync_cases.create_customers(faulty_sandbox, 20)
    vault = await vault_of(faulty_sandbox)
    expired = asyncio.Event()

    def checkpoint(passed: str) -> None:
        if passed == "claimed" and not expired.is_set():
            faulty_sandbox.control("POST", "expire-tokens")
            expired.set()

    async def look(window: WorkspaceServices) -> int:
        zendesk = window.session.clients.zendesk
        assert zendesk is not None
        await expired.wait()
        seen = await asyncio.gather(*(zendesk.list_recent_tickets() for _ in range(8)))
        return len(seen)

    async with (
        signed_in(sync_home_copy, faulty_sandbox, vault) as house,
        signed_in(sync_home_copy, faulty_sandbox, vault, for_runs=False) as window,
    ):
        goal = sync_cases.save_preset(house, name)
        since = len(sync_cases.app_requests(faulty_sandbox))
        run, seen = await asyncio.gather(
            sync_cases.run_sync(house, goal, checkpoint=checkpoint), look(window)
        )
        assert sync_cases.check_finished_run(house.store, faulty_sandbox, run) == []
        assert run.totals["updated"] == 20
    assert seen == 8
    assert expired.is_set()
    assert renewals(faulty_sandbox, since) == 1


async def test_lost_token_refresh_asks_for_sign_in_and_loses_nothing(
    faulty_sandbox: SandboxServers, sync_home_copy: Path
) -> None:
    sync_cases.create_customers(faulty_sandbox, 20)
    vault = await vault_of(faulty_sandbox)
    passed: list[str] = []

    def checkpoint(name: str) -> None:
        passed.append(name)
        if name == "claimed" and passed.count(name) == 1:
            faulty_sandbox.add_fault("zendesk:POST /oauth/tokens:reset-after")
            faulty_sandbox.control("POST", "expire-tokens")

    async with signed_in(sync_home_copy, faulty_sandbox, vault) as house:
        goal = sync_cases.save_preset(house, sync_cases.SAILTHRU_TO_ZENDESK)
        run = await sync_cases.run_sync(house, goal, checkpoint=checkpoint)
        assert (run.state, run.error_code) == (RunState.FAILED, "auth_lost")
        assert "Sign in to Zendesk again" in run.error
        left = [
            row for row in sync_cases.plan_rows(house.store, run.plan) if not row.state.is_final
        ]
        assert len(left) == 20
        # Asked once more, Zendesk would take the old token for stolen: it is not.
        since = len(sync_cases.app_requests(faulty_sandbox))
        again = await sync_cases.run_sync(house, goal, resume_run_id=run.id)
        assert (again.state, again.error_code) == (RunState.FAILED, "auth_lost")
        assert renewals(faulty_sandbox, since) == 0
        for secret, value in (await grant(faulty_sandbox)).items():
            await vault.set(secret, value)
        await house.session.connect(for_runs=True)
        done = await sync_cases.run_sync(house, goal, resume_run_id=run.id)
        assert sync_cases.check_finished_run(house.store, faulty_sandbox, done) == []
        assert done.totals["updated"] == 20

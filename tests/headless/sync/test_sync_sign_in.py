"""A sign-in in the browser that expires while a sync runs: renewed once, or asked for again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from desktop.app.wiring import House, build_house
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import oauth
from desktop.kit.clock import SystemClock
from desktop.model.run import RunState
from desktop.settings.workspace import Workspaces
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.faults import syncs
from tests.faults.home import NAME, ground_at
from tests.faults.servers import Servers

_RENEWALS = "POST", "/oauth/tokens"


@pytest.fixture
def rough(city: Servers) -> Iterator[Servers]:
    yield city
    city.quiet()


async def grant(servers: Servers) -> dict[Secret, str]:
    """Sign in as the admin without a browser or a listener: the sandbox answers at once."""
    told = servers.document["zendesk"]
    attempt = oauth.begin(told["oauth_client_id"], "http://127.0.0.1:47615/callback")
    url = oauth.authorization_url(told["base_url"], attempt) + f"&auto=allow&as={told['email']}"
    async with httpx.AsyncClient() as client:
        target = (await client.get(url)).headers["location"]
    transport = HttpTransport("Zendesk", told["base_url"])
    answer = await transport.send(oauth.exchange(attempt, oauth.code_from(attempt, target)))
    await transport.aclose()
    now = SystemClock().now()
    tokens = oauth.read_tokens(answer, now)
    return {
        Secret.ZENDESK_ACCESS: f"{int(now) + 1800} {tokens.access}",
        Secret.ZENDESK_REFRESH: tokens.refresh or "",
    }


async def vault_of(servers: Servers) -> MemoryVault:
    told = servers.document["sailthru"]
    keys = {Secret.SAILTHRU_KEY: told["api_key"], Secret.SAILTHRU_SECRET: told["api_secret"]}
    return MemoryVault({**keys, **await grant(servers)})


@asynccontextmanager
async def signed_in(
    home: Path, servers: Servers, vault: MemoryVault, *, for_runs: bool = True
) -> AsyncIterator[House]:
    """A house of this home whose secrets are that vault's, as two processes share a keyring."""
    ground = replace(ground_at(home, servers.document), vault=lambda _workspace: vault)
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    house = build_house(ground, workspaces.open(NAME), workspaces)
    try:
        client = servers.document["zendesk"]["oauth_client_id"]
        house.live.change({"zendesk.auth": "oauth", "zendesk.oauth_client_id": client})
        await house.live.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()


def renewals(servers: Servers, since: int) -> int:
    asked = syncs.requests(servers, since)
    return sum((r["method"], r["path"]) == _RENEWALS for r in asked)


@pytest.mark.parametrize("name", [syncs.BY_POSTS, syncs.TO_ZENDESK])
async def test_expired_in_the_middle_it_is_renewed_once_and_the_run_goes_on(
    rough: Servers, city_home: Path, name: str
) -> None:
    """A window looks at Zendesk meanwhile: both meet the refusal, one of them renews."""
    syncs.people(rough, 20)
    vault = await vault_of(rough)
    expired = asyncio.Event()

    def checkpoint(passed: str) -> None:
        if passed == "claimed" and not expired.is_set():
            rough.control("POST", "expire-tokens")
            expired.set()

    async def look(window: House) -> int:
        zendesk = window.live.services.zendesk
        assert zendesk is not None
        await expired.wait()
        seen = await asyncio.gather(*(zendesk.recent_tickets() for _ in range(8)))
        return len(seen)

    async with (
        signed_in(city_home, rough, vault) as house,
        signed_in(city_home, rough, vault, for_runs=False) as window,
    ):
        goal = syncs.goal_for(house, name)
        since = len(syncs.requests(rough))
        run, seen = await asyncio.gather(
            syncs.run(house, goal, checkpoint=checkpoint), look(window)
        )
        assert syncs.troubles_of(house.store, rough, run) == []
        assert run.totals["updated"] == 20
    assert seen == 8
    assert expired.is_set()
    assert renewals(rough, since) == 1


async def test_a_lost_renewal_asks_to_sign_in_and_nothing_is_lost(
    rough: Servers, city_home: Path
) -> None:
    syncs.people(rough, 20)
    vault = await vault_of(rough)
    passed: list[str] = []

    def checkpoint(name: str) -> None:
        passed.append(name)
        if name == "claimed" and passed.count(name) == 1:
            rough.fault("zendesk:POST /oauth/tokens:reset-after")
            rough.control("POST", "expire-tokens")

    async with signed_in(city_home, rough, vault) as house:
        goal = syncs.goal_for(house, syncs.TO_ZENDESK)
        run = await syncs.run(house, goal, checkpoint=checkpoint)
        assert (run.state, run.error_code) == (RunState.FAILED, "auth_lost")
        assert "Sign in to Zendesk again" in run.error
        left = [row for row in syncs.rows_of(house.store, run.plan) if not row.state.final]
        assert len(left) == 20
        # Asked once more, Zendesk would take the old token for stolen: it is not.
        since = len(syncs.requests(rough))
        again = await syncs.run(house, goal, resume=run.id)
        assert (again.state, again.error_code) == (RunState.FAILED, "auth_lost")
        assert renewals(rough, since) == 0
        for secret, value in (await grant(rough)).items():
            await vault.set(secret, value)
        await house.live.connect(for_runs=True)
        done = await syncs.run(house, goal, resume=run.id)
        assert syncs.troubles_of(house.store, rough, done) == []
        assert done.totals["updated"] == 20

"""Keeping and renewing tokens: one renewal for everybody, the new pair stored first, none lost."""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from desktop.clients.exchange import Answer, Request
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import oauth
from desktop.connect.services import Services
from desktop.connect.tokens import TokenKeeper
from desktop.kit.errors import AuthLost, NoKeyring, Offline, TimedOut
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.headless.connect.running_sandbox import ROOT, RunningSandbox

NOW = 1_790_000_000.0


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.at = now

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


class Zendesk:
    """Answers refreshes with pair n, after doing what the script says first."""

    def __init__(self, *script: Exception | int | None) -> None:
        self.script = list(script)
        self.asked: list[str] = []

    async def send(self, request: Request) -> Answer:
        assert request.body is not None
        self.asked.append(json.loads(request.body)["refresh_token"])
        await asyncio.sleep(0.01)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            return Answer(step, {"content-type": "application/json"}, b'{"error":"invalid_grant"}')
        number = len(self.asked)
        pair = {"access_token": f"access{number}", "refresh_token": f"refresh{number}",
                "expires_in": 1800, "scope": "read write"}  # fmt: skip
        return Answer(200, {"content-type": "application/json"}, json.dumps(pair).encode())


def stored(expires_at: float = NOW + 1800) -> MemoryVault:
    return MemoryVault(
        {Secret.ZENDESK_ACCESS: f"{int(expires_at)} access0", Secret.ZENDESK_REFRESH: "refresh0"}
    )


def keeper(vault: object, zendesk: object, tmp_path: Path, clock: Clock | None = None) -> object:
    return TokenKeeper(vault, zendesk, "fairlead", tmp_path / "x.lock", clock or Clock())


async def test_a_token_that_lasts_is_used_without_a_request(tmp_path: Path) -> None:
    zendesk = Zendesk()
    assert await keeper(stored(), zendesk, tmp_path).header() == "Bearer access0"
    assert zendesk.asked == []


async def test_it_is_renewed_before_its_end_and_kept(tmp_path: Path) -> None:
    zendesk, clock, vault = Zendesk(), Clock(), stored()
    one = keeper(vault, zendesk, tmp_path, clock)
    await one.header()
    clock.at += 1800 - 61
    assert await one.header() == "Bearer access0"
    clock.at += 2
    assert await one.header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh1"
    assert await keeper(vault, zendesk, tmp_path, clock).header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]


async def test_a_token_without_an_end_is_used_until_it_is_refused(tmp_path: Path) -> None:
    vault = MemoryVault({Secret.ZENDESK_ACCESS: "0 forever"})
    one = keeper(vault, Zendesk(), tmp_path)
    assert await one.header() == "Bearer forever"
    assert not await one.refreshed()
    with pytest.raises(AuthLost, match="Sign in again"):
        await one.header()


async def test_the_refresh_token_is_stored_first(tmp_path: Path) -> None:
    order: list[Secret] = []

    class Noting(MemoryVault):
        async def set(self, secret: Secret, value: str) -> None:
            order.append(secret)
            await super().set(secret, value)

    vault = Noting({Secret.ZENDESK_ACCESS: "1 access0", Secret.ZENDESK_REFRESH: "refresh0"})
    await keeper(vault, Zendesk(), tmp_path).header()
    assert order == [Secret.ZENDESK_REFRESH, Secret.ZENDESK_ACCESS]


async def test_a_pair_the_vault_refused_is_not_lost(tmp_path: Path) -> None:
    class Locking(MemoryVault):
        locked = True

        async def set(self, secret: Secret, value: str) -> None:
            if self.locked:
                raise NoKeyring("The keyring is locked.")
            await super().set(secret, value)

    vault = Locking({Secret.ZENDESK_ACCESS: "1 access0", Secret.ZENDESK_REFRESH: "refresh0"})
    zendesk = Zendesk()
    one = keeper(vault, zendesk, tmp_path)
    for _ in range(2):
        with pytest.raises(NoKeyring):
            await one.header()
    vault.locked = False
    assert await one.header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh1"


async def test_many_at_once_ask_once(tmp_path: Path) -> None:
    zendesk, vault = Zendesk(), stored(NOW - 5)
    keepers = [keeper(vault, zendesk, tmp_path) for _ in range(4)]
    headers = await asyncio.gather(*(one.header() for one in keepers for _ in range(3)))
    assert set(headers) == {"Bearer access1"}
    assert zendesk.asked == ["refresh0"]


async def test_who_was_refused_finds_what_another_process_renewed(tmp_path: Path) -> None:
    zendesk, vault = Zendesk(), stored()
    mine, other = keeper(vault, zendesk, tmp_path), keeper(vault, zendesk, tmp_path)
    await mine.header()
    await other.header()
    assert await other.refreshed()
    assert await mine.refreshed()
    assert await mine.header() == await other.header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]


async def test_an_answer_lost_before_zendesk_had_it_costs_nothing(tmp_path: Path) -> None:
    zendesk = Zendesk(TimedOut("lost"))
    assert await keeper(stored(1), zendesk, tmp_path).header() == "Bearer access2"
    assert zendesk.asked == ["refresh0", "refresh0"]


async def test_an_answer_lost_afterwards_asks_to_sign_in_and_asks_zendesk_no_more(
    tmp_path: Path,
) -> None:
    zendesk, vault = Zendesk(TimedOut("lost"), 400), stored(1)
    one = keeper(vault, zendesk, tmp_path)
    with pytest.raises(AuthLost, match="lost on the way") as caught:
        await one.header()
    assert "kept" in caught.value.message
    for _ in range(3):
        with pytest.raises(AuthLost):
            await one.header()
    assert len(zendesk.asked) == 2
    await one.keep(oauth.Tokens("fresh", "r", frozenset({"read", "write"}), NOW + 900, None))
    assert await one.header() == "Bearer fresh"


async def test_a_revoked_sign_in_is_asked_for_once(tmp_path: Path) -> None:
    zendesk = Zendesk(400, 400, 400)
    one = keeper(stored(), zendesk, tmp_path)
    await one.header()
    assert not await one.refreshed()
    for _ in range(3):
        with pytest.raises(AuthLost, match="signed out"):
            await one.header()
    assert zendesk.asked == ["refresh0"]


async def test_offline_keeps_the_pair_and_the_last_minute_is_used(tmp_path: Path) -> None:
    clock, vault = Clock(), stored(NOW + 30)
    zendesk = Zendesk(Offline("away"), Offline("away"))
    one = keeper(vault, zendesk, tmp_path, clock)
    assert await one.header() == "Bearer access0"
    clock.at += 31
    with pytest.raises(Offline):
        await one.header()
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh0"
    assert await one.header() == "Bearer access3"


async def test_signed_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(AuthLost, match="signed out"):
        await keeper(MemoryVault(), Zendesk(), tmp_path).header()
    damaged = MemoryVault({Secret.ZENDESK_ACCESS: "nonsense"})
    with pytest.raises(AuthLost):
        await keeper(damaged, Zendesk(), tmp_path).header()


async def test_signing_out_erases_even_when_zendesk_is_away(tmp_path: Path) -> None:
    class Away:
        async def send(self, request: Request) -> Answer:
            raise Offline("away")

    vault = stored()
    one = keeper(vault, Away(), tmp_path)
    assert not await one.sign_out()
    assert await vault.get(Secret.ZENDESK_REFRESH) is None
    assert await vault.get(Secret.ZENDESK_ACCESS) is None
    with pytest.raises(AuthLost):
        await one.header()


CHILD = """
import asyncio, json, sys
from pathlib import Path
from desktop.clients.transport import HttpTransport
from desktop.connect.tokens import TokenKeeper
from desktop.vault.secret import clean

class FileVault:
    def __init__(self, path): self.path = path
    async def get(self, secret): return json.loads(self.path.read_text()).get(secret.value)
    async def set(self, secret, value):
        kept = {**json.loads(self.path.read_text()), secret.value: value}
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(self.path)

async def main():
    folder, base_url, client_id = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    transport = HttpTransport("Zendesk", base_url)
    keeper = TokenKeeper(FileVault(folder / "vault.json"), transport, client_id, folder / "x.lock")
    print("ready", flush=True)
    sys.stdin.readline()
    print(await keeper.header(), flush=True)
    await transport.aclose()
asyncio.run(main())
"""


async def grant(sandbox: RunningSandbox) -> oauth.Tokens:
    """Sign in without a browser or a listener: the sandbox answers at once."""
    attempt = oauth.begin(sandbox.client_id, "http://127.0.0.1:47615/callback")
    url = oauth.authorization_url(sandbox.zendesk, attempt) + "&auto=allow"
    async with httpx.AsyncClient() as client:
        target = (await client.get(url)).headers["location"]
    transport = HttpTransport("Zendesk", sandbox.zendesk)
    answer = await transport.send(oauth.exchange(attempt, oauth.code_from(attempt, target)))
    await transport.aclose()
    return oauth.read_tokens(answer, time.time())


def headers_of_two(folder: Path, sandbox: RunningSandbox) -> set[str]:
    """What two processes get that ask for the header at the same moment."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), sandbox.zendesk, sandbox.client_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    return {child.communicate(timeout=20)[0] for child in children}


async def test_two_processes_at_once_make_one_request(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    tokens = await grant(sandbox)
    (tmp_path / "vault.json").write_text(
        json.dumps(
            {
                Secret.ZENDESK_ACCESS.value: f"1 {tokens.access}",
                Secret.ZENDESK_REFRESH.value: tokens.refresh,
            }
        )
    )
    sandbox.quiet()
    said = await asyncio.to_thread(headers_of_two, tmp_path, sandbox)
    assert len(said) == 1
    assert said.pop().startswith("Bearer ")
    assert sandbox.grants() == 1


async def test_a_client_goes_on_over_an_expired_token(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    vault = MemoryVault()
    transport = HttpTransport("Zendesk", sandbox.zendesk)
    one = TokenKeeper(vault, transport, sandbox.client_id, tmp_path / "x.lock")
    await one.keep(await grant(sandbox))
    sandbox.quiet()
    sandbox.control("POST", "expire-tokens")
    async with Services().zendesk(sandbox.zendesk, one) as client:
        people = await asyncio.gather(*(client.me() for _ in range(3)))
    await transport.aclose()
    assert {person.role for person in people} == {"admin"}
    assert sandbox.grants() == 1


async def test_the_real_lost_answer_asks_to_sign_in(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    vault = MemoryVault()
    transport = HttpTransport("Zendesk", sandbox.zendesk)
    one = TokenKeeper(vault, transport, sandbox.client_id, tmp_path / "x.lock")
    await one.keep(await grant(sandbox))
    sandbox.quiet().fault("zendesk:POST /oauth/tokens:reset-after", times=1)
    assert not await one.refreshed()
    with pytest.raises(AuthLost, match="lost on the way"):
        await one.header()
    await transport.aclose()
    assert sandbox.grants() == 2


async def test_signing_out_ends_the_token_at_zendesk(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    transport = HttpTransport("Zendesk", sandbox.zendesk)
    one = TokenKeeper(MemoryVault(), transport, sandbox.client_id, tmp_path / "x.lock")
    tokens = await grant(sandbox)
    await one.keep(tokens)
    assert await one.sign_out()
    answer = await transport.send(oauth.current(tokens.access))
    await transport.aclose()
    assert answer.status == 401

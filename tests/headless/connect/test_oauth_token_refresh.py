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

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.oauth import OAuthTokens, authorization_code_from, start_attempt
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import oauth
from desktop.connect.oauth_token_manager import OAuthTokenManager
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.errors import (
    AuthenticationError,
    KeyringError,
    ResponseTimeout,
    ServiceUnreachable,
)
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.child_processes import ROOT
from tests.support.setup_sandbox import SetupSandbox

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

    async def send(self, request: HttpRequest) -> HttpResponse:
        assert request.body is not None
        self.asked.append(json.loads(request.body)["refresh_token"])
        await asyncio.sleep(0.01)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            return HttpResponse(
                step, {"content-type": "application/json"}, b'{"error":"invalid_grant"}'
            )
        number = len(self.asked)
        pair = {"access_token": f"access{number}", "refresh_token": f"refresh{number}",
                "expires_in": 1800, "scope": "read write"}  # fmt: skip
        return HttpResponse(200, {"content-type": "application/json"}, json.dumps(pair).encode())


def stored(expires_at: float = NOW + 1800) -> MemoryVault:
    return MemoryVault(
        {Secret.ZENDESK_ACCESS: f"{int(expires_at)} access0", Secret.ZENDESK_REFRESH: "refresh0"}
    )


def keeper(vault: object, zendesk: object, tmp_path: Path, clock: Clock | None = None) -> object:
    return OAuthTokenManager(
        vault, zendesk, oauth.ZendeskOAuthClient("fairlead"), tmp_path / "x.lock", clock or Clock()
    )


async def test_token_valid_is_used_without_request(tmp_path: Path) -> None:
    zendesk = Zendesk()
    assert await keeper(stored(), zendesk, tmp_path).authorization_header() == "Bearer access0"
    assert zendesk.asked == []


async def test_token_is_refreshed_before_expiry_and_stored(tmp_path: Path) -> None:
    zendesk, clock, vault = Zendesk(), Clock(), stored()
    one = keeper(vault, zendesk, tmp_path, clock)
    await one.authorization_header()
    clock.at += 1800 - 61
    assert await one.authorization_header() == "Bearer access0"
    clock.at += 2
    assert await one.authorization_header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh1"
    assert await keeper(vault, zendesk, tmp_path, clock).authorization_header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]


async def test_token_without_expiry_is_used_until_refused(tmp_path: Path) -> None:
    vault = MemoryVault({Secret.ZENDESK_ACCESS: "0 forever"})
    one = keeper(vault, Zendesk(), tmp_path)
    assert await one.authorization_header() == "Bearer forever"
    assert not await one.refresh()
    with pytest.raises(AuthenticationError, match="Sign in again"):
        await one.authorization_header()


async def test_refreshed_pair_is_stored_before_use(tmp_path: Path) -> None:
    order: list[Secret] = []

    class Noting(MemoryVault):
        async def set(self, secret: Secret, value: str) -> None:
            order.append(secret)
            await super().set(secret, value)

    vault = Noting({Secret.ZENDESK_ACCESS: "1 access0", Secret.ZENDESK_REFRESH: "refresh0"})
    await keeper(vault, Zendesk(), tmp_path).authorization_header()
    assert order == [Secret.ZENDESK_REFRESH, Secret.ZENDESK_ACCESS]


async def test_refreshed_pair_survives_vault_failure(tmp_path: Path) -> None:
    class Locking(MemoryVault):
        locked = True

        async def set(self, secret: Secret, value: str) -> None:
            if self.locked:
                raise KeyringError("The keyring is locked.")
            await super().set(secret, value)

    vault = Locking({Secret.ZENDESK_ACCESS: "1 access0", Secret.ZENDESK_REFRESH: "refresh0"})
    zendesk = Zendesk()
    one = keeper(vault, zendesk, tmp_path)
    for _ in range(2):
        with pytest.raises(KeyringError):
            await one.authorization_header()
    vault.locked = False
    assert await one.authorization_header() == "Bearer access1"
    assert zendesk.asked == ["refresh0"]
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh1"


async def test_refresh_concurrent_callers_send_one_request(tmp_path: Path) -> None:
    zendesk, vault = Zendesk(), stored(NOW - 5)
    keepers = [keeper(vault, zendesk, tmp_path) for _ in range(4)]
    headers = await asyncio.gather(
        *(one.authorization_header() for one in keepers for _ in range(3))
    )
    assert set(headers) == {"Bearer access1"}
    assert zendesk.asked == ["refresh0"]


async def test_refused_token_reads_pair_refreshed_by_other_process(tmp_path: Path) -> None:
    zendesk, vault = Zendesk(), stored()
    mine, other = keeper(vault, zendesk, tmp_path), keeper(vault, zendesk, tmp_path)
    await mine.authorization_header()
    await other.authorization_header()
    assert await other.refresh()
    assert await mine.refresh()
    assert (
        await mine.authorization_header() == await other.authorization_header() == "Bearer access1"
    )
    assert zendesk.asked == ["refresh0"]


async def test_refresh_connection_lost_before_request_is_retried(tmp_path: Path) -> None:
    zendesk = Zendesk(ResponseTimeout("lost"))
    assert await keeper(stored(1), zendesk, tmp_path).authorization_header() == "Bearer access2"
    assert zendesk.asked == ["refresh0", "refresh0"]


async def test_refresh_lost_response_asks_for_sign_in_once(
    tmp_path: Path,
) -> None:
    zendesk, vault = Zendesk(ResponseTimeout("lost"), 400), stored(1)
    one = keeper(vault, zendesk, tmp_path)
    with pytest.raises(AuthenticationError, match="lost on the way") as caught:
        await one.authorization_header()
    assert "kept" in caught.value.message
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await one.authorization_header()
    assert len(zendesk.asked) == 2
    await one.save_tokens(OAuthTokens("fresh", "r", frozenset({"read", "write"}), NOW + 900, None))
    assert await one.authorization_header() == "Bearer fresh"


async def test_refresh_revoked_sign_in_asks_once(tmp_path: Path) -> None:
    zendesk = Zendesk(400, 400, 400)
    one = keeper(stored(), zendesk, tmp_path)
    await one.authorization_header()
    assert not await one.refresh()
    for _ in range(3):
        with pytest.raises(AuthenticationError, match="signed out"):
            await one.authorization_header()
    assert zendesk.asked == ["refresh0"]


async def test_refresh_offline_keeps_pair_and_uses_last_minute(tmp_path: Path) -> None:
    clock, vault = Clock(), stored(NOW + 30)
    zendesk = Zendesk(ServiceUnreachable("away"), ServiceUnreachable("away"))
    one = keeper(vault, zendesk, tmp_path, clock)
    assert await one.authorization_header() == "Bearer access0"
    clock.at += 31
    with pytest.raises(ServiceUnreachable):
        await one.authorization_header()
    assert await vault.get(Secret.ZENDESK_REFRESH) == "refresh0"
    assert await one.authorization_header() == "Bearer access3"


async def test_token_signed_out_is_reported(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="signed out"):
        await keeper(MemoryVault(), Zendesk(), tmp_path).authorization_header()
    damaged = MemoryVault({Secret.ZENDESK_ACCESS: "nonsense"})
    with pytest.raises(AuthenticationError):
        await keeper(damaged, Zendesk(), tmp_path).authorization_header()


async def test_sign_out_offline_erases_tokens(tmp_path: Path) -> None:
    class Away:
        async def send(self, request: HttpRequest) -> HttpResponse:
            raise ServiceUnreachable("away")

    vault = stored()
    one = keeper(vault, Away(), tmp_path)
    assert not await one.sign_out()
    assert await vault.get(Secret.ZENDESK_REFRESH) is None
    assert await vault.get(Secret.ZENDESK_ACCESS) is None
    with pytest.raises(AuthenticationError):
        await one.authorization_header()


CHILD = """
import asyncio, json, sys
from pathlib import Path
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk.oauth import ZendeskOAuthClient
from desktop.connect.oauth_token_manager import OAuthTokenManager

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
    vault, lock = FileVault(folder / "vault.json"), folder / "x.lock"
    keeper = OAuthTokenManager(vault, transport, ZendeskOAuthClient(client_id), lock)
    print("ready", flush=True)
    sys.stdin.readline()
    print(await keeper.authorization_header(), flush=True)
    await transport.aclose()
asyncio.run(main())
"""


async def grant(sandbox: SetupSandbox) -> OAuthTokens:
    """Sign in without a browser or a listener: the sandbox answers at once."""
    attempt = start_attempt(sandbox.client_id, "http://127.0.0.1:47615/callback", oauth.OAUTH_SCOPE)
    url = oauth.authorization_url(sandbox.zendesk_url, attempt) + "&auto=allow"
    async with httpx.AsyncClient() as client:
        target = (await client.get(url)).headers["location"]
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    answer = await transport.send(
        oauth.code_exchange_request(attempt, authorization_code_from(attempt, target))
    )
    await transport.aclose()
    return oauth.parse_tokens(answer, time.time())


def headers_of_two(folder: Path, sandbox: SetupSandbox) -> set[str]:
    """What two processes get that ask for the header at the same moment."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), sandbox.zendesk_url, sandbox.client_id],
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


async def test_refresh_two_processes_send_one_request(
    sandbox: SetupSandbox, tmp_path: Path
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
    sandbox.forget_test()
    said = await asyncio.to_thread(headers_of_two, tmp_path, sandbox)
    assert len(said) == 1
    assert said.pop().startswith("Bearer ")
    assert sandbox.count_token_requests() == 1


async def test_client_continues_after_token_expiry(sandbox: SetupSandbox, tmp_path: Path) -> None:
    vault = MemoryVault()
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    one = OAuthTokenManager(
        vault, transport, oauth.ZendeskOAuthClient(sandbox.client_id), tmp_path / "x.lock"
    )
    await one.save_tokens(await grant(sandbox))
    sandbox.forget_test()
    sandbox.control("POST", "expire-tokens")
    async with TemporaryClients().zendesk(sandbox.zendesk_url, one) as client:
        people = await asyncio.gather(*(client.me() for _ in range(3)))
    await transport.aclose()
    assert {person.role for person in people} == {"admin"}
    assert sandbox.count_token_requests() == 1


async def test_refresh_lost_response_at_sandbox_asks_for_sign_in(
    sandbox: SetupSandbox, tmp_path: Path
) -> None:
    vault = MemoryVault()
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    one = OAuthTokenManager(
        vault, transport, oauth.ZendeskOAuthClient(sandbox.client_id), tmp_path / "x.lock"
    )
    await one.save_tokens(await grant(sandbox))
    sandbox.forget_test().add_fault("zendesk:POST /oauth/tokens:reset-after", times=1)
    assert not await one.refresh()
    with pytest.raises(AuthenticationError, match="lost on the way"):
        await one.authorization_header()
    await transport.aclose()
    assert sandbox.count_token_requests() == 2


async def is_refresh_token_alive(transport: HttpTransport, client_id: str, refresh: str) -> bool:
    answer = await transport.send(oauth.refresh_request(client_id, refresh))
    return answer.status in (200, 201)


@pytest.mark.parametrize("told_by", ["clock", "answer", "lost entry"])
async def test_sign_out_with_ended_access_token_revokes_refresh_token_too(
    told_by: str, sandbox: SetupSandbox, tmp_path: Path
) -> None:
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    vault, clock = MemoryVault(), Clock(time.time())
    one = OAuthTokenManager(
        vault, transport, oauth.ZendeskOAuthClient(sandbox.client_id), tmp_path / "x.lock", clock
    )
    tokens = await grant(sandbox)
    await one.save_tokens(tokens)
    before = sandbox.control("GET", "tokens")
    await transport.send(HttpRequest("POST", "/sandbox/expire-tokens", "/sandbox/expire-tokens"))
    if told_by == "clock":
        clock.at += 2_000
    if told_by == "lost entry":
        await vault.delete(Secret.ZENDESK_ACCESS)
    assert await one.sign_out()
    after = sandbox.control("GET", "tokens")
    assert tokens.refresh is not None
    assert not await is_refresh_token_alive(transport, sandbox.client_id, tokens.refresh)
    await transport.aclose()
    assert after["access"] < before["access"], (before, after)
    assert await vault.get(Secret.ZENDESK_REFRESH) is None


async def test_sign_out_with_both_tokens_refused_is_not_called_revoked(tmp_path: Path) -> None:
    class Refusing:
        async def send(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse(
                401, {"content-type": "application/json"}, b'{"error":"invalid_token"}'
            )

    vault = stored()
    assert not await keeper(vault, Refusing(), tmp_path).sign_out()
    assert await vault.get(Secret.ZENDESK_REFRESH) is None


async def test_sign_out_revokes_token_at_zendesk(sandbox: SetupSandbox, tmp_path: Path) -> None:
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    one = OAuthTokenManager(
        MemoryVault(), transport, oauth.ZendeskOAuthClient(sandbox.client_id), tmp_path / "x.lock"
    )
    tokens = await grant(sandbox)
    await one.save_tokens(tokens)
    assert await one.sign_out()
    answer = await transport.send(oauth.token_info_request(tokens.access))
    await transport.aclose()
    assert answer.status == 401

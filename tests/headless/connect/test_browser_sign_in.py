"""The whole sign-in against the sandbox's pages: allowed, denied, disturbed, cancelled."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.oauth import OAuthTokens, start_attempt
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import oauth
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.disconnect import sign_out_of_zendesk
from desktop.connect.doctor import run_doctor
from desktop.connect.interactive_sign_in import sign_in_interactively
from desktop.connect.oauth_redirect_listener import REDIRECT_PORTS
from desktop.connect.oauth_sign_in import OAuthSignInRequest, sign_in_with_browser
from desktop.kit.errors import (
    AuthenticationError,
    Forbidden,
    InvalidInput,
    NotPermitted,
    UserDecisionNeeded,
)
from desktop.model.permission import Role
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues
from desktop.vault.secret import Secret
from tests.support.setup_sandbox import SetupSandbox
from tests.support.sign_in_browser import Browser, hold_redirect_ports


@pytest.fixture(autouse=True)
def own_ports() -> Iterator[None]:
    with hold_redirect_ports():
        yield


async def signed_in(sandbox: SetupSandbox, browser: Browser, **more: object) -> OAuthTokens:
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    try:
        request = OAuthSignInRequest(
            sandbox.zendesk_url, oauth.ZendeskOAuthClient(sandbox.client_id), **more
        )
        return await sign_in_with_browser(request, transport, browser)
    finally:
        await transport.aclose()
        await browser.closed()


def nobody_listens() -> bool:
    """Whether this process listens on none of the ports; other tests may, beside it."""
    own = {os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if is_open(fd)}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        listens, port = words[3] == "0A", int(words[1].rpartition(":")[2], 16)
        if listens and port in REDIRECT_PORTS and f"socket:[{words[9]}]" in own:
            return False
    return True


def is_open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


async def test_sign_in_allowed_gives_working_tokens(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    browser = Browser("&auto=allow&as=kim@acme.example")
    tokens = await signed_in(sandbox, browser)
    assert tokens.refresh
    assert tokens.expires_at
    assert not tokens.missing_scopes(oauth.OAUTH_SCOPE)
    assert browser.asked["code_challenge_method"] == ["S256"]
    assert browser.asked["redirect_uri"][0] in [
        f"http://127.0.0.1:{p}/callback" for p in REDIRECT_PORTS
    ]
    assert len(browser.asked["state"][0]) >= 32
    page = browser.pages[-1]
    assert page.status_code == 200
    for secret in (parse_qs(page.url.query.decode())["code"][0], browser.asked["state"][0]):
        assert secret not in page.text
    assert nobody_listens()
    values = SettingsValues({"zendesk.oauth_client_id": sandbox.client_id})
    async with desk.temporary_clients(values).transport(
        "Zendesk", sandbox.zendesk_url
    ) as transport:
        keeper = desk.token_manager(values, transport)
        await keeper.save_tokens(tokens)
        async with desk.temporary_clients(values).zendesk(sandbox.zendesk_url, keeper) as client:
            assert (await client.me()).email == "kim@acme.example"


async def test_sign_in_denied_is_reported(sandbox: SetupSandbox) -> None:
    with pytest.raises(AuthenticationError, match="Access was refused in the browser"):
        await signed_in(sandbox, Browser("&auto=deny"))
    assert sandbox.count_token_requests() == 0
    assert nobody_listens()


@pytest.mark.parametrize(
    "planted",
    ["code=stolen&state=other", "code=stolen", "code=stolen&state=", "error=x&state=other",
     "code=stolen&state=a&state=b", ""],
)  # fmt: skip
async def test_sign_in_forged_redirect_is_ignored(sandbox: SetupSandbox, planted: str) -> None:
    def plant(url: str) -> str:
        return parse_qs(urlsplit(url).query)["redirect_uri"][0] + "?" + planted

    browser = Browser(before=plant)
    tokens = await signed_in(sandbox, browser)
    assert tokens.access
    assert [page.status_code for page in browser.pages] == [400, 200]
    assert sandbox.count_token_requests() == 1


async def test_sign_in_replayed_redirect_and_code_are_refused(
    sandbox: SetupSandbox,
) -> None:
    browser = Browser()
    await signed_in(sandbox, browser)
    landed = browser.pages[-1].url
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(landed)
    attempt = start_attempt(sandbox.client_id, str(landed).partition("?")[0], oauth.OAUTH_SCOPE)
    code = parse_qs(landed.query.decode())["code"][0]
    transport = HttpTransport("Zendesk", sandbox.zendesk_url)
    answer = await transport.send(oauth.code_exchange_request(attempt, code))
    await transport.aclose()
    with pytest.raises(AuthenticationError):
        oauth.parse_tokens(answer, 0)


async def test_sign_in_closed_browser_times_out(sandbox: SetupSandbox) -> None:
    with pytest.raises(UserDecisionNeeded, match="Start the sign-in again"):
        await signed_in(sandbox, Browser(""), limit_s=0.05)
    assert nobody_listens()


async def test_sign_in_cancelled_closes_listener(sandbox: SetupSandbox) -> None:
    browser = Browser("")
    task = asyncio.create_task(signed_in(sandbox, browser))
    await browser.was_opened.wait()
    assert not nobody_listens()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert nobody_listens()
    assert sandbox.count_token_requests() == 0


async def test_sign_in_retry_has_new_state_and_verifier(sandbox: SetupSandbox) -> None:
    first, second = Browser(), Browser()
    await signed_in(sandbox, first)
    await signed_in(sandbox, second)
    for name in ("state", "code_challenge"):
        assert first.asked[name] != second.asked[name]


async def test_sign_in_without_client_names_who_creates_it() -> None:
    with pytest.raises(InvalidInput, match="admin"):
        await sign_in_with_browser(
            OAuthSignInRequest("https://acme.zendesk.com", oauth.ZendeskOAuthClient("")),
            Granting("read"),
            print,
        )


class Granting:
    """A Zendesk that grants these scopes, whatever was asked."""

    def __init__(self, scope: str) -> None:
        self._scope = scope

    async def send(self, request: HttpRequest) -> HttpResponse:
        body = f'{{"access_token": "a", "refresh_token": "r", "scope": "{self._scope}"}}'
        return HttpResponse(200, {"content-type": "application/json"}, body.encode())


async def test_sign_in_missing_scope_is_refused() -> None:
    browser = Browser("")

    def allow(url: str) -> None:
        browser.opened = url
        asked = browser.asked
        query = f"?code=c&state={asked['state'][0]}"
        browser.answer = query
        browser._task = asyncio.create_task(browser._go(asked["redirect_uri"][0]))

    with pytest.raises(Forbidden, match="write"):
        await sign_in_with_browser(
            OAuthSignInRequest("https://acme.zendesk.com", oauth.ZendeskOAuthClient("fairlead")),
            Granting("read"),
            allow,
        )
    await browser.closed()


@pytest.fixture
def ready(sandbox: SetupSandbox, desk: ConnectionConfig) -> ConnectionConfig:
    desk.settings_file.change(
        {"zendesk.base_url": sandbox.zendesk_url, "zendesk.oauth_client_id": sandbox.client_id}
    )
    return desk


async def test_sign_in_stores_tokens_and_removes_api_token(ready: ConnectionConfig) -> None:
    await ready.vault.set(Secret.ZENDESK_TOKEN, "old-api-token")
    browser = Browser("&auto=allow&as=kim@acme.example")
    actor = await sign_in_interactively(ready, browser)
    await browser.closed()
    assert (actor.name, actor.role) == ("Kim Park", Role.AGENT)
    assert ready.settings_file.load().values.get(settings_table.ZENDESK_AUTH) == "oauth"
    assert await ready.vault.get(Secret.ZENDESK_REFRESH)
    assert await ready.vault.get(Secret.ZENDESK_TOKEN) is None
    report = await run_doctor(ready)
    names = {check.name: check for check in report.checks}
    assert names["Zendesk: scopes"].is_ok
    assert names["Zendesk: role"].is_ok
    assert report.actor == actor
    goodbye = await sign_out_of_zendesk(ready)
    assert goodbye.is_revoked
    assert await ready.vault.get(Secret.ZENDESK_REFRESH) is None


async def test_sign_in_as_end_user_is_refused_and_token_revoked(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    before = sandbox.control("GET", "tokens")["access"]
    browser = Browser("&auto=allow&as=maria@lopez.example")
    with pytest.raises(NotPermitted, match="end user"):
        await sign_in_interactively(ready, browser)
    await browser.closed()
    assert sandbox.control("GET", "tokens")["access"] == before
    assert await ready.vault.get(Secret.ZENDESK_REFRESH) is None


async def test_sign_in_without_account_is_refused(desk: ConnectionConfig) -> None:
    with pytest.raises(InvalidInput, match="No Zendesk account"):
        await sign_in_interactively(desk, Browser(""))

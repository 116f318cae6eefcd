"""Zendesk Sell by OAuth: signed in, renewed one process at a time, ended, revoked."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from desktop.clients.sell.oauth import SellOAuthClient
from desktop.clients.transport import HttpTransport
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.disconnect import disconnect_sell, disconnect_workspace
from desktop.connect.doctor import DoctorReport, run_doctor
from desktop.connect.sell_sign_in import sign_in_to_sell
from desktop.connect.setup_document import parse_setup_document
from desktop.connect.workspace_setup import SetupReport, set_up_workspace
from desktop.kit.errors import AuthenticationError, InvalidInput, NotPermitted
from desktop.settings import settings_table
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.environment_vault import EnvironmentVault, read_environment_secrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import SELL_SECRETS, Secret
from tests.support import sell_oauth
from tests.support.child_processes import ROOT
from tests.support.sandbox_process import agent_document
from tests.support.setup_sandbox import SetupSandbox
from tests.support.sign_in_browser import Browser, hold_redirect_ports

BOTH_RENEWALS = pytest.mark.parametrize("rotates", [True, False])


@pytest.fixture(autouse=True)
def both_ways(sandbox: SetupSandbox) -> Iterator[None]:
    yield
    sandbox.control("POST", "account", {"sell_refresh_rotation": "on", "sell_user": "on"})


@pytest.fixture
def ports() -> Iterator[None]:
    with hold_redirect_ports():
        yield


def oauth_section(sandbox: SetupSandbox, **more: str) -> dict[str, Any]:
    about = sandbox.connection_document["sell"]
    named = ("base_url", "oauth_client_id", "oauth_client_secret")
    return {**{name: about[name] for name in named}, **more}


def document(sandbox: SetupSandbox, **more: str) -> dict[str, Any]:
    return {**sandbox.connection_document, "sell": oauth_section(sandbox, **more)}


async def connect(sandbox: SetupSandbox, desk: ConnectionConfig) -> dict[str, Any]:
    """Connect Sell by a refresh token; returns the tokens that were handed over."""
    tokens = sell_oauth.sign_in(sandbox)
    report = await set_up_workspace(document(sandbox, refresh_token=tokens["refresh_token"]), desk)
    assert report.is_ok, report.checks
    return tokens


def failed_check(report: SetupReport | DoctorReport) -> Any:
    (check,) = (c for c in report.checks if c.name.startswith("Zendesk Sell") and not c.is_ok)
    return check


async def header(desk: ConnectionConfig) -> str:
    values = desk.settings_file.load().values
    address = values.get(settings_table.SELL_BASE_URL)
    transport = HttpTransport("Zendesk Sell", address)
    try:
        credentials = await desk.sell_credentials(values, transport)
        assert credentials is not None
        return await credentials.authorization_header()
    finally:
        await transport.aclose()


@BOTH_RENEWALS
async def test_setup_with_refresh_token_connects_sell(
    sandbox: SetupSandbox, desk: ConnectionConfig, rotates: bool
) -> None:
    sandbox.control("POST", "account", {"sell_refresh_rotation": rotates})
    tokens = await connect(sandbox, desk)
    values = desk.settings_file.load().values
    assert values.get(settings_table.SELL_AUTH) == "oauth"
    assert values.get(settings_table.SELL_ENABLED)
    kept = await desk.vault.get(Secret.SELL_REFRESH)
    assert (kept == tokens["refresh_token"]) is not rotates
    assert await desk.vault.get(Secret.SELL_HOST) == sandbox.sell_url
    text = desk.workspace.settings_path.read_text()
    for secret in SELL_SECRETS[1:]:
        assert str(await desk.vault.get(secret)) not in text
    access = (await header(desk)).removeprefix("Bearer ")
    assert sell_oauth.is_accepted(sandbox, access)
    assert (await run_doctor(desk)).is_ok


@BOTH_RENEWALS
async def test_expired_token_is_renewed_and_stored(
    sandbox: SetupSandbox, desk: ConnectionConfig, rotates: bool
) -> None:
    await connect(sandbox, desk)
    sandbox.control("POST", "account", {"sell_refresh_rotation": rotates})
    before = await desk.vault.get(Secret.SELL_ACCESS)
    sandbox.control("POST", "expire-tokens")
    report = await run_doctor(desk)
    assert report.is_ok, report.checks
    after = await desk.vault.get(Secret.SELL_ACCESS)
    assert after is not None
    assert after != before
    assert sell_oauth.is_accepted(sandbox, after.partition(" ")[2])


async def test_tokens_are_stored_before_they_are_used(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    asked: list[int] = []

    class NotingVault(MemoryVault):
        async def set(self, secret: Secret, value: str) -> None:
            if secret is Secret.SELL_ACCESS:
                counted = sandbox.control("GET", "requests")["requests"]
                asked.append(sum(n for what, n in counted.items() if "users/self" in what))
            await super().set(secret, value)

    sandbox.forget_test()
    await connect(sandbox, replace(desk, vault=NotingVault({})))
    assert asked == [0]


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"refresh_token": "x" * 64}, "You are signed out of Zendesk Sell."),
        ({"oauth_client_secret": "wrong"}, "Zendesk Sell refused the OAuth client."),
        ({"oauth_client_id": "other"}, "Zendesk Sell refused the OAuth client."),
    ],
)
async def test_refused_sign_in_is_not_stored_and_the_rest_is(
    sandbox: SetupSandbox, desk: ConnectionConfig, changes: dict[str, str], title: str
) -> None:
    refresh = sell_oauth.sign_in(sandbox)["refresh_token"]
    report = await set_up_workspace(document(sandbox, refresh_token=refresh), desk)
    await disconnect_workspace(desk)
    assert report.is_ok
    again = {"refresh_token": sell_oauth.sign_in(sandbox)["refresh_token"], **changes}
    report = await set_up_workspace(document(sandbox, **again), desk)
    assert report.is_stored
    check = failed_check(report)
    assert title in f"{check.detail} {check.hint}"
    assert "Settings › Connections" in check.hint
    assert [await desk.vault.get(secret) for secret in SELL_SECRETS] == [None] * 4
    values = desk.settings_file.load().values
    assert not values.get(settings_table.SELL_ENABLED)
    assert not values.get(settings_table.SELL_CLIENT_ID)


async def test_sign_in_that_opens_nothing_is_revoked(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    tokens = sell_oauth.sign_in(sandbox, scope="write")
    refresh = tokens["refresh_token"]
    sandbox.control("POST", "account", {"sell_refresh_rotation": "off"})
    await set_up_workspace(document(sandbox, refresh_token=refresh), desk)
    assert await desk.vault.get(Secret.SELL_REFRESH) is None
    assert sell_oauth.renew(sandbox, refresh).body["error"] == "invalid_grant"


async def test_dead_refresh_token_says_where_to_sign_in_again(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    kept = str(await desk.vault.get(Secret.SELL_REFRESH))
    sell_oauth.post_form(sandbox, "revoke", token=kept)
    check = failed_check(await run_doctor(desk))
    assert "Sign in to Zendesk Sell again in Settings › Connections" in check.hint
    # Said also without Sell being asked with a token that is known to be dead.
    await desk.vault.set(Secret.SELL_ACCESS, "1 dead")
    with pytest.raises(AuthenticationError, match="signed out of Zendesk Sell") as caught:
        await header(desk)
    assert caught.value.hint == "Sign in to Zendesk Sell again in Settings › Connections."


@BOTH_RENEWALS
async def test_renewal_whose_answer_was_lost_is_asked_for_once_more(
    sandbox: SetupSandbox, desk: ConnectionConfig, rotates: bool
) -> None:
    await connect(sandbox, desk)
    sandbox.control("POST", "account", {"sell_refresh_rotation": rotates})
    await desk.vault.set(Secret.SELL_ACCESS, "1 ended")
    sandbox.forget_test().add_fault("sell:POST /oauth2/token:reset-after")
    if not rotates:
        assert sell_oauth.is_accepted(sandbox, (await header(desk)).removeprefix("Bearer "))
        return
    with pytest.raises(AuthenticationError, match="lost on the way") as caught:
        await header(desk)
    assert "Sign in to Zendesk Sell again" in caught.value.hint


CHILD = """
import asyncio, json, sys
from pathlib import Path
from desktop.clients.sell.oauth import SellOAuthClient
from desktop.clients.transport import HttpTransport
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
    folder, about = Path(sys.argv[1]), json.loads(sys.argv[2])
    transport = HttpTransport("Zendesk Sell", about["base_url"])
    client = SellOAuthClient(about["oauth_client_id"], about["oauth_client_secret"])
    vault = FileVault(folder / "vault.json")
    keeper = OAuthTokenManager(vault, transport, client, folder / "x.lock")
    print("ready", flush=True)
    sys.stdin.readline()
    print(await keeper.authorization_header(), flush=True)
    await transport.aclose()
asyncio.run(main())
"""


@BOTH_RENEWALS
def test_two_processes_that_renew_at_once_end_with_one_valid_token(
    sandbox: SetupSandbox, tmp_path: Any, rotates: bool
) -> None:
    sandbox.control("POST", "account", {"sell_refresh_rotation": rotates})
    tokens = sell_oauth.sign_in(sandbox)
    kept = {
        Secret.SELL_ACCESS.value: f"1 {tokens['access_token']}",
        Secret.SELL_REFRESH.value: tokens["refresh_token"],
    }
    (tmp_path / "vault.json").write_text(json.dumps(kept))
    about = json.dumps(oauth_section(sandbox))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), about],
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
    (told,) = {child.communicate(timeout=60)[0] for child in children}
    assert sell_oauth.is_accepted(sandbox, told.strip().removeprefix("Bearer "))
    last = json.loads((tmp_path / "vault.json").read_text())
    assert last[Secret.SELL_ACCESS.value].endswith(told.strip().removeprefix("Bearer "))


@pytest.mark.parametrize("leave", [disconnect_sell, disconnect_workspace])
async def test_disconnecting_revokes_the_sign_in(
    sandbox: SetupSandbox, desk: ConnectionConfig, leave: Any
) -> None:
    await connect(sandbox, desk)
    access = (await header(desk)).removeprefix("Bearer ")
    refresh = str(await desk.vault.get(Secret.SELL_REFRESH))
    result = await leave(desk)
    assert not sell_oauth.is_accepted(sandbox, access)
    assert sell_oauth.renew(sandbox, refresh).body["error"] == "invalid_grant"
    assert [await desk.vault.get(secret) for secret in SELL_SECRETS] == [None] * 4
    if leave is disconnect_sell:
        assert result.is_revoked
        assert result.message == "Zendesk Sell is disconnected, here and in Sell."


async def test_disconnecting_says_when_sell_could_not_be_asked(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    sandbox.control("POST", "account", {"sell": "off"})
    result = await disconnect_sell(desk)
    sandbox.control("POST", "account", {"sell": "on"})
    assert not result.is_revoked
    assert "not revoked" in result.message
    assert await desk.vault.get(Secret.SELL_REFRESH) is None


async def test_token_takes_the_place_of_the_sign_in(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    token = sandbox.connection_document["sell"]["access_token"]
    assert await header(desk) == f"Bearer {token}"
    assert [await desk.vault.get(secret) for secret in SELL_SECRETS] == [token, None, None, None]


@pytest.mark.parametrize("by", ["token", "sign-in"])
async def test_sign_in_that_is_replaced_is_revoked(
    sandbox: SetupSandbox, desk: ConnectionConfig, by: str
) -> None:
    await connect(sandbox, desk)
    access = (await header(desk)).removeprefix("Bearer ")
    refresh = str(await desk.vault.get(Secret.SELL_REFRESH))
    if by == "token":
        report = await set_up_workspace(sandbox.connection_document, desk)
    else:
        again = sell_oauth.sign_in(sandbox)["refresh_token"]
        report = await set_up_workspace(document(sandbox, refresh_token=again), desk)
    assert not [note for note in report.notes if "revoked" in note]
    assert not sell_oauth.is_accepted(sandbox, access)
    assert sell_oauth.renew(sandbox, refresh).body["error"] == "invalid_grant"
    assert (by == "token") or sell_oauth.is_accepted(
        sandbox, (await header(desk)).removeprefix("Bearer ")
    )


@pytest.mark.parametrize("kept", ["sign-in", "token"])
async def test_sign_in_that_is_refused_leaves_the_one_before(
    sandbox: SetupSandbox, desk: ConnectionConfig, kept: str
) -> None:
    if kept == "token":
        await set_up_workspace(sandbox.connection_document, desk)
    else:
        await connect(sandbox, desk)
    secrets = (*SELL_SECRETS, Secret.SELL_HOST)
    before = [await desk.vault.get(secret) for secret in secrets]
    again = sell_oauth.sign_in(sandbox, scope="write")
    report = await set_up_workspace(document(sandbox, refresh_token=again["refresh_token"]), desk)
    assert not [one for one in report.checks if one.name.endswith("Sell: token") and one.is_ok]
    assert [await desk.vault.get(secret) for secret in secrets] == before
    assert sell_oauth.is_accepted(sandbox, (await header(desk)).removeprefix("Bearer "))


async def test_sign_in_that_goes_on_is_not_revoked(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    sandbox.forget_test()
    own = str(await desk.vault.get(Secret.SELL_REFRESH))
    others = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    for again in (others, document(sandbox), document(sandbox, refresh_token=own)):
        assert (await set_up_workspace(again, desk)).is_ok
    assert sell_oauth.is_accepted(sandbox, (await header(desk)).removeprefix("Bearer "))
    asked = sandbox.control("GET", "requests")["requests"]
    assert not [what for what in asked if what.endswith("POST /oauth2/revoke")]


async def test_replaced_sign_in_that_could_not_be_revoked_is_told(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    sandbox.forget_test().add_fault("sell:POST /oauth2/revoke:503")
    report = await set_up_workspace(sandbox.connection_document, desk)
    assert report.is_ok
    assert [
        note for note in report.notes if "former sign-in to Zendesk Sell was not revoked" in note
    ]


async def test_sign_in_is_not_sent_to_another_address(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    path = desk.workspace.settings_path
    path.write_text(path.read_text().replace(sandbox.sell_url, "http://127.0.0.1:9"))
    with pytest.raises(SecretForOtherHost):
        await header(desk)


async def test_environments_client_secret_goes_to_the_address_that_was_set(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await connect(sandbox, desk)
    secret = str(await desk.vault.get(Secret.SELL_CLIENT_SECRET))
    await desk.vault.delete(Secret.SELL_CLIENT_SECRET)
    given = read_environment_secrets({"FAIRLEAD_SELL_CLIENT_SECRET": secret})
    server = replace(desk, vault=EnvironmentVault(desk.vault, given), environment_secrets=given)
    await server.seal.load()
    sandbox.control("POST", "expire-tokens")
    assert not [
        one for one in (await run_doctor(server)).checks if "Sell" in one.name and not one.is_ok
    ]
    elsewhere = server.settings_file.load().values.with_changes(
        {settings_table.SELL_BASE_URL.key: "http://127.0.0.1:9"}
    )
    for require in (server.require_sell_address, lambda v: server.require_account_of(v, None)):
        with pytest.raises(SecretForOtherHost, match="OAuth client"):
            require(elsewhere)
    transport = HttpTransport("Zendesk Sell", "http://127.0.0.1:9")
    with pytest.raises(SecretForOtherHost, match="sign-in"):
        await server.sell_credentials(elsewhere, transport)
    await transport.aclose()


async def test_agent_may_not_connect_sell_by_oauth_later(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    admin = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    await set_up_workspace(admin, desk)
    refresh = sell_oauth.sign_in(sandbox)["refresh_token"]
    section = oauth_section(sandbox, refresh_token=refresh)
    agent = agent_document(sandbox.connection_document)
    report = await set_up_workspace({**agent, "sell": section}, desk)
    assert any("sell.enabled" in note for note in report.notes)
    assert [await desk.vault.get(secret) for secret in SELL_SECRETS] == [None] * 4
    # Nor was it used up.
    assert sell_oauth.renew(sandbox, refresh).status == 200


def test_setup_document_keeps_one_way_to_sign_in(sandbox: SetupSandbox) -> None:
    both = parse_setup_document({"sell": sandbox.connection_document["sell"]})
    assert set(both.secrets) == {Secret.SELL_TOKEN}
    assert settings_table.SELL_CLIENT_ID.key not in both.settings
    section = {**sandbox.connection_document["sell"], "auth": "oauth"}
    chosen = parse_setup_document({"sell": section})
    assert set(chosen.secrets) == {Secret.SELL_CLIENT_SECRET}


# The browser


async def ready_to_sign_in(sandbox: SetupSandbox, desk: ConnectionConfig) -> None:
    """Connect all but Sell, and say where the sandbox's Sell is."""
    others = {k: v for k, v in sandbox.connection_document.items() if k != "sell"}
    await set_up_workspace({**others, "sell": {"base_url": sandbox.sell_url}}, desk)


def client_of(sandbox: SetupSandbox) -> tuple[str, str]:
    about = sandbox.connection_document["sell"]
    return about["oauth_client_id"], about["oauth_client_secret"]


async def test_browser_sign_in_connects_sell(
    sandbox: SetupSandbox, desk: ConnectionConfig, ports: None
) -> None:
    await ready_to_sign_in(sandbox, desk)
    browser = Browser()
    report = await sign_in_to_sell(desk, browser, *client_of(sandbox))
    await browser.closed()
    assert report.is_ok, report.checks
    assert "Zendesk Sell’s answer has arrived" in browser.pages[-1].text
    assert browser.asked["scope"] == ["read write profile sync"]
    assert "code_challenge" not in browser.asked
    access = (await header(desk)).removeprefix("Bearer ")
    assert sell_oauth.is_accepted(sandbox, access)
    # Once more with the client that is kept.
    second = Browser()
    assert (await sign_in_to_sell(desk, second)).is_ok
    await second.closed()


async def test_browser_sign_in_that_is_denied_changes_nothing(
    sandbox: SetupSandbox, desk: ConnectionConfig, ports: None
) -> None:
    await ready_to_sign_in(sandbox, desk)
    browser = Browser("&auto=deny")
    with pytest.raises(AuthenticationError, match="refused in the browser"):
        await sign_in_to_sell(desk, browser, *client_of(sandbox))
    await browser.closed()
    assert await desk.vault.get(Secret.SELL_REFRESH) is None
    assert not desk.settings_file.load().values.get(settings_table.SELL_ENABLED)


async def test_answer_with_another_state_is_not_taken(
    sandbox: SetupSandbox, desk: ConnectionConfig, ports: None
) -> None:
    await ready_to_sign_in(sandbox, desk)
    others = "http://127.0.0.1:47615/callback?code=stolen&state=guess"
    browser = Browser(before=lambda _url: others)
    assert (await sign_in_to_sell(desk, browser, *client_of(sandbox))).is_ok
    await browser.closed()
    assert browser.pages[0].status_code == 400


async def test_browser_sign_in_of_an_agent_is_revoked(
    sandbox: SetupSandbox, desk: ConnectionConfig, ports: None
) -> None:
    await ready_to_sign_in(sandbox, desk)
    agent = agent_document(sandbox.connection_document)
    await set_up_workspace({k: v for k, v in agent.items() if k != "sell"}, desk)
    sandbox.forget_test()
    browser = Browser()
    with pytest.raises(NotPermitted, match="not connected"):
        await sign_in_to_sell(desk, browser, *client_of(sandbox))
    await browser.closed()
    assert [await desk.vault.get(secret) for secret in SELL_SECRETS] == [None] * 4
    asked = sandbox.control("GET", "requests")["requests"]
    assert sum(n for what, n in asked.items() if what.endswith("POST /oauth2/revoke")) == 2


async def test_browser_sign_in_without_client_says_who_makes_one(desk: ConnectionConfig) -> None:
    with pytest.raises(InvalidInput, match="OAuth client to sign in to Zendesk Sell"):
        await sign_in_to_sell(desk, Browser(""))


def test_client_secret_with_odd_letters_is_encoded() -> None:
    import base64

    request = SellOAuthClient("a b", "c:d/ü").refresh_request("r")
    pair = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "a+b:c%3Ad%2F%C3%BC"

"""`fairlead setup`: the document is checked, then the services, and only then anything is kept."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from desktop.connect.account import choose_account, parse_account, set_account
from desktop.connect.check import Check
from desktop.connect.desk import Desk
from desktop.connect.disconnect import disconnect, sign_out
from desktop.connect.setup import run_setup
from desktop.connect.setup_document import read_document
from desktop.connect.stored import places
from desktop.kit.errors import BadInput, NeedsPerson, NoKeyring, NotPermitted
from desktop.model.permission import DEFAULTS, Permission, Role
from desktop.settings import table
from desktop.settings.policy import Policy
from desktop.settings.rules import rules
from desktop.settings.values import Values
from desktop.settings.workspace import Workspaces
from desktop.vault.environment import EnvironmentVault, Overrides, read_overrides
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.headless.connect.running_sandbox import RunningSandbox

AGENT_OPT_IN = table.permission_setting(Role.AGENT, Permission.OPT_IN)


def values_of(desk: Desk) -> Values:
    return desk.settings.load().values


async def test_the_sandbox_line_is_a_set_up(sandbox: RunningSandbox, desk: Desk) -> None:
    seen: list[Check] = []
    more = {"customer_type": "Publisher ", "currency": "eur", "changes": True}
    report = await run_setup({**sandbox.document, **more}, desk, seen.append)
    assert report.ok, report.checks
    assert tuple(seen) == report.checks
    assert report.notes == ()
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    values = values_of(desk)
    assert values.get(table.ZENDESK_BASE_URL) == sandbox.zendesk
    assert values.get(table.ZENDESK_AUTH) == "token"
    assert values.get(table.CUSTOMER_TYPE) == "publisher"
    assert values.get(table.CURRENCY) == "EUR"
    assert values.get(table.CHANGES)
    secrets = [await desk.vault.get(secret) for secret in Secret]
    assert sandbox.document["zendesk"]["api_token"] in secrets
    kept = desk.workspace.settings_path.read_text()
    assert not [secret for secret in secrets if secret and secret in kept]


async def test_changes_start_switched_off(sandbox: RunningSandbox, desk: Desk) -> None:
    assert (await run_setup(sandbox.document, desk)).ok
    assert not values_of(desk).get(table.CHANGES)


async def test_the_time_zone_is_sailthrus_unless_chosen(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    sandbox.control("POST", "account", {"timezone": "Europe/Berlin"})
    await run_setup(sandbox.document, desk)
    assert values_of(desk).get(table.TIMEZONE) == "Europe/Berlin"
    report = await run_setup({**sandbox.document, "timezone": "Asia/Tokyo"}, desk)
    assert values_of(desk).get(table.TIMEZONE) == "Asia/Tokyo"
    (check,) = [c for c in report.checks if c.name == "Sailthru: time zone"]
    assert not check.ok
    assert "Europe/Berlin" in check.hint


async def test_an_agent_gets_the_role_and_no_more_rights(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    wanted = {
        "changes": True,
        "permissions": {"agent": {"opt_in": True, "list_add": False}},
        "sailthru_only": {"role": "admin"},
        "names": {"health_var": "mood", "mark_var": "zendesk_sync"},
        "odd": {"key": 1},
    }
    report = await run_setup({**sandbox.agent_document(), **wanted}, desk)
    assert report.ok, report.checks
    assert report.actor is not None
    assert report.actor.role is Role.AGENT
    assert [c.name for c in report.checks if not c.ok] == ["Sailthru: job"]
    made = rules(values_of(desk))
    assert not made.changes
    assert made.table == {role: dict(cells) for role, cells in DEFAULTS.items()}
    for key in ("changes", "permissions.agent.opt_in", "names.health_var"):
        assert f"“{key}” needs an admin and was not changed." in report.notes
    assert not any("mark_var" in note for note in report.notes)
    assert any("odd.key" in note for note in report.notes)
    assert values_of(desk).get(table.HEALTH_VAR) == "zendesk_health"
    assert not values_of(desk).chosen(table.SOLO_ROLE)


async def test_an_agent_keeps_what_an_admin_switched_on(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    await run_setup({**sandbox.document, "changes": True}, desk)
    report = await run_setup({**sandbox.agent_document(), "changes": True}, desk)
    assert report.ok
    assert values_of(desk).get(table.CHANGES)
    assert not any("changes" in note for note in report.notes)
    report = await run_setup({**sandbox.agent_document(), "changes": False}, desk)
    assert values_of(desk).get(table.CHANGES)
    assert any("changes" in note for note in report.notes)


async def test_leaving_zendesk_makes_no_agent_an_admin(sandbox: RunningSandbox, desk: Desk) -> None:
    await run_setup(sandbox.agent_document(), desk)
    alone = {
        "sailthru": sandbox.agent_document()["sailthru"],
        "zendesk": {"auth": "none"},
        "changes": True,
    }
    await run_setup(alone, desk)
    assert not values_of(desk).get(table.CHANGES)


async def test_an_agent_cannot_lead_the_workspace_elsewhere(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    await run_setup(sandbox.document, desk)
    document = sandbox.agent_document()
    uri = document["sailthru"]["service_uri"].replace("127.0.0.1", "localhost")
    document["sailthru"] = {**document["sailthru"], "service_uri": uri}
    with pytest.raises(NotPermitted, match="another account"):
        await run_setup(document, desk)
    assert await desk.vault.get(Secret.SAILTHRU_KEY) == sandbox.document["sailthru"]["api_key"]


async def test_an_admin_without_job_is_told_what_to_ask_for(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    document = {**sandbox.document, "sailthru": sandbox.agent_document()["sailthru"]}
    report = await run_setup(document, desk)
    assert report.stored
    assert not report.ok
    (check,) = [c for c in report.checks if not c.ok]
    assert check.name == "Sailthru: job"
    assert "“job”" in check.hint
    assert "job" in check.letter
    assert document["sailthru"]["api_key"] not in check.letter


@pytest.mark.parametrize(
    ("section", "key", "name"),
    [
        ("sailthru", "api_secret", "Sailthru: key"),
        ("sailthru", "api_key", "Sailthru: key"),
        ("zendesk", "api_token", "Zendesk: sign-in"),
        ("zendesk", "email", "Zendesk: sign-in"),
    ],
)
async def test_refused_credentials_store_nothing(
    sandbox: RunningSandbox, desk: Desk, section: str, key: str, name: str
) -> None:
    document = {k: dict(v) for k, v in sandbox.document.items() if k in ("sailthru", "zendesk")}
    document[section][key] = "nobody@wrong.example"
    report = await run_setup(document, desk)
    assert not report.stored
    assert not report.unreachable
    assert [c.name for c in report.checks if not c.ok] == [name]
    assert not desk.workspace.settings_path.exists()
    assert [await desk.vault.get(secret) for secret in Secret] == [None] * len(Secret)


async def test_an_end_user_is_refused(sandbox: RunningSandbox, desk: Desk) -> None:
    zendesk = {**sandbox.document["zendesk"], "email": "maria@lopez.example"}
    report = await run_setup({**sandbox.document, "zendesk": zendesk}, desk)
    assert not report.stored
    assert [c.name for c in report.checks if not c.ok] == ["Zendesk: role"]


@pytest.mark.parametrize(("section", "key"), [("sailthru", "service_uri"), ("zendesk", "base_url")])
async def test_an_unreachable_service_stores_nothing_and_says_so(
    sandbox: RunningSandbox, desk: Desk, section: str, key: str
) -> None:
    away = {**sandbox.document, section: {**sandbox.document[section], key: "http://127.0.0.1:9"}}
    report = await run_setup(away, desk)
    assert report.unreachable
    assert not report.stored
    assert "connection" in next(c.name for c in report.checks if not c.ok)


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ([], "JSON object"),
        (None, "JSON object"),
        ({}, "names no service"),
        ({"sailthru": "key"}, "sailthru"),
        ({"sailthru": {"api_key": 7, "api_secret": "s"}}, "sailthru.api_key"),
        ({"sailthru": {"api_key": "k", "api_secret": None}}, "sailthru.api_secret"),
        ({"sailthru": {"api_key": "k"}}, "go together"),
        ({"sailthru": {"api_key": "k\u2013", "api_secret": "s"}}, "sailthru.api_key"),
        ({"sailthru": {"service_uri": "http://evil.example"}}, "sailthru.service_uri"),
        ({"zendesk": {"base_url": "https://evil.example"}}, "zendesk.base_url"),
        ({"zendesk": {"base_url": 5}}, "zendesk.base_url"),
        ({"zendesk": {"api_token": "t", "email": "a@b.example"}}, "zendesk.base_url"),
        ({"zendesk": {"base_url": "acme", "api_token": "t"}}, "zendesk.email"),
        ({"zendesk": {"base_url": "acme", "auth": "token"}}, "zendesk.api_token"),
        ({"changes": "yes"}, "changes"),
        ({"timezone": "Nowhere"}, "timezone"),
        ({"customer_type": 1}, "customer_type"),
        ({"permissions": {"agent": {"fly": True}}}, "permissions.agent.fly"),
        ({"permissions": {"agent": {"opt_in": "yes"}}}, "permissions.agent.opt_in"),
    ],
)
async def test_a_document_that_cannot_be_used_names_the_key(
    desk: Desk, document: Any, names: str
) -> None:
    with pytest.raises(BadInput) as caught:
        await run_setup(document, desk)
    assert names in str(caught.value)
    assert not desk.workspace.settings_path.exists()


async def test_sailthru_alone_makes_its_person_the_admin(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    document = {
        "sailthru": sandbox.document["sailthru"],
        "permissions": {"agent": {"opt_in": True}},
    }
    report = await run_setup(document, desk)
    assert report.ok
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    assert values_of(desk).get(table.SOLO_PERSON) == "ada"
    assert values_of(desk).get(AGENT_OPT_IN)
    other = await run_setup(
        {"permissions": {"agent": {"list_remove": True}}}, replace(desk, person="kim")
    )
    assert other.actor is not None
    assert other.actor.role is Role.AGENT
    assert any("list_remove" in note for note in other.notes)


async def test_what_is_kept_need_not_be_given_again(sandbox: RunningSandbox, desk: Desk) -> None:
    await run_setup(sandbox.document, desk)
    assert (await run_setup({"changes": True}, desk)).ok
    token = {k: sandbox.document["zendesk"][k] for k in ("email", "api_token")}
    assert (await run_setup({"zendesk": token}, desk)).ok
    assert (await run_setup({"zendesk": {"base_url": sandbox.zendesk}}, desk)).ok
    values = values_of(desk)
    assert values.get(table.ZENDESK_AUTH) == "token"
    assert values.get(table.CHANGES)


async def test_oauth_is_set_up_without_a_token_and_signed_in_later(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    zendesk = {"account": sandbox.zendesk, "oauth_client_id": sandbox.client_id}
    report = await run_setup({"zendesk": zendesk, "permissions": {"agent": {"opt_in": True}}}, desk)
    assert report.stored
    assert not report.ok
    assert [c.name for c in report.checks if not c.ok] == ["Zendesk: sign-in"]
    assert values_of(desk).get(table.ZENDESK_AUTH) == "oauth"
    assert not values_of(desk).get(AGENT_OPT_IN)


async def test_what_is_managed_is_left_out(
    sandbox: RunningSandbox, desk: Desk, workspaces: Workspaces
) -> None:
    workspaces._policy = Policy({"sailthru.currency": "USD", "changes": False})
    report = await run_setup({**sandbox.document, "currency": "EUR", "changes": True}, desk)
    assert report.ok
    assert values_of(desk).get(table.CURRENCY) == "USD"
    assert not values_of(desk).get(table.CHANGES)
    assert sum("managed by your organisation" in note for note in report.notes) == 2


async def test_one_account_one_workspace(
    sandbox: RunningSandbox, desk: Desk, workspaces: Workspaces
) -> None:
    assert (await run_setup(sandbox.document, desk)).ok
    second = Desk(workspaces, workspaces.create("second"), MemoryVault())
    with pytest.raises(NeedsPerson, match="“main”"):
        await run_setup(sandbox.document, second)
    with pytest.raises(NeedsPerson, match="“main”"):
        await set_account(second, sandbox.zendesk)


async def test_another_account_never_sees_the_old_credentials(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    await run_setup(sandbox.document, desk)
    with pytest.raises(BadInput, match="api_token"):
        await run_setup({"zendesk": {"base_url": "other", "auth": "token"}}, desk)
    await desk.vault.set(Secret.ZENDESK_REFRESH, "refresh-of-the-first")
    account = await set_account(desk, "https://other.zendesk.com/agent")
    assert account.name == "other"
    for secret in (Secret.ZENDESK_TOKEN, Secret.ZENDESK_REFRESH, Secret.ZENDESK_ACCESS):
        assert await desk.vault.get(secret) is None
    assert await desk.vault.get(Secret.SAILTHRU_KEY)


async def test_setting_up_another_account_erases_the_sign_in_of_the_first(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    await run_setup(sandbox.document, desk)
    await desk.vault.set(Secret.ZENDESK_REFRESH, "refresh-of-the-first")
    # The same server by another name is another account as far as anybody can tell.
    other = sandbox.zendesk.replace("127.0.0.1", "localhost")
    zendesk = {**sandbox.document["zendesk"], "base_url": other}
    assert (await run_setup({"zendesk": zendesk}, desk)).stored
    assert await desk.vault.get(Secret.ZENDESK_REFRESH) is None
    assert await desk.vault.get(Secret.ZENDESK_TOKEN) == zendesk["api_token"]


async def test_without_a_keyring_nothing_is_kept(sandbox: RunningSandbox, desk: Desk) -> None:
    class Absent(MemoryVault):
        async def get(self, secret: Secret) -> str | None:
            raise NoKeyring("There is no keyring.")

        async def set(self, secret: Secret, value: str) -> None:
            raise NoKeyring("There is no keyring.")

    without = replace(desk, vault=Absent())
    with pytest.raises(NoKeyring):
        await run_setup(sandbox.document, without)
    assert not desk.workspace.settings_path.exists()
    # A server gives the same secrets in the environment, and needs none.
    sailthru, zendesk = sandbox.document["sailthru"], sandbox.document["zendesk"]
    overrides = read_overrides(
        {
            "FAIRLEAD_SAILTHRU_KEY": sailthru["api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": sailthru["api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": zendesk["email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk["api_token"],
        }
    )
    server = replace(desk, vault=EnvironmentVault(Absent(), overrides), overrides=overrides)
    assert (await run_setup(sandbox.document, server)).ok


async def test_disconnecting_forgets_the_account_and_its_rights(
    sandbox: RunningSandbox, desk: Desk
) -> None:
    wanted = {"changes": True, "permissions": {"agent": {"opt_in": True}}, "currency": "EUR"}
    await run_setup({**sandbox.document, **wanted}, desk)
    goodbye = await disconnect(desk)
    assert not goodbye.revoked
    assert "API token" in goodbye.words
    values = values_of(desk)
    assert [await desk.vault.get(secret) for secret in Secret] == [None] * len(Secret)
    assert rules(values).table == {role: dict(cells) for role, cells in DEFAULTS.items()}
    assert not values.get(table.CHANGES)
    assert values.get(table.ZENDESK_BASE_URL) == ""
    assert values.get(table.CURRENCY) == "EUR"


async def test_signing_out_keeps_the_account(sandbox: RunningSandbox, desk: Desk) -> None:
    await run_setup(sandbox.document, desk)
    await sign_out(desk)
    assert values_of(desk).get(table.ZENDESK_BASE_URL) == sandbox.zendesk
    assert await desk.vault.get(Secret.ZENDESK_TOKEN) is None
    assert await desk.vault.get(Secret.SAILTHRU_KEY)


def test_secrets_are_not_printed(sandbox: RunningSandbox) -> None:
    shown = repr(read_document(sandbox.document))
    assert sandbox.document["sailthru"]["api_secret"] not in shown
    assert sandbox.document["zendesk"]["api_token"] not in shown


def test_accounts_are_parsed_for_the_wizard(workspaces: Workspaces) -> None:
    assert parse_account("https://acme.zendesk.com/agent").name == "acme"
    assert choose_account("acme", workspaces, "main").base_url == "https://acme.zendesk.com"
    with pytest.raises(BadInput, match="missing"):
        parse_account(" ")


async def test_no_secret_reaches_a_log_or_a_report(
    sandbox: RunningSandbox, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reports = [await run_setup(sandbox.document, desk)]
    sandbox.fault("sailthru:GET /settings:500")
    reports.append(await run_setup(sandbox.document, desk))
    said = caplog.text + json.dumps([report.as_json() for report in reports]) + repr(reports)
    secrets = [await desk.vault.get(secret) for secret in Secret]
    assert len([secret for secret in secrets if secret]) == 3
    assert not [secret for secret in secrets if secret and secret in said]
    assert "Sailthru" in caplog.text


def test_what_is_kept_where_is_told(desk: Desk) -> None:
    told = {place.what: place.where for place in places(desk)}
    assert "memory" in told["Keys and sign-ins"]
    assert str(desk.workspace.settings_path) in told.values()
    assert "14 days" in told["Customers you opened"]


def test_the_place_of_the_keys_is_the_true_one(desk: Desk) -> None:
    keyring = KeyringVault(desk.workspace.keyring_service)
    plain = EnvironmentVault(keyring, Overrides())
    (place,) = [p for p in places(replace(desk, vault=plain)) if p.what == "Keys and sign-ins"]
    assert "keyring" in place.where
    assert desk.workspace.keyring_service in place.where
    given = Overrides({Secret.SAILTHRU_KEY: "a-key"})
    served = EnvironmentVault(keyring, given)
    (place,) = [p for p in places(replace(desk, vault=served)) if p.what == "Keys and sign-ins"]
    assert place.where.startswith("In the environment (FAIRLEAD_SAILTHRU_KEY)")
    assert "a-key" not in place.where

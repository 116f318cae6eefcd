"""`fairlead setup`: the document is checked, then the services, and only then anything is kept."""

import contextlib
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from desktop.app.workspace_session import WorkspaceSession
from desktop.connect import workspace_setup
from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.disconnect import disconnect_workspace, sign_out_of_zendesk
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.setup_document import parse_setup_document
from desktop.connect.stored_data_inventory import list_stored_data
from desktop.connect.workspace_setup import set_up_workspace
from desktop.connect.zendesk_account import (
    parse_zendesk_account,
    set_zendesk_account,
)
from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import InvalidInput, KeyringError, NotPermitted, UserDecisionNeeded
from desktop.model.account import Account
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.permission import DEFAULT_PERMISSIONS, Permission, Role
from desktop.model.service import Service
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.permission_rules import permission_rules_from
from desktop.settings.settings_file import SettingsFile, SettingsValues
from desktop.settings.window_state import WindowState, WindowStateFile
from desktop.settings.workspace import WorkspaceRegistry
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.vault.bound_secrets import (
    SecretForOtherHost,
    read_bound_secret,
    store_bound_secrets,
)
from desktop.vault.environment_vault import (
    EnvironmentSecrets,
    EnvironmentVault,
    read_environment_secrets,
)
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.sandbox_process import agent_document
from tests.support.setup_sandbox import SetupSandbox

AGENT_OPT_IN = settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.OPT_IN]


def values_of(desk: ConnectionConfig) -> SettingsValues:
    return desk.settings_file.load().values


async def test_setup_accepts_sandbox_document(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    seen: list[ConnectionCheck] = []
    more = {"customer_type": "Publisher ", "currency": "eur", "changes": True}
    report = await set_up_workspace({**sandbox.connection_document, **more}, desk, seen.append)
    assert report.is_ok, report.checks
    assert tuple(seen) == report.checks
    assert report.notes == ()
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    values = values_of(desk)
    assert values.get(settings_table.ZENDESK_BASE_URL) == sandbox.zendesk_url
    assert values.get(settings_table.ZENDESK_AUTH) == "token"
    assert values.get(settings_table.CUSTOMER_TYPE) == "publisher"
    assert values.get(settings_table.CURRENCY) == "EUR"
    assert values.get(settings_table.CHANGES_ENABLED)
    secrets = [await desk.vault.get(secret) for secret in Secret if not secret.is_address]
    assert sandbox.connection_document["zendesk"]["api_token"] in secrets
    kept = desk.workspace.settings_path.read_text()
    assert not [secret for secret in secrets if secret and secret in kept]


async def test_setup_changes_are_off_by_default(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    assert not values_of(desk).get(settings_table.CHANGES_ENABLED)


@pytest.mark.parametrize(
    ("first", "is_delivering"),
    [
        ({}, False),
        ({"changes": False}, False),
        # What lets this workspace write lets its events go, unless the document says otherwise.
        ({"changes": True}, True),
        ({"changes": True, "events": {"deliver": False}}, False),
        ({"events": {"deliver": True}}, True),
    ],
)
async def test_delivery_of_events_starts_off_in_a_new_workspace_alone(
    sandbox: SetupSandbox, desk: ConnectionConfig, first: dict[str, Any], is_delivering: bool
) -> None:
    document, row = sandbox.connection_document, settings_table.EVENTS_DELIVERED
    assert (await set_up_workspace({**document, **first}, desk)).is_ok
    assert values_of(desk).get(row) is is_delivering
    # One that an earlier version has set up delivers, and goes on with it.
    desk.settings_file.change({row.key: None})
    assert (await set_up_workspace(document, desk)).is_ok
    assert values_of(desk).get(row)


async def test_delivery_of_events_starts_off_where_the_account_is_typed_before_the_sign_in(
    desk: ConnectionConfig,
) -> None:
    await set_zendesk_account(desk, "acme")
    assert not values_of(desk).get(settings_table.EVENTS_DELIVERED)


async def test_setup_time_zone_defaults_to_sailthru(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    sandbox.control("POST", "account", {"timezone": "Europe/Berlin"})
    await set_up_workspace(sandbox.connection_document, desk)
    assert values_of(desk).get(settings_table.TIMEZONE) == "Europe/Berlin"
    report = await set_up_workspace({**sandbox.connection_document, "timezone": "Asia/Tokyo"}, desk)
    assert values_of(desk).get(settings_table.TIMEZONE) == "Asia/Tokyo"
    (check,) = [c for c in report.checks if c.name == "Sailthru: time zone"]
    assert not check.is_ok
    assert "Europe/Berlin" in check.hint


async def test_setup_as_agent_gives_agent_role(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    wanted = {
        "changes": True,
        "permissions": {"agent": {"opt_in": True, "list_add": False}},
        "sailthru_only": {"role": "admin"},
        "names": {"health_var": "mood", "mark_var": "zendesk_sync"},
        "odd": {"key": 1},
    }
    report = await set_up_workspace({**agent_document(sandbox.connection_document), **wanted}, desk)
    assert report.is_ok, report.checks
    assert report.actor is not None
    assert report.actor.role is Role.AGENT
    assert [c.name for c in report.checks if not c.is_ok] == ["Sailthru: job"]
    made = permission_rules_from(values_of(desk))
    assert not made.are_changes_enabled
    assert made.permissions == {role: dict(cells) for role, cells in DEFAULT_PERMISSIONS.items()}
    for key in ("changes", "permissions.agent.opt_in", "names.health_var"):
        assert f"“{key}” needs an admin and was not changed." in report.notes
    assert not any("mark_var" in note for note in report.notes)
    assert any("odd.key" in note for note in report.notes)
    assert values_of(desk).get(settings_table.HEALTH_VAR) == "zendesk_health"
    assert not values_of(desk).is_set(settings_table.SAILTHRU_ONLY_ROLE)


async def test_setup_as_agent_keeps_admin_permissions(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace({**sandbox.connection_document, "changes": True}, desk)
    report = await set_up_workspace(
        {**agent_document(sandbox.connection_document), "changes": True}, desk
    )
    assert report.is_ok
    assert values_of(desk).get(settings_table.CHANGES_ENABLED)
    assert not any("changes" in note for note in report.notes)
    report = await set_up_workspace(
        {**agent_document(sandbox.connection_document), "changes": False}, desk
    )
    assert values_of(desk).get(settings_table.CHANGES_ENABLED)
    assert any("changes" in note for note in report.notes)


async def test_disconnect_zendesk_does_not_make_agent_admin(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    alone = {
        "sailthru": agent_document(sandbox.connection_document)["sailthru"],
        "zendesk": {"auth": "none"},
        "changes": True,
    }
    with pytest.raises(NotPermitted, match="Only an admin"):
        await set_up_workspace(alone, desk)
    assert values_of(desk).get(settings_table.ZENDESK_AUTH) == "token"
    assert not values_of(desk).get(settings_table.CHANGES_ENABLED)


@pytest.mark.parametrize(
    "wanted",
    [
        {"zendesk": {"auth": "none"}, "permissions": {"agent": {"opt_in": True}}},
        {"zendesk": {"auth": "none"}},
        {"zendesk": {"auth": "none"}, "sailthru_only": {"person": "ada", "role": "admin"}},
        {"zendesk": {"account": "other", "auth": "oauth"}},
        {"sailthru": {"service_uri": "https://other.example"}},
        {"sailthru": {"service_uri": "https://other.example"}, "zendesk": {"auth": "oauth"}},
    ],
)
async def test_setup_leaving_the_account_as_agent_is_refused_before_anything_is_sent(
    sandbox: SetupSandbox, desk: ConnectionConfig, wanted: dict[str, Any]
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    before = desk.workspace.settings_path.read_text()
    with pytest.raises((NotPermitted, InvalidInput)):
        await set_up_workspace(wanted, desk)
    assert desk.workspace.settings_path.read_text() == before


async def test_setup_in_signed_out_workspace_makes_nobody_admin(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    WindowStateFile(desk.workspace.state_path).write(
        WindowState(last_user_name="Kim", last_user_id=7)
    )
    await disconnect_workspace(desk)
    document = {
        "sailthru": sandbox.connection_document["sailthru"],
        "permissions": {"agent": {"opt_in": True}},
    }
    report = await set_up_workspace(document, desk)
    assert report.actor is not None
    assert report.actor.role is Role.AGENT
    assert not values_of(desk).is_set(settings_table.SAILTHRU_ONLY_OWNER)
    assert not values_of(desk).get(AGENT_OPT_IN)


@pytest.mark.parametrize(
    ("leave", "deleted"),
    [
        ("sign out", ()),
        ("sign out", ("state.json",)),
        ("sign out", ("state.json", "settings.json")),
        # The Sailthru key in the keyring is still there.
        ("sign out", ("state.json", "fairlead.db")),
        ("sign out", ("state.json", "settings.json", "fairlead.db")),
        ("disconnect", ()),
        ("disconnect", ("state.json",)),
        ("disconnect", ("state.json", "settings.json")),
    ],
)
async def test_setup_after_deleting_files_makes_nobody_admin_who_signed_out(
    sandbox: SetupSandbox, desk: ConnectionConfig, leave: str, deleted: tuple[str, ...]
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    WindowStateFile(desk.workspace.state_path).write(WindowState(last_user_id=7))
    store = open_store(desk.workspace.folder)
    await store.accounts.connect(Account(values_of(desk).get(settings_table.ZENDESK_BASE_URL)), 1.0)
    store.close()
    await (sign_out_of_zendesk if leave == "sign out" else disconnect_workspace)(desk)
    for name in deleted:
        (desk.workspace.folder / name).unlink()
    keys = agent_document(sandbox.connection_document)["sailthru"]
    try:
        report = await set_up_workspace({"zendesk": {"auth": "none"}, "sailthru": keys}, desk)
    except NotPermitted:
        return
    assert report.actor is not None
    assert report.actor.role is Role.AGENT
    assert not values_of(desk).is_set(settings_table.SAILTHRU_ONLY_OWNER)


@pytest.mark.parametrize("leaves", [False, True])
async def test_settings_file_edited_beside_deleted_files_makes_nobody_admin(
    sandbox: SetupSandbox, desk: ConnectionConfig, leaves: bool
) -> None:
    """With the kept Sailthru key; `leaves` signs out before."""
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    if leaves:
        await sign_out_of_zendesk(desk)
    desk.settings_file.change(
        {
            "zendesk.base_url": None,
            "zendesk.auth": "none",
            "sailthru_only.person": desk.computer_user,
            "changes": True,
        }
    )
    # As if the database, with the seal in it, had been deleted meanwhile.
    (desk.workspace.folder / "fairlead.db").unlink()
    session = WorkspaceSession(desk, ChangeBus())
    await session.connect()
    try:
        assert session.is_connected
        assert session.actor.role is Role.AGENT
    finally:
        await session.disconnect()


async def test_setup_for_another_zendesk_account_drops_the_oauth_client_of_the_former(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    desk.settings_file.change(
        {"zendesk.base_url": "https://other.zendesk.com", "zendesk.oauth_client_id": "theirs"}
    )
    document = {"zendesk": {"base_url": sandbox.connection_document["zendesk"]["base_url"]}}
    await set_up_workspace(document, desk)
    assert values_of(desk).get(settings_table.ZENDESK_CLIENT_ID) == ""
    desk.settings_file.change({"zendesk.oauth_client_id": "theirs"})
    await set_zendesk_account(desk, "another")
    assert values_of(desk).get(settings_table.ZENDESK_CLIENT_ID) == ""


async def test_account_typed_in_the_window_needs_an_admin_of_the_one_so_far(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    before = values_of(desk)
    for leave in (None, sign_out_of_zendesk):
        if leave is not None:
            await leave(desk)
        with pytest.raises(NotPermitted, match="connected to another account"):
            await set_zendesk_account(desk, "my-own")
        assert values_of(desk).stored == before.stored
    # Disconnecting is an admin's act, and leaves no key that could be led away.
    await disconnect_workspace(desk)
    await set_zendesk_account(desk, "my-own")
    assert values_of(desk).get(settings_table.ZENDESK_BASE_URL) == "https://my-own.zendesk.com"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("killed_at", ["move", "keys", "settings"])
@pytest.mark.parametrize("account", ["other Zendesk", "other Sailthru account"])
async def test_setup_killed_between_keys_and_settings_leaves_nothing_connected(
    sandbox: SetupSandbox,
    desk: ConnectionConfig,
    monkeypatch: pytest.MonkeyPatch,
    account: str,
    killed_at: str,
) -> None:
    document = sandbox.connection_document
    await set_up_workspace({**document, "changes": True}, desk)
    store = open_store(desk.workspace.folder)
    target = EditTarget(Service.SAILTHRU, "5e9f3c1b2a4d6e8f00713401", "maria@lopez.example")
    edit = EditRequest(EditKind.VAR, target, "city", "Lisbon", "Faro")
    await store.outbox.enqueue([edit], "Ada", 1.0, lambda *_: 0.0)
    await connect_anew(desk, store)
    zendesk = dict(document["zendesk"])
    if account == "other Sailthru account":
        sandbox.control("POST", "account", {"account_id": 22222})
    else:
        zendesk["base_url"] = zendesk["base_url"].replace("127.0.0.1", "localhost")
    moved = {"sailthru": document["sailthru"], "zendesk": zendesk, "move_account": True}

    def killed(*_: object) -> None:
        raise Killed

    place = {
        "move": (LocalDataService, "move_to_account"),
        "keys": (workspace_setup, "store_bound_secrets"),
        "settings": (SettingsFile, "change"),
    }[killed_at]
    with monkeypatch.context() as patched:
        patched.setattr(*place, killed)
        with pytest.raises(Killed):
            await set_up_workspace(moved, desk)
    waiting = store.outbox.count_open.blocking()
    assert waiting == (1 if killed_at == "move" else 0)
    # Sailthru's one host and the same key: only the account's id differs, and the move is done.
    is_whole = account == "other Sailthru account" and killed_at != "move"
    # Before the move nothing has changed: the former account is still there, if its host is.
    is_former = account == "other Zendesk" and killed_at == "move"
    assert await connect_anew(desk, store) is (is_whole or is_former)
    # The same set-up goes on where it was cut short.
    assert (await set_up_workspace(moved, desk)).is_ok
    assert await connect_anew(desk, store)
    assert store.outbox.count_open.blocking() == 0
    store.close()


async def connect_anew(desk: ConnectionConfig, store: WorkspaceStore) -> bool:
    """Whether another start has both accounts, which are one's own pair or none."""
    session = WorkspaceSession(desk, ChangeBus(), None, store.accounts)
    is_connected = False
    with contextlib.suppress(SecretForOtherHost):
        await session.connect()
        is_connected = session.clients.zendesk is not None
    await session.disconnect()
    return is_connected


async def test_setup_as_admin_elsewhere_does_not_take_a_workspace_by_an_edited_settings_file(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    store = open_store(desk.workspace.folder)
    await connect_anew(desk, store)
    store.close()
    own = sandbox.connection_document["zendesk"]
    own = {**own, "base_url": own["base_url"].replace("127.0.0.1", "localhost")}
    desk.settings_file.change({"zendesk.base_url": own["base_url"]})
    with pytest.raises(NotPermitted, match="connected to another account"):
        await set_up_workspace({"zendesk": own, "changes": True}, desk)


async def test_setup_dead_token_is_replaced_by_another_admin_of_the_account(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await desk.vault.set(Secret.ZENDESK_TOKEN, "deactivated")
    line = sandbox.connection_document["zendesk"]
    second = {
        "email": line["second_admin_email"],
        "api_token": line["second_admin_api_token"],
    }
    report = await set_up_workspace({"zendesk": second, "changes": True}, desk)
    assert report.is_ok, report.checks
    assert values_of(desk).get(settings_table.CHANGES_ENABLED)
    assert await desk.vault.get(Secret.ZENDESK_TOKEN) == second["api_token"]


async def test_setup_dead_token_does_not_lead_to_another_host(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await desk.vault.set(Secret.ZENDESK_TOKEN, "deactivated")
    uri = sandbox.sailthru_url.replace("127.0.0.1", "localhost")
    keys = {**sandbox.connection_document["sailthru"], "service_uri": uri}
    with pytest.raises(NotPermitted, match="Nobody is signed in"):
        await set_up_workspace({"sailthru": keys}, desk)


async def test_kept_api_token_signs_in_as_nobody_else(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    """An API token is the account's: with an admin's address it would be an admin."""
    document = agent_document(sandbox.connection_document)
    assert (await set_up_workspace(document, desk)).is_ok
    admin = sandbox.connection_document["zendesk"]["email"]
    wanted = {"zendesk": {"email": admin}, "permissions": {"agent": {"opt_in": True}}}
    with pytest.raises(SecretForOtherHost, match="for another person"):
        await set_up_workspace(wanted, desk)
    assert not values_of(desk).get(AGENT_OPT_IN)
    named = replace(desk, environment_secrets=EnvironmentSecrets({}, admin))
    edited = SettingsValues({**values_of(desk).stored, "zendesk.email": admin})
    for config, values in ((named, values_of(desk)), (desk, edited)):
        transport = config.temporary_clients(values).transport("Zendesk", sandbox.zendesk_url)
        async with transport as opened:
            with pytest.raises(SecretForOtherHost, match="for another person"):
                await config.zendesk_credentials(values, opened)
    token = {"email": admin, "api_token": sandbox.connection_document["zendesk"]["api_token"]}
    report = await set_up_workspace({**wanted, "zendesk": token}, desk)
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN


async def test_setup_kept_key_is_not_sent_to_another_host(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    uri = sandbox.sailthru_url.replace("127.0.0.1", "localhost")
    with pytest.raises(SecretForOtherHost, match="is for another address"):
        await set_up_workspace({"sailthru": {"service_uri": uri}}, desk)
    # The same by a settings file that was edited by hand.
    desk.settings_file.change({"sailthru.service_uri": uri})
    with pytest.raises(SecretForOtherHost):
        await desk.sailthru_credentials(uri)


async def test_setup_as_agent_cannot_change_account(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(agent_document(sandbox.connection_document), desk)
    document = agent_document(sandbox.connection_document)
    uri = document["sailthru"]["service_uri"].replace("127.0.0.1", "localhost")
    document["sailthru"] = {**document["sailthru"], "service_uri": uri}
    with pytest.raises(NotPermitted, match="another account"):
        await set_up_workspace(document, desk)
    kept = await desk.vault.get(Secret.SAILTHRU_KEY)
    assert kept == agent_document(sandbox.connection_document)["sailthru"]["api_key"]


async def test_setup_admin_key_without_job_names_request_text(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    document = {
        **sandbox.connection_document,
        "sailthru": agent_document(sandbox.connection_document)["sailthru"],
    }
    report = await set_up_workspace(document, desk)
    assert report.is_stored
    assert not report.is_ok
    (check,) = [c for c in report.checks if not c.is_ok]
    assert check.name == "Sailthru: job"
    assert "“job”" in check.hint
    assert "job" in check.support_text
    assert document["sailthru"]["api_key"] not in check.support_text


@pytest.mark.parametrize(
    ("section", "key", "name"),
    [
        ("sailthru", "api_secret", "Sailthru: key"),
        ("sailthru", "api_key", "Sailthru: key"),
        ("zendesk", "api_token", "Zendesk: sign-in"),
        ("zendesk", "email", "Zendesk: sign-in"),
    ],
)
async def test_setup_refused_credentials_store_nothing(
    sandbox: SetupSandbox, desk: ConnectionConfig, section: str, key: str, name: str
) -> None:
    document = {
        k: dict(v) for k, v in sandbox.connection_document.items() if k in ("sailthru", "zendesk")
    }
    document[section][key] = "nobody@wrong.example"
    report = await set_up_workspace(document, desk)
    assert not report.is_stored
    assert not report.is_unreachable
    assert [c.name for c in report.checks if not c.is_ok] == [name]
    assert not desk.workspace.settings_path.exists()
    assert [await desk.vault.get(secret) for secret in Secret] == [None] * len(Secret)


async def test_setup_as_end_user_is_refused(sandbox: SetupSandbox, desk: ConnectionConfig) -> None:
    zendesk = {**sandbox.connection_document["zendesk"], "email": "maria@lopez.example"}
    report = await set_up_workspace({**sandbox.connection_document, "zendesk": zendesk}, desk)
    assert not report.is_stored
    assert [c.name for c in report.checks if not c.is_ok] == ["Zendesk: role"]


@pytest.mark.parametrize(("section", "key"), [("sailthru", "service_uri"), ("zendesk", "base_url")])
async def test_setup_service_unreachable_stores_nothing(
    sandbox: SetupSandbox, desk: ConnectionConfig, section: str, key: str
) -> None:
    away = {
        **sandbox.connection_document,
        section: {**sandbox.connection_document[section], key: "http://127.0.0.1:9"},
    }
    report = await set_up_workspace(away, desk)
    assert report.is_unreachable
    assert not report.is_stored
    assert "connection" in next(c.name for c in report.checks if not c.is_ok)


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
async def test_setup_invalid_document_names_key(
    desk: ConnectionConfig, document: Any, names: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await set_up_workspace(document, desk)
    assert names in str(caught.value)
    assert not desk.workspace.settings_path.exists()


async def test_setup_sailthru_only_makes_person_admin(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    document = {
        "sailthru": sandbox.connection_document["sailthru"],
        "permissions": {"agent": {"opt_in": True}},
    }
    report = await set_up_workspace(document, desk)
    assert report.is_ok
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    assert values_of(desk).get(settings_table.SAILTHRU_ONLY_OWNER) == "ada"
    assert values_of(desk).get(AGENT_OPT_IN)
    other = await set_up_workspace(
        {"permissions": {"agent": {"list_remove": True}}}, replace(desk, computer_user="kim")
    )
    assert other.actor is not None
    assert other.actor.role is Role.AGENT
    assert any("list_remove" in note for note in other.notes)


async def test_setup_again_keeps_stored_credentials(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    assert (await set_up_workspace({"changes": True}, desk)).is_ok
    token = {k: sandbox.connection_document["zendesk"][k] for k in ("email", "api_token")}
    assert (await set_up_workspace({"zendesk": token}, desk)).is_ok
    assert (await set_up_workspace({"zendesk": {"base_url": sandbox.zendesk_url}}, desk)).is_ok
    values = values_of(desk)
    assert values.get(settings_table.ZENDESK_AUTH) == "token"
    assert values.get(settings_table.CHANGES_ENABLED)


async def test_setup_oauth_without_token_signs_in_later(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    zendesk = {"account": sandbox.zendesk_url, "oauth_client_id": sandbox.client_id}
    report = await set_up_workspace(
        {"zendesk": zendesk, "permissions": {"agent": {"opt_in": True}}}, desk
    )
    assert report.is_stored
    assert not report.is_ok
    assert [c.name for c in report.checks if not c.is_ok] == ["Zendesk: sign-in"]
    assert values_of(desk).get(settings_table.ZENDESK_AUTH) == "oauth"
    assert not values_of(desk).get(AGENT_OPT_IN)


async def test_setup_managed_settings_are_skipped(
    sandbox: SetupSandbox, desk: ConnectionConfig, workspaces: WorkspaceRegistry
) -> None:
    workspaces._policy = ManagedPolicy({"sailthru.currency": "USD", "changes": False})
    report = await set_up_workspace(
        {**sandbox.connection_document, "currency": "EUR", "changes": True}, desk
    )
    assert report.is_ok
    assert values_of(desk).get(settings_table.CURRENCY) == "USD"
    assert not values_of(desk).get(settings_table.CHANGES_ENABLED)
    assert sum("managed by your organisation" in note for note in report.notes) == 2


async def test_setup_account_of_other_workspace_is_refused(
    sandbox: SetupSandbox, desk: ConnectionConfig, workspaces: WorkspaceRegistry
) -> None:
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    second = ConnectionConfig(workspaces, workspaces.create("second"), MemoryVault())
    with pytest.raises(UserDecisionNeeded, match="“main”"):
        await set_up_workspace(sandbox.connection_document, second)
    with pytest.raises(UserDecisionNeeded, match="“main”"):
        await set_zendesk_account(second, sandbox.zendesk_url)


async def test_setup_other_account_does_not_reuse_credentials(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    with pytest.raises(InvalidInput, match="api_token"):
        await set_up_workspace({"zendesk": {"base_url": "other", "auth": "token"}}, desk)
    await desk.vault.set(Secret.ZENDESK_REFRESH, "refresh-of-the-first")
    account = await set_zendesk_account(desk, "https://other.zendesk.com/agent")
    assert account.name == "other"
    for secret in (Secret.ZENDESK_TOKEN, Secret.ZENDESK_REFRESH, Secret.ZENDESK_ACCESS):
        assert await desk.vault.get(secret) is None
    assert await desk.vault.get(Secret.SAILTHRU_KEY)


async def test_setup_other_account_erases_first_sign_in(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await desk.vault.set(Secret.ZENDESK_REFRESH, "refresh-of-the-first")
    # The same server by another name is another account as far as anybody can tell.
    other = sandbox.zendesk_url.replace("127.0.0.1", "localhost")
    zendesk = {**sandbox.connection_document["zendesk"], "base_url": other}
    assert (await set_up_workspace({"zendesk": zendesk}, desk)).is_stored
    assert await desk.vault.get(Secret.ZENDESK_REFRESH) is None
    assert await desk.vault.get(Secret.ZENDESK_TOKEN) == zendesk["api_token"]


async def test_setup_without_keyring_stores_nothing(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    class Absent(MemoryVault):
        async def get(self, secret: Secret) -> str | None:
            raise KeyringError("There is no keyring.")

        async def set(self, secret: Secret, value: str) -> None:
            raise KeyringError("There is no keyring.")

    without = replace(desk, vault=Absent())
    with pytest.raises(KeyringError):
        await set_up_workspace(sandbox.connection_document, without)
    assert not desk.workspace.settings_path.exists()
    # A server gives the same secrets in the environment, and needs none.
    sailthru, zendesk = (
        sandbox.connection_document["sailthru"],
        sandbox.connection_document["zendesk"],
    )
    overrides = read_environment_secrets(
        {
            "FAIRLEAD_SAILTHRU_KEY": sailthru["api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": sailthru["api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": zendesk["email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk["api_token"],
        }
    )
    server = replace(
        desk, vault=EnvironmentVault(Absent(), overrides), environment_secrets=overrides
    )
    report = await set_up_workspace(sandbox.connection_document, server)
    assert report.is_ok
    # Sell's token was given in the document alone, and has no place here.
    assert any("FAIRLEAD_SELL_TOKEN" in note for note in report.notes)
    assert not server.settings_file.load().values.get(settings_table.SELL_ENABLED)


async def test_disconnect_forgets_account_and_permissions(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    wanted = {"changes": True, "permissions": {"agent": {"opt_in": True}}, "currency": "EUR"}
    await set_up_workspace({**sandbox.connection_document, **wanted}, desk)
    goodbye = await disconnect_workspace(desk)
    assert not goodbye.is_revoked
    assert "API token" in goodbye.message
    values = values_of(desk)
    # Which settings were an admin's stays provable.
    left = [secret for secret in Secret if await desk.vault.get(secret)]
    assert left == [Secret.SETTINGS_SEAL]
    assert permission_rules_from(values).permissions == {
        role: dict(cells) for role, cells in DEFAULT_PERMISSIONS.items()
    }
    assert not values.get(settings_table.CHANGES_ENABLED)
    assert values.get(settings_table.ZENDESK_BASE_URL) == ""
    assert values.get(settings_table.CURRENCY) == "EUR"


async def test_sign_out_keeps_account(sandbox: SetupSandbox, desk: ConnectionConfig) -> None:
    await set_up_workspace(sandbox.connection_document, desk)
    await sign_out_of_zendesk(desk)
    assert values_of(desk).get(settings_table.ZENDESK_BASE_URL) == sandbox.zendesk_url
    assert await desk.vault.get(Secret.ZENDESK_TOKEN) is None
    assert await desk.vault.get(Secret.SAILTHRU_KEY)


def test_credentials_repr_hides_secrets(sandbox: SetupSandbox) -> None:
    shown = repr(parse_setup_document(sandbox.connection_document))
    assert sandbox.connection_document["sailthru"]["api_secret"] not in shown
    assert sandbox.connection_document["zendesk"]["api_token"] not in shown


def test_account_address_is_parsed(workspaces: WorkspaceRegistry) -> None:
    assert parse_zendesk_account("https://acme.zendesk.com/agent").name == "acme"
    with pytest.raises(InvalidInput, match="missing"):
        parse_zendesk_account(" ")


async def test_setup_log_and_report_contain_no_secret(
    sandbox: SetupSandbox, desk: ConnectionConfig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reports = [await set_up_workspace(sandbox.connection_document, desk)]
    sandbox.add_fault("sailthru:GET /settings:500")
    reports.append(await set_up_workspace(sandbox.connection_document, desk))
    said = caplog.text + json.dumps([report.as_json() for report in reports]) + repr(reports)
    secrets = [await desk.vault.get(secret) for secret in Secret if not secret.is_address]
    assert len([secret for secret in secrets if secret]) == 5
    assert not [secret for secret in secrets if secret and secret in said]
    assert "Sailthru" in caplog.text


def test_stored_data_inventory_lists_locations(desk: ConnectionConfig) -> None:
    told = {place.description: place.location for place in list_stored_data(desk)}
    assert "memory" in told["Keys and sign-ins"]
    assert str(desk.workspace.settings_path) in told.values()
    assert "14 days" in told["Customers you opened"]


def test_stored_data_inventory_names_keyring_in_use(desk: ConnectionConfig) -> None:
    keyring = KeyringVault(desk.workspace.keyring_service)
    plain = EnvironmentVault(keyring, EnvironmentSecrets())
    (place,) = [
        p
        for p in list_stored_data(replace(desk, vault=plain))
        if p.description == "Keys and sign-ins"
    ]
    assert "keyring" in place.location
    assert desk.workspace.keyring_service in place.location
    given = EnvironmentSecrets({Secret.SAILTHRU_KEY: "a-key"})
    served = EnvironmentVault(keyring, given)
    (place,) = [
        p
        for p in list_stored_data(replace(desk, vault=served))
        if p.description == "Keys and sign-ins"
    ]
    assert place.location.startswith("In the environment (FAIRLEAD_SAILTHRU_KEY)")
    assert "a-key" not in place.location


async def test_sign_out_sends_no_token_to_an_address_it_was_not_given_for(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    zendesk = {"account": sandbox.zendesk_url, "oauth_client_id": sandbox.client_id}
    await set_up_workspace({"zendesk": zendesk}, desk)
    tokens = {Secret.ZENDESK_ACCESS: "4102444800 access", Secret.ZENDESK_REFRESH: "refresh"}
    await store_bound_secrets(desk.vault, tokens, "https://acme.zendesk.com")
    farewell = await sign_out_of_zendesk(desk)
    assert not farewell.is_revoked
    assert [await desk.vault.get(secret) for secret in tokens] == [None, None]
    asked = sandbox.control("GET", "requests")["requests"]
    assert not [route for route in asked if "oauth" in route]


async def test_secret_stored_halfway_belongs_to_no_host() -> None:
    class Killed(MemoryVault):
        async def set(self, secret: Secret, value: str) -> None:
            await super().set(secret, value)
            if secret is Secret.SAILTHRU_KEY:
                raise KeyringError("killed")

    vault = Killed()
    with pytest.raises(KeyringError):
        await store_bound_secrets(vault, {Secret.SAILTHRU_KEY: "new"}, "https://new.example")
    with pytest.raises(SecretForOtherHost, match="no address yet"):
        await read_bound_secret(vault, Secret.SAILTHRU_KEY, "https://old.example")

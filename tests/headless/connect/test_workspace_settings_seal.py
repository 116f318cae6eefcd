"""The seal of the settings: what a text editor or sqlite3 wrote gives nobody a right."""

import json
import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.doctor import run_doctor
from desktop.connect.identity_and_roles import effective_permission_rules
from desktop.connect.mail_server import smtp_server_from_settings
from desktop.connect.workspace_settings_seal import _HAS_ALL_KEYS, WorkspaceSettingsSeal
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import KeyringError
from desktop.model.data_source import DataSourceKind, DataSourceRecord, DataSourceState
from desktop.model.permission import Actor, Permission, Role, check_permission
from desktop.settings.sealed_settings import SealState
from desktop.settings.settings_file import SettingsValues
from desktop.settings.settings_table import SETTINGS_BY_KEY, SOURCE_RECORDS
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.environment_vault import EnvironmentSecrets, EnvironmentVault
from desktop.vault.keyring_errors import keyring_locked_error, no_keyring_error
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.setup_sandbox import SetupSandbox

OPT_IN = "permissions.agent.opt_in"
AGENT = Actor("Lee", Role.AGENT, 7)


@pytest.fixture
async def ready(sandbox: SetupSandbox, desk: ConnectionConfig) -> ConnectionConfig:
    """A workspace that an admin has set up, with changes on and agents who may not set health."""
    wanted = {"changes": True, "permissions": {"agent": {"health": False}}}
    report = await set_up_workspace({**sandbox.connection_document, **wanted}, desk)
    assert report.is_ok
    return desk


class FailingVault(MemoryVault):
    """A keyring that cannot be asked."""

    def __init__(self, error: KeyringError) -> None:
        super().__init__()
        self._error = error

    async def get(self, secret: Secret) -> str | None:
        raise self._error


def edit_file(desk: ConnectionConfig, **settings: Any) -> None:
    """What a person does with a text editor; None removes a line."""
    path = desk.workspace.settings_path
    document = json.loads(path.read_text()) if path.exists() else {"version": 1, "settings": {}}
    for key, value in settings.items():
        key = key.replace("__", ".")
        if value is None:
            document["settings"].pop(key, None)
        else:
            document["settings"][key] = value
    path.write_text(json.dumps(document))


def edit_database(desk: ConnectionConfig, sql: str) -> None:
    with sqlite3.connect(desk.workspace.folder / "fairlead.db") as raw:
        raw.execute(sql)


async def load_anew(desk: ConnectionConfig, **changes: Any) -> SettingsValues:
    """The settings as the next process reads them."""
    config = replace(desk, **changes)
    await config.seal.load()
    return config.settings_file.load().values


@pytest.mark.parametrize(
    ("key", "edited", "counts"),
    [
        (OPT_IN, True, False),
        ("permissions.agent.runs", True, False),
        ("permissions.agent.health", True, False),
        ("permissions.agent.health", None, False),
        ("sailthru_only.person", "ada", ""),
        ("names.health_var", "vip", "zendesk_health"),
        ("mail.host", "elsewhere.example", ""),
        # The keyring's token is bound to its address itself.
        ("zendesk.email", "boss@acme.example", "boss@acme.example"),
        # To forbid something takes nobody's permission, and what decides no right is free.
        ("permissions.agent.opt_out", False, False),
        ("permissions.agent.list_add", "damaged", False),
        ("changes", False, False),
        ("currency", None, "USD"),
        ("sailthru.currency", "EUR", "EUR"),
        ("cache.keep_days", 3, 3),
        ("window.theme", "dark", "dark"),
    ],
)
async def test_edited_settings_count_only_where_they_allow_less(
    ready: ConnectionConfig, key: str, edited: Any, counts: Any
) -> None:
    if key not in SETTINGS_BY_KEY:
        key = f"sailthru.{key}"
    before = ready.settings_file.load().values
    edit_file(ready, **{key: edited})
    values = await load_anew(ready)
    setting = SETTINGS_BY_KEY[key]
    assert values.get(setting) == (before.get(setting) if counts is None else counts)
    is_refused = values.outside_changes.error is not None
    assert is_refused == (key in values.outside_changes.values)
    if is_refused:
        assert setting.label in values.outside_changes.notice


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM settings_seal",
        "UPDATE settings_seal SET number = 0",
        "UPDATE settings_seal SET macs = '{}'",
        "UPDATE settings_seal SET sealed_values ="
        """ '{"changes":true,"permissions.agent.opt_in":true}'""",
        "UPDATE settings_seal SET sealed_values = 'nonsense'",
        "",
    ],
)
async def test_seal_that_was_touched_grants_nothing_and_is_not_adopted_anew(
    ready: ConnectionConfig, attack: str
) -> None:
    edit_file(ready, permissions__agent__opt_in=True)
    if attack:
        edit_database(ready, attack)
    else:
        (ready.workspace.folder / "fairlead.db").unlink()
    values = await load_anew(ready)
    assert values.seal_state in (SealState.BROKEN, SealState.MISSING)
    rules = effective_permission_rules(values, connected=True)
    assert not rules.are_changes_enabled
    assert not rules.permissions[Role.AGENT][Permission.OPT_IN]
    decision = check_permission(Permission.OPT_IN, AGENT, rules)
    assert "changed outside Fairlead" in decision.reason
    assert "An admin makes that count by saving it once" in decision.reason
    checks = {c.name: c for c in (await run_doctor(ready)).checks}
    assert not checks["Settings: changed outside"].is_ok


async def test_older_seal_put_back_does_not_count(ready: ConnectionConfig) -> None:
    """An agent keeps the files from before an admin took a permission away."""
    await ready.seal.load()
    ready.settings_file.change({OPT_IN: True})
    path = ready.workspace.settings_path
    with sqlite3.connect(ready.workspace.folder / "fairlead.db") as raw:
        (kept,) = raw.execute("SELECT number, sealed_values, macs FROM settings_seal").fetchall()
    kept_file = path.read_text()
    ready.settings_file.change({OPT_IN: None})
    await ready.seal.keep_number()
    path.write_text(kept_file)
    with sqlite3.connect(ready.workspace.folder / "fairlead.db") as raw:
        raw.execute("UPDATE settings_seal SET number = ?, sealed_values = ?, macs = ?", kept)
    values = await load_anew(ready)
    assert values.seal_state is SealState.BROKEN
    assert not values.get(SETTINGS_BY_KEY[OPT_IN])


async def test_saving_in_fairlead_makes_the_setting_count_and_no_other(
    ready: ConnectionConfig,
) -> None:
    edit_file(ready, permissions__agent__opt_in=True, permissions__agent__runs=True)
    await ready.seal.load()
    ready.settings_file.change({OPT_IN: True})
    values = await load_anew(ready)
    assert values.get(SETTINGS_BY_KEY[OPT_IN])
    assert list(values.outside_changes.values) == ["permissions.agent.runs"]


@pytest.mark.parametrize("has_database", [True, False])
async def test_settings_of_an_earlier_version_are_adopted_once(
    ready: ConnectionConfig, has_database: bool
) -> None:
    """As 0.2.0 left them: no seal anywhere, but the keys in the keyring."""
    await ready.vault.delete(Secret.SETTINGS_SEAL)
    edit_file(ready, permissions__agent__opt_in=True)
    if has_database:
        edit_database(ready, "UPDATE settings_seal SET number = 0, macs = '{}'")
    else:
        (ready.workspace.folder / "fairlead.db").unlink()
    values = await load_anew(ready)
    assert values.seal_state is SealState.VALID
    assert values.get(SETTINGS_BY_KEY[OPT_IN])
    edit_file(ready, permissions__agent__runs=True)
    (ready.workspace.folder / "fairlead.db").unlink()
    again = await load_anew(ready)
    assert again.seal_state is SealState.MISSING
    assert not again.get(SETTINGS_BY_KEY["permissions.agent.runs"])
    assert not again.get(SETTINGS_BY_KEY[OPT_IN])


async def test_source_disconnected_by_an_earlier_version_is_sealed_once(
    ready: ConnectionConfig,
) -> None:
    seal, record = ready.seal, DataSourceRecord(DataSourceState.DISCONNECTED, "", "", "Ada", 1.0)
    left = SOURCE_RECORDS.serialize({DataSourceKind.SELL: record})
    more = SOURCE_RECORDS.serialize(dict.fromkeys(DataSourceKind, record))
    assert isinstance(seal, WorkspaceSettingsSeal)
    # As that version left it: sealed without this key.
    row = seal._read_row()
    assert row is not None
    old = {k: v for k, v in row.values.items() if k not in (_HAS_ALL_KEYS, SOURCE_RECORDS.key)}
    seal._write_row(row.number, old)
    edit_file(ready, **{SOURCE_RECORDS.key: left})
    await load_anew(ready)
    edit_file(ready, **{SOURCE_RECORDS.key: None})
    values = await load_anew(ready)
    assert [one.value for one in values.get(SOURCE_RECORDS)] == ["sell"]
    # What is edited later is not sealed any more.
    edit_file(ready, **{SOURCE_RECORDS.key: more})
    await load_anew(ready)
    edit_file(ready, **{SOURCE_RECORDS.key: None})
    values = await load_anew(ready)
    assert [one.value for one in values.get(SOURCE_RECORDS)] == ["sell"]


async def test_settings_written_before_the_first_set_up_are_not_adopted(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    edit_file(desk, permissions__agent__opt_in=True, changes=True)
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    values = await load_anew(desk)
    assert sorted(values.outside_changes.values) == ["changes", OPT_IN]


async def test_locked_keyring_stops_everything_but_a_stricter_opt_out(
    ready: ConnectionConfig,
) -> None:
    values = await load_anew(ready, vault=FailingVault(keyring_locked_error()))
    assert values.seal_state is SealState.UNREADABLE
    rules = effective_permission_rules(values, connected=True)
    allowed = {p for p in Permission if check_permission(p, AGENT, rules).is_allowed}
    assert allowed == {Permission.VIEW, Permission.OPT_OUT}
    reason = check_permission(Permission.LIST_ADD, AGENT, rules).reason
    assert "Unlock the keyring" in reason


async def test_locked_keyring_does_not_switch_changes_on(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    assert (await set_up_workspace(sandbox.connection_document, desk)).is_ok
    values = await load_anew(desk, vault=FailingVault(keyring_locked_error()))
    rules = effective_permission_rules(values, connected=True)
    assert not check_permission(Permission.OPT_OUT, AGENT, rules).is_allowed


def server(document: dict[str, Any], **more: str) -> dict[str, Any]:
    """What a server without a keyring has: its environment."""
    secrets = {
        Secret.SAILTHRU_KEY: document["sailthru"]["api_key"],
        Secret.SAILTHRU_SECRET: document["sailthru"]["api_secret"],
        Secret.ZENDESK_TOKEN: document["zendesk"]["api_token"],
        **{Secret(key.replace("_", "-")): value for key, value in more.items()},
    }
    given = EnvironmentSecrets(secrets, document["zendesk"]["email"])
    below = FailingVault(no_keyring_error("There is none."))
    return {"environment_secrets": given, "vault": EnvironmentVault(below, given)}


@pytest.mark.parametrize("audit_key", [{}, {"audit_key": "b" * 64}])
async def test_server_without_keyring_goes_on_and_refuses_what_was_edited(
    sandbox: SetupSandbox, desk: ConnectionConfig, audit_key: dict[str, str]
) -> None:
    document = sandbox.connection_document
    on_server = replace(desk, **server(document, **audit_key))
    assert (await set_up_workspace({**document, "changes": True}, on_server)).is_ok
    edit_file(desk, permissions__agent__opt_in=True)
    for changes in (server(document, **audit_key), server(document)):
        values = await load_anew(desk, **changes)
        assert values.seal_state is SealState.VALID
        assert values.get(SETTINGS_BY_KEY["changes"])
        assert list(values.outside_changes.values) == [OPT_IN]
    # Somebody with keys of their own, and nothing in common with who set it up.
    other = {**document, "sailthru": {"api_key": "a" * 32, "api_secret": "b" * 32}}
    values = await load_anew(desk, **server(other))
    assert values.seal_state is SealState.UNKEYED
    assert list(values.outside_changes.values) == [OPT_IN]
    (desk.workspace.folder / "fairlead.db").unlink()
    values = await load_anew(desk, **server(document, **audit_key))
    assert not values.get(SETTINGS_BY_KEY["changes"])


async def test_environment_cannot_bring_a_key_of_its_own_where_there_is_a_keyring(
    ready: ConnectionConfig, sandbox: SetupSandbox
) -> None:
    """An agent seals what he likes with his own key and gives it to the next process."""
    document = sandbox.connection_document
    own = EnvironmentSecrets({Secret.AUDIT_KEY: "c" * 64, Secret.ZENDESK_TOKEN: "own"})
    forged = replace(
        ready,
        environment_secrets=own,
        vault=EnvironmentVault(FailingVault(no_keyring_error("Hidden.")), own),
    )
    await forged.seal.load()
    forged.settings_file.change({OPT_IN: True, "changes": True})
    assert document["zendesk"]["api_token"] != "own"
    values = await load_anew(
        ready, environment_secrets=own, vault=EnvironmentVault(ready.vault, own)
    )
    assert values.seal_state is SealState.BROKEN
    assert not values.get(SETTINGS_BY_KEY[OPT_IN])


@pytest.mark.parametrize("attack", ["edit", "edit, and no seal"])
async def test_secrets_of_the_environment_go_to_no_address_that_was_edited(
    sandbox: SetupSandbox, desk: ConnectionConfig, attack: str
) -> None:
    document = sandbox.connection_document
    given = server(document, smtp_password="canary-pass-4711")
    on_server = replace(desk, **given)
    assert (await set_up_workspace({**document, "changes": True}, on_server)).is_ok
    mail = {"mail.host": "mail.desk.example", "mail.user": "lee", "mail.from": "lee@desk.example"}
    on_server.settings_file.change(mail)
    config = replace(desk, **given)
    values = await load_anew(config)
    assert (await smtp_server_from_settings(config, values)).password == "canary-pass-4711"
    edit_file(desk, mail__host="elsewhere.example", sailthru__service_uri="http://127.0.0.1:9")
    if attack == "edit, and no seal":
        edit_database(desk, "DELETE FROM settings_seal")
    config = replace(desk, **given)
    await config.seal.load()
    values = config.settings_file.load().values
    if attack == "edit":
        assert (await smtp_server_from_settings(config, values)).host == "mail.desk.example"
    else:
        with pytest.raises(SecretForOtherHost, match="environment is for another address"):
            await smtp_server_from_settings(config, values)
    with pytest.raises(SecretForOtherHost, match="environment is for another address"):
        config.require_account_of(values, None)


async def test_set_up_once_more_makes_a_lost_seal_whole(
    sandbox: SetupSandbox, desk: ConnectionConfig
) -> None:
    document = sandbox.connection_document
    given = server(document)
    on_server = replace(desk, **given)
    assert (await set_up_workspace({**document, "changes": True}, on_server)).is_ok
    (desk.workspace.folder / "fairlead.db").unlink()
    assert not (await load_anew(desk, **given)).get(SETTINGS_BY_KEY["changes"])
    assert (await set_up_workspace({"changes": True}, replace(desk, **given))).is_ok
    config = replace(desk, **given)
    values = await load_anew(config)
    assert values.get(SETTINGS_BY_KEY["changes"])
    assert values.outside_changes.error is None
    await config.seal.load()
    config.require_account_of(values, None)

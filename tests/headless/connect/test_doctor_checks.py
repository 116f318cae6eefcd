"""`fairlead doctor`: names the step that fails, and what to do about it."""

from dataclasses import replace

import pytest

from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.doctor import DoctorReport, run_doctor
from desktop.connect.oauth_redirect_listener import REDIRECT_PORTS
from desktop.connect.support_request_texts import (
    request_api_key_text,
    request_endpoints_text,
    request_oauth_client_text,
)
from desktop.connect.team_rollout import (
    KEY_HANDOUT_NOTES,
    POLICY_INSTALL_NOTES,
    check_agents_key,
    export_policy,
)
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.clock import SystemClock
from desktop.kit.errors import Forbidden, KeyringError
from desktop.model.permission import Role
from desktop.settings import settings_table
from desktop.settings.managed_policy import merge_policy_files
from desktop.settings.policy_file_discovery import PolicyFile
from desktop.settings.settings_file import SettingsValues
from desktop.settings.workspace import WorkspaceRegistry
from desktop.vault.environment_vault import EnvironmentVault, read_environment_secrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.setup_sandbox import SetupSandbox

DAY_S = 86_400


class Shifted(SystemClock):
    def __init__(self, by_s: float) -> None:
        self._by_s = by_s

    def now(self) -> float:
        return super().now() + self._by_s


def named(report: DoctorReport, name: str) -> ConnectionCheck:
    (found,) = [check for check in report.checks if check.name == name]
    return found


@pytest.fixture
async def ready(sandbox: SetupSandbox, desk: ConnectionConfig) -> ConnectionConfig:
    await set_up_workspace({**sandbox.connection_document, "sailthru.dedicated_key": True}, desk)
    return desk


async def test_doctor_connected_workspace_has_no_problem(ready: ConnectionConfig) -> None:
    report = await run_doctor(ready)
    assert report.is_ok
    assert [c.name for c in report.checks if not c.is_ok] == []
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    assert "30 April 2027" in named(report, "Zendesk: API token").detail
    assert named(report, "Sailthru: predictions").detail == "Prediction Manager is on."
    assert {f"Sailthru: {e}" for e in ("user", "list", "job")} <= {c.name for c in report.checks}
    assert report.as_json()["ok"] is True


async def test_doctor_empty_workspace_lists_what_is_needed(desk: ConnectionConfig) -> None:
    report = await run_doctor(desk)
    assert not report.is_ok
    check = named(report, "Sailthru: key")
    assert "application alone" in check.support_text
    assert "Sailthru only" in named(report, "Zendesk").detail


async def test_doctor_refused_endpoint_is_named(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    for endpoint in ("user", "job"):
        sandbox.add_fault(f"sailthru:GET /{endpoint}:403")
    report = await run_doctor(ready)
    assert not report.is_ok
    assert [c.name for c in report.checks if not c.is_ok] == ["Sailthru: user", "Sailthru: job"]
    assert "“user”, “job”" in named(report, "Sailthru: job").hint
    letter = named(report, "Sailthru: job").support_text
    assert "  - user:" in letter
    assert "  - job:" in letter
    assert "  - list:" not in letter


async def test_doctor_key_without_settings_permission_is_valid(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    sandbox.add_fault("sailthru:GET /settings:403")
    report = await run_doctor(ready)
    assert report.is_ok
    assert named(report, "Sailthru: key").is_ok
    assert not named(report, "Sailthru: settings").is_ok


async def test_doctor_account_switches_are_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    sandbox.control(
        "POST", "account", {"predictions": False, "sync_field": False, "timezone": "Asia/Tokyo"}
    )
    report = await run_doctor(ready)
    assert report.is_ok
    assert "off" in named(report, "Sailthru: predictions").detail
    assert "Asia/Tokyo" in named(report, "Sailthru: time zone").hint
    assert not named(report, "Zendesk: user field").is_ok


async def test_doctor_names_of_wrong_type_are_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    ready.settings_file.change({"names.smart_list": "Newsletter", "names.mark_var": "vip"})
    report = await run_doctor(ready)
    assert "ordinary list" in named(report, "Sailthru: smart list").detail
    ready.settings_file.change({"names.smart_list": "no-such-list"})
    check = named(await run_doctor(ready), "Sailthru: smart list")
    assert "vip is true" in check.hint
    assert not check.is_needed


async def test_doctor_pause_list_that_takes_nobody_is_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    check = named(await run_doctor(ready), "Sailthru: pause list")
    assert check.is_ok
    assert "first pause makes" in check.detail
    ready.settings_file.change({"names.paused_list": "Newsletter"})
    check = named(await run_doctor(ready), "Sailthru: pause list")
    assert check.is_ok
    assert "“Newsletter” is there" in check.detail
    ready.settings_file.change({"names.paused_list": "zendesk-sync-smart"})
    report = await run_doctor(ready)
    check = named(report, "Sailthru: pause list")
    assert not check.is_ok
    assert "no pause takes effect" in check.detail
    assert report.is_ok


async def test_doctor_api_token_end_date_is_reported(ready: ConnectionConfig) -> None:
    report = await run_doctor(replace(ready, clock=Shifted(400 * DAY_S)))
    assert not named(report, "Zendesk: API token").is_ok
    assert "OAuth" in named(report, "Zendesk: API token").hint


@pytest.mark.parametrize(("by_s", "way"), [(3600, "60 minutes ahead"), (-7200, "120 minutes beh")])
async def test_doctor_wrong_clock_is_reported(
    ready: ConnectionConfig, by_s: float, way: str
) -> None:
    report = await run_doctor(replace(ready, clock=Shifted(by_s)))
    assert way in named(report, "Zendesk: clock").detail
    assert not named(report, "Sailthru: clock").is_ok


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("https://no-such-host.invalid", "Sailthru: name (DNS)"),
        ("http://127.0.0.1:9", "Sailthru: connection"),
        ("TLS", "Sailthru: TLS"),
    ],
)
async def test_doctor_failing_step_is_named(
    sandbox: SetupSandbox, ready: ConnectionConfig, address: str, step: str
) -> None:
    # A port that takes connections and speaks no TLS.
    uri = sandbox.sailthru_url.replace("http:", "https:") if address == "TLS" else address
    ready.settings_file.change({"sailthru.service_uri": uri})
    report = await run_doctor(ready)
    failing = named(report, step)
    assert not failing.is_ok
    assert failing.detail
    assert failing.hint
    assert "Sailthru: key" not in {c.name for c in report.checks}
    assert named(report, "Zendesk: role").is_ok


async def test_doctor_lost_sign_in_is_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    await ready.vault.set(Secret.ZENDESK_TOKEN, "revoked")
    assert not named(await run_doctor(ready), "Zendesk: sign-in").is_ok
    await ready.vault.delete(Secret.ZENDESK_TOKEN)
    assert "Nobody is signed in" in named(await run_doctor(ready), "Zendesk: sign-in").detail
    ready.settings_file.change({"zendesk.auth": "oauth", "zendesk.oauth_client_id": None})
    check = named(await run_doctor(ready), "Zendesk: sign-in")
    for port in REDIRECT_PORTS:
        assert f"http://127.0.0.1:{port}/callback" in check.support_text


async def test_doctor_without_keyring_stops(ready: ConnectionConfig) -> None:
    class Absent(MemoryVault):
        async def get(self, secret: Secret) -> str | None:
            raise KeyringError("There is no keyring.", hint="Use variables.")

    report = await run_doctor(replace(ready, vault=Absent()))
    assert [c.name for c in report.checks] == ["Keyring"]
    assert report.checks[0].hint == "Use variables."


async def test_doctor_environment_credentials_override_is_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    zendesk = sandbox.connection_document["zendesk"]
    overrides = read_environment_secrets(
        {
            "FAIRLEAD_ZENDESK_EMAIL": zendesk["agent_email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk["agent_api_token"],
        }
    )
    vault = EnvironmentVault(ready.vault, overrides)
    report = await run_doctor(replace(ready, vault=vault, environment_secrets=overrides))
    assert report.actor is not None
    assert report.actor.role is Role.AGENT


async def test_doctor_damaged_settings_and_closed_policy_are_reported(
    ready: ConnectionConfig, workspaces: WorkspaceRegistry, tmp_path: object
) -> None:
    ready.workspace.settings_path.write_text("{")
    workspaces._policy = merge_policy_files([PolicyFile(ready.workspace.folder, True, b"{")])
    report = await run_doctor(ready)
    assert ".broken-" in named(report, "Settings").hint
    assert "changes are off" in named(report, "Policy").hint
    assert not report.is_ok


async def test_doctor_sync_field_can_be_created_by_admin_only(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    values = SettingsValues({"names.box_field": "made_by_a_test"})
    services = ready.temporary_clients(values)
    async with services.transport("Zendesk", sandbox.zendesk_url) as transport:
        admin = await ready.zendesk_credentials(ready.settings_file.load().values, transport)
    assert admin is not None
    async with services.zendesk(sandbox.zendesk_url, admin) as client:
        made = await client.create_user_field("made_by_a_test", "Made by a test")
        assert (made.key, made.type) == ("made_by_a_test", "checkbox")
    agent = replace(
        admin,
        email=sandbox.connection_document["zendesk"]["agent_email"],
        token=sandbox.connection_document["zendesk"]["agent_api_token"],
    )
    async with services.zendesk(sandbox.zendesk_url, agent) as client:
        with pytest.raises(Forbidden):
            await client.create_user_field("another", "Another")


async def test_doctor_agent_key_with_job_permission_is_reported(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    from desktop.clients.sailthru.protocol import SailthruCredentials

    sailthru = sandbox.connection_document["sailthru"]
    services = ready.temporary_clients(SettingsValues())
    good = SailthruCredentials(sailthru["agent_api_key"], sailthru["agent_api_secret"])
    async with services.sailthru(sandbox.sailthru_url, good) as client:
        assert all(check.is_ok for check in await check_agents_key(client))
    bad = SailthruCredentials(sailthru["api_key"], sailthru["api_secret"])
    async with services.sailthru(sandbox.sailthru_url, bad) as client:
        failing = [check for check in await check_agents_key(client) if not check.is_ok]
    assert [check.name for check in failing] == ["Agents' key: job"]


async def test_policy_export_has_rules_and_no_secrets(
    sandbox: SetupSandbox, ready: ConnectionConfig
) -> None:
    import json

    ready.settings_file.change({"changes": True, "permissions.agent.list_remove": True})
    values = ready.settings_file.load().values
    text = json.dumps(export_policy(values))
    for secret in Secret:
        kept = None if secret.is_address else await ready.vault.get(secret)
        assert kept is None or kept not in text
    assert "zendesk.email" not in text
    policy = merge_policy_files([PolicyFile(ready.workspace.folder, True, text.encode())])
    assert policy.notices == ()
    assert not policy.is_fail_closed
    theirs = SettingsValues({}, policy)
    assert theirs.get(settings_table.CHANGES_ENABLED)
    assert theirs.get(settings_table.SETTINGS_BY_KEY["permissions.agent.list_remove"])
    assert theirs.get(settings_table.ZENDESK_BASE_URL) == sandbox.zendesk_url
    assert "/etc/fairlead/policy.json" in POLICY_INSTALL_NOTES
    assert "without “job”" in KEY_HANDOUT_NOTES


def test_support_letters_are_complete_texts() -> None:
    for letter in (
        request_api_key_text(),
        request_endpoints_text(["job"]),
        request_oauth_client_text(),
    ):
        assert letter.startswith("Hello,")
        assert letter.endswith("Thank you!")

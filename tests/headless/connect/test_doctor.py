"""`fairlead doctor`: names the step that fails, and what to do about it."""

from dataclasses import replace

import pytest

from desktop.connect.check import Check
from desktop.connect.desk import Desk
from desktop.connect.doctor import Report, examine
from desktop.connect.letters import ask_for_endpoints, ask_for_key, ask_for_oauth_client
from desktop.connect.loopback import PORTS
from desktop.connect.setup import run_setup
from desktop.connect.team import HANDING_OUT, INSTALLING, check_agents_key, export_policy
from desktop.connect.zendesk_check import create_box
from desktop.kit.clock import SystemClock
from desktop.kit.errors import Forbidden, NoKeyring
from desktop.model.permission import Role
from desktop.settings import table
from desktop.settings.policy import combine
from desktop.settings.policy_place import Found
from desktop.settings.values import Values
from desktop.settings.workspace import Workspaces
from desktop.vault.environment import EnvironmentVault, read_overrides
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.headless.connect.running_sandbox import RunningSandbox

DAY_S = 86_400


class Shifted(SystemClock):
    def __init__(self, by_s: float) -> None:
        self._by_s = by_s

    def now(self) -> float:
        return super().now() + self._by_s


def named(report: Report, name: str) -> Check:
    (found,) = [check for check in report.checks if check.name == name]
    return found


@pytest.fixture
async def ready(sandbox: RunningSandbox, desk: Desk) -> Desk:
    await run_setup({**sandbox.document, "sailthru.dedicated_key": True}, desk)
    return desk


async def test_all_well(ready: Desk) -> None:
    report = await examine(ready)
    assert report.ok
    assert [c.name for c in report.checks if not c.ok] == []
    assert report.actor is not None
    assert report.actor.role is Role.ADMIN
    assert "2027-04-30" in named(report, "Zendesk: API token").detail
    assert named(report, "Sailthru: predictions").detail == "Prediction Manager is on."
    assert {f"Sailthru: {e}" for e in ("user", "list", "job")} <= {c.name for c in report.checks}
    assert report.as_json()["ok"] is True


async def test_an_empty_workspace_is_told_what_to_get(desk: Desk) -> None:
    report = await examine(desk)
    assert not report.ok
    check = named(report, "Sailthru: key")
    assert "application alone" in check.letter
    assert "Sailthru only" in named(report, "Zendesk").detail


async def test_every_refused_endpoint_is_named(sandbox: RunningSandbox, ready: Desk) -> None:
    for endpoint in ("user", "job"):
        sandbox.fault(f"sailthru:GET /{endpoint}:403")
    report = await examine(ready)
    assert not report.ok
    assert [c.name for c in report.checks if not c.ok] == ["Sailthru: user", "Sailthru: job"]
    assert "“user”, “job”" in named(report, "Sailthru: job").hint
    letter = named(report, "Sailthru: job").letter
    assert "  - user:" in letter
    assert "  - job:" in letter
    assert "  - list:" not in letter


async def test_a_key_that_may_not_read_settings_is_still_a_key(
    sandbox: RunningSandbox, ready: Desk
) -> None:
    sandbox.fault("sailthru:GET /settings:403")
    report = await examine(ready)
    assert report.ok
    assert named(report, "Sailthru: key").ok
    assert not named(report, "Sailthru: settings").ok


async def test_switches_of_the_account_are_seen(sandbox: RunningSandbox, ready: Desk) -> None:
    sandbox.control(
        "POST", "account", {"predictions": False, "sync_field": False, "timezone": "Asia/Tokyo"}
    )
    report = await examine(ready)
    assert report.ok
    assert "off" in named(report, "Sailthru: predictions").detail
    assert "Asia/Tokyo" in named(report, "Sailthru: time zone").hint
    assert not named(report, "Zendesk: user field").ok


async def test_names_that_are_something_else_are_seen(sandbox: RunningSandbox, ready: Desk) -> None:
    ready.settings.change({"names.smart_list": "Newsletter", "names.mark_var": "vip"})
    report = await examine(ready)
    assert "ordinary list" in named(report, "Sailthru: smart list").detail
    ready.settings.change({"names.smart_list": "no-such-list"})
    check = named(await examine(ready), "Sailthru: smart list")
    assert "vip is true" in check.hint
    assert not check.needed


async def test_api_tokens_end(ready: Desk) -> None:
    report = await examine(replace(ready, clock=Shifted(400 * DAY_S)))
    assert not named(report, "Zendesk: API token").ok
    assert "OAuth" in named(report, "Zendesk: API token").hint


@pytest.mark.parametrize(("by_s", "way"), [(3600, "60 minutes ahead"), (-7200, "120 minutes beh")])
async def test_a_wrong_clock_is_seen(ready: Desk, by_s: float, way: str) -> None:
    report = await examine(replace(ready, clock=Shifted(by_s)))
    assert way in named(report, "Zendesk: clock").detail
    assert not named(report, "Sailthru: clock").ok


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("https://no-such-host.invalid", "Sailthru: name (DNS)"),
        ("http://127.0.0.1:9", "Sailthru: connection"),
        ("TLS", "Sailthru: TLS"),
    ],
)
async def test_the_failing_step_is_named(
    sandbox: RunningSandbox, ready: Desk, address: str, step: str
) -> None:
    # A port that takes connections and speaks no TLS.
    uri = sandbox.sailthru.replace("http:", "https:") if address == "TLS" else address
    ready.settings.change({"sailthru.service_uri": uri})
    report = await examine(ready)
    failing = named(report, step)
    assert not failing.ok
    assert failing.detail
    assert failing.hint
    assert "Sailthru: key" not in {c.name for c in report.checks}
    assert named(report, "Zendesk: role").ok


async def test_a_lost_sign_in_is_named(sandbox: RunningSandbox, ready: Desk) -> None:
    await ready.vault.set(Secret.ZENDESK_TOKEN, "revoked")
    assert not named(await examine(ready), "Zendesk: sign-in").ok
    await ready.vault.delete(Secret.ZENDESK_TOKEN)
    assert "Nobody is signed in" in named(await examine(ready), "Zendesk: sign-in").detail
    ready.settings.change({"zendesk.auth": "oauth", "zendesk.oauth_client_id": None})
    check = named(await examine(ready), "Zendesk: sign-in")
    for port in PORTS:
        assert f"http://127.0.0.1:{port}/callback" in check.letter


async def test_without_a_keyring_it_says_so_and_stops(ready: Desk) -> None:
    class Absent(MemoryVault):
        async def get(self, secret: Secret) -> str | None:
            raise NoKeyring("There is no keyring.", hint="Use variables.")

    report = await examine(replace(ready, vault=Absent()))
    assert [c.name for c in report.checks] == ["Keyring"]
    assert report.checks[0].hint == "Use variables."


async def test_the_environment_signs_in_as_somebody_else(
    sandbox: RunningSandbox, ready: Desk
) -> None:
    zendesk = sandbox.document["zendesk"]
    overrides = read_overrides(
        {
            "FAIRLEAD_ZENDESK_EMAIL": zendesk["agent_email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk["agent_api_token"],
        }
    )
    vault = EnvironmentVault(ready.vault, overrides)
    report = await examine(replace(ready, vault=vault, overrides=overrides))
    assert report.actor is not None
    assert report.actor.role is Role.AGENT


async def test_a_damaged_settings_file_and_a_closed_policy_are_reported(
    ready: Desk, workspaces: Workspaces, tmp_path: object
) -> None:
    ready.workspace.settings_path.write_text("{")
    workspaces._policy = combine([Found(ready.workspace.folder, True, b"{")])
    report = await examine(ready)
    assert ".broken-" in named(report, "Settings").hint
    assert "changes are off" in named(report, "Policy").hint
    assert not report.ok


async def test_an_admin_can_make_the_box_and_an_agent_cannot(
    sandbox: RunningSandbox, ready: Desk
) -> None:
    values = Values({"names.box_field": "made_by_a_test"})
    services = ready.services(values)
    async with services.transport("Zendesk", sandbox.zendesk) as transport:
        admin = await ready.zendesk_credentials(ready.settings.load().values, transport)
    assert admin is not None
    async with services.zendesk(sandbox.zendesk, admin) as client:
        made = await create_box(client, values)
        assert (made.key, made.type) == ("made_by_a_test", "checkbox")
    agent = replace(
        admin,
        email=sandbox.document["zendesk"]["agent_email"],
        token=sandbox.document["zendesk"]["agent_api_token"],
    )
    async with services.zendesk(sandbox.zendesk, agent) as client:
        with pytest.raises(Forbidden):
            await create_box(client, Values({"names.box_field": "another"}))


async def test_an_agents_key_must_be_refused_for_jobs(sandbox: RunningSandbox, ready: Desk) -> None:
    from desktop.clients.sailthru.protocol import Credentials

    sailthru = sandbox.document["sailthru"]
    services = ready.services(Values())
    good = Credentials(sailthru["agent_api_key"], sailthru["agent_api_secret"])
    async with services.sailthru(sandbox.sailthru, good) as client:
        assert all(check.ok for check in await check_agents_key(client))
    bad = Credentials(sailthru["api_key"], sailthru["api_secret"])
    async with services.sailthru(sandbox.sailthru, bad) as client:
        failing = [check for check in await check_agents_key(client) if not check.ok]
    assert [check.name for check in failing] == ["Agents' key: job"]


async def test_the_policy_to_hand_out_has_the_rules_and_no_secrets(
    sandbox: RunningSandbox, ready: Desk
) -> None:
    import json

    ready.settings.change({"changes": True, "permissions.agent.list_remove": True})
    values = ready.settings.load().values
    text = json.dumps(export_policy(values))
    for secret in Secret:
        kept = await ready.vault.get(secret)
        assert kept is None or kept not in text
    assert "email" not in text
    policy = combine([Found(ready.workspace.folder, True, text.encode())])
    assert policy.notices == ()
    assert not policy.closed
    theirs = Values({}, policy)
    assert theirs.get(table.CHANGES)
    assert theirs.get(table.BY_KEY["permissions.agent.list_remove"])
    assert theirs.get(table.ZENDESK_BASE_URL) == sandbox.zendesk
    assert "/etc/fairlead/policy.json" in INSTALLING
    assert "without “job”" in HANDING_OUT


def test_letters_are_whole_sentences_to_send() -> None:
    for letter in (ask_for_key(), ask_for_endpoints(["job"]), ask_for_oauth_client()):
        assert letter.startswith("Hello,")
        assert letter.endswith("Thank you!")

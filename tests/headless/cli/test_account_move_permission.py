"""What an agent cannot reach by a command: being an admin, another host, another sync's plan."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.mail_server import run_mail_server
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

BOX, TAGS = "zendesk-to-sailthru", "high-value-tagging"


@pytest.fixture(scope="module")
def second_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServers]:
    log = tmp_path_factory.mktemp("second") / "requests.jsonl"
    servers = SandboxServers("--customers", "0", "--account", "account_id=11111", log=log)
    yield servers
    servers.stop()


def requests_with_credentials(servers: SandboxServers, *secrets: str) -> list[dict[str, Any]]:
    """What came with one of these, or with any sign-in."""
    return [
        request
        for request in servers.logged_requests()
        if "authorization" in request["headers"]
        or "api_key" in str(request["query"]) + str(request["body"])
        or any(secret in json.dumps(request) for secret in secrets)
    ]


def settings_text(person: FairleadCommand) -> str:
    (path,) = person.home.rglob("settings.json")
    return path.read_text()


@pytest.mark.parametrize(
    "wanted",
    [
        {"zendesk": {"auth": "none"}, "permissions": {"agent": {"opt_in": True}}},
        {"zendesk": {"auth": "none"}},
        {"zendesk": {"auth": "none"}, "sailthru_only": {"person": "root", "role": "admin"}},
    ],
)
def test_setup_by_an_agent_makes_no_admin(
    as_agent: FairleadCommand, wanted: dict[str, Any]
) -> None:
    before = settings_text(as_agent)
    refused = as_agent("setup", "--from", "-", "--json", stdin=json.dumps(wanted))
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert settings_text(as_agent) == before


def test_setup_by_an_agent_sends_nothing_signed_to_another_host(
    as_agent: FairleadCommand, second_server: SandboxServers
) -> None:
    other = second_server.connection_document
    uri, base_url = other["sailthru"]["service_uri"], other["zendesk"]["base_url"]
    before = settings_text(as_agent)
    for wanted in (
        {"sailthru": {"service_uri": uri}},
        {"sailthru": {"service_uri": uri}, "zendesk": {"auth": "oauth"}},
        {"sailthru": {"service_uri": uri}, "zendesk": {"auth": "none"}},
        {"zendesk": {"base_url": base_url}},
        {"zendesk": {"base_url": base_url, "auth": "oauth"}},
        {"zendesk": other["zendesk"], "move_account": True},
    ):
        refused = as_agent("setup", "--from", "-", "--json", stdin=json.dumps(wanted))
        # Without a token of its own, another Zendesk is refused even before that.
        assert refused.json["error"]["code"] in ("not_permitted", "bad_input"), wanted
    assert settings_text(as_agent) == before
    kept = [value for name, value in as_agent.environ.items() if name.startswith("FAIRLEAD_S")]
    assert requests_with_credentials(second_server, *kept) == []


@pytest.mark.parametrize("address", ["zendesk.base_url", "sailthru.service_uri"])
def test_secrets_of_the_environment_are_not_led_to_an_edited_address(
    fairlead: FairleadCommand, second_server: SandboxServers, address: str
) -> None:
    assert fairlead("lookup", "nobody@known.example").exit_code == 0
    before = len(requests_with_credentials(second_server))
    (path,) = fairlead.home.rglob("settings.json")
    settings = json.loads(path.read_text())
    service, name = address.split(".")
    settings["settings"][address] = second_server.connection_document[service][name]
    path.write_text(json.dumps(settings))
    for words in (
        ("lookup", "nobody@known.example"),
        ("edit", "nobody@known.example", "--optout", "all", "--reason", "asked"),
        ("outbox", "deliver"),
        ("sync", "here", "on"),
    ):
        refused = fairlead(*words, "--json")
        assert refused.json["error"]["code"] == "secret_for_other_host", words
    told = fairlead("doctor", "--json").json["checks"]
    assert any("of the environment is for another" in str(check) for check in told)
    assert len(requests_with_credentials(second_server)) == before


def test_admin_leads_secrets_of_the_environment_to_another_address_of_the_account(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    assert fairlead("lookup", "nobody@known.example").exit_code == 0
    uri = sandbox.sailthru_url.replace("127.0.0.1", "localhost")
    wanted = json.dumps({"sailthru": {"service_uri": uri}})
    assert fairlead("setup", "--from", "-", stdin=wanted).exit_code == 0
    assert fairlead("lookup", "nobody@known.example").exit_code == 0


async def test_mail_password_is_not_led_to_a_host_that_a_marketer_names(
    fairlead: FairleadCommand, as_agent: FairleadCommand
) -> None:
    permissions = json.dumps({"permissions": {"agent": {"runs": True}}})
    assert fairlead("setup", "--from", "-", stdin=permissions).exit_code == 0
    secret = {"FAIRLEAD_SMTP_PASSWORD": "canary-pass-4711"}
    words = ["--host", "mail.desk.example", "--user", "fairlead@desk.example"]
    assert fairlead("sync", "mail", *words, "--from", "a@desk.example", **secret).exit_code == 0
    async with run_mail_server() as other:
        for more in ([], ["--security", "none"]):
            led = ["--host", "localhost", "--port", str(other.port), *more]
            result = as_agent("sync", "mail", *led, "--test", "x@desk.example", "--json", **secret)
            assert (result.exit_code, result.json["error"]["code"]) == (3, "not_permitted")
        assert other.signed_in == []
    assert fairlead("sync", "mail", "--json", **secret).json["host"] == "mail.desk.example"


def test_resume_with_the_plan_of_another_sync_writes_nothing(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    sandbox.create_user(email, user_fields={"sync_to_sailthru": True})
    for preset in (BOX, TAGS):
        assert fairlead("sync", "add", "--preset", preset, "--on").exit_code == 0
    plan = fairlead("sync", "plan", BOX, "--json").json["plan"]
    assert fairlead("sync", "run", TAGS, "--json").json["run"]
    assert fairlead("sync", "off", BOX).exit_code == 0
    before = len(sandbox.logged_writes())
    for words in (
        ("run", TAGS, "--resume", "--plan", plan),
        ("run", TAGS, "--resume", "1", "--plan", plan),
        ("run", TAGS, "--plan", plan),
        ("run", BOX, "--plan", plan),
    ):
        refused = fairlead("sync", *words, "--json")
        assert refused.exit_code in (1, 2, 3), words
        assert "error" in refused.json, words
    assert len(sandbox.logged_writes()) == before


def test_rollback_and_undo_of_what_the_former_account_got_are_refused(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    sandbox.create_user(email, user_fields={"sync_to_sailthru": True})
    assert fairlead("sync", "add", "--preset", BOX, "--on").exit_code == 0
    run = fairlead("sync", "run", BOX, "--json").json["run"]
    changed = fairlead("edit", email, "--var", 'city="Porto"', "--reason", "asked", "--json")
    edit = changed.json["edits"][0]["id"]
    assert changed.json["edits"][0]["state"] == "done"
    sandbox.control("POST", "account", {"account_id": 22222})
    try:
        document = json.dumps({**sandbox.connection_document, "move_account": True})
        assert fairlead("setup", "--from", "-", stdin=document).exit_code == 0
        before = len(sandbox.logged_writes())
        for words in (
            ["sync", "rollback", run],
            ["sync", "rollback", run, "--dry-run"],
            ["undo", edit],
        ):
            refused = fairlead(*words, "--json")
            assert refused.exit_code == 3, refused.stdout
            assert "another account" in refused.json["error"]["title"]
        assert len(sandbox.logged_writes()) == before
    finally:
        sandbox.control("POST", "account", {"account_id": 99999})


def test_move_account_needs_an_admin(
    as_agent: FairleadCommand, fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    email = "moved@queue.example"
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    assert fairlead("edit", email, "--var", 'city="Porto"', "--reason", "asked").exit_code == 4
    sandbox.clear_faults()
    sandbox.control("POST", "account", {"account_id": 22222})
    try:
        document = json.dumps({"sailthru": {"service_uri": sandbox.sailthru_url}})
        refused = as_agent("setup", "--from", "-", "--move-account", "--json", stdin=document)
        assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
        assert "Only an admin can move this workspace" in refused.json["error"]["title"]
    finally:
        sandbox.control("POST", "account", {"account_id": 99999})
    assert [row["state"] for row in fairlead("outbox", "--json").json["rows"]] == ["queued"]


async def test_account_without_settings_is_told_by_three_remembered_profiles(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    """Where the key may not read `settings`, a profile that answers makes it the same account."""
    sids = [sandbox.create_profile(customers.new_email()) for _ in range(3)]
    sandbox.control("POST", "account", {"settings": False})
    try:
        async with open_workspace_services(fairlead.home, sandbox.connection_document) as house:
            for number, sid in enumerate(sids):
                await house.store.drafts_and_links.save_link(number + 1, sid, "Ada", 1.0)
        await _forget_account_id(fairlead, sandbox)
        document = json.dumps(sandbox.connection_document)
        sandbox.delete_profile(sids[0])
        same = fairlead("setup", "--from", "-", "--json", stdin=document)
        assert same.exit_code == 0, same.stdout
        for sid in sids[1:]:
            sandbox.delete_profile(sid)
        other = fairlead("setup", "--from", "-", "--json", stdin=document)
        assert other.exit_code == 3, other.stdout
        assert "another account" in other.json["error"]["title"]
    finally:
        sandbox.control("POST", "account", {"settings": True})


async def _forget_account_id(person: FairleadCommand, sandbox: SandboxServers) -> None:
    """As in a workspace whose key never could read `settings`."""
    async with open_workspace_services(person.home, sandbox.connection_document) as house:
        house.store.fairlead_db.write(
            lambda c: c.execute("UPDATE account SET sailthru_account = '' WHERE is_current")
        )

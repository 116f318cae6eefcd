"""Settings edited by hand, over the command line: refused with the reason until an admin saves."""

import json
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.mail_server import run_mail_server
from tests.support.sandbox_servers import SandboxServers

ADMIN_KEY = {"FAIRLEAD_AUDIT_KEY": "f" * 64}


def edit_settings(home: Path, **settings: object) -> None:
    (path,) = home.rglob("settings.json")
    document = json.loads(path.read_text())
    document["settings"] |= {key.replace("__", "."): value for key, value in settings.items()}
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("who", ["with the admin's keys", "with keys of their own"])
def test_permission_edited_into_the_file_is_refused_until_an_admin_saves_it(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    who: str,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    if who == "with the admin's keys":
        for name in ("KEY", "SECRET"):
            variable = f"FAIRLEAD_SAILTHRU_{name}"
            as_agent.environ[variable] = fairlead.environ[variable]
    words = ("edit", email, "--var", 'city="Porto"', "--reason", "asked", "--json")
    assert as_agent(*words).json["error"]["code"] == "not_permitted"
    edit_settings(fairlead.home, permissions__agent__vars=True)
    before = len(sandbox.logged_writes())
    refused = as_agent(*words)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert "A setting was changed outside Fairlead" in refused.json["error"]["message"]
    assert "“Agents may change profile data and sync marks” (on)" in refused.stdout
    assert len(sandbox.logged_writes()) == before
    told = fairlead("doctor", "--json")
    assert told.exit_code == 1
    (check,) = [c for c in told.json["checks"] if c["name"] == "Settings: changed outside"]
    assert "does not count" in check["detail"]
    saved = json.dumps({"permissions": {"agent": {"vars": True}}})
    assert as_agent("setup", "--from", "-", stdin=saved).exit_code == 3
    assert as_agent(*words).exit_code == 3
    assert fairlead("setup", "--from", "-", stdin=saved).exit_code == 0
    assert as_agent(*words).json["edits"][0]["state"] == "done"


def test_changes_edited_on_write_nothing(
    home: Path, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    person = FairleadCommand(home, sandbox.connection_document, keyring=False)
    off = json.dumps({"changes": False})
    assert person("setup", "--from", "-", stdin=off).exit_code == 0
    edit_settings(home, changes=True)
    email = customers.new_email()
    sandbox.create_profile(email)
    before = len(sandbox.logged_writes())
    refused = person("edit", email, "--optout", "all", "--reason", "asked", "--json")
    assert "Changes are switched off here" in refused.json["error"]["message"]
    assert "“Changes are on” (on)" in refused.json["error"]["message"]
    assert len(sandbox.logged_writes()) == before


async def test_mail_password_of_the_environment_does_not_follow_an_edited_host(
    fairlead: FairleadCommand,
) -> None:
    secret = {"FAIRLEAD_SMTP_PASSWORD": "canary-pass-4711"}
    words = ["--host", "127.0.0.1", "--user", "fairlead@desk.example", "--from", "a@desk.example"]
    async with run_mail_server() as other:
        # No seal at all: what the file says is nobody's word.
        edit_settings(
            fairlead.home,
            mail__host="localhost",
            mail__port=other.port,
            mail__security="none",
            mail__user="fairlead@desk.example",
            **{"mail.from": "a@desk.example"},
        )
        for _ in range(2):
            led = fairlead("sync", "mail", "--test", "x@desk.example", "--json", **secret)
            assert led.exit_code != 0, led.stdout
            # Set in Fairlead once, the edited one still leads nowhere.
            fairlead("sync", "mail", *words, "--port", "9", "--security", "none", **secret)
            edit_settings(fairlead.home, mail__host="localhost", mail__port=other.port)
        assert other.signed_in == []
        assert other.messages == []


def test_address_of_the_environment_token_is_not_the_one_edited_into_the_file(
    fairlead: FairleadCommand, sandbox: SandboxServers
) -> None:
    """A Zendesk token signs in as anybody: the address beside it decides who that is."""
    agent = sandbox.connection_document["zendesk"]
    edit_settings(fairlead.home, zendesk__email=agent["second_admin_email"])
    asked = len(sandbox.logged_requests())
    given = {"FAIRLEAD_ZENDESK_EMAIL": ""}
    fairlead("doctor", "--json", **given)
    told = [r["headers"].get("authorization", "") for r in sandbox.logged_requests()[asked:]]
    import base64

    names = {base64.b64decode(t.split()[1]).decode().split("/")[0] for t in told if "Basic" in t}
    assert agent["second_admin_email"] not in names


@pytest.mark.parametrize("edited", ["connected", "taken out"])
def test_source_that_an_admin_disconnected_comes_back_by_an_admin_alone(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    edited: str,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("data", "source", "sailthru", "disconnect").exit_code == 0
    path = fairlead.home / "workspaces" / "main" / "settings.json"
    document = json.loads(path.read_text())
    records = document["settings"]["sources.records"]
    if edited == "connected":
        records["sailthru"]["state"] = "connected"
    else:
        del records["sailthru"]
    path.write_text(json.dumps(document))
    before = len(sandbox.logged_writes())
    refused = as_agent("edit", email, "--optout", "all", "--reason", "asked", "--json")
    assert refused.exit_code != 0, refused.stdout
    keys = sandbox.connection_document["sailthru"]
    own = {"api_key": keys["agent_api_key"], "api_secret": keys["agent_api_secret"]}
    wanted = json.dumps({"sailthru": {**own, "service_uri": keys["service_uri"]}})
    again = as_agent("setup", "--from", "-", "--json", stdin=wanted)
    assert (again.exit_code, again.json["error"]["code"]) == (3, "not_permitted"), again.stdout
    assert "Only an admin connects it again." in again.json["error"]["hint"]
    assert len(sandbox.logged_writes()) == before
    own = {"api_key": keys["api_key"], "api_secret": keys["api_secret"]}
    wanted = json.dumps({"sailthru": {**own, "service_uri": keys["service_uri"]}})
    assert fairlead("setup", "--from", "-", stdin=wanted).exit_code == 0
    done = as_agent("edit", email, "--optout", "all", "--reason", "asked", "--json")
    assert done.json["edits"][0]["state"] == "done"

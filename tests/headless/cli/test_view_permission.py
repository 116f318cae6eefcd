"""A role that may not look customers up sees them in no command's output, connected or not."""

from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.event_cases import as_lines, identify, track
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

BOX = "zendesk-to-sailthru"


@pytest.fixture
def narrowed_home(sandbox: SandboxServers, tmp_path: Path) -> Path:
    # Of those that show customers none holds without the sight of one.
    seeing = dict.fromkeys(("bulk", "audience", "export", "export_sell", "team_record"), True)
    permissions = {"agent": {"view": False, "runs": True, "opt_out": True, **seeing}}
    create_workspace_home(tmp_path / "home", sandbox.connection_document, permissions=permissions)
    return tmp_path / "home"


def test_commands_with_view_off_print_no_customer_and_admins_see_all(
    narrowed_home: Path, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    admin = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False)
    agent = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False, agent=True)
    email = customers.new_email()
    sandbox.create_profile(email)
    made = admin("edit", email, "--optout", "basic", "--reason", "asked", "--json")
    assert made.exit_code == 0, made.stdout
    assert admin("sync", "add", "--preset", BOX, "--json").exit_code == 0
    edit = made.json["edits"][0]["id"]
    commands = (
        ("lookup", email),
        ("why", email),
        ("note", email, "--ticket", "1", "--text", "Hello."),
        ("edit", email, "--email", f"x{email}", "--reason", "asked"),
        ("audit",),
        ("audit", "--customer", email),
        ("outbox",),
        ("outbox", "retry", edit),
        ("outbox", "discard", edit),
        ("undo", edit),
        ("edit", email, "--optout", "all", "--reason", "asked", "--dry-run"),
        ("edit", email, "--optout", "all", "--reason", "asked"),
        ("sync", "history"),
        ("sync", "show", "1"),
        ("sync", "plan", BOX),
        ("sync", "retry", BOX),
        ("sync", "resolve", "1", "name=zendesk"),
        ("sync", "rollback", "1", "--dry-run"),
        ("sync", "tick", "1", "1", "on"),
        ("sync", "export", "-"),
        ("sync", "list"),
        ("sync", "set", BOX),
        ("sync", "notify", BOX),
        ("bulk", "-"),
        ("audience",),
        ("audience", "segment", "list"),
        ("data", "activity"),
        ("data", "fields"),
        ("report", "new-tickets"),
        ("sell", "export", "out"),
    )
    for words in commands:
        result = agent(*words, "--json", stdin=email)
        assert (result.exit_code, result.json["error"]["code"]) == (3, "not_permitted"), words
        assert "Your role (agent) may not look customers up" in result.json["error"]["message"]
        local = email.partition("@")[0]
        assert local not in result.stdout + result.stderr
    assert sandbox.read_profile(email)["optout_email"] == "basic"  # type: ignore[index]
    for words in (("audit",), ("outbox",), ("sync", "history")):
        assert admin(*words, "--json").exit_code == 0, words
    assert email in admin("audit").stdout


def test_outbox_deliver_with_view_off_sends_and_hides_whose_it_is(
    narrowed_home: Path, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    admin = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False)
    agent = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False, agent=True)
    email = customers.new_email()
    sandbox.create_profile(email)
    assert admin("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    edit = ("edit", email, "--optout", "all", "--reason", "asked", "--json")
    assert admin(*edit).exit_code == 4
    sandbox.clear_faults()
    # It is due a moment after it failed.
    for _ in range(50):
        for words in (("outbox", "deliver"), ("outbox", "deliver", "--json")):
            result = agent(*words)
            assert email not in result.stdout + result.stderr
        if sandbox.read_profile(email)["optout_email"] == "all":  # type: ignore[index]
            break
    assert sandbox.read_profile(email)["optout_email"] == "all"  # type: ignore[index]


def test_events_are_delivered_and_taken_back_without_showing_whose(
    narrowed_home: Path, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    agent = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False, agent=True)
    email = customers.new_email()
    known, unknown = identify("v1", email), track("Read", "nobody of them", mail=email)
    for words in (
        ("events", "deliver", "-"),
        ("events", "deliver"),
        ("events", "retry"),
        ("events", "replay", "--source", "stdin", "--dry-run"),
        ("events", "rollback", "--source", "stdin", "--dry-run"),
    ):
        for form in ((), ("--json",)):
            told = agent(*words, *form, stdin=as_lines(known, unknown))
            assert told.exit_code in (0, 3), told.stdout
            assert email not in told.stdout + told.stderr
    (row,) = agent("events", "deliver", "--json").json["rows"]
    assert (row["state"], "request" in row, "detail" in row) == ("parked", False, False)


def test_view_off_holds_while_services_are_away(
    narrowed_home: Path, sandbox: SandboxServers
) -> None:
    agent = FairleadCommand(narrowed_home, sandbox.connection_document, keyring=False, agent=True)
    sandbox.add_fault("zendesk:* *:500", times=None)
    assert agent("audit", "--json").exit_code == 3
    sandbox.clear_faults()
    sandbox.add_fault("zendesk:* *:401", times=None)
    assert agent("outbox", "--json").exit_code == 3

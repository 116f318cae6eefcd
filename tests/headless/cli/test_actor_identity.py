"""Whose an edit is, a name does not prove: neither one changed in Zendesk nor one in a file."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home, open_workspace_services

BOX = "zendesk-to-sailthru"


@contextmanager
def agent_renamed_to_admin(person: FairleadCommand, sandbox: SandboxServers) -> Iterator[None]:
    """Everybody may change their own name in Zendesk."""
    zendesk = sandbox.connection_document["zendesk"]
    users = sandbox.zendesk_request("GET", "/api/v2/users.json")[1]["users"]
    by_email = {user["email"]: user for user in users}
    agent, admin = by_email[zendesk["agent_email"]], by_email[zendesk["email"]]
    sandbox.write_user(agent["id"], name=admin["name"])
    try:
        yield
    finally:
        sandbox.write_user(agent["id"], name=agent["name"])


@contextmanager
def admin_named_in_state_file(person: FairleadCommand, sandbox: SandboxServers) -> Iterator[None]:
    """While Zendesk is away, `state.json` says who was there last."""
    users = sandbox.zendesk_request("GET", "/api/v2/users.json")[1]["users"]
    email = sandbox.connection_document["zendesk"]["email"]
    admin = next(user for user in users if user["email"] == email)
    assert person("lookup", "nobody@known.example").exit_code in (0, 4)
    (path,) = person.home.rglob("state.json")
    state = json.loads(path.read_text())
    role = {"person_role": "admin", "person_at": time.time()}
    named = {"person_name": admin["name"], "person_id": admin["id"]}
    path.write_text(json.dumps(state | named | role))
    sandbox.add_fault("zendesk:* *:503", times=None)
    try:
        yield
    finally:
        sandbox.clear_faults()


GUISES = pytest.mark.parametrize("guise", [agent_renamed_to_admin, admin_named_in_state_file])


@GUISES
def test_opt_out_of_somebody_else_is_not_taken_back_under_their_name(
    guise: object,
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    made = fairlead("edit", email, "--optout", "all", "--reason", "asked", "--json")
    edit = made.json["edits"][0]["id"]
    with guise(as_agent, sandbox):  # type: ignore[operator]
        refused = as_agent("undo", edit, "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert sandbox.read_profile(email)["optout_email"] == "all"  # type: ignore[index]
    taken_back = fairlead("undo", edit, "--json")
    assert taken_back.json["edits"][0]["state"] == "done"


def test_own_opt_out_that_somebody_has_chosen_anew_is_theirs(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    words = ("edit", email, "--reason", "asked", "--ticket", "48213", "--json", "--optout")
    edit = as_agent(*words, "all").json["edits"][0]["id"]
    for level in ("none", "all"):
        assert fairlead(*words, level).json["edits"][0]["state"] == "done"
    refused = as_agent("undo", edit, "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert sandbox.read_profile(email)["optout_email"] == "all"  # type: ignore[index]


def test_waiting_edits_of_somebody_else_are_not_dropped_without_the_right(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:* *:503", times=None)
    ids = []
    for words in (["--var", 'city="Porto"'], ["--optout", "all"], ["--list", "Newsletter=on"]):
        made = fairlead("edit", email, *words, "--reason", "asked", "--json")
        ids.append(made.json["edits"][0]["id"])
    with admin_named_in_state_file(as_agent, sandbox):
        refused = as_agent("outbox", "discard", ids[1], "--json")
        assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    sandbox.add_fault("sailthru:* *:503", times=None)
    for edit in ids:
        for words in (("outbox", "discard", edit), ("undo", edit)):
            refused = as_agent(*words, "--json")
            assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted"), words
    for edit in ids:
        assert fairlead("outbox", "discard", edit, "--json").json["edits"][0]["state"] == "undone"


def test_author_that_nobody_confirmed_stands_as_such_in_the_audit(
    as_agent: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    with admin_named_in_state_file(as_agent, sandbox):
        done = as_agent("edit", email, "--optout", "all", "--reason", "asked", "--json")
        assert done.json["edits"][0]["state"] == "done"
    (row,) = as_agent("audit", "--json").json["rows"]
    assert row["actor"].endswith(" (not confirmed)")


def test_consent_is_not_attested_by_somebody_named_in_a_file(
    sandbox: SandboxServers, tmp_path: Path
) -> None:
    document, home = sandbox.connection_document, tmp_path / "home"
    create_workspace_home(home, document, permissions={"agent": {"runs": True}})
    agent = FairleadCommand(home, document, keyring=False, agent=True)
    assert agent("sync", "add", "--preset", BOX).exit_code == 0
    words = ("sync", "set", BOX, "opt_in.email=true", "opt_in.attested=true", "--json")
    with admin_named_in_state_file(agent, sandbox):
        refused = agent(*words)
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "needs_person")
    assert agent("audit", "--json").json["rows"] == []
    assert agent(*words).exit_code == 0
    (row,) = agent("audit", "--json").json["rows"]
    assert (row["kind"], row["actor"]) == ("consent", "Kim Park")


def test_schedule_gets_no_rights_of_an_admin_named_in_a_file(
    sandbox: SandboxServers, tmp_path: Path
) -> None:
    document, home = sandbox.connection_document, tmp_path / "home"
    create_workspace_home(home, document, permissions={"agent": {"runs": True}})
    admin = FairleadCommand(home, document, keyring=False)
    agent = FairleadCommand(home, document, keyring=False, agent=True)
    assert admin("sync", "add", "--preset", BOX, "--on").exit_code == 0
    with admin_named_in_state_file(agent, sandbox):
        assert agent("sync", "schedule", BOX, "weekdays 07:00").exit_code == 0
    assert asyncio.run(read_switcher(home, document)) == ""


async def read_switcher(home: Path, document: dict[str, Any]) -> str:
    """Whose rights the schedule has."""
    async with open_workspace_services(home, document, connect=False) as house:
        return (await house.store.syncs.get(BOX)).switched_on_by


def test_change_queued_as_the_admin_of_last_time_is_sent_by_no_one_else(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email, lists={"Newsletter": 1})
    with admin_named_in_state_file(as_agent, sandbox):
        made = as_agent("edit", email, "--list", "Newsletter=off", "--reason", "asked", "--json")
        (edit,) = made.json["edits"]
        assert (made.exit_code, edit["state"]) == (3, "queued")
        assert "could not say who you are" in edit["not_sent"]
    # Neither the agent's sign-in nor an admin's window sends it unasked.
    for person in (as_agent, fairlead):
        person("outbox", "deliver", "--json")
        rows = {row["id"]: row for row in person("outbox", "--json").json["rows"]}
        assert rows[edit["id"]]["state"] == "queued", rows[edit["id"]]
    assert "Newsletter" in sandbox.read_profile(email)["lists"]  # type: ignore[index]
    refused = as_agent("outbox", "retry", edit["id"], "--json")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "not_permitted")
    assert fairlead("outbox", "retry", edit["id"], "--json").json["edits"][0]["state"] == "done"
    assert "Newsletter" not in (sandbox.read_profile(email)["lists"] or {})  # type: ignore[index]
    (row,) = fairlead("audit", "--json").json["rows"]
    assert not row["actor"].endswith("(not confirmed)")

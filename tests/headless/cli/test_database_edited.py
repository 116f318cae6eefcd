"""What somebody wrote into fairlead.db with sqlite3, on a computer without a keyring."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

BOX = "zendesk-to-sailthru"


def write_raw(home: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(home / "workspaces" / "main" / "fairlead.db")) as raw, raw:
        raw.execute(sql, values)


@pytest.mark.parametrize(
    ("sql", "field"),
    [
        ("UPDATE outbox SET kind = 'var', name = 'city', new = '\"Rome\"', old = 'null'", "vars"),
        (
            "UPDATE outbox SET kind = 'list', name = 'Newsletter', new = 'false', old = 'true'",
            "lists",
        ),
    ],
)
def test_waiting_edit_rewritten_by_an_agent_is_not_sent_as_the_admins(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    sql: str,
    field: str,
) -> None:
    email = customers.new_email()
    sid = sandbox.create_profile(email, lists={"Newsletter": 1})
    assert fairlead("lookup", email).exit_code == 0
    sandbox.add_fault("sailthru:POST *:429=1", times=None)
    queued = fairlead("edit", email, "--health", "happy", "--reason", "asked")
    assert queued.exit_code == 4
    sandbox.clear_faults()
    (row,) = fairlead("outbox", "--json").json["rows"]
    assert "Not sent" not in row["detail"]
    write_raw(fairlead.home, f"{sql}, state = 'queued', not_before = 0, tries = 0")
    before = sandbox.read_profile(sid)
    as_agent("outbox", "deliver", "--json")
    (row,) = fairlead("outbox", "--json").json["rows"]
    assert row["state"] in ("queued", "waiting")
    assert "may not" in row["detail"]
    now = sandbox.read_profile(sid)
    assert before is not None
    assert now is not None
    assert before[field] == now[field]


def test_run_by_a_ticket_that_somebody_wrote_is_their_own(fairlead: FairleadCommand) -> None:
    assert fairlead("sync", "add", "--preset", BOX, "--on").exit_code == 0
    write_raw(
        fairlead.home,
        "INSERT INTO due_run (ticket, sync, claimed_at) VALUES ('t', ?, unixepoch('now'))",
        BOX,
    )
    assert fairlead("sync", "run", BOX, "--due-ticket", "t", "--json").json["why"] == "manual"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE email_change SET expected = '[1'",
        "UPDATE email_change SET expected = '7'",
        "UPDATE email_change SET verification = '\"\"'",
        "UPDATE outbox SET step = 99",
    ],
)
def test_edited_change_of_address_is_told_as_a_damaged_database(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory, sql: str
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sandbox.create_profile(old)
    assert fairlead("edit", old, "--email", new, "--reason", "asked").exit_code == 0
    write_raw(fairlead.home, sql)
    told = fairlead("undo", "1", "--json")
    assert told.exit_code == 1
    assert told.json["error"]["title"] == "fairlead.db is damaged."


def test_sent_edit_that_somebody_queued_again_is_not_sent(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
) -> None:
    email = customers.new_email()
    sid = sandbox.create_profile(email, optout_email="all")
    fairlead("lookup", email)
    words = ("--reason", "asked", "--ticket", "48213")
    opted_in = fairlead("edit", email, "--optout", "none", *words)
    assert opted_in.exit_code == 0, opted_in.stdout
    assert fairlead("edit", email, "--optout", "all", "--reason", "asked").exit_code == 0
    write_raw(
        fairlead.home,
        "UPDATE outbox SET state = 'queued', not_before = 0, tries = 0, accepted_at = 0"
        " WHERE new = '\"none\"'",
    )
    for deliverer in (as_agent, fairlead):
        deliverer("outbox", "deliver", "--json")
    retried = fairlead("outbox", "retry", "1", "--json")
    assert "has ended once" in retried.json["error"]["title"]
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["optout_email"] == "all"

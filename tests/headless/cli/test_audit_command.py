"""What `fairlead audit --verify` says of a record left alone, forged, cut off or erased."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desktop.store.audit_row import hash_actor, hash_customer_values, hash_row
from tests.support.cli_command import CommandResult, FairleadCommand
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

KEY = {"FAIRLEAD_AUDIT_KEY": "a key that only this server has"}


@pytest.fixture
def two_edits(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> tuple[str, str]:
    """Two customers, each opted out on a server with a key."""
    emails = customers.new_email(), customers.new_email()
    for email in emails:
        sandbox.create_profile(email)
        done = fairlead("edit", email, "--optout", "all", "--reason", "asked", "--json", **KEY)
        assert done.exit_code == 0, done
    return emails


def change_file(home: Path, statement: str, *, makes_chain_anew: bool = False) -> None:
    with closing(sqlite3.connect(home / "workspaces" / "main" / "fairlead.db")) as raw:
        raw.row_factory = sqlite3.Row
        found = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in found:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement)
        previous = "0" * 64
        for kept in (
            raw.execute("SELECT * FROM audit_entry ORDER BY seq") if makes_chain_anew else ()
        ):
            row = {**dict(kept), "prev_hash": previous}
            row["actor_hash"], row["values_hash"] = hash_actor(row), hash_customer_values(row)
            row["hash"] = previous = hash_row(row)
            raw.execute(
                "UPDATE audit SET prev_hash = :prev_hash, actor_hash = :actor_hash,"
                " values_hash = :values_hash, hash = :hash WHERE seq = :seq",
                row,
            )
        for _, sql in found:
            raw.execute(sql)
        raw.commit()


def verified(result: CommandResult) -> tuple[int, str, int | None]:
    return result.exit_code, result.json["state"], result.json["broken_at"]


def test_audit_command_finds_a_chain_made_anew_without_the_key(
    fairlead: FairleadCommand, two_edits: tuple[str, str]
) -> None:
    result = fairlead("audit", "--verify", "--json", **KEY)
    assert verified(result) == (0, "verified", None)
    assert [s["state"] for s in result.json["segments"]] == ["keyed"]
    assert len({row["computer"] for row in result.json["rows"]}) == 1
    change_file(
        fairlead.home,
        "UPDATE audit_value SET new = '\"none\"' WHERE seq = 1",
        makes_chain_anew=True,
    )
    assert verified(fairlead("audit", "--verify", "--json", **KEY)) == (1, "broken", 1)
    # Without the key nobody can tell, and the command says that.
    lost = fairlead("audit", "--verify")
    assert lost.exit_code == 0
    assert "the key that proves it is not here" in lost.stdout
    assert verified(fairlead("audit", "--verify", "--json")) == (0, "key_missing", None)


def test_audit_command_verifies_after_one_customer_is_erased(
    fairlead: FairleadCommand, two_edits: tuple[str, str]
) -> None:
    gone, kept = two_edits
    change_file(fairlead.home, f"DELETE FROM audit_value WHERE label = '{gone}'")  # noqa: S608
    result = fairlead("audit", "--verify", "--json", **KEY)
    assert (verified(result), result.json["erased"]) == ((0, "verified", None), 1)
    assert [(row["customer"], row["erased"]) for row in result.json["rows"]] == [
        (kept, False),
        ("(erased)", True),
    ]
    assert gone not in result.stdout


def test_audit_command_without_a_key_says_what_that_means(
    fairlead: FairleadCommand, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    email = customers.new_email()
    sandbox.create_profile(email)
    assert fairlead("edit", email, "--optout", "all", "--reason", "asked").exit_code == 0
    text = fairlead("audit", "--verify").stdout
    assert "Entries 1 to 1: unkeyed" in text
    assert "Not proven: that nobody who can write the file made the whole chain anew." in text


def test_audit_command_behind_a_keyring_finds_a_cut_end(
    tmp_path: Path, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    fairlead = FairleadCommand(tmp_path / "kept", sandbox.connection_document, keyring=True)
    document = json.dumps({**sandbox.connection_document, "changes": True})
    assert fairlead("setup", "--from", "-", stdin=document).exit_code == 0
    email = customers.new_email()
    sandbox.create_profile(email)
    changes = ("--optout", "all", "--var", "town=1")
    assert fairlead("edit", email, *changes, "--reason", "asked").exit_code == 0
    result = fairlead("audit", "--verify", "--json")
    assert (verified(result), result.json["end_known"]) == ((0, "verified", None), True)
    for table, column in (("audit", "seq"), ("outbox", "id"), ("audit_value", "seq")):
        change_file(fairlead.home, f"DELETE FROM {table} WHERE {column} > 1")  # noqa: S608
    change_file(fairlead.home, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'audit'")
    assert verified(fairlead("audit", "--verify", "--json")) == (1, "broken", 2)

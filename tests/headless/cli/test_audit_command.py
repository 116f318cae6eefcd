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


def data_file(home: Path) -> Path:
    return home / "workspaces" / "main" / "fairlead.db"


def cut_end(home: Path) -> None:
    """Take the newest entry and every trace of it out of the file, as far as they are in it."""
    for statement in (
        "DELETE FROM audit_value WHERE seq = (SELECT max(seq) FROM audit)",
        "DELETE FROM outbox WHERE id = (SELECT edit FROM audit ORDER BY seq DESC LIMIT 1)",
        "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        "UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit'",
    ):
        change_file(home, statement)


def test_audit_whose_end_was_cut_off_is_found_with_a_key_of_the_environment(
    fairlead: FairleadCommand, two_edits: tuple[str, str]
) -> None:
    whole = fairlead("audit", "--verify", "--json", **KEY).json
    assert (whole["state"], whole["end_known"]) == ("verified", True)
    assert "replaced by an older copy" in whole["limits"]
    kept = data_file(fairlead.home).with_name("audit-head")
    assert kept.stat().st_mode & 0o077 == 0
    assert KEY["FAIRLEAD_AUDIT_KEY"] not in kept.read_text()
    cut_end(fairlead.home)
    found = fairlead("audit", "--verify", "--json", **KEY)
    assert verified(found) == (1, "broken", 2)
    assert found.json["cut_off_to"] == 2
    # Without the kept end, or with one that somebody else has written, it is not claimed.
    for text in ("", "1 abc def"):
        kept.write_text(text)
        found = fairlead("audit", "--verify", "--json", **KEY)
        assert (found.exit_code, found.json["end_known"]) == (0, False)
        assert "that none was cut off at the end" in found.json["limits"]


def test_audit_after_a_restored_backup_says_so_and_goes_on_with_a_new_segment(
    fairlead: FairleadCommand,
    as_agent: FairleadCommand,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    two_edits: tuple[str, str],
) -> None:
    file = data_file(fairlead.home)
    backup = file.read_bytes()
    email = customers.new_email()
    sandbox.create_profile(email)
    opt_out = ("edit", email, "--optout", "all", "--reason", "asked", "--json")
    assert fairlead(*opt_out, **KEY).exit_code == 0
    file.write_bytes(backup)
    found = fairlead("audit", "--verify", **KEY)
    assert found.exit_code == 1
    assert "Entries 3 to 3 that were written here are missing: an older copy" in found.stdout
    assert "fairlead audit --new-segment --reason TEXT" in found.stdout
    note = ("audit", "--new-segment", "--reason", "disk replaced", "--json")
    assert fairlead("audit", "--new-segment", "--json", **KEY).exit_code == 2
    assert as_agent(*note, **KEY).json["error"]["code"] == "not_permitted"
    # Work went on meanwhile: another entry stands in the place of the lost one.
    health = ("edit", email, "--health", "happy", "--reason", "x", "--json")
    assert fairlead(*health, **KEY).exit_code == 0
    assert fairlead("audit", "--verify", "--json", **KEY).json["cut_off_to"] == 3
    begun = fairlead(*note, **KEY)
    assert (begun.exit_code, begun.json["missing"]) == (0, [3, 3])
    found = fairlead("audit", "--verify", "--json", **KEY)
    assert (found.exit_code, found.json["state"], found.json["end_known"]) == (0, "verified", True)
    (restart,) = found.json["restarts"]
    assert (restart["at_entry"], restart["missing"], restart["reason"]) == (
        4, [3, 3], "disk replaced",
    )  # fmt: skip
    assert "Ada Admin" in restart["actor"]
    assert "as an admin has noted" in fairlead("audit", "--verify", **KEY).stdout
    assert found.json["rows"][0]["kind"] == "restart"
    # Once: nothing is missing any more, and what is cut off later shows again.
    assert fairlead(*note, **KEY).json["error"]["code"] == "conflict"
    cut_end(fairlead.home)
    assert verified(fairlead("audit", "--verify", "--json", **KEY)) == (1, "broken", 4)


def test_new_segment_is_not_begun_over_an_entry_that_was_changed(
    fairlead: FairleadCommand, two_edits: tuple[str, str]
) -> None:
    change_file(fairlead.home, "UPDATE audit_value SET reason = 'nobody asked' WHERE seq = 1")
    note = fairlead("audit", "--new-segment", "--reason", "never mind", "--json", **KEY)
    assert note.json["error"]["code"] == "conflict"
    assert verified(fairlead("audit", "--verify", "--json", **KEY)) == (1, "broken", 1)


def test_loss_noted_without_the_key_hides_nothing(
    fairlead: FairleadCommand, two_edits: tuple[str, str]
) -> None:
    cut_end(fairlead.home)
    change_file(fairlead.home, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit'")
    assert fairlead("audit", "--new-segment", "--reason", "x", "--json").exit_code == 0
    assert verified(fairlead("audit", "--verify", "--json")) == (0, "key_missing", None)
    assert verified(fairlead("audit", "--verify", "--json", **KEY))[:2] == (1, "broken")

"""The audit: append-only, chained, and what tampering with the file itself shows."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore, open_store

VAR = EditRequest(
    EditKind.VAR, EditTarget(Service.SAILTHRU, "b" * 24, "Maria@Lopez.example"),
    "city", None, {"a": 1},
    "moved — “house”", 48213,
)  # fmt: skip


def closed(store: WorkspaceStore, count: int) -> None:
    for number in range(count):
        store.outbox.enqueue.blocking([replace(VAR, name=f"v{number}")], "Ada", 1.0, [0.0])
        edit = store.outbox.claim.blocking(2.0)
        assert edit is not None
        store.outbox.close(
            store.outbox.mark_sending.blocking(edit, 2.0), 3.0, EditState.DONE, "confirmed"
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = open_store(tmp_path)
    closed(store, 5)
    store.close()
    return tmp_path


def tamper(folder: Path, *statements: str) -> int | None:
    """Change the file behind the app's back; gives the row at which it shows."""
    raw = sqlite3.connect(folder / "fairlead.db")
    raw.execute("DROP TRIGGER audit_is_append_only_update")
    raw.execute("DROP TRIGGER audit_is_append_only_delete")
    for statement in statements:
        raw.execute(statement)
    update, delete = (
        f"CREATE TRIGGER audit_is_append_only_{n} BEFORE {n.upper()} ON audit\n"
        "BEGIN SELECT RAISE (ABORT, 'the audit is append-only'); END"
        for n in ("update", "delete")
    )
    raw.execute(update)
    raw.execute(delete)
    raw.commit()
    raw.close()
    store = open_store(folder)
    found = store.audit.verify_chain.blocking()
    store.close()
    return found.first_broken_seq


def test_audit_untouched_log_verifies(folder: Path) -> None:
    assert tamper(folder) is None


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE audit SET actor = 'Somebody else' WHERE seq = 3", 3),
        ("UPDATE audit SET new = 'true' WHERE seq = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE seq = 5", 5),
        ("UPDATE audit SET ticket = NULL WHERE seq = 2", 2),
        ("UPDATE audit SET hash = 'x' WHERE seq = 4", 4),
        ("UPDATE audit SET prev_hash = 'x' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 1", 2),
        ("DELETE FROM audit WHERE seq = 3", 4),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq > 2", 3),
        ("DELETE FROM audit", 1),
    ],
)
def test_audit_any_modified_row_breaks_chain(statement: str, row: int, folder: Path) -> None:
    assert tamper(folder, statement) == row


def test_audit_truncated_log_is_detected(folder: Path) -> None:
    counter = "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'"
    assert tamper(folder, "DELETE FROM audit WHERE seq > 3", counter) == 4


def test_audit_reordered_rows_are_detected(folder: Path) -> None:
    assert tamper(
        folder,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    ) in (2, 3)


@pytest.mark.parametrize("act", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_audit_table_refuses_updates_and_deletes(act: str, folder: Path) -> None:
    raw = sqlite3.connect(folder / "fairlead.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute(act)
    raw.close()


def test_audit_rows_are_found_by_id_and_email_ignoring_case(folder: Path) -> None:
    store = open_store(folder)
    look: Callable[[str], int] = lambda who: len(store.audit.list_entries.blocking(targets=(who,)))  # noqa: E731
    assert look("b" * 24) == 5
    assert look("maria@lopez.example") == 5
    assert look("x' OR '1'='1") == 0
    assert len(store.audit.list_entries.blocking(limit=2)) == 2
    newest = store.audit.list_entries.blocking()[0]
    assert (newest.seq, newest.new, newest.reason, newest.ticket) == (
        5, {"a": 1}, "moved — “house”", 48213,
    )  # fmt: skip
    assert newest.as_json()["customer"] == "Maria@Lopez.example"
    store.close()

"""The audit: append-only, chained and signed, and what tampering with the file itself shows."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.service import Service
from desktop.store.audit_row import GENESIS_HASH, hash_actor, hash_customer_values, hash_row
from desktop.store.audit_signer import AuditHead
from desktop.store.audit_verification import AuditVerification
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.fresh_store import open_fresh_store

VAR = EditRequest(
    EditKind.VAR, EditTarget(Service.SAILTHRU, "b" * 24, "Maria@Lopez.example"),
    "city", None, {"a": 1},
    "moved — “house”", 48213,
)  # fmt: skip
KEY = "k" * 64


def closed(store: WorkspaceStore, count: int) -> None:
    for number in range(count):
        store.outbox.enqueue.blocking([replace(VAR, name=f"v{number}")], "Ada", 1.0, [0.0])
        edit = store.outbox.claims.claim.blocking(2.0)
        assert edit is not None
        store.outbox.claims.close(
            store.outbox.claims.mark_sending.blocking(edit, 2.0), 3.0, EditState.DONE, "confirmed"
        )


def write_rows(folder: Path, count: int, key: str = "") -> AuditHead:
    """Add rows as a process with this key (empty: without one) does."""
    is_new = not (folder / "fairlead.db").exists()
    store = open_fresh_store(folder) if is_new else open_store(folder)
    if key:
        store.audit.signer.use_key(key)
    closed(store, count)
    head = store.audit.find_head.blocking()
    store.close()
    assert head is not None
    return head


def verify(folder: Path, *keys: str, head: AuditHead | None = None) -> AuditVerification:
    store = open_store(folder)
    for key in keys:
        store.audit.signer.use_key(key)
    store.audit.signer.kept_head = head
    found = store.audit.verify_chain.blocking()
    store.close()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five rows without a key."""
    write_rows(tmp_path, 5)
    return tmp_path


@pytest.fixture
def keyed_folder(tmp_path: Path) -> Path:
    """Two rows without a key, and then four with one."""
    write_rows(tmp_path, 2)
    write_rows(tmp_path, 4, KEY)
    return tmp_path


def tamper(folder: Path, *statements: str, makes_chain_anew: bool = False) -> None:
    """Change the file behind the app's back, as anybody can who may write it."""
    with closing(sqlite3.connect(folder / "fairlead.db")) as raw:
        raw.row_factory = sqlite3.Row
        triggers = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for name, sql in (kept := triggers.fetchall()):
            assert sql
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        if makes_chain_anew:
            _make_chain_anew(raw)
        for _, sql in kept:
            raw.execute(sql)
        raw.commit()


def _make_chain_anew(raw: sqlite3.Connection) -> None:
    """Everything a forger without the key can compute."""
    previous = GENESIS_HASH
    raw.execute("DELETE FROM audit_value WHERE seq NOT IN (SELECT seq FROM audit)")
    for number, kept in enumerate(raw.execute("SELECT * FROM audit_entry ORDER BY seq"), 1):
        row = {**dict(kept), "was": kept["seq"], "seq": number, "prev_hash": previous}
        row["actor_hash"], row["values_hash"] = hash_actor(row), hash_customer_values(row)
        row["hash"] = previous = hash_row(row)
        raw.execute(
            "UPDATE audit SET seq = :seq, prev_hash = :prev_hash, actor_hash = :actor_hash,"
            " values_hash = :values_hash, hash = :hash WHERE seq = :was",
            row,
        )
        raw.execute("UPDATE audit_value SET seq = :seq WHERE seq = :was", row)
    last = raw.execute("SELECT count(*) FROM audit").fetchone()[0]
    raw.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", (last,))
    raw.execute("DELETE FROM outbox WHERE id NOT IN (SELECT edit FROM audit)")


def test_audit_untouched_log_verifies(folder: Path) -> None:
    found = verify(folder)
    assert (found.state, found.row_count, found.first_broken_seq) == ("unkeyed", 5, None)
    assert "no key proves it" in found.summary


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE audit_value SET actor = 'Somebody else' WHERE seq = 3", 3),
        ("UPDATE audit_value SET new = 'true' WHERE seq = 1", 1),
        ("UPDATE audit_value SET ticket = NULL WHERE seq = 2", 2),
        ("UPDATE audit_value SET salt = NULL WHERE seq = 2", 2),
        ("UPDATE audit_value SET salt = NULL, actor_salt = NULL WHERE seq = 4", 4),
        ("UPDATE audit SET at = at + 1 WHERE seq = 5", 5),
        ("UPDATE audit SET result = 'failed' WHERE seq = 5", 5),
        ("UPDATE audit SET computer = 'another' WHERE seq = 2", 2),
        ("UPDATE audit SET account = 'another' WHERE seq = 2", 2),
        ("UPDATE audit SET values_hash = '' WHERE seq = 1", 1),
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
    tamper(folder, statement)
    assert verify(folder).first_broken_seq == row


def test_audit_truncated_log_is_detected(folder: Path) -> None:
    counter = "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'"
    tamper(folder, "DELETE FROM audit WHERE seq > 3", counter)
    assert verify(folder).first_broken_seq == 4


def test_audit_reordered_rows_are_detected(folder: Path) -> None:
    tamper(
        folder,
        "UPDATE audit SET seq = 99 WHERE seq = 2",
        "UPDATE audit SET seq = 2 WHERE seq = 3",
        "UPDATE audit SET seq = 3 WHERE seq = 99",
    )
    assert verify(folder).first_broken_seq in (2, 3)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        ("UPDATE audit SET result = 'x'", "append-only"),
        ("DELETE FROM audit", "append-only"),
        ("UPDATE audit_value SET actor = 'x'", "never changed"),
        ("UPDATE audit_value SET ticket = 1", "never changed"),
    ],
)
def test_audit_table_refuses_updates_and_deletes(act: str, refusal: str, folder: Path) -> None:
    raw = sqlite3.connect(folder / "fairlead.db")
    with pytest.raises(sqlite3.IntegrityError, match=refusal):
        raw.execute(act)
    raw.close()


# Who has the file and not the key makes the whole chain anew.

FORGERIES = {
    "a value": ("UPDATE audit_value SET new = '2' WHERE seq = 4", 4),
    "who it was": ("UPDATE audit_value SET actor = 'Somebody else' WHERE seq = 5", 5),
    "a row before the key": ("UPDATE audit_value SET new = '2' WHERE seq = 1", 3),
    "a desk": ("UPDATE audit SET computer = 'another' WHERE seq = 3", 3),
    "a row removed": ("DELETE FROM audit WHERE seq = 4", 4),
    "a key that is none": ("UPDATE audit SET key_id = '', mac = '' WHERE seq = 4", 5),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_chain_is_found_with_the_key_and_not_without(name: str, keyed_folder: Path) -> None:
    statement, row = FORGERIES[name]
    tamper(keyed_folder, statement, makes_chain_anew=True)
    assert verify(keyed_folder, KEY).first_broken_seq == row
    # The chain itself fits: the key alone tells.
    assert verify(keyed_folder).first_broken_seq is None


END_FORGERIES = {
    "cut off": ("DELETE FROM audit WHERE seq > 4", 5),
    "all unkeyed": ("UPDATE audit SET key_id = '', mac = ''", 1),
    "the last unkeyed": ("UPDATE audit SET key_id = '', mac = '' WHERE seq = 6", 6),
    "another key": ("UPDATE audit SET key_id = 'abc', mac = 'abc' WHERE seq > 2", 3),
}


@pytest.mark.parametrize("name", END_FORGERIES)
def test_forged_end_is_found_by_the_row_kept_with_the_key(name: str, tmp_path: Path) -> None:
    write_rows(tmp_path, 2)
    head = write_rows(tmp_path, 4, KEY)
    assert verify(tmp_path, KEY, head=head).is_end_known
    statement, _ = END_FORGERIES[name]
    tamper(tmp_path, statement, makes_chain_anew=True)
    assert not verify(tmp_path, KEY, head=head).is_whole
    # Without that row nobody could know, and it is said.
    unknown = verify(tmp_path, KEY)
    assert unknown.is_whole
    if name == "cut off":
        assert "cut off at the end" in unknown.limits
    else:
        assert unknown.state != "verified"


def test_row_kept_with_the_key_is_not_replaced_over_a_file_that_lacks_it(tmp_path: Path) -> None:
    head = write_rows(tmp_path, 3, KEY)
    tamper(tmp_path, "DELETE FROM audit WHERE seq = 3", makes_chain_anew=True)
    store = open_fresh_store(tmp_path)
    store.audit.signer.kept_head = head
    assert store.audit.find_head.blocking() is None
    store.close()


def test_segments_say_which_key_and_desk_wrote_them(keyed_folder: Path) -> None:
    with closing(sqlite3.connect(keyed_folder / "fairlead.db")) as raw:
        raw.execute("UPDATE computer SET id = 'second desk'")
        raw.commit()
    write_rows(keyed_folder, 1, "another key")
    write_rows(keyed_folder, 2)
    found = verify(keyed_folder, KEY, "another key")
    assert [(s.first_seq, s.last_seq, s.proof.value) for s in found.segments] == [
        (1, 2, "unkeyed"), (3, 6, "keyed"), (7, 7, "keyed"), (8, 9, "unkeyed"),
    ]  # fmt: skip
    assert (found.state, found.proven_seq, found.row_count) == ("partly", 7, 9)
    store = open_store(keyed_folder)
    desks = [row.computer for row in reversed(store.audit.list_entries.blocking())]
    store.close()
    assert len(desks[0]) == 32
    assert desks == [desks[0]] * 6 + ["second desk"] * 3


def test_lost_key_leaves_the_chain_checked_and_says_so(keyed_folder: Path) -> None:
    write_rows(keyed_folder, 2, "the key made after the loss")
    found = verify(keyed_folder)
    assert (found.state, found.is_whole) == ("key_missing", True)
    assert "not here" in found.summary
    # A row of the new key vouches for all before it.
    again = verify(keyed_folder, "the key made after the loss")
    assert (again.state, again.proven_seq) == ("verified", 8)
    tamper(keyed_folder, "UPDATE audit_value SET new = '2' WHERE seq = 3")
    assert verify(keyed_folder).first_broken_seq == 3


@pytest.mark.parametrize(
    "erasure",
    [
        "DELETE FROM audit_value WHERE target = '{target}'",
        "UPDATE audit_value SET salt = NULL, target = NULL, label = NULL, old = NULL, new = NULL,"
        " reason = NULL, ticket = NULL, detail = NULL WHERE target = '{target}'",
    ],
)
def test_audit_verifies_after_one_persons_values_are_erased(erasure: str, tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path)
    store.audit.signer.use_key(KEY)
    closed(store, 2)
    other = EditTarget(Service.SAILTHRU, "c" * 24, "noa@new-job.example")
    store.outbox.enqueue.blocking([replace(VAR, target=other)], "Ada", 1.0, [0.0])
    edit = store.outbox.claims.claim.blocking(2.0)
    assert edit is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(edit, 2.0), 3.0, EditState.DONE, "ok"
    )
    store.close()
    with closing(sqlite3.connect(tmp_path / "fairlead.db")) as raw:
        raw.execute(erasure.format(target="b" * 24))  # No trigger stands against it.
        raw.commit()
    found = verify(tmp_path, KEY)
    assert (found.state, found.erased_count) == ("verified", 2)
    assert "Of 2 entries the values were erased." in found.summary
    store = open_store(tmp_path)
    kept, *erased = store.audit.list_entries.blocking()
    store.close()
    assert (kept.label, kept.is_erased) == ("noa@new-job.example", False)
    assert [(e.label, e.target, e.new, e.is_erased) for e in erased] == [
        ("(erased)", "", None, True)
    ] * 2


@pytest.mark.parametrize(
    ("is_end_kept", "words"),
    [(True, "3 entries, none changed or missing."), (False, "3 entries, none changed.")],
)
def test_audit_summary_claims_no_more_than_is_proven(
    is_end_kept: bool, words: str, tmp_path: Path
) -> None:
    assert verify(tmp_path, KEY).summary == "The record is empty."
    head = write_rows(tmp_path, 3, KEY)
    found = verify(tmp_path, KEY, head=head if is_end_kept else None)
    assert found.summary == f"The record is whole: {words}"
    assert ("cut off at the end" in found.limits) != is_end_kept


def test_audit_of_equal_values_has_different_hashes(folder: Path) -> None:
    """Salted: whoever has the hashes alone cannot try addresses on them."""
    with closing(sqlite3.connect(folder / "fairlead.db")) as raw:
        hashes = raw.execute("SELECT DISTINCT actor_hash FROM audit").fetchall()
    assert len(hashes) == 5


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

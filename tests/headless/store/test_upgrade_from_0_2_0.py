"""A workspace that version 0.2.0 left behind: opened, nothing lost, and gone on with."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from desktop.model.edit import EditState
from desktop.model.sync_run import RunStage
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.sync_toml_file import import_syncs_toml

DATA = Path(__file__).parent / "data"
# Tables of data/README.md by the names of 0.2.0, where those have changed.
FAIRLEAD_RENAMED = {
    "goal": "sync", "sum_in_doubt": "unconfirmed_increment",
    "sum_overtaken": "superseded_increment",
    "synced": "synced_value", "accepted": "accepted_value", "written": "written_hash",
    "pair": "matched_pair", "ledger": "counted_event", "member": "sync_member",
    "exchanged": "exchanged_profile", "correction": "source_correction", "again": "retry_source",
    "approval": "limit_approval", "plan_noticed": "plan_consequence", "batch": "write_batch",
    "link": "profile_link",
}  # fmt: skip
MIRROR_RENAMED = {
    "person": "cached_user", "person_address": "user_address", "profile": "cached_profile",
    "ticket": "cached_ticket", "tickets": "user_tickets", "opened": "opened_customer",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("fairlead", "mirror"):
        shutil.copy(DATA / f"{name}-0.2.0.db", tmp_path / f"{name}.db")
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[WorkspaceStore]:
    found = open_store(folder)
    yield found
    found.close()


def _documented_counts(file: str) -> dict[str, int]:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"Rows of {file}\.db: (.*?)\.(?: |\n|$)", readme)
    return {name: int(count) for name, count in re.findall(r"(\w+) (\d+)", line)}


def _count_rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as raw:
        names = [
            row[0]
            for row in raw.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        return {n: raw.execute(f"SELECT count(*) FROM {n}").fetchone()[0] for n in names}  # noqa: S608


@pytest.mark.parametrize(
    ("file", "renamed", "added"),
    [
        (
            "fairlead",
            FAIRLEAD_RENAMED,
            {
                "account": 0,
                "computer": 1,
                "due_run": 0,
                "audit_value": 73,
                "settings_seal": 1,
                "email_change": 0,
                "event_action": 0,
                "event_source": 0,
                "event": 0,
                "event_delivery": 0,
                "lead_request": 0,
                "edit_batch": 0,
                "edit_batch_row": 0,
                "address_difference": 0,
                "bounce_repair": 0,
                "erasure": 0,
                "erasure_approval": 0,
                "erased_person": 0,
                "segment": 0,
                "event_file": 0,
                "event_write": 0,
                "named_event_source": 0,
                "team_membership": 0,
                "sell_pair": 0,
                "sell_choice": 0,
                "sell_account": 0,
                "shared_state": 0,
                "shared_change": 0,
            },
        ),
        ("mirror", MIRROR_RENAMED, {"feed_user_address": 0, "search_suffix": 493, "feed_sell": 0}),
    ],
)
def test_upgrade_keeps_every_row_under_its_new_name(
    file: str, renamed: dict[str, str], added: dict[str, int], folder: Path
) -> None:
    open_store(folder).close()
    expected = {renamed.get(name, name): n for name, n in _documented_counts(file).items()}
    assert _count_rows(folder / f"{file}.db") == expected | added


@pytest.mark.parametrize(
    ("file", "old_words"),
    [
        ("fairlead", r"\b(goal|sum_\w+|plan_noticed|again|ledger|exchanged|takes_back|made_at)\b"),
        ("mirror", r"\b(person|opened)\b"),
    ],
)
def test_upgrade_leaves_no_old_name_in_tables_columns_and_indexes(
    file: str, old_words: str, folder: Path
) -> None:
    open_store(folder).close()
    with closing(sqlite3.connect(folder / f"{file}.db")) as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_schema")]
        tables = [n for n in names if not n.startswith("sqlite_")]
        columns = [row[1] for n in tables for row in raw.execute(f"PRAGMA table_info({n})")]
    assert [n for n in names + columns if re.search(old_words, n)] == []


def test_upgrade_reads_users_once_more_and_plans_none_of_them_again(
    folder: Path,
) -> None:
    with closing(sqlite3.connect(folder / "mirror.db")) as raw, raw:
        raw.execute(
            "INSERT OR REPLACE INTO feed (name, generation, cursor, ended_at, seq, whole_from)"
            " VALUES ('zendesk users', 'g1', 'c9', 5.0, 7, 4.0)"
        )
    store = open_store(folder)
    feed = store.feeds.get_state.blocking("zendesk users")
    store.close()
    assert (feed.cursor, feed.whole_from) == ("", None)
    assert (feed.generation, feed.seq, feed.ended_at) == ("g1", 7, 5.0)


def test_upgrade_keeps_audit_chain_intact(store: WorkspaceStore) -> None:
    found = store.audit.verify_chain.blocking()
    assert (found.row_count, found.first_broken_seq) == (73, None)
    assert len(store.audit.list_entries.blocking()) == 73


def _close_waiting_edits(store: WorkspaceStore) -> int:
    count = 0
    while (edit := store.outbox.claims.claim.blocking(4e9)) is not None:
        sending = store.outbox.claims.mark_sending.blocking(edit, 4e9)
        store.outbox.claims.close(sending, 4e9, EditState.DONE, "confirmed")
        count += 1
    return count


@pytest.mark.parametrize(
    ("statement", "broken_seq"),
    [
        ("", None),
        ("DELETE FROM audit_value WHERE seq IN (7, 40)", None),
        ("UPDATE audit_value SET actor = 'Somebody else' WHERE seq = 7", 7),
        ("UPDATE audit SET hash = '0' WHERE seq = 7", 7),
        ("UPDATE audit SET computer = 'mine' WHERE seq = 7", 7),
        ("DELETE FROM audit WHERE seq = 7", 8),
    ],
)
def test_upgrade_seals_the_old_audit_with_the_first_keyed_row(
    statement: str, broken_seq: int | None, folder: Path
) -> None:
    store = open_store(folder)
    store.audit.signer.use_key("a key")
    count = _close_waiting_edits(store)
    store.close()
    with closing(sqlite3.connect(folder / "fairlead.db")) as raw:
        triggers = raw.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'audit%'"
        ).fetchall()
        for name, _ in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement or "SELECT 1")
        for _, sql in triggers:
            raw.execute(sql)
        raw.commit()
    store = open_store(folder)
    store.audit.signer.use_key("a key")
    found = store.audit.verify_chain.blocking()
    entries = store.audit.list_entries.blocking()
    store.close()
    assert found.first_broken_seq == broken_seq
    if broken_seq is None:
        segments = [(s.first_seq, s.last_seq, s.proof.value, s.is_by_0_2_0) for s in found.segments]
        assert segments == [(1, 73, "unkeyed", True), (74, 73 + count, "keyed", False)]
        assert found.proven_seq == 73 + count
        # Its own hash covered the values: without them it tells nothing of such an entry.
        assert ("erased entries of version 0.2.0" in found.limits) == bool(statement)
        assert found.erased_count == sum(e.is_erased for e in entries) == 2 * bool(statement)


def test_upgrade_still_finds_an_audit_that_was_cut_off_before(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "fairlead.db")) as raw:
        trigger = "audit_is_append_only_delete"
        sql = raw.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (trigger,)).fetchone()[0]
        raw.execute(f"DROP TRIGGER {trigger}")
        raw.execute("DELETE FROM audit WHERE seq > 70")
        raw.execute("DELETE FROM outbox WHERE id NOT IN (SELECT edit FROM audit)")
        raw.execute(sql)
        raw.commit()
    store = open_store(folder)
    assert store.audit.verify_chain.blocking().first_broken_seq == 71
    store.close()


def test_upgrade_keeps_waiting_edits_deliverable(store: WorkspaceStore) -> None:
    waiting = store.outbox.list_recent.blocking(open_only=True)
    assert {edit.state for edit in waiting} == {
        EditState.QUEUED, EditState.WAITING, EditState.SENDING, EditState.UNKNOWN,
    }  # fmt: skip
    now = max(edit.not_before for edit in waiting) + 1.0
    delivered = []
    while (edit := store.outbox.claims.claim.blocking(now)) is not None:
        sending = store.outbox.claims.mark_sending.blocking(edit, now)
        delivered.append(store.outbox.claims.close(sending, now, EditState.DONE, "confirmed").id)
    assert sorted(delivered) == sorted(edit.id for edit in waiting)
    found = store.audit.verify_chain.blocking()
    assert (found.row_count, found.first_broken_seq) == (73 + len(waiting), None)


def test_upgrade_keeps_syncs_plans_and_runs_readable(store: WorkspaceStore) -> None:
    syncs = store.syncs.list_all.blocking()
    assert len(syncs) == 8
    runs = store.runs.list_runs.blocking(None)
    assert {run.stage for run in runs} <= set(RunStage)
    assert {run.trigger for run in runs} >= {"manual", "schedule", "retry", "rollback"}
    for run in runs:
        if run.plan is not None:
            plan = store.plans.get.blocking(run.plan)
            assert store.plans.get_planned_sync.blocking(plan.id).name == plan.sync
            store.plans.list_rows.blocking(plan.id)
            store.plans.approvals.list_of_plan.blocking(plan.id)
    stopped = [run for run in runs if run.stage is RunStage.CHECK_LIMITS]
    assert stopped


def test_upgrade_keeps_what_syncs_remember(store: WorkspaceStore) -> None:
    names = [sync.name for sync in store.syncs.list_all.blocking()]
    state, increments = store.sync_state, store.unconfirmed_increments
    assert sum(len(increments.by_source.blocking(name)) for name in names) == 7
    assert sum(len(increments.list_superseded.blocking(name)) for name in names) == 8
    assert sum(len(state.list_members.blocking(name)) for name in names) == 11
    assert sum(len(state.list_retry_sources.blocking(name)) for name in names) == 23
    assert sum(len(state.corrections_by_source.blocking(name)) for name in names) == 1
    # Who was ignored for ever is left out, by the one record that was kept then.
    (person,) = (p for name in names for p in state.list_left_out.blocking(name))
    assert person.key == person.source_id == person.label
    assert (person.target_id, bool(person.reason)) == ("", True)


def test_upgrade_imports_exported_syncs(store: WorkspaceStore) -> None:
    syncs = import_syncs_toml((DATA / "syncs-0.2.0.toml").read_text(encoding="utf-8"))
    imported = store.syncs.import_syncs.blocking(syncs, 1.0)
    assert [sync.name for sync in imported] == [sync.name for sync in syncs]
    assert {sync.name for sync in imported} <= {s.name for s in store.syncs.list_all.blocking()}


def test_upgrade_finds_kept_customers_by_parts(folder: Path) -> None:
    store = open_store(folder)
    try:
        found = store.sheet_reader.search_customers.blocking("a@lop")
    finally:
        store.close()
    assert [match.title for match in found] == ["Maria Lopez"]

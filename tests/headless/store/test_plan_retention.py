"""Forgetting rows of old plans: what is asked of a store that is years old, and half forgotten."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.model.sync_plan import PlanState
from desktop.store import plan_retention
from desktop.store.process_identity import new_owner_id
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


_NOW = plan_retention.KEPT_FOR_S + 1.0


def _old_plans(
    store: WorkspaceStore,
    count: int,
    rows: int,
    plan_state: str = "applied",
    run_state: str = "done",
    owner: str = "999999999:1:boot:1",
) -> None:
    """Plans of runs of long ago; `rows` of each."""

    def act(connection: sqlite3.Connection) -> None:
        for plan in range(1, count + 1):
            connection.execute(
                "INSERT INTO plan (id, sync, service, state, created_at, actor, origin, sync_body)"
                " VALUES (?, 'g', 'sailthru', ?, 0.0, 'Ada', 'sync', '{}')",
                (plan, plan_state),
            )
            connection.execute(
                "INSERT INTO run (sync, trigger, actor, state, stage, started_at, owner, plan)"
                " VALUES ('g', 'manual', 'Ada', ?, 'finish', 0.0, ?, ?)",
                (run_state, owner, plan),
            )
            connection.executemany(
                "INSERT INTO plan_row (plan, row, fate, source, target, label, address, changes,"
                " why, cause, evidence, ticked, state, detail, events)"
                " VALUES (?, ?, 'update', '', '', '', '', '[]', '', '', '', 1, 'done', '', '[]')",
                [(plan, row) for row in range(1, rows + 1)],
            )

    store.fairlead_db.write(act)


def test_plan_retention_does_not_scan_permanent_tables_per_plan(store: WorkspaceStore) -> None:
    # Runs times plans was 45 s after 20,000 of them.
    steps = store.fairlead_db.read(
        lambda c: [
            str(row["detail"])
            for row in c.execute(
                f"EXPLAIN QUERY PLAN {plan_retention._OLDEST_EXPIRED_PLAN_SQL}",
                ("g", 1.0, 20, "[]"),
            )
        ]
    )
    assert [step for step in steps if "SCAN" in step and "json_each" not in step] == []


def test_plan_retention_half_deleted_plan_is_deleted(store: WorkspaceStore) -> None:
    _old_plans(store, plan_retention.KEPT_PLANS + 1, 2_001)
    assert not store.plan_retention.has_deleted_rows.blocking("1")
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 2_000
    assert store.plans.count_rows.blocking("1") == 1
    assert store.plan_retention.has_deleted_rows.blocking("1")
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 1
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 0
    assert store.plans.count_rows.blocking("2") == 2_001


@pytest.mark.parametrize(
    ("plan_state", "run_state"),
    [
        ("applied", "done"),
        ("applied", "failed"),
        ("applying", "failed"),
        ("applying", "cancelled"),
        ("applying", "running"),
        ("stopped", "waiting"),
        ("discarded", "cancelled"),
        ("making", "failed"),
    ],
)
def test_plan_retention_rows_of_old_run_go_however_it_ended(
    store: WorkspaceStore, plan_state: str, run_state: str
) -> None:
    _old_plans(store, plan_retention.KEPT_PLANS + 1, 3, plan_state, run_state)
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 3
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 0
    assert store.plan_retention.has_deleted_rows.blocking("1")
    # What is half forgotten cannot be applied any more.
    is_history = (plan_state, run_state) == ("applied", "done")
    expected = PlanState.APPLIED if is_history else PlanState.DISCARDED
    assert store.plans.get.blocking("1").state is expected


def test_plan_retention_keeps_rows_that_a_process_applies_or_nobody_answered(
    store: WorkspaceStore,
) -> None:
    _old_plans(store, plan_retention.KEPT_PLANS + 2, 3, "applying", "running", new_owner_id())
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 0

    def end_runs(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE run SET state = 'failed'")
        connection.execute(
            "INSERT INTO write_batch (plan, kind, state, created_at) VALUES (1, 'k', 'sent', 0.0)"
        )

    store.fairlead_db.write(end_runs)
    assert store.plan_retention.delete_expired_chunk.blocking(_NOW) == 3
    assert not store.plan_retention.has_deleted_rows.blocking("1")
    assert store.plan_retention.has_deleted_rows.blocking("2")

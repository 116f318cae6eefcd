"""Forgetting rows of old plans: what is asked of a store that is years old, and half forgotten."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.store import plan_retention
from desktop.store.workspace_store import WorkspaceStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_store(tmp_path)
    yield found
    found.close()


def _old_plans(store: WorkspaceStore, count: int, rows: int) -> None:
    """Plans of runs that are long done; `rows` of each."""

    def act(connection: sqlite3.Connection) -> None:
        for plan in range(1, count + 1):
            connection.execute(
                "INSERT INTO plan (id, sync, service, state, created_at, actor, origin, sync_body)"
                " VALUES (?, 'g', 'sailthru', 'applied', 0.0, 'Ada', 'sync', '{}')",
                (plan,),
            )
            connection.execute(
                "INSERT INTO run (sync, trigger, actor, state, stage, started_at, owner, plan)"
                " VALUES ('g', 'manual', 'Ada', 'done', 'finish', 0.0, 'o', ?)",
                (plan,),
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
                f"EXPLAIN QUERY PLAN {plan_retention._OLDEST_EXPIRED_PLAN_SQL}", ("g", 1.0, 20)
            )
        ]
    )
    assert [step for step in steps if "SCAN" in step] == []


def test_plan_retention_half_deleted_plan_is_deleted(store: WorkspaceStore) -> None:
    _old_plans(store, plan_retention.KEPT_PLANS + 1, 2_001)
    now = plan_retention.KEPT_FOR_S + 1.0
    assert not store.plan_retention.has_deleted_rows.blocking("1")
    assert store.plan_retention.delete_expired_chunk.blocking("g", now) == 2_000
    assert store.plans.count_rows.blocking("1") == 1
    assert store.plan_retention.has_deleted_rows.blocking("1")
    assert store.plan_retention.delete_expired_chunk.blocking("g", now) == 1
    assert store.plan_retention.delete_expired_chunk.blocking("g", now) == 0
    assert store.plans.count_rows.blocking("2") == 2_001

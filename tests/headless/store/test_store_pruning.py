"""Forgetting rows of old plans: what is asked of a store that is years old, and half forgotten."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.store import pruning
from desktop.store.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path)
    yield found
    found.close()


def _old_plans(store: Store, count: int, rows: int) -> None:
    """Plans of runs that are long done; `rows` of each."""

    def act(connection: sqlite3.Connection) -> None:
        for plan in range(1, count + 1):
            connection.execute(
                "INSERT INTO plan (id, goal, service, state, made_at, actor, origin, body)"
                " VALUES (?, 'g', 'sailthru', 'applied', 0.0, 'Ada', 'sync', '{}')",
                (plan,),
            )
            connection.execute(
                "INSERT INTO run (goal, why, actor, state, stage, started_at, owner, plan)"
                " VALUES ('g', 'hand', 'Ada', 'done', 'finish', 0.0, 'o', ?)",
                (plan,),
            )
            connection.executemany(
                "INSERT INTO plan_row (plan, row, fate, source, target, label, address, changes,"
                " why, cause, evidence, ticked, state, detail, events)"
                " VALUES (?, ?, 'update', '', '', '', '', '[]', '', '', '', 1, 'done', '', '[]')",
                [(plan, row) for row in range(1, rows + 1)],
            )

    store.fairlead.write(act)


def test_no_table_that_stays_is_read_once_for_each_plan(store: Store) -> None:
    # Runs times plans was 45 s after 20,000 of them.
    steps = store.fairlead.read(
        lambda c: [
            str(row["detail"])
            for row in c.execute(f"EXPLAIN QUERY PLAN {pruning._OLD}", ("g", 1.0, 20))
        ]
    )
    assert [step for step in steps if "SCAN" in step] == []


def test_a_plan_that_is_half_forgotten_is_forgotten(store: Store) -> None:
    _old_plans(store, pruning.KEPT_PLANS + 1, 2_001)
    now = pruning.KEPT_S + 1.0
    assert not store.pruning.is_forgotten("1")
    assert store.pruning.forget_piece("g", now) == 2_000
    assert store.plans.count("1") == 1
    assert store.pruning.is_forgotten("1")
    assert store.pruning.forget_piece("g", now) == 1
    assert store.pruning.forget_piece("g", now) == 0
    assert store.plans.count("2") == 2_001

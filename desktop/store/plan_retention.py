"""Deletes the rows of old plans, a piece at a time; the runs keep what came of them.

Kept are the rows of a sync's newest plans, of all that is younger than the days given, of what a
process is applying, and of requests whose outcome is not known yet. A run that failed long ago
cannot go on afterwards: its plan is discarded.
"""

import sqlite3

from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository

KEPT_PLANS = 20
KEPT_FOR_S = 90 * 86_400.0
_CHUNK_ROWS = 2_000

# Plans and runs stay for years: whether rows are left is asked first, and the runs by their sync.
_OLDEST_EXPIRED_PLAN_SQL = (
    "SELECT p.id FROM plan p WHERE p.sync = ?1"
    " AND p.created_at < ?2 AND p.id NOT IN"
    " (SELECT id FROM plan WHERE sync = ?1 ORDER BY id DESC LIMIT ?3)"
    " AND p.id NOT IN (SELECT value FROM json_each(?4))"
    " AND EXISTS (SELECT 1 FROM plan_row r WHERE r.plan = p.id)"
    " AND NOT EXISTS (SELECT 1 FROM write_batch b WHERE b.plan = p.id AND b.state <> 'closed')"
    " ORDER BY p.id LIMIT 1"
)


class PlanRetention(Repository):
    """Deletes expired rows of `plan_row`."""

    @database_call
    def delete_expired_chunk(self, now: float) -> int:
        """Delete some rows of an old plan that nobody needs; returns how many, 0: none.

        Of any sync, also of one that was removed.
        """

        def act(connection: sqlite3.Connection) -> int:
            old = _find_expired_plan(connection, now)
            if old is None:
                return 0
            connection.execute(
                "UPDATE plan SET state = 'discarded' WHERE id = ?1 AND (state <> 'applied' OR"
                " EXISTS (SELECT 1 FROM run r WHERE r.sync = plan.sync AND r.plan = ?1"
                " AND r.state <> 'done'))",
                (old["id"],),
            )
            last = connection.execute(
                "SELECT max(row) FROM"
                " (SELECT row FROM plan_row WHERE plan = ? ORDER BY row LIMIT ?)",
                (old["id"], _CHUNK_ROWS),
            ).fetchone()[0]
            piece = (old["id"], last)
            connection.execute("DELETE FROM plan_consequence WHERE plan = ? AND row <= ?", piece)
            return connection.execute(
                "DELETE FROM plan_row WHERE plan = ? AND row <= ?", piece
            ).rowcount

        return self._database.write(act)

    @database_call
    def has_deleted_rows(self, plan_id: str) -> bool:
        """Whether a plan's rows are gone: by retention all or the first pieces, or all erased.

        A plan numbers its rows from 1 on, and the lowest go first.
        """
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM plan_row WHERE plan = ?1 AND row = 1 AND EXISTS"
                    " (SELECT 1 FROM plan_row WHERE plan = ?1 AND label <> '(erased)')",
                    (int(plan_id),),
                ).fetchone()
                is None
            )
        )


def _find_expired_plan(connection: sqlite3.Connection, now: float) -> sqlite3.Row | None:
    running = connection.execute(
        "SELECT plan, owner FROM run WHERE state = 'running' AND plan IS NOT NULL"
    )
    busy = to_json([row["plan"] for row in running if is_owner_alive(row["owner"])])
    for (sync,) in connection.execute("SELECT DISTINCT sync FROM plan").fetchall():
        values = (sync, now - KEPT_FOR_S, KEPT_PLANS, busy)
        old: sqlite3.Row | None = connection.execute(_OLDEST_EXPIRED_PLAN_SQL, values).fetchone()
        if old is not None:
            return old
    return None

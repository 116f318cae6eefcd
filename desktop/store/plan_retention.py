"""Forgets the rows of old plans, a piece at a time; what runs came to stays with the runs.

Kept are the rows of a sync's newest plans, of all that is younger than the days given, and of every
plan that is open, is being applied, or belongs to a run that can still go on.
"""

import sqlite3

from desktop.store.database_call import database_call
from desktop.store.repository import Repository

KEPT_PLANS = 20
KEPT_FOR_S = 90 * 86_400.0
_CHUNK_ROWS = 2_000

# Plans and runs stay for years: whether rows are left is asked first, and the runs by their sync.
_OLDEST_EXPIRED_PLAN_SQL = (
    "SELECT p.id FROM plan p WHERE p.sync = ?1 AND p.state IN ('applied', 'discarded')"
    " AND p.created_at < ?2 AND p.id NOT IN"
    " (SELECT id FROM plan WHERE sync = ?1 ORDER BY id DESC LIMIT ?3)"
    " AND EXISTS (SELECT 1 FROM plan_row r WHERE r.plan = p.id)"
    " AND NOT EXISTS"
    " (SELECT 1 FROM run r WHERE r.sync = ?1 AND r.plan = p.id AND r.state <> 'done')"
    " AND NOT EXISTS (SELECT 1 FROM write_batch b WHERE b.plan = p.id AND b.state <> 'closed')"
    " ORDER BY p.id LIMIT 1"
)


class PlanRetention(Repository):
    """Forgets rows of plans."""

    @database_call
    def delete_expired_chunk(self, sync: str, now: float) -> int:
        """Forget some rows of a sync's oldest plan whose rows nobody needs; how many, 0: none."""

        def act(connection: sqlite3.Connection) -> int:
            old = connection.execute(
                _OLDEST_EXPIRED_PLAN_SQL, (sync, now - KEPT_FOR_S, KEPT_PLANS)
            ).fetchone()
            if old is None:
                return 0
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
        """Whether rows of a sync's plan were forgotten: all of them, or the first pieces.

        A plan numbers its rows from 1 on, and the lowest go first.
        """
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM plan_row WHERE plan = ? AND row = 1", (int(plan_id),)
                ).fetchone()
                is None
            )
        )

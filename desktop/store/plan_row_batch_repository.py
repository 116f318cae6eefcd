"""The table of batches of plan rows that a run sends, and how each row ended.

Rows go out in batches that are stored before they are sent, and are closed together with
everything that follows from them, in one transaction.
Killed between the two, the next process finds rows that may have been applied: it reads first.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.model.sync_plan import RETRY_LATER, PlanRow
from desktop.store.account_repository import (
    AccountRepository,
    account_of_row,
)
from desktop.store.database_call import database_call
from desktop.store.plan_proof import TAKEN, require_plan
from desktop.store.plan_row_completion import (
    LATE_BIT,
    PlanRowCompletion,
    complete_row,
    delete_old_touches,
)
from desktop.store.plan_row_table import decode_plan_row, to_json
from desktop.store.planned_row_proof import AMONG, PLAN_ROWS, UNPROVEN_WRITTEN_SQL
from desktop.store.repository import Repository
from desktop.store.run_provenance import RunProvenance
from desktop.store.sqlite_database import Database
from desktop.store.unconfirmed_increment_repository import insert_unconfirmed_increment

# The bits of `plan_row.maybe_sent`. An earlier request may have written the row; the request of its
# present batch has left; it ended unseen, and the next run reads it once more.
_SENT_EARLIER, _SENT_IN_BATCH, _MAY_SHOW_LATE = 1, 2, LATE_BIT

_LEFT_OUT_TEXT = "Left out. It is looked at again when it changes."


@dataclass(frozen=True)
class WriteBatch:
    """A row of `write_batch`: one request's plan rows; `kind` is the way, `job` the service's."""

    id: int
    kind: str
    state: str
    job_id: str
    created_at: float


class PlanRowBatchRepository(Repository):
    """The table `write_batch`, and the outcomes of plan rows in `fairlead.db`."""

    def __init__(self, database: Database, accounts: AccountRepository | None = None) -> None:
        super().__init__(database)
        self._accounts = accounts or AccountRepository(database)

    @database_call
    def list_next_rows(self, plan_id: str, limit: int) -> tuple[PlanRow, ...]:
        """Select a plan's ticked rows that were not sent yet, in the order of their numbers.

        Raises ConflictError where one of them was changed outside Fairlead.
        """

        def look(connection: sqlite3.Connection) -> tuple[PlanRow, ...]:
            # By itself SQLite walks the plan in order, over all that is closed already.
            found = connection.execute(
                "SELECT * FROM plan_row INDEXED BY plan_row_state WHERE plan = ?"
                " AND state = 'planned' AND ticked AND fate IN ('create', 'update')"
                " ORDER BY row LIMIT ?",
                (int(plan_id), limit),
            ).fetchall()
            numbers = to_json([row["row"] for row in found])
            PLAN_ROWS.require(connection, int(plan_id), AMONG, numbers)
            return tuple(map(decode_plan_row, found))

        return self._database.read(look)

    @database_call
    def list_unsettled_plans(self, sync: str, but: str | None) -> tuple[tuple[str, str], ...]:
        """Select a sync's other plans with rows that may have been written, which nobody has seen.

        Each with the run that was applying it.
        """
        return self._database.read(
            lambda c: tuple(
                (str(row["plan"]), str(row["run"]))
                for row in c.execute(
                    "SELECT p.id AS plan, max(r.id) AS run FROM plan p JOIN run r ON r.plan = p.id"
                    " WHERE p.sync = ? AND p.id IS NOT ? AND (EXISTS (SELECT 1 FROM write_batch b"
                    " WHERE b.plan = p.id AND b.state <> 'closed') OR EXISTS (SELECT 1 FROM"
                    " plan_row w WHERE w.plan = p.id AND w.state = 'failed' AND w.maybe_sent & ?))"
                    " GROUP BY p.id ORDER BY p.id",
                    (sync, None if but is None else int(but), _MAY_SHOW_LATE),
                )
            )
        )

    @database_call
    def list_open_batches(self, plan_id: str) -> tuple[WriteBatch, ...]:
        """Select a plan's batches that are being sent, or were sent and not completed."""
        return self._database.read(
            lambda c: tuple(
                WriteBatch(row["id"], row["kind"], row["state"], row["job_id"], row["created_at"])
                for row in c.execute(
                    "SELECT * FROM write_batch WHERE plan = ? AND state <> 'closed' ORDER BY id",
                    (int(plan_id),),
                )
            )
        )

    @database_call
    def list_open_rows(
        self, plan_id: str, batch: int, *, after: int = -1, limit: int = 500
    ) -> tuple[PlanRow, ...]:
        """Select a page of a batch's plan rows that are not completed."""
        return self._select_rows(
            "plan = ? AND batch = ? AND state = 'sending' AND row > ? ORDER BY row LIMIT ?",
            (int(plan_id), batch, after, limit),
        )

    @database_call
    def list_late_rows(self, plan_id: str, limit: int) -> tuple[PlanRow, ...]:
        """Select a page of a plan's rows that ended unseen and may have been written after that."""
        return self._select_rows(
            "plan = ? AND state = 'failed' AND maybe_sent & ? ORDER BY row LIMIT ?",
            (int(plan_id), _MAY_SHOW_LATE, limit),
        )

    @database_call
    def require_taken(self, plan_id: str) -> None:
        """Raise ConflictError where a plan was not judged and taken to be applied as it stands."""
        way_out = "What it wrote can be set by hand: `fairlead sync show` says what stood before."
        self._database.read(lambda c: require_plan(c, int(plan_id), TAKEN, way_out))

    @database_call
    def find_unproven_written(self, plan_id: str, rows: Iterable[int]) -> frozenset[int]:
        """Select the numbers of written rows that are not surely as they were written."""
        asked = (int(plan_id), to_json(list(rows)))
        return self._database.read(
            lambda c: frozenset(row[0] for row in c.execute(UNPROVEN_WRITTEN_SQL, asked))
        )

    @database_call
    def list_open_row_numbers(self, plan_id: str, batch: int) -> tuple[int, ...]:
        """Select the numbers of a batch's plan rows that are not completed."""
        return self._database.read(
            lambda c: tuple(
                row[0]
                for row in c.execute(
                    "SELECT row FROM plan_row WHERE plan = ? AND batch = ? AND state = 'sending'",
                    (int(plan_id), batch),
                )
            )
        )

    @database_call
    def begin_batch(self, plan_id: str, kind: str, rows: Sequence[int], now: float) -> int:
        """Insert a batch of plan rows before its request is sent; returns the batch's id.

        Rows of an earlier batch leave it. Raises ConflictError where the plan was made for another
        account than is connected now.
        """

        def act(connection: sqlite3.Connection) -> int:
            self._accounts.require_account(connection, account_of_row(connection, "plan", plan_id))
            cursor = connection.execute(
                "INSERT INTO write_batch (plan, kind, state, created_at) VALUES (?, ?,"
                " 'sending', ?)",
                (int(plan_id), kind, now),
            )
            _assign_rows_to_batch(connection, plan_id, int(cursor.lastrowid or 0), rows)
            return int(cursor.lastrowid or 0)

        return self._database.write(act)

    @database_call
    def extend_batch(self, plan_id: str, batch: int, rows: Sequence[int]) -> None:
        """Insert plan rows into a batch that was not sent yet."""
        self._database.write(lambda c: _assign_rows_to_batch(c, plan_id, batch, rows))

    @database_call
    def mark_sending(self, plan_id: str, rows: Sequence[int]) -> None:
        """Commit that the request which writes these plan rows is about to leave."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE plan_row SET maybe_sent = maybe_sent | ? WHERE plan = ?"
                " AND row IN (SELECT value FROM json_each(?))",
                (_SENT_IN_BATCH, int(plan_id), to_json(list(rows))),
            )
        )

    @database_call
    def mark_sent(self, batch: int, job: str) -> None:
        """Update a batch of plan rows with the id of the service's job."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE write_batch SET state = 'sent', job_id = ? WHERE id = ?", (job, batch)
            )
        )

    @database_call
    def release_batch(
        self, provenance: RunProvenance, batch: int, *, maybe_sent: bool = False
    ) -> None:
        """Update a batch's uncompleted rows as if they were never sent: they are the plan's again.

        `maybe_sent`: as far as can be seen. Rows whose request had left say so, and their
        increments stay unconfirmed.
        """
        plan_id = provenance.plan_id

        def act(connection: sqlite3.Connection) -> None:
            at = connection.execute(
                "SELECT created_at FROM write_batch WHERE id = ?", (batch,)
            ).fetchone()["created_at"]
            sent = f"maybe_sent & {_SENT_IN_BATCH}"
            open_rows = "plan = ? AND batch = ? AND state = 'sending'"
            place = (int(plan_id), batch)
            summed = connection.execute(
                f"SELECT * FROM plan_row WHERE {open_rows} AND events <> '[]' AND {sent}",  # noqa: S608
                place,
            )
            for row in summed.fetchall() if maybe_sent else ():
                insert_unconfirmed_increment(connection, provenance, decode_plan_row(row), "", at)
            kept = f"maybe_sent & {_SENT_EARLIER}" + (f" OR {sent}" if maybe_sent else "")
            connection.execute(
                f"UPDATE plan_row SET state = 'planned', batch = NULL, maybe_sent = ({kept})"  # noqa: S608
                f" WHERE {open_rows}",
                place,
            )
            connection.execute("UPDATE write_batch SET state = 'closed' WHERE id = ?", (batch,))

        self._database.write(act)

    @database_call
    def complete_rows(
        self,
        provenance: RunProvenance,
        closed: Iterable[PlanRowCompletion],
        now: float,
        *,
        batch: int | None = None,
    ) -> None:
        """Store how plan rows ended, with audit, sync state and increments, in one transaction.

        `batch` is closed with them when none of its rows is open any more.
        """
        ended = tuple(closed)

        def act(connection: sqlite3.Connection) -> None:
            for item in ended:
                complete_row(connection, provenance, item, now)
            if provenance.has_frequency_cap:
                delete_old_touches(connection, now)
            if batch is not None:
                connection.execute(
                    "UPDATE write_batch SET state = 'closed' WHERE id = ?1 AND NOT EXISTS (SELECT 1"
                    " FROM plan_row WHERE plan = ?2 AND batch = ?1 AND state = 'sending')",
                    (batch, int(provenance.plan_id)),
                )

        self._database.write(act)

    @database_call
    def finalize_unsent_rows(self, plan_id: str) -> None:
        """Update the final state of a plan's rows that are not sent: parked, or unticked."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE plan_row SET state = CASE"
                " WHEN fate IN ('correction', 'conflict') THEN 'parked'"
                " WHEN fate IN ('create', 'update') AND NOT ticked THEN 'unticked'"
                " ELSE 'done' END,"
                " detail = CASE WHEN fate IN ('create', 'update') AND NOT ticked THEN ?2"
                " ELSE detail END"
                " WHERE plan = ?1 AND state = 'planned'"
                " AND (fate NOT IN ('create', 'update') OR NOT ticked)",
                (int(plan_id), _LEFT_OUT_TEXT),
            )
            connection.execute(
                "INSERT OR REPLACE INTO retry_source (sync, source, needs_person, account)"
                " SELECT p.sync, r.source, r.state = 'parked', p.account"
                " FROM plan_row r JOIN plan p ON p.id = r.plan WHERE r.plan = ?1 AND r.source <> ''"
                " AND (r.state = 'parked' OR r.fate = 'skipped' AND r.cause = ?2)",
                (int(plan_id), RETRY_LATER),
            )
            _promote_accepted_values(connection, plan_id)
            connection.execute(
                "DELETE FROM retry_source WHERE (sync, source) IN (SELECT p.sync, r.source"
                " FROM plan_row r JOIN plan p ON p.id = r.plan"
                " WHERE r.plan = ?1 AND r.fate IN ('unchanged', 'skipped') AND r.cause <> ?2)",
                (int(plan_id), RETRY_LATER),
            )

        self._database.write(act)

    @database_call
    def count_by_outcome(self, plan_id: str) -> dict[str, int]:
        """Count by SQL a plan's rows by outcome; every row is in exactly one count."""

        def look(connection: sqlite3.Connection) -> dict[str, int]:
            found = dict.fromkeys(
                ("created", "updated", "unchanged", "skipped", "parked", "failed", "left"), 0
            )
            for row in connection.execute(
                "SELECT fate, state, count(*) AS n FROM plan_row WHERE plan = ?"
                " GROUP BY fate, state",
                (int(plan_id),),
            ):
                found[_outcome_of_row(row["fate"], row["state"])] += row["n"]
            if not found["left"]:
                del found["left"]
            return found

        return self._database.read(look)

    def _select_rows(self, where: str, values: tuple[object, ...]) -> tuple[PlanRow, ...]:
        sql = f"SELECT * FROM plan_row WHERE {where}"  # noqa: S608 - texts of ours
        return self._database.read(
            lambda c: tuple(decode_plan_row(row) for row in c.execute(sql, values))
        )


def _assign_rows_to_batch(
    connection: sqlite3.Connection, plan_id: str, batch: int, rows: Sequence[int]
) -> None:
    connection.execute(
        "UPDATE plan_row SET state = 'sending', batch = ? WHERE plan = ?"
        " AND row IN (SELECT value FROM json_each(?))",
        (batch, int(plan_id), to_json(list(rows))),
    )


def _outcome_of_row(fate: str, state: str) -> str:
    if state == "parked":
        return "parked"
    if state == "failed":
        return "failed"
    if state == "unticked":
        return "skipped"
    if state == "same":
        return "unchanged"
    if fate in ("create", "update"):
        if state not in ("done", "accepted"):
            return "left"
        return "created" if fate == "create" else "updated"
    return {"correction": "parked", "conflict": "parked"}.get(fate, fate)


def _promote_accepted_values(connection: sqlite3.Connection, plan_id: str) -> None:
    """Update a plan's accepted values to synced ones where it found them at the service."""
    # Lists of targets, not a row looked up for each other one: a plan may have a million.
    connection.execute(
        "INSERT OR REPLACE INTO synced_value (sync, target, field, value, run, at, account)"
        " SELECT sync, target, field, value, run, at, account FROM accepted_value"
        " WHERE sync = (SELECT sync FROM plan WHERE id = ?1) AND target IN"
        " (SELECT target FROM plan_row WHERE plan = ?1 AND fate = 'unchanged' AND why = '')",
        (int(plan_id),),
    )
    # How the service keeps a value is known until it shows the value itself.
    connection.execute(
        "DELETE FROM accepted_value WHERE sync = (SELECT sync FROM plan WHERE id = ?1)"
        " AND (target IN"
        " (SELECT target FROM plan_row WHERE plan = ?1 AND fate = 'unchanged' AND why = '')"
        " OR (seen IS NULL AND target IN"
        " (SELECT target FROM plan_row WHERE plan = ?1 AND fate = 'unchanged')))",
        (int(plan_id),),
    )

"""The table of batches: many customers looked up and changed at once, and who works on them."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.model.edit_batch import (
    BatchAction,
    BatchCounts,
    BatchOutcome,
    BatchPlanRow,
    BatchRow,
    BatchStage,
    EditBatch,
    LookupResult,
)
from desktop.model.json_value import canonical_json
from desktop.model.pasted_addresses import PastedAddress, PastedOutcome
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.edit_batch_rows import (
    count_rows,
    decode_batch,
    select_row_numbers,
    select_rows,
)
from desktop.store.open_part_undos import has_profiles, select_open_parts
from desktop.store.planned_row_proof import AMONG, BATCH_ROWS
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_OUTCOMES = {
    PastedOutcome.ADDRESS: BatchOutcome.WAITING,
    PastedOutcome.DUPLICATE: BatchOutcome.DUPLICATE,
    PastedOutcome.INVALID: BatchOutcome.INVALID,
}
_OF_ACCOUNT = "account = (SELECT id FROM current_account)"
# Those edits that are not undone, nor being undone, and that this undo has not tried yet.
_TO_UNDO_SQL = (
    "SELECT o.id FROM outbox o WHERE o.batch = ?1 AND o.undoes IS NULL AND o.state <> 'undone'"
    " AND NOT EXISTS (SELECT 1 FROM outbox u WHERE u.undoes = o.id"
    " AND (u.state NOT IN ('conflict', 'failed', 'undone')"
    " OR u.created_at >= (SELECT undo_asked_at FROM edit_batch WHERE id = ?1)))"
    " AND NOT EXISTS (SELECT 1 FROM edit_batch_row r WHERE r.batch = ?1 AND r.edit = o.id"
    " AND r.not_undone <> '') ORDER BY o.id"
)


class EditBatchRepository(Repository):
    """The tables `edit_batch` and `edit_batch_row`. `owner` names this process at its work."""

    def __init__(
        self,
        database: Database,
        owner: str,
        accounts: AccountRepository | None = None,
        *,
        owner_lives: Callable[[str], bool] = is_owner_alive,
    ) -> None:
        super().__init__(database)
        self._owner = owner
        self._accounts = accounts or AccountRepository(database)
        self._is_owner_alive = owner_lives

    @database_call
    def insert(
        self,
        pasted: Sequence[PastedAddress],
        known: Iterable[LookupResult],
        actor: str,
        now: float,
    ) -> EditBatch:
        """Insert a batch of pasted addresses, with those found on this computer (`known`).

        Raises ConflictError while another account is connected than the workspace is set up for.
        """

        def act(connection: sqlite3.Connection) -> EditBatch:
            self._accounts.require_connected(connection)
            cursor = connection.execute(
                "INSERT INTO edit_batch (account, actor, created_at)"
                " VALUES ((SELECT id FROM current_account), ?, ?)",
                (actor, now),
            )
            batch = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT INTO edit_batch_row (batch, row, text, address, outcome)"
                " VALUES (?, ?, ?, ?, ?)",
                [
                    (batch, number, one.text, one.address, _OUTCOMES[one.outcome].value)
                    for number, one in enumerate(pasted, 1)
                ],
            )
            _update_results(connection, batch, known)
            BATCH_ROWS.prove(connection, batch)
            return self._get(connection, str(batch))

        return self._database.write(act)

    @database_call
    def insert_part_undo(
        self, undone: EditBatch, sids: Collection[str], reason: str, actor: str, now: float
    ) -> EditBatch:
        """Insert a batch that undoes what another one has done to some profiles, by their sids.

        An equal one of the same person that is open is returned instead, to be planned anew.

        Raises InvalidInput where it has changed none of them, ConflictError for another account.
        """

        def act(connection: sqlite3.Connection) -> EditBatch:
            row = _select_batch(connection, undone.id)
            self._accounts.require_account(connection, row["account"])
            rows = connection.execute(
                "SELECT text, address, user_id, sid, label, edit FROM edit_batch_row"
                " WHERE batch = ? AND edit IS NOT NULL"
                " AND sid IN (SELECT value FROM json_each(?)) ORDER BY row",
                (int(undone.id), canonical_json(sorted(sids))),
            ).fetchall()
            if undone.action is None or not rows:
                raise InvalidInput(
                    f"Batch {undone.id} has changed none of them.", "Nothing was changed."
                )
            action = BatchAction(undone.action.kind, undone.action.name, None, undone.id)
            said = canonical_json(action.as_json())
            for one in select_open_parts(connection, now):
                same = (one["actor"], one["action"], one["reason"]) == (actor, said, reason)
                if (
                    same
                    and not self._decode(one).is_at_work
                    and has_profiles(connection, one, rows)
                ):
                    connection.execute(
                        "UPDATE edit_batch SET planned_at = NULL WHERE id = ?", (one["id"],)
                    )
                    return self._get(connection, str(one["id"]))
            cursor = connection.execute(
                "INSERT INTO edit_batch (account, actor, created_at, action, reason)"
                " VALUES ((SELECT id FROM current_account), ?, ?, ?, ?)",
                (actor, now, said, reason),
            )
            batch = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT INTO edit_batch_row (batch, row, text, address, outcome, user_id, sid,"
                " label) VALUES (?, ?, ?, ?, 'found', ?, ?, ?)",
                [
                    (batch, place, one["text"], one["address"], one["user_id"], one["sid"],
                     one["label"])
                    for place, one in enumerate(rows, 1)
                ],
            )  # fmt: skip
            BATCH_ROWS.prove(connection, batch)
            return self._get(connection, str(batch))

        return self._database.write(act)

    @database_call
    def list_part_undos(self, now: float) -> tuple[EditBatch, ...]:
        """Select the batches that are to undo a part of another one and may still be applied."""
        return self._database.read(lambda c: tuple(map(self._decode, select_open_parts(c, now))))

    @database_call
    def get(self, batch_id: str) -> EditBatch:
        """Select one batch. Raises InvalidInput for an unknown id."""
        return self._database.read(lambda c: self._get(c, batch_id))

    @database_call
    def list_recent(self, limit: int = 20) -> tuple[EditBatch, ...]:
        """Select the newest batches of the current account, the newest first."""
        query = f"SELECT * FROM edit_batch WHERE {_OF_ACCOUNT} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our names
        return self._database.read(
            lambda c: tuple(map(self._decode, c.execute(query, (limit,)).fetchall()))
        )

    @database_call
    def list_unfinished_undos(self) -> tuple[str, ...]:
        """Select the batches whose undo was asked for and has stopped, with nobody at work."""
        query = (
            f"SELECT * FROM edit_batch WHERE {_OF_ACCOUNT} AND undo_asked_at IS NOT NULL"  # noqa: S608 - our names
            " AND undone_at IS NULL AND error = ''"
        )
        found = self._database.read(lambda c: c.execute(query).fetchall())
        return tuple(str(row["id"]) for row in found if not self._decode(row).is_at_work)

    @database_call
    def list_at_work(self) -> frozenset[str]:
        """Select the batches that a living process works on, which sends their edits."""
        query = "SELECT * FROM edit_batch WHERE owner IS NOT NULL"
        found = self._database.read(lambda c: c.execute(query).fetchall())
        return frozenset(str(row["id"]) for row in found if self._decode(row).is_at_work)

    @database_call
    def begin_stage(self, batch_id: str, stage: BatchStage, total: int, now: float) -> EditBatch:
        """Update a batch: this process is at work on a stage of so many rows.

        Raises ConflictError where another process is, or another account is connected.
        """

        def act(connection: sqlite3.Connection) -> EditBatch:
            row = _select_batch(connection, batch_id)
            self._accounts.require_account(connection, row["account"])
            owner = row["owner"]
            if owner not in (None, self._owner) and self._is_owner_alive(owner):
                raise batch_at_work_error(batch_id)
            connection.execute(
                "UPDATE edit_batch SET owner = ?, stage = ?, done = 0, total = ?, begun_at = ?,"
                " cancel_requested = 0, error = '' WHERE id = ?",
                (self._owner, stage.value, total, now, row["id"]),
            )
            if stage is BatchStage.LOOKUP:
                # Who is found now is not in the plan yet.
                connection.execute(
                    "UPDATE edit_batch SET planned_at = NULL WHERE id = ? AND applied_at IS NULL",
                    (row["id"],),
                )
            return self._get(connection, batch_id)

        return self._database.write(act)

    @database_call
    def set_progress(self, batch_id: str, done: int) -> None:
        """Update how many rows of a batch's stage are behind it."""
        self._execute("UPDATE edit_batch SET done = ? WHERE id = ?", done, batch_id)

    @database_call
    def end_work(self, batch_id: str, error: str = "") -> EditBatch:
        """Update a batch: no process is at work on it any more; `error` is why it stopped."""
        self._execute("UPDATE edit_batch SET owner = NULL, error = ? WHERE id = ?", error, batch_id)
        return self.get.blocking(batch_id)

    @database_call
    def request_cancel(self, batch_id: str) -> EditBatch:
        """Update a batch so that whatever process works on it stops."""
        self._execute("UPDATE edit_batch SET cancel_requested = ? WHERE id = ?", 1, batch_id)
        return self.get.blocking(batch_id)

    @database_call
    def request_cancel_of_all(self) -> tuple[str, ...]:
        """Update every batch that a process works on so that it stops; returns them."""

        def act(connection: sqlite3.Connection) -> tuple[str, ...]:
            rows = connection.execute("SELECT * FROM edit_batch WHERE owner IS NOT NULL")
            ids = [str(row["id"]) for row in rows.fetchall() if self._decode(row).is_at_work]
            connection.execute("UPDATE edit_batch SET cancel_requested = 1 WHERE owner IS NOT NULL")
            return tuple(ids)

        return self._database.write(act)

    @database_call
    def list_waiting(self, batch_id: str) -> tuple[tuple[int, str], ...]:
        """Select the rows of a batch that have to be looked up: number and address of each."""
        return self._database.read(
            lambda c: tuple(
                (row["row"], row["address"])
                for row in c.execute(
                    "SELECT row, address FROM edit_batch_row WHERE batch = ?"
                    " AND outcome IN ('waiting', 'failed') ORDER BY row",
                    (int(batch_id),),
                )
            )
        )

    @database_call
    def save_results(self, batch_id: str, results: Sequence[LookupResult], done: int) -> None:
        """Save what was found for rows of a batch, and how many are behind it."""
        numbers = canonical_json([one.row for one in results])

        def act(connection: sqlite3.Connection) -> None:
            BATCH_ROWS.require(connection, int(batch_id), AMONG, numbers)
            _update_results(connection, int(batch_id), results)
            BATCH_ROWS.prove(connection, int(batch_id), AMONG, numbers)
            connection.execute("UPDATE edit_batch SET done = ? WHERE id = ?", (done, int(batch_id)))

        self._database.write(act)

    @database_call
    def set_action(
        self, batch_id: str, action: BatchAction, reason: str, ticket: int | None
    ) -> EditBatch:
        """Update the change that is wanted of a batch; a plan of another one is dropped.

        Raises ConflictError once the batch was applied, or was changed outside Fairlead.
        """

        def act(connection: sqlite3.Connection) -> EditBatch:
            row = _select_batch(connection, batch_id)
            require_unapplied(row)
            BATCH_ROWS.require(connection, row["id"])
            connection.execute(
                "UPDATE edit_batch SET action = ?, reason = ?, ticket = ?, planned_at = NULL"
                " WHERE id = ?",
                (canonical_json(action.as_json()), reason, ticket, row["id"]),
            )
            connection.execute(
                "UPDATE edit_batch_row SET fate = NULL, old = NULL, why = '', consequences = '[]'"
                " WHERE batch = ?",
                (row["id"],),
            )
            BATCH_ROWS.prove(connection, row["id"])
            return self._get(connection, batch_id)

        return self._database.write(act)

    @database_call
    def list_profiles(self, batch_id: str) -> tuple[LookupResult, ...]:
        """Select the rows of a batch at which somebody was found, in their order."""
        found = ("found", "")
        return tuple(
            row.found
            for row in self._database.read(
                lambda c: select_rows(c, int(batch_id), select_row_numbers(c, int(batch_id), found))
            )
        )

    @database_call
    def save_plan(
        self, batch_id: str, action: BatchAction, rows: Iterable[BatchPlanRow], now: float
    ) -> EditBatch:
        """Save the plan of a batch. Raises ConflictError where its action is another by now."""

        def act(connection: sqlite3.Connection) -> EditBatch:
            row = _select_batch(connection, batch_id)
            require_unapplied(row)
            if row["action"] != canonical_json(action.as_json()):
                raise ConflictError(
                    f"Batch {batch_id} is to be changed in another way by now.",
                    "Nothing was changed.",
                    "Preview it again.",
                )
            BATCH_ROWS.require(connection, row["id"])
            connection.executemany(
                "UPDATE edit_batch_row SET fate = ?, old = ?, why = ?, consequences = ?"
                " WHERE batch = ? AND row = ?",
                [
                    (
                        one.fate.value,
                        canonical_json(one.old),
                        one.why,
                        canonical_json([list(each) for each in one.consequences]),
                        row["id"],
                        one.row,
                    )
                    for one in rows
                ],
            )
            BATCH_ROWS.prove(connection, row["id"])
            connection.execute(
                "UPDATE edit_batch SET planned_at = ? WHERE id = ?", (now, row["id"])
            )
            return self._get(connection, batch_id)

        return self._database.write(act)

    @database_call
    def count(self, batch_id: str) -> BatchCounts:
        """Count the rows of a batch by outcome, level, fate, consequence and state of the edit."""
        return self._database.read(lambda c: count_rows(c, int(batch_id)))

    @database_call
    def list_row_numbers(self, batch_id: str, shown: str = "", text: str = "") -> tuple[int, ...]:
        """Select the numbers of a batch's rows that a filter and a search text show.

        `shown` is an outcome's or a fate's value, `conflict`, `not_undone`, or empty for all rows.
        """
        return self._database.read(
            lambda c: tuple(select_row_numbers(c, int(batch_id), (shown, text)))
        )

    @database_call
    def get_rows(self, batch_id: str, numbers: Sequence[int]) -> tuple[BatchRow, ...]:
        """Select rows of a batch by their numbers, in the order of the paste."""
        return self._database.read(lambda c: select_rows(c, int(batch_id), numbers))

    @database_call
    def stop(self, batch_id: str, now: float) -> None:
        """Update an applied batch: what is not sent yet was withdrawn."""
        self._execute("UPDATE edit_batch SET stopped_at = ? WHERE id = ?", now, batch_id)

    @database_call
    def request_undo(self, batch_id: str, now: float) -> EditBatch:
        """Update a batch: all of it is to be undone. Raises ConflictError where that can't be."""

        def act(connection: sqlite3.Connection) -> EditBatch:
            row = _select_batch(connection, batch_id)
            self._accounts.require_account(connection, row["account"])
            if refusal := self._decode(row).undo_refusal(now):
                raise ConflictError(
                    f"Batch {batch_id} can't be undone.",
                    f"{refusal} Nothing was changed.",
                    "Undo single changes on the Activity page.",
                )
            connection.execute(
                "UPDATE edit_batch SET undo_asked_at = ?, stopped_at = coalesce(stopped_at, ?),"
                " cancel_requested = 1, error = '' WHERE id = ?",
                (now, now, row["id"]),
            )
            return self._get(connection, batch_id)

        return self._database.write(act)

    @database_call
    def list_edits_to_undo(self, batch_id: str) -> tuple[str, ...]:
        """Select the edits of a batch that its undo has not looked at yet, by id."""
        return self._database.read(
            lambda c: tuple(str(row["id"]) for row in c.execute(_TO_UNDO_SQL, (int(batch_id),)))
        )

    @database_call
    def set_not_undone(self, batch_id: str, edit_id: str, why: str) -> None:
        """Save why the undo of a batch leaves the customer of one of its edits as they are."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE edit_batch_row SET not_undone = ? WHERE batch = ? AND edit = ?",
                (why, int(batch_id), int(edit_id)),
            )
        )

    @database_call
    def finish_undo(self, batch_id: str, now: float) -> None:
        """Update a batch: the undo has looked at every edit of it."""
        self._execute("UPDATE edit_batch SET undone_at = ? WHERE id = ?", now, batch_id)

    @database_call
    def delete_older_than(self, before: float) -> int:
        """Delete the rows of batches that were pasted before a time; returns how many batches.

        One that changed somebody stays without its rows: its edits name it.
        """

        def act(connection: sqlite3.Connection) -> int:
            connection.execute(
                "DELETE FROM edit_batch_row WHERE batch IN"
                " (SELECT id FROM edit_batch WHERE created_at < ?)",
                (before,),
            )
            return connection.execute(
                "DELETE FROM edit_batch WHERE created_at < ? AND applied_at IS NULL", (before,)
            ).rowcount

        return self._database.write(act)

    def _execute(self, query: str, value: object, batch_id: str) -> None:
        self._database.write(lambda c: c.execute(query, (value, int(batch_id))))

    def _get(self, connection: sqlite3.Connection, batch_id: str) -> EditBatch:
        return self._decode(_select_batch(connection, batch_id))

    def _decode(self, row: sqlite3.Row) -> EditBatch:
        owner = row["owner"]
        is_at_work = owner is not None and self._is_owner_alive(owner)
        return decode_batch(row, is_at_work=is_at_work)


def batch_at_work_error(batch_id: str) -> ConflictError:
    """Return the error for a batch that another process works on."""
    return ConflictError(
        f"Another Fairlead is at work on batch {batch_id}.",
        "Nothing was started.",
        "Wait until it has ended, or cancel it.",
    )


def require_unapplied(row: sqlite3.Row) -> None:
    """Raise ConflictError for a row of `edit_batch` that was applied."""
    if row["applied_at"] is not None:
        raise ConflictError(
            f"Batch {row['id']} was applied already.",
            "Nothing was changed.",
            "Paste the addresses again for another change.",
        )


def _select_batch(connection: sqlite3.Connection, batch_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = None
    if batch_id.isascii() and batch_id.isdigit() and len(batch_id) < 19:
        row = connection.execute(
            "SELECT * FROM edit_batch WHERE id = ?", (int(batch_id),)
        ).fetchone()
    if row is None:
        raise InvalidInput(
            f"There is no batch {batch_id[:40]}.", "", "`fairlead bulk --list` lists them."
        )
    return row


def _update_results(
    connection: sqlite3.Connection, batch: int, results: Iterable[LookupResult]
) -> None:
    connection.executemany(
        "UPDATE edit_batch_row SET outcome = ?, detail = ?, is_kept = ?, read_at = ?, user_id = ?,"
        " sid = ?, label = ?, optout = ? WHERE batch = ? AND row = ?"
        " AND outcome IN ('waiting', 'failed')",
        [
            (
                one.outcome.value,
                one.detail,
                int(one.is_kept),
                one.read_at,
                one.user_id,
                one.sid,
                one.label,
                one.optout,
                batch,
                one.row,
            )
            for one in results
        ],
    )

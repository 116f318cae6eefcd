"""What waits in the outbox, and what became of what did: its questions, none of which writes."""

import sqlite3

from desktop.model.edit import Edit, EditRequest, not_sent_detail
from desktop.model.service import Service
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.outbox_proof import OutboxProof
from desktop.store.outbox_row import decode_edit
from desktop.store.outbox_sql import (
    NEXT_STEP_CONDITION,
    OPEN_CONDITION,
    select_open_row,
    select_row,
)
from desktop.store.outbox_wait_time import OutboxWaits
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database


class OutboxReader(Repository):
    """Reads edits from the table `outbox`."""

    def __init__(
        self,
        database: Database,
        accounts: AccountRepository,
        proof: OutboxProof,
        waits: OutboxWaits,
    ) -> None:
        super().__init__(database)
        self._accounts = accounts
        self._proof = proof
        self._waits = waits

    @database_call
    def get_edit(self, edit_id: str) -> Edit:
        """Return one edit of the outbox. Raises InvalidInput for an unknown id."""
        return self._database.read(lambda c: self._proof.decode(c, select_row(c, edit_id)))

    @database_call
    def has_later_level(self, edit_id: str) -> bool:
        """Whether a later outbox row or audit row set the opt-out level of an edit's customer."""

        def look(connection: sqlite3.Connection) -> bool:
            own = select_row(connection, edit_id)
            found = connection.execute(
                "SELECT 1 FROM outbox WHERE service = :service AND target = :target AND id > :id"
                " AND kind = 'optout' AND undoes IS NOT :id"
                " AND (state = 'done' OR (state = 'undone' AND tries > 0)) UNION ALL"
                " SELECT 1 FROM audit_entry WHERE kind = 'sync' AND target = :target"
                " AND at >= :created_at AND instr(new, '\"optout\"') LIMIT 1",
                {name: own[name] for name in ("service", "target", "id", "created_at")},
            ).fetchone()
            return found is not None

        return self._database.read(look)

    @database_call
    def require_own_account(self, edit_id: str) -> None:
        """Raise ConflictError for an outbox row of another account than the one connected now."""
        self._database.read(
            lambda c: self._accounts.require_account(c, select_row(c, edit_id)["account"])
        )

    @database_call
    def find_open_edit(self, intent: EditRequest) -> Edit | None:
        """Select the newest open outbox row of the same value as this edit request, or None."""

        def look(connection: sqlite3.Connection) -> Edit | None:
            row = select_open_row(connection, intent)
            return self._proof.decode(connection, row) if row is not None else None

        return self._database.read(look)

    @database_call
    def list_pauses(self) -> tuple[tuple[Edit, Edit | None], ...]:
        """Return the outbox's edits whose pause of marketing stands in this account, oldest first.

        Each with the edit that is to end it and has not: open or failed. Of a customer the newest
        pause counts. One whose end met another value is left out: it was changed elsewhere.
        """
        query = (
            "SELECT o.*, (SELECT max(e.id) FROM outbox e WHERE e.kind = 'pause'"
            " AND e.service = o.service AND e.target = o.target AND e.id > o.id"
            " AND (e.state IN ('queued', 'waiting', 'sending', 'unknown')"
            " OR (e.undoes = o.id AND e.state = 'failed'))) AS end_id"
            " FROM outbox o WHERE kind = 'pause' AND state = 'done' AND new <> 'null'"
            " AND account = (SELECT id FROM current_account) AND NOT EXISTS"
            " (SELECT 1 FROM outbox e WHERE e.kind = 'pause' AND e.service = o.service"
            " AND e.target = o.target AND e.id > o.id"
            " AND (e.state = 'done' OR (e.undoes = o.id AND e.state = 'conflict'))) ORDER BY id"
        )

        def look(connection: sqlite3.Connection) -> tuple[tuple[Edit, Edit | None], ...]:
            return tuple(
                (decode_edit(row), self._find_edit(connection, row["end_id"]))
                for row in connection.execute(query).fetchall()
            )

        return self._database.read(look)

    def _find_edit(self, connection: sqlite3.Connection, edit_id: int | None) -> Edit | None:
        if edit_id is None:
            return None
        return decode_edit(select_row(connection, str(edit_id)))

    @database_call
    def list_recent(self, limit: int = 300, *, open_only: bool = False) -> tuple[Edit, ...]:
        """Select a page of the outbox, the newest first; a negative `limit` selects all of it."""
        where = f"WHERE {OPEN_CONDITION}" if open_only else ""
        query = f"SELECT * FROM outbox {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return self._database.read(
            lambda c: tuple(self._proof.decode(c, row) for row in c.execute(query, (limit,)))
        )

    @database_call
    def seconds_until_due(
        self, now: float, *, elapsed_s: float = 0.0, batch: str | None = None
    ) -> float | None:
        """Return the seconds until the next outbox row may be claimed; None when none waits.

        Those that were due `elapsed_s` seconds ago are left out: they were tried. `batch`: only
        the rows of that one.
        """
        query = (
            f"SELECT id, not_before, updated_at FROM outbox o WHERE {OPEN_CONDITION}"  # noqa: S608
            f" AND {NEXT_STEP_CONDITION} AND (?1 IS NULL OR batch = ?1)"
        )
        number = int(batch) if batch is not None else None
        rows = self._database.read(lambda c: c.execute(query, (number,)).fetchall())
        waits = [
            wait_s for row in rows if (wait_s := self._waits.seconds_left(row, now)) + elapsed_s > 0
        ]
        return max(0.0, min(waits)) if waits else None

    @database_call
    def count_open(self) -> int:
        """Count the outbox rows that are not closed yet."""
        query = f"SELECT count(*) AS n FROM outbox WHERE {OPEN_CONDITION}"  # noqa: S608
        return int(self._database.read(lambda c: c.execute(query).fetchone()["n"]))

    @database_call
    def list_services_waited_for(self) -> tuple[Service, ...]:
        """List the services that outbox rows which are not closed yet are for."""
        query = f"SELECT DISTINCT service FROM outbox WHERE {OPEN_CONDITION}"  # noqa: S608
        return self._database.read(
            lambda c: tuple(Service(row["service"]) for row in c.execute(query))
        )

    @database_call
    def list_of_batch(self, batch_id: str) -> tuple[Edit, ...]:
        """Select the outbox rows of a batch, its undos among them, in the order they were made."""
        query = "SELECT * FROM outbox WHERE batch = ? ORDER BY id"
        number = int(batch_id)
        return self._database.read(
            lambda c: tuple(self._proof.decode(c, row) for row in c.execute(query, (number,)))
        )

    @database_call
    def count_open_of_batch(self, batch_id: str) -> int:
        """Count the outbox rows of a batch that are not closed yet."""
        query = f"SELECT count(*) AS n FROM outbox WHERE batch = ? AND {OPEN_CONDITION}"  # noqa: S608
        return int(
            self._database.read(lambda c: c.execute(query, (int(batch_id),)).fetchone()["n"])
        )

    @database_call
    def count_not_sent(self) -> int:
        """Count the open outbox rows that the permission rules refused at the last try."""
        query = f"SELECT count(*) AS n FROM outbox WHERE {OPEN_CONDITION} AND detail GLOB ?"  # noqa: S608
        pattern = not_sent_detail("*")
        return int(self._database.read(lambda c: c.execute(query, (pattern,)).fetchone()["n"]))

    def is_proven_within(self, connection: sqlite3.Connection, edit_id: str) -> bool:
        """Whether Fairlead has written an outbox row as it stands, in the caller's transaction."""
        return self._proof.is_proven(connection, select_row(connection, edit_id))

"""The table of increments sent to Sailthru and not seen there yet: none counts twice.

An event that counts is in the ledger; one that is here is not in the ledger, and is not sent again
before somebody has read what became of it. Where it is taken off again the ledger holds it until
that was seen. What was gone past before it was known to be over is watched: it may still land.
"""

import sqlite3
from dataclasses import replace

import msgspec

from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository
from desktop.store.run_provenance import RunProvenance

_CHANGES = tuple[FieldChange, ...]
_EVENTS = tuple[str, ...]
_WHERE_KEY = "WHERE sync = ? AND source = ? AND run = ? AND job_id = ?"


class UnconfirmedIncrementRepository(Repository):
    """The table `unconfirmed_increment`: increments sent with an unknown result."""

    @database_call
    def by_source(self, sync: str) -> dict[str, UnconfirmedIncrement]:
        """Select a sync's open unconfirmed increments, by source record."""
        return self._database.read(
            lambda c: {
                row["source"]: replace(
                    _decode_increment(row), is_resend_requested=bool(row["resend_requested"])
                )
                for row in c.execute("SELECT * FROM unconfirmed_increment WHERE sync = ?", (sync,))
            }
        )

    @database_call
    def list_superseded(self, sync: str) -> tuple[UnconfirmedIncrement, ...]:
        """Select a sync's superseded increments, which a late job may still write."""
        return self._database.read(
            lambda c: tuple(
                _decode_increment(row)
                for row in c.execute("SELECT * FROM superseded_increment WHERE sync = ?", (sync,))
            )
        )

    @database_call
    def confirm(self, sync: str, increment: UnconfirmedIncrement, target: str, now: float) -> None:
        """Update an increment as read back: its events count as added, or as taken off."""
        events = [(sync, event) for event in increment.events]
        run, places = (
            increment.run_id,
            [(sync, target, change.field) for change in increment.changes],
        )
        values = [to_json(change.total) for change in increment.changes]

        def act(connection: sqlite3.Connection) -> None:
            if increment.is_rollback:
                connection.executemany(
                    "DELETE FROM counted_event WHERE sync = ? AND event = ?", events
                )
            else:
                connection.executemany(
                    "INSERT OR IGNORE INTO counted_event (sync, event, run, account)"
                    " VALUES (?, ?, ?, (SELECT id FROM current_account))",
                    [(*event, run) for event in events],
                )
            connection.executemany(
                "DELETE FROM accepted_value WHERE sync = ? AND target = ? AND field = ?", places
            )
            connection.executemany(
                "INSERT OR REPLACE INTO synced_value (sync, target, field, value, run, at, account)"
                " VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM current_account))",
                [(*at, value, run, now) for at, value in zip(places, values, strict=True)],
            )
            for table in ("unconfirmed_increment", "superseded_increment"):
                connection.execute(f"DELETE FROM {table} {_WHERE_KEY}", _key(sync, increment))  # noqa: S608

        self._database.write(act)

    @database_call
    def discard(self, sync: str, source: str) -> None:
        """Delete the row of an increment never to be written: its events count as never sent."""
        self._database.write(
            lambda c: c.execute(
                "DELETE FROM unconfirmed_increment WHERE sync = ? AND source = ?", (sync, source)
            )
        )

    @database_call
    def supersede(self, sync: str, source: str) -> None:
        """Move an increment that no read showed to `superseded_increment`: it may still arrive."""
        self._database.write(lambda c: supersede_unconfirmed_increment(c, sync, source))

    @database_call
    def delete_superseded(self, sync: str, watched: UnconfirmedIncrement) -> None:
        """Delete the row of a superseded increment whose job ended without touching the total."""
        self._database.write(
            lambda c: c.execute(
                f"DELETE FROM superseded_increment {_WHERE_KEY}",  # noqa: S608
                _key(sync, watched),
            )
        )

    @database_call
    def request_resend(self, sync: str, source: str) -> None:
        """Store a person's decision to send an increment again whose result cannot be read."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE unconfirmed_increment SET resend_requested = 1 WHERE sync = ? AND"
                " source = ?",
                (sync, source),
            )
        )


def insert_unconfirmed_increment(
    connection: sqlite3.Connection, provenance: RunProvenance, row: PlanRow, job: str, at: float
) -> None:
    """Insert a plan row's unconfirmed increment: it was sent, its result is unknown."""
    values = increment_values(provenance, row, job, at)
    if values is None:
        return
    # The same row sent before, without an answer.
    supersede_unconfirmed_increment(connection, provenance.sync, row.source_id)
    connection.execute(
        "INSERT INTO unconfirmed_increment"
        " (sync, source, target, run, job_id, sent_at, changes, events, is_rollback, account)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM current_account))",
        values,
    )


def increment_values(
    provenance: RunProvenance, row: PlanRow, job: str, at: float
) -> tuple[str | int | float, ...] | None:
    """Return the row of a plan row's increment, from `sync` to `is_rollback`; None: it adds none.

    `job`: the service's job that carries it; `at`: when it was sent (Unix seconds).
    """
    summed = tuple(
        change for change in row.changes_to_send if change.field in provenance.increment_fields
    )
    if not (row.events and summed):
        return None
    return (
        provenance.sync,
        row.source_id,
        row.target_id,
        int(provenance.run_id),
        job,
        at,
        to_json(summed),
        to_json(row.events),
        int(provenance.is_rollback),
    )


def supersede_unconfirmed_increment(connection: sqlite3.Connection, sync: str, source: str) -> None:
    """Move a record's unconfirmed increment to `superseded_increment`: a newer total stands."""
    connection.execute(
        "INSERT OR REPLACE INTO superseded_increment"
        " (sync, source, target, run, job_id, sent_at, changes, events, is_rollback, account)"
        " SELECT sync, source, target, run, job_id, sent_at, changes, events, is_rollback, account"
        " FROM unconfirmed_increment WHERE sync = ? AND source = ?",
        (sync, source),
    )
    connection.execute(
        "DELETE FROM unconfirmed_increment WHERE sync = ? AND source = ?", (sync, source)
    )


def _decode_increment(row: sqlite3.Row) -> UnconfirmedIncrement:
    return UnconfirmedIncrement(
        row["source"],
        row["target"],
        row["run"],
        row["job_id"],
        row["sent_at"],
        msgspec.json.decode(row["changes"], type=_CHANGES),
        msgspec.json.decode(row["events"], type=_EVENTS),
        bool(row["is_rollback"]),
    )


def _key(sync: str, increment: UnconfirmedIncrement) -> tuple[str, str, int, str]:
    return sync, increment.source_id, increment.run_id, increment.job_id

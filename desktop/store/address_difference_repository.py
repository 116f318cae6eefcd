"""The table of customers whose primary address in Zendesk is another than Sailthru's."""

import sqlite3
from collections.abc import Iterable

from desktop.model.address_difference import (
    AddressDifference,
    DifferenceState,
    PrimaryAddressChange,
)
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_errors import DatabaseDamaged

_OWN = "account = (SELECT id FROM current_account)"
# A change that was left, or is known, is no news; the next one is.
_NOTE_SQL = (
    "INSERT INTO address_difference (account, user_id, name, sid, old, new, found_at, state)"
    " SELECT id, :user_id, :name, :sid, :old, :new, :now, :state FROM current_account WHERE true"
    " ON CONFLICT (account, user_id) DO UPDATE SET name = excluded.name, old = excluded.old,"
    " new = excluded.new, found_at = excluded.found_at, checked_at = 0,"
    " sid = coalesce(nullif(excluded.sid, ''), address_difference.sid),"
    " state = excluded.state, obstacle = '' WHERE address_difference.new <> excluded.new"
)


class AddressDifferenceRepository(Repository):
    """The table `address_difference` of `fairlead.db`, of the account connected now."""

    @database_call
    def note_found(self, changes: Iterable[PrimaryAddressChange], now: float) -> None:
        """Insert primary addresses that a Zendesk feed tells were changed; Sailthru is to be asked.

        Of one that is known already nothing changes.
        """
        rows = [_values(change, now, DifferenceState.FOUND) for change in changes]
        if rows:
            self._database.write(lambda c: c.executemany(_NOTE_SQL, rows))

    @database_call
    def note_open(self, change: PrimaryAddressChange, sid: str, now: float) -> None:
        """Insert a difference of addresses seen in both services, unless it is known already."""
        row = _values(change, now, DifferenceState.OPEN, sid)
        self._database.write(lambda c: c.execute(_NOTE_SQL, row))

    @database_call
    def list_to_check(self, limit: int) -> tuple[AddressDifference, ...]:
        """Select differences of addresses to ask the services about, the longest unasked first."""
        query = (
            f"SELECT * FROM address_difference WHERE {_OWN} AND state <> 'left'"  # noqa: S608
            " ORDER BY checked_at, id LIMIT ?"
        )
        return self._database.read(lambda c: tuple(map(_decode, c.execute(query, (limit,)))))

    @database_call
    def list_open(self) -> tuple[AddressDifference, ...]:
        """Select the differences of addresses that wait for a person, the newest first."""
        query = (
            f"SELECT * FROM address_difference WHERE {_OWN} AND state = 'open'"  # noqa: S608
            " ORDER BY found_at DESC, id DESC"
        )
        return self._database.read(lambda c: tuple(map(_decode, c.execute(query))))

    @database_call
    def find(self, user_id: int) -> AddressDifference | None:
        """Select the difference of addresses of one Zendesk user, or None."""
        query = f"SELECT * FROM address_difference WHERE {_OWN} AND user_id = ?"  # noqa: S608
        row = self._database.read(lambda c: c.execute(query, (user_id,)).fetchone())
        return _decode(row) if row is not None else None

    @database_call
    def mark_open(self, found: AddressDifference, now: float) -> None:
        """Update a difference of addresses by what the services said of it: a person decides."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE address_difference SET state = 'open', sid = ?, old = ?, new = ?, name = ?,"
                " obstacle = ?, checked_at = ? WHERE id = ? AND state <> 'left'",
                (found.sid, found.old, found.new, found.name, found.obstacle, now, found.id),
            )
        )

    @database_call
    def mark_checked(self, difference_id: int, now: float) -> None:
        """Update when the services were last asked about a difference of addresses."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE address_difference SET checked_at = ? WHERE id = ?", (now, difference_id)
            )
        )

    @database_call
    def leave(self, change: PrimaryAddressChange, now: float) -> None:
        """Mark the row of a customer's two addresses as left so, until Zendesk has yet another."""
        row = _values(change, now, DifferenceState.LEFT)

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(_NOTE_SQL, row)
            connection.execute(
                f"UPDATE address_difference SET state = 'left' WHERE {_OWN} AND user_id = ?",  # noqa: S608
                (change.user_id,),
            )

        self._database.write(act)

    @database_call
    def forget(self, user_id: int) -> None:
        """Delete the difference of addresses of a user whose services agree, or who is gone."""
        self._database.write(
            lambda c: c.execute(
                f"DELETE FROM address_difference WHERE {_OWN} AND user_id = ?",  # noqa: S608
                (user_id,),
            )
        )


def _values(
    change: PrimaryAddressChange, now: float, state: DifferenceState, sid: str = ""
) -> dict[str, object]:
    return {
        "user_id": change.user_id,
        "name": change.name,
        "sid": sid,
        "old": change.old,
        "new": change.new,
        "now": now,
        "state": state.value,
    }


def _decode(row: sqlite3.Row) -> AddressDifference:
    try:
        state = DifferenceState(row["state"])
    except ValueError as error:
        raise DatabaseDamaged(f"row {row['id']} of address_difference makes no sense") from error
    return AddressDifference(
        row["id"],
        row["user_id"],
        row["name"],
        row["old"],
        row["new"],
        row["found_at"],
        row["sid"],
        state,
        row["obstacle"],
    )

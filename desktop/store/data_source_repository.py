"""What the data workspace reads, thing by thing: the cursor, how far it is, and how old."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.kit.errors import ConflictError
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

USERS_SOURCE = "users"
ORGANIZATIONS_SOURCE = "organizations"
TICKETS_SOURCE = "tickets"
RATINGS_SOURCE = "ratings"
# In the order in which they are read: people first, so that a ticket finds its requester.
ZENDESK_SOURCES = (ORGANIZATIONS_SOURCE, USERS_SOURCE, TICKETS_SOURCE, RATINGS_SOURCE)
_LIST_PREFIX = "list "


def list_source_name(list_name: str) -> str:
    """Return the name under which the export of a Sailthru list is kept as a data source."""
    return f"{_LIST_PREFIX}{list_name}"


@dataclass(frozen=True)
class ReadingState:
    """How far the data workspace has read one thing; times are Unix seconds.

    `whole_from`: when the last reading began that reached the end; None: the first one is under
    way, or never began. `rows_read` are those of the reading under way, or of the last one;
    `expected` is how many the service says there are. `refused` says why it can't be read. The
    first reading that reached the end began at `first_from` and ended at `first_whole_at`; both
    are 0 where that was long ago.
    """

    name: str
    account: str = ""
    cursor: str = ""
    begun_at: float | None = None
    page_at: float | None = None
    ended_at: float | None = None
    whole_from: float | None = None
    rows_read: int = 0
    expected: int | None = None
    refused: str = ""
    first_from: float | None = None
    first_whole_at: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the data source was read to its end at least once."""
        return self.whole_from is not None

    @property
    def is_late(self) -> bool:
        """Whether a reading is under way that has to reach the end before anything is known."""
        return not (self.is_complete or self.refused)

    @property
    def list_name(self) -> str | None:
        """The Sailthru list that the data source is an export of; None: one of Zendesk's."""
        is_list = self.name.startswith(_LIST_PREFIX)
        return self.name.removeprefix(_LIST_PREFIX) if is_list else None


class DataSourceRepository(Repository):
    """Selects and updates how far each data source was read, in `data.db`."""

    def __init__(self, database: Database, accounts: AccountRepository | None = None) -> None:
        super().__init__(database)
        self._accounts = accounts

    @database_call
    def get(self, name: str) -> ReadingState:
        """Select a data source's state; one that was never read has a name only."""
        return self._database.read(lambda c: _select_state(c, name))

    @database_call
    def list_all(self) -> tuple[ReadingState, ...]:
        """Select the state of every data source that was ever begun."""
        return self._database.read(
            lambda c: tuple(
                _to_state(row) for row in c.execute("SELECT * FROM data_source ORDER BY name")
            )
        )

    @database_call
    def begin_reading(self, name: str, now: float, expected: int | None = None) -> ReadingState:
        """Begin to read a data source, or continue a reading that was interrupted.

        Raises ConflictError while another account is connected than the workspace is set up for.
        """
        account = "" if self._accounts is None else self._accounts.require_deliverable()

        def act(connection: sqlite3.Connection) -> ReadingState:
            kept = _select_state(connection, name)
            is_resumed = kept.begun_at is not None and not _has_ended(kept)
            connection.execute(
                "INSERT INTO data_source (name, account, begun_at, expected) VALUES (?1, ?2, ?3,"
                " ?4) ON CONFLICT (name) DO UPDATE SET account = ?2, refused = '',"
                " begun_at = CASE WHEN ?5 THEN begun_at ELSE ?3 END,"
                " rows_read = CASE WHEN ?5 THEN rows_read ELSE 0 END,"
                " expected = coalesce(?4, expected)",
                (name, account, now, expected, is_resumed),
            )
            return _select_state(connection, name)

        return self._database.write(act)

    @database_call
    def end_reading(self, name: str, now: float, *, cursor: str | None = None) -> ReadingState:
        """End a data source's reading; `cursor` replaces the one to go on from, where given."""

        def act(connection: sqlite3.Connection) -> ReadingState:
            connection.execute(
                "UPDATE data_source SET ended_at = ?2, whole_from = begun_at,"
                " first_from = coalesce(first_from, begun_at),"
                " first_whole_at = coalesce(first_whole_at, ?2),"
                " cursor = coalesce(?3, cursor) WHERE name = ?1",
                (name, now, cursor),
            )
            return _select_state(connection, name)

        return self._database.write(act)

    @database_call
    def set_cursor(self, name: str, cursor: str) -> None:
        """Update a data source's cursor alone (of a list export: its job id)."""
        self._database.write(
            lambda c: c.execute("UPDATE data_source SET cursor = ? WHERE name = ?", (cursor, name))
        )

    @database_call
    def restart_rows(self, name: str) -> None:
        """Count a data source's rows from the first again: its file is read from the beginning."""
        self._database.write(
            lambda c: c.execute("UPDATE data_source SET rows_read = 0 WHERE name = ?", (name,))
        )

    @database_call
    def set_expected(self, name: str, count: int) -> None:
        """Note how many records of a data source the service says there are."""
        self._database.write(
            lambda c: c.execute(
                "INSERT INTO data_source (name, account, expected) VALUES (?1, '', ?2)"
                " ON CONFLICT (name) DO UPDATE SET expected = ?2",
                (name, count),
            )
        )

    @database_call
    def set_refused(self, name: str, now: float, reason: str) -> None:
        """Note why a data source can't be read by this sign-in; what is kept of it stays."""
        self._database.write(
            lambda c: c.execute(
                "INSERT INTO data_source (name, account, page_at, refused) VALUES (?1, '', ?2, ?3)"
                " ON CONFLICT (name) DO UPDATE SET refused = ?3",
                (name, now, reason),
            )
        )

    @database_call
    def reset(self, names: Sequence[str]) -> None:
        """Delete cursors, so that data sources are read from the beginning; their rows stay."""
        self._database.write(
            lambda c: c.executemany(
                "UPDATE data_source SET cursor = '', begun_at = NULL, ended_at = NULL,"
                " whole_from = NULL, rows_read = 0 WHERE name = ?",
                [(name,) for name in names],
            )
        )


def save_page(
    connection: sqlite3.Connection, name: str, cursor: str, rows: int, now: float
) -> None:
    """Update a data source's cursor beside the page of rows that is stored.

    Raises ConflictError where everybody was erased since the reading began: the page, and those
    after it, would bring some of them back, perhaps of a former account.
    """
    kept = connection.execute(
        "UPDATE data_source SET cursor = ?2, rows_read = rows_read + ?3, page_at = ?4"
        " WHERE name = ?1 RETURNING begun_at",
        (name, cursor, rows, now),
    ).fetchone()
    if kept is not None and kept["begun_at"] is None:
        raise ConflictError(
            "Everybody's data was erased while it was read.",
            "The reading has stopped; nothing more was kept.",
            "Read it again when it is to be on this computer.",
        )


def stop_readings(connection: sqlite3.Connection) -> None:
    """Forget how far each data source was read; what is being read now stops at its next page."""
    connection.execute("DELETE FROM data_source WHERE begun_at IS NULL OR whole_from = begun_at")
    connection.execute(
        "UPDATE data_source SET account = '', cursor = '', begun_at = NULL, page_at = NULL,"
        " ended_at = NULL, whole_from = NULL, rows_read = 0, expected = NULL, refused = '',"
        " first_from = NULL, first_whole_at = NULL"
    )


def _has_ended(state: ReadingState) -> bool:
    return state.whole_from is not None and state.whole_from == state.begun_at


def _select_state(connection: sqlite3.Connection, name: str) -> ReadingState:
    row = connection.execute("SELECT * FROM data_source WHERE name = ?", (name,)).fetchone()
    return ReadingState(name) if row is None else _to_state(row)


def _to_state(row: sqlite3.Row) -> ReadingState:
    return ReadingState(**{name: row[name] for name in row.keys()})  # noqa: SIM118 - of a Row

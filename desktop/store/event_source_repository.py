"""The table of named sources of events, and of the files of their watched folders."""

import sqlite3
from collections.abc import Iterable

from desktop.kit.errors import ConflictError, NotFound
from desktop.model.event_source import EventSource, EventSourceKind, UnattendedSwitch
from desktop.model.watched_file import WatchedFile
from desktop.store.database_call import database_call
from desktop.store.process_identity import is_owner_alive
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database
from desktop.store.unattended_events import read_switch, store_switch

_MINE = "account = (SELECT id FROM current_account)"
# Each count reads what waits alone, never all events: there may be a million.
_LIST_SQL = f"""
SELECT n.*,
  (SELECT count(*) FROM event e JOIN event_source s ON s.id = e.source
   WHERE s.named = n.id AND e.account = n.account AND e.state IN ('waiting', 'open')
    AND NOT e.is_held) AS waiting,
  (SELECT count(DISTINCT d.event) FROM event_delivery d JOIN event e ON e.id = d.event
   JOIN event_source s ON s.id = e.source WHERE s.named = n.id
    AND d.state IN ('parked', 'skipped') AND e.ignored = '' AND e.text <> '')
  + (SELECT count(*) FROM event e JOIN event_source s ON s.id = e.source
     WHERE s.named = n.id AND e.state = 'invalid') AS to_correct,
  (SELECT e.received_at FROM event e WHERE e.source =
   (SELECT max(s.id) FROM event_source s WHERE s.named = n.id)
   ORDER BY e.line DESC LIMIT 1) AS last_event_at
FROM named_event_source n WHERE n.{_MINE} ORDER BY n.name
"""  # noqa: S608 - our own words
_BARE_LIST_SQL = f"""
SELECT n.*, 0 AS waiting, 0 AS to_correct, NULL AS last_event_at
FROM named_event_source n WHERE n.{_MINE} ORDER BY n.name
"""  # noqa: S608 - our own words


class EventSourceRepository(Repository):
    """The tables `named_event_source` and `event_file`, of the connected account."""

    def __init__(self, database: Database, owner: str) -> None:
        super().__init__(database)
        self._owner = owner

    @database_call
    def list_all(self, now: float, *, with_counts: bool = True) -> tuple[EventSource, ...]:
        """Select every named source, by name; `with_counts`: also what waits of it."""

        def look(connection: sqlite3.Connection) -> tuple[EventSource, ...]:
            rows = connection.execute(_LIST_SQL if with_counts else _BARE_LIST_SQL).fetchall()
            return tuple(self._decode(connection, row, now) for row in rows)

        return self._database.read(look)

    @database_call
    def get(self, name: str, now: float) -> EventSource:
        """Select one source of events by its name. Raises NotFound."""

        def look(connection: sqlite3.Connection) -> EventSource:
            rows = connection.execute(_LIST_SQL).fetchall()
            row = next((one for one in rows if one["name"].lower() == name.lower()), None)
            if row is None:
                raise _not_found(name, [one["name"] for one in rows])
            return self._decode(connection, row, now)

        return self._database.read(look)

    @database_call
    def is_there(self, source_id: int) -> bool:
        """Whether a named source was not removed meanwhile."""
        return self._database.read(
            lambda c: (
                c.execute("SELECT 1 FROM named_event_source WHERE id = ?", (source_id,)).fetchone()
                is not None
            )
        )

    @database_call
    def add(self, name: str, kind: EventSourceKind, folder: str, at: float) -> int:
        """Insert a named source; returns its id. Raises ConflictError for a name that is taken."""

        def act(connection: sqlite3.Connection) -> int:
            try:
                cursor = connection.execute(
                    "INSERT INTO named_event_source (account, name, kind, folder, added_at)"
                    " VALUES ((SELECT id FROM current_account), ?, ?, ?, ?)",
                    (name, kind.value, folder, at),
                )
            except sqlite3.IntegrityError:
                raise _name_taken(name) from None
            return int(cursor.lastrowid or 0)

        return self._database.write(act)

    @database_call
    def rename(self, name: str, new_name: str) -> None:
        """Update a source's name, also where its events show it. Raises NotFound, ConflictError."""

        def act(connection: sqlite3.Connection) -> None:
            row = _select(connection, name)
            try:
                connection.execute(
                    "UPDATE named_event_source SET name = ? WHERE id = ?", (new_name, row["id"])
                )
            except sqlite3.IntegrityError:
                raise _name_taken(new_name) from None
            connection.execute(
                "UPDATE event_source SET name = ? || substr(name, ?) WHERE named = ?",
                (new_name, len(row["name"]) + 1, row["id"]),
            )

        self._database.write(act)

    @database_call
    def remove(self, name: str) -> int:
        """Delete a named source; its events stay. Returns its id. Raises NotFound."""

        def act(connection: sqlite3.Connection) -> int:
            row = _select(connection, name)
            connection.execute("DELETE FROM event_file WHERE named = ?", (row["id"],))
            connection.execute("DELETE FROM named_event_source WHERE id = ?", (row["id"],))
            return int(row["id"])

        return self._database.write(act)

    @database_call
    def put_switch(
        self, name: str, switch: UnattendedSwitch | None, actor: str, actor_key: str, at: float
    ) -> None:
        """Update whether a source is delivered by itself, and tell it in the audit."""

        def act(connection: sqlite3.Connection) -> None:
            row, signer = _select(connection, name), self._database.audit_signer
            store_switch(connection, signer, row, switch, actor, actor_key, at)

        self._database.write(act)

    @database_call
    def add_intake(self, source_id: int, file_name: str, at: float) -> int:
        """Insert an intake of a named source, such as one file of its folder; returns its id."""

        def act(connection: sqlite3.Connection) -> int:
            return _add_intake(connection, source_id, file_name, at)

        return self._database.write(act)

    @database_call
    def get_open_intake(self, source_id: int, at: float) -> tuple[int, int]:
        """Select or insert the intake that an HTTP source goes on with; also its last line."""

        def act(connection: sqlite3.Connection) -> tuple[int, int]:
            row = connection.execute(
                "SELECT s.id, coalesce(max(e.line), 0) AS line FROM event_source s"
                " LEFT JOIN event e ON e.source = s.id WHERE s.named = ?"
                " GROUP BY s.id ORDER BY s.id DESC LIMIT 1",
                (source_id,),
            ).fetchone()
            if row is not None:
                return int(row["id"]), int(row["line"])
            return _add_intake(connection, source_id, "", at), 0

        return self._database.write(act)

    @database_call
    def put_trouble(self, source_id: int, trouble: str) -> None:
        """Update what kept a source's folder from being read; "" for nothing."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE named_event_source SET trouble = ? WHERE id = ? AND trouble <> ?",
                (trouble, source_id, trouble),
            )
        )

    @database_call
    def list_files(self, source_id: int) -> tuple[WatchedFile, ...]:
        """Select the known files of a watched folder, by name."""
        return self._database.read(
            lambda c: tuple(
                _decode_file(row)
                for row in c.execute(
                    "SELECT * FROM event_file WHERE named = ? ORDER BY name", (source_id,)
                ).fetchall()
            )
        )

    @database_call
    def put_looks(self, source_id: int, files: Iterable[WatchedFile]) -> None:
        """Insert or update how files looked; those that are being taken are left alone."""

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO event_file (named, name, file_id, size, modified_ns, since, state,"
                " source, taken_at, lines, stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (named, name) DO UPDATE SET"
                " file_id = excluded.file_id, size = excluded.size,"
                " modified_ns = excluded.modified_ns, since = excluded.since,"
                " state = excluded.state, source = excluded.source WHERE state <> 'taking'",
                [
                    (
                        *(source_id, one.name, one.file_id, one.size, one.modified_ns, one.since),
                        *(one.state, one.source, one.taken_at, one.lines, one.stored),
                    )
                    for one in files
                ],
            )

        self._database.write(act)

    @database_call
    def claim_file(self, source_id: int, file_name: str, at: float) -> int | None:
        """Claim a file of a folder for this process; returns its intake, None: another has it.

        What a dead process began is taken over with its intake, so that no line is stored twice.
        """

        def act(connection: sqlite3.Connection) -> int | None:
            row = connection.execute(
                "SELECT * FROM event_file WHERE named = ? AND name = ?", (source_id, file_name)
            ).fetchone()
            if row is None or row["state"] == "taken":
                return None
            is_taking = row["state"] == "taking"
            if is_taking and row["owner"] != self._owner and is_owner_alive(row["owner"]):
                return None
            intake = int(row["source"]) if row["state"] in ("taking", "failed") else 0
            intake = intake or _add_intake(connection, source_id, file_name, at)
            connection.execute(
                "UPDATE event_file SET state = 'taking', owner = ?, source = ?"
                " WHERE named = ? AND name = ?",
                (self._owner, intake, source_id, file_name),
            )
            return intake

        return self._database.write(act)

    @database_call
    def finish_file(self, source_id: int, file: WatchedFile) -> None:
        """Update a file that was taken in, or could not be read: its state, counts and reason."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE event_file SET state = ?, owner = '', taken_at = ?, lines = ?, stored = ?,"
                " reason = ?, size = ?, modified_ns = ?, since = ? WHERE named = ? AND name = ?",
                (
                    *(file.state, file.taken_at, file.lines, file.stored, file.reason, file.size),
                    *(file.modified_ns, file.since, source_id, file.name),
                ),
            )
        )

    def _decode(self, connection: sqlite3.Connection, row: sqlite3.Row, now: float) -> EventSource:
        proven = read_switch(connection, self._database.audit_signer, row, now)
        return EventSource(
            id=row["id"],
            name=row["name"],
            kind=EventSourceKind(row["kind"]),
            folder=row["folder"],
            added_at=row["added_at"],
            switch=proven.switch,
            switched_by=row["switched_by"] if proven.switch else "",
            switched_by_key=row["switched_by_key"] if proven.switch else "",
            distrust=proven.distrust,
            used_this_hour=proven.used,
            waiting=row["waiting"],
            to_correct=row["to_correct"],
            last_event_at=row["last_event_at"],
            trouble=row["trouble"],
        )


def _select(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM named_event_source WHERE {_MINE} AND name = ?",  # noqa: S608
        (name,),
    ).fetchone()
    if row is None:
        names = connection.execute(
            f"SELECT name FROM named_event_source WHERE {_MINE} ORDER BY name"  # noqa: S608
        )
        raise _not_found(name, [one["name"] for one in names])
    return row


def _add_intake(connection: sqlite3.Connection, source_id: int, file_name: str, at: float) -> int:
    row = connection.execute(
        "SELECT name FROM named_event_source WHERE id = ?", (source_id,)
    ).fetchone()
    if row is None:
        raise NotFound("The source was removed meanwhile.", "Nothing more was taken in.")
    name = f"{row['name']}/{file_name}" if file_name else row["name"]
    cursor = connection.execute(
        "INSERT INTO event_source (account, name, added_at, named)"
        " VALUES ((SELECT id FROM current_account), ?, ?, ?)",
        (name, at, source_id),
    )
    return int(cursor.lastrowid or 0)


def _decode_file(row: sqlite3.Row) -> WatchedFile:
    return WatchedFile(
        name=row["name"],
        file_id=row["file_id"],
        size=row["size"],
        modified_ns=row["modified_ns"],
        since=row["since"],
        state=row["state"],
        source=row["source"],
        taken_at=row["taken_at"],
        lines=row["lines"],
        stored=row["stored"],
        reason=row["reason"],
    )


def _name_taken(name: str) -> ConflictError:
    return ConflictError(
        f"There is a source “{name}” already.", "Nothing was changed.", "Choose another name."
    )


def _not_found(name: str, names: list[str]) -> NotFound:
    return NotFound(
        f"There is no source “{name[:80]}”.",
        f"There are: {', '.join(names)}." if names else "There is none yet.",
        "`fairlead events source add NAME` makes one.",
    )

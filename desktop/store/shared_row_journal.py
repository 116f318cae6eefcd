"""What has changed of the rows that a team shares, and other desks' rows taken in.

Triggers note each change in the transaction that makes it, so that nothing that ends a process
loses one. What was handed in is forgotten only if it has not changed again meanwhile.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import msgspec

from desktop.model.json_value import Json
from desktop.model.sync import OptInAttestation, Sync
from desktop.model.team_shared_row import (
    ERASED_KIND,
    INCREMENT_KIND,
    SHARED_KINDS,
    SharedKind,
    SharedRow,
)
from desktop.store.audit_signer import TEAM_KEY_PREFIX
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.repository import Repository

_ACCOUNTLESS = ("segment", "sync", ERASED_KIND)
_MEMORY = tuple(kind for kind in SHARED_KINDS.values() if kind.is_memory)
_WHOLE_TEAM = tuple(kind for kind in SHARED_KINDS.values() if not kind.is_memory)


class SharedRowJournal(Repository):
    """The tables `shared_state` and `shared_change`, and the shared tables as rows of JSON."""

    @database_call
    def is_on(self) -> bool | None:
        """Whether rows are shared from here; None: the workspace belongs to no team."""
        row = self._database.read(lambda c: c.execute("SELECT is_on FROM shared_state").fetchone())
        return None if row is None else bool(row["is_on"])

    @database_call
    def get_seen(self) -> int:
        """Select up to which row of the team store all of the team's is here."""
        row = self._database.read(lambda c: c.execute("SELECT seen FROM shared_state").fetchone())
        return 0 if row is None else int(row["seen"])

    @database_call
    def set_seen(self, seq: int) -> None:
        """Go on from another row of the team store."""
        self._database.write(lambda c: c.execute("UPDATE shared_state SET seen = ?", (seq,)))

    @database_call
    def note_all_by_their_times(self, hash_key: Callable[[str, str], str]) -> frozenset[str]:
        """Note all that is here of the whole team's as changed when each row says.

        Returns the hashes of the rows' keys. What is noted already keeps its time.
        """

        def act(connection: sqlite3.Connection) -> frozenset[str]:
            is_on = connection.execute("SELECT is_on FROM shared_state").fetchone()["is_on"]
            shared = [k for k in _WHOLE_TEAM if is_on or k.table == ERASED_KIND]
            for kind in shared:
                _note_all(connection, kind, at=kind.time_column)
            return frozenset(
                hash_key(kind.table, row["key"])
                for kind in shared
                for row in connection.execute(f"SELECT {kind.key_sql} AS key FROM {kind.table}")  # noqa: S608 - names of ours
            )

        return self._database.write(act)

    @database_call
    def switch(self, *, is_on: bool | None) -> None:
        """Begin or end sharing rows from here; None: the workspace leaves its team.

        Switched on, all that is here of the whole team's is to be handed in, and gives way to
        whatever is there already.
        """

        def act(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT * FROM shared_state").fetchone()
            was_on = row is not None and bool(row["is_on"])
            if is_on is None or (was_on and not is_on):
                connection.execute("DELETE FROM shared_change")
            if is_on is None:
                connection.execute("DELETE FROM shared_state")
                return
            if row is None or was_on is not is_on:
                connection.execute(
                    "INSERT OR REPLACE INTO shared_state VALUES (1, ?, 0, 0)", (int(is_on),)
                )
                for kind in _WHOLE_TEAM:
                    if is_on or kind.table == ERASED_KIND:
                        _note_all(connection, kind)

        self._database.write(act)

    @database_call
    def note_memory(self, sync: str) -> None:
        """Note all that a sync remembers as changed: none of it was handed in yet."""

        def act(connection: sqlite3.Connection) -> None:
            for kind in _MEMORY:
                _note_all(connection, kind, sync)

        self._database.write(act)

    @database_call
    def note_increments(self, sync: str, sources: Sequence[str]) -> None:
        """Note that these source records' increments are announced in the team store.

        However their rows end, what stands there is brought up to date by the next handing-in.
        """
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO shared_change (kind, key, sync) VALUES (?, ?, ?)",
                [(INCREMENT_KIND, to_json([sync, source]), sync) for source in sources],
            )
        )

    @database_call
    def list_changes(
        self, sync: str, limit: int, after: int = 0
    ) -> tuple[tuple[SharedRow, ...], int]:
        """Select the oldest changes of a sync's memory, or of the whole team's (""), as rows now.

        Returns them with the number of the last one that was looked at, `after` where there is
        none. An increment that is being sent at this moment is left as it was announced.
        """

        def look(connection: sqlite3.Connection) -> tuple[tuple[SharedRow, ...], int]:
            found = connection.execute(
                "SELECT * FROM shared_change WHERE sync = ? AND seq > ? ORDER BY seq LIMIT ?",
                (sync, after, limit),
            ).fetchall()
            rows = [_read_row(connection, row) for row in found]
            open_keys = _list_sending(connection, sync) if sync else frozenset[str]()
            ended = tuple(row for row in rows if not _is_open(row, open_keys))
            return ended, rows[-1].seq if rows else after

        return self._database.read(look)

    @database_call
    def forget(self, rows: Iterable[SharedRow]) -> None:
        """Delete changes that were handed in; what has changed again since stays noted."""
        self._database.write(
            lambda c: c.executemany(
                "DELETE FROM shared_change WHERE seq = ?", [(row.seq,) for row in rows]
            )
        )

    @database_call
    def take_in(
        self, rows: Sequence[SharedRow], seen: int, hash_key: Callable[[str, str], str]
    ) -> int:
        """Store other desks' rows of the whole team's, unless what is here is newer; count them.

        `seen` is the team store's number of the last one. `hash_key` hashes kind and key as the
        team store does, by which rows that are gone are found.
        """

        def act(connection: sqlite3.Connection) -> int:
            connection.execute("UPDATE shared_state SET is_applying = 1")
            count = sum(_store(connection, row) for row in rows if row.body is not None)
            count += _delete_gone(connection, [row for row in rows if row.body is None], hash_key)
            connection.execute("UPDATE shared_state SET is_applying = 0, seen = ?", (seen,))
            return count

        return self._database.write(act)

    @database_call
    def replace_memory(self, sync: str, rows: Iterable[SharedRow]) -> None:
        """Store what a sync remembers in place of what is here; its source is read anew."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE shared_state SET is_applying = 1")
            for kind in _MEMORY:
                connection.execute(f"DELETE FROM {kind.table} WHERE sync = ?", (sync,))  # noqa: S608 - names of ours
            for row in rows:
                _insert(connection, SHARED_KINDS[row.kind], row.body or ())
            connection.execute("DELETE FROM shared_change WHERE sync = ?", (sync,))
            connection.execute("UPDATE sync SET watermark = '' WHERE name = ?", (sync,))
            connection.execute("UPDATE shared_state SET is_applying = 0")

        self._database.write(act)


def _note_all(
    connection: sqlite3.Connection, kind: SharedKind, sync: str = "", at: str = "0.0"
) -> None:
    # At 0 it is older than any change: it gives way to what another desk has.
    where = " WHERE sync = ?1" if kind.is_memory else ""
    if kind.table == ERASED_KIND:
        # Hashes by another key say nothing at another desk.
        where = f" WHERE key_id LIKE '{TEAM_KEY_PREFIX}%'"
    # Not by OR IGNORE alone: a trigger deletes what is noted before that is asked.
    where += " AND" if where else " WHERE"
    noted = f"SELECT key FROM shared_change WHERE kind = '{kind.table}'"  # noqa: S608 - names of ours
    where += f" ({kind.key_sql}) NOT IN ({noted})"
    connection.execute(
        f"INSERT OR IGNORE INTO shared_change (kind, key, sync, at)"  # noqa: S608 - names of ours
        f" SELECT '{kind.table}', {kind.key_sql}, ?1, {at}"
        f" FROM {kind.table}{where}",
        (sync,),
    )


def _read_row(connection: sqlite3.Connection, change: sqlite3.Row) -> SharedRow:
    kind = SHARED_KINDS[change["kind"]]
    key: list[Json] = msgspec.json.decode(change["key"], type=list[Json])
    where = " AND ".join(f"{name} = ?" for name in kind.keys)
    row = connection.execute(
        f"SELECT {', '.join(kind.columns)} FROM {kind.table} WHERE {where}",  # noqa: S608
        tuple(key),
    ).fetchone()
    body = None if row is None else _body(kind, row)
    return SharedRow(kind.table, change["key"], change["sync"], body, change["at"], change["seq"])


def _body(kind: SharedKind, row: sqlite3.Row) -> tuple[Json, ...]:
    if kind.table == ERASED_KIND:
        # Which belong together, without the number of an erasure that is another's elsewhere.
        together = zlib.crc32(f"{row['erasure']} {row['at']}".encode())
        number = row["erasure"] if row["erasure"] < 0 else -1 - together
        return (row["hash"], row["key_id"], number, row["at"])
    if kind.table != "sync":
        return tuple(row[name] for name in kind.columns)
    # Whose rights it has, and what was attested, counts at the desk where somebody said it.
    sync = msgspec.json.decode(row["body"], type=Sync)
    plain = replace(
        sync, on=False, switched_on_by="", checked_at=0.0, opt_in=OptInAttestation(), version=0
    )
    return (sync.name, msgspec.json.encode(plain).decode())


def _list_sending(connection: sqlite3.Connection, sync: str) -> frozenset[str]:
    found = connection.execute(
        "SELECT r.source FROM plan p JOIN plan_row r INDEXED BY plan_row_state"
        " ON r.plan = p.id AND r.state = 'sending'"
        " WHERE p.sync = ? AND p.state = 'applying'",
        (sync,),
    )
    return frozenset(to_json([sync, row["source"]]) for row in found)


def _is_open(row: SharedRow, open_keys: frozenset[str]) -> bool:
    return row.kind == INCREMENT_KIND and row.body is None and row.key in open_keys


def _store(connection: sqlite3.Connection, row: SharedRow) -> int:
    kind, body = SHARED_KINDS[row.kind], row.body or ()
    key = connection.execute(
        f"SELECT json_array({', '.join('?' * len(kind.keys))})",
        body[: len(kind.keys)],
    ).fetchone()[0]
    if not _give_way(connection, kind, key, row.changed_at):
        return 0
    if kind.table == "sync":
        return _store_sync(connection, *map(str, body))
    _insert(connection, kind, body)
    return 1


def _give_way(connection: sqlite3.Connection, kind: SharedKind, key: str, at: float) -> bool:
    """Forget a change made here that another desk's is newer than; False where ours is newer."""
    newer = connection.execute(
        "SELECT 1 FROM shared_change WHERE kind = ? AND key = ? AND at > ?", (kind.table, key, at)
    ).fetchone()
    if newer is None:
        connection.execute(
            "DELETE FROM shared_change WHERE kind = ? AND key = ?", (kind.table, key)
        )
    return newer is None


def _store_sync(connection: sqlite3.Connection, name: str, body: str) -> int:
    """Insert another desk's sync, switched off; one that is on here is changed here alone."""
    row = connection.execute("SELECT * FROM sync WHERE name = ?", (name,)).fetchone()
    if row is not None and msgspec.json.decode(row["body"], type=Sync).on:
        return 0
    last = connection.execute("SELECT coalesce(max(position), 0) FROM sync").fetchone()[0]
    return connection.execute(
        "INSERT INTO sync (name, position, body, version, updated_at) VALUES (?, ?, ?, 1,"
        " unixepoch()) ON CONFLICT (name) DO UPDATE SET body = excluded.body,"
        " version = version + 1, updated_at = excluded.updated_at WHERE body <> excluded.body",
        (name, last + 1, body),
    ).rowcount


def _insert(connection: sqlite3.Connection, kind: SharedKind, body: Sequence[Json]) -> None:
    names, values = list(kind.columns), list(body)
    if kind.run_column:
        place = names.index(kind.run_column)
        run = values[place]
        # No run of this desk's has this number. Where there has to be one, it stays apart by sign.
        is_needed = "increment" in kind.table and isinstance(run, int)
        values[place] = -abs(int(str(run))) if is_needed else None
    marks = ["?"] * len(values)
    if kind.table not in _ACCOUNTLESS:
        names.append("account")
        marks.append("(SELECT id FROM current_account)")
    connection.execute(
        f"INSERT OR REPLACE INTO {kind.table} ({', '.join(names)}) VALUES ({', '.join(marks)})",  # noqa: S608
        values,
    )


def _delete_gone(
    connection: sqlite3.Connection,
    gone: Sequence[SharedRow],
    hash_key: Callable[[str, str], str],
) -> int:
    """Delete what other desks have deleted. The team store has hashes of the keys alone."""
    count = 0
    for table in {row.kind for row in gone} - {"sync"}:
        kind = SHARED_KINDS[table]
        wanted = {row.key_hash: row.changed_at for row in gone if row.kind == table}
        where = " AND ".join(f"{name} = ?" for name in kind.keys)
        keys = connection.execute(
            f"SELECT {kind.key_sql} AS key FROM {table}"  # noqa: S608
        ).fetchall()
        for row in keys:
            at = wanted.get(hash_key(table, row["key"]))
            if at is None or not _give_way(connection, kind, row["key"], at):
                continue
            values = msgspec.json.decode(row["key"], type=list[Json])
            connection.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608
            count += 1
    return count

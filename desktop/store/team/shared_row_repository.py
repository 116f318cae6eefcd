"""Rows that the desks share: what syncs remember, who is whom, who is left out, segments, syncs.

A sync's memory is written under the epoch of its run's lease, compared in the same transaction:
what a run that was overtaken would still add is refused as a whole.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from desktop.kit.errors import ConflictError, NotPermitted
from desktop.model.json_value import Json
from desktop.model.team_shared_row import ERASED_KIND, SHARED_KINDS, SharedRow
from desktop.store.database_call import database_call
from desktop.store.plan_row_table import to_json
from desktop.store.team.lease_repository import LEASE_S
from desktop.store.team.team_repository import TeamRepository

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabaseConnection

# Writers wait for one another, so that nobody who reads by number passes one over.
_WRITER_LOCK = 7_305_481_973
_DELETED_KINDS = [
    kind.table
    for kind in SHARED_KINDS.values()
    if not kind.is_memory and kind.table not in (ERASED_KIND, "sync")
]
_UPSERT_SQL = (
    "INSERT INTO shared_row AS kept (kind, key_hash, sync, body, changed_at, desk, proof)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (kind, key_hash) DO UPDATE"
    " SET body = excluded.body, changed_at = excluded.changed_at, desk = excluded.desk,"
    " seq = excluded.seq, proof = excluded.proof, sync = excluded.sync"
)


class RunOvertaken(NotPermitted):
    """The error for a run whose sync another run, or another desk, has begun since."""


@dataclass(frozen=True)
class MemoryClaim:
    """What a run may write of its sync's memory: under this number of its lease alone."""

    sync: str
    epoch: int


class SharedRowRepository(TeamRepository):
    """The table `shared_row`, and whether the team shares rows."""

    @database_call
    def is_on(self) -> bool:
        """Whether an admin has switched on that rows are shared."""
        row = self._database.run(lambda c: c.execute("SELECT shares_rows FROM team").fetchone())
        return row is not None and bool(row["shares_rows"])

    @database_call
    def switch(self, *, is_on: bool, actor: str) -> None:
        """Switch sharing on or off for the whole team; off, all that was shared is deleted.

        Raises TeamStoreRefused where this desk's login acts for no admin.
        """
        self._database.run(lambda c: c.execute("SELECT share_rows(%s, %s)", (is_on, actor)))

    @database_call
    def hand_in(self, rows: Sequence[SharedRow], claim: MemoryClaim | None = None) -> None:
        """Insert this desk's rows or replace them; of the whole team's, a newer one there stays.

        `claim`: the rows are a sync's memory. Raises RunOvertaken.
        """
        values = [self._to_values(row) for row in rows]
        # Nobody else's of a sync's memory can be newer: the lease decides.
        newer = "" if claim else " WHERE kept.changed_at <= excluded.changed_at"

        def act(connection: "TeamDatabaseConnection") -> None:
            if claim is not None:
                self._require_epoch(connection, claim)
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))
            with connection.cursor() as cursor:
                cursor.executemany((_UPSERT_SQL + newer).encode(), values)

        if rows:
            self._database.run(act)

    @database_call
    def begin_memory(self, claim: MemoryClaim) -> str:
        """Return whose run has written the memory of a sync that is here; "" for nobody's."""

        def act(connection: "TeamDatabaseConnection") -> str:
            self._require_epoch(connection, claim)
            row = connection.execute(
                "SELECT memory_desk FROM sync_lease WHERE sync = %s", (claim.sync,)
            ).fetchone()
            assert row is not None  # noqa: S101 - held, and nobody may delete it
            return str(row["memory_desk"] or "")

        return self._database.run(act)

    @database_call
    def own_memory(self, claim: MemoryClaim) -> None:
        """Note that this desk has all of a sync's memory, and that all of it is here."""

        def act(connection: "TeamDatabaseConnection") -> None:
            self._require_epoch(connection, claim)
            connection.execute(
                "UPDATE sync_lease SET memory_desk = desk WHERE sync = %s", (claim.sync,)
            )

        self._database.run(act)

    @database_call
    def clear_memory(self, claim: MemoryClaim) -> None:
        """Delete what is here of a sync's memory, before all of it is handed in."""

        def act(connection: "TeamDatabaseConnection") -> None:
            self._require_epoch(connection, claim)
            connection.execute("DELETE FROM shared_row WHERE sync = %s", (claim.sync,))

        self._database.run(act)

    @database_call
    def read_memory(self, sync: str) -> tuple[SharedRow, ...]:
        """Select all that a sync remembers. Raises ConflictError for what nobody of the team wrote.

        Half of a memory would be worse than none: what is missing would be done once more.
        """
        found = self._database.run(
            lambda c: c.execute(
                "SELECT * FROM shared_row WHERE sync = %s AND body IS NOT NULL", (sync,)
            ).fetchall()
        )
        if any(not self._is_proven(row) for row in found):
            raise ConflictError(
                f"What “{sync}” remembers was changed in the team store by other means.",
                "Nothing was started.",
                "Run the sync where it ran last; what it remembers there is handed in anew.",
            )
        return tuple(map(_to_row, found))

    @database_call
    def list_since(self, seq: int, limit: int) -> tuple[tuple[SharedRow, ...], int]:
        """Select other desks' rows of the whole team's that are newer than a number, in order.

        Returns them with the number of the last one that was looked at. What nobody of the team
        wrote is passed over.
        """
        found = self._database.run(
            lambda c: c.execute(
                "SELECT * FROM shared_row WHERE sync = '' AND seq > %s ORDER BY seq LIMIT %s",
                (seq, limit),
            ).fetchall()
        )
        last = int(found[-1]["seq"]) if found else seq
        fit = [
            row
            for row in found
            if row["desk"] != self._desk_id and row["kind"] in SHARED_KINDS and self._is_proven(row)
        ]
        return tuple(map(_to_row, fit)), last

    @database_call
    def delete_again(self, until: int, keys: Collection[str]) -> None:
        """Delete rows of the whole team's up to a number that are under none of these hashes.

        Of who was erased, and of syncs, nothing is ever deleted for others.
        """

        def act(connection: "TeamDatabaseConnection") -> None:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITER_LOCK,))
            found = connection.execute(
                "SELECT * FROM shared_row WHERE sync = '' AND seq <= %s AND body IS NOT NULL"
                " AND kind = ANY(%s)",
                (until, _DELETED_KINDS),
            ).fetchall()
            # Just later than what it deletes: what somebody has made since is newer.
            gone = [
                replace(one, body=None, changed_at=one.changed_at + 0.001)
                for one in map(_to_row, found)
                if one.key_hash not in keys
            ]
            with connection.cursor() as cursor:
                cursor.executemany(_UPSERT_SQL.encode(), [self._to_values(row) for row in gone])

        self._database.run(act)

    def hash_key(self, kind: str, key: str) -> str:
        """Return the hash under which the team store has a row."""
        return self._key.prove("shared key", [kind, key])

    def _require_epoch(self, connection: "TeamDatabaseConnection", claim: MemoryClaim) -> None:
        """Renew the lease, and hold it until this transaction ends. Raises RunOvertaken."""
        row = connection.execute(
            "UPDATE sync_lease SET held_until = now() + make_interval(secs => %s)"
            " WHERE sync = %s AND desk = %s AND epoch = %s RETURNING 1",
            (LEASE_S, claim.sync, self._desk_id, claim.epoch),
        ).fetchone()
        if row is None:
            raise RunOvertaken(
                f"Another run of “{claim.sync}” has begun since, or another computer runs it.",
                "What is left was not sent.",
                "Run it where it runs now.",
            )

    def _to_values(self, row: SharedRow) -> tuple[object, ...]:
        key_hash = row.key_hash or self.hash_key(row.kind, row.key)
        body = None if row.body is None else to_json(list(row.body))
        proof = self._key.prove("shared row", _said(row.kind, key_hash, row.sync, body))
        return row.kind, key_hash, row.sync, body, row.changed_at, self._desk_id, proof

    def _is_proven(self, row: dict[str, object]) -> bool:
        body = row["body"]
        said = _said(
            str(row["kind"]),
            str(row["key_hash"]),
            str(row["sync"]),
            None if body is None else str(body),
        )
        return self._key.is_proven(str(row["proof"]), "shared row", said)


def _said(kind: str, key_hash: str, sync: str, body: str | None) -> Json:
    """Return what the proof of a shared row is of."""
    return [kind, key_hash, sync, body]


def _to_row(row: dict[str, object]) -> SharedRow:
    body = row["body"]
    return SharedRow(
        str(row["kind"]),
        "",
        str(row["sync"]),
        None if body is None else tuple(msgspec.json.decode(str(body), type=list[Json])),
        float(str(row["changed_at"])),
        int(str(row["seq"])),
        str(row["key_hash"]),
    )

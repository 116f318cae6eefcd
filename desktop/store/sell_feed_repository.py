"""The feeds of Zendesk Sell in the mirror: contacts and leads, with revisions and deletions.

Sell's Sync API hands records out in no order, so that an older revision is ignored.
https://developer.zendesk.com/api-reference/sales-crm/sync/introduction/
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from desktop.model.email_address import normalize_email
from desktop.model.match_keys import hash_email
from desktop.model.record_version import is_older_version
from desktop.model.sell_record import (
    SellContact,
    SellLead,
    SellPerson,
    SellRecordKind,
    sell_record_id,
)
from desktop.store.database_call import database_call
from desktop.store.mirror_feed_repository import (
    SELL_FEEDS,
    iter_feed_pages,
    save_cursor,
    select_feed,
)
from desktop.store.repository import Repository

# The index holds addresses alone, and SQLite takes it where the query says so; `+kind` keeps it
# from the index by kind, which would read everybody of it for each chunk of a plan.
_AT_HASHES = "email_hash <> '' AND email_hash IN (SELECT value FROM json_each(?)) AND active"
FIND_BY_HASH_SQL = (
    f"SELECT email_hash, id FROM feed_sell WHERE {_AT_HASHES} AND +kind = ? ORDER BY id"  # noqa: S608
)
LIST_BY_HASH_SQL = f"SELECT email_hash, kind, body FROM feed_sell WHERE {_AT_HASHES} ORDER BY id"  # noqa: S608


@dataclass(frozen=True)
class SellChange:
    """A contact or lead as Sell told it; `revision` of the Sync API, 0 from a list."""

    record: SellPerson
    revision: int = 0


class SellFeedRepository(Repository):
    """Saves and reads contacts and leads of Sell in `mirror.db`."""

    @database_call
    def save(
        self, kind: SellRecordKind, changes: Iterable[SellChange], cursor: str, reading: str = ""
    ) -> int:
        """Save changes of contacts or leads with the cursor behind them; returns how many are new.

        `reading` names the reading of a whole list, by which `list_unseen` tells who may be gone. A
        deleted record keeps what was known of it: Sell tells the id alone. The commit outlives a
        power cut: after an acknowledgement Sell tells no more of it.
        """
        feed = SELL_FEEDS[kind]

        def act(connection: sqlite3.Connection) -> int:
            seq = changed = select_feed(connection, feed).seq
            for change in changes:
                seq += _save(connection, kind, change, reading, seq + 1)
            save_cursor(connection, feed, cursor, seq)
            return seq - changed

        return self._database.write(act, is_durable=True)

    @database_call
    def list_unseen(self, kind: SellRecordKind, reading: str, limit: int = 100) -> tuple[int, ...]:
        """Select contacts or leads that a whole reading of their list did not see."""
        return self._database.read(
            lambda c: tuple(
                int(row["id"].partition("-")[2])
                for row in c.execute(
                    "SELECT id FROM feed_sell WHERE kind = ? AND active AND reading <> ?"
                    " ORDER BY id LIMIT ?",
                    (kind.value, reading, limit),
                )
            )
        )

    @database_call
    def settle_unseen(
        self, kind: SellRecordKind, reading: str, there: Iterable[int], gone: Iterable[int]
    ) -> None:
        """Mark of unseen contacts or leads those as deleted that are `gone`, the others as seen."""
        feed = SELL_FEEDS[kind]

        def act(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE feed_sell SET reading = ? WHERE id = ?",
                [(reading, sell_record_id(kind, number)) for number in there],
            )
            state = select_feed(connection, feed)
            seq = state.seq
            for number in gone:
                seq += 1
                row = connection.execute(
                    "SELECT body FROM feed_sell WHERE id = ?", (sell_record_id(kind, number),)
                ).fetchone()
                _mark_deleted(connection, kind, _decode(kind, row["body"]), seq)
            save_cursor(connection, feed, state.cursor, seq)

        self._database.write(act)

    @database_call
    def get(self, kind: SellRecordKind, number: int) -> SellPerson | None:
        """Select one contact or lead of Sell's feed, a deleted one too, or None."""
        body = self._database.read(
            lambda c: c.execute(
                "SELECT body FROM feed_sell WHERE id = ?", (sell_record_id(kind, number),)
            ).fetchone()
        )
        return _decode(kind, body["body"]) if body else None

    @database_call
    def list_by_id(self, kind: SellRecordKind, record_ids: Iterable[str]) -> tuple[SellPerson, ...]:
        """Select contacts or leads of Sell's feed by id, in the order in which they were made."""
        wanted = msgspec.json.encode(list(record_ids)).decode()
        found = self._database.read(
            lambda c: c.execute(
                "SELECT body FROM feed_sell WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
        )
        return tuple(sorted((_decode(kind, row["body"]) for row in found), key=lambda one: one.id))

    @database_call
    def filter_there(
        self, kinds: Iterable[SellRecordKind], record_ids: Iterable[str]
    ) -> frozenset[str]:
        """Filter record ids to those that Sell's feed has as one of `kinds`, and not as deleted."""
        sql = (
            "SELECT id FROM feed_sell WHERE id IN (SELECT value FROM json_each(?)) AND active"
            " AND kind IN (SELECT value FROM json_each(?))"
        )
        wanted = msgspec.json.encode(list(record_ids)).decode()
        of_kinds = msgspec.json.encode([kind.value for kind in kinds]).decode()
        return self._database.read(
            lambda c: frozenset(row["id"] for row in c.execute(sql, (wanted, of_kinds)))
        )

    def iter_records(
        self, kind: SellRecordKind, after: int = 0, up_to: int | None = None
    ) -> Iterator[SellPerson]:
        """Yield contacts or leads of Sell's feed whose change number is above `after`."""
        sql = (
            "SELECT seq AS key, body FROM feed_sell WHERE kind = ? AND seq > ? AND seq <= ?"
            " ORDER BY seq"
        )
        for body in iter_feed_pages(self._database, sql, (kind.value,), after, up_to):
            yield _decode(kind, body)

    @database_call
    def find_by_email_hash(
        self, kind: SellRecordKind, hashes: Iterable[str]
    ) -> dict[str, tuple[str, ...]]:
        """Select the ids of contacts or leads that are not deleted, by the MD5 of the address."""
        wanted = msgspec.json.encode([one.lower() for one in hashes if one]).decode()

        def look(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
            found: dict[str, tuple[str, ...]] = {}
            for row in connection.execute(FIND_BY_HASH_SQL, (wanted, kind.value)):
                found[row["email_hash"]] = (*found.get(row["email_hash"], ()), row["id"])
            return found

        return self._database.read(look)

    @database_call
    def list_by_email_hash(self, hashes: Iterable[str]) -> dict[str, tuple[SellPerson, ...]]:
        """Select the contacts and leads that are not deleted, by the MD5 of the address."""
        wanted = msgspec.json.encode([one.lower() for one in hashes if one]).decode()

        def look(connection: sqlite3.Connection) -> dict[str, tuple[SellPerson, ...]]:
            found: dict[str, tuple[SellPerson, ...]] = {}
            for row in connection.execute(LIST_BY_HASH_SQL, (wanted,)):
                person = _decode(SellRecordKind(row["kind"]), row["body"])
                found[row["email_hash"]] = (*found.get(row["email_hash"], ()), person)
            return found

        return self._database.read(look)


def _save(
    connection: sqlite3.Connection, kind: SellRecordKind, change: SellChange, reading: str, seq: int
) -> bool:
    """Save one record of Sell, unless it is known or older; whether it took a change number."""
    record, record_id = change.record, sell_record_id(kind, change.record.id)
    kept = connection.execute(
        "SELECT body, revision FROM feed_sell WHERE id = ?", (record_id,)
    ).fetchone()
    if kept is not None:
        if reading:
            connection.execute(
                "UPDATE feed_sell SET reading = ? WHERE id = ?", (reading, record_id)
            )
        before = _decode(kind, kept["body"])
        if change.revision and change.revision < kept["revision"]:
            return False
        if record.is_deleted:
            _mark_deleted(connection, kind, before, seq, change.revision)
            return not before.is_deleted
        if record == before or (not change.revision and is_older_version(record, before)):
            return False
    email = normalize_email(record.email or "")
    connection.execute(
        "INSERT OR REPLACE INTO feed_sell (id, kind, email_hash, active, revision, reading, body,"
        " seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record_id,
            kind.value,
            hash_email(email),
            # Kept although nobody knew of it: older news of it may arrive after its end.
            int(not record.is_deleted),
            change.revision,
            reading,
            msgspec.json.encode(record).decode(),
            seq,
        ),
    )
    return True


def _mark_deleted(
    connection: sqlite3.Connection,
    kind: SellRecordKind,
    record: SellPerson,
    seq: int,
    revision: int = 0,
) -> None:
    connection.execute(
        "UPDATE feed_sell SET active = 0, body = ?, seq = ?, revision = max(revision, ?)"
        " WHERE id = ? AND active",
        (
            msgspec.json.encode(replace(record, is_deleted=True)).decode(),
            seq,
            revision,
            sell_record_id(kind, record.id),
        ),
    )


def _decode(kind: SellRecordKind, body: str) -> SellPerson:
    if kind is SellRecordKind.CONTACT:
        return msgspec.json.decode(body, type=SellContact)
    return msgspec.json.decode(body, type=SellLead)

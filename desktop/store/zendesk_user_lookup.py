"""Finds Zendesk users in the mirrored feed by e-mail hash, external id or phone, in bulk."""

import sqlite3
from collections.abc import Iterable

import msgspec

from desktop.model.match_keys import MIN_PHONE_DIGITS, is_same_phone, phone_match_key
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.database_call import database_call
from desktop.store.repository import Repository

# A literal: an index over an expression serves no parameter.
FIND_BY_PHONE_END_SQL = (
    f"SELECT id, phone FROM feed_user WHERE substr(phone, -{MIN_PHONE_DIGITS}) IN"  # noqa: S608
    " (SELECT value FROM json_each(?)) AND phone <> '' AND active ORDER BY id"
)


class ZendeskUserLookup(Repository):
    """Selects Zendesk users of the feed by the identifiers of source records."""

    @database_call
    def find_by_email_hash(self, hashes: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Select the feed's active users by the MD5 hash of any of their addresses."""
        wanted = [one.lower() for one in hashes]
        found = self._find_ids("email_hash", wanted)
        for value, ids in self._find_by_other_address(wanted).items():
            found[value] = tuple(dict.fromkeys((*found.get(value, ()), *ids)))
        return found

    def _find_by_other_address(self, hashes: Iterable[str]) -> dict[str, tuple[int, ...]]:
        wanted = msgspec.json.encode([one for one in hashes if one]).decode()

        def look(connection: sqlite3.Connection) -> dict[str, tuple[int, ...]]:
            found: dict[str, tuple[int, ...]] = {}
            for row in connection.execute(
                "SELECT a.email_hash AS value, u.id FROM feed_user_address a"
                " JOIN feed_user u ON u.id = a.user_id WHERE u.active"
                " AND a.email_hash IN (SELECT value FROM json_each(?)) ORDER BY u.id",
                (wanted,),
            ):
                found[row["value"]] = (*found.get(row["value"], ()), int(row["id"]))
            return found

        return self._database.read(look)

    @database_call
    def find_by_external_id(self, ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Select the feed's active users by external id, in any case (docs/zendesk.md 3)."""
        return self._find_ids("external_id", (id_.lower() for id_ in ids))

    @database_call
    def find_by_phone(self, phones: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Select the feed's active users by phone, with or without its country code."""
        asked = [phone for phone in dict.fromkeys(phones) if phone_match_key(phone)]
        ends = [phone_match_key(phone)[-MIN_PHONE_DIGITS:] for phone in asked]
        if not asked:
            return {}
        users = self._database.read(
            lambda c: c.execute(
                FIND_BY_PHONE_END_SQL,
                (msgspec.json.encode(ends).decode(),),
            ).fetchall()
        )
        return {
            phone: tuple(int(u["id"]) for u in users if is_same_phone(phone, u["phone"]))
            for phone in asked
        }

    @database_call
    def find_deleted(self, people: Iterable[int]) -> frozenset[int]:
        """Select which of these users the feed has as deleted or merged."""
        wanted = msgspec.json.encode(list(people)).decode()
        return self._database.read(
            lambda c: frozenset(
                int(row[0])
                for row in c.execute(
                    "SELECT id FROM feed_user WHERE NOT active"
                    " AND id IN (SELECT value FROM json_each(?))",
                    (wanted,),
                )
            )
        )

    @database_call
    def has_tag(self, email_hash: str, tags: Iterable[str]) -> bool:
        """Whether the feed has an active user with this address and one of these tags."""
        if not email_hash:
            return False
        wanted = set(tags)

        def look(connection: sqlite3.Connection) -> bool:
            bodies = connection.execute(
                "SELECT body FROM feed_user WHERE active AND id IN (SELECT id FROM feed_user"
                " WHERE email_hash = ?1 AND email_hash <> '' UNION ALL"
                " SELECT user_id FROM feed_user_address WHERE email_hash = ?1)",
                (email_hash.lower(),),
            )
            people = (msgspec.json.decode(row["body"], type=ZendeskUser) for row in bodies)
            return any(not wanted.isdisjoint(person.tags or ()) for person in people)

        return self._database.read(look)

    def _find_ids(self, column: str, values: Iterable[str]) -> dict[str, tuple[int, ...]]:
        wanted = msgspec.json.encode([value for value in values if value]).decode()

        def look(connection: sqlite3.Connection) -> dict[str, tuple[int, ...]]:
            found: dict[str, tuple[int, ...]] = {}
            # The index is one over what is not empty: SQLite uses it only where that is said.
            for row in connection.execute(
                f"SELECT {column} AS value, id FROM feed_user WHERE active"  # noqa: S608 - our names
                f" AND {column} <> '' AND {column} IN (SELECT value FROM json_each(?)) ORDER BY id",
                (wanted,),
            ):
                found[row["value"]] = (*found.get(row["value"], ()), int(row["id"]))
            return found

        return self._database.read(look)

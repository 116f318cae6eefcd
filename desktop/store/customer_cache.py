"""The cache of profiles, users, tickets and lists as the services last returned them."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from desktop.model.customer_sheet import TicketPage
from desktop.model.email_address import email_spellings
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser
from desktop.store.customer_search_index import index_profile, index_user
from desktop.store.database_call import database_call
from desktop.store.repository import Repository

LISTS_ENTRY = "lists"
USER_FIELDS_ENTRY = "user_fields"
_TABLES = (
    "cached_profile", "profile_address", "cached_user", "user_address", "user_tickets",
    "cached_ticket", "catalogue", "opened_customer", "feed", "feed_user", "feed_user_address",
    "feed_ticket", "feed_profile", "feed_sell", "search_suffix",
)  # fmt: skip


# Whether a cached profile `p` is of a cached user too, by any of the addresses that lead to it:
# its own may be spelled in another case.
IS_ALSO_USER = (
    "EXISTS (SELECT 1 FROM profile_address b JOIN user_address a ON a.address = b.address"
    " AND a.user_id IS NOT NULL WHERE b.sid = p.sid)"
)


class CustomerCache(Repository):
    """Saves in the mirror what the services returned. Times are Unix seconds."""

    @database_call
    def save_profile(self, profile: SailthruProfile, read_at: float, *, asked: str = "") -> None:
        """Cache a profile under its own address and under the address that was looked up."""

        def act(connection: sqlite3.Connection) -> None:
            upsert_profile(connection, profile, read_at, asked=asked)

        self._database.write(act)

    @database_call
    def save_profile_absent(self, address: str, read_at: float) -> None:
        """Cache that Sailthru has no profile with this address."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO profile_address (address, sid, read_at)"
                " VALUES (?, NULL, ?)",
                [(key, read_at) for key in email_spellings(address)],
            )
        )

    @database_call
    def delete_profile(self, sid: str) -> None:
        """Delete a cached profile that Sailthru no longer has (deleted, or merged into another)."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM cached_profile WHERE sid = ?", (sid,))
            connection.execute("DELETE FROM profile_address WHERE sid = ?", (sid,))

        self._database.write(act)

    @database_call
    def save_user(self, person: ZendeskUser, read_at: float) -> None:
        """Cache a Zendesk user under all the user's addresses."""
        self._database.write(lambda c: upsert_user(c, person, read_at))

    @database_call
    def save_user_keeping_identities(self, person: ZendeskUser, read_at: float) -> None:
        """Cache a Zendesk user read without identities and organisation; earlier ones stay."""

        def act(connection: sqlite3.Connection) -> ZendeskUser:
            row = connection.execute(
                "SELECT body FROM cached_user WHERE id = ?", (person.id,)
            ).fetchone()
            if row is None or person.identities_read:
                return person
            kept = msgspec.json.decode(row["body"], type=ZendeskUser)
            return replace(
                person,
                identities=kept.identities,
                identities_read=kept.identities_read,
                organization=person.organization or kept.organization,
            )

        self.save_user.blocking(self._database.read(act), read_at)

    @database_call
    def save_user_absent(self, address: str, read_at: float) -> None:
        """Cache that Zendesk has no user with this address."""
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO user_address (address, user_id, read_at)"
                " VALUES (?, NULL, ?)",
                [(key, read_at) for key in email_spellings(address)],
            )
        )

    @database_call
    def save_tickets(self, person: int, page: TicketPage, read_at: float) -> None:
        """Cache a Zendesk user's newest tickets."""

        def act(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO user_tickets (user_id, body, read_at) VALUES (?, ?, ?)",
                (person, _to_json(page), read_at),
            )
            _upsert_tickets(connection, page.tickets, person, read_at)

        self._database.write(act)

    @database_call
    def save_ticket(self, ticket: ZendeskTicket, read_at: float) -> None:
        """Cache one ticket, so that its number finds its requester offline."""
        self._database.write(lambda c: _upsert_tickets(c, (ticket,), ticket.requester_id, read_at))

    @database_call
    def save_lists(self, lists: tuple[SailthruList, ...], read_at: float) -> None:
        """Cache the lists of the Sailthru account."""
        self._save_catalogue_entry(LISTS_ENTRY, _to_json(lists), read_at)

    @database_call
    def save_user_fields(self, fields: tuple[UserFieldDefinition, ...], read_at: float) -> None:
        """Cache the user field definitions of the Zendesk account."""
        self._save_catalogue_entry(USER_FIELDS_ENTRY, _to_json(fields), read_at)

    @database_call
    def mark_opened(self, *, person: int | None, sid: str | None, at: float) -> None:
        """Store in the mirror when a customer was last opened, from which retention counts."""
        rows = [("user", str(person))] if person is not None else []
        rows += [("profile", sid)] if sid else []
        self._database.write(
            lambda c: c.executemany(
                "INSERT OR REPLACE INTO opened_customer (kind, id, at) VALUES (?, ?, ?)",
                [(kind, key, at) for kind, key in rows],
            )
        )

    @database_call
    def delete_not_opened_since(self, before: float) -> int:
        """Delete cached customers last opened before a time; returns the number of records."""

        def act(connection: sqlite3.Connection) -> int:
            connection.execute("DELETE FROM opened_customer WHERE at < ?", (before,))
            gone = connection.execute(
                "DELETE FROM cached_profile WHERE sid NOT IN (SELECT id FROM opened_customer"
                " WHERE kind='profile')"
            ).rowcount
            gone += connection.execute(
                "DELETE FROM cached_user WHERE CAST(id AS TEXT) NOT IN"
                " (SELECT id FROM opened_customer WHERE kind = 'user')"
            ).rowcount
            connection.execute(
                "DELETE FROM profile_address WHERE sid IS NOT NULL"
                " AND sid NOT IN (SELECT sid FROM cached_profile)"
            )
            connection.execute(
                "DELETE FROM profile_address WHERE sid IS NULL AND read_at < ?", (before,)
            )
            connection.execute(
                "DELETE FROM user_address WHERE user_id IS NOT NULL"
                " AND user_id NOT IN (SELECT id FROM cached_user)"
            )
            connection.execute(
                "DELETE FROM user_address WHERE user_id IS NULL AND read_at < ?", (before,)
            )
            connection.execute(
                "DELETE FROM user_tickets WHERE user_id NOT IN (SELECT id FROM cached_user)"
            )
            connection.execute(
                "DELETE FROM cached_ticket WHERE user_id IS NULL OR user_id NOT IN (SELECT id"
                " FROM cached_user)"
            )
            return gone

        return self._database.write(act)

    @database_call
    def count_not_opened_since(self, before: float) -> int:
        """Count by SQL the cached customers that `delete_not_opened_since` would delete."""
        return self._database.read(
            lambda c: int(
                c.execute(
                    "SELECT (SELECT count(*) FROM cached_user WHERE CAST(id AS TEXT) NOT IN"  # noqa: S608
                    " (SELECT id FROM opened_customer WHERE kind = 'user' AND at >= ?1))"
                    " + (SELECT count(*) FROM cached_profile p WHERE sid NOT IN"
                    " (SELECT id FROM opened_customer WHERE kind = 'profile' AND at >= ?1)"
                    f" AND NOT {IS_ALSO_USER})",
                    (before,),
                ).fetchone()[0]
            )
        )

    @database_call
    def erase_all(self) -> None:
        """Delete every cached record and feed in the mirror; outbox and audit are in `fairlead.db`.

        Files of a mirror that was damaged and put aside go too. Raises what `Database.scrub` does.
        """

        def act(connection: sqlite3.Connection) -> None:
            for table in _TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours

        for damaged in self._database.path.parent.glob(f"{self._database.path.name}.damaged-*"):
            damaged.unlink(missing_ok=True)
        self._database.write(act)
        self._database.scrub()

    def _save_catalogue_entry(self, name: str, body: str, read_at: float) -> None:
        self._database.write(
            lambda c: c.execute(
                "INSERT OR REPLACE INTO catalogue (name, body, read_at) VALUES (?, ?, ?)",
                (name, body, read_at),
            )
        )


def upsert_profile(
    connection: sqlite3.Connection, profile: SailthruProfile, read_at: float, *, asked: str = ""
) -> None:
    """Insert or update a cached profile and the addresses that lead to it."""
    connection.execute(
        "INSERT OR REPLACE INTO cached_profile (sid, email, body, read_at) VALUES (?, ?, ?, ?)",
        (profile.sid, profile.email, _to_json(profile), read_at),
    )
    connection.execute("DELETE FROM profile_address WHERE sid = ?", (profile.sid,))
    keys = (*email_spellings(profile.email or ""), *email_spellings(asked))
    addresses = {key for key in keys if "@" in key}
    connection.executemany(
        "INSERT OR REPLACE INTO profile_address (address, sid, read_at) VALUES (?, ?, ?)",
        [(address, profile.sid, read_at) for address in sorted(addresses)],
    )
    index_profile(connection, profile)


def upsert_user(connection: sqlite3.Connection, person: ZendeskUser, read_at: float) -> None:
    """Insert or replace a cached Zendesk user with addresses and search index, in a transaction."""
    connection.execute(
        "INSERT OR REPLACE INTO cached_user (id, name_folded, phone, external_id, body, read_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            person.id,
            person.name.casefold(),
            person.phone,
            person.external_id,
            _to_json(person),
            read_at,
        ),
    )
    connection.execute("DELETE FROM user_address WHERE user_id = ?", (person.id,))
    connection.executemany(
        "INSERT OR REPLACE INTO user_address (address, user_id, read_at) VALUES (?, ?, ?)",
        [
            (key, person.id, read_at)
            for address in person.emails
            for key in email_spellings(address)
        ],
    )
    index_user(connection, person)


def _upsert_tickets(
    connection: sqlite3.Connection,
    tickets: Iterable[ZendeskTicket],
    person: int | None,
    read_at: float,
) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO cached_ticket (id, user_id, body, read_at) VALUES (?, ?, ?, ?)",
        [(t.id, t.requester_id or person, _to_json(t), read_at) for t in tickets],
    )


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""The feeds in the mirror: exported users, tickets and list members, with their cursors.

A page and its cursor are stored together, so that nothing is read twice and nothing is lost when
a reading is cut short.
Every record carries the number of its last change; a sync remembers up to which it has read.
"""

import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from desktop.kit.errors import ConflictError
from desktop.model.address_difference import PrimaryAddressChange
from desktop.model.email_address import email_match_key, email_spellings, normalize_email
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email, phone_match_key
from desktop.model.record_version import is_older_version
from desktop.model.sell_record import SellRecordKind
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.account_repository import AccountRepository
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

USERS_FEED = "zendesk users"
TICKETS_FEED = "zendesk tickets"
SELL_FEEDS = {kind: f"sell {kind.value}s" for kind in SellRecordKind}
SELL_PRODUCTS_FEED = "sell products"
_PAGE_ROWS = 500
# By itself SQLite takes the index of `seq` and sorts all that is left for each page: 0.60 s of
# processor against 0.06 s at 60,000 tickets, and the more the further it is from there.
# As a feed read them, else as they were when the customer was opened.
_KEPT_ADDRESSES_SQL = (
    "SELECT id, email FROM feed_user WHERE id IN (SELECT value FROM json_each(?1)) UNION ALL"
    " SELECT id, json_extract(body, '$.email') FROM cached_user"
    " WHERE id IN (SELECT value FROM json_each(?1)) AND id NOT IN (SELECT id FROM feed_user)"
)
_REQUESTERS_SQL = (
    "SELECT DISTINCT requester FROM feed_ticket INDEXED BY feed_ticket_requester"
    " WHERE requester > ? AND seq > ? AND seq <= ? ORDER BY requester LIMIT ?"
)


@dataclass(frozen=True)
class FeedState:
    """A feed's position in the mirror; `mark` is generation and last change number.

    `whole_from`: when the last reading began that reached the end and told of everybody, the
    deleted too (Unix seconds).
    """

    name: str
    generation: str = ""
    cursor: str = ""
    begun_at: float | None = None
    ended_at: float | None = None
    seq: int = 0
    whole_from: float | None = None
    account: str = ""

    @property
    def watermark(self) -> str:
        """The watermark of a reader that has read every change of the feed."""
        return f"{self.generation}:{self.seq}"

    def changes_after(self, mark: str) -> int:
        """Return the feed's change number to read on from; 0 if `mark` is of another generation."""
        generation, _, seq = mark.partition(":")
        return int(seq) if generation == self.generation and seq.isdigit() else 0


class MirrorFeedRepository(Repository):
    """Saves and reads the connected account's exported records in `mirror.db`."""

    def __init__(self, database: Database, accounts: AccountRepository | None = None) -> None:
        super().__init__(database)
        self._accounts = accounts

    @database_call
    def get_state(self, name: str) -> FeedState:
        """Select a feed's position; one that was never read has no generation."""
        feed = self._database.read(lambda c: select_feed(c, name))
        return feed if feed.account in ("", self._account()) else FeedState(name)

    @database_call
    def begin_reading(self, name: str, now: float) -> FeedState:
        """Begin a reading of a feed, or continue one that was interrupted.

        What was read from another account is forgotten. Raises ConflictError while another account
        is connected than the workspace is set up for.
        """
        account = self._account()

        def act(connection: sqlite3.Connection) -> FeedState:
            if select_feed(connection, name).account not in ("", account):
                delete_feed(connection, name)
            connection.execute(
                "INSERT INTO feed (name, generation, begun_at, account) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at,"
                " account = excluded.account",
                (name, uuid.uuid4().hex[:12], now, account),
            )
            return select_feed(connection, name)

        return self._database.write(act)

    @database_call
    def reset(self, name: str) -> None:
        """Delete a feed's cursor and invalidate all watermarks: everything is read again."""
        self._database.write(
            lambda c: c.execute(
                "UPDATE feed SET generation = ?, cursor = '', ended_at = NULL, whole_from = NULL"
                " WHERE name = ?",
                (uuid.uuid4().hex[:12], name),
            )
        )

    @database_call
    def delete(self, name: str) -> None:
        """Delete a feed's records and position: another account is read from now on."""
        self._database.write(lambda c: delete_feed(c, name))

    @database_call
    def end_reading(self, name: str, now: float, *, whole: bool = True) -> FeedState:
        """End a feed's reading; `whole` if deleted records would have been in it too."""

        def act(connection: sqlite3.Connection) -> FeedState:
            connection.execute(
                "UPDATE feed SET ended_at = ?1, whole_from = CASE WHEN ?2 THEN begun_at"
                " ELSE whole_from END WHERE name = ?3",
                (now, whole, name),
            )
            return select_feed(connection, name)

        return self._database.write(act)

    @database_call
    def save_users(self, people: Iterable[ZendeskUser], cursor: str) -> int:
        """Save a page of exported users into the mirror; returns how many records it changed."""

        def act(connection: sqlite3.Connection) -> int:
            seq = changed = select_feed(connection, USERS_FEED).seq
            for person in people:
                _save_other_addresses(connection, person)
                body = _to_json(person)
                kept = connection.execute(
                    "SELECT body FROM feed_user WHERE id = ?", (person.id,)
                ).fetchone()
                if kept is not None and _is_known(kept["body"], body, person):
                    continue
                seq += 1
                email = normalize_email(person.email or "")
                connection.execute(
                    "INSERT OR REPLACE INTO feed_user (id, email, email_hash, external_id, phone,"
                    " active, updated_at, body, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        person.id,
                        email,
                        hash_email(email),
                        (person.external_id or "").lower(),
                        phone_match_key(person.phone),
                        int(person.active),
                        person.updated_at,
                        body,
                        seq,
                    ),
                )
            save_cursor(connection, USERS_FEED, cursor, seq)
            return seq - changed

        return self._database.write(act)

    @database_call
    def find_changed_addresses(
        self, users: Iterable[ZendeskUser]
    ) -> tuple[PrimaryAddressChange, ...]:
        """Find whose primary address the mirror keeps otherwise than a page of users tells it.

        Asked before the page is saved: afterwards the former address is gone.
        """
        told = {
            user.id: user
            for user in users
            if user.active and user.role == "end-user" and (user.email or "")
        }

        def look(connection: sqlite3.Connection) -> tuple[PrimaryAddressChange, ...]:
            rows = connection.execute(_KEPT_ADDRESSES_SQL, (msgspec.json.encode([*told]).decode(),))
            return tuple(
                PrimaryAddressChange(
                    row["id"],
                    told[row["id"]].name,
                    normalize_email(row["email"]),
                    normalize_email(told[row["id"]].email or ""),
                )
                for row in rows
                if row["email"]
                and email_match_key(row["email"]) != email_match_key(told[row["id"]].email or "")
            )

        return self._database.read(look)

    @database_call
    def save_tickets(self, tickets: Iterable[ExportedTicket], cursor: str) -> int:
        """Save a page of exported tickets into the mirror; returns how many records changed."""

        def act(connection: sqlite3.Connection) -> int:
            seq = changed = select_feed(connection, TICKETS_FEED).seq
            for ticket in tickets:
                if ticket.requester_id is None:
                    continue
                body = _to_json(ticket)
                kept = connection.execute(
                    "SELECT body FROM feed_ticket WHERE id = ?", (ticket.id,)
                ).fetchone()
                if kept is not None and _is_known(kept["body"], body, ticket):
                    continue
                seq += 1
                connection.execute(
                    "INSERT OR REPLACE INTO feed_ticket (id, requester, open, created_at, body,"
                    " seq) VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        ticket.id,
                        ticket.requester_id,
                        int(not (ticket.is_solved or ticket.is_deleted)),
                        ticket.created_at or 0.0,
                        body,
                        seq,
                    ),
                )
            save_cursor(connection, TICKETS_FEED, cursor, seq)
            return seq - changed

        return self._database.write(act)

    @database_call
    def save_profiles(
        self, list_name: str, profiles: Iterable[ExportedProfile], reading: str
    ) -> int:
        """Save rows of a Sailthru list's export into the mirror; `reading` names the export.

        Raises ConflictError where a newer reading of the list has begun, which asks for other vars:
        rows of two would be taken for people who have left.
        """
        name = list_feed_name(list_name)

        def act(connection: sqlite3.Connection) -> int:
            feed = select_feed(connection, name)
            if feed.cursor.partition(" ")[0] not in ("", reading):
                raise ConflictError(
                    f"Another sync reads the list “{list_name}” just now, with other fields.",
                    "Nothing was written by this one.",
                    "Run it again when the other one has ended.",
                )
            seq = changed = feed.seq
            for profile in profiles:
                body = _to_json(profile)
                kept = connection.execute(
                    "SELECT body FROM feed_profile WHERE list = ? AND sid = ?",
                    (list_name, profile.sid),
                ).fetchone()
                if kept is not None and kept["body"] == body:
                    connection.execute(
                        "UPDATE feed_profile SET reading = ? WHERE list = ? AND sid = ?",
                        (reading, list_name, profile.sid),
                    )
                    continue
                seq += 1
                connection.execute(
                    "INSERT OR REPLACE INTO feed_profile (list, sid, body, reading, seq)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (list_name, profile.sid, body, reading, seq),
                )
            connection.execute("UPDATE feed SET seq = ? WHERE name = ?", (seq, name))
            return seq - changed

        return self._database.write(act)

    @database_call
    def end_list_export(self, list_name: str, reading: str, now: float, *, whole: bool) -> int:
        """End a list feed's reading; after a `whole` one, members not in it are deleted.

        Returns how many. Where a newer reading has begun meanwhile, in whatever process, that one
        will tell who has left.
        """
        name = list_feed_name(list_name)

        def act(connection: sqlite3.Connection) -> int:
            connection.execute("UPDATE feed SET ended_at = ? WHERE name = ?", (now, name))
            if select_feed(connection, name).cursor.partition(" ")[0] != reading:
                return 0
            connection.execute("UPDATE feed SET cursor = '' WHERE name = ?", (name,))
            if not whole:
                return 0
            return connection.execute(
                "DELETE FROM feed_profile WHERE list = ? AND reading <> ?", (list_name, reading)
            ).rowcount

        return self._database.write(act)

    @database_call
    def set_cursor(self, name: str, cursor: str) -> None:
        """Save the cursor of a feed's reading (of a list export: its job id)."""
        self._database.write(
            lambda c: c.execute("UPDATE feed SET cursor = ? WHERE name = ?", (cursor, name))
        )

    # Reading, by pages of a key, so that no transaction stays open.

    def iter_users(self, after: int = 0, up_to: int | None = None) -> Iterator[ZendeskUser]:
        """Yield a feed's users whose change number is above `after`, in the order of changes."""
        sql = "SELECT seq AS key, body FROM feed_user WHERE seq > ? AND seq <= ? ORDER BY seq"
        for body in iter_feed_pages(self._database, sql, (), after, up_to):
            yield msgspec.json.decode(body, type=ZendeskUser)

    @database_call
    def iter_profiles(
        self, list_name: str, after: int = 0, up_to: int | None = None
    ) -> Iterator[ExportedProfile]:
        """Yield a list feed's members whose change number is above `after`."""
        sql = (
            "SELECT seq AS key, body FROM feed_profile WHERE list = ? AND seq > ? AND seq <= ?"
            " ORDER BY seq"
        )
        for body in iter_feed_pages(self._database, sql, (list_name,), after, up_to):
            yield msgspec.json.decode(body, type=ExportedProfile)

    def iter_requesters(self, after: int = 0, up_to: int | None = None) -> Iterator[int]:
        """Yield the requesters of the feed's tickets changed after `after`, each user id once."""
        last, most = 0, up_to if up_to is not None else 2**62
        while True:
            page = self._database.read(
                lambda c, last=last: [  # type: ignore[misc]
                    int(row[0])
                    for row in c.execute(
                        _REQUESTERS_SQL,
                        (last, after, most, _PAGE_ROWS),
                    )
                ]
            )
            if not page:
                return
            yield from page
            last = page[-1]

    @database_call
    def count_changed_people(self, name: str, after: int, up_to: int) -> int:
        """Count a feed's users, or requesters of tickets, changed in this range of changes."""
        feed = _feed_table(name)
        sql = f"SELECT count(*) FROM ({_changed_people_sql(feed)})"  # noqa: S608 - names of ours
        values = (*feed.values, after, up_to)
        return self._database.read(lambda c: int(c.execute(sql, values).fetchone()[0]))

    @database_call
    def sample_changed_people(
        self, name: str, after: int, up_to: int, count: int
    ) -> tuple[str, ...]:
        """Select about `count` of a feed's changed people, spread evenly over their ids."""
        feed = _feed_table(name)
        people = _changed_people_sql(feed)
        total = self.count_changed_people.blocking(name, after, up_to)
        sql = (
            "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place"  # noqa: S608 - names of ours
            f" FROM ({people})) WHERE place % ? = 0"
        )
        step = max(1, total // count)
        return self._database.read(
            lambda c: tuple(
                str(row[0]) for row in c.execute(sql, (*feed.values, after, up_to, step))
            )
        )

    @database_call
    def list_tickets(self, requester: int) -> tuple[ExportedTicket, ...]:
        """Return a requester's tickets in the feed, the oldest first."""
        return self._database.read(
            lambda c: tuple(
                msgspec.json.decode(row["body"], type=ExportedTicket)
                for row in c.execute(
                    "SELECT body FROM feed_ticket WHERE requester = ? ORDER BY created_at, id",
                    (requester,),
                )
            )
        )

    @database_call
    def count_open_tickets(self, people: Sequence[int]) -> dict[int, int]:
        """Count each requester's unsolved tickets in the feed, without those that have none."""
        return self._database.read(
            lambda c: {
                int(row["requester"]): int(row["n"])
                for row in c.execute(
                    "SELECT requester, count(*) AS n FROM feed_ticket WHERE open"
                    " AND requester IN (SELECT value FROM json_each(?)) GROUP BY requester",
                    (msgspec.json.encode(list(people)).decode(),),
                )
            }
        )

    @database_call
    def get_user(self, person_id: int) -> ZendeskUser | None:
        """Select one Zendesk user of the feed, or None."""

        def look(connection: sqlite3.Connection) -> ZendeskUser | None:
            row = connection.execute(
                "SELECT body FROM feed_user WHERE id = ?", (person_id,)
            ).fetchone()
            return msgspec.json.decode(row["body"], type=ZendeskUser) if row else None

        return self._database.read(look)

    @database_call
    def get_profile(self, list_name: str, sid: str) -> ExportedProfile | None:
        """Select one member of a Sailthru list as its last export had them, or None."""

        def look(connection: sqlite3.Connection) -> ExportedProfile | None:
            row = connection.execute(
                "SELECT body FROM feed_profile WHERE list = ? AND sid = ?", (list_name, sid)
            ).fetchone()
            return msgspec.json.decode(row["body"], type=ExportedProfile) if row else None

        return self._database.read(look)

    @database_call
    def is_member(self, list_name: str, sid: str) -> bool:
        """Whether a profile was in the last export of a Sailthru list, by the mirror."""
        return self._database.read(
            lambda c: (
                c.execute(
                    "SELECT 1 FROM feed_profile WHERE list = ? AND sid = ?", (list_name, sid)
                ).fetchone()
                is not None
            )
        )

    @database_call
    def has_changed(self, name: str, record: str, after: int) -> bool:
        """Whether the feed has a change of a user, ticket or profile after that number."""
        feed = _feed_table(name)
        hint = " INDEXED BY feed_ticket_requester" if name == TICKETS_FEED else ""
        sql = (
            f"SELECT 1 FROM {feed.table}{hint} WHERE {feed.where} AND {feed.person} = ?"  # noqa: S608 - ours
            " AND seq > ? LIMIT 1"
        )
        return self._database.read(
            lambda c: c.execute(sql, (*feed.values, record, after)).fetchone() is not None
        )

    @database_call
    def count_records(self, name: str) -> int:
        """Count the records of a feed in the mirror."""
        feed = _feed_table(name)
        active = " AND active" if feed.table in ("feed_user", "feed_sell") else ""
        sql = f"SELECT count(*) FROM {feed.table} WHERE {feed.where}{active}"  # noqa: S608
        return self._database.read(lambda c: int(c.execute(sql, feed.values).fetchone()[0]))

    def _account(self) -> str:
        """Return the current account's id for the feeds. Raises ConflictError for another one."""
        return "" if self._accounts is None else self._accounts.require_deliverable()


def iter_feed_pages(
    database: Database, sql: str, fixed: tuple[object, ...], after: int, up_to: int | None
) -> Iterator[str]:
    """Yield the bodies (JSON) of a feed's rows by pages of `key`, so that nothing stays open."""
    most = up_to if up_to is not None else 2**62
    while True:
        page = database.read(
            lambda c, after=after: c.execute(  # type: ignore[misc]
                f"{sql} LIMIT {_PAGE_ROWS}", (*fixed, after, most)
            ).fetchall()
        )
        for row in page:
            yield row["body"]
        if len(page) < _PAGE_ROWS:
            return
        after = int(page[-1]["key"])


def list_feed_name(list_name: str) -> str:
    """Name the feed of a Sailthru list's exports."""
    return f"list {list_name}"


@dataclass(frozen=True)
class _FeedTable:
    """Where a feed's rows are: `where` with its `values`, and the column that names a person."""

    table: str
    person: str
    where: str = "1"
    values: tuple[str, ...] = ()


def _feed_table(name: str) -> _FeedTable:
    if name == USERS_FEED:
        return _FeedTable("feed_user", "id")
    if name == TICKETS_FEED:
        return _FeedTable("feed_ticket", "requester")
    if name == SELL_PRODUCTS_FEED:
        return _FeedTable("feed_sell", "id", "kind = ?", ("product",))
    for kind, feed in SELL_FEEDS.items():
        if name == feed:
            return _FeedTable("feed_sell", "id", "kind = ?", (kind.value,))
    return _FeedTable("feed_profile", "sid", "list = ?", (name.removeprefix(list_feed_name("")),))


def _changed_people_sql(feed: _FeedTable) -> str:
    return (
        f"SELECT DISTINCT {feed.person} AS id FROM {feed.table}"  # noqa: S608
        f" WHERE {feed.where} AND seq > ? AND seq <= ?"
    )


def select_feed(connection: sqlite3.Connection, name: str) -> FeedState:
    """Select a feed's position; one that was never read has no generation."""
    row = connection.execute("SELECT * FROM feed WHERE name = ?", (name,)).fetchone()
    return FeedState(**dict(row)) if row else FeedState(name)


def delete_feed(connection: sqlite3.Connection, name: str) -> None:
    """Delete a feed's rows and position."""
    feed = _feed_table(name)
    connection.execute(f"DELETE FROM {feed.table} WHERE {feed.where}", feed.values)  # noqa: S608
    connection.execute("DELETE FROM feed WHERE name = ?", (name,))


def save_cursor(connection: sqlite3.Connection, name: str, cursor: str, seq: int) -> None:
    """Save a feed's cursor and last change number with the page they belong to."""
    connection.execute("UPDATE feed SET cursor = ?, seq = ? WHERE name = ?", (cursor, seq, name))


def _save_other_addresses(connection: sqlite3.Connection, person: ZendeskUser) -> None:
    """Save by which further addresses and spellings a user in the feed is found too."""
    if person.identities_read:
        addresses = person.emails
        connection.execute("DELETE FROM feed_user_address WHERE user_id = ?", (person.id,))
    else:
        # Those that were read before stay.
        addresses = email_spellings(person.email or "")
        _delete_former_spellings(connection, person.id, addresses)
    hashes = {hash_email(key) for one in addresses for key in email_spellings(one)}
    connection.executemany(
        "INSERT OR IGNORE INTO feed_user_address (user_id, email_hash) VALUES (?, ?)",
        [(person.id, one) for one in hashes - {hash_email(normalize_email(person.email or ""))}],
    )


def _delete_former_spellings(
    connection: sqlite3.Connection, user_id: int, own: tuple[str, ...]
) -> None:
    """Delete the spellings of the address that a user had: it may be somebody else's by now."""
    kept = connection.execute("SELECT email FROM feed_user WHERE id = ?", (user_id,)).fetchone()
    former = email_spellings(kept["email"]) if kept is not None else ()
    if len(former) > 1 and set(former) != set(own):
        connection.executemany(
            "DELETE FROM feed_user_address WHERE user_id = ? AND email_hash = ?",
            [(user_id, hash_email(one)) for one in former],
        )


def _is_known(kept: str, body: str, record: ZendeskUser | ExportedTicket) -> bool:
    """Whether an exported record equals the feed's or is older than it.

    A page may tell a record twice, and the search of agents is minutes behind.
    """
    return kept == body or is_older_version(record, msgspec.json.decode(kept, type=type(record)))


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()

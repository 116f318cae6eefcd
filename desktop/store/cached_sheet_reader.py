"""Reads a customer sheet offline: cached values with open edits over them, in one snapshot.

A read-only connection attaches both databases. A read-back is committed to the mirror before
its outbox row closes, so no reader ever sees the old value come back.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from desktop.model.customer_sheet import (
    MAX_MATCHES,
    CustomerMatch,
    CustomerSheet,
    SheetPart,
    SheetPartState,
    TicketPage,
)
from desktop.model.edit import Edit
from desktop.model.email_address import normalize_email
from desktop.model.kept_address import KeptAddress
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.name_splitting import full_name_of_vars
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.service import Service
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import UserFieldDefinition, ZendeskUser
from desktop.store.customer_cache import IS_ALSO_USER, LISTS_ENTRY, USER_FIELDS_ENTRY
from desktop.store.customer_search_index import list_recent_customers, search_customers
from desktop.store.database_call import database_call
from desktop.store.database_thread import DatabaseThread
from desktop.store.integrity_check_record import forget_integrity_check
from desktop.store.kept_address_lookup import ADDRESSES_PER_READ, read_kept_addresses
from desktop.store.outbox_row import decode_edit
from desktop.store.sqlite_errors import is_damage, translate_sqlite_errors

T = TypeVar("T")

# The overlay of the house: every edit not closed yet, by the value it wants to change.
_OPEN_EDITS_VIEW_SQL = """
CREATE TEMP VIEW wanted AS
SELECT o.* FROM main.outbox o WHERE o.state IN ('queued', 'waiting', 'sending', 'unknown')
"""


@dataclass(frozen=True)
class KeptData:
    """How much of both services this computer keeps, and when it was last read.

    `customers` can be shown offline; `records` (users, tickets, profiles) were read for syncs.
    `events` are kept in `fairlead.db` with their texts; `people` are those of the data workspace.
    """

    customers: int = 0
    records: int = 0
    read_at: float | None = None
    events: int = 0
    people: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether the cache holds nothing of the customer."""
        return not (self.customers or self.records or self.people)


class CachedSheetReader:
    """Reads cached sheets from both SQLite files, from any thread, one call at a time."""

    def __init__(self, fairlead: Path, mirror: Path, thread: DatabaseThread | None = None) -> None:
        self.database_thread = thread or DatabaseThread()
        self._fairlead = fairlead
        self._mirror = mirror
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @database_call
    def read_sheet(self, query: LookupQuery) -> CustomerSheet:
        """Read the cached sheet for a look-up query, or the matches where several customers fit.

        Every part's state is NOT_ASKED, or ABSENT where a service once said that there is none.
        """
        return self._snapshot(lambda c: _read_sheet(c, query))

    @database_call
    def refresh_sheet(self, sheet: CustomerSheet) -> CustomerSheet:
        """Read a sheet's cached values anew for its profile, and its open edits."""

        def look(connection: sqlite3.Connection) -> CustomerSheet:
            profile = sheet.profile
            if profile.value is not None:
                kept = _profile_by_sid(connection, profile.value.sid)
                if kept.value is not None and (kept.read_at or 0) > (profile.read_at or 0):
                    profile = replace(profile, value=kept.value, read_at=kept.read_at)
            person = sheet.user
            if person.value is not None:
                known = _user_by_id(connection, person.value.id)
                if known.value is not None and (known.read_at or 0) > (person.read_at or 0):
                    person = replace(person, value=known.value, read_at=known.read_at)
            updated = replace(sheet, profile=profile, user=person)
            return replace(updated, pending_edits=_open_edits(connection, updated))

        return self._snapshot(look)

    @database_call
    def search_customers(self, text: str, limit: int = MAX_MATCHES) -> tuple[CustomerMatch, ...]:
        """Select cached customers whose name, addresses or numbers hold every word of `text`."""
        return self._snapshot(lambda c: search_customers(c, text, limit))

    @database_call
    def list_recent_customers(self, limit: int) -> tuple[CustomerMatch, ...]:
        """Select the cached customers opened last, the newest first."""
        return self._snapshot(lambda c: list_recent_customers(c, limit))

    @database_call
    def read_kept_addresses(self, addresses: Sequence[str]) -> dict[str, KeptAddress]:
        """Select what is kept about many addresses, by address; some hundred at a time."""
        found: dict[str, KeptAddress] = {}
        for start in range(0, len(addresses), ADDRESSES_PER_READ):
            some = addresses[start : start + ADDRESSES_PER_READ]
            found |= self._snapshot(partial(read_kept_addresses, addresses=some))
        return found

    @database_call
    def read_profile_sheets(self, sids: Sequence[str]) -> dict[str, CustomerSheet]:
        """Read the cached sheets of these profiles with their open edits, without the Zendesk user.

        A profile that is not kept is not in the result.
        """

        def look(connection: sqlite3.Connection) -> dict[str, CustomerSheet]:
            lists = _catalogue_entry(connection, LISTS_ENTRY, tuple[SailthruList, ...])
            found = {}
            for sid in sids:
                profile = _profile_by_sid(connection, sid)
                if profile.value is not None:
                    sheet = CustomerSheet(
                        LookupQuery(LookupQueryKind.SID, sid), profile=profile, lists=lists
                    )
                    edits = _open_edits(connection, sheet)
                    found[sid] = replace(sheet, pending_edits=edits)
            return found

        return self._snapshot(look)

    @database_call
    def list_customer_names(
        self, targets: Sequence[tuple[Service, str]]
    ) -> dict[tuple[Service, str], str]:
        """Select the names of cached customers, by service and id.

        A Sailthru profile is called as its Zendesk user, where that is known.
        """
        return self._snapshot(lambda c: _read_names(c, targets))

    @database_call
    def list_opened_ids(self, ids: Sequence[str]) -> frozenset[str]:
        """Select from `ids` (Zendesk user ids, sids) the customers kept because they were opened.

        Who is missing was erased from this computer, or not opened for longer than is kept.
        """
        wanted = msgspec.json.encode(list(ids)).decode()
        sql = "SELECT id FROM mirror.opened_customer WHERE id IN (SELECT value FROM json_each(?))"
        return self._snapshot(lambda c: frozenset(str(r["id"]) for r in c.execute(sql, (wanted,))))

    @database_call
    def list_all_opened_ids(self) -> tuple[str, ...]:
        """Select the Zendesk user ids and sids of all customers that were opened here."""
        sql = "SELECT id FROM mirror.opened_customer"
        return self._snapshot(lambda c: tuple(str(row["id"]) for row in c.execute(sql)))

    @database_call
    def count_open_edits(self, targets: Sequence[str]) -> dict[str, int]:
        """Count the edits not closed yet by their target: a sid, Zendesk user id or address."""
        wanted = msgspec.json.encode(list(targets)).decode()
        sql = (
            "SELECT target, count(*) AS n FROM wanted"
            " WHERE target IN (SELECT value FROM json_each(?)) GROUP BY target"
        )
        return self._snapshot(lambda c: {r["target"]: r["n"] for r in c.execute(sql, (wanted,))})

    @database_call
    def summarize_kept(self) -> KeptData:
        """Count the customers and feed records in the mirror, and tell when the last was read."""
        customers = self.count_customers.blocking()

        def look(connection: sqlite3.Connection) -> KeptData:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM mirror.feed_user)"
                " + (SELECT count(*) FROM mirror.feed_ticket)"
                " + (SELECT count(*) FROM mirror.feed_profile) AS records,"
                " max((SELECT coalesce(max(read_at), 0) FROM mirror.cached_user),"
                " (SELECT coalesce(max(read_at), 0) FROM mirror.cached_profile),"
                " (SELECT coalesce(max(max(coalesce(begun_at, 0), coalesce(ended_at, 0))), 0)"
                " FROM mirror.feed)) AS read_at,"
                " (SELECT count(*) FROM main.event WHERE text <> '') AS events"
            ).fetchone()
            read_at = row["read_at"] or None
            return KeptData(customers, int(row["records"]), read_at, int(row["events"]))

        return self._snapshot(look)

    @database_call
    def count_customers(self) -> int:
        """Count the customers in the mirror whose sheet can be read offline."""

        def look(connection: sqlite3.Connection) -> int:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM mirror.cached_user) + (SELECT count(*) FROM"  # noqa: S608
                " mirror.cached_profile"
                f" p WHERE NOT {IS_ALSO_USER}) AS n"
            ).fetchone()
            return int(row["n"])

        return self._snapshot(look)

    def close(self) -> None:
        """Close the reader's SQLite connection; the next call opens it again."""
        with self._lock:
            self._disconnect()

    def _snapshot(self, look: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, translate_sqlite_errors(self._mirror):
            connection = self._open()
            try:
                connection.execute("BEGIN")
                try:
                    return look(connection)
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.DatabaseError as error:
                self._disconnect()
                if is_damage(error):
                    # SQLite does not say in which of the two files.
                    forget_integrity_check(self._fairlead)
                raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(
                f"{self._fairlead.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.row_factory = sqlite3.Row
            # One damaged letter must not hide a customer.
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            try:
                connection.execute(
                    "ATTACH DATABASE ? AS mirror", (f"{self._mirror.absolute().as_uri()}?mode=ro",)
                )
                connection.execute(_OPEN_EDITS_VIEW_SQL)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read_sheet(connection: sqlite3.Connection, query: LookupQuery) -> CustomerSheet:
    sheet = CustomerSheet(query)
    person, profile, ticket = _find_parts(connection, query)
    matches: tuple[CustomerMatch, ...] = ()
    if (
        query.kind in (LookupQueryKind.NAME, LookupQueryKind.PHONE, LookupQueryKind.NUMBER)
        and person.value is None
    ):
        matches = search_customers(connection, query.value, MAX_MATCHES + 1)
        if len(matches) == 1:
            only = matches[0].query
            person, profile, ticket = _find_parts(connection, _parse_match_query(only))
            matches = ()
    sheet = replace(sheet, user=person, profile=profile, ticket=ticket, matches=matches)
    if person.value is not None:
        sheet = _add_profile_of_user(connection, sheet, person.value)
        sheet = replace(sheet, tickets=_tickets_of_user(connection, person.value.id))
    sheet = replace(
        sheet,
        lists=_catalogue_entry(connection, LISTS_ENTRY, tuple[SailthruList, ...]),
        user_fields=_catalogue_entry(
            connection, USER_FIELDS_ENTRY, tuple[UserFieldDefinition, ...]
        ),
    )
    return replace(sheet, pending_edits=_open_edits(connection, sheet))


def _parse_match_query(text: str) -> LookupQuery:
    kind, _, value = text.partition(":")
    return LookupQuery(LookupQueryKind.ZENDESK_ID if kind == "id" else LookupQueryKind.SID, value)


def _find_parts(
    connection: sqlite3.Connection, query: LookupQuery
) -> tuple[SheetPart[ZendeskUser], SheetPart[SailthruProfile], ZendeskTicket | None]:
    person: SheetPart[ZendeskUser] = SheetPart()
    profile: SheetPart[SailthruProfile] = SheetPart()
    ticket: ZendeskTicket | None = None
    if query.kind is LookupQueryKind.EMAIL:
        person = _user_by_address(connection, query.value)
        profile = _profile_by_address(connection, query.value)
    elif query.kind is LookupQueryKind.SID:
        profile = _profile_by_sid(connection, query.value)
        if profile.value is not None and profile.value.email:
            person = _user_by_address(connection, profile.value.email)
    elif query.kind is LookupQueryKind.ZENDESK_ID:
        person = _user_by_id(connection, int(query.value))
    elif query.kind is LookupQueryKind.EXTERNAL_ID:
        person = _user_by_column(connection, "external_id", query.value)
    elif query.kind is LookupQueryKind.PHONE:
        person = _user_by_column(connection, "phone", query.value)
    if query.kind in (LookupQueryKind.TICKET, LookupQueryKind.NUMBER):
        # No ticket and no id begins with a zero.
        number = 2**63 if query.value.startswith("0") else int(query.value)
        row = (
            connection.execute(
                "SELECT * FROM mirror.cached_ticket WHERE id = ?", (number,)
            ).fetchone()
            if number < 2**63
            else None
        )
        if row is not None:
            ticket = _decode_or_none(row["body"], ZendeskTicket)
            if row["user_id"] is not None:
                person = _user_by_id(connection, row["user_id"])
        elif query.kind is LookupQueryKind.NUMBER and number < 2**63:
            person = _user_by_id(connection, number)
    return person, profile, ticket


def _add_profile_of_user(
    connection: sqlite3.Connection, sheet: CustomerSheet, person: ZendeskUser
) -> CustomerSheet:
    # As the look-up does: the sid asked for, what somebody chose, what a run matched, the address
    # asked for, then every address.
    if sheet.query.kind is LookupQueryKind.SID:
        return sheet
    pair = connection.execute(
        "SELECT sid, is_linked FROM"
        " (SELECT user_id, sid, account, 1 AS is_linked FROM main.profile_link"
        " UNION ALL SELECT user_id, sid, account, 0 FROM main.matched_pair)"
        " WHERE user_id = ? AND account = (SELECT id FROM main.current_account)"
        " ORDER BY is_linked DESC LIMIT 1",
        (person.id,),
    ).fetchone()
    if pair is not None:
        paired = _profile_by_sid(connection, pair["sid"])
        if paired.value is not None:
            return replace(
                sheet,
                profile=paired,
                is_linked=bool(pair["is_linked"]),
                matched_by=paired.value.email or "",
            )
    if sheet.profile.value is not None:
        return sheet
    for address in person.emails:
        part = _profile_by_address(connection, address)
        if part.value is not None:
            return replace(sheet, profile=part, matched_by=address)
    if person.emails and sheet.profile.state is SheetPartState.NOT_ASKED:
        return replace(sheet, profile=_profile_by_address(connection, person.emails[0]))
    return sheet


def _profile_by_address(connection: sqlite3.Connection, address: str) -> SheetPart[SailthruProfile]:
    row = connection.execute(
        "SELECT sid, read_at FROM mirror.profile_address WHERE address = ?",
        (normalize_email(address),),
    ).fetchone()
    if row is None:
        return SheetPart()
    if row["sid"] is None:
        return SheetPart(state=SheetPartState.ABSENT, read_at=row["read_at"])
    return _profile_by_sid(connection, row["sid"])


def _profile_by_sid(connection: sqlite3.Connection, sid: str) -> SheetPart[SailthruProfile]:
    row = connection.execute("SELECT * FROM mirror.cached_profile WHERE sid = ?", (sid,)).fetchone()
    return _decode_part(row, SailthruProfile)


def _user_by_address(connection: sqlite3.Connection, address: str) -> SheetPart[ZendeskUser]:
    row = connection.execute(
        "SELECT user_id, read_at FROM mirror.user_address WHERE address = ?",
        (normalize_email(address),),
    ).fetchone()
    if row is None:
        return SheetPart()
    if row["user_id"] is None:
        return SheetPart(state=SheetPartState.ABSENT, read_at=row["read_at"])
    return _user_by_id(connection, row["user_id"])


def _user_by_id(connection: sqlite3.Connection, key: int) -> SheetPart[ZendeskUser]:
    row = connection.execute("SELECT * FROM mirror.cached_user WHERE id = ?", (key,)).fetchone()
    return _decode_part(row, ZendeskUser)


def _user_by_column(
    connection: sqlite3.Connection, column: str, value: str
) -> SheetPart[ZendeskUser]:
    query = {
        "external_id": "SELECT * FROM mirror.cached_user WHERE external_id = ? LIMIT 2",
        "phone": "SELECT * FROM mirror.cached_user WHERE phone = ? LIMIT 2",
    }[column]
    rows = connection.execute(query, (value,)).fetchall()
    return _decode_part(rows[0], ZendeskUser) if len(rows) == 1 else SheetPart()


def _tickets_of_user(connection: sqlite3.Connection, person: int) -> SheetPart[TicketPage]:
    row = connection.execute(
        "SELECT * FROM mirror.user_tickets WHERE user_id = ?", (person,)
    ).fetchone()
    return _decode_part(row, TicketPage)


def _catalogue_entry(connection: sqlite3.Connection, name: str, kind: type[T]) -> SheetPart[T]:
    row = connection.execute("SELECT * FROM mirror.catalogue WHERE name = ?", (name,)).fetchone()
    return _decode_part(row, kind)


def _open_edits(connection: sqlite3.Connection, sheet: CustomerSheet) -> tuple[Edit, ...]:
    # A create names an address: the profile it makes has no id yet.
    user = str(sheet.user.value.id) if sheet.user.value is not None else ""
    found: list[Edit] = []
    for key in sheet.target_ids:
        service = Service.ZENDESK if key == user else Service.SAILTHRU
        rows = connection.execute(
            "SELECT * FROM wanted WHERE service = ? AND target = ?", (service.value, key)
        )
        found += [decode_edit(row) for row in rows]
    return tuple(sorted(found, key=lambda edit: int(edit.id)))


def _read_names(
    connection: sqlite3.Connection, targets: Sequence[tuple[Service, str]]
) -> dict[tuple[Service, str], str]:
    sids = [id_ for service, id_ in targets if service is Service.SAILTHRU]
    paired = {
        row["sid"]: row["user_id"]
        for row in connection.execute(
            "SELECT sid, user_id FROM main.matched_pair"
            " WHERE sid IN (SELECT value FROM json_each(?1))"
            " UNION ALL SELECT sid, user_id FROM main.profile_link"
            " WHERE sid IN (SELECT value FROM json_each(?1))"
            " UNION ALL SELECT p.sid, a.user_id FROM mirror.profile_address p"
            " JOIN mirror.user_address a ON a.address = p.address AND a.user_id IS NOT NULL"
            " WHERE p.sid IN (SELECT value FROM json_each(?1))",
            (msgspec.json.encode(sids).decode(),),
        )
    }
    users = [int(id_) for service, id_ in targets if service is Service.ZENDESK and id_.isdigit()]
    wanted = msgspec.json.encode([*users, *paired.values()]).decode()
    names: dict[int, str] = {}
    for table in ("mirror.feed_user", "mirror.cached_user"):
        for row in connection.execute(
            f"SELECT id, body FROM {table} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (wanted,),
        ):
            user = _decode_or_none(row["body"], ZendeskUser)
            if user is not None and user.name.strip():
                names[row["id"]] = user.name.strip()
    found = {
        (Service.SAILTHRU, sid): names[user_id]
        for sid, user_id in paired.items()
        if user_id in names
    }
    found |= {(Service.ZENDESK, str(id_)): names[id_] for id_ in users if id_ in names}
    alone = [sid for sid in sids if (Service.SAILTHRU, sid) not in found]
    for row in connection.execute(
        "SELECT sid, body FROM mirror.cached_profile WHERE sid IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(alone).decode(),),
    ):
        profile = _decode_or_none(row["body"], SailthruProfile)
        if profile is not None and (name := full_name_of_vars(profile.vars)):
            found[(Service.SAILTHRU, row["sid"])] = name
    return found


def _decode_part(row: sqlite3.Row | None, kind: type[T]) -> SheetPart[T]:
    if row is None:
        return SheetPart()
    value = _decode_or_none(row["body"], kind)
    return SheetPart(value=value, read_at=row["read_at"]) if value is not None else SheetPart()


def _decode_or_none(body: str, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        # Written by another version of the model: as good as not kept, it is read again.
        return None

"""Reads a customer as last said, with what is wanted laid over it: one snapshot of both files.

A read-only connection attaches both databases. A read-back is committed to the mirror before
its outbox row closes, so no reader ever sees the old value come back.
"""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import msgspec

from desktop.model.edit import Edit, Service
from desktop.model.person import UserField, ZendeskPerson
from desktop.model.profile import SailthruList, SailthruProfile
from desktop.model.query import Query, QueryKind
from desktop.model.sheet import Match, Part, PartState, Sheet, TicketPage
from desktop.model.ticket import Ticket
from desktop.store.mirror import LISTS, USER_FIELDS
from desktop.store.row import edit_of
from desktop.store.trouble import known_troubles

T = TypeVar("T")

# The overlay of the house: every edit not closed yet, by the value it wants to change.
_WANTED = """
CREATE TEMP VIEW wanted AS
SELECT o.* FROM main.outbox o WHERE o.state IN ('queued', 'waiting', 'sending', 'unknown')
"""


class Reader:
    """Snapshots of customers for looking at. Usable from any thread, one call at a time."""

    def __init__(self, fairlead: Path, mirror: Path) -> None:
        self._fairlead = fairlead
        self._mirror = mirror
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def sheet(self, query: Query) -> Sheet:
        """What is kept for this query: parts with values, or matches where several fit.

        Every part's state is NOT_ASKED, or ABSENT where a service once said that there is none.
        """
        return self._snapshot(lambda c: _sheet(c, query))

    def refreshed(self, sheet: Sheet) -> Sheet:
        """The same sheet with the values now kept for its profile, and its open edits."""

        def look(connection: sqlite3.Connection) -> Sheet:
            profile = sheet.profile
            if profile.value is not None:
                kept = _profile(connection, profile.value.sid)
                if kept.value is not None and (kept.read_at or 0) > (profile.read_at or 0):
                    profile = replace(profile, value=kept.value, read_at=kept.read_at)
            person = sheet.person
            if person.value is not None:
                known = _person(connection, person.value.id)
                if known.value is not None and (known.read_at or 0) > (person.read_at or 0):
                    person = replace(person, value=known.value, read_at=known.read_at)
            updated = replace(sheet, profile=profile, person=person)
            return replace(updated, pending=_pending(connection, updated))

        return self._snapshot(look)

    def names(self, text: str, limit: int = 20) -> tuple[Match, ...]:
        """Kept people whose name, address or phone holds `text`."""
        return self._snapshot(lambda c: _search(c, text, limit))

    def kept_count(self) -> int:
        """How many customers can be read offline."""

        def look(connection: sqlite3.Connection) -> int:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM mirror.person) + (SELECT count(*) FROM mirror.profile"
                " p WHERE NOT EXISTS (SELECT 1 FROM mirror.person_address a"
                " WHERE a.address = p.email AND a.person IS NOT NULL)) AS n"
            ).fetchone()
            return int(row["n"])

        return self._snapshot(look)

    def close(self) -> None:
        """Close the files; the next call opens them again."""
        with self._lock:
            self._drop()

    def _snapshot(self, look: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock, known_troubles(self._mirror):
            connection = self._open()
            try:
                connection.execute("BEGIN")
                try:
                    return look(connection)
                finally:
                    connection.execute("ROLLBACK")
            except sqlite3.Error:
                self._drop()
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
                connection.execute(_WANTED)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _sheet(connection: sqlite3.Connection, query: Query) -> Sheet:
    sheet = Sheet(query)
    person, profile, ticket = _found(connection, query)
    matches: tuple[Match, ...] = ()
    if query.kind in (QueryKind.NAME, QueryKind.PHONE, QueryKind.NUMBER) and person.value is None:
        matches = _search(connection, query.value, 20)
        if len(matches) == 1:
            only = matches[0].query
            person, profile, ticket = _found(connection, _query_of(only))
            matches = ()
    sheet = replace(sheet, person=person, profile=profile, ticket=ticket, matches=matches)
    if person.value is not None:
        sheet = _with_profile_of_person(connection, sheet, person.value)
        sheet = replace(sheet, tickets=_tickets(connection, person.value.id))
    sheet = replace(
        sheet,
        lists=_catalogue(connection, LISTS, tuple[SailthruList, ...]),
        fields=_catalogue(connection, USER_FIELDS, tuple[UserField, ...]),
    )
    return replace(sheet, pending=_pending(connection, sheet))


def _query_of(text: str) -> Query:
    kind, _, value = text.partition(":")
    return Query(QueryKind.ZENDESK_ID if kind == "id" else QueryKind.SID, value)


def _found(
    connection: sqlite3.Connection, query: Query
) -> tuple[Part[ZendeskPerson], Part[SailthruProfile], Ticket | None]:
    person: Part[ZendeskPerson] = Part()
    profile: Part[SailthruProfile] = Part()
    ticket: Ticket | None = None
    if query.kind is QueryKind.EMAIL:
        person = _person_at(connection, query.value)
        profile = _profile_at(connection, query.value)
    elif query.kind is QueryKind.SID:
        profile = _profile(connection, query.value)
        if profile.value is not None and profile.value.email:
            person = _person_at(connection, profile.value.email)
    elif query.kind is QueryKind.ZENDESK_ID:
        person = _person(connection, int(query.value))
    elif query.kind is QueryKind.EXTERNAL_ID:
        person = _person_where(connection, "external_id", query.value)
    elif query.kind is QueryKind.PHONE:
        person = _person_where(connection, "phone", query.value)
    if query.kind in (QueryKind.TICKET, QueryKind.NUMBER):
        number = int(query.value)
        row = (
            connection.execute("SELECT * FROM mirror.ticket WHERE id = ?", (number,)).fetchone()
            if number < 2**63
            else None
        )
        if row is not None:
            ticket = _decoded(row["body"], Ticket)
            if row["person"] is not None:
                person = _person(connection, row["person"])
        elif query.kind is QueryKind.NUMBER and number < 2**63:
            person = _person(connection, number)
    return person, profile, ticket


def _with_profile_of_person(
    connection: sqlite3.Connection, sheet: Sheet, person: ZendeskPerson
) -> Sheet:
    if sheet.profile.value is not None:
        return sheet
    link = connection.execute("SELECT sid FROM main.link WHERE person = ?", (person.id,)).fetchone()
    if link is not None:
        linked = _profile(connection, link["sid"])
        if linked.value is not None:
            return replace(sheet, profile=linked, linked=True, matched_by=linked.value.email or "")
    for address in person.emails:
        part = _profile_at(connection, address)
        if part.value is not None:
            return replace(sheet, profile=part, matched_by=address)
    if person.emails and sheet.profile.state is PartState.NOT_ASKED:
        return replace(sheet, profile=_profile_at(connection, person.emails[0]))
    return sheet


def _profile_at(connection: sqlite3.Connection, address: str) -> Part[SailthruProfile]:
    row = connection.execute(
        "SELECT sid, read_at FROM mirror.profile_address WHERE address = ?", (address.lower(),)
    ).fetchone()
    if row is None:
        return Part()
    if row["sid"] is None:
        return Part(state=PartState.ABSENT, read_at=row["read_at"])
    return _profile(connection, row["sid"])


def _profile(connection: sqlite3.Connection, sid: str) -> Part[SailthruProfile]:
    row = connection.execute("SELECT * FROM mirror.profile WHERE sid = ?", (sid,)).fetchone()
    return _part(row, SailthruProfile)


def _person_at(connection: sqlite3.Connection, address: str) -> Part[ZendeskPerson]:
    row = connection.execute(
        "SELECT person, read_at FROM mirror.person_address WHERE address = ?", (address.lower(),)
    ).fetchone()
    if row is None:
        return Part()
    if row["person"] is None:
        return Part(state=PartState.ABSENT, read_at=row["read_at"])
    return _person(connection, row["person"])


def _person(connection: sqlite3.Connection, key: int) -> Part[ZendeskPerson]:
    row = connection.execute("SELECT * FROM mirror.person WHERE id = ?", (key,)).fetchone()
    return _part(row, ZendeskPerson)


def _person_where(connection: sqlite3.Connection, column: str, value: str) -> Part[ZendeskPerson]:
    query = {
        "external_id": "SELECT * FROM mirror.person WHERE external_id = ? LIMIT 2",
        "phone": "SELECT * FROM mirror.person WHERE phone = ? LIMIT 2",
    }[column]
    rows = connection.execute(query, (value,)).fetchall()
    return _part(rows[0], ZendeskPerson) if len(rows) == 1 else Part()


def _tickets(connection: sqlite3.Connection, person: int) -> Part[TicketPage]:
    row = connection.execute("SELECT * FROM mirror.tickets WHERE person = ?", (person,)).fetchone()
    return _part(row, TicketPage)


def _catalogue(connection: sqlite3.Connection, name: str, kind: type[T]) -> Part[T]:
    row = connection.execute("SELECT * FROM mirror.catalogue WHERE name = ?", (name,)).fetchone()
    return _part(row, kind)


def _pending(connection: sqlite3.Connection, sheet: Sheet) -> tuple[Edit, ...]:
    targets = []
    if sheet.profile.value is not None:
        targets.append((Service.SAILTHRU.value, sheet.profile.value.sid))
    if sheet.person.value is not None:
        targets.append((Service.ZENDESK.value, str(sheet.person.value.id)))
        # A create names an address: the profile it makes has no id yet.
        targets += [(Service.SAILTHRU.value, address) for address in sheet.person.value.emails]
    if sheet.query.kind is QueryKind.EMAIL:
        targets.append((Service.SAILTHRU.value, sheet.query.value))
    found: list[Edit] = []
    for service, key in dict.fromkeys(targets):
        rows = connection.execute(
            "SELECT * FROM wanted WHERE service = ? AND target = ? ORDER BY id", (service, key)
        )
        found += [edit_of(row) for row in rows]
    return tuple(sorted(found, key=lambda edit: int(edit.id)))


def _search(connection: sqlite3.Connection, text: str, limit: int) -> tuple[Match, ...]:
    folded = text.casefold()
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = connection.execute(
        "SELECT DISTINCT p.* FROM mirror.person p"
        " LEFT JOIN mirror.person_address a ON a.person = p.id"
        " WHERE p.name_folded LIKE ?1 ESCAPE '\\' OR a.address LIKE ?1 ESCAPE '\\'"
        " OR replace(p.phone, ' ', '') LIKE ?1 ESCAPE '\\' ORDER BY p.name_folded LIMIT ?2",
        (f"%{escaped}%", limit),
    ).fetchall()
    people = [_decoded(row["body"], ZendeskPerson) for row in rows]
    return tuple(Match(f"id:{p.id}", p.name, p.email or "") for p in people if p is not None)


def _part(row: sqlite3.Row | None, kind: type[T]) -> Part[T]:
    if row is None:
        return Part()
    value = _decoded(row["body"], kind)
    return Part(value=value, read_at=row["read_at"]) if value is not None else Part()


def _decoded(body: str, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        # Written by another version of the model: as good as not kept, it is read again.
        return None

"""Selects what customers did, newest first, from `data.db`, `history.db` and the stored events.

Each type is read by its own index from a position on, so that a page takes the same time however
many there are; the pages of the types are merged.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

import msgspec

from desktop.kit.text import fold_text
from desktop.model.audience_condition import HEALTH_LABELS, OPTOUT_LABELS, RATING_LABELS
from desktop.model.customer_activity import (
    TICKET_ACTS,
    ActivityPosition,
    CustomerAct,
    CustomerActivity,
    CustomerActivityFilter,
)
from desktop.model.email_address import email_spellings
from desktop.model.match_keys import hash_email
from desktop.store.audience_query import phrase_query
from desktop.store.database_call import database_call
from desktop.store.repository import Repository
from desktop.store.sqlite_database import Database

_A = CustomerAct
_PHRASE_COLUMNS = "subject body tags"
_TICKETS = {
    _A.TICKET: "created_at",
    _A.SOLVED: "solved_at",
    _A.CLOSED: "closed_at",
}
_PROFILE_TIMES = {_A.OPENED: "last_open_at", _A.CLICKED: "last_click_at"}
# Table, column, and which readings tell that something was done: the first one of health or value
# tells of no change.
_CHANGED = "EXISTS (SELECT 1 FROM {table} b WHERE b.sid = r.sid AND b.at < r.at)"
_READINGS = {
    _A.OPTED_OUT: ("optout_reading", "level", f"(r.level <> 'none' OR {_CHANGED})"),
    _A.HEALTH: ("health_reading", "health", _CHANGED),
    _A.VALUE: ("value_reading", "segment", _CHANGED),
}
_READING_LABELS: Mapping[CustomerAct, Mapping[str, str]] = {
    _A.OPTED_OUT: OPTOUT_LABELS,
    _A.HEALTH: HEALTH_LABELS,
}
_AMONG = " IN (SELECT value FROM json_each(?))"
_HAVING_PHRASE = " IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH ?)"
# Words in events are looked for in so many of the newest ones.
_MAX_SEARCHED_EVENTS = 20_000


@dataclass(frozen=True)
class ActivityQuery:
    """A filter as the files are asked: ids of people and agents, sids; None: whoever it is."""

    wanted: CustomerActivityFilter
    people: frozenset[int] | None
    sids: frozenset[str] | None
    agents: frozenset[int] | None

    def has(self, act: CustomerAct) -> bool:
        """Whether things of a type can be among what is asked for."""
        if self.wanted.acts and act not in self.wanted.acts:
            return False
        if self.agents is not None and act not in TICKET_ACTS:
            return False
        return not self.wanted.phrase or act in TICKET_ACTS or act is _A.EVENT


class CustomerActivityRepository(Repository):
    """Reads what customers did; `data` is read over a connection of its own."""

    def __init__(self, data: Database, history: Database) -> None:
        super().__init__(data)
        self._history = history

    @database_call
    def list_page(
        self, query: ActivityQuery, after: ActivityPosition | None, limit: int
    ) -> Sequence[CustomerActivity]:
        """Select the newest things behind a position (None: the newest of all), without events."""
        found: list[CustomerActivity] = []

        def look(connection: sqlite3.Connection) -> None:
            for act in _TICKETS:
                if query.has(act):
                    found.extend(_select_tickets(connection, act, query, after, limit))
            if query.has(_A.RATED):
                found.extend(_select_ratings(connection, query, after, limit))
            for act in _PROFILE_TIMES:
                if query.has(act):
                    found.extend(_select_profile_times(connection, act, query, after, limit))

        self._database.read(look)
        for act in _READINGS:
            if query.has(act):
                found.extend(self._list_readings(act, query, after, limit))
        return nlargest(limit, found, key=lambda one: one.position)

    @database_call
    def find_people(self, text: str) -> tuple[frozenset[int], frozenset[str]]:
        """Find whom a text names: by address, id, or the beginning of their names; also sids."""
        words = " ".join(f'"{word}"*' for word in fold_text(text).split() if word.isalnum())
        is_number = text.strip().isdecimal() and len(text.strip()) < 19
        hashes = [bytes.fromhex(hash_email(one)) for one in email_spellings(text.strip())]

        def look(connection: sqlite3.Connection) -> tuple[frozenset[int], frozenset[str]]:
            ids = {
                row[0]
                for row in connection.execute(
                    "SELECT id FROM person WHERE sid = ? UNION SELECT id FROM person WHERE id = ?",
                    (text.strip(), int(text) if is_number else 0),
                )
            }
            for one in hashes:
                rows = connection.execute(
                    "SELECT person_id FROM person_address WHERE email_hash = ?", (one,)
                )
                ids |= {row[0] for row in rows}
            if not ids and words:
                ids = {
                    row[0]
                    for row in connection.execute(
                        "SELECT rowid FROM person_search WHERE person_search MATCH ? LIMIT 1000",
                        (words,),
                    )
                }
            sids = {
                row[0]
                for row in connection.execute(
                    "SELECT sid FROM person WHERE sid IS NOT NULL"
                    " AND id IN (SELECT value FROM json_each(?))",
                    (_json(ids),),
                )
            }
            return frozenset(ids), frozenset(sids)

        return self._database.read(look)

    @database_call
    def find_agents(self, text: str) -> frozenset[int]:
        """Find the agents whom a text names: by address, id, or a part of their names."""
        folded = fold_text(text)
        return self._database.read(
            lambda c: frozenset(
                row[0]
                for row in c.execute(
                    "SELECT id FROM person WHERE role <> 'end-user' AND (email = ?1 OR"
                    " CAST(id AS TEXT) = ?1 OR instr(sort_name, ?1))",
                    (folded,),
                )
            )
        )

    @database_call
    def describe_people(
        self, ids: Sequence[int], external_ids: Sequence[str] = ()
    ) -> Mapping[int | str, tuple[int, str, str]]:
        """Select id, name and address of people, by their ids and their external ids."""

        def look(connection: sqlite3.Connection) -> dict[int | str, tuple[int, str, str]]:
            found: dict[int | str, tuple[int, str, str]] = {}
            for column, keys in (("id", list(ids)), ("external_id", list(external_ids))):
                for row in connection.execute(
                    f"SELECT id, name, email, {column} AS key FROM person"  # noqa: S608
                    f" WHERE {column} IN (SELECT value FROM json_each(?)) AND {column} <> ''",
                    (msgspec.json.encode(keys).decode(),),
                ):
                    found[row["key"]] = (row["id"], row["name"], row["email"])
            return found

        return self._database.read(look)

    @database_call
    def list_external_ids(self, ids: Sequence[int]) -> Sequence[str]:
        """Select the external ids of people, by which events name them."""
        return self._database.read(
            lambda c: [
                row[0]
                for row in c.execute(
                    "SELECT external_id FROM person WHERE external_id <> ''"
                    " AND id IN (SELECT value FROM json_each(?))",
                    (_json(ids),),
                )
            ]
        )

    def _list_readings(
        self, act: CustomerAct, query: ActivityQuery, after: ActivityPosition | None, limit: int
    ) -> Iterator[CustomerActivity]:
        table, column, condition = _READINGS[act]
        behind, values = _behind("r.at", "r.sid", act, after)
        of_sids = "" if query.sids is None else " AND r.sid IN (SELECT value FROM json_each(?))"
        sids = () if query.sids is None else (_json(query.sids),)
        rows = self._history.read(
            lambda c: c.execute(
                f"SELECT r.sid, r.at, r.{column} AS value FROM {table} r WHERE {behind}"  # noqa: S608
                f" AND {condition.format(table=table)}{of_sids}"
                " ORDER BY r.at DESC, r.sid DESC LIMIT ?",
                (*values, *sids, limit),
            ).fetchall()
        )
        names = self._database.read(
            lambda c: {
                row["sid"]: row
                for row in c.execute(
                    "SELECT sid, id, name, email FROM person WHERE sid IN"
                    " (SELECT value FROM json_each(?))",
                    (_json({row["sid"] for row in rows}),),
                )
            }
        )
        for row in rows:
            person = names.get(row["sid"])
            value = "" if row["value"] is None else str(row["value"])
            yield CustomerActivity(
                ActivityPosition(row["at"], act.rank, row["sid"]),
                act,
                person["id"] if person is not None else 0,
                person["name"] if person is not None else "",
                person["email"] if person is not None else "",
                _READING_LABELS.get(act, {}).get(value, value) or "Not set",
                sid=row["sid"],
            )


class EventActivityRepository(Repository):
    """Reads the events of customers that are stored in `fairlead.db`, as things that they did."""

    @database_call
    def list_page(
        self,
        query: ActivityQuery,
        external_ids: Sequence[str] | None,
        after: ActivityPosition | None,
        limit: int,
    ) -> Sequence[tuple[CustomerActivity, str]]:
        """Select the newest events behind a position, each with its user's key.

        `external_ids` are those of the people asked for, None: whoever it is.
        """
        if not query.has(_A.EVENT):
            return []
        behind, values = _behind("e.received_at", "e.id", _A.EVENT, after)
        where, more = "", list[object]()
        if query.people is not None:
            where += (
                " AND (e.user_key IN (SELECT value FROM json_each(?)) OR EXISTS (SELECT 1 FROM"
                " event_delivery d WHERE d.event = e.id AND d.user_id IN"
                " (SELECT value FROM json_each(?))))"
            )
            more += [_json(external_ids or ()), _json(query.people)]
        if query.wanted.phrase:
            where += (
                " AND e.id > (SELECT coalesce(max(id), 0) FROM event) - ?"
                " AND instr(lower(e.text), ?)"
            )
            more += [_MAX_SEARCHED_EVENTS, query.wanted.phrase.strip().rstrip("*").lower()]
        rows = self._database.read(
            lambda c: c.execute(
                "SELECT e.id, e.received_at AS at, e.user_key, e.text, s.name AS source,"  # noqa: S608
                " (SELECT max(user_id) FROM event_delivery d WHERE d.event = e.id) AS user_id"
                " FROM event e JOIN event_source s ON s.id = e.source"
                " WHERE e.account = (SELECT id FROM current_account) AND e.state <> 'invalid'"
                f" AND e.text <> '' AND {behind}{where}"
                " ORDER BY e.received_at DESC, e.id DESC LIMIT ?",
                (*values, *more, limit),
            ).fetchall()
        )
        return [
            (
                CustomerActivity(
                    ActivityPosition(row["at"], _A.EVENT.rank, row["id"]),
                    _A.EVENT,
                    row["user_id"] or 0,
                    "",
                    "",
                    row["source"],
                    row["text"],
                ),
                row["user_key"],
            )
            for row in rows
        ]


def _behind(
    at: str, row: str, act: CustomerAct, after: ActivityPosition | None
) -> tuple[str, tuple[object, ...]]:
    """Return the condition of being behind a position, for rows of one type, and its values."""
    if after is None:
        return f"{at} IS NOT NULL", ()
    if act.rank == after.rank:
        return f"{at} <= ? AND ({at} < ? OR {row} < ?)", (after.at, after.at, after.row)
    return (f"{at} <= ?" if act.rank < after.rank else f"{at} < ?"), (after.at,)


def _of_tickets(
    query: ActivityQuery, ticket: str, requester: str, assignee: str
) -> tuple[str, list[object]]:
    """Return the conditions on people, agents and words of something with a ticket."""
    where, values = "", list[object]()
    for column, ids in ((requester, query.people), (assignee, query.agents)):
        if ids is not None:
            where += f" AND {column}{_AMONG}"
            values.append(_json(ids))
    if query.wanted.phrase:
        asked = phrase_query(query.wanted.phrase, _PHRASE_COLUMNS)
        # Without a letter nothing is found.
        where += " AND " + ticket + _HAVING_PHRASE if asked else " AND 0"
        values += [asked] if asked else []
    return where, values


def _select_tickets(
    connection: sqlite3.Connection,
    act: CustomerAct,
    query: ActivityQuery,
    after: ActivityPosition | None,
    limit: int,
) -> Iterator[CustomerActivity]:
    column = _TICKETS[act]
    behind, values = _behind(f"t.{column}", "t.id", act, after)
    where, more = _of_tickets(query, "t.id", "t.requester", "t.assignee")
    rows = connection.execute(
        f"SELECT t.*, t.{column} AS at, x.subject, x.body, p.name, p.email, a.name AS agent"  # noqa: S608
        f" FROM (SELECT t.id FROM ticket t WHERE {behind} AND t.status <> 'deleted'{where}"
        f" ORDER BY t.{column} DESC, t.id DESC LIMIT ?) page CROSS JOIN ticket t ON t.id = page.id"
        " LEFT JOIN ticket_text x ON x.id = t.id LEFT JOIN person p ON p.id = t.requester"
        " LEFT JOIN person a ON a.id = t.assignee",
        (*values, *more, limit),
    )
    for row in rows:
        yield _ticket_activity(row, act, row["subject"] or "", row["body"] or "")


def _select_ratings(
    connection: sqlite3.Connection,
    query: ActivityQuery,
    after: ActivityPosition | None,
    limit: int,
) -> Iterator[CustomerActivity]:
    behind, values = _behind("t.updated_at", "t.id", _A.RATED, after)
    where, more = _of_tickets(query, "t.ticket_id", "t.requester", "t.assignee")
    rows = connection.execute(
        "SELECT t.*, t.updated_at AS at, p.name, p.email, a.name AS agent"  # noqa: S608
        f" FROM (SELECT t.id FROM rating t WHERE {behind} AND t.score IN ('good', 'bad'){where}"
        " ORDER BY t.updated_at DESC, t.id DESC LIMIT ?) page"
        " CROSS JOIN rating t ON t.id = page.id LEFT JOIN person p ON p.id = t.requester"
        " LEFT JOIN person a ON a.id = t.assignee",
        (*values, *more, limit),
    )
    for row in rows:
        said = "\n".join(filter(None, (row["comment"], row["reason"])))
        one = _ticket_activity(row, _A.RATED, RATING_LABELS[row["score"]], said)
        yield replace(one, ticket_id=row["ticket_id"])


def _ticket_activity(row: sqlite3.Row, act: CustomerAct, title: str, text: str) -> CustomerActivity:
    return CustomerActivity(
        ActivityPosition(row["at"], act.rank, row["id"]),
        act,
        row["requester"],
        row["name"] or "",
        row["email"] or "",
        title,
        text,
        ticket_id=row["id"],
        agent_id=row["assignee"],
        agent=row["agent"] or "",
    )


def _select_profile_times(
    connection: sqlite3.Connection,
    act: CustomerAct,
    query: ActivityQuery,
    after: ActivityPosition | None,
    limit: int,
) -> Iterator[CustomerActivity]:
    column = f"p.{_PROFILE_TIMES[act]}"
    behind, values = _behind(column, "p.id", act, after)
    of_people = "" if query.people is None else " AND p.id IN (SELECT value FROM json_each(?))"
    people = () if query.people is None else (_json(query.people),)
    rows = connection.execute(
        f"SELECT p.id, p.name, p.email, p.sid, {column} AS at FROM person p"  # noqa: S608
        f" WHERE p.listed = 1 AND {behind}{of_people} ORDER BY {column} DESC, p.id DESC LIMIT ?",
        (*values, *people, limit),
    )
    for row in rows:
        yield CustomerActivity(
            ActivityPosition(row["at"], act.rank, row["id"]),
            act,
            row["id"],
            row["name"],
            row["email"],
            "An e-mail, perhaps by itself" if act is _A.OPENED else "A link in an e-mail",
            sid=row["sid"] or "",
        )


def _json(values: object) -> str:
    return msgspec.json.encode(sorted(values)).decode()  # type: ignore[call-overload]

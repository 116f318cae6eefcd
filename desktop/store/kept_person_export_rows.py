"""Reads every row that `data.db` and `history.db` hold of people, for an export of their data."""

import sqlite3
from collections.abc import Iterable, Mapping

import msgspec

from desktop.store.person_export_rows import Rows, add_rows
from desktop.store.sqlite_database import Database

_USERS = "IN (SELECT value FROM json_each(:users))"
_SIDS = "IN (SELECT value FROM json_each(:sids))"
_THEIR_TICKETS = f"(SELECT id FROM ticket WHERE requester {_USERS})"  # noqa: S608 - names of ours
# By table. The full-text indexes are left out: they hold the words of the rows above them.
_DATA_QUERIES: Mapping[str, str] = {
    # Who is known to Sailthru alone has an id below 0.
    "person": (
        f"SELECT * FROM person WHERE id {_USERS} OR (id < 0 AND sid {_SIDS}) ORDER BY id"  # noqa: S608
    ),
    "person_body": f"SELECT * FROM person_body WHERE id {_USERS} ORDER BY id",  # noqa: S608
    "person_address": f"SELECT * FROM person_address WHERE person_id {_USERS}",  # noqa: S608
    "person_tag": (
        "SELECT p.*, t.name AS tag FROM person_tag p JOIN tag t ON t.id = p.tag_id"  # noqa: S608
        f" WHERE p.person_id {_USERS} ORDER BY t.name"
    ),
    "person_field": (
        f"SELECT * FROM person_field WHERE person_id {_USERS} ORDER BY field"  # noqa: S608
    ),
    "ticket": (
        "SELECT t.*, x.subject, x.body, x.tags, x.pairs FROM ticket t"  # noqa: S608
        f" LEFT JOIN ticket_text x ON x.id = t.id WHERE t.requester {_USERS} ORDER BY t.id"
    ),
    "ticket_tag": (
        "SELECT g.*, t.name AS tag FROM ticket_tag g JOIN tag t ON t.id = g.tag_id"  # noqa: S608
        f" WHERE g.ticket_id IN {_THEIR_TICKETS} ORDER BY g.ticket_id, t.name"
    ),
    "rating": f"SELECT * FROM rating WHERE requester {_USERS} ORDER BY id",  # noqa: S608
    "profile": f"SELECT * FROM profile WHERE sid {_SIDS} ORDER BY sid",  # noqa: S608
    "list_member": (
        "SELECT m.*, l.name AS list FROM list_member m JOIN mailing_list l ON l.id = m.list_id"  # noqa: S608
        f" WHERE m.sid {_SIDS} ORDER BY l.name"
    ),
    "remembered_pair": (
        f"SELECT * FROM remembered_pair WHERE person_id {_USERS} OR sid {_SIDS}"  # noqa: S608
    ),
}
_HISTORY_QUERIES: Mapping[str, str] = {
    "archived_person": f"SELECT * FROM archived_person WHERE id {_USERS} ORDER BY id",  # noqa: S608
    **{
        table: f"SELECT * FROM {table} WHERE sid {_SIDS} ORDER BY sid, at"  # noqa: S608
        for table in ("health_reading", "value_reading", "optout_reading")
    },
    # Bare numbers and times: as what a ticket or rating of theirs is counted.
    "counted_ticket": (
        "SELECT * FROM counted_ticket WHERE id IN"
        " (SELECT value FROM json_each(:tickets)) ORDER BY id"
    ),
    "counted_rating": (
        "SELECT * FROM counted_rating WHERE id IN"
        " (SELECT value FROM json_each(:ratings)) ORDER BY id"
    ),
}


def read_kept_person_rows(
    data: Database, history: Database, users: Iterable[int], sids: Iterable[str]
) -> dict[str, dict[str, Rows]]:
    """Read by file and table every row of people, by Zendesk user ids and Sailthru profiles."""
    values = {"users": _json(sorted(users)), "sids": _json(sorted(sids))}
    kept = data.read(lambda c: _read(c, _DATA_QUERIES, values))
    counted = {
        f"{table}s": _json([row["id"] for row in kept.get(table, [])])
        for table in ("ticket", "rating")
    }
    past = history.read(lambda c: _read(c, _HISTORY_QUERIES, {**values, **counted}))
    return {"data.db": kept, "history.db": past}


def _read(
    connection: sqlite3.Connection, queries: Mapping[str, str], values: Mapping[str, str]
) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for table, query in queries.items():
        add_rows(found, table, connection.execute(query, values).fetchall())
    return found


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()

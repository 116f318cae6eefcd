"""Reads every row that both database files hold of one person, for an export of their data."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from desktop.model.json_value import Json
from desktop.store.customer_erasure import MEMORY_ROWS, MIRROR_ROWS, CustomerIds
from desktop.store.person_event_erasure import find_event_ids
from desktop.store.sqlite_database import Database

Rows = list[dict[str, Json]]

_IN = "IN (SELECT value FROM json_each(:ids))"
_IN_ADDRESSES = "IN (SELECT value FROM json_each(:addresses))"
_THEIRS = f"(target {_IN} OR lower(label) {_IN_ADDRESSES})"
# Columns of a table of fairlead.db that hold an id of theirs, beside those that an erasure names.
_ID_ROWS = (
    ("touch", ("target",)),
    ("retry_source", ("source",)),
    ("unconfirmed_increment", ("source", "target")),
    ("superseded_increment", ("source", "target")),
)
# By table of fairlead.db; `runs` tells which run wrote a row of a plan, and when.
_QUERIES: Mapping[str, str] = {
    "audit": f"SELECT * FROM audit_entry WHERE {_THEIRS} ORDER BY seq",  # noqa: S608
    "outbox": f"SELECT * FROM outbox WHERE {_THEIRS} ORDER BY id",  # noqa: S608
    "email_change": (
        f"SELECT * FROM email_change WHERE CAST(user_id AS TEXT) {_IN} OR sid {_IN}"  # noqa: S608
        f" OR lower(label) {_IN_ADDRESSES} OR lower(old) {_IN_ADDRESSES}"
        f" OR lower(new) {_IN_ADDRESSES} ORDER BY id"
    ),
    "plan_row": (
        "SELECT r.*, p.sync, p.created_at AS planned_at FROM plan_row r"  # noqa: S608
        f" JOIN plan p ON p.id = r.plan WHERE r.source {_IN} OR r.target {_IN}"
        f" OR lower(r.label) {_IN_ADDRESSES} OR lower(r.address) {_IN_ADDRESSES}"
        " ORDER BY r.plan, r.row"
    ),
    "plan_consequence": (
        "SELECT c.* FROM plan_consequence c JOIN plan_row r ON r.plan = c.plan AND r.row = c.row"  # noqa: S608
        f" WHERE r.source {_IN} OR r.target {_IN}"
    ),
    "run": (
        "SELECT * FROM run WHERE plan IN"  # noqa: S608
        f" (SELECT plan FROM plan_row WHERE source {_IN} OR target {_IN}) OR EXISTS"
        f" (SELECT 1 FROM json_each(reads_only) WHERE json_each.value {_IN}) ORDER BY id"
    ),
    "lead_request": f"SELECT * FROM lead_request WHERE {_THEIRS} ORDER BY id",  # noqa: S608
    "edit_batch_row": (
        f"SELECT * FROM edit_batch_row WHERE CAST(user_id AS TEXT) {_IN} OR sid {_IN}"  # noqa: S608
        f" OR address {_IN_ADDRESSES} ORDER BY batch, row"
    ),
    "draft": f"SELECT * FROM draft WHERE substr(key, instr(key, ':') + 1) {_IN}",  # noqa: S608
    # People left out are rows without a field.
    "source_correction": (
        f"SELECT * FROM source_correction WHERE source {_IN} OR (field = '' AND"  # noqa: S608
        f" json_type(value) = 'array' AND (json_extract(value, '$[0]') {_IN}"
        f" OR json_extract(value, '$[1]') {_IN}))"
    ),
    # Tickets, and records by their ids and times.
    "counted_event": (
        "SELECT * FROM counted_event WHERE event IN (SELECT value FROM json_each(:tickets))"  # noqa: S608
        f" OR substr(event, 1, instr(event, ' ') - 1) {_IN}"
    ),
    "erasure": (
        "SELECT * FROM erasure WHERE subject IS NOT NULL AND EXISTS (SELECT 1 FROM"  # noqa: S608
        f" json_each(subject, '$.addresses') WHERE json_each.value {_IN_ADDRESSES})"
    ),
}


def read_person_rows(
    fairlead: Database, mirror: Database, ids: CustomerIds
) -> dict[str, dict[str, Rows]]:
    """Read by file and table every row of one person; columns of JSON are decoded.

    The index for searching is left out: it holds parts of the names and addresses above it.
    """
    mirror_rows = mirror.read(lambda c: _read_mirror(c, ids))
    tickets = [
        f"ticket {row['id']}"
        for table in ("cached_ticket", "feed_ticket")
        for row in mirror_rows.get(table, [])
    ]
    values = {
        "ids": ids.select("ids"),
        "addresses": ids.select("addresses"),
        "tickets": msgspec.json.encode(tickets).decode(),
    }
    fairlead_rows = fairlead.read(lambda c: _read_fairlead(c, values) | _read_events(c, ids))
    return {"mirror.db": mirror_rows, "fairlead.db": fairlead_rows}


def _read_mirror(connection: sqlite3.Connection, ids: CustomerIds) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for table, column, which in (*MIRROR_ROWS, ("feed_user_address", "user_id", "users")):
        rows = connection.execute(
            f"SELECT * FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
            (ids.select(which),),
        ).fetchall()
        add_rows(found, table, rows)
    return found


def _read_fairlead(connection: sqlite3.Connection, values: Mapping[str, str]) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    for table, query in _QUERIES.items():
        add_rows(found, table, connection.execute(query, values).fetchall())
    for table, columns in (*_ID_ROWS, *((table, (column,)) for table, column in MEMORY_ROWS)):
        where = " OR ".join(f"CAST({column} AS TEXT) {_IN}" for column in columns)
        rows = connection.execute(f"SELECT * FROM {table} WHERE {where}", values)  # noqa: S608
        add_rows(found, table, rows.fetchall())
    return found


def _read_events(connection: sqlite3.Connection, ids: CustomerIds) -> dict[str, Rows]:
    found: dict[str, Rows] = {}
    event_ids = find_event_ids(connection, ids.addresses, ids.external_ids, ids.users)
    for table, column in (
        ("event", "id"),
        ("event_delivery", "event"),
        ("event_write", "event"),
    ):
        rows = connection.execute(
            f"SELECT * FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
            (msgspec.json.encode(event_ids).decode(),),
        )
        add_rows(found, table, rows.fetchall())
    return found


def add_rows(found: dict[str, Rows], table: str, rows: Iterable[sqlite3.Row]) -> None:
    """Add rows to those of a table, each once: some are found by two of their columns."""
    known = found.get(table, [])
    for row in rows:
        decoded = {name: _decode(row[name]) for name in row.keys()}  # noqa: SIM118 - a Row
        if decoded not in known:
            known.append(decoded)
    if known:
        found[table] = known


def _decode(value: object) -> Json:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value[:1] in ("{", "["):
        # A text that a person typed may begin so as well.
        with suppress(ValueError):
            decoded: Json = msgspec.json.decode(value)
            return decoded
    return value if isinstance(value, str | int | float) else None

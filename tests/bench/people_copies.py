"""Copies the people of a bench's store, with all that belongs to them, in SQL.

A million people with three million tickets are stored by the repositories in an hour; copied, they
are there in minutes. Ids, sids and addresses differ, all else is as it was.
"""

import sqlite3
import time

from desktop.store.data_workspace_store import DataStore

# How far the ids of people lie apart from copy to copy; more than the store has people.
_STEP = 100_000_000
_SID = "printf('%03x', :copy) || substr({column}, 4)"
# Columns that differ in a copy, by table; {column} stands for the column itself.
_ID = "{column} + :copy * :step"
# Tickets are numbered as they come: the copies of one stand beside it.
_TICKET = "{column} * :copies + :copy"
_DATA = {
    "person": {"id": _ID, "email": "'c' || :copy || {column}", "sid": _SID},
    "person_body": {"id": _ID},
    "person_address": {"person_id": _ID, "email_hash": "randomblob(16)"},
    "person_tag": {"person_id": _ID},
    "person_field": {"person_id": _ID},
    "ticket": {"id": _TICKET, "requester": _ID},
    "ticket_tag": {"requester": _ID, "ticket_id": _TICKET},
    "ticket_text": {"id": _TICKET},
    "rating": {"id": _TICKET, "ticket_id": _TICKET, "requester": _ID},
    "profile": {"sid": _SID, "email_hash": "randomblob(16)"},
    "list_member": {"sid": _SID},
}
_HISTORY = {
    "counted_ticket": {"id": _TICKET},
    "counted_rating": {"id": _TICKET},
    "health_reading": {"sid": _SID},
    "value_reading": {"sid": _SID},
}
# Counts of what was copied; the rows stay, so many times as large.
_SUMS = ("ticket_count", "rating_count", "state_move")
_SEARCHES = ("person_search", "ticket_search")


def copy_people(store: DataStore, copies: int) -> float:
    """Have everybody `copies` times in both files; returns the seconds that it took."""
    began = time.perf_counter()
    store.data_db.write(lambda c: _copy(c, _DATA, copies))
    for search in _SEARCHES:
        rebuild = f"INSERT INTO {search} ({search}) VALUES ('rebuild')"  # noqa: S608 - our names
        store.data_db.write(lambda c, query=rebuild: c.execute(query))
    store.history_db.write(lambda c: _copy(c, _HISTORY, copies))
    for table in _SUMS:
        sums = f"UPDATE {table} SET count = count * {copies}"  # noqa: S608 - our names
        store.history_db.write(lambda c, query=sums: c.execute(query))
    store.data_db.read(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    return time.perf_counter() - began


def _copy(connection: sqlite3.Connection, tables: dict[str, dict[str, str]], copies: int) -> None:
    for table, changed in tables.items():
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changed.get(name, "{column}").format(column=name) for name in columns)
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
            " AND sql IS NOT NULL",
            (table,),
        ).fetchall()
        # Filled once all rows are there, an index takes a fraction of the time.
        for index in indexes:
            connection.execute(f"DROP INDEX {index['name']}")
        connection.execute(f"CREATE TEMP TABLE original AS SELECT * FROM {table}")  # noqa: S608
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
        for copy in range(copies):
            connection.execute(
                f"INSERT INTO {table} SELECT {values} FROM temp.original",  # noqa: S608
                {"copy": copy, "copies": copies, "step": _STEP},
            )
        connection.execute("DROP TABLE temp.original")
        for index in indexes:
            connection.execute(index["sql"])

"""Counts and erases what this computer's files keep of one data source, and of no other."""

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType

from desktop.model.data_source import DataSourceKind
from desktop.store.profile_person_table import (
    delete_profile_people,
    refresh_profile_people,
)
from desktop.store.sqlite_database import Database

_PROFILE_COLUMNS = (
    "sid", "engagement", "health", "value_segment", "value_amount", "optout", "last_open_at",
    "last_click_at", "profile_read_at",
)  # fmt: skip
# What is counted, by the table that has it; the other tables describe the same records.
_COUNTED: Mapping[DataSourceKind, Mapping[str, str]] = MappingProxyType(
    {
        DataSourceKind.SUPPORT: {
            "people": "person", "organisations": "organization", "tickets": "ticket",
            "ratings": "rating",
        },
        DataSourceKind.SAILTHRU: {"profiles": "profile", "lists": "mailing_list"},
    }
)  # fmt: skip
_TABLES: Mapping[DataSourceKind, tuple[str, ...]] = MappingProxyType(
    {
        DataSourceKind.SUPPORT: (
            "person", "person_body", "person_address", "person_tag", "person_field", "tag",
            "organization", "ticket", "ticket_tag", "ticket_text", "rating", "comment_due",
        ),
        DataSourceKind.SAILTHRU: ("profile", "mailing_list", "list_member"),
    }
)  # fmt: skip
# Who is known to Sailthru alone is none of Zendesk's.
_OF_SOURCE: Mapping[str, str] = MappingProxyType({"person": "id > 0"})
# Of history.db: what names or describes somebody. The counts name nobody and stay.
_HISTORY: Mapping[DataSourceKind, tuple[str, ...]] = MappingProxyType(
    {
        DataSourceKind.SUPPORT: ("archived_person", "segment_presence", "segment_look"),
        # Read again, a profile's first state would count twice.
        DataSourceKind.SAILTHRU: (
            "health_reading",
            "value_reading",
            "optout_reading",
            "state_move",
        ),
    }
)
_PROFILES_OF_USERS_SQL = (
    "SELECT DISTINCT sid FROM list_member WHERE sid NOT IN (SELECT sid FROM person WHERE id < 0)"
)
_IS_LIST = "name LIKE 'list %'"
# Of mirror.db: what look-ups and syncs have read.
_COPIES: Mapping[DataSourceKind, tuple[str, ...]] = MappingProxyType(
    {
        DataSourceKind.SUPPORT: ("cached_user", "cached_ticket", "feed_user", "feed_ticket"),
        DataSourceKind.SAILTHRU: ("cached_profile", "feed_profile"),
        DataSourceKind.SELL: ("feed_sell",),
    }
)
# Beside them: what leads to them, by table and condition. The feeds begin anew without their row.
_OF_COPIES: Mapping[DataSourceKind, Mapping[str, str]] = MappingProxyType(
    {
        DataSourceKind.SUPPORT: {
            "user_address": "true", "user_tickets": "true", "feed_user_address": "true",
            "opened_customer": "kind = 'user'", "feed": "name LIKE 'zendesk %'",
        },
        DataSourceKind.SAILTHRU: {
            "profile_address": "true", "opened_customer": "kind = 'profile'",
            "feed": "name NOT LIKE 'zendesk %' AND name NOT LIKE 'sell %'",
        },
        DataSourceKind.SELL: {"feed": "name LIKE 'sell %'"},
    }
)  # fmt: skip
COPIES = "copies of look-ups and syncs"


def count_source(data: Database, kind: DataSourceKind) -> Mapping[str, int]:
    """Count the records that are kept of a data source, by what they are; {} of those without."""

    def look(connection: sqlite3.Connection) -> Mapping[str, int]:
        return {
            what: connection.execute(
                f"SELECT count(*) FROM {table} WHERE {_OF_SOURCE.get(table, 'true')}"  # noqa: S608
            ).fetchone()[0]
            for what, table in _COUNTED.get(kind, {}).items()
        }

    return data.read(look)


def count_copies(mirror: Database, kind: DataSourceKind) -> int:
    """Count the records of a data source that look-ups and syncs have read into `mirror.db`."""

    def look(connection: sqlite3.Connection) -> int:
        return sum(
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
            for table in _COPIES.get(kind, ())
        )

    return mirror.read(look)


def erase_copies(mirror: Database, kind: DataSourceKind) -> None:
    """Delete what look-ups and syncs have read of a data source; syncs read it whole again.

    Raises StorageError while another process still reads, as `Database.scrub` does.
    """

    def act(connection: sqlite3.Connection) -> None:
        for table in _COPIES.get(kind, ()):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        for table, where in _OF_COPIES.get(kind, {}).items():
            connection.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608

    mirror.write(act)
    mirror.scrub()


def erase_source(data: Database, history: Database, kind: DataSourceKind) -> None:
    """Delete what is kept of a data source. What reports have counted stays: it names nobody.

    Raises StorageError while another process still reads, as `Database.scrub` does.
    """

    def act(connection: sqlite3.Connection) -> None:
        if kind is DataSourceKind.SUPPORT:
            for table in ("person_search", "ticket_search"):
                connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")  # noqa: S608
        for table in _TABLES.get(kind, ()):
            where = _OF_SOURCE.get(table, "true")
            connection.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - names of ours
        if kind is DataSourceKind.SUPPORT:
            connection.execute(
                "INSERT INTO person_search (rowid, sort_name, email)"
                " SELECT id, sort_name, email FROM person"
            )
            # Whoever was a user too is known to Sailthru alone from now on.
            rows = connection.execute(_PROFILES_OF_USERS_SQL)
            refresh_profile_people(connection, [row["sid"] for row in rows])
        if kind is DataSourceKind.SAILTHRU:
            delete_profile_people(connection)
            columns = ", ".join(f"{column} = NULL" for column in _PROFILE_COLUMNS)
            connection.execute(f"UPDATE person SET is_ambiguous = 0, {columns}")  # noqa: S608
        which = _IS_LIST if kind is DataSourceKind.SAILTHRU else f"NOT {_IS_LIST}"
        connection.execute(f"DELETE FROM data_source WHERE {which}")  # noqa: S608

    def forget(connection: sqlite3.Connection) -> None:
        for table in _HISTORY.get(kind, ()):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608

    data.write(act)
    history.write(forget)
    data.scrub()
    history.scrub()

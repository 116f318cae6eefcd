"""The ten named queries asked of DuckDB over the same rows: are its counts ours, and how fast.

DuckDB keeps columns and has no full-text index here, so that phrases are looked for in every text.
"""

import csv
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from desktop.store.sqlite_database import Database
from tests.bench.report import Figure, median

_PAGE_ROWS = 200
_DAY_S = 86_400.0
_BATCH = 20_000
# The columns that the queries ask for, and what a page of people shows.
_TABLES = {
    "person": "SELECT id, name, sort_name, email, phone, locale, created_at, listed, ticket_count,"
    " open_count, last_ticket_id, last_ticket_at, last_rating, sid, engagement, health,"
    " value_segment, value_amount, optout, last_open_at, last_click_at FROM person",
    "tag": "SELECT id, name FROM tag",
    "person_tag": "SELECT tag_id, person_id FROM person_tag",
    "ticket": "SELECT t.id, t.requester, x.subject, x.body, x.tags FROM ticket t"
    " JOIN ticket_text x ON x.id = t.id",
    "mailing_list": "SELECT id, name FROM mailing_list",
    "list_member": "SELECT list_id, sid FROM list_member",
}
_NEWEST = "last_ticket_at DESC NULLS LAST, id DESC"
_VIP = (
    "p.id IN (SELECT x.person_id FROM person_tag x JOIN tag t ON t.id = x.tag_id"
    " WHERE t.name = 'vip')"
)
_STAFF = _VIP.replace("'vip'", "'staff'")
_ON_NEWSLETTER = (
    "p.sid IN (SELECT m.sid FROM list_member m JOIN mailing_list l ON l.id = m.list_id"
    " WHERE l.name = 'Newsletter')"
)


def compare_with_duckdb(
    data_db: Database, counts: dict[str, int], now: float, rounds: int, folder: Path
) -> Iterator[Figure]:
    """Load the rows of `data_db` into DuckDB in `folder`, and ask it each query some times, warm.

    `counts`: how many people each query picked by ours. Raises ValueError where DuckDB counts
    others, which one of the two must have wrong. Times are the processor's, on one thread.
    """
    with duckdb.connect(str(folder / "people.duckdb")) as connection:
        connection.execute("SET threads = 1")
        _load(connection, data_db, folder)
        for name, (condition, order) in _queries(now).items():
            # The conditions are this file's own.
            people = f"FROM person p WHERE p.listed = 1 AND ({condition})"
            count = f"SELECT count(*) {people}"
            page = f"SELECT p.* {people} ORDER BY {order} LIMIT {_PAGE_ROWS}"
            found = _fetch(connection, count)[0][0]
            if found != counts[name]:
                raise ValueError(f"{name}: DuckDB counts {found} people, not {counts[name]}")
            for what, sql in (("first page", page), ("count", count)):
                taken = _median_ms(partial(_fetch, connection, sql), rounds)
                yield Figure(f"{name}: {what}, DuckDB", taken, "ms")


def _queries(now: float) -> dict[str, tuple[str, str]]:
    year = f"p.last_ticket_at >= {now - 365 * _DAY_S}"
    refund = "contains(lower(concat_ws(' ', t.subject, t.body, t.tags)), 'refund')"
    with_text = "p.id IN (SELECT t.requester FROM ticket t WHERE {})"
    return {
        "everybody, newest ticket first": ("true", _NEWEST),
        "one column: open tickets": ("p.open_count >= 1", _NEWEST),
        "one rare value: health, by name": (
            "p.sid IS NOT NULL AND p.health = 'frustrated'", "sort_name, id",
        ),
        "two columns": (
            "p.open_count >= 1 AND p.sid IS NOT NULL AND p.value_segment >= 3", _NEWEST,
        ),
        "five columns": (
            "p.open_count >= 1 AND p.sid IS NOT NULL AND p.value_segment >= 2 AND"
            f" p.health IS DISTINCT FROM 'happy' AND p.engagement = 'active' AND {year}",
            _NEWEST,
        ),
        "a tag and a list": (f"{_VIP} AND {_ON_NEWSLETTER}", _NEWEST),
        "a phrase": (with_text.format("contains(lower(t.subject), 'late delivery')"), _NEWEST),
        "a rare phrase": (with_text.format("contains(lower(t.body), 'chandelier')"), _NEWEST),
        "or-groups": (
            f"{year} AND NOT {_STAFF} AND ((p.sid IS NOT NULL AND p.health = 'frustrated') OR"
            f" p.last_rating = 'bad' OR {with_text.format(refund)})",
            _NEWEST,
        ),
        "nobody": (f"{_VIP} AND p.locale = 'xx'", "value_segment DESC NULLS LAST, id DESC"),
    }  # fmt: skip


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


def _load(connection: duckdb.DuckDBPyConnection, data_db: Database, folder: Path) -> None:
    for table, select in _TABLES.items():
        file = folder / f"{table}.csv"
        data_db.read(partial(_write_csv, select, file))
        connection.execute(
            f"CREATE TABLE {table} AS SELECT * FROM read_csv(?, header = true,"  # noqa: S608
            " sample_size = -1)",
            [str(file)],
        )
        file.unlink()


def _write_csv(select: str, file: Path, source: sqlite3.Connection) -> None:
    cursor = source.execute(select)
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(column[0] for column in cursor.description)
        while batch := cursor.fetchmany(_BATCH):
            rows.writerows(tuple(row) for row in batch)


def _median_ms(act: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        act()
        taken.append((time.process_time() - began) * 1000)
    return median(taken)

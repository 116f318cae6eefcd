"""A team's record after a year (30 desks with 200 edits a day each), and its workers' due times.

Needs Debian's postgresql-15, and root to start it. A page is measured beside the same page of a
record of a few days: how much longer it takes does not depend on the computer.
"""

import hashlib
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg

from desktop.store.team.team_store import TeamStore, build_team_store
from tests.bench.report import Figure, median, percentile
from tests.faults.due_time_claims import claim_due_times
from tests.support.postgres_server import PostgresServer, why_no_postgres
from tests.support.team_desk import KEY
from tests.support.team_process import ACCOUNT

_DESKS = 30
_EDITS_A_DAY = 200
_YEAR_OF_ROWS = _DESKS * _EDITS_A_DAY * 366
_FEW_DAYS_OF_ROWS = _DESKS * _EDITS_A_DAY * 3
_CUSTOMERS = 40_000
_S_PER_EDIT = 86_400 / (_DESKS * _EDITS_A_DAY)
_FIRST_AT = 1_750_000_000.0
_TRIES = 40
_PAGE = 200
_LONGEST_PAGE_MS = 50.0
# How much longer a page of the year may take than the same page of a few days.
_LONGEST_PAGE_RATIO = 1.5
_OF_ONE_CUSTOMER = "its page of one customer"
_DESKS_WITH_WORKERS, _WORKERS_PER_DESK, _SYNCS, _DUE_TIMES = 5, 2, 100, 5

Read = Callable[[TeamStore], object]


def measure(rounds: int, scale: float = 1.0) -> list[Figure]:
    """Fill records, and measure their pages; then let ten workers claim what is due."""
    del rounds
    if why := why_no_postgres():
        sys.exit(why)
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = PostgresServer(folder / "server")
        try:
            return [
                *_measure_pages(server, max(_FEW_DAYS_OF_ROWS, round(_YEAR_OF_ROWS * scale))),
                *_measure_claims(server, folder, max(5, round(_SYNCS * scale))),
            ]
        finally:
            server.stop()


def _measure_pages(server: PostgresServer, rows: int) -> list[Figure]:
    few, year = _make_record(server, _FEW_DAYS_OF_ROWS), _make_record(server, rows)
    figures = []
    for name, read in _pages().items():
        times: dict[int, list[float]] = {0: [], 1: []}
        for _ in range(_TRIES):
            for number, team in enumerate((few, year)):
                begun = time.perf_counter()
                read(team)
                times[number].append((time.perf_counter() - begun) * 1_000)
        worst = percentile(times[1], 0.95)
        note = f"{rows:,} rows; 95 % of them within {worst:.0f} ms"
        ratio = median(times[1]) / median(times[0])
        # A customer has more entries after a year.
        aim = None if name == _OF_ONE_CUSTOMER else _LONGEST_PAGE_RATIO
        figures += [
            Figure(f"{name}, median", median(times[1]), "ms", _LONGEST_PAGE_MS, note=note),
            Figure(f"{name}, of that of few rows", ratio, "×", aim),
        ]
    for team in (few, year):
        team.close()
    return figures


def _pages() -> dict[str, Read]:
    """What the Activity page, a sheet and the settings read of a team's record."""

    def newest(team: TeamStore, **more: object) -> object:
        return team.audit.list_entries.blocking(limit=_PAGE, **more)  # type: ignore[arg-type]

    def middle(team: TeamStore) -> object:
        first, last = _span(team)
        return newest(team, before=((first + last) / 2, "desk3", 1))

    def one_day(team: TeamStore) -> object:
        first, last = _span(team)
        half = (first + last) / 2
        return newest(team, since=half, until=half + 86_400)

    return {
        "the newest page of a team's record": newest,
        "its page from the middle": middle,
        "its page of one day": one_day,
        "its page without one's own": partial(newest, without_own=True),
        _OF_ONE_CUSTOMER: partial(newest, people=["customer7"]),
        "the desks with their counts": lambda team: team.desks.list_all.blocking(),
        "where every desk's record ends": lambda team: team.audit.list_ends.blocking(),
        "the desk whose record begins so": lambda team: team.audit.find_desk_of.blocking("0" * 64),
    }


_SPANS: dict[int, tuple[float, float]] = {}


def _span(team: TeamStore) -> tuple[float, float]:
    """The times of a record's first and last row."""
    return _SPANS[id(team)]


def _make_record(server: PostgresServer, rows: int) -> TeamStore:
    """A team of 30 desks with so many rows, filled by COPY; the first desk's store of it."""
    database = server.new_database()
    address = server.address(database).with_key(KEY)
    for number in range(_DESKS):
        store = build_team_store(address, f"desk{number}")
        store.desks.join.blocking(f"Desk {number}", "Ada", "1", ACCOUNT)
        store.close()
    team = build_team_store(address, "desk0")
    where = {"host": "127.0.0.1", "port": server.port, "dbname": database, "user": "postgres"}
    with psycopg.connect(**where) as raw:  # type: ignore[arg-type]
        # The chain is not what is measured, and each row's check would cost minutes.
        raw.execute("SET session_replication_role TO replica")
        with raw.cursor().copy(_COPY_SQL) as copy:
            for start in range(0, rows, 10_000):
                copy.write("".join(_lines(team, range(start, min(rows, start + 10_000)))))
    with psycopg.connect(autocommit=True, **where) as raw:  # type: ignore[arg-type]
        raw.execute("VACUUM ANALYZE fairlead.audit")
    _SPANS[id(team)] = (_FIRST_AT, _FIRST_AT + rows * _S_PER_EDIT)
    return team


_COPY_SQL = (
    "COPY fairlead.audit (desk, seq, at, kind, service, name, edit, result, computer, account,"
    " actor, actor_salt, actor_hash, values_hash, key_id, prev_hash, hash, mac, person_hash,"
    " team_proof) FROM STDIN"
)


def _lines(team: TeamStore, numbers: range) -> Iterator[str]:
    """Rows as COPY reads them: one after another of each desk, customers without an order."""
    for number in numbers:
        desk, seq = number % _DESKS, number // _DESKS + 1
        before, own = (hashlib.sha256(f"{desk}/{n}".encode()).hexdigest() for n in (seq - 1, seq))
        person = team.key.hash_person(f"customer{number * 7919 % _CUSTOMERS}")
        yield (
            "\t".join(
                (
                    *(f"desk{desk}", str(seq), repr(_FIRST_AT + number * _S_PER_EDIT)),
                    *("optout", "sailthru", "", str(number), "done", f"computer {desk}", "1"),
                    *("Ada Admin", r"\\x" + own[:32], own, own, "k", before, own, own, person, own),
                )
            )
            + "\n"
        )


def _measure_claims(server: PostgresServer, folder: Path, syncs: int) -> list[Figure]:
    counts = claim_due_times(
        server,
        folder,
        desks=_DESKS_WITH_WORKERS,
        workers_per_desk=_WORKERS_PER_DESK,
        syncs=syncs,
        times=_DUE_TIMES,
    )
    workers = _DESKS_WITH_WORKERS * _WORKERS_PER_DESK
    each = counts.seconds / counts.due_times * 1_000 if counts.due_times else math.inf
    note = f"{workers} workers of {_DESKS_WITH_WORKERS} desks, {syncs} syncs, {_DUE_TIMES} times"
    return [
        Figure("due times run twice", counts.run_twice, "", 0, note=note),
        Figure("due times not run", counts.not_run, "", 0, note=f"of {counts.due_times}"),
        Figure("one due time, asked for by all workers", each, "ms"),
    ]

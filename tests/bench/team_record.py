"""How long a page of a team's record takes after a year: 30 desks with 200 edits a day each.

`python -m tests.bench.team_record [ROWS]` needs Debian's postgresql-15, and root to start it.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from desktop.model.team import TeamEntry
from desktop.store.team.team_store import TeamStore, build_team_store
from tests.support.postgres_server import PostgresServer, why_no_postgres
from tests.support.team_desk import KEY
from tests.support.team_process import ACCOUNT

_DESKS = 30
_YEAR_OF_ROWS = _DESKS * 200 * 366
_TRIES = 30
_FILL_SQL = """
INSERT INTO fairlead.audit
SELECT 'desk' || n %% 30, n / 30 + 1, 1.7e9 + n * 14.4, 'optout', 'sailthru', '', n, 'done', 'c',
    'a', 'Ada', '\\x00'::bytea, md5(n::text) || md5(n::text), md5(n::text) || md5(n::text), 'k',
    md5(n::text) || md5(n::text), md5((n + 1)::text) || md5((n + 1)::text),
    md5(n::text) || md5(n::text), md5((n %% 40000)::text) || md5((n %% 40000)::text),
    md5(n::text) || md5(n::text)
FROM generate_series(0, {rows} - 1) AS n
"""


def main(rows: int) -> None:
    """Fill a record, and print the times of its pages (milliseconds, median and worst)."""
    if why := why_no_postgres():
        sys.exit(why)
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder) / "server")
        try:
            _measure(server, rows)
        finally:
            server.stop()


def _measure(server: PostgresServer, rows: int) -> None:
    database = server.new_database()
    stores = [
        build_team_store(server.address(database).with_key(KEY), f"desk{number}")
        for number in range(_DESKS)
    ]
    for number, store in enumerate(stores):
        store.desks.join.blocking(f"Desk {number}", "Ada", "1", ACCOUNT)
    server.execute("ALTER TABLE fairlead.audit DISABLE TRIGGER audit_is_chained", database)
    begun = time.monotonic()
    server.execute(_FILL_SQL.format(rows=rows).replace("%%", "%"), database)
    server.execute("ALTER TABLE fairlead.audit ENABLE TRIGGER audit_is_chained", database)
    server.execute("ANALYZE", database)
    ((size,),) = server.execute(
        "SELECT pg_size_pretty(pg_total_relation_size('fairlead.audit'))", database
    )
    print(f"{rows:,} rows of {_DESKS} desks, {size}, made in {time.monotonic() - begun:.0f} s")
    team = stores[0]
    first = team.audit.list_entries.blocking(limit=200)
    deep = (first[-1].at - rows * 7.2, "desk3", 1)
    person = first[0].person_hash
    # By its hash: what the key makes of an id is of no matter here.
    team.key.hash_person = lambda _key: person  # type: ignore[method-assign]
    _print_times("the newest 200", team, lambda one: one.audit.list_entries.blocking(limit=200))
    _print_times(
        "200 from the middle", team, lambda t: t.audit.list_entries.blocking(before=deep, limit=200)
    )
    _print_times(
        "one customer's", team, lambda one: one.audit.list_entries.blocking(people=["x"], limit=200)
    )
    _print_times("others' newest 200", team, _read_others)
    begun = time.monotonic()
    team.desks.list_all.blocking()
    print(f"  the desks with their counts: {(time.monotonic() - begun) * 1000:.0f} ms")
    for store in stores:
        store.close()


def _read_others(team: TeamStore) -> tuple[TeamEntry, ...]:
    return team.audit.list_entries.blocking(without_own=True, limit=200)


def _print_times(
    name: str, team: TeamStore, read: Callable[[TeamStore], tuple[TeamEntry, ...]]
) -> None:
    times = []
    for _ in range(_TRIES):
        begun = time.perf_counter()
        found = read(team)
        times.append((time.perf_counter() - begun) * 1000)
    middle, worst = statistics.median(times), max(times)
    print(f"  {name} ({len(found)} rows): {middle:.1f} ms, worst {worst:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _YEAR_OF_ROWS)

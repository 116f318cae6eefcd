"""The record handed in to the team store: each row once, whatever ends the hand-over."""

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.connect import team_audit_upload
from desktop.model.team_address import parse_team_address
from desktop.store.team.team_errors import TeamStoreAway, TeamStoreRefused
from desktop.store.team.team_store import TeamStore, build_team_store
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.child_processes import ROOT
from tests.support.fresh_store import open_fresh_store
from tests.support.postgres_server import PostgresServer
from tests.support.team_process import hand_in, join_team, open_joined, write_edits

Desk = tuple[WorkspaceStore, TeamStore, Path]


@pytest.fixture
def make_desk(tmp_path: Path, dsn: str) -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def make(name: str, rows: int = 0) -> Desk:
        store = open_fresh_store(tmp_path / name)
        write_edits(store, rows)
        opened.append((store, join_team(store, dsn, name), tmp_path / name))
        return opened[-1]

    yield make
    for store, team, _folder in opened:
        team.close()
        store.close()


def handed(postgres: PostgresServer, database: str) -> list[tuple[object, ...]]:
    return postgres.execute("SELECT desk, seq, hash FROM fairlead.audit", database)


def test_rows_are_handed_in_once_and_in_batches(
    make_desk: Callable[..., Desk],
    postgres: PostgresServer,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(team_audit_upload, "BATCH_ROWS", 2)
    store, team, _ = make_desk("d1", 5)
    assert store.team.count_unhanded.blocking() == 5
    assert hand_in(store, team) == 5
    assert hand_in(store, team) == 0
    assert store.team.count_unhanded.blocking() == 0
    write_edits(store, 1)
    assert hand_in(store, team) == 1
    rows = handed(postgres, database)
    assert len(rows) == 6
    assert {(seq, known) for _, seq, known in rows} == set(
        store.team.list_hashes.blocking().items()
    )


def test_rows_that_are_there_already_stay_once(
    make_desk: Callable[..., Desk], postgres: PostgresServer, database: str
) -> None:
    store, team, _ = make_desk("d1", 3)
    rows = store.team.list_unhanded.blocking(0, 10)
    team.audit.hand_in.blocking(rows[:2])
    # As the second of two processes of a desk, which has read the same.
    team.audit.hand_in.blocking(rows)
    assert Counter(seq for _, seq, _ in handed(postgres, database)) == Counter((1, 2, 3))


@pytest.mark.parametrize("point", ["read", "handed in", "noted"])
def test_killed_hand_over_leaves_each_row_there_once(
    make_desk: Callable[..., Desk], postgres: PostgresServer, database: str, dsn: str, point: str
) -> None:
    store, team, folder = make_desk("d1", 4)
    command = [sys.executable, "-m", "tests.support.team_process", "hand-in", folder, dsn, point]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    hand_in(store, team)
    assert Counter(seq for _, seq, _ in handed(postgres, database)) == Counter(range(1, 5))


def test_two_processes_of_one_desk_hand_in_at_once(
    make_desk: Callable[..., Desk], postgres: PostgresServer, database: str, dsn: str
) -> None:
    _store, _team, folder = make_desk("d1", 300)
    command = [sys.executable, "-m", "tests.support.team_process", "hand-in", folder, dsn, ""]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    for one in both:
        one.communicate(timeout=60)
    assert [one.returncode for one in both] == [0, 0]
    assert Counter(seq for _, seq, _ in handed(postgres, database)) == Counter(range(1, 301))


def test_restored_copy_goes_on_as_another_desk_from_where_both_agree(
    make_desk: Callable[..., Desk],
    postgres: PostgresServer,
    database: str,
    dsn: str,
    tmp_path: Path,
) -> None:
    store, team, folder = make_desk("d1", 3)
    hand_in(store, team)
    store.close()
    shutil.copytree(folder, tmp_path / "copy")
    store = open_store(folder)
    write_edits(store, 2)
    hand_in(store, team)
    store.close()
    restored, team = open_joined(tmp_path / "copy", dsn)
    write_edits(restored, 4)
    assert hand_in(restored, team) == 4
    rows = handed(postgres, database)
    assert Counter(desk for desk, *_ in rows)["d1"] == 5
    assert len(rows) == 9
    assert len({known for *_, known in rows}) == 9
    membership = restored.team.get.blocking()
    assert membership is not None
    assert membership.desk_id != "d1"
    again, newer = open_joined(tmp_path / "copy", dsn)
    assert hand_in(again, newer) == 0
    for each in (team, newer, again, restored):
        each.close()


@pytest.mark.parametrize("kept", [0, 2])
def test_rows_that_a_restored_backup_lacks_are_handed_in_again(
    kept: int, make_desk: Callable[..., Desk], postgres: PostgresServer, database: str
) -> None:
    store, team, _ = make_desk("d1", 4)
    assert hand_in(store, team) == 4
    team.leases.acquire.blocking("vip", "p1", "Ada")
    postgres.execute("UPDATE fairlead.sync_lease SET memory_desk = desk", database)
    before = handed(postgres, database)
    # As after a restore of the database from when it had so many of them, or none.
    postgres.execute(f"DELETE FROM fairlead.audit WHERE seq > {kept}", database)  # noqa: S608
    assert hand_in(store, team) == 4 - kept
    assert sorted(handed(postgres, database)) == sorted(before)
    # What a sync has remembered since is handed in as a whole by its next run.
    assert not team.leases.list_all.blocking()[0].has_memory
    assert hand_in(store, team) == 0


def test_entries_are_read_by_page_and_by_customer(make_desk: Callable[..., Desk]) -> None:
    store, team, _ = make_desk("d1", 3)
    other, theirs, _ = make_desk("d2")
    write_edits(other, 2, target="c" * 24)
    hand_in(store, team)
    hand_in(other, theirs)
    first = team.audit.list_entries.blocking(limit=3)
    rest = team.audit.list_entries.blocking(limit=3, before=first[-1].place)
    assert [(one.desk, one.seq) for one in (*first, *rest)] == [
        ("d2", 2), ("d2", 1), ("d1", 3), ("d1", 2), ("d1", 1),
    ]  # fmt: skip
    assert {one.actor for one in first} == {"Ada"}
    found = team.audit.list_entries.blocking(people=["C" * 24, "nobody@x.example"])
    assert [(one.desk, one.seq) for one in found] == [("d2", 2), ("d2", 1)]
    assert team.audit.list_entries.blocking(people=["c" * 24], without_own=True) == found
    assert theirs.audit.list_entries.blocking(people=["c" * 24], without_own=True) == ()


def test_nothing_of_a_customer_is_in_the_team_store(
    make_desk: Callable[..., Desk], postgres: PostgresServer, database: str
) -> None:
    store, team, _ = make_desk("d1", 1)
    hand_in(store, team)
    ((dump,),) = postgres.execute(
        "SELECT string_agg(audit::text, ' ') FROM fairlead.audit", database
    )
    assert "Ada" in str(dump)
    for word in ("b" * 24, "maria", "lopez", "Lisbon", "moved"):
        assert word not in str(dump)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit SET actor = 'Eve' WHERE seq = 2", [("d1", 2)]),
        ("UPDATE audit SET kind = 'none' WHERE seq = 2", [("d1", 2)]),
        ("UPDATE audit SET person_hash = '' WHERE seq = 3", [("d1", 3)]),
        ("DELETE FROM audit WHERE seq = 2", [("d1", 3)]),
        ("UPDATE audit SET team_proof = 'x' WHERE seq = 1", [("d1", 1)]),
        ("UPDATE audit SET desk = 'd2' WHERE seq = 1", [("d2", 1)]),
        ("SELECT 1", []),
    ],
)
def test_change_of_the_record_by_the_databases_owner_shows(
    make_desk: Callable[..., Desk],
    postgres: PostgresServer,
    database: str,
    change: str,
    broken: list[tuple[str, int]],
) -> None:
    store, team, _ = make_desk("d1", 3)
    make_desk("d2")
    hand_in(store, team)
    postgres.execute(f"SET search_path TO fairlead; {change}", database)
    assert team.audit.find_broken.blocking() == (3 - ("DELETE" in change), broken)
    shown = {one.seq for one in team.audit.list_entries.blocking() if not one.is_proven}
    assert shown == {seq for _, seq in broken if "DELETE" not in change}


def test_row_that_does_not_continue_its_desk_is_refused(
    make_desk: Callable[..., Desk], database: str
) -> None:
    store, team, _ = make_desk("d1", 4)
    rows = store.team.list_unhanded.blocking(0, 10)
    team.audit.hand_in.blocking(rows[:1])
    with pytest.raises(TeamStoreRefused, match="Entry 3 does not follow"):
        team.audit.hand_in.blocking(rows[2:])
    assert team.audit.find_newest_own.blocking() == (1, rows[0]["hash"])


def test_offline_rows_wait_and_are_handed_in_once_it_is_back(
    make_desk: Callable[..., Desk], postgres: PostgresServer, database: str, dsn: str
) -> None:
    store, team, _ = make_desk("d1", 2)
    away = build_team_store(parse_team_address(dsn.replace(f":{postgres.port}/", ":1/")), "d1")
    with pytest.raises(TeamStoreAway):
        hand_in(store, away)
    away.close()
    write_edits(store, 1)
    assert store.team.count_unhanded.blocking() == 3
    assert hand_in(store, team) == 3

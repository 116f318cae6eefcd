"""`fairlead data refresh` killed in between: the next one goes on from the page that was stored."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.cli_command import FairleadCommand
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import create_workspace_home

_DATA_TABLES = (
    "person", "person_address", "person_tag", "person_field", "organization",
    "ticket", "ticket_tag", "ticket_text", "rating",
)  # fmt: skip
_HISTORY_TABLES = ("counted_ticket", "ticket_count", "counted_rating", "rating_count")


@pytest.fixture
def many_people() -> Iterator[SandboxServers]:
    servers = SandboxServers("--customers", "2500")
    yield servers
    servers.stop()


def test_data_refresh_killed_goes_on_without_loss(
    tmp_path: Path, many_people: SandboxServers
) -> None:
    fairlead = computer(tmp_path / "killed" / "home", many_people)
    many_people.control("POST", "speed", {"latency_ms": 25})
    stored = [kill_after(fairlead, pages) for pages in (2, 3, 4)]
    assert len(set(stored)) == 3, "every time the same page"
    many_people.clear_faults()
    done = fairlead("data", "refresh", "--json")
    assert done.exit_code == 0, done
    assert all(source["complete"] for source in done.json["everybody"]["sources"])
    resumed = contents(fairlead.home)
    other = computer(tmp_path / "other" / "home", many_people)
    assert other("data", "refresh").exit_code == 0
    in_one_go = contents(other.home)
    assert len(in_one_go["ticket"]) > 1000
    for table in (*_DATA_TABLES, *_HISTORY_TABLES):
        assert resumed[table] == in_one_go[table], table


def computer(home: Path, servers: SandboxServers) -> FairleadCommand:
    """Return the command line of a computer that is to keep everybody's data."""
    home.parent.mkdir()
    create_workspace_home(home, servers.connection_document)
    fairlead = FairleadCommand(home, servers.connection_document, keyring=False)
    assert fairlead("data", "on").exit_code == 0
    return fairlead


def kill_after(fairlead: FairleadCommand, pages: int) -> str:
    """Refresh, kill the process while it reads on after some pages; return the last one's line."""
    with fairlead.start("data", "refresh", "--progress", "jsonl") as child:
        assert child.stdout is not None
        line = ""
        for _ in range(pages):
            line = child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert '"source"' in line
    return line


def contents(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of everybody's tables, in order; numbers of tags as their words."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for file, tables in (("data.db", _DATA_TABLES), ("history.db", _HISTORY_TABLES)):
        (path,) = home.rglob(file)
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for table in tables:
                found[table] = sorted(database.execute(_select(table)), key=repr)
    return found


def _select(table: str) -> str:
    if table == "person_tag":
        return "SELECT name, person_id FROM person_tag JOIN tag ON tag.id = tag_id"
    if table == "ticket_tag":
        return "SELECT name, requester, ticket_id FROM ticket_tag JOIN tag ON tag.id = tag_id"
    return f"SELECT * FROM {table}"  # noqa: S608 - one of the names above

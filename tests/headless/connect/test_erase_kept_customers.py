"""What signing out, disconnecting and “forget” erase: no file of the mirror holds a canary."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desktop.connect.local_databases import LocalDatabases
from desktop.kit.errors import StorageError
from desktop.model.exported_profile import ExportedProfile
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store import sqlite_database
from desktop.store.feed_repository import TICKETS_FEED, USERS_FEED, list_feed_name
from desktop.store.workspace_store import open_store

CANARY = "canary-7f3a"


def _fill(folder: Path) -> None:
    """A kept customer and all three feeds, enough of them to fill freed pages."""
    store = open_store(folder)
    people = [ZendeskUser(id=n, name=f"{CANARY} {n}", email=f"{CANARY}{n}@b.example")
              for n in range(1, 400)]  # fmt: skip
    store.customer_cache.save_user.blocking(people[0], 1.0)
    for name in (USERS_FEED, TICKETS_FEED, list_feed_name("News")):
        store.feeds.begin_reading.blocking(name, 1.0)
    store.feeds.save_users.blocking(people, "c")
    store.feeds.save_tickets.blocking(
        [ExportedTicket(n, f"{CANARY} {n}", "open", None, n, 1.0, 2.0) for n in range(1, 400)], "c"
    )
    store.feeds.save_profiles.blocking(
        "News",
        [ExportedProfile(sid=f"{CANARY}{n}", vars={"note": CANARY}) for n in range(1, 400)],
        "r",
    )
    store.close()


def _files_with_canary(folder: Path) -> list[str]:
    return [
        path.name
        for path in folder.iterdir()
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


async def test_forget_erases_customers_and_every_feed_from_all_files(tmp_path: Path) -> None:
    _fill(tmp_path)
    assert _files_with_canary(tmp_path) == ["mirror.db"]
    await LocalDatabases(tmp_path).forget_customers()
    assert _files_with_canary(tmp_path) == []


async def test_forget_with_a_reader_is_not_called_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "_BUSY_TIMEOUT_S", 0.02)
    _fill(tmp_path)
    with closing(sqlite3.connect(tmp_path / "mirror.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM feed_user").fetchone()
        with pytest.raises(StorageError):
            await LocalDatabases(tmp_path).forget_customers()
    await LocalDatabases(tmp_path).forget_customers()
    assert _files_with_canary(tmp_path) == []

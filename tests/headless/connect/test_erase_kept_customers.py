"""What signing out and Erase erase: no file of the workspace holds a canary, and no run goes on."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from desktop.connect import local_data_service
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import ConflictError, StorageError
from desktop.model.exported_profile import ExportedProfile
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.settings.file_lock import hold_lock
from desktop.settings.workspace import Workspace
from desktop.store import sqlite_database
from desktop.store.mirror_feed_repository import TICKETS_FEED, USERS_FEED, list_feed_name
from desktop.store.workspace_store import open_store

CANARY = "canary-7f3a"


def _fill(folder: Path, at: Callable[[], object] = lambda: None) -> None:
    """A kept customer and all three feeds, enough of them to fill freed pages.

    `at` is called while the file is open, and may open it too: its log stays behind then.
    """
    store = open_store(folder)
    at()
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


def _files_with_canary(*folders: Path) -> list[str]:
    return sorted(
        path.name
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    )


def _local_databases(folder: Path) -> LocalDataService:
    return LocalDataService(Workspace("main", "0" * 32, folder))


def test_erase_leaves_no_canary_in_any_file(tmp_path: Path) -> None:
    """Database, log, shared memory, a mirror that was put aside, and the folder for temp files."""
    folder, temporary = tmp_path / "workspace", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    (folder / "mirror.db.damaged-20260101-000000").write_text(CANARY)
    local, others = _local_databases(folder), []

    def open_beside() -> None:
        others.append(sqlite3.connect(folder / "mirror.db"))
        others[0].execute("SELECT count(*) FROM feed").fetchone()

    _fill(folder, at=open_beside)
    found = _files_with_canary(tmp_path)
    assert {"mirror.db-wal", "mirror.db.damaged-20260101-000000"} <= set(found)
    assert asyncio.run(local.summarize_kept()).records == 3 * 399
    code = (
        "import asyncio, sys; from pathlib import Path;"
        "from desktop.connect.local_data_service import LocalDataService as L;"
        "from desktop.settings.workspace import Workspace as W;"
        "asyncio.run(L(W('main', '0' * 32, Path(sys.argv[1]))).erase_kept())"
    )
    environ = {**os.environ, "TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", code, str(folder)], env=environ, check=True)
    assert _files_with_canary(tmp_path) == []
    assert asyncio.run(local.summarize_kept()).is_nothing
    others[0].close()


async def test_erase_with_a_reader_is_not_called_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "_BUSY_TIMEOUT_S", 0.02)
    _fill(tmp_path)
    with closing(sqlite3.connect(tmp_path / "mirror.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM feed_user").fetchone()
        with pytest.raises(StorageError):
            await _local_databases(tmp_path).erase_kept()
    await _local_databases(tmp_path).erase_kept()
    assert _files_with_canary(tmp_path) == []


async def test_erase_stops_a_run_first_and_does_nothing_where_it_does_not_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(tmp_path)
    store = open_store(tmp_path)
    run = store.runs.begin.blocking("one", "manual", "Ada", 1.0)
    lock = tmp_path / "sync-one.lock"
    local = _local_databases(tmp_path)
    monkeypatch.setattr(local_data_service, "_RUN_STOP_S", 0.1)
    async with hold_lock(lock, limit_s=0.0):
        with pytest.raises(ConflictError, match="does not stop"):
            await local.erase_kept()
    assert store.runs.is_cancel_requested.blocking(run.id)
    assert _files_with_canary(tmp_path) != []
    monkeypatch.setattr(local_data_service, "_RUN_STOP_S", 10.0)
    async with hold_lock(lock, limit_s=0.0):
        erasing = asyncio.create_task(local.erase_kept())
        await asyncio.sleep(0.2)
        assert _files_with_canary(tmp_path) != []
    await erasing
    assert _files_with_canary(tmp_path) == []
    store.close()


def test_retention_drops_opened_customers_and_no_row_that_a_sync_compares(tmp_path: Path) -> None:
    _fill(tmp_path)
    store = open_store(tmp_path)
    before = store.sheet_reader.summarize_kept.blocking()
    store.customer_cache.delete_not_opened_since.blocking(9e9)
    after = store.sheet_reader.summarize_kept.blocking()
    store.close()
    assert (before.customers, after.customers) == (1, 0)
    assert before.records == after.records == 3 * 399

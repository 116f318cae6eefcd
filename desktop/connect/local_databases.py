"""Counts of what a workspace keeps on this computer, and the deletion of its kept customers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.model.account import Account
from desktop.store.account_repository import AccountRepository, KeptForAccount
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.store.customer_cache import CustomerCache
from desktop.store.outbox import Outbox
from desktop.store.process_identity import new_owner_id
from desktop.store.sqlite_database import Database


class LocalDatabases:
    """Opens a workspace's two database files for a moment each, always on a thread of its own.

    Settings and setup wizard work before a workspace has a store, and on one that is being closed:
    the window's own connections stay as they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def count_open_edits(self) -> int:
        """Count the edits that wait to be sent."""
        return await asyncio.to_thread(self._count_open_edits)

    async def count_customers(self) -> int:
        """Count the customers that can be shown without a connection."""
        return await asyncio.to_thread(self._count_cached_customers)

    async def forget_customers(self) -> None:
        """Erase every customer and feed kept here; waiting edits and the record of changes stay.

        Raises StorageError where another process keeps it from being complete.
        """
        await asyncio.to_thread(self._erase_mirror)

    async def read_account(self) -> tuple[Account | None, tuple[str, ...]]:
        """The account whose records are kept here, and some profiles it is known to have."""
        return await asyncio.to_thread(self._read_account)

    async def count_kept(self) -> KeptForAccount:
        """Count what a move of the workspace to another account would drop."""
        return await asyncio.to_thread(self._count_kept)

    async def move_to_account(self, account: Account, now: float) -> None:
        """Drop what was kept for the former account, and keep for `account` from now on."""
        await asyncio.to_thread(self._move_to_account, account, now)

    def _read_account(self) -> tuple[Account | None, tuple[str, ...]]:
        with self._open_fairlead() as database:
            if database is None:
                return None, ()
            accounts = AccountRepository(database)
            return accounts.get_current.blocking(), accounts.list_remembered_sids.blocking()

    def _move_to_account(self, account: Account, now: float) -> None:
        with self._open_fairlead() as database:
            if database is not None:
                AccountRepository(database).move.blocking(account, now)
        self._erase_mirror()

    def _count_kept(self) -> KeptForAccount:
        with self._open_fairlead() as database:
            if database is None:
                return KeptForAccount()
            return AccountRepository(database).count_kept.blocking()

    def _count_open_edits(self) -> int:
        with self._open_fairlead() as database:
            return 0 if database is None else Outbox(database, new_owner_id()).count_open.blocking()

    @contextmanager
    def _open_fairlead(self) -> Iterator[Database | None]:
        """The workspace's `fairlead.db`, or None where there is none."""
        # SQLite would create the file, and a folder without a workspace would look like one.
        if not (self._folder / "fairlead.db").exists():
            yield None
            return
        database = Database(self._folder / "fairlead.db", "fairlead", synchronous="FULL")
        try:
            yield database
        finally:
            database.close()

    def _count_cached_customers(self) -> int:
        if not (self._folder / "mirror.db").exists():
            return 0
        reader = CachedSheetReader(self._folder / "fairlead.db", self._folder / "mirror.db")
        try:
            return reader.count_customers.blocking()
        finally:
            reader.close()

    def _erase_mirror(self) -> None:
        if not (self._folder / "mirror.db").exists():
            return
        database = Database(self._folder / "mirror.db", "mirror", synchronous="NORMAL")
        try:
            CustomerCache(database).erase_all.blocking()
        finally:
            database.close()

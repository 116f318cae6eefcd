"""What this workspace keeps on this computer, counted and forgotten on wish."""

import asyncio
import math
from pathlib import Path
from typing import TypeVar

from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.store.customer_cache import CustomerCache
from desktop.store.outbox import Outbox
from desktop.store.process_identity import new_owner_id
from desktop.store.sqlite_database import Database

T = TypeVar("T")


class LocalDatabases:
    """Opens the two files for a moment each: the window's own connections stay as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def count_open_edits(self) -> int:
        """How many changes wait."""
        if not (self._folder / "fairlead.db").exists():
            return 0
        database = Database(self._folder / "fairlead.db", "fairlead", synchronous="FULL")
        try:
            return Outbox(database, new_owner_id()).count_open.blocking()
        finally:
            database.close()

    async def count_customers(self) -> int:
        """How many customers can be read without a connection."""
        return await asyncio.to_thread(self._count_cached_customers)

    async def forget_customers(self, before: float = math.inf) -> int:
        """Forget customers last opened before then, else all; returns how many records went.

        What waits to be sent, and the record of changes, stay.
        """
        return await asyncio.to_thread(self._purge_customers, before)

    def _count_cached_customers(self) -> int:
        if not (self._folder / "mirror.db").exists():
            return 0
        reader = CachedSheetReader(self._folder / "fairlead.db", self._folder / "mirror.db")
        try:
            return reader.count_customers.blocking()
        finally:
            reader.close()

    def _purge_customers(self, before: float) -> int:
        database = Database(self._folder / "mirror.db", "mirror", synchronous="NORMAL")
        try:
            # SQLite has no infinity in every comparison: the year 9999 will do.
            return CustomerCache(database).delete_not_opened_since.blocking(
                min(before, 253_402_300_799.0)
            )
        finally:
            database.close()

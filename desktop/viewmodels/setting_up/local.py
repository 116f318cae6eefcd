"""What this workspace keeps on this computer, counted and forgotten on wish."""

import asyncio
import math
from pathlib import Path
from typing import TypeVar

from desktop.store.database import Database
from desktop.store.mirror import Mirror
from desktop.store.outbox import Outbox
from desktop.store.owner import own_identity
from desktop.store.reading import Reader

T = TypeVar("T")


class LocalData:
    """Opens the two files for a moment each: the window's own connections stay as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open_count(self) -> int:
        """How many changes wait."""
        if not (self._folder / "fairlead.db").exists():
            return 0
        database = Database(self._folder / "fairlead.db", "fairlead", synchronous="FULL")
        try:
            return Outbox(database, own_identity()).open_count()
        finally:
            database.close()

    async def customer_count(self) -> int:
        """How many customers can be read without a connection."""
        return await asyncio.to_thread(self._count)

    async def forget_customers(self, before: float = math.inf) -> int:
        """Forget customers last opened before then, else all; returns how many records went.

        What waits to be sent, and the record of changes, stay.
        """
        return await asyncio.to_thread(self._forget, before)

    def _count(self) -> int:
        if not (self._folder / "mirror.db").exists():
            return 0
        reader = Reader(self._folder / "fairlead.db", self._folder / "mirror.db")
        try:
            return reader.kept_count()
        finally:
            reader.close()

    def _forget(self, before: float) -> int:
        database = Database(self._folder / "mirror.db", "mirror", synchronous="NORMAL")
        try:
            # SQLite has no infinity in every comparison: the year 9999 will do.
            return Mirror(database).purge(min(before, 253_402_300_799.0))
        finally:
            database.close()

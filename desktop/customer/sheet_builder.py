"""Builds one customer's sheet while a look-up runs: each part that arrives is shown at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, StorageError
from desktop.model.customer_sheet import CustomerSheet, SheetPart, SheetPartState, is_stale
from desktop.model.lookup_query import LookupQuery
from desktop.store.customer_cache import CustomerCache
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

OnSheet = Callable[[CustomerSheet], None]


class SheetBuilder:
    """The sheet of one look-up, which both services' halves fill, and the cache they save to.

    Parts are named by the sheet's fields: `user`, `profile`, `tickets`, `lists`, `user_fields`, `sell`.
    """

    def __init__(
        self,
        query: LookupQuery,
        store: WorkspaceStore,
        clock: Clock,
        on_sheet: OnSheet,
        is_connection_current: Callable[[], bool],
        keep_after: "asyncio.Future[None] | None" = None,
    ) -> None:
        """`is_connection_current`: whether a look-up's clients are still this workspace's.

        `keep_after`: until this has ended well nothing is saved, and nothing at all if it fails.
        """
        self.store = store
        self._is_connection_current = is_connection_current
        self._keep_after = keep_after
        self._saving: list[asyncio.Future[None]] = []
        self._clock = clock
        self._on_sheet = on_sheet
        self._sheet = CustomerSheet(query)

    @property
    def sheet(self) -> CustomerSheet:
        """The customer's sheet as far as the look-up has built it."""
        return self._sheet

    @property
    def query(self) -> LookupQuery:
        """The query of the look-up that builds this sheet."""
        return self._sheet.query

    @property
    def cache(self) -> CustomerCache:
        """Where a look-up's answers are kept for the next one."""
        return self.store.customer_cache

    def publish(self, sheet: CustomerSheet) -> None:
        """Replace the whole sheet of the look-up and show it."""
        self._sheet = sheet
        self._on_sheet(sheet)

    def update(self, **changes: Any) -> None:
        """Replace fields of the look-up's sheet and show it."""
        self.publish(replace(self._sheet, **changes))

    def set_read(self, part: str, value: object, **changes: Any) -> None:
        """Show a part of the sheet as just read, with other `changes` of the sheet."""
        self.update(**{part: SheetPart(value, SheetPartState.READ, self.now())}, **changes)

    def set_absent(self, *parts: str, **changes: Any) -> None:
        """Show parts of the sheet as not there; older values of them go."""
        absent: SheetPart[Any] = SheetPart(state=SheetPartState.ABSENT)
        self.update(**dict.fromkeys(parts, absent), **changes)

    def set_failed(self, error: AppError, *parts: str) -> None:
        """Show parts of the sheet as failed to read; older values stay, with their age."""
        failed = {
            part: replace(getattr(self._sheet, part), state=SheetPartState.FAILED, error=error)
            for part in parts
        }
        self.update(**failed)

    async def refresh_catalogue(
        self,
        part: str,
        ask: Callable[[], Awaitable[tuple[object, ...]]],
        save: Callable[..., object],
    ) -> None:
        """Read the account's lists or user fields anew for the sheet, after five minutes."""
        now = self.now()
        if not is_stale(getattr(self._sheet, part), now):
            return
        try:
            found = await ask()
        except AppError as error:
            self.set_failed(error, part)
            return
        self.set_read(part, found)
        await self.save_in_background(save, found, now)

    def now(self) -> float:
        """The look-up's time for ages on the sheet, in Unix seconds."""
        return self._clock.now()

    async def save_in_background(
        self, save: Callable[..., object], *args: object, **kwargs: object
    ) -> None:
        """Start saving a look-up's answer: showing it does not wait for the disk, the end does."""
        self._saving.append(asyncio.ensure_future(self._save(save, *args, **kwargs)))

    async def wait_until_saved(self) -> None:
        """Wait until all of the look-up's answers are saved."""
        saving, self._saving = self._saving, []
        await asyncio.gather(*saving)

    async def _save(self, save: Callable[..., object], *args: object, **kwargs: object) -> None:
        if self._keep_after is not None:
            await asyncio.wait([self._keep_after])
            if self._keep_after.cancelled() or self._keep_after.exception() is not None:
                return
        # A full disk must not take the sheet away.
        try:
            await self.store.run(self._save_if_current, save, *args, **kwargs)
        except StorageError as error:
            log.warning("What was read could not be kept: %s", error.title)

    def _save_if_current(
        self, save: Callable[..., object], *args: object, **kwargs: object
    ) -> None:
        # Asked in the database thread, where signing out erases the cache: an answer that comes
        # in afterwards must not fill it again.
        if self._is_connection_current():
            save(*args, **kwargs)

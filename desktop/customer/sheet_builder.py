"""The sheet under construction: every arriving part makes a newer one, shown at once."""

import asyncio
import logging
from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.kit.errors import StorageError
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.lookup_query import LookupQuery
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

OnSheet = Callable[[CustomerSheet], None]


class SheetBuilder:
    """What the two sides of one look-up write on, and where they keep what they read."""

    def __init__(
        self,
        query: LookupQuery,
        store: WorkspaceStore,
        clock: Clock,
        on_sheet: OnSheet,
        stands: Callable[[], bool],
    ) -> None:
        """`stands`: whether the connection that is asked is still this workspace's."""
        self.store = store
        self._is_connection_current = stands
        self._saving: list[asyncio.Future[None]] = []
        self._clock = clock
        self._on_sheet = on_sheet
        self._sheet = CustomerSheet(query)

    @property
    def sheet(self) -> CustomerSheet:
        """The newest state."""
        return self._sheet

    def publish(self, sheet: CustomerSheet) -> None:
        """Show a newer state."""
        self._sheet = sheet
        self._on_sheet(sheet)

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now()

    async def save_in_background(
        self, save: Callable[..., object], *args: object, **kwargs: object
    ) -> None:
        """Begin to save for later: nobody's eyes wait for the disk, but the look-up's end does.

        What comes in after signing out is not kept: what was kept has been forgotten just now.
        """
        self._saving.append(asyncio.ensure_future(self._save(save, *args, **kwargs)))

    async def wait_until_saved(self) -> None:
        """Until all of it is saved."""
        saving, self._saving = self._saving, []
        await asyncio.gather(*saving)

    async def _save(self, save: Callable[..., object], *args: object, **kwargs: object) -> None:
        # A full disk must not take the sheet away.
        try:
            await self.store.run(self._save_if_current, save, *args, **kwargs)
        except StorageError as error:
            log.warning("What was read could not be kept: %s", error.title)

    def _save_if_current(
        self, save: Callable[..., object], *args: object, **kwargs: object
    ) -> None:
        # Asked in the store's thread, where forgetting takes its turn too.
        if self._is_connection_current():
            save(*args, **kwargs)

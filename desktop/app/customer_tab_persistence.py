"""Keeps the tabs of the page Customers over a restart, as ids in the workspace's `state.json`."""

import logging
from dataclasses import replace

from PySide6.QtCore import QObject

from desktop.kit.errors import AppError
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query
from desktop.model.service import Service
from desktop.settings.window_state import SavedTab, WindowStateFile
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel
from desktop.viewmodels.qt_timer import create_timer

log = logging.getLogger(__name__)

# Several changes of one click are saved once; a process killed sooner loses them.
_SAVE_DELAY_MS = 250


class CustomerTabPersistence(QObject):
    """Saves the open tabs a moment after each change, and opens them again at the next start."""

    def __init__(
        self, tabs: CustomerTabsModel, file: WindowStateFile, reader: CachedSheetReader
    ) -> None:
        super().__init__()
        self._tabs = tabs
        self._file = file
        self._reader = reader
        self._saved: tuple[SavedTab, ...] | None = None  # None: not read yet, nothing is saved
        self._timer = create_timer(self, _SAVE_DELAY_MS, self._save)
        tabs.changed.connect(self._on_changed)

    async def restore(self) -> None:
        """Open the saved tabs, of customers who are kept on this computer still."""
        saved = self._file.read().tabs
        targets = {tab: _target(tab) for tab in saved}
        try:
            kept = await self._reader.list_opened_ids([id_ for _, id_ in targets.values()])
            names = await self._reader.list_customer_names(list(targets.values()))
        except AppError as error:
            # Looking up says what is wrong with the store; the tabs may be there next time.
            log.info("The open tabs were not restored: %s", error.title)
            return
        self._saved = saved
        self._tabs.restore(
            [(tab, names.get(targets[tab], "")) for tab in saved if targets[tab][1] in kept]
        )

    def close(self) -> None:
        """Save the customer tabs of the last moment; later changes are not saved."""
        if self._timer.isActive():
            self._timer.stop()
            self._save()
        self._saved = None

    def _on_changed(self) -> None:
        if self._saved is not None and self._tabs.saved_tabs() != self._saved:
            self._timer.start()

    def _save(self) -> None:
        self._saved = self._tabs.saved_tabs()
        self._file.write(replace(self._file.read(), tabs=self._saved))


def _target(tab: SavedTab) -> tuple[Service, str]:
    query = parse_lookup_query(tab.query)
    is_user = query.kind is LookupQueryKind.ZENDESK_ID
    return (Service.ZENDESK if is_user else Service.SAILTHRU), query.value

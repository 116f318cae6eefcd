"""Watches the databases for the customer tabs: edits that wait, and customers erased."""

from collections.abc import Callable, Iterable

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.store.cached_sheet_reader import CachedSheetReader
from desktop.viewmodels.customer.customer_tab import CustomerTab
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry


class CustomerTabWatcher:
    """Counts the waiting edits of each tab, and tells the tabs whose customer is kept no more."""

    def __init__(
        self,
        sheet: CustomerSheetModel,
        reader: CachedSheetReader,
        bus: ChangeBus,
        list_tabs: Callable[[], Iterable[CustomerTab]],
        on_look: Callable[[list[CustomerTab]], None],
    ) -> None:
        """`on_look` gets the tabs of erased customers, mostly none, after each look."""
        self._reader = reader
        self._list_tabs = list_tabs
        self._on_look = on_look
        self._tasks = TaskRegistry(sheet.failed.emit)
        sheet.lookup_finished.connect(self._start_look)
        self._unsubscribe = bus.subscribe(self._on_changes)

    async def close(self) -> None:
        """Stop watching the databases for the tabs, and wait for the look under way."""
        self._unsubscribe()
        await self._tasks.close()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.CUSTOMER, Topic.OUTBOX):
            self._start_look()

    def _start_look(self) -> None:
        self._tasks.start("look", self._look())

    async def _look(self) -> None:
        tabs = list(self._list_tabs())
        sheets = [(tab, tab.customer.sheet) for tab in tabs]
        targets = [(tab, sheet.target_ids) for tab, sheet in sheets if sheet is not None]
        counts = await self._reader.count_open_edits([i for _, ids in targets for i in ids])
        for tab, ids in targets:
            tab.pending_count = sum(counts.get(one, 0) for one in ids)
        kept = await self._reader.list_opened_ids([i for t in tabs for i in t.customer.record_ids])
        erased = []
        for tab in tabs:
            if kept.intersection(tab.customer.record_ids):
                tab.kept_number = tab.customer.number
            elif tab.kept_number == tab.customer.number:
                # Another customer in the same tab is kept once the look-up of them has ended.
                erased.append(tab)
        self._on_look(erased)

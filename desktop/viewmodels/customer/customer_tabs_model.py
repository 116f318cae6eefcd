"""View-model of the tabs on the page Customers: who is open, in which order, where Follow opens."""

import itertools
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.settings.window_state import MAX_TABS, SavedTab
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.customer.customer_tab import CustomerTab
from desktop.viewmodels.customer.customer_tab_view import CustomerTabView, build_tab_view
from desktop.viewmodels.customer.customer_tab_watcher import CustomerTabWatcher
from desktop.viewmodels.customer.open_customer import OpenCustomer
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel

# Closed tabs that can be opened again, with what was half-typed in them.
_MAX_CLOSED = 10


class CustomerTabsModel(QObject):
    """The open tabs, pinned ones first; the sheet model shows the customer of the current one.

    Looking somebody up replaces the current tab's customer, but never a pinned one and never
    one with half-typed input: then a new tab is opened.
    """

    changed = Signal()
    tab_closed = Signal(int, str)  # key and name of a tab closed over half-typed input
    customer_erased = Signal()  # a tab was closed since its customer is kept here no more

    def __init__(self, sheet: CustomerSheetModel, store: WorkspaceStore, bus: ChangeBus) -> None:
        super().__init__()
        self._sheet = sheet
        self._keys = itertools.count(1)
        self._tabs = [CustomerTab(next(self._keys), sheet.current)]
        self._current = self._tabs[0]
        self._following: CustomerTab | None = None
        self._is_following = False
        self._closed: list[CustomerTab] = []
        sheet.changed.connect(self._tell_changed)
        sheet.tabs_affected.connect(self._tell_changed)
        sheet.viewing_ended.connect(self.close_all)
        self._watcher = CustomerTabWatcher(
            sheet, store.sheet_reader, bus, self._all_tabs, self._on_look
        )

    @property
    def tabs(self) -> Sequence[CustomerTab]:
        """The open tabs from first to last; there is always one, which may be empty."""
        return tuple(self._tabs)

    @property
    def current(self) -> CustomerTab:
        """The customer tab whose customer the sheet shows now."""
        return self._current

    @property
    def following(self) -> CustomerTab | None:
        """The tab in which Follow Zendesk opens customers; None: its next one gets a new tab."""
        return self._following

    @property
    def is_used(self) -> bool:
        """Whether anybody was looked up since this start; restored tabs do not count."""
        return any(tab.was_looked_up for tab in self._tabs)

    @property
    def is_row_needed(self) -> bool:
        """Whether the row of tabs says anything; with Follow Zendesk on it is there at once.

        A tab that comes by itself then moves nothing under the pointer.
        """
        return len(self._tabs) > 1 or self._current.is_pinned or self._is_following

    def views(self) -> tuple[CustomerTabView, ...]:
        """Build the views of all customer tabs in the row."""
        return tuple(
            build_tab_view(
                tab.key,
                tab.customer,
                tab.saved_name,
                pending_count=self._pending_count(tab),
                is_current=tab is self._current,
                is_pinned=tab.is_pinned,
                is_following=tab is self._following and self._is_following,
            )
            for tab in self._tabs
        )

    # Looking up.

    def open_text(self, text: str) -> None:
        """Look up what was typed into the window; emits the sheet's `failed` for no query."""
        self._open_typed(text, in_new_tab=False)

    def open_in_new_tab(self, text: str) -> None:
        """Look up what was typed into the window in a tab of its own, and show it."""
        self._open_typed(text, in_new_tab=True)

    def follow_ticket(self, ticket: int) -> bool:
        """Open the requester of a ticket viewed in Zendesk in the tab that follows.

        A pinned tab or one with half-typed input is left as it is, and a new tab follows from then
        on. Returns whether the tab is in front: over half-typed input it stays behind.
        """
        tab = self._following
        if tab is None or not tab.is_replaceable:
            tab = self._current if self._current.is_empty else self._add_tab()
            if tab is None:
                return True
            self._following = tab
        stays_behind = tab is not self._current and self._current.customer.has_unsaved_input
        query = LookupQuery(LookupQueryKind.TICKET, str(ticket))
        self._open(tab, query, in_front=not stays_behind)
        return not stays_behind

    @property
    def is_nobody_looked_up(self) -> bool:
        """Whether the tab that follows holds nobody, or only whom the last start left in it."""
        tab = self._following
        return self._current.is_empty if tab is None else not tab.was_looked_up

    def set_following(self, on: bool) -> None:
        """Mark the tab in which Follow Zendesk opens customers, or no tab once it is off."""
        self._is_following = on
        if on and self._following is None and not self._current.is_pinned:
            self._following = self._current
        self._tell_changed()

    @property
    def follow_refusal(self) -> str:
        """Say why Follow Zendesk cannot open customers in the tab in front, or ""."""
        if not self._is_following:
            return "Follow Zendesk is off."
        if self._current.is_pinned:
            return "A pinned tab keeps its customer. Unpin it first."
        return "It does already." if self._current is self._following else ""

    def follow_here(self) -> None:
        """Have Follow Zendesk open customers in the tab in front from now on."""
        if not self.follow_refusal:
            self._following = self._current
            self._tell_changed()

    # Tabs.

    def add_empty_tab(self) -> None:
        """Show a tab without a customer: the one that there is, else a new one."""
        empty = next((tab for tab in self._tabs if tab.is_empty), None) or self._add_tab()
        if empty is not None:
            self.show_tab(empty.key)

    def show_tab(self, key: int) -> None:
        """Bring one customer's tab to the front."""
        tab = self._find(key)
        if tab is not None and tab is not self._current:
            self._current = tab
            self._sheet.show_customer(tab.customer)
            self._tell_changed()

    def show_customer(self, number: int) -> bool:
        """Bring the customer of this number to the front; False: they are open no more."""
        for tab in self._tabs:
            if tab.customer.number == number:
                self.show_tab(tab.key)
                return True
        return False

    def show_next(self, steps: int) -> None:
        """Bring the tab so many places further to the front, round the ends of the row."""
        place = self._tabs.index(self._current)
        self.show_tab(self._tabs[(place + steps) % len(self._tabs)].key)

    def show_place(self, place: int) -> None:
        """Bring the tab at a place, counted from 0, to the front."""
        if place < len(self._tabs):
            self.show_tab(self._tabs[place].key)

    def move_tab(self, key: int, place: int) -> None:
        """Move a tab to a place, counted from 0; pinned tabs stay before the others."""
        tab = self._find(key)
        if tab is None:
            return
        self._tabs.remove(tab)
        pinned = sum(each.is_pinned for each in self._tabs)
        low, high = (0, pinned) if tab.is_pinned else (pinned, len(self._tabs))
        self._tabs.insert(min(max(place, low), high), tab)
        self._tell_changed()

    def move_current(self, steps: int) -> None:
        """Move the tab in front by so many places."""
        self.move_tab(self._current.key, max(self._tabs.index(self._current) + steps, 0))

    def set_pinned(self, key: int, pinned: bool) -> None:
        """Pin a tab, which puts it among the first and keeps its customer, or unpin it."""
        tab = self._find(key)
        if tab is None or tab.is_pinned is pinned or tab.is_empty:
            return
        tab.is_pinned = pinned
        if pinned and tab is self._following:
            self._following = None
        self.move_tab(key, self._tabs.index(tab))

    def close_refusal(self, key: int) -> str:
        """Say why a tab cannot be closed, or ""."""
        tab = self._find(key)
        if tab is None or (len(self._tabs) == 1 and tab.is_empty):
            return "No customer is open."
        return "This tab is pinned. Unpin it first." if tab.is_pinned else ""

    def close_tab(self, key: int) -> None:
        """Close a tab unless it is pinned; `reopen_tab` brings it back with what was half-typed."""
        tab = self._find(key)
        if tab is None or self.close_refusal(key):
            return
        if tab.is_empty:
            self._remove(tab)
            return
        had_input = tab.customer.has_unsaved_input
        name = self._name(tab)
        self._remove(tab)
        self._closed = [*self._closed, tab][-_MAX_CLOSED:]
        self._tell_changed()
        if had_input:
            self.tab_closed.emit(tab.key, name)

    @property
    def can_reopen(self) -> bool:
        """Whether a closed tab can be opened again."""
        return bool(self._closed)

    def reopen_tab(self, key: int | None = None) -> None:
        """Open a closed tab again, by default the one closed last, as it was left."""
        wanted = [tab for tab in self._closed if key in (None, tab.key)]
        if not wanted or not self._has_room():
            return
        tab = wanted[-1]
        self._closed.remove(tab)
        tab.customer.is_outdated = True
        self._append(tab)
        self._show_for_empty(tab)

    def close_all(self) -> None:
        """Close every tab for good, pinned ones too: signed out, nobody stays open."""
        if self._current.is_empty and len(self._all_tabs()) == 1:
            return
        self._closed.clear()
        self._following = None
        for tab in [tab for tab in self._tabs if tab is not self._current]:
            self._drop(tab)
        self._current.is_pinned, self._current.saved_name = False, ""
        self._sheet.close_sheet()
        self._tell_changed()

    def saved_tabs(self) -> tuple[SavedTab, ...]:
        """Return the tabs as a restart brings them back; who was not found is not among them."""
        rows = {
            query: SavedTab(
                query, tab.is_pinned, tab is self._following, is_current=tab is self._current
            )
            for tab in reversed(self._tabs)
            if (query := tab.customer.record_query)
        }
        return tuple(reversed(rows.values()))

    def restore(self, tabs: Sequence[tuple[SavedTab, str]]) -> None:
        """Open the tabs of the last start, each with the customer's name.

        Nobody is looked up until their tab is shown. Who was looked up meanwhile stays in front.
        """
        current: CustomerTab | None = None
        for saved, name in tabs[: MAX_TABS - len(self._tabs)]:
            customer = OpenCustomer(query=parse_lookup_query(saved.query))
            tab = CustomerTab(next(self._keys), customer, saved.is_pinned, name)
            self._append(tab)
            if saved.is_following and not saved.is_pinned:
                self._following = tab
            current = tab if saved.is_current else current
        self._tabs.sort(key=lambda tab: not tab.is_pinned)
        if current is not None and self._current.is_empty:
            self._show_for_empty(current)
        self._tell_changed()

    def open_ids(self) -> tuple[str, ...]:
        """Return the Zendesk user ids and sids of the open customers, which count as opened."""
        return tuple(i for tab in self._tabs for i in tab.customer.record_ids)

    async def close(self) -> None:
        """Stop listening, and wait for what the tabs read."""
        await self._watcher.close()

    def _open_typed(self, text: str, *, in_new_tab: bool) -> None:
        try:
            query = parse_lookup_query(text)
        except AppError as error:
            self._sheet.failed.emit(error)
            return
        if (found := self._find_open(query)) is not None:
            self.show_tab(found.key)
            self._sheet.refresh()
            return
        tab: CustomerTab | None = self._current
        if not self._current.is_empty and (in_new_tab or not self._current.is_replaceable):
            tab = self._add_tab()
        if tab is not None:
            self._open(tab, query, in_front=True)

    def _open(self, tab: CustomerTab, query: LookupQuery, *, in_front: bool) -> None:
        tab.saved_name, tab.was_looked_up = "", True
        if in_front:
            # Told with the first answer, which stands there some milliseconds later.
            self._current = tab
            self._sheet.open_query_in_front(query, tab.customer)
        else:
            self._sheet.open_query(query, tab.customer)
            self._tell_changed()

    def _append(self, tab: CustomerTab) -> None:
        self._tabs.append(tab)
        self._sheet.open_customers.append(tab.customer)

    def _show_for_empty(self, tab: CustomerTab) -> None:
        """Bring a tab to the front, in place of the current one if nobody is open in that."""
        before = self._current
        self.show_tab(tab.key)
        if before.is_empty:
            self._drop(before)

    def _find_open(self, query: LookupQuery) -> CustomerTab | None:
        """Return the tab of the customer whom a query names for sure: nobody is open twice."""
        return next((tab for tab in self._tabs if tab.is_named_by(query)), None)

    def _has_room(self) -> bool:
        if len(self._tabs) < MAX_TABS:
            return True
        self._sheet.failed.emit(
            InvalidInput(
                f"{MAX_TABS} customers are open already.",
                "Nobody would find one more in the row of tabs.",
                "Close a tab with Ctrl+W, then try again.",
            )
        )
        return False

    def _add_tab(self) -> CustomerTab | None:
        if not self._has_room():
            return None
        tab = CustomerTab(next(self._keys), OpenCustomer())
        # Beside the tab it was opened from, but after the pinned ones.
        pinned = sum(each.is_pinned for each in self._tabs)
        self._tabs.insert(max(self._tabs.index(self._current) + 1, pinned), tab)
        self._sheet.open_customers.append(tab.customer)
        return tab

    def _remove(self, tab: CustomerTab, *, keeps_input: bool = True) -> None:
        """Take a tab out of the row, where another one comes to the front if need be."""
        place = self._tabs.index(tab)
        self._tabs.remove(tab)
        if not self._tabs:
            self._append(CustomerTab(next(self._keys), OpenCustomer()))
        if tab is self._current:
            self._current = self._tabs[min(place, len(self._tabs) - 1)]
            self._sheet.show_customer(self._current.customer, keeps_input=keeps_input)
        if tab is self._following:
            self._following = None
        self._sheet.open_customers.remove(tab.customer)
        self._tell_changed()

    def _drop(self, tab: CustomerTab) -> None:
        """Take a tab out of the row for good, with everything known and typed of its customer."""
        self._remove(tab, keeps_input=False)
        self._sheet.forget(tab.customer)

    def _find(self, key: int) -> CustomerTab | None:
        return next((tab for tab in self._tabs if tab.key == key), None)

    def _name(self, tab: CustomerTab) -> str:
        return next(view.title for view in self.views() if view.key == tab.key)

    def _pending_count(self, tab: CustomerTab) -> int:
        sheet = tab.customer.sheet
        if tab is self._current and sheet is not None:
            return len(sheet.pending_edits)
        return tab.pending_count

    def _tell_changed(self) -> None:
        self.changed.emit()

    def _all_tabs(self) -> list[CustomerTab]:
        """Return the open tabs and those that can be opened again."""
        return [*self._tabs, *self._closed]

    def _on_look(self, erased: list[CustomerTab]) -> None:
        for tab in erased:
            self._close_erased(tab)
        self._tell_changed()

    def _close_erased(self, tab: CustomerTab) -> None:
        for owner in tab.customer.record_ids:
            self._sheet.drafts.forget(owner)
        if tab in self._closed:
            self._closed.remove(tab)
            self._sheet.forget(tab.customer)
            return
        self._drop(tab)
        self.customer_erased.emit()

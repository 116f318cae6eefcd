"""View-model of the customer sheet: looks customers up, refreshes them, tells the panels."""

import itertools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.customer.customer_lookup import CustomerLookup, relevant_ticket
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput, NotPermitted
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import EditState
from desktop.model.lookup_query import LookupQuery, parse_lookup_query
from desktop.model.team import Colleague, TeamEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.customer.customer_context import CustomerContext, read_display_settings
from desktop.viewmodels.customer.event_entry import EventEntry
from desktop.viewmodels.customer.lists_view import ListDetailsView, build_list_details
from desktop.viewmodels.customer.open_customer import OpenCustomer
from desktop.viewmodels.customer.printed_sheet import PrintedSheet, build_printed_sheet
from desktop.viewmodels.customer.reason_drafts import ReasonDrafts
from desktop.viewmodels.customer.sheet_edits import SheetEdits, is_outdated
from desktop.viewmodels.qt_timer import AGE_REFRESH_MS, create_timer
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

log = logging.getLogger(__name__)

ReadTeamEntries = Callable[[Sequence[str]], Awaitable[tuple[TeamEntry, ...]]]

_COUNTDOWN_MS = 1000
# Parts of one customer that arrive almost together are drawn together.
_BATCH_PAINT_MS = 3
# Of a customer nothing is kept of, the questions are sent before the empty panels are drawn.
_FIRST_PAINT_DELAY_MS = 12


class CustomerSheetModel(QObject):
    """The customer sheet's model; `context` is what panels are built from.

    The one sheet shows one of `open_customers`, the tabs' customers; the others go on behind it.
    """

    changed = Signal()
    about_to_replace = Signal()  # the customer shown is about to be replaced, or to go behind
    customer_opened = Signal()  # another customer than before
    tabs_affected = Signal()  # half-typed input came or went, or a customer behind has changed
    lookup_finished = Signal()  # of a customer in front or behind: all is answered and kept
    viewing_ended = Signal()  # signed out, or not allowed any more: nobody may stay open
    failed = Signal(object)  # AppError, to be told beside its cause

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        lookup: CustomerLookup,
        editor: EditService,
        undo: UndoService,
        store: WorkspaceStore,
        bus: ChangeBus,
        clock: Clock,
        read_team_entries: ReadTeamEntries | None = None,
    ) -> None:
        """`read_team_entries` asks what other desks of the team recorded of these ids."""
        super().__init__()
        self._read_team_entries = read_team_entries
        self._workspace = workspace
        self._lookup = lookup
        self._store = store
        self._clock = clock
        self.tasks = TaskRegistry(self.failed.emit)
        self._numbers = itertools.count(1)
        self._current = OpenCustomer()
        self.open_customers = [self._current]
        self._signed_in = False
        # Only while the panels are told of a change: all of them then show one moment.
        self._published_context: CustomerContext | None = None
        self.edits = SheetEdits(self, workspace, editor, undo, store, clock)
        self.drafts = ReasonDrafts(store, clock, self.tasks, lambda: self._current.draft_owner)
        self._unsubscribe = bus.subscribe(self._on_changes)
        self._publish_timer = QTimer(self)
        self._publish_timer.setSingleShot(True)
        # The coarse timer may be late by 5 %, and by a whole frame for times this short.
        self._publish_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._publish_timer.timeout.connect(self.publish_views)
        # The seconds that a waiting change still has are counted down.
        self._countdown_timer = create_timer(self, _COUNTDOWN_MS, self._on_countdown)
        self._age_timer = create_timer(self, AGE_REFRESH_MS, self._on_age_timer, repeats=True)
        self._age_timer.start()

    @property
    def current(self) -> OpenCustomer:
        """The customer whom the sheet shows, or is about to show."""
        return self._current

    @property
    def sheet(self) -> CustomerSheet | None:
        """The sheet of the customer shown in the window, or None before the first one."""
        return self._current.sheet

    @property
    def customer_number(self) -> int:
        """Number of the customer shown: answers of an older look-up are not shown."""
        return self._current.number

    @property
    def is_shown(self) -> bool:
        """Whether the customer sheet's panels show this customer already."""
        return self._current.is_shown

    @property
    def is_loading(self) -> bool:
        """Whether the sheet model is asking a service, for the panels' loading state."""
        return self._current.is_loading

    @property
    def has_unsaved_input(self) -> bool:
        """Whether something is half-typed on the customer sheet: then nothing may replace it."""
        return self._current.has_unsaved_input

    def set_unsaved_input(self, holder: str, unsaved: bool) -> None:
        """Note that a panel or dialog of the sheet has half-typed input, or has it no more."""
        sources = self._current.unsaved_input_sources
        if unsaved is (holder in sources):
            return
        if unsaved:
            sources.add(holder)
        else:
            sources.discard(holder)
        self.tabs_affected.emit()

    def keep_input(self, holder: str, value: object) -> None:
        """Keep what a panel holds half-typed while its customer is in a tab behind another."""
        self._current.kept_input[holder] = value

    def take_kept_input(self, holder: str) -> object | None:
        """Return what `keep_input` kept for a panel of the customer shown, once; else None."""
        return self._current.kept_input.pop(holder, None)

    def is_looking_up(self, customer: OpenCustomer | None = None) -> bool:
        """Whether a look-up of the customer, by default the one shown, is under way."""
        return self.tasks.is_running(f"lookup {id(customer or self._current)}")

    def context(self) -> CustomerContext:
        """Return what the customer panels' views are built from. Raises InvalidInput without sheet.

        The suggested ticket is the one the sheet was opened from, else the newest unsolved one.
        """
        if self._published_context is not None:
            return self._published_context
        sheet = self._current.sheet
        if sheet is None:
            raise InvalidInput("No customer is open.")
        ticket = relevant_ticket(sheet)
        return CustomerContext(
            sheet,
            read_display_settings(self._workspace),
            self._workspace.actor,
            self._workspace.rules,
            self._clock.now(),
            self._current.audit,
            ticket.id if ticket is not None else None,
            self._current.expanded_panels,
            self._workspace.service_states,
            self._current.events,
            self._current.team_entries,
            self._current.colleagues,
        )

    def list_details(self, name: str) -> ListDetailsView:
        """Build the view of one list for the customer on the sheet. Raises InvalidInput, AppError.

        Blocking: a workspace has a dozen syncs.
        """
        return build_list_details(self.context(), name, self._store.syncs.list_all.blocking())

    def print_refusal(self) -> str:
        """Say why the sheet cannot be printed or saved as PDF now, or ""."""
        sheet = self.sheet
        if sheet is None or not sheet.is_found or not self.is_shown:
            return "No customer is open."
        return "" if sheet.is_complete else "The customer is still being read."

    def printed_sheet(self) -> PrintedSheet:
        """Build what is printed of the sheet. Raises InvalidInput, NotPermitted."""
        self.require_view_right()
        if reason := self.print_refusal():
            raise InvalidInput("The customer cannot be printed.", reason)
        return build_printed_sheet(self.context())

    def require_view_right(self) -> None:
        """Raise NotPermitted where the person at work may not see the sheet's customer now."""
        allowed = check_view_permission(self._workspace)
        if not allowed.is_allowed:
            raise NotPermitted("The customer cannot be printed.", allowed.reason)

    def toggle_all_rows(self, panel: str) -> None:
        """Show all rows of a customer panel, or its first ones again."""
        self._current.expanded_panels ^= {panel}
        self.publish_views()

    def open_text(self, text: str) -> None:
        """Look up what was typed into the window; emits `failed` for text that is no query."""
        try:
            query = parse_lookup_query(text)
        except AppError as error:
            self.failed.emit(error)
            return
        self.open_query(query)

    def open_query(self, query: LookupQuery, customer: OpenCustomer | None = None) -> None:
        """Look up a query for the sheet's panels, or for a customer in a tab behind them.

        An older look-up of the same tab is cancelled.
        """
        decision = check_view_permission(self._workspace)
        if not decision.is_allowed:
            self.failed.emit(InvalidInput("Looking customers up is not allowed.", decision.reason))
            return
        customer = customer or self._current
        if customer is self._current and customer.sheet is not None:
            self.about_to_replace.emit()
        customer.kept_input.clear()
        customer.number = next(self._numbers)
        customer.query, customer.is_opened = query, False
        customer.is_shown = False
        customer.audit, customer.events, customer.team_entries = (), (), ()
        customer.colleagues = ()
        customer.expanded_panels = frozenset()
        self._start_lookup(customer, self._look_up(customer, query, new=True))

    def show_customer(self, customer: OpenCustomer, *, keeps_input: bool = True) -> None:
        """Show a customer of another tab on the sheet; what is half-typed stays with its customer.

        `keeps_input`: False for a tab that is closed for good.
        """
        if customer is self._current:
            return
        self._put_in_front(customer, keeps_input=keeps_input)
        self._reread_outdated(customer)
        self.customer_opened.emit()
        self.publish_views()
        if customer.query is not None and customer.sheet is None:
            # Of a tab restored after a start nothing has been asked yet.
            if not self.is_looking_up(customer):
                self.open_query(customer.query)
        elif customer.sheet is not None:
            self._start_audit(customer)
            # Closed while it was looked up, a tab is opened again without its answers.
            is_unfinished = customer.is_loading and not self.is_looking_up(customer)
            is_old = is_outdated(customer.sheet, self._clock.now()) and not customer.is_loading
            if is_unfinished or is_old:
                self.refresh()

    def open_query_in_front(self, query: LookupQuery, customer: OpenCustomer) -> None:
        """Look up a query for another tab and show it at its first answer, with no page between."""
        if customer is not self._current:
            self._put_in_front(customer, keeps_input=True)
        self.open_query(query, customer)

    def _put_in_front(self, customer: OpenCustomer, *, keeps_input: bool) -> None:
        before = self._current
        if keeps_input and before.sheet is not None:
            self.about_to_replace.emit()
        # What counts from now on is what the panels have kept.
        before.unsaved_input_sources.clear()
        before.is_shown = customer.is_shown = False
        self._current = customer

    def refresh(self) -> None:
        """Refresh the sheet's panels from all services, also one that has signed us out.

        For the customer shown, or for the one who is being opened.
        """
        if self._current.query is not None:
            self._workspace.retry_sign_in()
            self._start_lookup(self._current, self.reread())

    async def reread(self, customer: OpenCustomer | None = None) -> None:
        """Refresh a customer, by default the one shown, from all services, and wait for it."""
        customer = customer or self._current
        if customer.query is not None:
            await self._look_up(customer, customer.query, new=not customer.is_opened)

    def close_sheet(self) -> None:
        """Close the customer sheet: the page Customers shows nobody."""
        self.forget(self._current)
        self.publish_views()

    def forget(self, customer: OpenCustomer) -> None:
        """Forget a tab's customer, with the look-up under way and what was half-typed."""
        self.tasks.cancel(f"lookup {id(customer)}")
        self.tasks.cancel(f"audit {id(customer)}")
        customer.number = next(self._numbers)
        customer.query = customer.sheet = None
        customer.audit, customer.events, customer.team_entries = (), (), ()
        customer.colleagues = ()
        customer.unsaved_input_sources.clear()
        customer.kept_input.clear()

    def show_colleagues(self, found: Mapping[str, tuple[Colleague, ...]]) -> None:
        """Show who has the open customers open at other desks, by the customers' ids."""
        for customer in self.open_customers:
            sheet = customer.sheet
            ids = sheet.target_ids if sheet is not None else ()
            # The same colleague is told under each of the customer's ids.
            here = {(one.name, one.desk_name): one for id_ in ids for one in found.get(id_, ())}
            if customer.colleagues != (now := tuple(here.values())):
                customer.colleagues = now
                if customer is self._current and customer.is_shown:
                    self.publish_views()

    def link_profile(self, sid: str) -> None:
        """Show this profile on the sheet for the Zendesk user from now on; Sailthru is not told."""
        sheet = self._current.sheet
        if self._current.is_shown and sheet is not None and sheet.user.value is not None:
            self.tasks.start("link", self._link(sheet.user.value.id, sid))

    def unlink_profile(self) -> None:
        """Undo `link_profile`: the sheet's profile is the one at the user's address again."""
        sheet = self._current.sheet
        if self._current.is_shown and sheet is not None and sheet.user.value is not None:
            self.tasks.start("link", self._unlink(sheet.user.value.id))

    def publish_views(self) -> None:
        """Have all customer panels show what is known now, at the same moment."""
        self._publish_timer.stop()
        self._current.is_shown = True
        self._published_context = None
        sheet = self._current.sheet
        if sheet is not None:
            self._published_context = self.context()
            if any(e.state is EditState.WAITING for e in sheet.pending_edits):
                self._countdown_timer.start()
        try:
            self.changed.emit()
        finally:
            self._published_context = None

    async def close(self) -> None:
        """Save the sheet's half-typed reasons, then cancel its look-ups and wait for their end."""
        self.about_to_replace.emit()
        await self.tasks.wait_for_prefix("draft ")
        self._age_timer.stop()
        self._countdown_timer.stop()
        self._publish_timer.stop()
        self._unsubscribe()
        await self.tasks.close()

    def _start_lookup(self, customer: OpenCustomer, lookup: Coroutine[Any, Any, None]) -> None:
        self.tasks.start(f"lookup {id(customer)}", lookup)

    def _start_audit(self, customer: OpenCustomer) -> None:
        self.tasks.start(f"audit {id(customer)}", self._read_audit(customer))

    async def _look_up(self, customer: OpenCustomer, query: LookupQuery, *, new: bool) -> None:
        first, opening = new, customer.number

        def show(sheet: CustomerSheet) -> None:
            nonlocal first
            if customer.number != opening:
                return
            before = customer.sheet
            if not new and before is not None and before.query == sheet.query:
                sheet = _keep_shown_parts(before, sheet)
            customer.sheet = sheet
            is_first, first = first, False
            if is_first:
                customer.is_opened = True
            if customer is self._current:
                self._show_answer(customer, sheet, is_first=is_first)
            else:
                self.tabs_affected.emit()

        try:
            await self._lookup.look_up_query(query, show)
        except AppError:
            if customer.number == opening and not customer.is_opened:
                # Refused before anything was shown: whoever is on show stays open.
                customer.query = customer.sheet.query if customer.sheet is not None else None
                customer.is_opened = customer.sheet is not None
                if customer is self._current and not customer.is_opened:
                    # A new tab stays, empty: until now the panels show whom it was opened over.
                    self.customer_opened.emit()
                    self.publish_views()
            raise
        if customer is self._current:
            self._start_audit(customer)
        self.lookup_finished.emit()

    def _show_answer(self, customer: OpenCustomer, sheet: CustomerSheet, *, is_first: bool) -> None:
        if is_first:
            self.customer_opened.emit()
            self._start_audit(customer)
            customer.is_shown = False
            if sheet.is_found:
                self.publish_views()
            else:
                self._publish_timer.start(_FIRST_PAINT_DELAY_MS)
        elif sheet.is_complete:
            self.publish_views()
        elif _is_nothing_known_yet(sheet):
            # Lists and fields alone show nowhere, and the answers that matter are on their way.
            pass
        elif not self._publish_timer.isActive():
            self._publish_timer.start(_BATCH_PAINT_MS)

    async def _read_audit(self, customer: OpenCustomer) -> None:
        sheet, opening = customer.sheet, customer.number
        if sheet is None:
            return
        if sheet.target_ids:
            rows = await self._store.audit.list_entries(targets=sheet.target_ids, limit=100)
            events = await self._read_events(sheet)
            is_new = (rows, events) != (customer.audit, customer.events)
            if is_new and customer.number == opening:
                customer.audit, customer.events = rows, events
                if customer is self._current:
                    self.publish_views()
            await self._read_other_desks(customer)

    async def _read_other_desks(self, customer: OpenCustomer) -> None:
        sheet, opening = customer.sheet, customer.number
        if self._read_team_entries is None or sheet is None:
            return
        entries = await self._read_team_entries(sheet.target_ids)
        if entries != customer.team_entries and customer.number == opening:
            customer.team_entries = entries
            if customer is self._current:
                self.publish_views()

    async def _read_events(self, sheet: CustomerSheet) -> tuple[EventEntry, ...]:
        user = sheet.user.value
        if user is None:
            return ()
        # Imported here: the window is painted without the reader of events.
        from desktop.viewmodels.customer.event_entries import MAX_EVENTS, build_event_entries

        found = self._store.events.list_of_person
        return build_event_entries(await found(user.id, user.external_id or "", MAX_EVENTS))

    async def _link(self, person: int, sid: str) -> None:
        save, now = self._store.drafts_and_links.save_link.blocking, self._clock.now()
        customer, opening = self._current, self._current.number
        await self._store.run(save, person, sid, self._workspace.actor.name, now)
        if customer.number == opening:
            await self.reread(customer)

    async def _unlink(self, person: int) -> None:
        customer, opening = self._current, self._current.number
        await self._store.drafts_and_links.delete_link(person)
        if customer.number == opening:
            await self.reread(customer)

    def _on_changes(self, changes: ChangeSet) -> None:
        signed_in = self._workspace.clients.zendesk is not None
        is_signed_out = self._signed_in and not signed_in
        self._signed_in = signed_in
        if is_signed_out or not check_view_permission(self._workspace).is_allowed:
            # Nobody stays on the screen: what is kept is erased, or is not for this person now.
            self.viewing_ended.emit()
            if self._current.sheet is not None:
                self.close_sheet()
        if changes.has_any(Topic.CUSTOMER, Topic.OUTBOX, Topic.AUDIT):
            for customer in self.open_customers:
                customer.is_outdated = customer is not self._current
            self.tasks.start("reread", self._reread_from_store())
        elif self._current.sheet is not None and changes.has_any(Topic.PERMISSIONS, Topic.SETTINGS):
            self.publish_views()

    async def _reread_from_store(self) -> None:
        self.edits.report_settled_edits()
        customer = self._current
        if customer.sheet is None:
            return
        customer.sheet = self._store.sheet_reader.refresh_sheet.blocking(customer.sheet)
        if customer.is_shown:
            self.publish_views()
        created = _has_created_profile(customer)
        await self._read_audit(customer)
        sheet = customer.sheet
        if _has_created_profile(customer) and not created and sheet and sheet.profile.value is None:
            self._start_lookup(customer, self.reread(customer))

    def _reread_outdated(self, customer: OpenCustomer) -> None:
        """Read from the databases what has changed while the customer was behind another tab."""
        if customer.is_outdated and customer.sheet is not None:
            try:
                reader = self._store.sheet_reader
                customer.sheet = reader.refresh_sheet.blocking(customer.sheet)
            except AppError as error:
                self.failed.emit(error)
                return
        customer.is_outdated = False

    def _on_countdown(self) -> None:
        sheet = self._current.sheet
        if sheet is not None and sheet.pending_edits:
            self.publish_views()

    def _on_age_timer(self) -> None:
        sheet = self._current.sheet
        if sheet is None:
            return
        parts = (sheet.profile, sheet.user, sheet.tickets)
        if not self.is_loading and any(p.error is not None and p.error.is_retryable for p in parts):
            # "It is tried again": a part that failed for a passing reason.
            self.refresh()
        self.publish_views()


def _has_created_profile(customer: OpenCustomer) -> bool:
    return any(row.kind == "create" and row.result == "done" for row in customer.audit)


def _is_nothing_known_yet(sheet: CustomerSheet) -> bool:
    asked = SheetPartState.LOADING
    return not sheet.is_found and asked in (sheet.user.state, sheet.profile.state)


def _keep_shown_parts(before: CustomerSheet, sheet: CustomerSheet) -> CustomerSheet:
    """Keep the sheet's parts on screen while they are read again, until the new answers come."""
    profile, person = sheet.profile, sheet.user
    if profile.value is None and profile.state is SheetPartState.LOADING:
        profile = replace(before.profile, state=SheetPartState.LOADING)
    if person.value is None and person.state is SheetPartState.LOADING:
        person = replace(before.user, state=SheetPartState.LOADING)
    matched = sheet.matched_by or before.matched_by
    others = sheet.other_profiles or (() if sheet.is_complete else before.other_profiles)
    ticket = sheet.ticket or before.ticket
    return replace(
        sheet,
        profile=profile,
        user=person,
        matched_by=matched,
        other_profiles=others,
        ticket=ticket,
    )

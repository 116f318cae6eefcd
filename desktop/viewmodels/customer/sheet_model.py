"""View-model of the customer sheet: looks customers up, refreshes them, tells the panels."""

import logging
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.customer.customer_lookup import CustomerLookup, relevant_ticket
from desktop.customer.edit_factory import find_create_obstacle
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import EditKind, EditState
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.model.permission import Permission, check_permission
from desktop.store.audit_log import AuditEntry
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.customer.customer_context import CustomerContext, read_display_settings
from desktop.viewmodels.customer.lists_view import ListDetailsView, build_list_details
from desktop.viewmodels.customer.reason_drafts import ReasonDrafts
from desktop.viewmodels.customer.sheet_edits import SheetEdits
from desktop.viewmodels.qt_timer import AGE_REFRESH_MS, create_timer
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission

log = logging.getLogger(__name__)

_COUNTDOWN_MS = 1000
# Parts of one customer that arrive almost together are drawn together.
_BATCH_PAINT_MS = 3
# Of a customer nothing is kept of, the questions are sent before the empty panels are drawn.
_FIRST_PAINT_DELAY_MS = 12


class CustomerSheetModel(QObject):
    """The customer sheet's model; `context` is what panels are built from."""

    changed = Signal()
    about_to_replace = Signal()  # the customer shown is about to be replaced
    customer_opened = Signal()  # another customer than before
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
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._lookup = lookup
        self._store = store
        self._clock = clock
        self.tasks = TaskRegistry(self.failed.emit)
        self._query: LookupQuery | None = None  # the newest; its first answer may still be missing
        self._is_opened = False  # the sheet is the one of that query
        self._sheet: CustomerSheet | None = None
        self._audit: tuple[AuditEntry, ...] = ()
        self._customer_number = 0  # grows with every customer opened
        self._is_shown = False
        self._unsaved_input_sources: set[str] = set()  # names of panels and dialogs
        self._signed_in = False
        self._expanded_panels: frozenset[str] = frozenset()
        # Only while the panels are told of a change: all of them then show one moment.
        self._published_context: CustomerContext | None = None
        self.edits = SheetEdits(self, workspace, editor, undo, store, clock)
        self.drafts = ReasonDrafts(store, clock, self.tasks, self._draft_owner)
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
    def sheet(self) -> CustomerSheet | None:
        """The sheet of the customer shown in the window, or None before the first one."""
        return self._sheet

    @property
    def customer_number(self) -> int:
        """Number of the customer shown: answers of an older look-up are not shown."""
        return self._customer_number

    @property
    def is_shown(self) -> bool:
        """Whether the customer sheet's panels show this customer already."""
        return self._is_shown

    @property
    def is_loading(self) -> bool:
        """Whether the sheet model is asking a service, for the panels' loading state."""
        return self._sheet is not None and not self._sheet.is_complete

    @property
    def has_unsaved_input(self) -> bool:
        """Whether something is half-typed on the customer sheet: then nothing may replace it."""
        return bool(self._unsaved_input_sources)

    def set_unsaved_input(self, holder: str, unsaved: bool) -> None:
        """Note that a panel or dialog of the sheet has half-typed input, or has it no more."""
        if unsaved:
            self._unsaved_input_sources.add(holder)
        else:
            self._unsaved_input_sources.discard(holder)

    def context(self) -> CustomerContext:
        """Return what the customer panels' views are built from. Raises InvalidInput without sheet.

        The suggested ticket is the one the sheet was opened from, else the newest unsolved one.
        """
        if self._published_context is not None:
            return self._published_context
        if self._sheet is None:
            raise InvalidInput("No customer is open.")
        ticket = relevant_ticket(self._sheet)
        return CustomerContext(
            self._sheet,
            read_display_settings(self._workspace),
            self._workspace.actor,
            self._workspace.rules,
            self._clock.now(),
            self._audit,
            ticket.id if ticket is not None else None,
            self._expanded_panels,
            self._workspace.service_states,
        )

    def list_details(self, name: str) -> ListDetailsView:
        """Build the view of one list for the customer on the sheet. Raises InvalidInput, AppError.

        Blocking: a workspace has a dozen syncs.
        """
        return build_list_details(self.context(), name, self._store.syncs.list_all.blocking())

    def toggle_all_rows(self, panel: str) -> None:
        """Show all rows of a customer panel, or its first ones again."""
        self._expanded_panels ^= {panel}
        self.publish_views()

    def can_create_profile(self) -> tuple[bool, str]:
        """Return whether a Sailthru profile may be created for the customer; if not, why."""
        decision = check_permission(Permission.CREATE, self._workspace.actor, self._workspace.rules)
        if not decision.is_allowed:
            return False, decision.reason
        sheet = self._sheet
        if (
            sheet is None
            or sheet.profile.state is not SheetPartState.ABSENT
            or not sheet.is_complete
        ):
            return False, "It is not certain yet that Sailthru has no profile."
        obstacle = find_create_obstacle(sheet)
        if obstacle is not None:
            return False, str(obstacle)
        return True, ""

    def not_found_action(self) -> tuple[str, str]:
        """Return the sheet's next step where nobody was found, and its button text.

        The step is `connect`, `retry`, `create` or none (empty).
        """
        sheet = self._sheet
        if sheet is None or sheet.is_found:
            return "", ""
        if all(p.state is SheetPartState.OFF for p in (sheet.user, sheet.profile)):
            return "connect", "Continue set-up"
        if any(p.state is SheetPartState.FAILED for p in (sheet.user, sheet.profile)):
            return "retry", "Try again"
        allowed, _ = self.can_create_profile()
        waits = any(e.request.kind is EditKind.CREATE for e in sheet.pending_edits)
        if allowed and not waits and sheet.query.kind is LookupQueryKind.EMAIL:
            return "create", "Create a Sailthru profile"
        return "", ""

    def open_text(self, text: str) -> None:
        """Look up what was typed into the window; emits `failed` for text that is no query."""
        try:
            query = parse_lookup_query(text)
        except AppError as error:
            self.failed.emit(error)
            return
        self.open_query(query)

    def open_query(self, query: LookupQuery) -> None:
        """Look up a query for the sheet's panels; an older look-up under way is cancelled."""
        decision = check_view_permission(self._workspace)
        if not decision.is_allowed:
            self.failed.emit(InvalidInput("Looking customers up is not allowed.", decision.reason))
            return
        if self._sheet is not None:
            self.about_to_replace.emit()
        self._customer_number += 1
        self._query, self._is_opened = query, False
        self._is_shown = False
        self._audit = ()
        self._expanded_panels = frozenset()
        self.tasks.start("lookup", self._look_up(query, new=True))

    def refresh(self) -> None:
        """Refresh the sheet's panels from all services, also one that has signed us out.

        For the customer shown, or for the one who is being opened.
        """
        if self._query is not None:
            self._workspace.retry_sign_in()
            self.tasks.start("lookup", self.reread())

    async def reread(self) -> None:
        """Refresh the sheet's panels from all services, and wait for the answers."""
        if self._query is not None:
            await self._look_up(self._query, new=not self._is_opened)

    def close_sheet(self) -> None:
        """Close the customer sheet: the page Customers shows nobody."""
        self.tasks.cancel("lookup")
        self._customer_number += 1
        self._query = self._sheet = None
        self.publish_views()

    def link_profile(self, sid: str) -> None:
        """Show this profile on the sheet for the Zendesk user from now on; Sailthru is not told."""
        sheet = self._sheet
        if self._is_shown and sheet is not None and sheet.user.value is not None:
            self.tasks.start("link", self._link(sheet.user.value.id, sid))

    def unlink_profile(self) -> None:
        """Undo `link_profile`: the sheet's profile is the one at the user's address again."""
        sheet = self._sheet
        if self._is_shown and sheet is not None and sheet.user.value is not None:
            self.tasks.start("link", self._unlink(sheet.user.value.id))

    def publish_views(self) -> None:
        """Have all customer panels show what is known now, at the same moment."""
        self._publish_timer.stop()
        self._is_shown = True
        self._published_context = None
        if self._sheet is not None:
            self._published_context = self.context()
            if any(e.state is EditState.WAITING for e in self._sheet.pending_edits):
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

    def _draft_owner(self) -> str | None:
        if self._sheet is None:
            return None
        profile, user = self._sheet.profile.value, self._sheet.user.value
        if profile is not None:
            return profile.sid
        return str(user.id) if user is not None else None

    async def _look_up(self, query: LookupQuery, *, new: bool) -> None:
        first, opening = new, self._customer_number

        def show(sheet: CustomerSheet) -> None:
            nonlocal first
            if self._customer_number != opening:
                return
            before = self._sheet
            if not new and before is not None and before.query == sheet.query:
                sheet = _keep_shown_parts(before, sheet)
            self._sheet = sheet
            if first:
                first, self._is_opened = False, True
                self.customer_opened.emit()
                self.tasks.start("audit", self._read_audit())
                self._is_shown = False
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

        try:
            await self._lookup.look_up_query(query, show)
        except AppError:
            if self._customer_number == opening and not self._is_opened:
                # Refused before anything was shown: whoever is on show stays open.
                self._query = self._sheet.query if self._sheet is not None else None
                self._is_opened = self._sheet is not None
            raise
        self.tasks.start("audit", self._read_audit())

    async def _read_audit(self) -> None:
        sheet, opening = self._sheet, self._customer_number
        if sheet is None:
            return
        if sheet.target_ids:
            rows = await self._store.audit.list_entries(targets=sheet.target_ids, limit=100)
            if rows != self._audit and self._customer_number == opening:
                self._audit = rows
                self.publish_views()

    async def _link(self, person: int, sid: str) -> None:
        save, now = self._store.drafts_and_links.save_link.blocking, self._clock.now()
        opening = self._customer_number
        await self._store.run(save, person, sid, self._workspace.actor.name, now)
        if self._customer_number == opening:
            await self.reread()

    async def _unlink(self, person: int) -> None:
        opening = self._customer_number
        await self._store.drafts_and_links.delete_link(person)
        if self._customer_number == opening:
            await self.reread()

    def _on_changes(self, changes: ChangeSet) -> None:
        signed_in = self._workspace.clients.zendesk is not None
        is_signed_out = self._signed_in and not signed_in
        may_view = check_view_permission(self._workspace).is_allowed
        if self._sheet is not None and (is_signed_out or not may_view):
            # Nobody stays on the screen: what is kept is erased, or is not for this person now.
            self.close_sheet()
        self._signed_in = signed_in
        if changes.has_any(Topic.CUSTOMER, Topic.OUTBOX, Topic.AUDIT):
            self.tasks.start("reread", self._reread_from_store())
        elif self._sheet is not None and changes.has_any(Topic.PERMISSIONS, Topic.SETTINGS):
            self.publish_views()

    async def _reread_from_store(self) -> None:
        self.edits.report_settled_edits()
        if self._sheet is None:
            return
        self._sheet = self._store.sheet_reader.refresh_sheet.blocking(self._sheet)
        if self._is_shown:
            self.publish_views()
        created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        await self._read_audit()
        now_created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        if now_created and not created and self._sheet and self._sheet.profile.value is None:
            self.refresh()

    def _on_countdown(self) -> None:
        if self._sheet is not None and self._sheet.pending_edits:
            self.publish_views()

    def _on_age_timer(self) -> None:
        if self._sheet is None:
            return
        parts = (self._sheet.profile, self._sheet.user, self._sheet.tickets)
        if not self.is_loading and any(p.error is not None and p.error.is_retryable for p in parts):
            # "It is tried again": a part that failed for a passing reason.
            self.refresh()
        self.publish_views()


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

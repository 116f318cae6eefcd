"""The sheet of one customer: opens and refreshes it, and tells the panels when it has changed."""

import logging
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.customer.edit import Editor
from desktop.customer.lookup import Lookup, ticket_of
from desktop.customer.undo import Undo
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, BadInput
from desktop.model.edit import EditKind
from desktop.model.permission import Permission, check
from desktop.model.query import Query, QueryKind, recognise
from desktop.model.sheet import PartState, Sheet
from desktop.store.audit import AuditRow
from desktop.store.store import Store
from desktop.viewmodels.office import Office
from desktop.viewmodels.sheet_drafts import Drafts
from desktop.viewmodels.sheet_edits import SheetEdits
from desktop.viewmodels.sheet_views import SheetViews
from desktop.viewmodels.tasks import Tasks

log = logging.getLogger(__name__)

_AGES_EVERY_MS = 30_000
# Parts of one customer that arrive almost together are drawn together.
_TOGETHER_MS = 3
# Of a customer nothing is kept of, the questions are sent before the empty panels are drawn.
_ASKING_MS = 12


class SheetModel(QObject):
    """`views` are what panels show, `edits` what people want; `changed`: the views are new."""

    changed = Signal()
    leaving = Signal()  # the customer shown is about to be replaced
    opened = Signal()  # another customer than before
    failed = Signal(object)  # AppError, to be told beside its cause

    def __init__(
        self,
        office: Office,
        lookup: Lookup,
        editor: Editor,
        undo: Undo,
        store: Store,
        bus: Bus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._office = office
        self._lookup = lookup
        self._store = store
        self._clock = clock
        self.tasks = Tasks(self.failed.emit)
        self._sheet: Sheet | None = None
        self._audit: tuple[AuditRow, ...] = ()
        self._opening = 0
        self._told = False
        self._holders: set[str] = set()
        self._signed_in = False
        self.views = SheetViews(office, self._shown, clock)
        self.edits = SheetEdits(self, office, editor, undo, store, clock)
        self.drafts = Drafts(store, clock, self.tasks, self._whose)
        self._unsubscribe = bus.subscribe(self._on_changes)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setTimerType(Qt.TimerType.PreciseTimer)
        self._soon.timeout.connect(self.tell)
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES_EVERY_MS)
        self._ages.timeout.connect(self._on_age)
        self._ages.start()

    @property
    def sheet(self) -> Sheet | None:
        """The customer shown, or None before the first one."""
        return self._sheet

    @property
    def opening(self) -> int:
        """Which customer this is, counted from the start: an older look-up shows nothing more."""
        return self._opening

    @property
    def told(self) -> bool:
        """Whether the panels show this customer already."""
        return self._told

    @property
    def loading(self) -> bool:
        """Whether a service is being asked."""
        return self._sheet is not None and not self._sheet.finished

    @property
    def unsaved(self) -> bool:
        """Whether something is half-typed somewhere: then nothing may replace the sheet."""
        return bool(self._holders)

    def hold(self, holder: str, unsaved: bool) -> None:
        """A panel or dialog has half-typed input, or has it no more."""
        if unsaved:
            self._holders.add(holder)
        else:
            self._holders.discard(holder)

    @property
    def ticket(self) -> int | None:
        """The ticket a form suggests: the one opened from, else the newest unsolved one."""
        if self._sheet is None:
            return None
        ticket = ticket_of(self._sheet)
        return ticket.id if ticket is not None else None

    def show_all(self, panel: str) -> None:
        """Unfold a panel's rest, or fold it again."""
        self.views.fold(panel)
        self.tell()

    def create_verdict(self) -> tuple[bool, str]:
        """Whether a profile may be created here, and if not, why not."""
        verdict = check(Permission.CREATE, self._office.actor, self._office.rules)
        if not verdict.allowed:
            return False, verdict.reason
        sheet = self._sheet
        if sheet is None or sheet.profile.state is not PartState.ABSENT or not sheet.finished:
            return False, "It is not certain yet that Sailthru has no profile."
        return True, ""

    def next_step(self) -> tuple[str, str]:
        """Where nobody was found: `retry` or `create` with the button's words, or nothing."""
        sheet = self._sheet
        if sheet is None or sheet.found:
            return "", ""
        if any(p.state is PartState.FAILED for p in (sheet.person, sheet.profile)):
            return "retry", "Try again"
        allowed, _ = self.create_verdict()
        waits = any(e.intent.kind is EditKind.CREATE for e in sheet.pending)
        if allowed and not waits and sheet.query.kind is QueryKind.EMAIL:
            return "create", "Create a Sailthru profile"
        return "", ""

    def open(self, text: str) -> None:
        """Look somebody up. Whatever cannot be looked up is told by `failed`."""
        try:
            query = recognise(text)
        except AppError as error:
            self.failed.emit(error)
            return
        self.open_query(query)

    def open_query(self, query: Query) -> None:
        """Look somebody up; an older lookup still under way ends."""
        verdict = check(Permission.VIEW, self._office.actor, self._office.rules)
        if not verdict.allowed:
            self.failed.emit(BadInput("Looking customers up is not allowed.", verdict.reason))
            return
        if self._sheet is not None:
            self.leaving.emit()
        self._opening += 1
        self._told = False
        self._audit = ()
        self.views.fold_all()
        self.tasks.start("lookup", self._look_up(query, new=True))

    def refresh(self) -> None:
        """Ask all services again for the customer shown, also one that has signed us out."""
        if self._sheet is not None:
            self._office.let_in()
            self.tasks.start("lookup", self.read_again())

    async def read_again(self) -> None:
        """The same, awaited."""
        if self._sheet is not None:
            await self._look_up(self._sheet.query, new=False)

    def close_sheet(self) -> None:
        """Show nobody."""
        self.tasks.cancel("lookup")
        self._opening += 1
        self._sheet = None
        self.tell()

    def use_other(self, sid: str) -> None:
        """Show this profile for the Zendesk person from now on. Nothing is written to Sailthru."""
        sheet = self._sheet
        if self._told and sheet is not None and sheet.person.value is not None:
            self.tasks.start("link", self._link(sheet.person.value.id, sid))

    def match_by_address(self) -> None:
        """Take that choice back: the profile is the one at the person's address again."""
        sheet = self._sheet
        if self._told and sheet is not None and sheet.person.value is not None:
            self.tasks.start("link", self._unlink(sheet.person.value.id))

    def tell(self) -> None:
        """Have the panels show what is known now."""
        self._soon.stop()
        self._told = True
        self.views.held = None
        if self._sheet is not None:
            self.views.held = self.views.scene()
        try:
            self.changed.emit()
        finally:
            self.views.held = None

    async def close(self) -> None:
        """End what runs."""
        self.leaving.emit()
        await self.tasks.finish("draft ")
        self._ages.stop()
        self._soon.stop()
        self._unsubscribe()
        await self.tasks.close()

    def _shown(self) -> tuple[Sheet, tuple[AuditRow, ...]]:
        if self._sheet is None:
            raise BadInput("No customer is open.")
        return self._sheet, self._audit

    def _whose(self) -> str | None:
        if self._sheet is None:
            return None
        profile = self._sheet.profile.value
        return profile.sid if profile else ""

    async def _look_up(self, query: Query, *, new: bool) -> None:
        first, opening = new, self._opening

        def show(sheet: Sheet) -> None:
            nonlocal first
            if self._opening != opening:
                return
            before = self._sheet
            if not new and before is not None and before.query == sheet.query:
                sheet = _patient(before, sheet)
            self._sheet = sheet
            if first:
                first = False
                self.opened.emit()
                self.tasks.start("audit", self._read_audit())
                self._told = False
                if sheet.found:
                    self.tell()
                else:
                    self._soon.start(_ASKING_MS)
            elif sheet.finished:
                self.tell()
            elif _nothing_yet(sheet):
                # Lists and fields alone show nowhere, and the answers that matter are on their way.
                pass
            elif not self._soon.isActive():
                self._soon.start(_TOGETHER_MS)

        await self._lookup.look_up_query(query, show)
        self.tasks.start("audit", self._read_audit())

    async def _read_audit(self) -> None:
        sheet, opening = self._sheet, self._opening
        if sheet is None:
            return
        profile, person = sheet.profile.value, sheet.person.value
        targets = [profile.sid] if profile else []
        targets += [str(person.id), *person.emails] if person else []
        if sheet.query.kind is QueryKind.EMAIL:
            targets.append(sheet.query.value)
        if targets:
            rows = await self._store.lane.run(
                self._store.audit.rows, targets=tuple(targets), limit=100
            )
            if rows != self._audit and self._opening == opening:
                self._audit = rows
                self.tell()

    async def _link(self, person: int, sid: str) -> None:
        save, now = self._store.notes.save_link, self._clock.now()
        opening = self._opening
        await self._store.lane.run(save, person, sid, self._office.actor.name, now)
        if self._opening == opening:
            await self.read_again()

    async def _unlink(self, person: int) -> None:
        opening = self._opening
        await self._store.lane.run(self._store.notes.remove_link, person)
        if self._opening == opening:
            await self.read_again()

    def _on_changes(self, changes: Changes) -> None:
        signed_in = self._office.services.zendesk is not None
        if self._signed_in and not signed_in and self._sheet is not None:
            # Signed out: what is kept is erased, and nobody stays on the screen.
            self.close_sheet()
        self._signed_in = signed_in
        if changes.touches(Topic.CUSTOMER, Topic.OUTBOX, Topic.AUDIT):
            self.tasks.start("reread", self._reread())
        elif self._sheet is not None and changes.touches(Topic.PERMISSIONS, Topic.SETTINGS):
            self.tell()

    async def _reread(self) -> None:
        self.edits.settle()
        if self._sheet is None:
            return
        self._sheet = self._store.reader.refreshed(self._sheet)
        if self._told:
            self.tell()
        created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        await self._read_audit()
        now_created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        if now_created and not created and self._sheet and self._sheet.profile.value is None:
            self.refresh()

    def _on_age(self) -> None:
        if self._sheet is None:
            return
        parts = (self._sheet.profile, self._sheet.person, self._sheet.tickets)
        if not self.loading and any(p.error is not None and p.error.retryable for p in parts):
            # "It is tried again": a part that failed for a passing reason.
            self.refresh()
        self.tell()


def _nothing_yet(sheet: Sheet) -> bool:
    asked = PartState.LOADING
    return not sheet.found and asked in (sheet.person.state, sheet.profile.state)


def _patient(before: Sheet, sheet: Sheet) -> Sheet:
    """While refreshing, what is on screen stays until the new answer is there."""
    profile, person = sheet.profile, sheet.person
    if profile.value is None and profile.state is PartState.LOADING:
        profile = replace(before.profile, state=PartState.LOADING)
    if person.value is None and person.state is PartState.LOADING:
        person = replace(before.person, state=PartState.LOADING)
    matched = sheet.matched_by or before.matched_by
    others = sheet.others or (() if sheet.finished else before.others)
    ticket = sheet.ticket or before.ticket
    return replace(
        sheet, profile=profile, person=person, matched_by=matched, others=others, ticket=ticket
    )

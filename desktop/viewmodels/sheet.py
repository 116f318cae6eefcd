"""The sheet of one customer: opens, refreshes, and takes what people want changed."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from desktop.customer.edit import Editor, changes_something
from desktop.customer.lookup import Lookup, ticket_of
from desktop.customer.undo import Undo, not_restored
from desktop.customer.wish import Wishes
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, BadInput
from desktop.model.edit import UNDO_SECONDS, Edit, EditKind, EditState, Intent, waits_for_undo
from desktop.model.health import Health
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.permission import Permission, check
from desktop.model.query import Query, QueryKind, recognise
from desktop.model.sheet import Part, PartState, Sheet
from desktop.settings import table
from desktop.settings.rules import value_source
from desktop.store.audit import AuditRow
from desktop.store.store import Store
from desktop.viewmodels.office import Office
from desktop.viewmodels.scene import Account, Scene
from desktop.viewmodels.tasks import Tasks

# The views are imported when the first customer is shown: a start paints without them.
if TYPE_CHECKING:
    from desktop.viewmodels.customer.engagement import EngagementView
    from desktop.viewmodels.customer.header import HeaderView
    from desktop.viewmodels.customer.health import HealthView
    from desktop.viewmodels.customer.lists import ListsView
    from desktop.viewmodels.customer.optout import OptOutView
    from desktop.viewmodels.customer.profile_data import ProfileDataView
    from desktop.viewmodels.customer.tickets import TicketsView
    from desktop.viewmodels.customer.timeline import TimelineView
    from desktop.viewmodels.customer.value import ValueView
    from desktop.viewmodels.customer.zendesk import ZendeskView

log = logging.getLogger(__name__)

# Online, a part older than this is read again before it is edited.
_FRESH_S = timedelta(minutes=5).total_seconds()
_AGES_EVERY_MS = 30_000
# Parts of one customer that arrive almost together are drawn together.
_TOGETHER_MS = 3
# Of a customer nothing is kept of, the questions are sent before the empty panels are drawn.
_ASKING_MS = 12

Wish = Callable[[Wishes], list[Intent]]


@dataclass(frozen=True)
class Offer:
    """A change just made, that can be taken back. `seconds` is how long the offer stands."""

    edit_id: str
    words: str
    seconds: float
    lost: str


class SheetModel(QObject):
    """Panels read the views and call the intents; `changed` says that views are new."""

    changed = Signal()
    leaving = Signal()  # the customer shown is about to be replaced
    opened = Signal()  # another customer than before
    offered = Signal(object)  # Offer
    settled = Signal(str, str, bool)  # edit id, words; whether the offer to undo still stands
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
        self._editor = editor
        self._undo = undo
        self._store = store
        self._clock = clock
        self.tasks = Tasks(self._on_trouble)
        self._sheet: Sheet | None = None
        self._audit: tuple[AuditRow, ...] = ()
        self._watched: dict[str, EditState] = {}
        self._everything: set[str] = set()
        self._drafts: dict[str, str] = {}
        self.unsaved = False  # a panel holds half-typed input: nothing may replace the sheet
        self._unsubscribe = bus.subscribe(self._on_changes)
        # Until the panels show the customer just opened, what is clicked was meant for another.
        self._told = False
        self._scene: Scene | None = None  # while panels are told: all views are of one moment
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setTimerType(Qt.TimerType.PreciseTimer)
        self._soon.timeout.connect(self._tell)
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES_EVERY_MS)
        self._ages.timeout.connect(self._on_age)
        self._ages.start()

    # What panels show.

    @property
    def sheet(self) -> Sheet | None:
        """The customer shown, or None before the first one."""
        return self._sheet

    @property
    def loading(self) -> bool:
        """Whether a service is being asked."""
        return self._sheet is not None and not self._sheet.finished

    def scene(self) -> Scene:
        """Everything the panels are made from. Only while there is a sheet."""
        if self._scene is not None:
            return self._scene
        if self._sheet is None:
            raise BadInput("No customer is open.")
        get = self._office.values.get
        account = Account(
            names=self._office.names(),
            value_source=value_source(self._office.values),
            currency=get(table.CURRENCY),
            base_url=get(table.ZENDESK_BASE_URL).rstrip("/"),
            optin_link=get(table.OPT_IN_LINK),
            predictions=self._office.predictions,
        )
        return Scene(
            self._sheet,
            account,
            self._office.actor,
            self._office.rules,
            self._clock.now(),
            self._audit,
        )

    def header(self) -> "HeaderView":
        """See the module of this name."""
        from desktop.viewmodels.customer.header import header

        return header(self.scene())

    def optout(self) -> "OptOutView":
        """See the module of this name."""
        from desktop.viewmodels.customer.optout import optout

        return optout(self.scene(), self.ticket)

    def lists(self) -> "ListsView":
        """See the module of this name."""
        from desktop.viewmodels.customer.lists import lists

        return lists(self.scene())

    def tickets(self) -> "TicketsView":
        """See the module of this name."""
        from desktop.viewmodels.customer.tickets import tickets

        return tickets(self.scene(), everything="tickets" in self._everything)

    def health(self) -> "HealthView":
        """See the module of this name."""
        from desktop.viewmodels.customer.health import health

        return health(self.scene())

    def value(self) -> "ValueView":
        """See the module of this name."""
        from desktop.viewmodels.customer.value import value

        return value(self.scene())

    def zendesk(self) -> "ZendeskView":
        """See the module of this name."""
        from desktop.viewmodels.customer.zendesk import zendesk

        return zendesk(self.scene())

    def engagement(self) -> "EngagementView":
        """See the module of this name."""
        from desktop.viewmodels.customer.engagement import engagement

        return engagement(self.scene())

    def profile_data(self, *, most: int | None = None) -> "ProfileDataView":
        """See the module of this name."""
        from desktop.viewmodels.customer.profile_data import profile_data

        return profile_data(self.scene(), most=most)

    def timeline(self) -> "TimelineView":
        """See the module of this name."""
        from desktop.viewmodels.customer.timeline import timeline

        return timeline(self.scene())

    def shows_all(self, panel: str) -> bool:
        """Whether a panel shows all of its rows."""
        return panel in self._everything

    def show_all(self, panel: str) -> None:
        """Unfold a panel's rest, or fold it again."""
        self._everything ^= {panel}
        self._tell()

    def draft(self, panel: str) -> str:
        """What was half-typed for this customer before Esc, a crash or the end of the day."""
        if self._sheet is None:
            return ""
        key = self._draft_key(panel)
        # Typed a moment ago, it may not have reached the file yet.
        return self._drafts[key] if key in self._drafts else self._store.notes.draft(key)

    def save_draft(self, panel: str, text: str) -> None:
        """Keep half-typed words; an empty text forgets them."""
        if self._sheet is not None:
            key = self._draft_key(panel)
            self._drafts[key] = text
            self.tasks.start(f"draft {key}", self._keep_draft(key, text))

    @property
    def ticket(self) -> int | None:
        """The ticket that edits are made for."""
        if self._sheet is None:
            return None
        ticket = ticket_of(self._sheet)
        return ticket.id if ticket is not None else None

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

    # What people do.

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
        self._audit = ()
        self._everything.clear()
        self._watched.clear()
        self.tasks.start("lookup", self._look_up(query, new=True))

    def refresh(self) -> None:
        """Ask all services again for the customer shown."""
        if self._sheet is not None:
            self.tasks.start("lookup", self._look_up(self._sheet.query, new=False))

    def close_sheet(self) -> None:
        """Show nobody."""
        self.tasks.cancel("lookup")
        self._sheet = None
        self._tell()

    def choose_optout(self, level: OptOut, reason: str, ticket: int | None) -> None:
        """Another opt-out level."""
        self._wish(lambda w: [w.optout(level)], reason, ticket)

    def set_list(self, name: str, member: bool) -> None:
        """On or off a list."""
        self._wish(lambda w: [w.list_member(name, member=member)])

    def set_health(self, health: Health | None) -> None:
        """Another health."""
        self._wish(lambda w: [w.health(health)])

    def set_var(self, name: str, value: Json) -> None:
        """Another value of a var; None clears it."""
        self._wish(lambda w: [w.var(name, value)])

    def set_box(self, on: bool) -> None:
        """Zendesk's check box."""
        self._wish(lambda w: [w.box(on=on)])

    def set_mark(self, on: bool) -> None:
        """Sailthru's mark."""
        self._wish(lambda w: [w.mark(on=on)])

    def create_profile(self) -> None:
        """Make the missing Sailthru profile."""
        sheet = self._sheet
        if sheet is not None:
            self._wish(lambda w: [w.create(sheet.address or sheet.query.value)])

    def undo(self, edit_id: str) -> None:
        """Take an edit back."""
        self.tasks.start(f"undo {edit_id}", self._take_back(edit_id))

    def use_other(self, sid: str) -> None:
        """Show this profile for the Zendesk person from now on. Nothing is written to Sailthru."""
        if self._told:
            self.tasks.start("link", self._link(sid))

    async def close(self) -> None:
        """End what runs."""
        self.leaving.emit()
        await self.tasks.finish("draft ")
        self._ages.stop()
        self._soon.stop()
        self._unsubscribe()
        await self.tasks.close()

    # How it comes about.

    def _tell(self) -> None:
        """Have the panels show what is known now."""
        self._soon.stop()
        self._told = True
        self._scene = None
        if self._sheet is not None:
            self._scene = self.scene()
        try:
            self.changed.emit()
        finally:
            self._scene = None

    async def _look_up(self, query: Query, *, new: bool) -> None:
        first = new

        def show(sheet: Sheet) -> None:
            nonlocal first
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
                    self._tell()
                else:
                    self._soon.start(_ASKING_MS)
            elif sheet.finished:
                self._tell()
            elif not self._soon.isActive():
                self._soon.start(_TOGETHER_MS)

        await self._lookup.look_up_query(query, show)
        self.tasks.start("audit", self._read_audit())

    async def _read_audit(self) -> None:
        sheet = self._sheet
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
            if rows != self._audit:
                self._audit = rows
                self._tell()

    def _wish(self, make: Wish, reason: str = "", ticket: int | None = None) -> None:
        if self._sheet is None or not self._told:
            return
        name = f"edit {self._clock.monotonic()}"
        self.tasks.start(name, self._submit(make, reason, ticket or self.ticket))

    async def _submit(self, make: Wish, reason: str, ticket: int | None) -> None:
        await self._freshen()
        sheet = self._sheet
        if sheet is None:
            return
        wishes = Wishes(sheet, self._office.names(), reason=reason, ticket=ticket)
        try:
            intents = [i for i in make(wishes) if self._needed(i)]
            edits = await self._editor.submit(intents)
        except AppError:
            # The control that was touched goes back to what stands.
            self._tell()
            raise
        for edit in edits:
            self._offer(edit)

    def _needed(self, intent: Intent) -> bool:
        """Also a wish back to the old value counts while another one waits."""
        waits = self._sheet is not None and any(
            e.intent.kind is intent.kind and e.intent.name == intent.name
            for e in self._sheet.pending
        )
        return waits or changes_something(intent)

    async def _freshen(self) -> None:
        sheet = self._sheet
        if sheet is None or not self._office.connected:
            return
        now = self._clock.now()
        parts: Sequence[Part[object]] = (sheet.profile, sheet.person)  # type: ignore[assignment]
        old = any(p.read_at is not None and now - p.read_at > _FRESH_S for p in parts)
        if old and not self.loading:
            await self._look_up(sheet.query, new=False)

    def _offer(self, edit: Edit) -> None:
        if edit.state is EditState.UNDONE:
            return
        from desktop.viewmodels.customer.timeline import change_words

        self._watched[edit.id] = edit.state
        intent = edit.intent
        words = change_words(intent.kind.value, intent.name, intent.new)
        waits = edit.state is EditState.WAITING
        words = f"{words}, waiting for Undo" if waits else words
        self.offered.emit(Offer(edit.id, words, UNDO_SECONDS, not_restored(edit)))

    async def _take_back(self, edit_id: str) -> None:
        edit = await self._undo.undo(edit_id)
        if edit.state is EditState.UNDONE:
            self._watched.pop(edit_id, None)
            self.settled.emit(edit_id, "Undone before it was sent", False)
        else:
            self._watched[edit.id] = edit.state

    def _draft_key(self, panel: str) -> str:
        sheet = self._sheet
        profile = sheet.profile.value if sheet else None
        return f"{panel}:{profile.sid if profile else ''}"

    async def _keep_draft(self, key: str, text: str) -> None:
        await self._store.lane.run(self._store.notes.save_draft, key, text, self._clock.now())

    async def _link(self, sid: str) -> None:
        sheet = self._sheet
        if sheet is None or sheet.person.value is None:
            return
        await self._store.lane.run(
            self._store.notes.save_link,
            sheet.person.value.id,
            sid,
            self._office.actor.name,
            self._clock.now(),
        )
        await self._look_up(sheet.query, new=False)

    def _on_changes(self, changes: Changes) -> None:
        if self._sheet is None:
            return
        if changes.touches(Topic.CUSTOMER, Topic.OUTBOX, Topic.AUDIT):
            self.tasks.start("reread", self._reread())
        elif changes.touches(Topic.PERMISSIONS, Topic.SETTINGS):
            self._tell()

    async def _reread(self) -> None:
        if self._sheet is None:
            return
        self._sheet = self._store.reader.refreshed(self._sheet)
        self._settle()
        self._tell()
        created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        await self._read_audit()
        now_created = any(r.kind == "create" and r.result == "done" for r in self._audit)
        if now_created and not created and self._sheet.profile.value is None:
            self.refresh()

    def _settle(self) -> None:
        """Say how watched edits ended: the words follow the facts."""
        for edit_id, before in list(self._watched.items()):
            edit = self._store.outbox.get(edit_id)
            if edit.state is before:
                continue
            self._watched[edit_id] = edit.state
            if edit.state.final:
                del self._watched[edit_id]
                stands = edit.state is EditState.DONE and not waits_for_undo(edit.intent)
                self.settled.emit(edit_id, _ended(edit), stands)

    def _on_age(self) -> None:
        if self._sheet is None:
            return
        parts = (self._sheet.profile, self._sheet.person, self._sheet.tickets)
        if not self.loading and any(p.error is not None and p.error.retryable for p in parts):
            # "It is tried again": a part that failed for a passing reason.
            self.refresh()
        self._tell()

    def _on_trouble(self, error: AppError) -> None:
        self.failed.emit(error)


def _ended(edit: Edit) -> str:
    from desktop.viewmodels.customer.timeline import change_words

    intent = edit.intent
    what = change_words(intent.kind.value, intent.name, intent.new)
    if edit.state is EditState.DONE:
        return f"{what}: {edit.detail}"
    if edit.state is EditState.CONFLICT:
        return f"{what}: not sent. {edit.detail}"
    if edit.state is EditState.FAILED:
        return f"{what}: failed. {edit.detail}"
    return f"{what}: taken back"


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

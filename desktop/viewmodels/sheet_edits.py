"""What people want changed on a sheet: wishes become edits, offers to undo, and their ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from desktop.customer.edit import Editor, changes_something
from desktop.customer.undo import Undo, not_restored
from desktop.customer.wish import Wishes
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, Conflict
from desktop.model.edit import UNDO_SECONDS, Edit, EditState, Intent, waits_for_undo
from desktop.model.health import Health
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.sheet import Part, Sheet
from desktop.store.store import Store
from desktop.viewmodels.customer.timeline import change_words
from desktop.viewmodels.office import Office
from desktop.viewmodels.tasks import Tasks

# Online, a part older than this is read again before it is edited.
_FRESH_S = timedelta(minutes=5).total_seconds()

Wish = Callable[[Wishes], list[Intent]]


@dataclass(frozen=True)
class Offer:
    """A change just made, that can be taken back. `seconds` is how long the offer stands."""

    edit_id: str
    words: str
    seconds: float
    lost: str


class Shown(Protocol):
    """The sheet on screen. `opening` counts the customers opened: it tells one from the next."""

    tasks: Tasks

    @property
    def sheet(self) -> Sheet | None:
        """The customer shown."""
        ...

    @property
    def opening(self) -> int:
        """Which customer, counted from the start."""
        ...

    @property
    def told(self) -> bool:
        """Whether the panels show this customer already."""
        ...

    @property
    def loading(self) -> bool:
        """Whether a service is being asked."""
        ...

    async def read_again(self) -> None:
        """Ask all services for the same customer."""
        ...

    def tell(self) -> None:
        """Have the panels show what is known now."""
        ...


class SheetEdits(QObject):
    """A wish belongs to the customer it was made for, however long reading them again takes."""

    offered = Signal(object)  # Offer
    settled = Signal(str, str, bool)  # edit id, words; whether the offer to undo still stands

    def __init__(
        self,
        shown: Shown,
        office: Office,
        editor: Editor,
        undo: Undo,
        store: Store,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._shown = shown
        self._office = office
        self._editor = editor
        self._undo = undo
        self._store = store
        self._clock = clock
        self._watched: dict[str, EditState] = {}

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
        sheet = self._shown.sheet
        if sheet is not None:
            address = sheet.address or sheet.query.value
            self._wish(lambda w: [w.create(address)])

    def undo(self, edit_id: str) -> None:
        """Take an edit back."""
        self._shown.tasks.start(f"undo {edit_id}", self._take_back(edit_id))

    def settle(self) -> None:
        """Say how watched edits ended: the words follow the facts."""
        for edit_id, before in list(self._watched.items()):
            edit = self._store.outbox.get(edit_id)
            if edit.state is before:
                continue
            self._watched[edit_id] = edit.state
            if edit.state.final:
                del self._watched[edit_id]
                stands = edit.state is EditState.DONE and not waits_for_undo(edit.intent)
                self.settled.emit(edit_id, self._ended(edit), stands)

    def _wish(self, make: Wish, reason: str = "", ticket: int | None = None) -> None:
        sheet = self._shown.sheet
        # Until the panels show the customer just opened, what is clicked was meant for another.
        if sheet is None or not self._shown.told:
            return
        if ticket is None and sheet.ticket is not None:
            ticket = sheet.ticket.id
        name = f"edit {self._clock.monotonic()}"
        submitting = self._submit(make, reason, ticket, self._shown.opening)
        self._shown.tasks.start(name, submitting)

    async def _submit(self, make: Wish, reason: str, ticket: int | None, opening: int) -> None:
        await self._freshen()
        sheet = self._shown.sheet
        if sheet is None or self._shown.opening != opening:
            raise Conflict(
                "Nothing was changed.",
                "Another customer was opened before this one had been read again.",
                "Open the customer again and repeat the change.",
            )
        wishes = Wishes(sheet, self._office.names(), reason=reason, ticket=ticket)
        try:
            intents = [i for i in make(wishes) if _needed(sheet, i)]
            edits = await self._editor.submit(intents)
        except AppError:
            # The control that was touched goes back to what stands.
            self._shown.tell()
            raise
        for edit in edits:
            self._offer(edit)

    async def _freshen(self) -> None:
        sheet = self._shown.sheet
        if sheet is None or not self._office.connected:
            return
        now = self._clock.now()
        parts: Sequence[Part[object]] = (sheet.profile, sheet.person)  # type: ignore[assignment]
        old = any(p.read_at is not None and now - p.read_at > _FRESH_S for p in parts)
        if old and not self._shown.loading:
            await self._shown.read_again()

    def _offer(self, edit: Edit) -> None:
        if edit.state is EditState.UNDONE:
            return
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

    def _ended(self, edit: Edit) -> str:
        intent = edit.intent
        what = change_words(intent.kind.value, intent.name, intent.new)
        if not self._is_shown(intent):
            # Somebody else is on screen by now.
            what = f"{intent.target.label}: {what}"
        if edit.state in (EditState.DONE, EditState.CONFLICT):
            return f"{what}: {edit.detail}"
        if edit.state is EditState.FAILED:
            return f"{what}: failed. {edit.detail}"
        return f"{what}: taken back"

    def _is_shown(self, intent: Intent) -> bool:
        sheet = self._shown.sheet
        if sheet is None:
            return False
        profile, person = sheet.profile.value, sheet.person.value
        ids = {profile.sid if profile else "", str(person.id) if person else ""}
        return intent.target.id in ids or intent.target.id == sheet.address


def _needed(sheet: Sheet, intent: Intent) -> bool:
    """Also a wish back to the old value counts while another one waits."""
    waits = any(
        e.intent.kind is intent.kind and e.intent.name == intent.name for e in sheet.pending
    )
    return waits or changes_something(intent)

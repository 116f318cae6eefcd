"""Submits the edits that a person makes on the customer sheet, and reports how they ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from desktop.customer.customer_lookup import relevant_ticket
from desktop.customer.edit_factory import EditFactory
from desktop.customer.edit_service import EditService, has_effect
from desktop.customer.edit_undo import UndoService, undo_loss_warning
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ConflictError
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet, SheetPart
from desktop.model.edit import UNDO_WINDOW_S, Edit, EditKind, EditRequest, EditState, waits_for_undo
from desktop.model.json_value import Json
from desktop.model.marketing_pause import parse_pause_terms, pause_until
from desktop.model.optout_level import OptOutLevel
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.open_customer import OpenCustomer
from desktop.viewmodels.customer.reason_drafts import NOTE_DRAFT, ReasonDrafts
from desktop.viewmodels.customer.timeline_view import edit_text
from desktop.viewmodels.edit_progress import outage_text
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.time_format import format_day
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

# Online, a part older than this is read again before it is edited.
_REREAD_AFTER_S = timedelta(minutes=5).total_seconds()

EditBuilder = Callable[[EditFactory], list[EditRequest]]


@dataclass(frozen=True)
class SubmittedEdit:
    """An edit just submitted from the sheet, as its toast tells; undoable for `undo_seconds`.

    `customer_number` and `ticket` say whose it is: another tab may be in front by now.
    """

    edit_id: str
    text: str
    undo_seconds: float
    not_restorable: str
    customer_number: int
    ticket: int | None = None
    is_note: bool = False


@dataclass(frozen=True)
class SettledEdit:
    """How an edit made on the sheet ended, in words; `undo_stands`: it can be undone still.

    `refusal` is the title of an error where nothing was written, `reason` why and what to do.
    """

    edit_id: str
    text: str
    undo_stands: bool = False
    refusal: str = ""
    reason: str = ""


class ShownSheetProtocol(Protocol):
    """What SheetEdits needs of the sheet model."""

    tasks: TaskRegistry
    drafts: ReasonDrafts
    open_customers: list[OpenCustomer]

    @property
    def current(self) -> OpenCustomer:
        """The customer in front, whom SheetEdits edits."""
        ...

    async def reread(self, customer: OpenCustomer | None = None) -> None:
        """Ask all services again for the customer to be edited."""
        ...

    def publish_views(self) -> None:
        """Have the customer panels show an edit just submitted."""
        ...


class SheetEdits(QObject):
    """Submits edits of the customer they were made for, however long reading them again takes."""

    edit_submitted = Signal(object)  # SubmittedEdit
    edit_settled = Signal(object)  # SettledEdit

    def __init__(
        self,
        shown: ShownSheetProtocol,
        workspace: WorkspaceProtocol,
        editor: EditService,
        undo: UndoService,
        store: WorkspaceStore,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._sheet_model = shown
        self._workspace = workspace
        self._editor = editor
        self._undo = undo
        self._store = store
        self._clock = clock
        self._watched_states: dict[str, EditState] = {}  # open edits made here, by id

    def choose_optout(self, level: OptOutLevel, reason: str, ticket: int | None) -> None:
        """Submit the opt-out level chosen on the sheet, with reason and ticket."""
        self._start_submit(lambda w: [w.optout(level)], reason, ticket)

    def set_list_membership(self, name: str, member: bool) -> None:
        """Submit a list's switch on the sheet: the customer is put on it, or taken off."""
        self._start_submit(lambda w: [w.list_membership(name, member=member)])

    def set_health(self, health: CustomerHealth | None) -> None:
        """Submit the health chosen on the sheet."""
        self._start_submit(lambda w: [w.health(health)])

    def set_var(self, name: str, value: Json) -> None:
        """Submit a var's value typed into the profile dialog; None clears it."""
        self._start_submit(lambda w: [w.var(name, value)])

    def set_sync_to_sailthru(self, on: bool) -> None:
        """Submit the Zendesk panel's sync checkbox."""
        self._start_submit(lambda w: [w.sync_checkbox(on=on)])

    def set_sync_to_zendesk(self, on: bool) -> None:
        """Submit the Zendesk panel's sync mark, the var that marks the profile for Zendesk."""
        self._start_submit(lambda w: [w.sync_mark(on=on)])

    def set_high_value(self, on: bool) -> None:
        """Submit the tag of customers with a high value, or its removal, in Zendesk."""
        self._start_submit(lambda w: [w.high_value_tag(on=on)])

    def create_profile(self) -> None:
        """Submit the sheet's button that creates the customer's missing Sailthru profile."""
        sheet = self._sheet_model.current.sheet
        if sheet is not None:
            address = sheet.address or sheet.query.value
            self._start_submit(lambda w: [w.create(address)])

    def pause_marketing(self, days: int) -> None:
        """Submit a pause of the customer's marketing for so many days at most."""
        until = pause_until(self._clock.now(), days)
        sheet = self._sheet_model.current.sheet
        ticket = relevant_ticket(sheet) if sheet is not None else None
        number = ticket.id if ticket is not None else None
        self._start_submit(lambda w: [w.pause(until)], "", number)

    def end_pause(self) -> None:
        """Submit the end of the customer's pause."""
        self._start_submit(lambda w: [w.end_pause()])

    async def add_note(self, text: str, ticket: int) -> None:
        """Submit the sheet's internal note on one of the customer's tickets. Raises AppError."""
        customer = self._sheet_model.current
        await self._submit(lambda w: [w.note(text)], "", ticket, customer)

    def undo(self, *edit_ids: str) -> None:
        """Undo edits of the sheet by their ids in the background, the last one first."""
        self._sheet_model.tasks.start(f"undo {edit_ids}", self._undo_edits(edit_ids))

    def report_settled_edits(self) -> None:
        """Emit how the customer sheet's watched edits ended, for status bar and toasts."""
        for edit_id, before in list(self._watched_states.items()):
            edit = self._store.outbox.get_edit.blocking(edit_id)
            if edit.state is before:
                continue
            self._watched_states[edit_id] = edit.state
            if edit.state.is_final:
                del self._watched_states[edit_id]
                is_refused = edit.state in (EditState.CONFLICT, EditState.FAILED)
                if is_refused and edit.request.kind is EditKind.NOTE:
                    self._keep_note_as_draft(edit.request)
                stands = edit.state is EditState.DONE and not waits_for_undo(edit.request)
                text = self._result_text(edit)
                refusal, reason = refusal_texts(edit) if is_refused else ("", "")
                self.edit_settled.emit(SettledEdit(edit_id, text, stands, refusal, reason))

    def _start_submit(
        self, build_edits: EditBuilder, reason: str = "", ticket: int | None = None
    ) -> None:
        customer = self._sheet_model.current
        # Until the panels show the customer just opened, what is clicked was meant for another.
        if customer.sheet is None or not customer.is_shown:
            return
        if ticket is None and customer.sheet.ticket is not None:
            ticket = customer.sheet.ticket.id
        # A name of its own for each: a task of the same name would cancel the one before.
        name = f"edit {self._clock.monotonic()}"
        submitting = self._submit(build_edits, reason, ticket, customer)
        self._sheet_model.tasks.start(name, submitting)

    async def _submit(
        self, build_edits: EditBuilder, reason: str, ticket: int | None, customer: OpenCustomer
    ) -> None:
        """Submit edits of a customer, who may be behind another tab by the time they are read."""
        opening = customer.number
        # The old value is compared before sending; a stale one would be a conflict at once.
        await self._reread_if_stale(customer)
        sheet = customer.sheet
        if sheet is None or customer.number != opening:
            raise ConflictError(
                "Nothing was changed.",
                "Another customer was opened before this one had been read again.",
                "Open the customer again and repeat the change.",
            )
        factory = EditFactory(sheet, self._workspace.account_names(), reason=reason, ticket=ticket)
        try:
            intents = [i for i in build_edits(factory) if _is_edit_needed(sheet, i)]
            edits = await self._editor.submit(intents)
        except AppError:
            # The control that was touched goes back to what stands.
            self._sheet_model.publish_views()
            raise
        for edit in edits:
            self._announce_edit(edit, sheet, opening)

    async def _reread_if_stale(self, customer: OpenCustomer) -> None:
        sheet = customer.sheet
        if sheet is None or not self._workspace.is_connected:
            return
        if is_outdated(sheet, self._clock.now()) and not customer.is_loading:
            await self._sheet_model.reread(customer)

    def _announce_edit(self, edit: Edit, sheet: CustomerSheet, customer_number: int) -> None:
        # Two edits of one value within the undo time cancel each other.
        if edit.state is EditState.UNDONE:
            return
        self._watched_states[edit.id] = edit.state
        outage = outage_text(edit.request.target.service.title, self._workspace.service_states)
        words = announced_edit_text(edit, customer_name(sheet), outage)
        ticket = relevant_ticket(sheet)
        self.edit_submitted.emit(
            SubmittedEdit(
                edit.id,
                words,
                UNDO_WINDOW_S,
                undo_loss_warning(edit),
                customer_number,
                ticket.id if ticket is not None else None,
                is_note=edit.request.kind is EditKind.NOTE,
            )
        )

    async def _undo_edits(self, edit_ids: Sequence[str]) -> None:
        errors: list[AppError] = []
        # Two of them may be about one value: the older is undone over what the newer leaves.
        for edit_id in reversed(edit_ids):
            try:
                await self._undo_edit(edit_id)
            except AppError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    async def _undo_edit(self, edit_id: str) -> None:
        edit = await self._undo.undo(edit_id)
        if edit.state is EditState.UNDONE:
            self._watched_states.pop(edit_id, None)
            if edit.request.kind is EditKind.NOTE:
                self._keep_note_as_draft(edit.request)
            self.edit_settled.emit(SettledEdit(edit_id, "Undone before it was sent"))
        else:
            self._watched_states[edit.id] = edit.state

    def _keep_note_as_draft(self, note: EditRequest) -> None:
        """Offer the text of a note not sent in the drawer again, unless one is begun there."""
        owner = self._find_owner(note)
        if owner is not None and not self._sheet_model.drafts.draft_text(NOTE_DRAFT, owner):
            self._sheet_model.drafts.save_draft(NOTE_DRAFT, str(note.new), owner)

    def _find_owner(self, intent: EditRequest) -> str | None:
        """Return whose drafts an edit's are: its customer, in front or in a tab behind."""
        opened = self._sheet_model.open_customers
        return next((one.draft_owner for one in opened if one.is_target(intent.target.id)), None)

    def _result_text(self, edit: Edit) -> str:
        intent = edit.request
        what = edit_text(intent.kind.value, intent.name, intent.new)
        if not self._sheet_model.current.is_target(intent.target.id):
            # Somebody else is on screen by now.
            what = f"{intent.target.label}: {what}"
        if edit.state in (EditState.DONE, EditState.CONFLICT):
            return f"{what}: {edit.detail}"
        if edit.state is EditState.FAILED:
            return f"{what}: failed. {edit.detail}"
        return f"{what}: undone"


def is_outdated(sheet: CustomerSheet, now: float) -> bool:
    """Whether a sheet's profile or user is older than five minutes, to be read again first."""
    parts: Sequence[SheetPart[object]] = (sheet.profile, sheet.user)  # type: ignore[assignment]
    return any(p.read_at is not None and now - p.read_at > _REREAD_AFTER_S for p in parts)


def refusal_texts(edit: Edit) -> tuple[str, str]:
    """Say on a banner that an edit was not written, and why."""
    request = edit.request
    what = edit_text(request.kind.value, request.name, request.new)
    return f"Not saved for {request.target.label}: {what}", edit.detail


def announced_edit_text(edit: Edit, who: str, outage: str = "") -> str:
    """Say in a toast what an edit of `who` changes, and when where it waits for its undo."""
    request = edit.request
    when = f" in {UNDO_WINDOW_S:.0f} s" if edit.state is EditState.WAITING else ""
    if outage:
        # Nothing happens in 10 s, nor has it happened.
        what = edit_text(request.kind.value, request.name, request.new)
        return f"{who}: {what}, {outage}"
    if request.kind is EditKind.LIST:
        return f"{who} {'joins' if request.new else 'leaves'} {request.name}{when}"
    if request.kind is EditKind.OPTOUT:
        return f"{_OPTOUT_TEXTS[OptOutLevel(str(request.new))].format(who)}{when}"
    if request.kind is EditKind.PAUSE:
        terms = parse_pause_terms(request.new)
        if terms is None:
            return f"Marketing for {who} resumes{when}"
        until = format_day(terms.until, edit.created_at)
        return f"Marketing for {who} pauses{when}, until {until}"
    if request.kind is EditKind.NOTE:
        return f"{who}: note to colleagues on #{request.ticket}{when}"
    if request.kind is EditKind.TAG:
        return f"{who} {'gets' if request.new else 'loses'} the tag {request.name}{when}"
    if request.kind is EditKind.CREATE:
        return f"Sailthru profile created for {who}{when}"
    if request.kind is EditKind.HEALTH:
        health = str(request.new).capitalize() if request.new else ""
        return f"{who}: health {f'set to {health}' if health else 'cleared'}{when}"
    return f"{who}: {edit_text(request.kind.value, request.name, request.new)}{when}"


_OPTOUT_TEXTS = {
    OptOutLevel.NONE: "{} gets all e-mail again",
    OptOutLevel.BLAST: "Campaigns stopped for {}",
    OptOutLevel.BASIC: "Marketing e-mail stopped for {}",
    OptOutLevel.ALL: "All e-mail stopped for {}",
}


def _is_edit_needed(sheet: CustomerSheet, intent: EditRequest) -> bool:
    """Whether a click on the sheet edits anything; going back does while another edit waits."""
    waits = any(
        e.request.kind is intent.kind and e.request.name == intent.name for e in sheet.pending_edits
    )
    return waits or has_effect(intent)

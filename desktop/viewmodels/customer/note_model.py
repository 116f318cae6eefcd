"""View-model of the drawer Add note: an internal note on a ticket of the customer shown."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.customer.handover_note_text import compose_handover_note
from desktop.customer.text_template_values import fill_note_template
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput
from desktop.kit.text import shorten
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.permission import Permission
from desktop.model.text_template import NoteTemplate
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.reason_drafts import NOTE_DRAFT
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry


@dataclass(frozen=True)
class NoteView:
    """What the drawer Add note shows; `tickets` are (number as text, title), the closed left out.

    `ticket` is the number chosen, "" for none. `templates` are the titles of the prepared notes,
    `template` the one chosen. `button_reason` says why the note cannot be sent, or "".
    """

    subtitle: str = ""
    tickets: tuple[tuple[str, str], ...] = ()
    ticket: str = ""
    templates: tuple[str, ...] = ()
    template: str = ""
    text: str = ""
    error: str = ""
    button_reason: str = ""


class NoteModel(QObject):
    """The drawer Add note: the note being typed, kept half-typed as the customer's draft."""

    changed = Signal()
    sent = Signal()  # the note is in the outbox

    def __init__(
        self, sheet_model: CustomerSheetModel, store: WorkspaceStore, clock: Clock
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._store = store
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._ticket = self._text = ""
        # The prepared note chosen, and its text as it was filled: what differs somebody has typed.
        self._template = self._prepared_text = ""
        self._error: AppError | None = None
        self._is_open = False
        sheet_model.changed.connect(self._drop_closed_ticket)
        sheet_model.about_to_replace.connect(self._keep_input)
        sheet_model.customer_opened.connect(self._forget)

    @property
    def has_kept_input(self) -> bool:
        """Whether a note stood half-typed when the customer shown went behind another tab."""
        return NOTE_DRAFT in self._sheet_model.current.kept_input

    def take_kept_ticket(self) -> int | None:
        """Return the ticket of the note that stood half-typed when its tab went behind, once."""
        kept = self._sheet_model.take_kept_input(NOTE_DRAFT)
        return int(kept) if isinstance(kept, str) and kept else None

    def disabled_reason(self) -> str:
        """Say why the drawer Add note cannot be opened for the customer shown, or ""."""
        if self._sheet_model.sheet is None:
            return "No customer is open."
        decision = self._sheet_model.context().check_permission(Permission.NOTE)
        if not decision.is_allowed:
            return decision.reason
        return "" if self._ticket_choices() else "This customer has no ticket that takes a note."

    def begin(self, ticket: int | None = None) -> None:
        """Begin a note in its drawer: with the customer's draft, else with what was changed."""
        self._is_open = True
        choices = self._ticket_choices()
        wanted = ticket if ticket is not None else self._sheet_model.context().ticket
        offered = [number for number, _ in choices]
        self._ticket = str(wanted) if str(wanted) in offered else next(iter(offered), "")
        self._text, self._error = self._sheet_model.drafts.draft_text(NOTE_DRAFT), None
        self._template = self._prepared_text = ""
        if not self._text:
            self._tasks.start("compose", self._compose())
        self._note_unsaved_input()
        self.changed.emit()

    def choose_ticket(self, number: str) -> None:
        """Choose in the drawer Add note the ticket that the note goes to."""
        self._ticket, self._error = number, None
        if not self._template and self._text.strip() == self._prepared_text.strip():
            # Another ticket may have been told of it already, or not yet.
            self._tasks.start("compose", self._compose())
        self.changed.emit()

    def choose_template(self, title: str) -> None:
        """Fill a prepared note in for the customer: in place of another, or below what is typed."""
        if self._sheet_model.sheet is not None and title:
            self._tasks.start("compose", self._fill_template(title))

    def type_text(self, text: str) -> None:
        """Take what is typed into the drawer Add note, and keep it as a draft."""
        if text == self._text:
            return
        self._tasks.cancel("compose")
        self._text, self._error = text, None
        self._sheet_model.drafts.save_draft(NOTE_DRAFT, text)
        self._note_unsaved_input()
        self.changed.emit()

    def end(self) -> None:
        """Close the drawer Add note; the draft stays."""
        self._is_open = False
        self._tasks.cancel("compose")
        self._sheet_model.set_unsaved_input(NOTE_DRAFT, False)

    def submit(self) -> None:
        """Submit the drawer's note; it can be withdrawn for the undo time, not afterwards."""
        if not self.view().button_reason:
            self._tasks.start_once("submit", self._submit(self._text, int(self._ticket)))

    def view(self) -> NoteView:
        """Build what the drawer Add note shows."""
        sheet = self._sheet_model.sheet
        if sheet is None:
            return NoteView()
        reason = self.disabled_reason()
        if not reason and not self._ticket:
            reason = "Choose a ticket."
        if not reason and not self._text.strip():
            reason = "The note is empty."
        return NoteView(
            subtitle=customer_name(sheet),
            tickets=self._ticket_choices(),
            ticket=self._ticket,
            templates=tuple(each.title for each in self._templates()),
            template=self._template,
            text=self._text,
            error=str(self._error) if self._error is not None else "",
            button_reason=reason,
        )

    async def close(self) -> None:
        """Cancel what the drawer Add note runs and wait for its end."""
        await self._tasks.close()

    def _ticket_choices(self) -> tuple[tuple[str, str], ...]:
        sheet = self._sheet_model.sheet
        if sheet is None:
            return ()
        page, user = sheet.tickets.value, sheet.user.value
        tickets = {one.id: one for one in page.tickets} if page is not None else {}
        if sheet.ticket is not None:
            tickets.setdefault(sheet.ticket.id, sheet.ticket)
        own = [t for t in tickets.values() if user is not None and t.requester_id == user.id]
        return tuple(
            (str(one.id), f"#{one.id} {shorten(one.subject, 60)}")
            for one in own
            if one.status != "closed"
        )

    def _note_unsaved_input(self) -> None:
        self._sheet_model.set_unsaved_input(NOTE_DRAFT, bool(self._text.strip()))

    async def _compose(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None:
            return
        text = await self._compose_changes(sheet)
        is_ours = not self._text.strip() or self._text.strip() == self._prepared_text.strip()
        if number == self._sheet_model.customer_number and is_ours and not self._template:
            self._text = self._prepared_text = text
            self.changed.emit()

    async def _compose_changes(self, sheet: CustomerSheet) -> str:
        ticket = int(self._ticket) if self._ticket else None
        return await compose_handover_note(self._store, sheet, self._clock.now(), ticket)

    async def _fill_template(self, title: str) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        chosen = next((each for each in self._templates() if each.title == title), None)
        if sheet is None or chosen is None:
            return
        changes = await self._compose_changes(sheet)
        if number != self._sheet_model.customer_number:
            return
        ticket = int(self._ticket) if self._ticket else None
        values = self._sheet_model.context().template_values(ticket, changes)
        filled, typed = fill_note_template(chosen, values), self._text.strip()
        is_ours = not typed or typed == self._prepared_text.strip()
        self._text = filled if is_ours else f"{typed}\n\n{filled}"
        self._template, self._prepared_text = title, filled if is_ours else ""
        self._sheet_model.drafts.save_draft(NOTE_DRAFT, self._text)
        self._note_unsaved_input()
        self.changed.emit()

    def _templates(self) -> tuple[NoteTemplate, ...]:
        return self._sheet_model.context().display_settings.note_templates

    def _drop_closed_ticket(self) -> None:
        """Have no ticket chosen once Zendesk says that the one in the drawer is closed."""
        sheet = self._sheet_model.sheet
        page = sheet.tickets.value if sheet is not None else None
        closed = [one.id for one in page.tickets if one.status == "closed"] if page else []
        if self._is_open and self._ticket and int(self._ticket) in closed:
            number, self._ticket = self._ticket, ""
            self._error = InvalidInput(
                f"Ticket #{number} was closed meanwhile.",
                "A closed ticket takes no more notes. Nothing was sent, and the text is kept.",
                "Choose another ticket.",
            )
            self.changed.emit()

    async def _submit(self, text: str, ticket: int) -> None:
        customer, drafts = self._sheet_model.current, self._sheet_model.drafts
        owner = customer.draft_owner
        await self._sheet_model.edits.add_note(text, ticket)
        # By now another customer may be shown, whose draft is their own.
        if drafts.draft_text(NOTE_DRAFT, owner) == text:
            drafts.save_draft(NOTE_DRAFT, "", owner)
        if customer is not self._sheet_model.current:
            # Another tab is in front: what the drawer holds by now is not of this note.
            customer.kept_input.pop(NOTE_DRAFT, None)
            return
        if self._text != text:
            # Typed on while the customer was read again: that is not sent, and not lost.
            return
        self._text = ""
        self.end()
        self.sent.emit()

    def _keep_input(self) -> None:
        """Keep the half-typed note's ticket with its customer; the text is a draft already."""
        if NOTE_DRAFT in self._sheet_model.current.unsaved_input_sources:
            self._sheet_model.keep_input(NOTE_DRAFT, self._ticket)

    def _forget(self) -> None:
        """Forget the note of the customer before: what is to stay of it is their draft."""
        self._tasks.cancel("compose")
        self._ticket = self._text = self._template = self._prepared_text = ""

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()

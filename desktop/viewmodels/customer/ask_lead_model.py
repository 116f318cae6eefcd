"""View-model of the drawer Ask a lead: what is refused here, why it is wanted, on which ticket."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.customer.team_lead_requests import TeamLeadRequestService, list_refused
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ConflictError
from desktop.kit.text import shorten
from desktop.model.edit import EditKind, EditRequest, is_opt_in
from desktop.model.json_value import canonical_json
from desktop.model.marketing_pause import DEFAULT_PAUSE_DAYS, pause_until
from desktop.model.permission import CHANGES_OFF_REASON, Permission
from desktop.model.team_lead_request import describe_wanted
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry

ASK_DRAFT = "ask"  # the drawer Ask a lead, beside the panels with a reason


@dataclass(frozen=True)
class AskLeadView:
    """What the drawer Ask a lead shows; choices and tickets are (key, text).

    `note_reason` says why no note can be added, `button_reason` why nothing can be asked, or "".
    """

    subtitle: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    choice: str = ""
    reason: str = ""
    tickets: tuple[tuple[str, str], ...] = ()
    ticket: str = ""
    adds_note: bool = False
    note_reason: str = ""
    error: str = ""
    button_reason: str = ""


class AskLeadModel(QObject):
    """The drawer Ask a lead; its half-typed reason is kept as the customer's draft."""

    changed = Signal()
    asked = Signal()

    def __init__(
        self, sheet_model: CustomerSheetModel, service: TeamLeadRequestService, clock: Clock
    ) -> None:
        super().__init__()
        self._sheet_model, self._service, self._clock = sheet_model, service, clock
        self._tasks = TaskRegistry(self._on_error)
        self._refused: dict[str, EditRequest] = {}
        self._choice = self._reason = self._ticket = ""
        self._adds_note = False
        self._error: AppError | None = None

    def disabled_reason(self) -> str:
        """Say why a lead can't be asked about the customer shown, or ""."""
        sheet = self._sheet_model.sheet
        if sheet is None or not sheet.is_found:
            return "No customer is open."
        if not self._sheet_model.context().rules.are_changes_enabled:
            return CHANGES_OFF_REASON
        return "" if self._find_refused() else "You may do all of it yourself."

    def begin(self, kind: EditKind | None = None) -> None:
        """Begin in the drawer Ask a lead, with the first refused change of a kind chosen."""
        self._refused = self._find_refused()
        of_kind = (key for key, each in self._refused.items() if each.kind is kind)
        self._choice = next(of_kind, next(iter(self._refused), ""))
        self._reason, self._error = self._sheet_model.drafts.draft_text(ASK_DRAFT), None
        ticket = self._sheet_model.context().ticket
        offered = [number for number, _ in self._ticket_choices()]
        self._ticket = str(ticket) if str(ticket) in offered else ""
        self._adds_note = False
        self.changed.emit()

    def choose(self, key: str) -> None:
        """Choose in the drawer which refused change a lead is asked for."""
        self._choice = key
        self.changed.emit()

    def choose_ticket(self, number: str) -> None:
        """Choose the ticket that the request belongs to; "" for none."""
        self._ticket = number
        self._adds_note = self._adds_note and bool(number)
        self.changed.emit()

    def set_adds_note(self, adds: bool) -> None:
        """Put the request on its ticket as an internal note too, or not."""
        self._adds_note = adds
        self.changed.emit()

    def type_reason(self, text: str) -> None:
        """Take the reason as it is typed, and keep it as a draft."""
        if text != self._reason:
            self._reason, self._error = text, None
            self._sheet_model.drafts.save_draft(ASK_DRAFT, text)
            self._sheet_model.set_unsaved_input(ASK_DRAFT, bool(text.strip()))
            self.changed.emit()

    def end(self) -> None:
        """Close the drawer Ask a lead; the draft stays."""
        self._sheet_model.set_unsaved_input(ASK_DRAFT, False)

    def submit(self) -> None:
        """Leave the request for somebody with the right."""
        if not self.view().button_reason:
            opening = self._sheet_model.customer_number
            self._tasks.start_once("ask", self._submit(self._wanted(), opening))

    def view(self) -> AskLeadView:
        """Build what the drawer Ask a lead shows."""
        sheet = self._sheet_model.sheet
        if sheet is None:
            return AskLeadView()
        wanted = self._refused.get(self._choice)
        reason = self.disabled_reason()
        if not reason and not self._reason.strip():
            reason = "Say why, so that a lead can decide."
        if not reason and wanted is not None and is_opt_in(wanted) and not self._ticket:
            reason = "Opting back in needs a ticket: choose it."
        may_note = self._sheet_model.context().check_permission(Permission.NOTE).reason
        return AskLeadView(
            subtitle=customer_name(sheet),
            choices=tuple((key, describe_wanted(each)) for key, each in self._refused.items()),
            choice=self._choice,
            reason=self._reason,
            tickets=(("", "No ticket"), *self._ticket_choices()),
            ticket=self._ticket,
            adds_note=self._adds_note,
            note_reason=may_note or ("" if self._ticket else "Choose a ticket first."),
            error=str(self._error) if self._error is not None else "",
            button_reason=reason,
        )

    async def close(self) -> None:
        """Cancel what the drawer Ask a lead runs and wait for its end."""
        await self._tasks.close()

    def _find_refused(self) -> dict[str, EditRequest]:
        sheet = self._sheet_model.sheet
        if sheet is None:
            return {}
        context = self._sheet_model.context()
        until = pause_until(self._clock.now(), DEFAULT_PAUSE_DAYS)
        found = list_refused(
            sheet,
            context.display_settings.names,
            until,
            lambda request: not context.check_edit(request).is_allowed,
        )
        keys = (f"{each.kind.value} {each.name} {canonical_json(each.new)}" for each in found)
        return dict(zip(keys, found, strict=True))

    def _wanted(self) -> EditRequest:
        ticket = int(self._ticket) if self._ticket else None
        return replace(self._refused[self._choice], reason=self._reason.strip(), ticket=ticket)

    def _ticket_choices(self) -> tuple[tuple[str, str], ...]:
        sheet = self._sheet_model.sheet
        page, user = (sheet.tickets.value, sheet.user.value) if sheet is not None else (None, None)
        if page is None or user is None:
            return ()
        return tuple(
            (str(one.id), f"#{one.id} {shorten(one.subject, 60)}")
            for one in page.tickets
            if one.status != "closed" and one.requester_id == user.id
        )

    async def _submit(self, wanted: EditRequest, opening: int) -> None:
        sheet = self._sheet_model.sheet
        if sheet is None or self._sheet_model.customer_number != opening:
            raise ConflictError("Nothing was asked.", "Another customer was opened.")
        await self._service.ask(sheet, wanted, adds_note=self._adds_note)
        self._reason = ""
        self._sheet_model.drafts.save_draft(ASK_DRAFT, "")
        self.end()
        self.asked.emit()

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()

"""View-model of the drawer Erase: asks for an erasure, has it approved, and shows how far it is."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop.connect.second_admin_sign_in import sign_in_second_admin
from desktop.customer.erasure_check import ErasureCheck
from desktop.customer.erasure_report import build_erasure_report, render_erasure_report
from desktop.customer.erasure_service import ErasureService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.model.erasure import ErasureState
from desktop.model.erasure_steps import ErasureProgress, planned_steps
from desktop.viewmodels.customer.erasure_view import (
    ErasureAction,
    ErasureView,
    build_erasure_steps,
    build_note,
    build_systems,
    close_tickets_text,
    kept_texts,
    next_action,
)
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.file_export import format_json, write_private_files
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_INPUT = "erase"
_SENDING = "It is being sent."
_FOOT = "A second admin approves it. What is erased can’t be brought back."
_GOES_ON = "It goes on by itself, also while this is closed."


class ErasureModel(QObject):
    """The drawer Erase: what there is of the customer, or how far their erasure is."""

    changed = Signal()
    report_saved = Signal(str)  # the folder

    def __init__(
        self,
        sheet_model: CustomerSheetModel,
        erasures: ErasureService,
        workspace: WorkspaceProtocol,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._erasures = erasures
        self._workspace = workspace
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._check: ErasureCheck | None = None
        self._progress: ErasureProgress | None = None
        self._error: AppError | None = None
        self._typed = self._subtitle = ""
        self._asked_number = ""  # of the erasure to be shown; "": the customer's on the sheet
        self._closes_tickets = self._is_sending = False
        self._unsubscribe = bus.subscribe(self._on_changes)

    @property
    def has_progress(self) -> bool:
        """Whether the drawer shows an erasure that was asked for, whoever is on the sheet now."""
        return self._progress is not None

    def begin(self) -> None:
        """Read for the drawer Erase what each system holds of the customer shown."""
        self.end()
        sheet = self._sheet_model.sheet
        if sheet is not None:
            self._subtitle = customer_name(sheet)
            self._tasks.start("read", self._read())
        self.changed.emit()

    def begin_with(self, erasure_id: str) -> None:
        """Show in the drawer Erase one that was asked for, by its number."""
        self.end()
        self._asked_number = erasure_id
        self._tasks.start("read", self._read_progress(erasure_id))
        self.changed.emit()

    def end(self) -> None:
        """Forget who was to be erased and what was typed: the drawer is closed."""
        self._tasks.cancel("read")
        self._check = self._progress = self._error = None
        self._typed = self._subtitle = self._asked_number = ""
        self._closes_tickets = False
        self._sheet_model.set_unsaved_input(_INPUT, False)

    def type_confirmation(self, text: str) -> None:
        """Take the address typed into the drawer Erase."""
        self._typed, self._error = text, None
        # Follow Zendesk opens nobody else over it meanwhile.
        self._sheet_model.set_unsaved_input(_INPUT, bool(text) and self._progress is None)
        self.changed.emit()

    def set_closes_tickets(self, closes: bool) -> None:
        """Choose in the drawer Erase whether tickets that are not closed are closed first."""
        self._closes_tickets = closes
        self.changed.emit()

    def submit(self) -> None:
        """Do what the button of the drawer Erase says, where nobody else has to be asked first."""
        view = self.view()
        if view.button_reason:
            return
        if view.action is ErasureAction.READ_AGAIN:
            self._begin_again()
        elif view.action is ErasureAction.REQUEST and self._check is not None:
            self._send(partial(self._request, self._check))
        elif self._progress is not None:
            steps = {
                ErasureAction.APPROVE: self._approve_as_actor,
                ErasureAction.RESUME: self._resume,
                ErasureAction.TRY_TO_END: self._try_to_end,
            }
            act = steps.get(view.action)
            if act is not None:
                self._send(partial(act, self._progress.erasure.id))

    async def approve_as_other_admin(self, email: str, token: str) -> None:
        """Approve the erasure as another admin, who signs in for it alone. Raises AppError."""
        progress = self._progress
        if progress is None:
            raise UserDecisionNeeded("The erasure is not shown any more.", "Nothing was approved.")
        admin = await sign_in_second_admin(self._clock, self._workspace.values, email, token)
        self._show(await self._erasures.approve(progress.erasure.id, admin))

    def cancel_request(self) -> None:
        """Withdraw the drawer's erasure, of which nothing was sent."""
        if self._progress is not None:
            self._send(partial(self._cancel, self._progress.erasure.id))

    def save_report(self, folder: str) -> None:
        """Save the evidence of the drawer's erasure into a folder, as JSON and as a page."""
        if self._progress is not None:
            self._tasks.start_once("save", self._save_report(self._progress, folder))

    def approval_text(self) -> str:
        """Say what another admin approves by signing in."""
        subject = self._progress.erasure.subject if self._progress is not None else None
        who = subject.label if subject is not None else "this person"
        return f"{who} is erased from Zendesk, from Sailthru and from this computer, for good."

    def view(self) -> ErasureView:
        """Build what the drawer Erase shows."""
        if self._progress is not None:
            return self._view_progress(self._progress)
        check = self._check
        if check is None:
            has_failed = self._error is not None
            return ErasureView(
                subtitle=self._subtitle,
                is_loading=not has_failed,
                note=build_note(None, self._error, None),
                action=ErasureAction.READ_AGAIN if has_failed else ErasureAction.REQUEST,
                button="Read again" if has_failed else "Request erasure",
                button_reason="" if has_failed else "It is being read.",
            )
        obstacle = check.find_obstacle(closes_tickets=self._closes_tickets)
        subject = check.planned_subject(closes_tickets=self._closes_tickets)
        confirmation = subject.confirmation
        reason = obstacle.title if obstacle is not None else ""
        if not reason and not subject.is_confirmed_by(self._typed):
            reason = f"Type {confirmation} to confirm."
        return ErasureView(
            subtitle=self._subtitle,
            note=build_note(None, self._error, obstacle),
            systems=build_systems(check.counts),
            steps=build_erasure_steps(planned_steps(subject)),
            kept=kept_texts(check),
            close_tickets_text=close_tickets_text(check),
            closes_tickets=self._closes_tickets,
            confirmation=confirmation,
            typed=self._typed,
            foot=_FOOT,
            action=ErasureAction.REQUEST,
            button="Request erasure",
            button_reason=_SENDING if self._is_sending else reason,
            can_export=True,
        )

    async def close(self) -> None:
        """Cancel what the drawer Erase runs and wait for its end; what was sent goes on."""
        self._unsubscribe()
        await self._tasks.close()

    def _view_progress(self, progress: ErasureProgress) -> ErasureView:
        erasure = progress.erasure
        subject = erasure.subject
        action, button, reason = next_action(progress, self._workspace.actor)
        # Who asked has typed it; the second admin, at work here themselves, types it as well.
        asks = action is ErasureAction.APPROVE and subject is not None
        if asks and subject is not None and not subject.is_confirmed_by(self._typed):
            reason = f"Type {subject.confirmation} to confirm."
        if self._is_sending:
            reason = _SENDING
        is_under_way = erasure.state is ErasureState.RUNNING and progress.stopped_at is None
        return ErasureView(
            subtitle=subject.label if subject is not None else f"Erasure {erasure.id}",
            note=build_note(progress, self._error, None),
            systems=build_systems(erasure.counts, is_done=not erasure.is_open),
            steps=build_erasure_steps(progress.steps),
            kept=kept_texts(self._check),
            confirmation=subject.confirmation if asks and subject is not None else "",
            typed=self._typed,
            foot=_GOES_ON if is_under_way else "",
            action=action,
            button=button,
            button_reason=reason,
            can_export=erasure.state is ErasureState.REQUESTED and self._check is not None,
            can_cancel=erasure.state is ErasureState.REQUESTED,
        )

    async def _read(self) -> None:
        customer, number = self._sheet_model.current, self._sheet_model.customer_number
        if customer.sheet is None:
            return
        found = await self._erasures.find_of_customer(customer.sheet.target_ids)
        if found is not None:
            self._show(found)
            return
        # Read anew: whom the services have merged or given another address since is not mixed up.
        await self._sheet_model.reread(customer)
        if customer.sheet is not None and customer.number == number:
            self._check = await self._erasures.check(customer.sheet)
            self.changed.emit()

    async def _read_progress(self, erasure_id: str) -> None:
        self._show(await self._erasures.get_progress(erasure_id))

    def _begin_again(self) -> None:
        if self._asked_number:
            self.begin_with(self._asked_number)
        else:
            self.begin()

    def _send(self, act: Callable[[], Awaitable[None]]) -> None:
        self._tasks.start_once("submit", self._act(act))

    async def _act(self, act: Callable[[], Awaitable[None]]) -> None:
        self._is_sending, self._error = True, None
        self.changed.emit()
        try:
            await act()
        finally:
            self._is_sending = False
            self.changed.emit()

    async def _request(self, check: ErasureCheck) -> None:
        closes = self._closes_tickets
        found = await self._erasures.request(check, self._typed, closes_tickets=closes)
        self._typed = ""
        self._sheet_model.set_unsaved_input(_INPUT, False)
        self._show(found)

    async def _approve_as_actor(self, erasure_id: str) -> None:
        found = await self._erasures.approve(erasure_id, self._workspace.actor)
        self._typed = ""
        self._show(found)

    async def _resume(self, erasure_id: str) -> None:
        self._show(await self._erasures.resume(erasure_id))

    async def _try_to_end(self, erasure_id: str) -> None:
        self._show(await self._erasures.finish(erasure_id))

    async def _cancel(self, erasure_id: str) -> None:
        await self._erasures.cancel(erasure_id)
        self._show(await self._erasures.get_progress(erasure_id))

    async def _save_report(self, progress: ErasureProgress, folder: str) -> None:
        name = f"erasure-{progress.erasure.id}"
        files = {
            f"{name}.json": format_json(build_erasure_report(progress)),
            f"{name}.html": render_erasure_report(progress),
        }
        await write_private_files(Path(folder), files)
        self.report_saved.emit(folder)

    async def _reload(self, erasure_id: str) -> None:
        found = await self._erasures.get_progress(erasure_id)
        if self._progress is not None and self._progress.erasure.id == erasure_id:
            self._show(found)

    def _show(self, progress: ErasureProgress) -> None:
        self._progress, self._error = progress, None
        if not progress.erasure.is_open:
            # Nothing of whom it was stays in memory.
            self._check = None
            self._typed = self._subtitle = ""
        self.changed.emit()

    def _on_changes(self, changes: ChangeSet) -> None:
        topics = (Topic.OUTBOX, Topic.AUDIT, Topic.CUSTOMER)
        if self._progress is not None and changes.has_any(*topics):
            self._tasks.start("reload", self._reload(self._progress.erasure.id))

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()

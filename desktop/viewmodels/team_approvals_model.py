"""View-model of the approvals that other desks of the team ask for, and of answering them."""

from dataclasses import dataclass
from typing import Protocol

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.team import ApprovalKind, ApprovalRequest, describe_approval_request
from desktop.viewmodels import time_format
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

_ADMINS_ONLY = "Only an admin may approve it."
_ASKED_HERE = "Asked at this computer: it takes another admin."


class ApprovalsProtocol(Protocol):
    """What lists the approvals of a team and answers them."""

    async def list_open(self) -> tuple[ApprovalRequest, ...]:
        """List what all desks ask for. Raises what keeps the team store away."""
        ...

    async def answer(self, request_id: str, typed: str) -> ApprovalRequest:
        """Approve what another desk asks for. Raises NotPermitted, InvalidInput."""
        ...


@dataclass(frozen=True)
class TeamApprovalView:
    """One approval that is asked for, as a row; `refusal` says why it may not be given, or is "".

    `confirmation_label` says what has to be typed.
    """

    id: str
    text: str
    detail: str
    confirmation_label: str
    refusal: str


class TeamApprovalsModel(TaskOwningModel):
    """The approvals that the team's desks ask for; nothing where the workspace works alone."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        approvals: ApprovalsProtocol,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._approvals, self._clock = workspace, approvals, clock
        self._requests: tuple[ApprovalRequest, ...] = ()
        self._unsubscribe = bus.subscribe(self._on_changes)

    def views(self) -> tuple[TeamApprovalView, ...]:
        """Build the rows of the approvals that are asked for, oldest first."""
        return tuple(map(self._view, self._requests))

    @property
    def waiting_count(self) -> int:
        """How many approvals the person at work may give."""
        return sum(not view.refusal for view in self.views())

    def refresh(self) -> None:
        """Ask the team store again what is to be approved."""
        self.tasks.start_once("read", self._read())

    def approve(self, request_id: str, typed: str) -> None:
        """Approve what another desk asks for; `typed` confirms what it is about."""
        self.tasks.start_once(f"answer {request_id}", self._approve(request_id, typed))

    async def close(self) -> None:
        """Stop reading the approvals that other desks ask for."""
        self._unsubscribe()
        await super().close()

    def _view(self, request: ApprovalRequest) -> TeamApprovalView:
        actor = self._workspace.actor
        refusal = ""
        if not actor.is_confirmed_admin:
            refusal = _ADMINS_ONLY
        elif request.content.get("asked_user") == actor.approver_id:
            refusal = _ASKED_HERE
        elif any(answer.user_id == actor.approver_id for answer in request.answers):
            refusal = f"You have approved it; {request.desk_name} goes on by itself."
        is_erasure = request.kind is ApprovalKind.ERASURE
        at = time_format.format_time_or_date(request.asked_at, self._clock.now())
        return TeamApprovalView(
            request.id,
            describe_approval_request(request),
            f"{at}. Ask {request.asked_by} whom it is about."
            if is_erasure
            else f"{at}, preview {request.text('plan')} there.",
            "Address of who is erased"
            if is_erasure
            else f"Type {request.text('people')} to approve",
            refusal,
        )

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.TEAM):
            self.refresh()
        elif changes.has_any(Topic.PERMISSIONS, Topic.SERVICE) and self._requests:
            self.changed.emit()

    async def _read(self) -> None:
        try:
            found = await self._approvals.list_open()
        except AppError:
            # Alone, or the store is away: Settings say so, and what is asked comes up later.
            found = ()
        if found != self._requests:
            self._requests = found
            self.changed.emit()

    async def _approve(self, request_id: str, typed: str) -> None:
        answered = await self._approvals.answer(request_id, typed)
        self.message_posted.emit(f"Approved. {answered.desk_name} goes on by itself.")
        await self._read()

"""View-model of the requests to a lead that wait here: who asks for what, and who may answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop.customer.edit_service import EditService
from desktop.customer.team_lead_requests import TeamLeadRequestService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.model.lookup_query import record_query
from desktop.model.team_lead_request import TeamLeadRequest, describe_wanted
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol, check_view_permission


@dataclass(frozen=True)
class TeamLeadRequestView:
    """One request to a lead as a row; `do_reason` says why it may not be done, or is "".

    `can_decline`: the right to do it is the right to decline it. `can_withdraw`: the asker's own.
    """

    id: str
    wanted: str
    customer: str
    customer_query: str
    detail: str
    do_reason: str
    can_decline: bool
    can_withdraw: bool


class TeamLeadRequestsModel(TaskOwningModel):
    """The open requests to a lead in this workspace, and the ways to answer them."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        service: TeamLeadRequestService,
        editor: EditService,
        store: WorkspaceStore,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._workspace, self._service, self._editor = workspace, service, editor
        self._store, self._clock = store, clock
        self._requests: tuple[TeamLeadRequest, ...] = ()
        self._unsubscribe = bus.subscribe(self._on_changes)
        self.refresh()

    def views(self, targets: Sequence[str] | None = None) -> tuple[TeamLeadRequestView, ...]:
        """Build the rows of the open requests, oldest first; `targets`: of one customer alone."""
        if not check_view_permission(self._workspace).is_allowed:
            return ()
        chosen = (
            each for each in self._requests if targets is None or each.request.target.id in targets
        )
        return tuple(map(self._view, chosen))

    @property
    def waiting_count(self) -> int:
        """How many open requests the person at work may do."""
        return sum(not view.do_reason for view in self.views())

    def refresh(self) -> None:
        """Read the open requests to a lead again."""
        self.tasks.start("read", self._read())

    def do(self, request_id: str) -> None:
        """Make the change that a request asks for, under the rights of who is at work."""
        self.tasks.start_once(f"answer {request_id}", self._do(request_id))

    def decline(self, request_id: str, why: str) -> None:
        """Decline a request to a lead, with the reason."""
        self.tasks.start_once(f"answer {request_id}", self._decline(request_id, why))

    def withdraw(self, request_id: str) -> None:
        """Take one's own request to a lead back."""
        self.tasks.start_once(f"answer {request_id}", self._withdraw(request_id))

    async def close(self) -> None:
        """Stop reading the requests to a lead."""
        self._unsubscribe()
        await super().close()

    def _view(self, asked: TeamLeadRequest) -> TeamLeadRequestView:
        request, actor = asked.request, self._workspace.actor
        ticket = f", #{request.ticket}" if request.ticket is not None else ""
        at = time_format.format_time_or_date(asked.asked_at, self._clock.now())
        reason = self._editor.permission_for(request).reason
        return TeamLeadRequestView(
            asked.id,
            describe_wanted(request),
            request.target.label,
            record_query(request.target.service, request.target.id),
            f"{asked.actor}, {at}: {request.reason}{ticket}",
            reason,
            can_decline=not reason,
            can_withdraw=asked.is_asked_by(actor.key, actor.signature),
        )

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT):
            self.refresh()
        elif changes.has_any(Topic.PERMISSIONS, Topic.SETTINGS, Topic.SERVICE):
            self.changed.emit()

    async def _read(self) -> None:
        found = await self._store.team_lead_requests.list_open()
        if found != self._requests:
            self._requests = found
            self.changed.emit()

    async def _do(self, request_id: str) -> None:
        edits = await self._service.do(request_id)
        said = "Queued: you have the usual time to undo." if edits else "It was so already."
        self.message_posted.emit(said)
        await self._read()

    async def _decline(self, request_id: str, why: str) -> None:
        await self._service.decline(request_id, why)
        self.message_posted.emit("Declined.")
        await self._read()

    async def _withdraw(self, request_id: str) -> None:
        await self._service.withdraw(request_id)
        self.message_posted.emit("Withdrawn.")
        await self._read()

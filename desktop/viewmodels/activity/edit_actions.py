"""What a person may do about a change: retry, discard, undo, leave, apply; and verify all."""

from dataclasses import replace

from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService, reapply_request
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.edit import Edit, EditState
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_detail_view import CurrentServiceValue
from desktop.viewmodels.activity.edit_loader import EditLoader
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class EditActions:
    """Each act returns the sentence that says what was done, or raises our errors."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        undo: UndoService,
        editor: EditService,
        bus: ChangeBus,
        clock: Clock,
        log: EditLoader,
    ) -> None:
        self._workspace, self._store, self._undo = workspace, store, undo
        self._editor, self._bus, self._clock, self._edit_loader = editor, bus, clock, log

    async def perform(
        self, act: str, edit_id: str, current_value: CurrentServiceValue | None
    ) -> str:
        """Do one of them; `reality` is what the person saw beside a conflict."""
        edit = self._edit_loader.find(edit_id)
        if edit is None:
            raise InvalidInput("This change is not in the list any more.")
        if act == "retry":
            return await self._retry(edit)
        if act == "discard":
            return await self._discard(edit)
        if act == "undo":
            return await self._undo_edit(edit)
        if act == "apply":
            return await self._apply_anyway(edit, current_value)
        if act == "leave":
            await self._edit_loader.mark_settled(
                edit.id, self._workspace.actor.name, self._clock.now()
            )
            return "Left as it is."
        raise InvalidInput(f"“{act}” is nothing that can be done here.")

    async def verify_audit(self) -> tuple[bool, str]:
        """Walk the chain of hashes: whether it is whole, in words."""
        found = await self._store.audit.verify_chain()
        if found.first_broken_seq is None:
            rows = format_count(found.row_count, "entry", "entries")
            return True, f"The record is whole: {rows}, none changed or missing."
        return (
            False,
            f"The record was changed outside Fairlead: entry {found.first_broken_seq} does not fit.",
        )

    async def _retry(self, edit: Edit) -> str:
        if edit.state is EditState.FAILED:
            # It begins anew: what was allowed then may be refused now.
            verdict = self._editor.permission_for(edit.request)
            if not verdict.is_allowed:
                raise NotPermitted("This change is not allowed any more.", verdict.reason)
        outbox = self._store.outbox
        await outbox.retry(edit.id, self._clock.now())
        self._publish(edit)
        return "It is tried again now."

    async def _discard(self, edit: Edit) -> str:
        gone = await self._undo.withdraw(edit.id, "Discarded before it was sent.")
        if gone is None:
            raise UserDecisionNeeded(
                "This change cannot be discarded any more.",
                "It is being sent, or has ended.",
                "Undo takes it back once it is confirmed.",
            )
        self._publish(edit)
        return "Discarded. Nothing was sent."

    async def _undo_edit(self, edit: Edit) -> str:
        back = await self._undo.undo(edit.id)
        undone = back.state is EditState.UNDONE
        return "Undone before it was sent." if undone else "The undo is on its way."

    async def _apply_anyway(self, edit: Edit, current_value: CurrentServiceValue | None) -> str:
        if current_value is None or not current_value.is_known:
            raise InvalidInput(
                "What stands there now has to be read first.", "", "Open the conflict."
            )
        seen = replace(edit.request, old=current_value.value)
        await self._editor.submit([reapply_request(edit, seen)])
        return "The change was queued again, from the value that stands there now."

    def _publish(self, edit: Edit) -> None:
        topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
        self._bus.publish(ChangeSet.of(*topics, ids=[edit.request.target.id]))

"""Performs what a person decides about an edit on the page Activity: retry, undo, apply."""

from dataclasses import replace

from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService, reapply_request
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.edit import Edit, EditState
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.activity.activity_detail_view import ActivityAction, CurrentServiceValue
from desktop.viewmodels.activity.edit_loader import EditLoader
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class EditActions:
    """The actions on an edit of the page Activity; each returns a sentence or raises AppError."""

    def __init__(
        self,
        workspace: WorkspaceProtocol,
        store: WorkspaceStore,
        undo: UndoService,
        editor: EditService,
        bus: ChangeBus,
        clock: Clock,
        edit_loader: EditLoader,
    ) -> None:
        self._workspace, self._store, self._undo = workspace, store, undo
        self._editor, self._bus, self._clock, self._edit_loader = editor, bus, clock, edit_loader

    async def perform(
        self, action: ActivityAction, edit_id: str, current_value: CurrentServiceValue | None
    ) -> str:
        """Perform an action on an edit of the page Activity; `current_value` as shown."""
        edit = self._edit_loader.find(edit_id)
        if edit is None:
            raise InvalidInput("This change is no longer in the list.")
        if action is ActivityAction.APPLY:
            return await self._apply_anyway(edit, current_value)
        perform = {
            ActivityAction.RETRY: self._retry,
            ActivityAction.DISCARD: self._discard,
            ActivityAction.UNDO: self._undo_edit,
            ActivityAction.LEAVE: self._leave,
        }[action]
        return await perform(edit)

    async def _retry(self, edit: Edit) -> str:
        await self._editor.retry(edit.id)
        self._publish(edit)
        return "Trying again now."

    async def _discard(self, edit: Edit) -> str:
        withdrawn = await self._undo.withdraw(edit.id, "Discarded before it was sent.")
        if withdrawn is None:
            raise UserDecisionNeeded(
                "This change can no longer be discarded.",
                "It is being sent, or has ended.",
                "You can undo it once it is confirmed.",
            )
        self._publish(edit)
        return "Discarded. Nothing was sent."

    async def _undo_edit(self, edit: Edit) -> str:
        inverse = await self._undo.undo(edit.id)
        undone = inverse.state is EditState.UNDONE
        return "Undone before it was sent." if undone else "Undoing…"

    async def _leave(self, edit: Edit) -> str:
        actor, now = self._workspace.actor.name, self._clock.now()
        await self._edit_loader.mark_settled(edit.id, actor, now)
        return "Kept as it is."

    async def _apply_anyway(self, edit: Edit, current_value: CurrentServiceValue | None) -> str:
        if current_value is None or not current_value.is_known:
            raise InvalidInput("Read the current value first.", "", "Open the conflict.")
        await self._store.outbox.require_own_account(edit.id)
        # The new edit's before-image is what the person saw, so that a later change is a conflict.
        seen = replace(edit.request, old=current_value.value)
        await self._editor.submit([reapply_request(edit, seen)])
        return "The change was queued again, starting from the current value."

    def _publish(self, edit: Edit) -> None:
        topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
        self._bus.publish(ChangeSet.of(*topics, ids=[edit.request.target.id]))

"""Undoes a batch: each of its edits that still stands, by the rules of undoing a single one."""

from desktop.customer.edit_undo import UndoService, undo_refusal
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, NotPermitted, UserDecisionNeeded
from desktop.model.edit import EditState
from desktop.model.edit_batch import BatchStage
from desktop.model.permission import CHANGES_OFF_REASON
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.write_protocol import Checkpoint


class BatchUndo:
    """Queues the undo of every edit of one batch; those that were changed since are left."""

    def __init__(
        self,
        batch_id: str,
        store: WorkspaceStore,
        undo: UndoService,
        clock: Clock,
        checkpoint: Checkpoint,
    ) -> None:
        self._batch_id = batch_id
        self._store = store
        self._undo = undo
        self._clock = clock
        self._checkpoint = checkpoint

    async def run(self) -> None:
        """Look at every edit of the batch once: withdraw it, queue its undo, or say why not.

        Whoever is killed in the middle goes on with the edits that have no undo yet.
        """
        batches = self._store.edit_batches
        ids = await batches.list_edits_to_undo(self._batch_id)
        await batches.begin_stage(self._batch_id, BatchStage.UNDO, len(ids), self._clock.now())
        for done, edit_id in enumerate(ids, 1):
            await self._undo_edit(edit_id)
            self._checkpoint("undo queued")
            if done % 25 == 0:
                await batches.set_progress(self._batch_id, done)
        await batches.finish_undo(self._batch_id, self._clock.now())
        self._checkpoint("undone")

    async def _undo_edit(self, edit_id: str) -> None:
        try:
            await self._undo.undo(edit_id, wait_for_undo=False)
        except (UserDecisionNeeded, NotPermitted, ConflictError) as error:
            if isinstance(error, NotPermitted) and error.message == CHANGES_OFF_REASON:
                # Of no single customer: once changes are on again, all of them are undone.
                raise
            edit = await self._store.outbox.get_edit(edit_id)
            # What has changed nothing has nothing to be undone; what stood there may not be known.
            is_made = edit.state is EditState.DONE and not edit.has_changed_nothing
            if undo_refusal(edit) is None or is_made:
                await self._store.edit_batches.set_not_undone(
                    self._batch_id, edit_id, f"{error.title} {error.message}".strip()
                )

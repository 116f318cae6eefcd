"""Goes on with a batch where it stands: looks up, plans, sends or undoes; in one process at a time.

What it has done is in the store at every moment: killed anywhere, the next one goes on there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from desktop.customer.edit_batch.batch_lookup import BatchLookup
from desktop.customer.edit_batch.batch_planner import BatchPlanner
from desktop.customer.edit_batch.batch_sender import BatchSender
from desktop.customer.edit_batch.batch_service import EditBatchService
from desktop.customer.edit_batch.batch_undo import BatchUndo
from desktop.customer.edit_service import EditService
from desktop.customer.edit_undo import UndoService
from desktop.customer.service_clients import AccountFieldNames, ServiceClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.edit_batch import EditBatch
from desktop.store.edit_batch_repository import batch_at_work_error
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.edit_queue import EditSender
from desktop.writing.write_protocol import Checkpoint


@dataclass(frozen=True)
class BatchRunner:
    """Works on batches for a process of its own; `checkpoint` is called at named points."""

    store: WorkspaceStore
    clients: Callable[[], ServiceClients]
    names: Callable[[], AccountFieldNames]
    service: EditBatchService
    editor: EditService
    undo: UndoService
    build_sender: Callable[[], EditSender]
    clock: Clock
    checkpoint: Checkpoint = field(default=lambda _name: None)

    async def go_on(self, batch_id: str, *, known_only: bool = False) -> EditBatch:
        """Do what is left to do for a batch, and return it as it stands then.

        `known_only`: plan the change of those found so far, and look nobody else up.
        Looking up needs the right to; what was applied or is to be undone was allowed then, and
        each edit is judged again when it is sent. Raises ConflictError where another process is at
        work on it, and what keeps the services from being asked.
        """
        batches = self.store.edit_batches
        batch = await batches.get(batch_id)
        if batch.is_at_work:
            raise batch_at_work_error(batch.id)
        try:
            await self._work(batch, known_only=known_only)
        except AppError as error:
            await batches.end_work(batch.id, str(error))
            raise
        except BaseException:
            await batches.end_work(batch.id)
            raise
        return await batches.end_work(batch.id)

    async def _work(self, batch: EditBatch, *, known_only: bool) -> None:
        store, clock = self.store, self.clock
        if batch.undo_asked_at is not None:
            if batch.undone_at is None:
                # It goes on in whatever window is open next: for whom the undo is allowed.
                await self.service.require_may_undo(batch)
                await BatchUndo(batch.id, store, self.undo, clock, self.checkpoint).run()
            await self._send(batch.id)
        elif batch.applied_at is not None:
            await self._send(batch.id)
        else:
            self.service.require_permission()
            lookup = BatchLookup(batch.id, store, self.clients, clock, self.checkpoint)
            if not known_only and not await lookup.run():
                return
            self.checkpoint("looked up")
            batch = await store.edit_batches.get(batch.id)
            if batch.action is not None and batch.planned_at is None:
                planner = BatchPlanner(
                    batch, store, self.clients(), self.names(), self.editor, clock
                )
                await planner.run()
                self.checkpoint("planned")

    async def _send(self, batch_id: str) -> None:
        await BatchSender(batch_id, self.store, self.build_sender, self.clock).run()

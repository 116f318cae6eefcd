"""What the page Many at once needs of its workspace, and what starts the processes of batches."""

from dataclasses import dataclass
from typing import Protocol

from desktop.customer.edit_batch.batch_service import EditBatchService
from desktop.kit.change_bus import ChangeBus
from desktop.kit.clock import Clock
from desktop.model.edit_batch import BatchStage
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels.syncs.sync_page_context import StartedProcessProtocol
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol


class StartBatch(Protocol):
    """Starts the process that goes on with a batch; `known_only`: it looks nobody else up."""

    def __call__(self, batch_id: str, *, known_only: bool = False) -> StartedProcessProtocol:
        """Start it for this batch. Raises InternalError."""
        ...


class StartUndo(Protocol):
    """Starts the process that undoes a batch."""

    def __call__(self, batch_id: str) -> StartedProcessProtocol:
        """Start it for this batch. Raises InternalError."""
        ...


@dataclass(frozen=True)
class BatchPageContext:
    """One workspace as the page Many at once needs it; `account` is its name on screen."""

    workspace: WorkspaceProtocol
    store: WorkspaceStore
    service: EditBatchService
    bus: ChangeBus
    clock: Clock
    account: str
    start: StartBatch
    start_undo: StartUndo


@dataclass(frozen=True)
class StartedBatch:
    """A process that this window has started for a batch, and when (monotonic seconds)."""

    batch_id: str
    stage: BatchStage
    process: StartedProcessProtocol
    at: float
    # What the batch was like then: once it differs, the process has begun.
    before: tuple[object, ...]

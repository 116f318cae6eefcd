"""The one runner of a team's syncs: a lease with an epoch, compared before each batch is written.

A lock of the database's session would vanish with the connection while the run goes on; a row with
a number does not: whoever comes later raises it, and a run with an older one writes nothing more.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError
from desktop.model.field_mapping import MappingOperator
from desktop.model.sync import Sync
from desktop.store.workspace_store import WorkspaceStore

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore
    from desktop.sync.sync_memory import SyncMemory


@dataclass(frozen=True)
class RunLease:
    """A run's lease of its sync in the team store; `memory`: None where it stays on this desk."""

    store: "TeamStore"
    sync: Sync
    epoch: int
    memory: "SyncMemory | None" = None

    def find_refusal(self) -> str:
        """Say why this run may write nothing more, or "" and renew the lease.

        Raises TeamStoreAway: without an answer nobody knows whether another run has begun.
        """
        if self.store.leases.renew.blocking(self.sync.name, self.epoch):
            return ""
        return f"Another run of “{self.sync.title}” has begun since, or another computer runs it."

    async def release(self) -> None:
        """Hand the rest of the memory in and end the lease; a newer run keeps its own."""
        if self.memory is not None:
            await self.memory.hand_in()
        await self.store.leases.release(self.sync.name, self.epoch)


async def acquire_run_lease(
    store: "TeamStore", local: WorkspaceStore, sync: Sync, owner: str, actor: str, clock: Clock
) -> RunLease:
    """Begin a run's lease, and bring what the sync remembers here where the team shares it.

    Raises SyncRunsElsewhere, TeamStoreAway.
    """
    epoch = (await store.leases.acquire(sync.name, owner, actor)).epoch
    if not await store.shared_rows.is_on():
        return RunLease(store, sync, epoch)
    from desktop.sync.sync_memory import SyncMemory

    memory = SyncMemory(store, local, sync.name, epoch, clock)
    await memory.begin()
    return RunLease(store, sync, epoch, memory)


def require_movable(sync: Sync, *, has_memory: bool) -> None:
    """Raise ConflictError for a sync whose memory can't be done without at another computer.

    Where its memory is not in the team store (`has_memory`), what it has added to numbers already
    is known where it ran alone: here it would add all of it again.
    """
    if not has_memory and any(
        row.on and row.operator is MappingOperator.SUM for row in sync.mapping
    ):
        raise ConflictError(
            f"“{sync.title}” adds to numbers and can't be moved.",
            "What it has added is known to the computer it runs on: here it would add it again.",
            "Run it there, make a new sync that sets values, or have the team share what syncs"
            " remember: `fairlead team share on`, then one run there.",
        )

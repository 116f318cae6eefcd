"""The one runner of a team's syncs: a lease with an epoch, compared before each batch is written.

A lock of the database's session would vanish with the connection while the run goes on; a row with
a number does not: whoever comes later raises it, and a run with an older one writes nothing more.
"""

from dataclasses import dataclass

from desktop.kit.errors import ConflictError
from desktop.model.field_mapping import MappingOperator
from desktop.model.sync import Sync
from desktop.store.team.team_store import TeamStore


@dataclass(frozen=True)
class RunLease:
    """A run's lease of its sync in the team store."""

    store: TeamStore
    sync: Sync
    epoch: int

    def find_refusal(self) -> str:
        """Say why this run may write nothing more, or "" and renew the lease.

        Raises TeamStoreAway: without an answer nobody knows whether another run has begun.
        """
        if self.store.leases.renew.blocking(self.sync.name, self.epoch):
            return ""
        return f"Another run of “{self.sync.title}” has begun since, or another computer runs it."

    async def release(self) -> None:
        """End the lease; a run that has begun since keeps its own."""
        await self.store.leases.release(self.sync.name, self.epoch)


async def acquire_run_lease(store: TeamStore, sync: Sync, owner: str, actor: str) -> RunLease:
    """Begin a run's lease. Raises SyncRunsElsewhere, TeamStoreAway."""
    lease = await store.leases.acquire(sync.name, owner, actor)
    return RunLease(store, sync, lease.epoch)


def require_movable(sync: Sync) -> None:
    """Raise ConflictError for a sync whose memory can't be done without at another computer.

    What it has added to numbers already is known where it ran, and nowhere else: here it would add
    all of it again.
    """
    if any(row.on and row.operator is MappingOperator.SUM for row in sync.mapping):
        raise ConflictError(
            f"“{sync.title}” adds to numbers and can't be moved.",
            "What it has added is known to the computer it runs on: here it would add it again.",
            "Run it there, or make a new sync that sets values.",
        )

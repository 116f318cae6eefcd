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
from desktop.model.team import SyncLease
from desktop.store.workspace_store import WorkspaceStore

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore
    from desktop.sync.team_sync_state import TeamSyncState


@dataclass(frozen=True)
class RunLease:
    """A run's lease of its sync in the team store; `memory`: None where it stays on this desk."""

    store: "TeamStore"
    sync: Sync
    epoch: int
    memory: "TeamSyncState | None" = None

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
    from desktop.sync.team_sync_state import TeamSyncState

    memory = TeamSyncState(store, local, sync.name, epoch, clock)
    await memory.begin()
    return RunLease(store, sync, epoch, memory)


def require_movable(sync: Sync, lease: SyncLease | None, desk: str) -> None:
    """Raise ConflictError for a sync whose memory can't be done without at another computer.

    `lease` is who has it now, None: nobody has run it; `desk` is the one it is to move to. Where
    its memory is not in the team store, what it has added to numbers already is known where it ran
    alone: here it would add all of it again. So is which profile a record of Zendesk Sell belongs
    to: here a second contact could be made of somebody whose address has changed since.
    """
    has_memory = lease is not None and lease.has_memory
    if not has_memory and any(
        row.on and row.operator is MappingOperator.SUM for row in sync.mapping
    ):
        raise ConflictError(
            f"“{sync.title}” adds to numbers and can't be moved.",
            "What it has added is known to the computer it runs on: here it would add it again.",
            "Run it there, make a new sync that sets values, or have the team share what syncs"
            " remember: `fairlead team share on`, then one run there.",
        )
    is_there = lease is not None and lease.desk != desk and not lease.is_desk_revoked
    if is_there and not has_memory and sync.pairs_sell_people:
        assert lease is not None  # noqa: S101 - it is there
        raise ConflictError(
            f"“{sync.title}” can't be moved from {lease.desk_name}.",
            "Whom each contact and lead of Zendesk Sell was matched with is known to that computer"
            " alone: here somebody could be made twice.",
            "Run it there, or have the team share what syncs remember: `fairlead team share on`,"
            " then one run there. Once an admin has revoked that computer, it can be moved, and"
            " people are matched anew.",
        )


def why_at_its_desk(sync: Sync) -> str:
    """Say why no other computer's worker runs a sync, as far as its kind goes; "" where one may.

    How far a rule has acted is known to its desk alone, and so is everybody's data, in which
    people of a segment are looked up.
    """
    no_other = "no worker elsewhere takes it."
    if sync.is_rule:
        return f"How far a rule has acted is known to that computer alone: {no_other}"
    if sync.source.segment:
        return f"People of a segment are looked up in that computer's data: {no_other}"
    return ""


def describe_runner(sync: Sync, lease: SyncLease | None, desk: str) -> str:
    """Say which computer of the team runs a sync's schedule; `desk` is this one.

    `lease` is who has it, None: nobody has run it yet.
    """
    why = why_at_its_desk(sync)
    if lease is None:
        return f"The first computer of the team that runs it keeps it. {why}".strip()
    is_here = lease.desk == desk
    where = "this computer" if is_here else lease.desk_name
    if why:
        return f"Runs at {where}. {why}"
    if lease.is_desk_worker and lease.has_memory:
        return f"Runs at {where}, a worker: due times wait for the team's workers."
    return f"Runs at {where}." + ("" if is_here else " An admin can move it here.")

"""Scheduled runs of a team: claimed in the team store too, and none without it."""

import logging
from dataclasses import replace

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError
from desktop.model.sync import Sync
from desktop.sync.due_syncs import DueSync, DueSyncFinder
from desktop.sync.run_lease import describe_runner, why_at_its_desk

log = logging.getLogger(__name__)


def is_queueable(sync: Sync) -> bool:
    """Whether any worker of the team may run a sync, as far as its kind goes."""
    return not why_at_its_desk(sync)


async def describe_sync_runner(services: WorkspaceServices, sync: Sync) -> str:
    """Say which computer of the team runs a sync; "" without a team, or while its store is away."""
    try:
        store = await services.team.open()
        leases = await store.leases.list_all() if store is not None else ()
    except AppError as error:
        log.info("Who runs %s is not known: %s", sync.name, error.code)
        return ""
    if store is None:
        return ""
    lease = next((one for one in leases if one.sync == sync.name), None)
    return describe_runner(sync, lease, store.desk_id)


async def require_team_store(services: WorkspaceServices) -> None:
    """Raise what keeps a team's scheduled syncs from starting here: above all TeamStoreAway.

    To be asked before anything is claimed, so that all stays due. A workspace that works alone
    passes.
    """
    if await services.team.open() is not None:
        # An open connection may be lost: this asks.
        await services.team.hand_in_audit()


async def claim_due_run(
    services: WorkspaceServices, finder: DueSyncFinder, due: DueSync
) -> str | None:
    """Claim a due sync on this computer, then in the team; None: another process or desk has it.

    What the team's workers run is queued for them, and the schedule counts on from there.
    Raises TeamStoreAway; the time stays due then.
    """
    ticket = await services.store.run(finder.claim, due)
    if ticket is None:
        return None
    try:
        store = await services.team.open()
        if store is None:
            return ticket
        if is_queueable(due.sync):
            counted = await store.leases.queue_due(due.sync.name, due.due_at, due.previous_due_at)
            if counted is not None:
                counted_due = replace(due, previous_due_at=counted)
                await services.store.run(finder.release_claim, counted_due, ticket)
                return None
        actor = services.session.actor.signature
        is_ours = await store.leases.claim_due(due.sync.name, due.due_at, actor)
    except BaseException:
        await services.store.run(finder.release_claim, due, ticket)
        raise
    # Not released where it is another's: here the schedule counts on from this time as well.
    return ticket if is_ours else None

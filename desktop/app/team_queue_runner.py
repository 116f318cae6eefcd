"""What a worker runs from the team's queue: due times of syncs whose memory all desks share."""

import asyncio
import logging
from collections.abc import Container
from typing import TYPE_CHECKING

from desktop.app.commands.sync_subcommands.scheduled_runs import (
    DueRunResult,
    connect_for_due_runs,
    run_due_sync,
)
from desktop.app.container import WorkspaceServices
from desktop.app.team_runs import is_queueable
from desktop.kit.errors import AppError, AuthenticationError, ConflictError
from desktop.kit.text import format_count
from desktop.model.sync import Sync
from desktop.store.team.lease_repository import SyncRunsElsewhere
from desktop.store.team.team_errors import TeamStoreAway
from desktop.sync.due_syncs import DueSync
from desktop.sync.run_lease import require_movable, why_at_its_desk

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore

log = logging.getLogger(__name__)


class TeamQueueRunner:
    """A worker's part in the team's queue, at a desk whose login may answer other desks."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._results: list[DueRunResult] = []
        self._refusal: AuthenticationError | None = None
        self._working: asyncio.Task[None] | None = None
        self._is_stopped = False

    @property
    def is_stopped(self) -> bool:
        """Whether the worker was told to stop: nothing more is taken then."""
        return self._is_stopped

    async def announce(self) -> None:
        """Tell the team that a worker is here, so that due times are queued for it."""
        try:
            store = await self._services.team.open()
            if store is not None and await store.requests.may_answer():
                await store.desks.note_queue_worker()
        except TeamStoreAway as error:
            # Said where something is due; what needs no team is done all the same.
            log.info("No worker is announced: %s", error.title)

    async def run_waiting(
        self, paused: Container[str]
    ) -> tuple[tuple[DueRunResult, ...], AppError | None]:
        """Run what waits in the queue of syncs that are on here and not in `paused`.

        Returns what was run, and what keeps more from starting: TeamStoreAway, say. The rest stays
        in the queue then.
        """
        self._results = []
        error = None
        try:
            await self._run_waiting(paused)
        except AppError as raised:
            error = raised
        return tuple(self._results), error

    async def _run_waiting(self, paused: Container[str]) -> None:
        store = await self._services.team.open()
        if self._is_stopped or store is None or not await store.requests.may_answer():
            return
        # Imported here: nobody but a worker needs Procrastinate.
        from desktop.store.team.due_run_queue import DueRunQueue

        database = store.database.open_queue()
        try:
            queue = DueRunQueue(database, self._run)
            await queue.retry_stalled()
            syncs = await self._find_syncs(store, paused)
            if not await queue.has_jobs(syncs):
                return
            self._refusal = await connect_for_due_runs(self._services)
            # Told so while it looked or connected.
            if not self._is_stopped:
                self._working = asyncio.create_task(queue.work(syncs))
                # Cancelled where the worker is told to stop: what is left waits for another.
                await asyncio.wait([self._working])
                if not self._working.cancelled():
                    self._working.result()
        finally:
            self._working = None
            database.close()

    async def describe_left_out(self) -> list[str]:
        """Say what this worker does not run although a person may expect it, a line each."""
        store = await self._services.team.open()
        if store is None:
            return []
        lines = []
        if not await store.requests.may_answer():
            lines.append(
                "This computer's login acts for no admin and was not invited with --worker: it"
                " runs its own syncs, and none from the team's queue."
            )
        desks = {one.sync: one.desk for one in await store.leases.list_all()}
        syncs = [
            one
            for one in await self._services.store.syncs.list_all()
            if one.schedule and one.name in desks
        ]
        off = [one.name for one in syncs if not one.on]
        if off and await store.shared_rows.is_on():
            many = format_count(len(off), "shared sync is", "shared syncs are")
            lines.append(
                f"{many} off at this computer, so its worker runs none of their due times:"
                f" {', '.join(off)}. To switch one on: `fairlead sync on {off[0]}`."
            )
        elsewhere = [
            one.name
            for one in syncs
            if one.on and why_at_its_desk(one) and desks[one.name] != store.desk_id
        ]
        if elsewhere:
            lines.append(
                f"Rules and syncs of a segment run at their own computer alone, not here:"
                f" {', '.join(elsewhere)}. `fairlead team` names it."
            )
        return lines

    def stop(self) -> None:
        """Take nothing more from the queue, ever; the run under way goes on to its end."""
        self._is_stopped = True
        if self._working is not None:
            self._working.cancel()

    async def _find_syncs(self, store: "TeamStore", paused: Container[str]) -> list[str]:
        leases = {one.sync: one for one in await store.leases.list_all()}

        def may_run(sync: Sync) -> bool:
            lease = leases.get(sync.name)
            if lease is None or not lease.has_memory or not is_queueable(sync):
                return False
            try:
                require_movable(sync, lease, store.desk_id)
            except ConflictError:
                return False
            return sync.on and bool(sync.schedule) and sync.name not in paused

        return [one.name for one in await self._services.store.syncs.list_all() if may_run(one)]

    async def _run(self, name: str, due_at: float) -> None:
        """Run a due time that was taken from the queue. Raises SyncRunsElsewhere: it waits there.

        A time that a newer one has replaced is not run: however many were missed, it is one run.
        """
        services, store = self._services, await self._services.team.open()
        actor = services.session.actor.signature
        if store is None or not await store.leases.take_queued(name, due_at, actor):
            log.info("A queued time of %s is over", name)
            return
        sync = await services.store.syncs.get(name)
        now = services.context.clock.now()
        ticket = await services.store.syncs.claim_queued(name, due_at, now)
        due = DueSync(sync, due_at, due_at)
        result = await run_due_sync(services, due, ticket, self._refusal)
        if isinstance(result.error, SyncRunsElsewhere):
            raise result.error
        self._results.append(result)

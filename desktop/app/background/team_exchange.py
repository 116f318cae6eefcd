"""Exchanges record, rows and approvals with the team store while a window is open."""

import asyncio
import logging

from desktop.app.container import WorkspaceServices
from desktop.app.team_approvals import TeamApprovals
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

# A colleague who waits for an approval looks about so often.
POLL_S = 20.0


class TeamExchange:
    """One desk's exchange with its team; does nothing where the workspace works alone.

    `wake_up` is set when other desks tell of something, and when a change here has ended.
    """

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self.wake_up = asyncio.Event()
        self._is_due = True
        self._next_at = 0.0
        self._unsubscribe = services.bus.subscribe(self._on_changes)
        self._is_away = False
        self._open_requests: frozenset[str] = frozenset()

    async def run_once(self) -> None:
        """Hand in what is new, take in what others have, and exchange approvals.

        That the store is away is logged once, and so is its return: what is here waits. Woken by a
        change here, it looks first whether anything waits.
        """
        services, clock = self._services, self._services.context.clock
        is_due = self._is_due or clock.monotonic() >= self._next_at
        if not is_due and not await services.team.count_waiting():
            return
        self._is_due, self._next_at = False, clock.monotonic() + POLL_S / 2
        if await services.store.team.get() is None:
            return
        try:
            handed_in = await services.team.hand_in_audit()
            taken = await services.team.exchange_rows()
            # Who is at work asks, and Zendesk says whether who answered is an admin.
            if services.session.confirmed_actor is not None:
                taken += await TeamApprovals(services).exchange()
                await self._tell_of_requests()
        except AppError as error:
            if not self._is_away:
                log.warning("The team store is not used: %s", error.title)
            self._is_away = True
            return
        if self._is_away:
            log.info("The team store is there again")
        self._is_away = False
        if handed_in or taken:
            services.bus.publish(ChangeSet.of(Topic.AUDIT, Topic.SYNC, Topic.OUTBOX))

    def hear(self) -> None:
        """Exchange at once: another desk has told that there is something."""
        self._is_due = True
        self.wake_up.set()

    def _on_changes(self, changes: ChangeSet) -> None:
        # What was just confirmed here shows at other desks at once.
        if changes.has_any(Topic.OUTBOX):
            self.wake_up.set()

    async def _tell_of_requests(self) -> None:
        """Publish that other desks ask for something else than before."""
        store = await self._services.team.open()
        if store is None:
            return
        found = frozenset(one.id for one in await store.approvals.list_open())
        if found != self._open_requests:
            self._open_requests = found
            self._services.bus.publish(ChangeSet.of(Topic.TEAM))

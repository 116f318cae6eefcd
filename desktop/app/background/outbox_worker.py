"""Delivers the outbox while a window is open: at once, after the undo time, or when it is due."""

import asyncio

from desktop.app.container import WorkspaceServices
from desktop.clients.service_status import ServiceStatus
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.model.edit import Edit, EditState
from desktop.model.service import Service

# Another process may queue an edit without this one hearing of it at once.
LONGEST_WAIT_S = 5.0
# A row that is due at this very moment must not spin the loop.
_SHORTEST_WAIT_S = 0.05


class OutboxWorker:
    """The open window's sender of edits; `wake_up` is set by outbox and service changes."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self.wake_up = asyncio.Event()
        self._sending = asyncio.Lock()
        self._away: frozenset[str] = frozenset()  # titles of services that were offline last
        self._unsubscribe = services.bus.subscribe(self._on_changes)

    async def deliver(self) -> float:
        """Send the outbox's due edits; returns the seconds until the next is due, 5 at most."""
        services, clock = self._services, self._services.context.clock
        began_at = clock.monotonic()
        async with self._sending:
            await self._end_waits_for_returned()
            await self._send_due()
        # What was due and is still open waits for something else: the rules, or another process.
        elapsed_s = clock.monotonic() - began_at
        wait_s = await services.store.outbox.seconds_until_due(clock.now(), elapsed_s=elapsed_s)
        if wait_s is None:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, wait_s))

    async def send_before_closing(self, since: float) -> tuple[Edit, ...]:
        """End every undo time, send due edits as the window closes; return those not made.

        Those are the edits that are still open, or ended unmade just now; of the open ones only
        what was wanted from `since` (Unix seconds) on, since a person knows the older ones.
        """
        outbox, now = self._services.store.outbox, self._services.context.clock.now()
        before = await list_own_open_edits(self._services)
        await outbox.end_undo_waits(now)
        # After what is being sent at this moment.
        async with self._sending:
            await self._send_due()
        after = [await outbox.get_edit(edit.id) for edit in before]
        return tuple(edit for edit in after if _is_unmade(edit, since))

    async def _end_waits_for_returned(self) -> None:
        """Make the outbox's edits due that wait for a service which answers again by now."""
        live = self._find_services(ServiceStatus.LIVE)
        returned, self._away = self._away & live, self._away - live
        for service in Service:
            if service.title in returned:
                now = self._services.context.clock.now()
                await self._services.store.outbox.end_retry_waits(service, now)

    async def _send_due(self) -> None:
        if self._services.session.is_connected:
            await self._services.editor.confirm_authors()
            await self._services.build_edit_sender().send_due()
            # What is left of an erasure whose last step was confirmed, here or before a crash.
            await self._services.erasures.finish_all()

    def close(self) -> None:
        """Let the change bus wake this outbox worker no more."""
        self._unsubscribe()

    def _find_services(self, status: ServiceStatus) -> frozenset[str]:
        """Find the titles of the services of this status."""
        states = self._services.session.service_states
        return frozenset(state.service for state in states if state.status is status)

    def _on_changes(self, changes: ChangeSet) -> None:
        # At once: a service may be back before the outbox is looked at again.
        self._away |= self._find_services(ServiceStatus.OFFLINE)
        if changes.has_any(Topic.OUTBOX, Topic.SERVICE, Topic.PERMISSIONS):
            self.wake_up.set()


async def list_own_open_edits(services: WorkspaceServices) -> tuple[Edit, ...]:
    """Return the open edits that nobody but the window sends: not those of a batch at work."""
    at_work = await services.store.edit_batches.list_at_work()
    edits = await services.store.outbox.list_recent(-1, open_only=True)
    return tuple(edit for edit in edits if edit.batch not in at_work)


def _is_unmade(edit: Edit, since: float) -> bool:
    if edit.state in (EditState.CONFLICT, EditState.FAILED):
        return True
    # Accepted, it is made: only its reading back is still to come.
    return not edit.state.is_final and not edit.is_accepted and edit.created_at >= since

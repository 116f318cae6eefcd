"""Delivers the outbox while a window is open: at once, after the undo time, or when it is due."""

import asyncio

from desktop.app.container import WorkspaceServices
from desktop.kit.change_bus import ChangeSet, Topic

# Another process may queue an edit without this one hearing of it at once.
LONGEST_WAIT_S = 5.0
# A row that is due at this very moment must not spin the loop.
_SHORTEST_WAIT_S = 0.05


class OutboxWorker:
    """The open window's sender of edits; `wake_up` is set by outbox and service changes."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self.wake_up = asyncio.Event()
        self._unsubscribe = services.bus.subscribe(self._on_changes)

    async def deliver(self) -> float:
        """Send the edits that are due; returns the seconds until the next is, 5 at most."""
        services, clock = self._services, self._services.context.clock
        began_at = clock.monotonic()
        if services.session.is_connected:
            await services.build_edit_sender().send_due()
        # What was due and is still open waits for something else: the rules, or another process.
        elapsed_s = clock.monotonic() - began_at
        wait_s = await services.store.outbox.seconds_until_due(clock.now(), elapsed_s=elapsed_s)
        if wait_s is None:
            return LONGEST_WAIT_S
        return min(LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, wait_s))

    def close(self) -> None:
        """Let the change bus wake this outbox worker no more."""
        self._unsubscribe()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.OUTBOX, Topic.SERVICE, Topic.PERMISSIONS):
            self.wake_up.set()

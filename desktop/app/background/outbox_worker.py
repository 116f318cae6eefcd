"""Delivers the outbox while a window is open: at once, after the undo time, or when it is due."""

import asyncio
import contextlib
import logging

from desktop.app.container import WorkspaceServices
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_LONGEST_SLEEP_S = 5.0


class OutboxWorker:
    """One task that sleeps until something is due or has changed."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._wake_up = asyncio.Event()
        self._unsubscribe = services.bus.subscribe(self._on_changes)

    async def run(self) -> None:
        """Deliver for ever; ends by being cancelled."""
        while True:
            self._wake_up.clear()
            wait_s = _LONGEST_SLEEP_S
            try:
                if self._services.session.is_connected:
                    await self._services.build_edit_sender().send_due()
                wait_s = await self._seconds_until_due()
            except AppError as error:
                # A full disk or a busy database: the rows stay as they are.
                log.warning("The outbox could not be worked on: %s", error.title)
            except Exception:
                # Never the end of sending: the row stays claimed until this process ends.
                log.exception("Delivering failed unexpectedly")
            # Not wait_for: it can lose the cancellation that arrives together with the waking.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake_up.wait()

    def close(self) -> None:
        """Hear no more changes."""
        self._unsubscribe()

    async def _seconds_until_due(self) -> float:
        store = self._services.store
        due = await store.outbox.next_due_at()
        if due is None:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0.05, due - self._services.context.clock.now()))

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.OUTBOX, Topic.SERVICE):
            self._wake_up.set()

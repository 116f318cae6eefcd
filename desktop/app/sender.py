"""Delivers the outbox while a window is open: at once, after the undo time, or when it is due."""

import asyncio
import contextlib
import logging

from desktop.app.wiring import House
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)

_LONGEST_SLEEP_S = 5.0


class Sender:
    """One task that sleeps until something is due or has changed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._woken = asyncio.Event()
        self._unsubscribe = house.bus.subscribe(self._on_changes)

    async def run(self) -> None:
        """Deliver for ever; ends by being cancelled."""
        while True:
            self._woken.clear()
            wait_s = _LONGEST_SLEEP_S
            try:
                if self._house.live.connected:
                    await self._house.deliverer().deliver_due()
                wait_s = await self._wait_s()
            except AppError as error:
                # A full disk or a busy database: the rows stay as they are.
                log.warning("The outbox could not be worked on: %s", error.title)
            except Exception:
                # Never the end of sending: the row stays claimed until this process ends.
                log.exception("Delivering failed unexpectedly")
            # Not wait_for: it can lose the cancellation that arrives together with the waking.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()

    def close(self) -> None:
        """Hear no more changes."""
        self._unsubscribe()

    async def _wait_s(self) -> float:
        store = self._house.store
        due = await store.lane.run(store.outbox.next_due)
        if due is None:
            return _LONGEST_SLEEP_S
        return min(_LONGEST_SLEEP_S, max(0.05, due - self._house.ground.clock.now()))

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Topic.OUTBOX, Topic.SERVICE):
            self._woken.set()

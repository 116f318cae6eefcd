"""The loop of every background task of the window: call, survive errors, wait, call again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError

log = logging.getLogger(__name__)


async def repeat_every(
    interval_s: float,
    work: Callable[[], Awaitable[float | None]],
    clock: Clock,
    *,
    name: str,
    wake_up: asyncio.Event | None = None,
) -> None:
    """Call a background task's `work` `interval_s` seconds after its last end, until cancelled.

    `work` may return how many seconds to wait instead. Setting `wake_up` ends a wait early.
    An error is logged under `name` and never ends the loop: a busy database or a full disk
    passes, and after a mistake of ours the other calls still do their work.
    """
    while True:
        if wake_up is not None:
            # Before the work: what changes during it is worth another call.
            wake_up.clear()
        wait_s: float | None = None
        try:
            wait_s = await work()
        except AppError as error:
            log.warning("Background work “%s” failed: %s", name, error.title)
        except Exception:
            log.exception("Background work “%s” failed unexpectedly", name)
        await _sleep_or_wake(interval_s if wait_s is None else wait_s, clock, wake_up)


async def _sleep_or_wake(seconds: float, clock: Clock, wake_up: asyncio.Event | None) -> None:
    if wake_up is None:
        await clock.sleep(seconds)
        return
    # Not wait_for: it can lose the cancellation that arrives together with the waking.
    waits = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(wake_up.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()

"""SIGTERM and Ctrl+C as a callback of the running event loop: work ends in its own order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable


def call_at_termination(stop: Callable[[], object]) -> None:
    """Call `stop` on the running loop at SIGTERM or SIGINT, instead of ending the process.

    Windows' loop has no signal handlers: there Ctrl+C raises KeyboardInterrupt as ever.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)

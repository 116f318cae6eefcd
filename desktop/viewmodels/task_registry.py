"""Asyncio tasks of a view-model by name: a newer one of the same name cancels the older."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from desktop.kit.errors import AppError, InternalError

log = logging.getLogger(__name__)


class TaskRegistry:
    """Owns a view-model's asyncio tasks, so that none is lost and all end with the window.

    An AppError that a task raises goes to `on_error`; any other exception is logged and becomes
    an InternalError.
    """

    def __init__(self, on_error: Callable[[AppError], None]) -> None:
        self._on_error = on_error
        self._running: dict[str, asyncio.Task[None]] = {}
        self._coroutines: dict[asyncio.Task[None], Coroutine[Any, Any, None]] = {}
        self._closing = False

    def start(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start a view-model's asyncio task; one of the same name that still runs is cancelled."""
        if self._closing:
            coroutine.close()
            return
        self.cancel(name)
        task = asyncio.get_running_loop().create_task(
            self._run_and_report_errors(coroutine), name=name
        )
        self._running[name] = task
        self._coroutines[task] = coroutine
        task.add_done_callback(self._discard_finished)
        # Cancelled before its first step, it would be complained of as never awaited.
        task.add_done_callback(lambda _task: coroutine.close())

    def start_once(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """Start a view-model's task unless one of the name runs: two presses act once."""
        if name in self._running:
            coroutine.close()
        else:
            self.start(name, coroutine)

    def cancel(self, name: str) -> None:
        """Cancel the view-model's task of this name, if it runs."""
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    def is_running(self, name: str) -> bool:
        """Whether a view-model's task of this name is under way."""
        return name in self._running

    async def wait_for_prefix(self, prefix: str) -> None:
        """Wait for a view-model's tasks whose name begins so: what they save must not be lost."""
        wanted = [task for name, task in self._running.items() if name.startswith(prefix)]
        await asyncio.gather(*wanted, return_exceptions=True)

    async def close(self) -> None:
        """Cancel every task of the view-model and wait until all have ended."""
        # What was started a moment ago has to take its first step before it can be cancelled.
        await asyncio.sleep(0)
        self._closing = True
        while running := [t for t in asyncio.all_tasks() if t in self._running_tasks()]:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()

    def _running_tasks(self) -> set["asyncio.Task[None]"]:
        return set(self._running.values())

    def _discard_finished(self, task: "asyncio.Task[None]") -> None:
        # A task cancelled before its first step has never begun its coroutine.
        self._coroutines.pop(task).close()
        self._forget(task)

    def _forget(self, task: "asyncio.Task[None] | None") -> None:
        if task is not None and self._running.get(task.get_name()) is task:
            del self._running[task.get_name()]

    async def _run_and_report_errors(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except AppError as error:
            self._on_error(error)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("A task failed unexpectedly")
            self._on_error(
                InternalError(
                    "Fairlead made a mistake.",
                    "What you did may not have worked; nothing saved is lost.",
                    "The details are in the log. Please report it.",
                )
            )
        finally:
            # At once, not when asyncio tells a turn later: who asks in between whether it runs
            # would wait for a task that has done its last step.
            self._forget(asyncio.current_task())

"""Runs a look-up's coroutines concurrently, and turns refused or missing answers into none.

What may be cancelled before its first step takes a callable: a coroutine made for it, and then
never awaited, would be left behind.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from desktop.kit.errors import AppError, NotFound
from desktop.model.zendesk_user import ZendeskUser

log = logging.getLogger(__name__)
T = TypeVar("T")


async def run_concurrently(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Run a look-up's coroutines at once; an unexpected error of one cancels the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in coroutines:
                group.create_task(coroutine)
    except BaseExceptionGroup as failures:
        # Callers switch on the error's class, not on a group.
        raise failures.exceptions[0] from None


async def cancel_and_wait(task: "asyncio.Task[Any]") -> None:
    """Cancel a part of a look-up and wait until its task has ended."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def ignore_app_errors(asking: Coroutine[Any, Any, None]) -> None:
    """Await an optional detail of a look-up; its error is logged, and the sheet goes without it."""
    try:
        await asking
    except AppError as error:
        log.info("A detail could not be read: %s", error.code)


async def none_if_missing(ask: Callable[[], Awaitable[T]]) -> T | None:
    """Return a service's answer to a look-up, or None where it raises NotFound."""
    try:
        return await ask()
    except NotFound:
        return None


async def none_if_refused(
    ask: Callable[[], Awaitable[tuple[ZendeskUser, ...]]],
) -> tuple[ZendeskUser, ...]:
    """Return the Zendesk users found, none where this search is refused; else raises."""
    try:
        return await ask()
    except AppError as error:
        # A service that is away is a failed part, not an empty answer.
        if error.is_retryable:
            raise
        return ()

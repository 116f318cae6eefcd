"""Keeps everybody's data fresh while a window is open: tickets every five minutes, people daily.

The reading is a process of its own, which outlives the window; another window's or a terminal's
excludes it.
"""

import asyncio
from collections.abc import Callable

from desktop.app.container import WorkspaceServices
from desktop.app.detached_run_process import DetachedProcess
from desktop.audience.data_service import LISTS_SOURCE
from desktop.model.permission import Role
from desktop.store.data_source_repository import (
    ORGANIZATIONS_SOURCE,
    RATINGS_SOURCE,
    TICKETS_SOURCE,
    USERS_SOURCE,
    ReadingState,
)

POLL_S = 60.0
TICKETS_INTERVAL_S = 300.0
PEOPLE_INTERVAL_S = 86_400.0
_DAILY = (ORGANIZATIONS_SOURCE, USERS_SOURCE)


class DataWorkspaceRefresh:
    """Starts the reading of what is due; `start_reading` takes the data sources to read."""

    def __init__(
        self, services: WorkspaceServices, start_reading: Callable[..., DetachedProcess]
    ) -> None:
        self._services = services
        self._start_reading = start_reading
        self._process: DetachedProcess | None = None
        self._started_at = float("-inf")

    async def run_once(self) -> None:
        """Start a process for what is due, unless one is at work. Raises InternalError."""
        services, actor = self._services, self._services.session.confirmed_actor
        now = services.context.clock.monotonic()
        # One that has failed is not tried every minute.
        if now - self._started_at < TICKETS_INTERVAL_S or self._is_at_work():
            return
        # Exports are for admins, and the first reading is begun by a person.
        if (
            actor is None
            or actor.role is not Role.ADMIN
            or not services.current_settings.keeps_everybody()
        ):
            return
        if not services.has_everybody():
            return
        store = await asyncio.to_thread(lambda: services.data_store)
        states = {state.name: state for state in await store.sources.list_all()}
        due = find_due_sources(states, services.context.clock.now())
        if due:
            self._process, self._started_at = self._start_reading(*due), now

    def _is_at_work(self) -> bool:
        return self._process is not None and self._process.exit_code is None


def find_due_sources(states: dict[str, ReadingState], now: float) -> tuple[str, ...]:
    """Return the data sources whose time has come; none before the first reading has ended."""
    tickets = states.get(TICKETS_SOURCE)
    if tickets is None or not tickets.is_complete or not tickets.ended_at:
        return ()

    def is_due(state: ReadingState | None, interval_s: float) -> bool:
        return (
            state is None or now - max(state.begun_at or 0.0, state.ended_at or 0.0) >= interval_s
        )

    due = [name for name in _DAILY if is_due(states.get(name), PEOPLE_INTERVAL_S)]
    if is_due(tickets, TICKETS_INTERVAL_S):
        due += [TICKETS_SOURCE, RATINGS_SOURCE]
    lists = [state for state in states.values() if state.list_name is not None]
    if lists and any(is_due(state, PEOPLE_INTERVAL_S) for state in lists):
        due.append(LISTS_SOURCE)
    return tuple(due)

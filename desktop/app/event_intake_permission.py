"""Whether who takes events in may have them delivered by themselves, as signed in just now."""

import logging

from desktop.app.container import WorkspaceServices
from desktop.app.workspace_session import ACTOR_RECHECK_S
from desktop.kit.errors import AppError
from desktop.model.event_source import EventSource
from desktop.model.permission import Permission

log = logging.getLogger(__name__)

# So often a server looks whether a source was switched on; Zendesk is asked once a minute.
_LOOK_S = 10.0


def is_switched(source: EventSource) -> bool:
    """Whether a source has a switch, also one that is not proven without the audit's key."""
    return source.is_unattended or bool(source.distrust)


class EventIntakePermission:
    """The right `runs` of who is at work, which events need to be delivered by themselves.

    `is_given` is False until Zendesk has said who that is, and while it does not.
    """

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._connected_at: float | None = None
        self.is_given = False

    async def ask(self, *, for_runs: bool = False) -> AppError | None:
        """Sign in, or ask anew who is signed in; returns what kept it from being known."""
        session, now = self._services.session, self._services.context.clock.monotonic()
        error: AppError | None = None
        try:
            if session.confirmed_actor is not None:
                await session.recheck_actor()
            elif self._connected_at is None or now - self._connected_at >= ACTOR_RECHECK_S:
                self._connected_at = now
                await session.connect(for_runs=for_runs)
            error = session.connection_error
        except AppError as raised:
            error = raised
        actor = session.confirmed_actor if error is None else None
        self.is_given = (
            actor is not None
            and actor.is_confirmed
            and self._services.current_settings.check(Permission.RUNS, actor).is_allowed
        )
        return error

    async def ask_for(self, source_ids: frozenset[int]) -> None:
        """Ask who is signed in where one of these event sources is delivered without a person."""
        now = self._services.context.clock.now()
        found = await self._services.store.event_sources.list_all(now, with_counts=False)
        if not any(is_switched(one) and one.id in source_ids for one in found):
            self.is_given = False
            return
        error = await self.ask()
        if error is not None:
            log.info("Who serves is not known; events wait for a person: %s", error.code)

    async def keep_asking_for(self, source_ids: frozenset[int]) -> None:
        """Ask regularly whether events may be delivered without a person, until cancelled."""
        while True:
            await self._services.context.clock.sleep(_LOOK_S)
            try:
                await self.ask_for(source_ids)
            except AppError as error:
                self.is_given = False
                log.warning("Whose events these are can't be asked: %s", error.code)

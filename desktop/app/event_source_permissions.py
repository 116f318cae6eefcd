"""Which sources of events may be delivered by themselves now, by the rights of who switched it."""

from collections.abc import Mapping

from desktop.app.container import WorkspaceServices
from desktop.app.run_permissions import find_colleague
from desktop.app.workspace_session import ACTOR_RECHECK_S
from desktop.model.event_source import EventSource
from desktop.model.permission import Actor, Permission, Role


class EventSourcePermissions:
    """Asks for each source whether the admin who switched it on still is one.

    Zendesk is asked at most once a minute for each of them.
    """

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._asked: dict[str, tuple[float, Actor | None]] = {}

    async def find(self) -> frozenset[int]:
        """Return the ids of the sources that may be delivered by themselves now."""
        return frozenset(id_ for id_, reason in (await self.find_refusals()).items() if not reason)

    async def find_refusals(self) -> Mapping[int, str]:
        """Return by id of each source that is switched on why it may not be delivered, or ""."""
        services = self._services
        now = services.context.clock.now()
        sources = await services.store.event_sources.list_all(now, with_counts=False)
        return {one.id: await self._find_refusal(one) for one in sources if one.is_unattended}

    async def _find_refusal(self, source: EventSource) -> str:
        actor = await self._find_switcher(source.switched_by_key)
        again = "An admin can switch it on anew."
        if actor is None:
            return f"It is not certain who switched “{source.name}” on. {again}"
        if actor.role is not Role.ADMIN:
            return f"{actor.name} switched “{source.name}” on and is no admin any more. {again}"
        decision = self._services.current_settings.check(Permission.RUNS, actor)
        return "" if decision.is_allowed else decision.reason

    async def _find_switcher(self, key: str) -> Actor | None:
        now = self._services.context.clock.monotonic()
        at, actor = self._asked.get(key, (0.0, None))
        if key not in self._asked or now - at >= ACTOR_RECHECK_S:
            actor = await find_colleague(self._services, key)
            self._asked[key] = (now, actor)
        return actor

"""What people do with a sync as a whole: add, check, switch, amend, remove."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.goal import Goal
from desktop.sync.goals import Absence
from desktop.viewmodels.syncs.room import Room


class GoalActs:
    """Each tells the bus when it is done, and raises our errors."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def add(self, preset: str) -> Goal:
        """A preset's sync, off; the one there is if it was added before."""
        goal = await self._room.run(self._room.goals.add, preset, self._room.names())
        self._room.tell()
        return goal

    async def switch_off(self, name: str) -> Goal:
        """It reads and previews, and writes nothing."""
        goal = await self._room.run(self._room.goals.switch, name, on=False)
        self._room.tell()
        return goal

    async def check_and_switch_on(self, name: str) -> tuple[Goal, tuple[Absence, ...]]:
        """Ask both services for what it needs; on, where nothing needed is missing."""
        goal, absences = await self._room.goals.check(name, *self._clients())
        if goal.checked_at:
            goal = await self._room.run(self._room.goals.switch, name, on=True)
        return goal, absences

    async def make(self, absences: Sequence[Absence]) -> None:
        """Create what is missing. Raises NotPermitted for everybody but admins."""
        await self._room.goals.make(absences, self._room.names(), *self._clients())

    async def amend(self, name: str, parts: dict[str, Any]) -> None:
        """Another title, description, labels, or favourite. Raises BadInput without a title."""
        if not str(parts.get("title", "x")).strip():
            raise BadInput("A sync needs a name.", "The old one stays.")
        await self._room.run(self._amended, name, parts)
        self._room.tell()

    async def remove(self, name: str) -> None:
        """Take it away; what it wrote and its history stay."""
        await self._room.run(self._room.goals.remove, name)
        self._room.tell()

    def _amended(self, name: str, parts: dict[str, Any]) -> None:
        self._room.goals.save(replace(self._room.store.goals.get(name), **parts))

    def _clients(self) -> tuple[SailthruClient, ZendeskClient]:
        services = self._room.office.services
        if services.sailthru is None or services.zendesk is None:
            raise NeedsPerson(
                "Zendesk and Sailthru are not both connected.",
                "A sync needs both.",
                "Sign in under Settings.",
            )
        return services.sailthru, services.zendesk

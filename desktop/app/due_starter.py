"""Starts what is due while a window is open, on a computer that is switched on to run it.

Each run is a process of its own. Closed, the operating system does the same (`timer.py`);
whoever claims a planned time first runs it.
"""

import asyncio
import logging
from collections.abc import Callable

from desktop.app.runs import due_of
from desktop.app.wiring import House
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError, NeedsPerson
from desktop.settings import sync_settings
from desktop.sync.due import DueGoal, PausedGoal

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 15.0

Start = Callable[..., object]
Say = Callable[[AppError], None]


class DueStarter:
    """`start` takes what stands after `fairlead sync`; `say` tells the person at the window."""

    def __init__(self, house: House, start: Start, say: Say) -> None:
        self._house = house
        self._start = start
        self._say = say
        self._due = due_of(house)
        self._said: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Look now and then, for ever; ends by being cancelled."""
        while True:
            try:
                await self.look()
            except AppError as error:
                # A busy database or a full disk: what is due stays due.
                log.warning("What is due could not be looked at: %s", error.title)
            except Exception:
                # Never the end of looking.
                log.exception("Looking for what is due failed unexpectedly")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> tuple[str, ...]:
        """Start what is due; gives the names of what was started. Raises StoreKnown."""
        if not self._may_start():
            return ()
        lane = self._house.store.lane
        timetable = await lane.run(self._due.look)
        started = [
            one.goal.name
            for one in timetable.due
            if await lane.run(self._due.claim, one) and await self._started(one)
        ]
        if started:
            self._house.bus.publish(Changes.of(Topic.SYNC, ids=started))
        self._tell(timetable.paused)
        return tuple(started)

    def _may_start(self) -> bool:
        live = self._house.live
        return (
            live.values.get(sync_settings.RUN_HERE)
            and live.connected
            and live.trouble is None
            and self._house.goals.permitted().allowed
        )

    async def _started(self, one: DueGoal) -> bool:
        try:
            self._start("run", one.goal.name, "--why", "schedule")
        except AppError as error:
            await self._house.store.lane.run(self._due.give_back, one)
            self._say(error)
            return False
        return True

    def _tell(self, paused: tuple[PausedGoal, ...]) -> None:
        """Say it once; it goes on standing in the list of syncs."""
        known = {(one.goal.name, one.words) for one in paused}
        for one in paused:
            if (one.goal.name, one.words) not in self._said:
                self._say(NeedsPerson(f"“{one.goal.title}” is paused.", one.words))
        self._said = known

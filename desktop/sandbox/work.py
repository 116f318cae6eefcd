"""Jobs that take their time: done in slices, so that a big one never holds up a request."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox import calendar
from desktop.sandbox.shelf import Shelf

IDLE_S = 0.02


@dataclass
class Task:
    """Work due at a time: each `next` of the steps is one slice."""

    due: float
    steps: Iterator[None]


@dataclass
class Work:
    """The queue and the loop that empties it."""

    shelf: Shelf
    tasks: list[Task] = field(default_factory=list)

    def add(self, due: float, steps: Iterator[None]) -> None:
        """Start the steps at a time."""
        self.tasks.append(Task(due, steps))

    async def run(self) -> None:
        """Do what is due, a slice of each in turn, for ever."""
        while True:
            ready = [task for task in self.tasks if task.due <= calendar.now()]
            for task in ready:
                if task not in self.tasks:
                    # A reset has come between.
                    continue
                if next(task.steps, self) is self:
                    self.tasks.remove(task)
                self.shelf.commit()
                await asyncio.sleep(0)
            if not ready:
                await asyncio.sleep(IDLE_S)

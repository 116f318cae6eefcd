"""Jobs that take their time: done in slices, so that a big one never holds up a request."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox import timestamps
from desktop.sandbox.key_value_store import KeyValueStore

POLL_INTERVAL_S = 0.02


@dataclass
class QueuedJob:
    """Work due at a time: each `next` of the steps is one slice."""

    due_at: float
    steps: Iterator[None]


@dataclass
class SandboxJobQueue:
    """The queue and the loop that empties it."""

    store: KeyValueStore
    jobs: list[QueuedJob] = field(default_factory=list)

    def add(self, due: float, steps: Iterator[None]) -> None:
        """Start the steps at a time."""
        self.jobs.append(QueuedJob(due, steps))

    async def run(self) -> None:
        """Do what is due, a slice of each in turn, for ever."""
        while True:
            ready = [task for task in self.jobs if task.due_at <= timestamps.unix_now()]
            for task in ready:
                if task not in self.jobs:
                    # A reset has come between.
                    continue
                if next(task.steps, self) is self:
                    self.jobs.remove(task)
                self.store.commit()
                await asyncio.sleep(0)
            if not ready:
                await asyncio.sleep(POLL_INTERVAL_S)

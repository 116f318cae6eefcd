"""Queue of the sandbox's background jobs, done in steps so that none holds up a request."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox import timestamps
from desktop.sandbox.key_value_store import KeyValueStore


@dataclass
class QueuedJob:
    """A job of the sandbox, due at a Unix time; each `next` of `steps` is a slice of it."""

    due_at: float
    steps: Iterator[None]


@dataclass
class SandboxJobQueue:
    """The queued jobs of both sandbox services and the loop that does them."""

    store: KeyValueStore
    jobs: list[QueuedJob] = field(default_factory=list)
    _added: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, due: float, steps: Iterator[None]) -> None:
        """Queue a sandbox job's steps to begin at a Unix time."""
        self.jobs.append(QueuedJob(due, steps))
        self._added.set()

    async def run(self) -> None:
        """Do the steps of the sandbox's due jobs, one of each in turn, for ever."""
        while True:
            ready = [job for job in self.jobs if job.due_at <= timestamps.unix_now()]
            for job in ready:
                if job not in self.jobs:
                    # A reset has come between two steps.
                    continue
                if next(job.steps, self) is self:
                    self.jobs.remove(job)
                # Each step is durable by itself: a restart goes on after the last one.
                self.store.commit()
                await asyncio.sleep(0)
            if not ready:
                await self._wait_until_due()

    async def _wait_until_due(self) -> None:
        """Wait for the time of the next job in the sandbox, or for a new one."""
        self._added.clear()
        wait_s = min((job.due_at - timestamps.unix_now() for job in self.jobs), default=None)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._added.wait(), None if wait_s is None else max(0, wait_s))

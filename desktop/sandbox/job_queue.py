"""Queue of the sandbox's background jobs, done in steps so that none holds up a request."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox import timestamps
from desktop.sandbox.key_value_store import KeyValueStore

# Short against the 60 ms that tests let a job take.
POLL_INTERVAL_S = 0.02


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

    def add(self, due: float, steps: Iterator[None]) -> None:
        """Queue a sandbox job's steps to begin at a Unix time."""
        self.jobs.append(QueuedJob(due, steps))

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
                await asyncio.sleep(POLL_INTERVAL_S)

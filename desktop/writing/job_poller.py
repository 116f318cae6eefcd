"""Waits for a bulk job or an export of Sailthru or Zendesk to end, by polling it."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from desktop.kit.clock import Clock
from desktop.kit.errors import NotFound

# Seconds between two polls of a job; the last one again and again.
POLL_WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0)


class PollableJob(Protocol):
    """A Sailthru or Zendesk job that is polled."""

    @property
    def has_ended(self) -> bool:
        """Whether a polled job has ended."""
        ...

    @property
    def progress(self) -> int | None:
        """The rows that a polled job has done; None where the service does not say."""
        ...


JobT = TypeVar("JobT", bound=PollableJob)


async def wait_for_job(
    poll: Callable[[], Awaitable[JobT]], clock: Clock, timeout_s: float, begun: JobT | None = None
) -> JobT | None:
    """Poll a job until it has ended; None when it is given up, or the service forgot it.

    `begun` is the job as its start was answered, if at hand. `timeout_s` counts from when the
    job's progress last grew. Zendesk tells the progress; Sailthru does not, nor does Zendesk
    always: then it counts from the start.
    """
    job, polls, moved_at, progress = begun, 0, clock.monotonic(), 0
    while True:
        if job is None:
            try:
                job = await poll()
            except NotFound:
                return None
        if job.has_ended:
            return job
        if job.progress is not None and job.progress > progress:
            progress, moved_at = job.progress, clock.monotonic()
        elif clock.monotonic() - moved_at > timeout_s:
            return None
        await clock.sleep(POLL_WAITS_S[min(polls, len(POLL_WAITS_S) - 1)])
        polls, job = polls + 1, None

"""The status of a Sailthru job, which runs asynchronously (docs/sailthru.md 2.4)."""

from dataclasses import dataclass, field
from enum import Enum


class SailthruJobStatus(Enum):
    """A job's status; UNKNOWN is any word beyond the documented ones and those of a job at work."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"
    UNKNOWN = "unknown"


_WORKING_WORDS = {"pending", "queued", "working", "running", "processing", "started"}


def parse_job_status(text: str | None) -> SailthruJobStatus:
    """Parse the `status` of a job. One that is not known is not waited for."""
    word = (text or "").strip().lower()
    if word in _WORKING_WORDS:
        return SailthruJobStatus.PENDING
    known = {one.value: one for one in SailthruJobStatus}
    return known.get(word, SailthruJobStatus.UNKNOWN)


@dataclass(frozen=True)
class SailthruJob:
    """A job; `export_url` is an unauthenticated address that dies after about two hours."""

    id: str
    name: str
    status: SailthruJobStatus
    export_url: str | None = field(default=None, repr=False)
    is_expired: bool = False
    message: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether waiting for it is over."""
        return self.status is not SailthruJobStatus.PENDING

    @property
    def may_still_write(self) -> bool:
        """Whether the service may do more for it; of an unknown status that is not said."""
        return self.status in (SailthruJobStatus.PENDING, SailthruJobStatus.UNKNOWN)

    @property
    def progress(self) -> None:
        """How many rows it has done: Sailthru does not say."""
        return

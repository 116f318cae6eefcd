"""The status of a Sailthru job, which runs asynchronously (docs/sailthru.md 2.4)."""

from dataclasses import dataclass, field
from enum import Enum


class SailthruJobStatus(Enum):
    """A Sailthru job's status; UNKNOWN is any word beyond the documented ones."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"
    UNKNOWN = "unknown"


_WORKING_WORDS = {"pending", "queued", "working", "running", "processing", "started"}


def parse_job_status(text: str | None) -> SailthruJobStatus:
    """Parse a Sailthru job's `status`; one that is not known is not waited for."""
    word = (text or "").strip().lower()
    if word in _WORKING_WORDS:
        return SailthruJobStatus.PENDING
    known = {one.value: one for one in SailthruJobStatus}
    return known.get(word, SailthruJobStatus.UNKNOWN)


@dataclass(frozen=True)
class SailthruJob:
    """A Sailthru job; `export_url` needs no sign-in and dies after about two hours."""

    id: str
    name: str
    status: SailthruJobStatus
    export_url: str | None = field(default=None, repr=False)
    is_expired: bool = False
    message: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the Sailthru job has ended."""
        return self.status is not SailthruJobStatus.PENDING

    @property
    def may_still_write(self) -> bool:
        """Whether Sailthru may still write for the job; of an unknown status that is not said."""
        return self.status in (SailthruJobStatus.PENDING, SailthruJobStatus.UNKNOWN)

    @property
    def progress(self) -> None:
        """The rows the job has done: None, since Sailthru does not say."""
        return

"""The status of a Sailthru job, which runs asynchronously (docs/sailthru.md 2.4)."""

from dataclasses import dataclass, field
from enum import Enum


class SailthruJobStatus(Enum):
    """A job's status; statuses beyond these three are taken as PENDING."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


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
        """Whether the service does nothing more for it."""
        return self.status is not SailthruJobStatus.PENDING

    @property
    def progress(self) -> None:
        """How many rows it has done: Sailthru does not say."""
        return

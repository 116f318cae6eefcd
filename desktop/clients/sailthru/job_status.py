"""A Sailthru job: work it does by itself and is asked about (contract sailthru 2.4)."""

from dataclasses import dataclass, field
from enum import Enum


class SailthruJobStatus(Enum):
    """Statuses beyond these three are unknown and taken as PENDING."""

    PENDING = "pending"
    COMPLETED = "completed"
    ERROR = "error"


@dataclass(frozen=True)
class SailthruJob:
    """`export_url` is an unauthenticated address that dies after about two hours."""

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

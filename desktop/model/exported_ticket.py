"""A Zendesk ticket as the export tells it: deleted ones too."""

from dataclasses import dataclass

DELETED_STATUS = "deleted"


@dataclass(frozen=True)
class ExportedTicket:
    """`status` is new, open, pending, hold, solved, closed or deleted; times are Unix seconds.

    `changed_at` moves with every change, `updated_at` only with what the ticket's history shows
    (contract zendesk 4); the export is in the order of the former.
    """

    id: int
    requester_id: int | None
    subject: str
    status: str
    priority: str | None = None
    tags: tuple[str, ...] = ()
    assignee_id: int | None = None
    created_at: float | None = None
    updated_at: float | None = None
    changed_at: float | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether Zendesk says that it is gone; only then is it to be forgotten."""
        return self.status == DELETED_STATUS

    @property
    def is_solved(self) -> bool:
        """Whether nobody waits for an answer any more."""
        return self.status in ("solved", "closed")

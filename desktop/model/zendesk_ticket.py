"""A Zendesk ticket, and the order in which agents want to see them."""

from collections.abc import Iterable
from dataclasses import dataclass

UNSOLVED_STATUSES = ("new", "open", "pending", "hold")
DELETED_STATUS = "deleted"


@dataclass(frozen=True)
class ZendeskTicket:
    """`status` is new, open, pending, hold, solved or closed; times are Unix seconds."""

    id: int
    subject: str
    status: str
    priority: str | None
    requester_id: int | None
    created_at: float | None
    updated_at: float | None

    @property
    def is_unsolved(self) -> bool:
        """Whether somebody still waits for an answer."""
        return self.status in UNSOLVED_STATUSES


@dataclass(frozen=True)
class ExportedTicket(ZendeskTicket):
    """A ticket of the incremental export, which tells deleted ones too (status `deleted`).

    `changed_at` (Unix seconds) moves with every change and is the export's order; `updated_at`
    only with changes that the ticket's history shows (developer.zendesk.com, Incremental
    Exports, “generated_timestamp”).
    """

    tags: tuple[str, ...] = ()
    assignee_id: int | None = None
    changed_at: float | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether Zendesk says that it is gone; only then is it to be forgotten."""
        return self.status == DELETED_STATUS

    @property
    def is_solved(self) -> bool:
        """Whether nobody waits for an answer any more."""
        return self.status in ("solved", "closed")


def sort_unsolved_first(tickets: Iterable[ZendeskTicket]) -> tuple[ZendeskTicket, ...]:
    """Unsolved before solved, the most recently touched first within each."""
    return tuple(sorted(tickets, key=lambda t: (not t.is_unsolved, -(t.updated_at or 0.0), -t.id)))

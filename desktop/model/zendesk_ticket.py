"""A Zendesk ticket, and a ticket of the incremental export."""

from collections.abc import Iterable
from dataclasses import dataclass

# Custom statuses map to one of these categories in the API (developer.zendesk.com, Tickets).
UNSOLVED_STATUSES = ("new", "open", "pending", "hold")
DELETED_STATUS = "deleted"


@dataclass(frozen=True)
class ZendeskTicket:
    """A Zendesk ticket; `status` is new, open, pending, hold, solved or closed.

    `sender` is the address that its mail came from; None for tickets of other channels.
    """

    id: int
    subject: str
    status: str
    priority: str | None
    requester_id: int | None
    created_at: float | None
    updated_at: float | None
    sender: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether a Zendesk ticket is closed for good, or deleted: a solved one is not yet."""
        return self.status in ("closed", DELETED_STATUS)

    @property
    def is_unsolved(self) -> bool:
        """Whether a Zendesk ticket still waits for an answer."""
        return self.status in UNSOLVED_STATUSES


@dataclass(frozen=True)
class ExportedTicket(ZendeskTicket):
    """A ticket of Zendesk's incremental export, deleted ones too (status `deleted`).

    `changed_at` (Unix seconds) moves with every change and is the export's order; `updated_at`
    only with changes that the ticket's history shows (developer.zendesk.com, Incremental
    Exports, “generated_timestamp”).
    """

    tags: tuple[str, ...] = ()
    assignee_id: int | None = None
    changed_at: float | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether Zendesk has deleted the exported ticket; only then is it to be forgotten."""
        return self.status == DELETED_STATUS

    @property
    def is_solved(self) -> bool:
        """Whether the exported ticket is solved or closed."""
        return self.status in ("solved", "closed")


def sort_unsolved_first(tickets: Iterable[ZendeskTicket]) -> tuple[ZendeskTicket, ...]:
    """Sort a customer's tickets: unsolved first, the most recently updated first within each."""
    return tuple(sorted(tickets, key=lambda t: (not t.is_unsolved, -(t.updated_at or 0.0), -t.id)))

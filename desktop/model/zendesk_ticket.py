"""A Zendesk ticket, and the order in which agents want to see them."""

from collections.abc import Iterable
from dataclasses import dataclass

UNSOLVED_STATUSES = ("new", "open", "pending", "hold")


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


def sort_unsolved_first(tickets: Iterable[ZendeskTicket]) -> tuple[ZendeskTicket, ...]:
    """Unsolved before solved, the most recently touched first within each."""
    return tuple(sorted(tickets, key=lambda t: (not t.is_unsolved, -(t.updated_at or 0.0), -t.id)))

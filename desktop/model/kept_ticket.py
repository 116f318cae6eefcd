"""A Zendesk ticket as the data workspace keeps it, an organisation, and a satisfaction rating."""

from dataclasses import dataclass

from desktop.model.zendesk_ticket import ExportedTicket

# Zendesk cuts a comment at 64 kB (developer.zendesk.com, Ticket Comments); an import may be longer.
MAX_BODY_LENGTH = 64_000


@dataclass(frozen=True)
class KeptTicket(ExportedTicket):
    """A ticket with its first message; `rating` is good, bad, offered or "".

    `solved_at` (Unix seconds) is when it was solved last, as its metric set tells; None where it
    is not solved, or where Zendesk does not say.
    """

    description: str = ""
    organization_id: int | None = None
    group_id: int | None = None
    channel: str = ""
    rating: str = ""
    solved_at: float | None = None


@dataclass(frozen=True)
class KeptOrganization:
    """A Zendesk organisation of the incremental export; times are Unix seconds."""

    id: int
    name: str
    external_id: str = ""
    domain_names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    created_at: float | None = None
    updated_at: float | None = None
    deleted_at: float | None = None


@dataclass(frozen=True)
class SatisfactionRating:
    """One legacy satisfaction rating of Zendesk; `score` is good, bad or offered."""

    id: int
    ticket_id: int
    requester_id: int
    score: str
    assignee_id: int | None = None
    comment: str = ""
    reason: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0

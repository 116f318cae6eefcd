"""How long the first read of a Zendesk account takes, said before it begins."""

import math
from dataclasses import dataclass

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.kit.text import format_count, format_duration

# docs/zendesk.md 8, 12: what an account has without the High Volume add-on.
_EXPORTS_A_MINUTE = 10
_EXPORT_PAGE_ROWS = 1000
# What is left of every rate limit, after the part of people.
_SHARE_OF_RUNS = 1 - INTERACTIVE_SHARE


@dataclass(frozen=True)
class FirstReadEstimate:
    """How many records Zendesk says there are, and the hours that reading them takes.

    None: Zendesk did not say.
    """

    users: int | None
    tickets: int | None
    organizations: int | None

    @property
    def hours(self) -> float | None:
        """The hours that the exports take at the share of the rate limit that is used, if known.

        All exports share one rate limit.
        """
        if self.users is None or self.tickets is None or self.organizations is None:
            return None
        counts = (self.users, self.tickets, self.organizations)
        pages = sum(max(1, math.ceil(count / _EXPORT_PAGE_ROWS)) for count in counts)
        return pages / (_EXPORTS_A_MINUTE * _SHARE_OF_RUNS) / 60

    @property
    def text(self) -> str:
        """What `fairlead data on` says of people, tickets and the time that reading them takes."""
        if self.users is None or self.tickets is None or self.hours is None:
            return (
                "How long the first read takes is not known:"
                " Zendesk did not say how many records there are."
            )
        people = format_count(self.users, "person", "people")
        tickets = format_count(self.tickets, "ticket", "tickets")
        duration = format_duration(self.hours * 3600)
        return f"The first read of {people} and {tickets} takes about {duration}."

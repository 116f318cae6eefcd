"""How long the first read of a Zendesk account takes, said before it begins."""

import math
from dataclasses import dataclass

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.kit.text import format_duration

# docs/zendesk.md 8, 12: what an account has without the High Volume add-on.
EXPORTS_A_MINUTE = 10
EXPORT_PAGE_ROWS, RATING_PAGE_ROWS = 1000, 100
# What is left of every rate limit, after the part of people.
_SHARE_OF_RUNS = 1 - INTERACTIVE_SHARE


@dataclass(frozen=True)
class ReadEstimate:
    """How many records the services say there are, and the hours that reading them takes."""

    users: int
    tickets: int
    organizations: int
    exports_a_minute: int = EXPORTS_A_MINUTE

    @property
    def export_pages(self) -> int:
        """The number of export requests; all of them share one rate limit."""
        counts = (self.users, self.tickets, self.organizations)
        return sum(max(1, math.ceil(count / EXPORT_PAGE_ROWS)) for count in counts)

    @property
    def hours(self) -> float:
        """The hours that the exports take at the share of the rate limit that is used."""
        return self.export_pages / (self.exports_a_minute * _SHARE_OF_RUNS) / 60

    @property
    def text(self) -> str:
        """The estimate as a sentence."""
        people = f"{self.users:,} people and {self.tickets:,} tickets"
        return f"The first read of {people} takes about {format_duration(self.hours * 3600)}."

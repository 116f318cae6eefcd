"""Polls Zendesk for the ticket an agent has just opened in the browser (Follow Zendesk).

Asks `GET /api/v2/tickets/recent` every 5 s while Fairlead is visible and something moved within
ten minutes, else every 60 s, and not at all below half of the account's remaining calls.
How soon a view shows there is unknown (docs/zendesk.md 4).
"""

import logging
from collections.abc import Callable

from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, AuthenticationError
from desktop.model.zendesk_ticket import ZendeskTicket

log = logging.getLogger(__name__)

# Seconds. 12 calls a minute are 6 % of the Team plan's 200 (docs/zendesk.md 12).
FAST_POLL_S = 5.0
SLOW_POLL_S = 60.0
ACTIVITY_WINDOW_S = 600.0


class TicketFollower:
    """Notices the ticket an agent newly viewed in Zendesk; `poll` at every `poll_interval_s`."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        clock: Clock,
        has_spare_budget: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_spare_budget`: whether more than half of Zendesk's calls are left to poll with."""
        self._services = services
        self._clock = clock
        self.has_spare_budget = has_spare_budget
        self._seen: tuple[int, ...] | None = None
        self._moved_at = clock.monotonic()
        self._signed_out = False

    def note_activity(self) -> None:
        """Have Follow Zendesk poll quickly for a while, because somebody did something."""
        self._moved_at = self._clock.monotonic()

    def poll_interval_s(self, *, visible: bool) -> float:
        """Return the seconds until the next poll for viewed tickets, longer while signed out."""
        if self._signed_out:
            return SLOW_POLL_S
        is_active = self._clock.monotonic() - self._moved_at < ACTIVITY_WINDOW_S
        return FAST_POLL_S if visible and is_active else SLOW_POLL_S

    async def poll(self, *, newest_now: bool = False) -> ZendeskTicket | None:
        """Poll Zendesk's recent tickets; returns one newly at the head, or None.

        The first answer is the baseline, unless `newest_now` asks for what was viewed last.
        Trouble is no news: the status bar says how the service is doing.
        """
        zendesk = self._services().zendesk
        if zendesk is None or not self.has_spare_budget():
            return None
        try:
            tickets = await zendesk.list_recent_tickets()
        except AppError as error:
            self._signed_out = isinstance(error, AuthenticationError)
            log.info("Recent tickets could not be read: %s", error.code)
            return None
        self._signed_out = False
        ids = tuple(ticket.id for ticket in tickets)
        previous_ids, self._seen = self._seen, ids
        if (
            not ids
            or (previous_ids is None and not newest_now)
            or ids[:1] == (previous_ids or ())[:1]
        ):
            return None
        self.note_activity()
        return tickets[0]

"""Polls Zendesk for the ticket an agent has just opened in the browser (Follow Zendesk).

Asks `GET /api/v2/tickets/recent` every 5 s while Fairlead is visible and something moved within
ten minutes, else every 60 s; never more often than the desk's share of the account's rate limit
lets it, and not at all below half of the account's remaining calls.
How soon a view shows there is unknown (docs/zendesk.md 4).
"""

import logging
import random
from collections.abc import Callable

from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, AuthenticationError
from desktop.model.follow_budget import WINDOW_S, FollowBudget
from desktop.model.zendesk_ticket import ZendeskTicket

log = logging.getLogger(__name__)

# Seconds, where the desk's share allows it.
FAST_POLL_S = 5.0
SLOW_POLL_S = 60.0
ACTIVITY_WINDOW_S = 600.0
# A timer may fire some milliseconds before its time.
_EARLY_WAKE_S = 0.05


class TicketFollower:
    """Notices the ticket an agent newly viewed in Zendesk; `poll` at every `poll_interval_s`."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        clock: Clock,
        has_spare_budget: Callable[[], bool] = lambda: True,
        budget: Callable[[], FollowBudget] = lambda: FollowBudget(desks=1),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`has_spare_budget`: whether more than half of Zendesk's calls are left to poll with.

        `budget` is this desk's share of them now, `jitter` a number in [0, 1).
        """
        self._services = services
        self._clock = clock
        self.has_spare_budget = has_spare_budget
        self._budget = budget
        self._jitter = jitter
        self._seen: tuple[int, ...] | None = None
        self._moved_at = clock.monotonic()
        self._signed_out = False
        # When it polled lately (monotonic seconds): switching off and on gives no further call.
        self._polled_at: list[float] = []
        self._first_poll_at: float | None = None

    @property
    def budget(self) -> FollowBudget:
        """What this desk may ask Zendesk for the tickets viewed."""
        return self._budget()

    def note_activity(self) -> None:
        """Have Follow Zendesk poll quickly for a while, because somebody did something."""
        self._moved_at = self._clock.monotonic()

    def poll_interval_s(self, *, visible: bool) -> float:
        """Return the seconds until the next poll for viewed tickets, longer while signed out."""
        wanted_s = SLOW_POLL_S
        if not self._signed_out:
            is_active = self._clock.monotonic() - self._moved_at < ACTIVITY_WINDOW_S
            wanted_s = FAST_POLL_S if visible and is_active else SLOW_POLL_S
        # Spread over the minute; a poll that the share has put off follows when it may.
        spread_s = 0.0
        if self._polled_at:
            since_s = self._clock.monotonic() - self._polled_at[-1]
            spread_s = self.budget.interval_s - since_s
        return max(wanted_s, spread_s, self._wait_for_budget_s() + _EARLY_WAKE_S)

    def _wait_for_budget_s(self) -> float:
        """Return the seconds until the desk's share lets Follow Zendesk poll again; 0: now."""
        now, budget = self._clock.monotonic(), self.budget
        calls, span_s, earliest = budget.calls_per_minute, WINDOW_S, now
        if calls < 1:
            calls, span_s = 1.0, budget.interval_s
            # Desks that start together at nine would all take the first minute's calls.
            if self._first_poll_at is None:
                self._first_poll_at = now + self._jitter() * span_s
            earliest = self._first_poll_at
        lately = [at for at in self._polled_at if now - at < span_s]
        if len(lately) >= calls:
            earliest = max(earliest, lately[-int(calls)] + span_s)
        return max(0.0, earliest - now)

    async def poll(self, *, newest_now: bool = False) -> ZendeskTicket | None:
        """Poll Zendesk's recent tickets; returns one newly at the head, or None.

        The first answer is the baseline, unless `newest_now` asks for what was viewed last.
        Trouble is no news: the status bar says how the service is doing.
        """
        zendesk = self._services().zendesk
        if zendesk is None or not self.has_spare_budget() or self._wait_for_budget_s() > 0:
            return None
        now = self._clock.monotonic()
        span_s = max(WINDOW_S, self.budget.interval_s)
        self._polled_at = [at for at in self._polled_at if now - at < span_s] + [now]
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

"""Finds customers in Zendesk by a part of a name, an address or a number, while it is typed.

A look-up by a whole address, a ticket or an id is `customer_lookup.py`'s. Sailthru cannot search.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AppError
from desktop.model.customer_sheet import CustomerMatch, match_of_user
from desktop.model.lookup_query import parse_lookup_query

# Fewer letters or digits would match half of an account.
_MIN_PART_LENGTH = 3
_MIN_PHONE_DIGITS = 4
_PHONE_PART = re.compile(r"[\d\s+().\-/]+")
# Tickets cost a call for each customer.
_MAX_TICKET_READS = 5


class CustomerSearch:
    """Searches Zendesk's users by a typed part, within the calls that look-ups do not need."""

    def __init__(
        self, services: Callable[[], ServiceClients], budget_share: Callable[[], float]
    ) -> None:
        """`budget_share`: the share of Zendesk's calls left, which searching by parts needs."""
        self._services = services
        self._budget_share = budget_share

    def is_searchable(self, text: str) -> bool:
        """Whether a typed part is long enough for searching Zendesk's users, if connected."""
        return self._services().zendesk is not None and len(text.strip()) >= _MIN_PART_LENGTH

    def has_calls_to_spare(self) -> bool:
        """Whether a search by parts may call Zendesk: opening customers needs the rest."""
        return self._budget_share() > INTERACTIVE_SHARE / 2

    async def find(self, text: str) -> tuple[CustomerMatch, ...]:
        """Search Zendesk for up to 100 users by a typed part, without tickets. Raises AppError."""
        zendesk = self._services().zendesk
        if zendesk is None:
            return ()
        part = text.strip()
        digits = re.sub(r"\D", "", part)
        if "@" in part:
            users = await zendesk.find_by_email_part(part)
        elif _PHONE_PART.fullmatch(part) and len(digits) >= _MIN_PHONE_DIGITS:
            users = await zendesk.find_by_phone_end(digits)
        else:
            users = await zendesk.find_by_name(part)
        return tuple(match_of_user(user) for user in users if user.active)

    async def add_newest_tickets(
        self, matches: Sequence[CustomerMatch]
    ) -> tuple[CustomerMatch, ...]:
        """Add the newest ticket to a search's first five customers while calls are plenty."""
        zendesk = self._services().zendesk
        if zendesk is None or self._budget_share() < 0.5:
            return tuple(matches)

        async def add(match: CustomerMatch) -> CustomerMatch:
            try:
                user_id = int(parse_lookup_query(match.query).value)
                page = await zendesk.list_requested_tickets(user_id, limit=1)
            except AppError:
                # An extra: the customer is found without it.
                return match
            return replace(match, newest_ticket=next(iter(page.tickets), None))

        first = await asyncio.gather(*(add(match) for match in matches[:_MAX_TICKET_READS]))
        return (*first, *matches[_MAX_TICKET_READS:])

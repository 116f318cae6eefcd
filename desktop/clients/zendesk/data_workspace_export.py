"""Reads everything that the data workspace keeps of Zendesk, page by page (docs/zendesk.md 6, 8).

The caller keeps each page with its cursor, so that a reading goes on where it was cut short.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.clients.field_parser import FieldParser
from desktop.clients.json_parsing import MAX_INT
from desktop.clients.service_errors import unexpected_response_error
from desktop.clients.zendesk import wire_to_model
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.cursor_pagination import PAGE_SIZE, PageLoopDetector, next_cursor
from desktop.clients.zendesk.data_workspace_to_model import (
    parse_kept_organization,
    parse_kept_tickets,
    parse_satisfaction_rating,
)
from desktop.clients.zendesk.error_mapping import admins_only_error, endless_list_error
from desktop.clients.zendesk.incremental_export import (
    MAX_PAGE_SIZE,
    KeptTicketPage,
    ZendeskExportClient,
)
from desktop.clients.zendesk.protocol import build_request
from desktop.kit.clock import Clock
from desktop.kit.errors import Forbidden
from desktop.model.kept_ticket import KeptOrganization, SatisfactionRating
from desktop.model.service import Service

_TICKETS = "/api/v2/incremental/tickets/cursor"
_ORGANIZATIONS = "/api/v2/incremental/organizations"
_RATINGS = "/api/v2/satisfaction_ratings"
_COUNT = "/api/v2/search/count"
_EMPTY_RATING_PAGES = 10


@dataclass(frozen=True)
class OrganizationExportPage:
    """One page of Zendesk's organisation export; `cursor` is the time that the next begins at."""

    organizations: tuple[KeptOrganization, ...]
    cursor: str
    is_last: bool


@dataclass(frozen=True)
class RatingPage:
    """One page of Zendesk's satisfaction ratings; the cursor of the last page is empty."""

    ratings: tuple[SatisfactionRating, ...]
    cursor: str
    is_last: bool


class ZendeskDataExport(ZendeskExportClient):
    """Reads Zendesk's exports with all that the data workspace keeps; one pass at a time."""

    def __init__(self, client: ZendeskClient, clock: Clock) -> None:
        super().__init__(client, clock)
        self._ratings_detector = PageLoopDetector(max_empty_pages=_EMPTY_RATING_PAGES)

    async def export_kept_tickets(
        self, *, start_time: float | None = None, cursor: str | None = None
    ) -> KeptTicketPage:
        """Read a page of Zendesk's ticket export with first message, rating and solved times.

        Raises Forbidden for everybody but admins, NotFound for a cursor that is not known (any
        more), ServiceError when the pages do not come to an end.
        """
        sideloads = (("include", "metric_sets"),)
        return await self._page(
            _TICKETS, start_time, cursor, MAX_PAGE_SIZE, sideloads, _parse_ticket_page
        )

    async def list_comments(self, ticket_id: int) -> tuple[str, ...]:
        """Read what was written publicly after a ticket's first message, the oldest first.

        Of more than a hundred comments the newest hundred are read. Raises NotFound.
        """
        newest = await self._client.list_newest_comments(ticket_id)
        # The oldest of all is the first message, which the export has told.
        later = newest if len(newest) >= PAGE_SIZE else newest[:-1]
        return tuple(one.body for one in reversed(later) if one.is_public)

    async def export_organizations(self, start_time: float) -> OrganizationExportPage:
        """Read a page of Zendesk's organisation export, changed since a time (Unix seconds).

        This export knows no cursor: the next page begins in the second that the last one ended in,
        so what changed in that second comes again. Raises Forbidden for everybody but admins,
        ServiceError where one second has more than a page, which would never end.
        """
        since = max(0, int(min(start_time, self.latest_start())))
        request = build_request(
            "GET",
            _ORGANIZATIONS,
            query=(("start_time", str(since)), ("per_page", str(MAX_PAGE_SIZE))),
        )
        try:
            page = await self._client.send(request, _parse_organization_page)
        except Forbidden as error:
            raise admins_only_error(error.message) from None
        if not page.is_last and (not page.cursor or int(page.cursor) <= since):
            raise endless_list_error()
        return page

    async def list_ratings(
        self, *, start_time: float | None = None, cursor: str | None = None
    ) -> RatingPage:
        """Read a page of Zendesk's satisfaction ratings since a time, or from a cursor.

        Raises Forbidden for everybody but admins, and where the account has no such ratings.
        """
        query = [("page[size]", str(PAGE_SIZE))]
        if start_time:
            query.append(("start_time", str(int(start_time))))
        if cursor:
            query.append(("page[after]", cursor))
        page = await self._client.send(
            build_request("GET", _RATINGS, query=query), _parse_rating_page
        )
        rows = frozenset((one.id, one.updated_at) for one in page.ratings)
        self._ratings_detector.check_page(cursor, rows, page.cursor, is_last=page.is_last)
        return page

    async def count_records(self, query: str) -> int:
        """Return how many records a Zendesk search finds; minutes behind, and no page of them."""
        request = build_request("GET", _COUNT, query=(("query", query),))
        return await self._client.send(request, _parse_count)


def _parse_ticket_page(document: Mapping[str, object], parser: FieldParser) -> KeptTicketPage:
    return KeptTicketPage(
        parse_kept_tickets(document, parser), *ZendeskExportClient.parse_next_cursor(document)
    )


def _parse_organization_page(
    document: Mapping[str, object], parser: FieldParser
) -> OrganizationExportPage:
    found = wire_to_model.parse_many(document, "organizations", parse_kept_organization, parser)
    ended, end_time = document.get("end_of_stream"), document.get("end_time")
    if not isinstance(ended, bool):
        raise unexpected_response_error(Service.ZENDESK)
    at = parser.integer(end_time, "end_time")
    return OrganizationExportPage(found, "" if at is None else str(at), ended)


def _parse_rating_page(document: Mapping[str, object], parser: FieldParser) -> RatingPage:
    found = wire_to_model.parse_many(
        document, "satisfaction_ratings", parse_satisfaction_rating, parser
    )
    following = next_cursor(document)
    return RatingPage(found, following or "", following is None)


def _parse_count(document: Mapping[str, object], parser: FieldParser) -> int:
    count = parser.integer(document.get("count"), "count")
    if count is None or not 0 <= count < MAX_INT:
        raise unexpected_response_error(Service.ZENDESK)
    return count

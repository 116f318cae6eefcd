"""Zendesk's incremental exports: reads all users and tickets page by page (docs/zendesk.md 8).

The caller keeps the cursor with each page it has stored, so that a run goes on where it was.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpRequest
from desktop.clients.service_errors import unexpected_response_error
from desktop.clients.tolerant_call import ModelBuilder
from desktop.clients.zendesk import wire_to_model
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.cursor_pagination import PageLoopDetector, next_cursor
from desktop.clients.zendesk.error_mapping import admins_only_error, expired_cursor_error
from desktop.clients.zendesk.protocol import build_request
from desktop.kit.clock import Clock
from desktop.kit.errors import Forbidden, ResponseTimeout, ValuesRejected
from desktop.model.kept_ticket import KeptTicket
from desktop.model.service import Service
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser

# docs/zendesk.md 8. Large pages time out on some accounts, so the size is halved then.
MAX_PAGE_SIZE = 1000
MIN_PAGE_SIZE = 100
# The last minute is withheld, and asking for it is refused (docs/zendesk.md 8).
_WITHHELD_S = 61
# A search may find nothing in many slices of an account before it finds somebody.
_EMPTY_SEARCH_PAGES = 300

_USERS = "/api/v2/incremental/users/cursor"
_TICKETS = "/api/v2/incremental/tickets/cursor"
_SEARCH = "/api/v2/search/export"


@dataclass(frozen=True)
class UserExportPage:
    """One page of Zendesk's user export, deleted ones too; `cursor` begins the next page.

    Once `ended`, the cursor of an incremental export serves the next run, that of a search
    nothing.
    """

    users: tuple[ZendeskUser, ...]
    cursor: str
    is_last: bool


@dataclass(frozen=True)
class TicketExportPage:
    """One page of Zendesk's ticket export, deleted ones too, in order of last change."""

    tickets: tuple[ExportedTicket, ...]
    cursor: str
    is_last: bool


@dataclass(frozen=True)
class KeptTicketPage:
    """One page of Zendesk's ticket export with texts, ratings and solved times."""

    tickets: tuple[KeptTicket, ...]
    cursor: str
    is_last: bool


T = TypeVar("T")
Page = TypeVar("Page", UserExportPage, TicketExportPage, KeptTicketPage)


class ZendeskExportClient:
    """Reads Zendesk's exports of users and tickets, and a user search; one pass at a time."""

    def __init__(self, client: ZendeskClient, clock: Clock) -> None:
        """`clock` tells the latest `start_time` that Zendesk's export accepts."""
        self._client = client
        self._clock = clock
        self._detectors = {
            _USERS: PageLoopDetector(),
            _TICKETS: PageLoopDetector(),
            _SEARCH: PageLoopDetector(max_empty_pages=_EMPTY_SEARCH_PAGES),
        }
        self._page_size = MAX_PAGE_SIZE

    async def export_users(
        self,
        *,
        start_time: float | None = None,
        cursor: str | None = None,
        per_page: int = MAX_PAGE_SIZE,
        identities: bool = False,
    ) -> UserExportPage:
        """Read a page of Zendesk's user export, changed since `start_time` or from a cursor.

        `identities`: with all addresses and numbers, which makes an answer half as large again.
        Raises Forbidden for everybody but admins, NotFound for a cursor that is not known (any
        more), ServiceError when the pages do not come to an end.
        """
        sideloads = (("include", "identities"),) if identities else ()
        return await self._page(_USERS, start_time, cursor, per_page, sideloads, _parse_user_page)

    async def export_tickets(
        self,
        *,
        start_time: float | None = None,
        cursor: str | None = None,
        per_page: int = MAX_PAGE_SIZE,
    ) -> TicketExportPage:
        """Read a page of Zendesk's ticket export, changed since `start_time` or from a cursor."""
        return await self._page(_TICKETS, start_time, cursor, per_page, (), _parse_ticket_page)

    async def search_users(
        self, query: str, *, after: str | None = None, size: int = MIN_PAGE_SIZE
    ) -> UserExportPage:
        """Read a page of Zendesk's user search: the way for agents, who may not export.

        Without deleted people, and minutes behind (docs/zendesk.md 3). Raises NotFound for a
        cursor older than an hour: the search has to begin anew.
        """
        parameters = [("query", query), ("filter[type]", "user"), ("page[size]", str(size))]
        if after is not None:
            parameters.append(("page[after]", after))
        request = build_request("GET", _SEARCH, query=parameters)
        page = await self._send(request, after, _parse_search_page)
        self._detectors[_SEARCH].check_page(
            after, _record_versions(page), page.cursor, is_last=page.is_last
        )
        return page

    def latest_start(self) -> float:
        """Return the latest time (Unix seconds) that Zendesk's exports take to begin at.

        By our clock, so one that is ahead costs a refusal.
        """
        return self._clock.now() - _WITHHELD_S

    @staticmethod
    def parse_next_cursor(document: Mapping[str, object]) -> tuple[str, bool]:
        """Parse the next cursor of Zendesk's export, and whether this was the last page.

        Without a clear word on the end the page is unusable: taken for the last one it would make
        a part of the account look like all of it.
        """
        cursor, ended = document.get("after_cursor"), document.get("end_of_stream")
        if not isinstance(ended, bool):
            raise unexpected_response_error(Service.ZENDESK)
        return cursor if isinstance(cursor, str) else "", ended

    async def _page(
        self,
        path: str,
        start_time: float | None,
        cursor: str | None,
        per_page: int,
        sideloads: tuple[tuple[str, str], ...],
        make: ModelBuilder[Page],
    ) -> Page:
        since = min(start_time or 0.0, self.latest_start())
        place = ("start_time", str(max(0, int(since)))) if cursor is None else ("cursor", cursor)
        while True:
            size = min(per_page, self._page_size)
            request = build_request(
                "GET",
                path,
                query=(place, ("per_page", str(size)), *sideloads),
                is_splittable=size > MIN_PAGE_SIZE,
            )
            try:
                page = await self._send(request, cursor, make)
            except ResponseTimeout:
                if not request.is_splittable:
                    raise
                # For this account a page of that size takes too long, now and probably later.
                self._page_size = max(MIN_PAGE_SIZE, size // 2)
                continue
            except Forbidden as error:
                raise admins_only_error(error.message) from None
            self._detectors[path].check_page(
                cursor, _record_versions(page), page.cursor, is_last=page.is_last
            )
            return page

    async def _send(self, request: HttpRequest, cursor: str | None, make: ModelBuilder[T]) -> T:
        try:
            return await self._client.send(request, make)
        except ValuesRejected as error:
            if cursor is not None and "cursor" in error.message.lower():
                raise expired_cursor_error(error.message) from None
            raise


def _parse_user_page(document: Mapping[str, object], parser: FieldParser) -> UserExportPage:
    return UserExportPage(
        wire_to_model.parse_users(document, parser),
        *ZendeskExportClient.parse_next_cursor(document),
    )


def _parse_ticket_page(document: Mapping[str, object], parser: FieldParser) -> TicketExportPage:
    tickets = wire_to_model.parse_many(
        document, "tickets", wire_to_model.parse_exported_ticket, parser
    )
    return TicketExportPage(tickets, *ZendeskExportClient.parse_next_cursor(document))


def _parse_search_page(document: Mapping[str, object], parser: FieldParser) -> UserExportPage:
    people = wire_to_model.parse_users({**document, "users": document.get("results")}, parser)
    following = next_cursor(document)
    return UserExportPage(people, following or "", following is None)


def _record_versions(
    page: UserExportPage | TicketExportPage | KeptTicketPage,
) -> frozenset[Hashable]:
    # A record that changed while the export was read comes again, and is news.
    if isinstance(page, UserExportPage):
        return frozenset((person.id, person.updated_at) for person in page.users)
    return frozenset((t.id, t.updated_at, t.changed_at, t.status) for t in page.tickets)

"""Reads all users and tickets of an account, page by page (contract zendesk 7, 8).

The caller keeps the cursor with each page it has stored, so that a run goes on where it was.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from desktop.clients.exchange import Request
from desktop.clients.field import Notes
from desktop.clients.noting import Make
from desktop.clients.zendesk import translate
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.cursor import next_cursor
from desktop.clients.zendesk.errors import admins_only, unexpected, unknown_place
from desktop.clients.zendesk.protocol import build
from desktop.clients.zendesk.stream import Stream
from desktop.kit.clock import Clock
from desktop.kit.errors import Forbidden, Rejected, TimedOut
from desktop.model.exported_ticket import ExportedTicket
from desktop.model.person import ZendeskPerson

LARGEST_PAGE = 1000
SMALLEST_PAGE = 100
# The last minute is withheld, and asking for it is refused (contract zendesk 8).
_WITHHELD_S = 61
# A search may find nothing in many slices of an account before it finds somebody.
_EMPTY_SEARCH_PAGES = 300

_USERS = "/api/v2/incremental/users/cursor"
_TICKETS = "/api/v2/incremental/tickets/cursor"
_SEARCH = "/api/v2/search/export"


@dataclass(frozen=True)
class UserPage:
    """Some people, deleted ones too (`active` False); `cursor` is where the next page begins.

    Once `ended`, the cursor of an incremental export serves the next run, that of a search
    nothing.
    """

    people: tuple[ZendeskPerson, ...]
    cursor: str
    ended: bool


@dataclass(frozen=True)
class TicketsPage:
    """Some tickets, deleted ones too, in the order of their last change of any kind."""

    tickets: tuple[ExportedTicket, ...]
    cursor: str
    ended: bool


T = TypeVar("T")
Page = TypeVar("Page", UserPage, TicketsPage)


class ZendeskExport:
    """The exports of one account: one walk at a time through users, tickets and a search each."""

    def __init__(self, client: ZendeskClient, clock: Clock) -> None:
        """`clock` tells how late is too late for a `start_time`."""
        self._client = client
        self._clock = clock
        self._walks = {_USERS: Stream(), _TICKETS: Stream(), _SEARCH: Stream(_EMPTY_SEARCH_PAGES)}
        self._largest = LARGEST_PAGE

    async def users(
        self,
        *,
        start_time: float | None = None,
        cursor: str | None = None,
        per_page: int = LARGEST_PAGE,
        identities: bool = False,
    ) -> UserPage:
        """Those changed since `start_time` (Unix seconds), or from a page's cursor on.

        `identities`: with all addresses and numbers, which makes an answer half as large again.
        Raises Forbidden for everybody but admins, NotFound for a cursor that is not known (any
        more), ServiceTrouble when the pages do not come to an end.
        """
        sideloads = (("include", "identities"),) if identities else ()
        return await self._page(_USERS, start_time, cursor, per_page, sideloads, _user_page)

    async def tickets(
        self,
        *,
        start_time: float | None = None,
        cursor: str | None = None,
        per_page: int = LARGEST_PAGE,
    ) -> TicketsPage:
        """Likewise for tickets."""
        return await self._page(_TICKETS, start_time, cursor, per_page, (), _ticket_page)

    async def searched(
        self, query: str, *, after: str | None = None, size: int = SMALLEST_PAGE
    ) -> UserPage:
        """Those a query of Zendesk's search language finds: the way for agents, who are not admins.

        Without deleted people, and minutes behind (contract zendesk 3). Raises NotFound for a
        cursor older than an hour: the search has to begin anew.
        """
        asked = [("query", query), ("filter[type]", "user"), ("page[size]", str(size))]
        if after is not None:
            asked.append(("page[after]", after))
        request = build("GET", _SEARCH, query=asked)
        page = await self._answered(request, after, _found_page)
        self._walks[_SEARCH].moved(after, _versions(page), page.cursor, ended=page.ended)
        return page

    async def _page(
        self,
        path: str,
        start_time: float | None,
        cursor: str | None,
        per_page: int,
        sideloads: tuple[tuple[str, str], ...],
        make: Make[Page],
    ) -> Page:
        since = min(start_time or 0.0, self._clock.now() - _WITHHELD_S)
        place = ("start_time", str(max(0, int(since)))) if cursor is None else ("cursor", cursor)
        while True:
            size = min(per_page, self._largest)
            request = build(
                "GET",
                path,
                query=(place, ("per_page", str(size)), *sideloads),
                heavy=size > SMALLEST_PAGE,
            )
            try:
                page = await self._answered(request, cursor, make)
            except TimedOut:
                if not request.heavy:
                    raise
                # For this account a page of that size takes too long, now and probably later.
                self._largest = max(SMALLEST_PAGE, size // 2)
                continue
            except Forbidden as error:
                raise admins_only(error.message) from None
            self._walks[path].moved(cursor, _versions(page), page.cursor, ended=page.ended)
            return page

    async def _answered(self, request: Request, cursor: str | None, make: Make[T]) -> T:
        try:
            return await self._client.call(request, make)
        except Rejected as error:
            if cursor is not None and "cursor" in error.message.lower():
                raise unknown_place(error.message) from None
            raise


def _user_page(document: Mapping[str, object], notes: Notes) -> UserPage:
    return UserPage(translate.people(document, notes), *_onward(document))


def _ticket_page(document: Mapping[str, object], notes: Notes) -> TicketsPage:
    tickets = translate.many(document, "tickets", translate.exported_ticket, notes)
    return TicketsPage(tickets, *_onward(document))


def _found_page(document: Mapping[str, object], notes: Notes) -> UserPage:
    people = translate.people({**document, "users": document.get("results")}, notes)
    following = next_cursor(document)
    return UserPage(people, following or "", following is None)


def _onward(document: Mapping[str, object]) -> tuple[str, bool]:
    """The next cursor and whether this was the last page.

    Without a clear word on the end the page is unusable: taken for the last one it would make a
    part of the account look like all of it.
    """
    cursor, ended = document.get("after_cursor"), document.get("end_of_stream")
    if not isinstance(ended, bool):
        raise unexpected()
    return cursor if isinstance(cursor, str) else "", ended


def _versions(page: UserPage | TicketsPage) -> frozenset[Hashable]:
    # A record that changed while the export was read comes again, and is news.
    if isinstance(page, UserPage):
        return frozenset((person.id, person.updated_at) for person in page.people)
    return frozenset((t.id, t.updated_at, t.changed_at, t.status) for t in page.tickets)

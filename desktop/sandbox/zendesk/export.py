"""/search/export: one type, cursor paging without an end, a cursor that dies (contract 7).

Rows come in order of ids, which for the crowd is not quite the order of `created_at`. A page may
be empty although there is more, because a page never looks at more than a slice of the crowd.
"""

from dataclasses import replace

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.base import USERS_FROM
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.finder import may_fit
from desktop.sandbox.zendesk.organizations import show_organization
from desktop.sandbox.zendesk.paging import decode_cursor, encode_cursor, link, number
from desktop.sandbox.zendesk.query import (
    Query,
    fits_organization,
    fits_ticket,
    fits_user,
    parse_query,
)
from desktop.sandbox.zendesk.refusal import coded, refuse
from desktop.sandbox.zendesk.rights import require_agent
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.users import Users

MOST = 1000
CURSOR_S = 3600
LOOK_AT = 5_000


class Export:
    """/search/export."""

    def __init__(self, book: Book, users: Users, tickets: Tickets) -> None:
        self.book = book
        self.users = users
        self.tickets = tickets

    def add_routes(self, router: Router) -> None:
        """Serve the path."""
        router.add("GET", "/api/v2/search/export", self.export)

    def export(self, call: Call) -> Answer:
        """Return a page of everything that fits."""
        require_agent(call)
        kind = call.query.get("filter[type]", "")
        if kind not in ("user", "ticket", "organization"):
            raise refuse(422, "invalid", "filter[type] is required")
        size = number(call, "page[size]", 100)
        if not 1 <= size <= MOST:
            raise refuse(400, "invalid", "page[size] must be between 1 and 1000")
        # zenpy sends type: inside the query as well (contract 16): it is ignored here.
        query = replace(parse_query(call.query.get("query", "")), types=())
        start = self._start(call)
        rows, end, more = self._page(kind, query, start, size)
        after = encode_cursor(f"export {end}|{call.at + CURSOR_S:.0f}")
        return said(
            {
                "results": [self._show(call, kind, row) for row in rows],
                "facets": None,
                "meta": {"has_more": more, "after_cursor": after, "before_cursor": None},
                "links": {"prev": None, "next": link(call, page__after=after) if more else None},
            }
        )

    def _start(self, call: Call) -> int:
        cursor = call.query.get("page[after]")
        if not cursor:
            return 0
        place, _, dies = decode_cursor(cursor).removeprefix("export ").partition("|")
        if not place.isdigit() or not dies.isdigit():
            raise coded(400, "InvalidCursor", "The cursor is not valid")
        if float(dies) < call.at:
            raise coded(400, "CursorExpired", "The cursor has expired")
        return int(place)

    def _page(
        self, kind: str, query: Query, start: int, size: int
    ) -> tuple[list[Record], int, bool]:
        """Return rows, the place to go on at, and whether there is more.

        Places count the single records first, then the crowd's numbers.
        """
        singles = self._singles(kind)
        crowd = self.book.world.crowd.size if kind != "organization" else 0
        rows: list[Record] = []
        place, end = start, len(singles) + crowd
        while place < end and len(rows) < size and place - start < LOOK_AT:
            if place < len(singles):
                found = self._single(kind, singles[place], query)
            else:
                found = self._of_crowd(kind, place - len(singles), query)
            rows += found
            place += 1
        return rows, place, place < end

    def _singles(self, kind: str) -> list[int]:
        base, book = self.book.base, self.book
        if kind == "user":
            return sorted({*base.members, *book.users.changed})
        if kind == "ticket":
            return sorted({*base.stories, *book.tickets.changed})
        return book.organization_ids()

    def _single(self, kind: str, key: int, query: Query) -> list[Record]:
        if kind == "user":
            user = self.book.live_user(key)
            return [user] if user and fits_user(query, user) else []
        if kind == "ticket":
            ticket = self.book.live_ticket(key)
            return [ticket] if ticket and fits_ticket(query, ticket) else []
        record = self.book.organizations.get(key)
        return [record] if record and fits_organization(query, record) else []

    def _of_crowd(self, kind: str, index: int, query: Query) -> list[Record]:
        person = self.book.world.crowd.person(index)
        if kind == "user":
            if USERS_FROM + index in self.book.users.changed or not may_fit(query, person):
                return []
            user = self.book.base.crowd_user(person)
            return [user] if fits_user(query, user) else []
        tickets = (self.book.base.crowd_ticket(person, slot) for slot in range(person.tickets))
        return [
            ticket
            for ticket in tickets
            if ticket and ticket["id"] not in self.book.tickets.changed
            if fits_ticket(query, ticket)
        ]

    def _show(self, call: Call, kind: str, row: Record) -> Record:
        if kind == "user":
            return self.users.show(call, row) | {"result_type": "user"}
        if kind == "ticket":
            return self.tickets.show(call, row) | {"result_type": "ticket"}
        return show_organization(call, row) | {"result_type": "organization"}

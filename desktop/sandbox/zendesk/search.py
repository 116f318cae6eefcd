"""/search, /search/count and /users/search (contract 7; export is in `export.py`)."""

import re
from collections.abc import Sequence

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.finder import Finder
from desktop.sandbox.zendesk.long_list import FirstOf
from desktop.sandbox.zendesk.paging import PAGE, link, number, page_answer
from desktop.sandbox.zendesk.query import fits_organization, parse_query
from desktop.sandbox.zendesk.refusal import refuse
from desktop.sandbox.zendesk.rights import require_agent
from desktop.sandbox.zendesk.shape import visible
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.users import Users

MOST = 1_000
USERS_MOST = 10_000
PHONE = re.compile(r"\+?[\d\s().\-]{7,}")


class Search:
    """Finding by query."""

    def __init__(self, book: Book, users: Users, tickets: Tickets) -> None:
        self.book = book
        self.users = users
        self.tickets = tickets
        self.finder = Finder(book)

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/search", self.search)
        router.add("GET", "/api/v2/search/count", self.count)
        router.add("GET", "/api/v2/users/search", self.search_users)
        router.add("GET", "/api/v2/users/autocomplete", self.autocomplete)

    def search(self, call: Call) -> Answer:
        """Search everything: a thousand results per query, whatever `count` says."""
        require_agent(call)
        if "page[size]" in call.query:
            raise refuse(400, "invalid", "page[size] is not supported")
        page, size = number(call, "page", 1), min(number(call, "per_page", PAGE), PAGE)
        if page * size > MOST:
            # Although next_page may have pointed here (contract 7).
            raise refuse(
                422,
                "invalid",
                "Invalid search: Requested response size was greater than Search Response Limits",
            )
        sort = call.query.get("sort_by", "")
        rows, total = self._results(call, MOST if sort else page * size)
        if sort in ("created_at", "updated_at"):
            descending = call.query.get("sort_order", "desc") == "desc"
            rows.sort(key=lambda row: str(row[sort]), reverse=descending)
        start = (page - 1) * size
        shown = rows[start : start + size]
        more = start + len(shown) < total and bool(shown)
        return said(
            {
                "results": shown,
                "facets": None,
                "next_page": link(call, page=page + 1, per_page=size) if more else None,
                "previous_page": link(call, page=page - 1, per_page=size) if page > 1 else None,
                "count": total,
            }
        )

    def count(self, call: Call) -> Answer:
        """Count the results."""
        require_agent(call)
        return said({"count": self._results(call, 1)[1]})

    def search_users(self, call: Call) -> Answer:
        """Search users by query or by external id."""
        require_agent(call)
        if "external_id" in call.query:
            one = self.book.user_by_external_id(call.query["external_id"])
            rows: Sequence[Record] = [one] if one else []
        else:
            text = call.query.get("query", "").strip()
            if PHONE.fullmatch(text):
                # A number is one word however it is written.
                text = re.sub(r"[^+\d]", "", text)
            if not text:
                raise refuse(400, "invalid", "Missing query parameter")
            # Only as many as this page needs are made; `count` tells of all.
            page, size = number(call, "page", 1), min(number(call, "per_page", PAGE), PAGE)
            found, total = self.finder.users(parse_query(text), min(page * size, USERS_MOST))
            rows = FirstOf(found, min(total, USERS_MOST))
        return page_answer(
            call,
            "users",
            rows,
            lambda user: self.users.show(call, user),
            side=lambda page: self.users.side(call, page),
            offset_only=True,
        )

    def autocomplete(self, call: Call) -> Answer:
        """Search users by the beginning of a name."""
        require_agent(call)
        text = call.query.get("name", "")
        rows, _ = self.finder.users(parse_query(text), PAGE) if text else ([], 0)
        return page_answer(call, "users", rows, lambda user: self.users.show(call, user))

    def _results(self, call: Call, most: int) -> tuple[list[Record], int]:
        text = call.query.get("query", "")
        if not text.strip():
            raise refuse(422, "invalid", "Query is required")
        query = parse_query(text)
        rows: list[Record] = []
        total = 0
        types = query.types or ("user", "ticket", "organization")
        if "user" in types:
            found, number_found = self.finder.users(query, most)
            rows += [self.users.show(call, user) | {"result_type": "user"} for user in found]
            total += number_found
        if "ticket" in types:
            found, number_found = self.finder.tickets(query, most)
            rows += [self.tickets.show(call, it) | {"result_type": "ticket"} for it in found]
            total += number_found
        if "organization" in types:
            fit = [it for it in self.book.all_organizations() if fits_organization(query, it)]
            rows += [visible(it) | {"result_type": "organization"} for it in fit]
            total += len(fit)
        return rows[:most], total

"""Incremental exports: admins only, the last minute withheld (contract 8)."""

from collections.abc import Callable, Sequence
from itertools import islice

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.feed import Feed, Place, Row, Source
from desktop.sandbox.zendesk.organizations import show_organization
from desktop.sandbox.zendesk.paging import decode_cursor, encode_cursor, number
from desktop.sandbox.zendesk.refusal import coded, refuse
from desktop.sandbox.zendesk.rights import require_admin
from desktop.sandbox.zendesk.tickets import Tickets
from desktop.sandbox.zendesk.users import Users

MOST = 1000
WITHHELD_S = 60

Show = Callable[[Call, Record], Record]
Side = Callable[[Call, Sequence[Record]], Record]


class Incremental:
    """/incremental/…: cursor and time-based."""

    def __init__(self, book: Book, users: Users, tickets: Tickets) -> None:
        self.book = book
        self.feed = Feed(book)
        self.users = users
        self.tickets = tickets

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/incremental"
        router.add("GET", f"{path}/users/cursor", self.users_by_cursor)
        router.add("GET", f"{path}/tickets/cursor", self.tickets_by_cursor)
        router.add("GET", f"{path}/users", self.users_by_time)
        router.add("GET", f"{path}/tickets", self.tickets_by_time)
        router.add("GET", f"{path}/organizations", self.organizations)

    def users_by_cursor(self, call: Call) -> Answer:
        """Export users; active false = deleted."""
        return self._by_cursor(call, "users", self.feed.users, self.users.show, self.users.side)

    def tickets_by_cursor(self, call: Call) -> Answer:
        """Export tickets by generated_timestamp; deleted ones too."""
        return self._by_cursor(
            call, "tickets", self.feed.tickets, self.tickets.show, self.tickets.side
        )

    def users_by_time(self, call: Call) -> Answer:
        """Export users by time."""
        return self._by_time(call, "users", self.feed.users, self.users.show)

    def tickets_by_time(self, call: Call) -> Answer:
        """Export tickets by time."""
        return self._by_time(call, "tickets", self.feed.tickets, self.tickets.show)

    def organizations(self, call: Call) -> Answer:
        """Export organizations; they have only this form."""
        records = sorted(
            ((it["_at"], it["id"], it) for it in self.book.all_organizations()),
            key=lambda row: row[:2],
        )

        def source(after: Place, until: float) -> "list[Row]":
            return [row for row in records if row[:2] > after and row[0] <= until]

        return self._by_time(
            call,
            "organizations",
            lambda after, until: iter(source(after, until)),
            show_organization,
        )

    def _size(self, call: Call) -> int:
        return min(max(number(call, "per_page", MOST), 1), MOST)

    def _shown_until(self, call: Call) -> float:
        return call.at - self.book.world.account.withheld

    def _start(self, call: Call) -> float:
        text = call.query.get("start_time", "")
        if not text.isdigit():
            raise coded(400, "InvalidValue", "start_time is required and must be Unix seconds")
        if float(text) > call.at - WITHHELD_S:
            raise refuse(
                422, "InvalidValue", "Too recent start_time. Use a start_time older than 1 minute"
            )
        return float(text)

    def _by_cursor(self, call: Call, name: str, source: Source, show: Show, side: Side) -> Answer:
        require_admin(call)
        if cursor := call.query.get("cursor"):
            at, _, last = decode_cursor(cursor).removeprefix("feed ").partition("|")
            try:
                after = (float(at), int(last))
            except ValueError as error:
                raise coded(400, "InvalidCursor", "The cursor is not valid") from error
        else:
            after = (self._start(call), -1)
        size = self._size(call)
        rows = list(islice(source(after, self._shown_until(call)), size + 1))
        page = rows[:size]
        if call.query.get("exclude_deleted") == "true":
            shown = [row[2] for row in page if row[2].get("status") != "deleted"]
        else:
            shown = [row[2] for row in page]
        last_place = (page[-1][0], page[-1][1]) if page else after
        after_cursor = encode_cursor(f"feed {last_place[0]!r}|{last_place[1]}")
        after_url = f"{call.base_url}{call.path}?cursor={after_cursor}&per_page={size}"
        answer = {
            name: [show(call, record) for record in shown],
            **side(call, shown),
            "after_url": after_url,
            "after_cursor": after_cursor,
            "before_url": None,
            "before_cursor": call.query.get("cursor"),
            "end_of_stream": len(rows) <= size,
        }
        return said(answer)

    def _by_time(self, call: Call, name: str, source: Source, show: Show) -> Answer:
        require_admin(call)
        start = self._start(call)
        size = self._size(call)
        rows = list(islice(source((start - 1e-6, -1), self._shown_until(call)), size + 1))
        page = rows[:size]
        # The next page begins at the last row's own second, so border rows come again.
        end_time = int(page[-1][0]) if page else int(start)
        more = len(rows) > size
        if more and end_time <= start:
            end_time = int(start) + 1
        following = f"{call.base_url}{call.path}?start_time={end_time}&per_page={size}"
        return said(
            {
                name: [show(call, row[2]) for row in page],
                "count": len(page),
                "end_time": end_time,
                "next_page": following,
                "end_of_stream": not more,
            }
        )

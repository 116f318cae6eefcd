"""Reading tickets and their comments."""

from collections.abc import Callable, Sequence

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import page_answer, read_ids
from desktop.sandbox.zendesk.refusal import coded, not_found
from desktop.sandbox.zendesk.rights import require_agent
from desktop.sandbox.zendesk.shape import visible

# With a cursor only these; offset offers more (contract 4).
CURSOR_SORTS = ("updated_at", "id", "status")
OFFSET_SORTS = (*CURSOR_SORTS, "created_at", "subject", "priority", "assignee_id", "requester_id")
RECENT = 5


class Tickets:
    """The reading half of /tickets."""

    def __init__(self, book: Book, show_user: Callable[[Call, Record], Record]) -> None:
        self.book = book
        self.show_user = show_user

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/tickets/recent", self.recent)
        router.add("GET", "/api/v2/tickets/show_many", self.many)
        router.add("GET", "/api/v2/tickets", self.every)
        router.add("GET", "/api/v2/tickets/{ticket_id:int}", self.one)
        router.add("GET", "/api/v2/tickets/{ticket_id:int}/comments", self.comments)
        router.add("GET", "/api/v2/users/{user_id:int}/tickets/requested", self.requested)
        router.add("GET", "/api/v2/organizations/{organization_id:int}/tickets", self.of_org)

    def show(self, call: Call, ticket: Record) -> Record:
        """Return a ticket as the API does."""
        return {"url": f"{call.base_url}/api/v2/tickets/{ticket['id']}.json", **visible(ticket)}

    def find(self, ticket_id: int) -> Record:
        """Return a ticket or refuse with 404."""
        ticket = self.book.live_ticket(ticket_id)
        if ticket is None:
            raise not_found()
        return ticket

    def side(self, call: Call, tickets: Sequence[Record]) -> Record:
        """Return the sideloads asked for by `include`."""
        asked = set(call.query.get("include", "").split(","))
        answer: Record = {}
        if "users" in asked:
            ids = {t[key] for t in tickets for key in ("requester_id", "assignee_id")} - {None}
            users = (self.book.users.get(number) for number in sorted(ids))
            answer["users"] = [self.show_user(call, user) for user in users if user]
        if "organizations" in asked:
            ids = {t["organization_id"] for t in tickets} - {None}
            found = (self.book.organizations.get(number) for number in sorted(ids))
            answer["organizations"] = [visible(record) for record in found if record]
        if "groups" in asked:
            answer["groups"] = [{"id": 7501, "name": "Support"}]
        return answer

    def recent(self, call: Call) -> Answer:
        """Up to five tickets the asking agent viewed last (contract 4)."""
        require_agent(call)
        found = (self.book.live_ticket(number) for number in self.book.viewed)
        tickets = [ticket for ticket in found if ticket][:RECENT]
        return page_answer(
            call,
            "tickets",
            tickets,
            lambda ticket: self.show(call, ticket),
            side=lambda page: self.side(call, page),
        )

    def one(self, call: Call, ticket_id: int) -> Answer:
        """Return one ticket."""
        require_agent(call)
        ticket = self.find(ticket_id)
        shown = self.show(call, ticket)
        if "comment_count" in call.query.get("include", ""):
            shown["comment_count"] = len(self.book.comments(ticket))
        return said({"ticket": shown, **self.side(call, [ticket])})

    def many(self, call: Call) -> Answer:
        """Return up to a hundred by id."""
        require_agent(call)
        found = [self.book.live_ticket(int(it)) for it in read_ids(call, "ids") if it.isdigit()]
        tickets = [ticket for ticket in found if ticket is not None]
        return said(
            {
                "tickets": [self.show(call, ticket) for ticket in tickets],
                **self.side(call, tickets),
                "next_page": None,
                "previous_page": None,
                "count": len(tickets),
            }
        )

    def every(self, call: Call) -> Answer:
        """List by external id, or the cast's and the changed ones."""
        require_agent(call)
        numbers = {*self.book.base.stories, *self.book.tickets.changed}
        found = (self.book.live_ticket(number) for number in sorted(numbers))
        tickets = [ticket for ticket in found if ticket is not None]
        if external_id := call.query.get("external_id"):
            tickets = [ticket for ticket in tickets if ticket["external_id"] == external_id]
        return self._list(call, tickets)

    def requested(self, call: Call, user_id: int) -> Answer:
        """List what a user wrote."""
        require_agent(call)
        if self.book.users.get(user_id) is None:
            raise not_found()
        return self._list(call, list(self.book.tickets_of(user_id)))

    def of_org(self, call: Call, organization_id: int) -> Answer:
        """List an organization's tickets among the cast's and the changed ones."""
        require_agent(call)
        numbers = {*self.book.base.stories, *self.book.tickets.changed}
        found = (self.book.live_ticket(number) for number in sorted(numbers))
        return self._list(call, [t for t in found if t and t["organization_id"] == organization_id])

    def _list(self, call: Call, tickets: list[Record]) -> Answer:
        counted = "comment_count" in call.query.get("include", "")

        def show(ticket: Record) -> Record:
            shown = self.show(call, ticket)
            if counted:
                shown["comment_count"] = len(self.book.comments(ticket))
            return shown

        return page_answer(
            call,
            "tickets",
            sorted_tickets(call, tickets),
            show,
            side=lambda page: self.side(call, page),
        )

    def comments(self, call: Call, ticket_id: int) -> Answer:
        """List a ticket's comments."""
        require_agent(call)
        comments = self.book.comments(self.find(ticket_id))
        if call.query.get("sort") == "-created_at" or call.query.get("sort_order") == "desc":
            comments.reverse()
        return page_answer(
            call,
            "comments",
            comments,
            side=lambda page: self._authors(call, page) if "include" in call.query else {},
        )

    def _authors(self, call: Call, comments: Sequence[Record]) -> Record:
        ids = sorted({comment["author_id"] for comment in comments})
        users = (self.book.users.get(number) for number in ids)
        return {"users": [self.show_user(call, user) for user in users if user]}


def sorted_tickets(call: Call, tickets: list[Record]) -> list[Record]:
    """Order tickets as asked; with a cursor `sort_by` is silently dropped (contract 0.10)."""
    if "page[size]" in call.query:
        name = call.query.get("sort", "id")
        key, descending = name.lstrip("-"), name.startswith("-")
        if key not in CURSOR_SORTS:
            raise coded(400, "InvalidPaginationParameter", f"sort is not valid: {name}")
    else:
        key = call.query.get("sort_by", "id")
        descending = call.query.get("sort_order", "asc") == "desc"
        if key not in OFFSET_SORTS:
            key = "id"
    if key == "updated_at":
        return sorted(tickets, key=lambda t: (t["updated_at"], t["id"]), reverse=descending)
    return sorted(
        tickets,
        key=lambda t: (str(t[key] or ""), 0) if key != "id" else ("", t["id"]),
        reverse=descending,
    )

"""Reading tickets and their comments."""

from collections.abc import Callable, Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.error_responses import coded_error, not_found_error
from desktop.sandbox.zendesk.pagination import page_response, read_ids
from desktop.sandbox.zendesk.permissions import require_agent
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository

# With a cursor only these; offset offers more (contract 4).
CURSOR_SORTS = ("updated_at", "id", "status")
OFFSET_SORTS = (*CURSOR_SORTS, "created_at", "subject", "priority", "assignee_id", "requester_id")
MAX_RECENT_TICKETS = 5


class TicketReadEndpoints:
    """The reading half of /tickets."""

    def __init__(
        self,
        repository: ZendeskRepository,
        serialize_user: Callable[[SandboxRequest, JsonObject], JsonObject],
    ) -> None:
        self.repository = repository
        self.serialize_user = serialize_user

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/tickets/recent", self.list_recently_viewed)
        router.add("GET", "/api/v2/tickets/show_many", self.get_many)
        router.add("GET", "/api/v2/tickets", self.list_all)
        router.add("GET", "/api/v2/tickets/{ticket_id:int}", self.get_one)
        router.add("GET", "/api/v2/tickets/{ticket_id:int}/comments", self.list_comments)
        router.add("GET", "/api/v2/users/{user_id:int}/tickets/requested", self.list_requested_by)
        router.add(
            "GET", "/api/v2/organizations/{organization_id:int}/tickets", self.list_of_organization
        )

    def serialize(self, request: SandboxRequest, ticket: JsonObject) -> JsonObject:
        """Return a ticket as the API does."""
        return {
            "url": f"{request.base_url}/api/v2/tickets/{ticket['id']}.json",
            **without_private_keys(ticket),
        }

    def find_ticket(self, ticket_id: int) -> JsonObject:
        """Return a ticket or refuse with 404."""
        ticket = self.repository.existing_ticket(ticket_id)
        if ticket is None:
            raise not_found_error()
        return ticket

    def sideloads(self, request: SandboxRequest, tickets: Sequence[JsonObject]) -> JsonObject:
        """Return the sideloads asked for by `include`."""
        asked = set(request.query.get("include", "").split(","))
        answer: JsonObject = {}
        if "users" in asked:
            ids = {t[key] for t in tickets for key in ("requester_id", "assignee_id")} - {None}
            users = (self.repository.users.get(number) for number in sorted(ids))
            answer["users"] = [self.serialize_user(request, user) for user in users if user]
        if "organizations" in asked:
            ids = {t["organization_id"] for t in tickets} - {None}
            found = (self.repository.organizations.get(number) for number in sorted(ids))
            answer["organizations"] = [without_private_keys(record) for record in found if record]
        if "groups" in asked:
            answer["groups"] = [{"id": 7501, "name": "Support"}]
        return answer

    def list_recently_viewed(self, request: SandboxRequest) -> SandboxResponse:
        """Up to five tickets the asking agent viewed last (contract 4)."""
        require_agent(request)
        found = (
            self.repository.existing_ticket(number) for number in self.repository.viewed_ticket_ids
        )
        tickets = [ticket for ticket in found if ticket][:MAX_RECENT_TICKETS]
        return page_response(
            request,
            "tickets",
            tickets,
            lambda ticket: self.serialize(request, ticket),
            side=lambda page: self.sideloads(request, page),
        )

    def get_one(self, request: SandboxRequest, ticket_id: int) -> SandboxResponse:
        """Return one ticket."""
        require_agent(request)
        ticket = self.find_ticket(ticket_id)
        shown = self.serialize(request, ticket)
        if "comment_count" in request.query.get("include", ""):
            shown["comment_count"] = len(self.repository.comments(ticket))
        return json_response({"ticket": shown, **self.sideloads(request, [ticket])})

    def get_many(self, request: SandboxRequest) -> SandboxResponse:
        """Return up to a hundred by id."""
        require_agent(request)
        found = [
            self.repository.existing_ticket(int(it))
            for it in read_ids(request, "ids")
            if it.isdigit()
        ]
        tickets = [ticket for ticket in found if ticket is not None]
        return json_response(
            {
                "tickets": [self.serialize(request, ticket) for ticket in tickets],
                **self.sideloads(request, tickets),
                "next_page": None,
                "previous_page": None,
                "count": len(tickets),
            }
        )

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List by external id, or the cast's and the changed ones."""
        require_agent(request)
        numbers = {*self.repository.seed_data.fixture_tickets, *self.repository.tickets.overrides}
        found = (self.repository.existing_ticket(number) for number in sorted(numbers))
        tickets = [ticket for ticket in found if ticket is not None]
        if external_id := request.query.get("external_id"):
            tickets = [ticket for ticket in tickets if ticket["external_id"] == external_id]
        return self._ticket_page(request, tickets)

    def list_requested_by(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """List what a user wrote."""
        require_agent(request)
        if self.repository.users.get(user_id) is None:
            raise not_found_error()
        return self._ticket_page(request, list(self.repository.tickets_requested_by(user_id)))

    def list_of_organization(
        self, request: SandboxRequest, organization_id: int
    ) -> SandboxResponse:
        """List an organization's tickets among the cast's and the changed ones."""
        require_agent(request)
        numbers = {*self.repository.seed_data.fixture_tickets, *self.repository.tickets.overrides}
        found = (self.repository.existing_ticket(number) for number in sorted(numbers))
        return self._ticket_page(
            request, [t for t in found if t and t["organization_id"] == organization_id]
        )

    def _ticket_page(self, request: SandboxRequest, tickets: list[JsonObject]) -> SandboxResponse:
        counted = "comment_count" in request.query.get("include", "")

        def show(ticket: JsonObject) -> JsonObject:
            shown = self.serialize(request, ticket)
            if counted:
                shown["comment_count"] = len(self.repository.comments(ticket))
            return shown

        return page_response(
            request,
            "tickets",
            sorted_tickets(request, tickets),
            show,
            side=lambda page: self.sideloads(request, page),
        )

    def list_comments(self, request: SandboxRequest, ticket_id: int) -> SandboxResponse:
        """List a ticket's comments."""
        require_agent(request)
        comments = self.repository.comments(self.find_ticket(ticket_id))
        if request.query.get("sort") == "-created_at" or request.query.get("sort_order") == "desc":
            comments.reverse()
        return page_response(
            request,
            "comments",
            comments,
            side=lambda page: (
                self._comment_authors(request, page) if "include" in request.query else {}
            ),
        )

    def _comment_authors(
        self, request: SandboxRequest, comments: Sequence[JsonObject]
    ) -> JsonObject:
        ids = sorted({comment["author_id"] for comment in comments})
        users = (self.repository.users.get(number) for number in ids)
        return {"users": [self.serialize_user(request, user) for user in users if user]}


def sorted_tickets(request: SandboxRequest, tickets: list[JsonObject]) -> list[JsonObject]:
    """Order tickets as asked; with a cursor `sort_by` is silently dropped (contract 0.10)."""
    if "page[size]" in request.query:
        name = request.query.get("sort", "id")
        key, descending = name.lstrip("-"), name.startswith("-")
        if key not in CURSOR_SORTS:
            raise coded_error(400, "InvalidPaginationParameter", f"sort is not valid: {name}")
    else:
        key = request.query.get("sort_by", "id")
        descending = request.query.get("sort_order", "asc") == "desc"
        if key not in OFFSET_SORTS:
            key = "id"
    if key == "updated_at":
        return sorted(tickets, key=lambda t: (t["updated_at"], t["id"]), reverse=descending)
    return sorted(
        tickets,
        key=lambda t: (str(t[key] or ""), 0) if key != "id" else ("", t["id"]),
        reverse=descending,
    )

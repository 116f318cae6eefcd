"""Legacy satisfaction ratings (contract 6): admins only, one for each rated ticket."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import forbidden_error
from desktop.sandbox.zendesk.pagination import page_response, read_integer
from desktop.sandbox.zendesk.permissions import require_admin
from desktop.sandbox.zendesk.repository import ZendeskRepository

# So many of the crowd, newest first, are looked at.
MAX_PEOPLE_SCANNED = 5_000


class SatisfactionRatingEndpoint:
    """/satisfaction_ratings."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the path."""
        router.add("GET", "/api/v2/satisfaction_ratings", self.list_all)

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List the ratings, oldest first."""
        require_admin(request)
        if not self.repository.state.account.csat:
            raise forbidden_error("Satisfaction ratings are not enabled for this account.")
        start = read_integer(request, "start_time", 0)
        end = read_integer(request, "end_time", int(request.received_at) + 1)
        wanted = request.query.get("score", "")
        rated = [
            (ticket, score)
            for ticket in self._rated_ticket_candidates()
            if start <= ticket["_at"] < end
            if (score := ticket["satisfaction_rating"]["score"]) != "unoffered"
            if not wanted or wanted in (score, "received") or wanted.startswith(f"{score}_")
        ]
        rated.sort(key=lambda pair: (pair[0]["_at"], pair[0]["id"]))
        return page_response(
            request,
            "satisfaction_ratings",
            rated,
            lambda pair: _serialize_rating(request, pair[0], pair[1]),
        )

    def _rated_ticket_candidates(self) -> list[JsonObject]:
        book, crowd = self.repository, self.repository.state.generated_people
        singles = {*book.seed_data.fixture_tickets, *book.tickets.overrides}
        found = [book.existing_ticket(key) for key in singles]
        for index in range(max(crowd.size - MAX_PEOPLE_SCANNED, 0), crowd.size):
            person = crowd.person(index)
            made = (
                book.seed_data.generated_ticket(person, slot) for slot in range(person.ticket_count)
            )
            found += [it for it in made if it and it["id"] not in book.tickets.overrides]
        return [ticket for ticket in found if ticket is not None]


def _serialize_rating(request: SandboxRequest, ticket: JsonObject, score: str) -> JsonObject:
    rating_id = 60_000_000 + ticket["id"]
    return {
        "id": rating_id,
        "url": f"{request.base_url}/api/v2/satisfaction_ratings/{rating_id}.json",
        "ticket_id": ticket["id"],
        "requester_id": ticket["requester_id"],
        "assignee_id": ticket["assignee_id"],
        "group_id": ticket["group_id"],
        "score": score,
        "comment": "Quick and friendly, thank you." if score == "good" else None,
        "reason": "No reason provided" if score == "bad" else None,
        "reason_id": 0,
        "created_at": format_iso_utc(ticket["_at"]),
        "updated_at": format_iso_utc(ticket["_at"]),
    }

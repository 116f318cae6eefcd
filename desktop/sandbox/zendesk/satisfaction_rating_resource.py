"""The sandbox's /satisfaction_ratings: legacy satisfaction ratings, one for each rated ticket.

Facts: docs/zendesk.md 6.
"""

from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import forbidden_error
from desktop.sandbox.zendesk.pagination import read_integer
from desktop.sandbox.zendesk.rest_resource import ResourceDescription, RestResource
from desktop.sandbox.zendesk.search_engine import newest_generated_people


class SatisfactionRatingResource(RestResource):
    """The sandbox's satisfaction ratings, derived from its tickets; nobody can write one."""

    description = ResourceDescription(
        name="satisfaction_rating",
        plural="satisfaction_ratings",
        actions="index",
        read_role="admin",
    )

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the sandbox's ratings of a time span and a score, oldest first."""
        if not self.repository.state.account.csat:
            raise forbidden_error("Satisfaction ratings are not enabled for this account.")
        start = read_integer(request, "start_time", 0)
        end = read_integer(request, "end_time", int(request.received_at) + 1)
        wanted = request.query.get("score", "")
        tickets = self.repository.individual_tickets()
        for person in newest_generated_people(self.repository.state.generated_people):
            tickets += self.repository.unchanged_tickets_of(person)
        rated = []
        for ticket in tickets:
            score = ticket["satisfaction_rating"]["score"]
            # "received" asks for every answer, "good_with_comment" and the like for its score.
            fits = not wanted or wanted in (score, "received") or wanted.startswith(f"{score}_")
            if score != "unoffered" and fits and start <= ticket["_at"] < end:
                rated.append(ticket)
        rated.sort(key=lambda ticket: (ticket["_at"], ticket["id"]))
        return rated

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        score = record["satisfaction_rating"]["score"]
        rating_id = 60_000_000 + record["id"]
        rated_at = format_iso_utc(record["_at"])
        return {
            "id": rating_id,
            "url": self.url_of(request, {"id": rating_id}),
            "ticket_id": record["id"],
            "requester_id": record["requester_id"],
            "assignee_id": record["assignee_id"],
            "group_id": record["group_id"],
            "score": score,
            "comment": "Quick and friendly, thank you." if score == "good" else None,
            "reason": "No reason provided" if score == "bad" else None,
            "reason_id": 0,
            "created_at": rated_at,
            "updated_at": rated_at,
        }

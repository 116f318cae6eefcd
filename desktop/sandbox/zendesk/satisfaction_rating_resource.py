"""The sandbox's /satisfaction_ratings: legacy satisfaction ratings, one for each rated ticket.

Facts: docs/zendesk.md 6.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.change_feed import ChangeFeed, FeedPosition, FeedRow
from desktop.sandbox.zendesk.error_responses import coded_error, forbidden_error
from desktop.sandbox.zendesk.pagination import (
    MAX_PAGE_SIZE,
    decode_cursor,
    encode_cursor,
    page_link,
    read_integer,
)
from desktop.sandbox.zendesk.permissions import require_role
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

    def index(self, request: SandboxRequest, **keys: object) -> SandboxResponse:
        """Answer with a page of ratings; by cursor those of everybody, found one after another."""
        if "page[size]" not in request.query:
            return super().index(request, **keys)
        require_role(request, "admin")
        self._require_enabled()
        size = read_integer(request, "page[size]", MAX_PAGE_SIZE)
        if not 1 <= size <= MAX_PAGE_SIZE:
            message = "page[size] must be between 1 and 100"
            raise coded_error(400, "InvalidPaginationParameter", message)
        cursor = request.query.get("page[after]")
        start = float(read_integer(request, "start_time", 0))
        after = _cursor_position(cursor) if cursor else (start, -1)
        rows = list(islice(self._rated_after(request, after), size + 1))
        page, has_more = rows[:size], len(rows) > size
        last = page[-1][0] if page else after
        following = encode_cursor(f"rated {last[0]!r}|{last[1]}")
        changes = {"page[size]": size, "page[after]": following}
        return json_response(
            {
                "satisfaction_ratings": [self.serialize(request, row) for _, row in page],
                "meta": {
                    "has_more": has_more,
                    "after_cursor": following if page else None,
                    "before_cursor": cursor,
                },
                "links": {
                    "prev": None,
                    "next": page_link(request, changes, "page[before]") if has_more else None,
                },
            }
        )

    def _rated_after(self, request: SandboxRequest, after: FeedPosition) -> Iterator[FeedRow]:
        """Yield the sandbox's rated tickets behind a position, in order of their last change."""
        end = min(float(read_integer(request, "end_time", 2**40)), request.received_at + 1)
        wanted = request.query.get("score", "")
        for position, ticket in ChangeFeed(self.repository).tickets(after, end):
            score = ticket["satisfaction_rating"]["score"]
            if ticket["status"] != "deleted" and _fits(score, wanted):
                yield position, ticket

    def _require_enabled(self) -> None:
        if not self.repository.state.account.csat:
            raise forbidden_error("Satisfaction ratings are not enabled for this account.")

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the sandbox's ratings of a time span and a score, oldest first."""
        self._require_enabled()
        start = read_integer(request, "start_time", 0)
        end = read_integer(request, "end_time", int(request.received_at) + 1)
        wanted = request.query.get("score", "")
        tickets = self.repository.individual_tickets()
        for person in newest_generated_people(self.repository.state.generated_people):
            tickets += self.repository.unchanged_tickets_of(person)
        rated = []
        for ticket in tickets:
            score = ticket["satisfaction_rating"]["score"]
            if _fits(score, wanted) and start <= ticket["_at"] < end:
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


def _fits(score: str, wanted: str) -> bool:
    """Whether a sandbox ticket was asked for a rating, and has the score that is wanted."""
    # "received" asks for every answer, "good_with_comment" and the like for its score.
    fits = not wanted or wanted in (score, "received") or wanted.startswith(f"{score}_")
    return score != "unoffered" and fits


def _cursor_position(cursor: str) -> FeedPosition:
    at, _, last = decode_cursor(cursor).removeprefix("rated ").partition("|")
    try:
        return float(at), int(last)
    except ValueError as error:
        raise coded_error(400, "InvalidCursor", "The cursor is not valid") from error

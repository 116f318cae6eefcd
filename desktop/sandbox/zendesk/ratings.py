"""Legacy satisfaction ratings (contract 6): admins only, one for each rated ticket."""

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Answer, Call, Record
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import number, page_answer
from desktop.sandbox.zendesk.refusal import forbidden
from desktop.sandbox.zendesk.rights import require_admin

# So many of the crowd, newest first, are looked at.
WINDOW = 5_000


class Ratings:
    """/satisfaction_ratings."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the path."""
        router.add("GET", "/api/v2/satisfaction_ratings", self.every)

    def every(self, call: Call) -> Answer:
        """List the ratings, oldest first."""
        require_admin(call)
        if not self.book.world.account.csat:
            raise forbidden("Satisfaction ratings are not enabled for this account.")
        start = number(call, "start_time", 0)
        end = number(call, "end_time", int(call.at) + 1)
        wanted = call.query.get("score", "")
        rated = [
            (ticket, score)
            for ticket in self._tickets()
            if start <= ticket["_at"] < end
            if (score := ticket["satisfaction_rating"]["score"]) != "unoffered"
            if not wanted or wanted in (score, "received") or wanted.startswith(f"{score}_")
        ]
        rated.sort(key=lambda pair: (pair[0]["_at"], pair[0]["id"]))
        return page_answer(
            call, "satisfaction_ratings", rated, lambda pair: _rating(call, pair[0], pair[1])
        )

    def _tickets(self) -> list[Record]:
        book, crowd = self.book, self.book.world.crowd
        singles = {*book.base.stories, *book.tickets.changed}
        found = [book.live_ticket(key) for key in singles]
        for index in range(max(crowd.size - WINDOW, 0), crowd.size):
            person = crowd.person(index)
            made = (book.base.crowd_ticket(person, slot) for slot in range(person.tickets))
            found += [it for it in made if it and it["id"] not in book.tickets.changed]
        return [ticket for ticket in found if ticket is not None]


def _rating(call: Call, ticket: Record, score: str) -> Record:
    rating_id = 60_000_000 + ticket["id"]
    return {
        "id": rating_id,
        "url": f"{call.base_url}/api/v2/satisfaction_ratings/{rating_id}.json",
        "ticket_id": ticket["id"],
        "requester_id": ticket["requester_id"],
        "assignee_id": ticket["assignee_id"],
        "group_id": ticket["group_id"],
        "score": score,
        "comment": "Quick and friendly, thank you." if score == "good" else None,
        "reason": "No reason provided" if score == "bad" else None,
        "reason_id": 0,
        "created_at": iso(ticket["_at"]),
        "updated_at": iso(ticket["_at"]),
    }

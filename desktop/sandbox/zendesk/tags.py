"""Tags on users; they spread to the person's tickets (contract 3)."""

from collections.abc import Iterable

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.refusal import forbidden, not_found
from desktop.sandbox.zendesk.rights import require_agent, require_may_edit

# A closed ticket takes no more tags.
_FINAL = ("closed", "deleted")


class Tags:
    """/users/{id}/tags."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/users/{user_id:int}/tags"
        router.add("GET", path, self.read)
        router.add("POST PUT DELETE", path, self.write)

    def read(self, call: Call, user_id: int) -> Answer:
        """Return a user's tags."""
        require_agent(call)
        return said({"tags": self._user(user_id)["tags"]})

    def write(self, call: Call, user_id: int) -> Answer:
        """POST sets, PUT adds, DELETE removes."""
        user = self._user(user_id)
        require_may_edit(call, user)
        body = call.json()
        given = body.get("tags") if isinstance(body, dict) else None
        given = given or call.query.get("tags", "").split(",")
        named = clean_tags(given if isinstance(given, list) else str(given).split(","))
        old = list(user["tags"])
        if call.method == "POST":
            new = named
        elif call.method == "PUT":
            new = old + [tag for tag in named if tag not in old]
        else:
            new = [tag for tag in old if tag not in named]
        draft = self.book.users.draft(user_id) or {}
        draft["tags"] = new
        self.book.save_user(draft)
        spread_tags(self.book, user_id, old, new)
        return said({"tags": new}, 201 if call.method == "POST" else 200)

    def _user(self, user_id: int) -> Record:
        if not self.book.world.account.user_tags:
            raise forbidden("Tags on users and organizations are not enabled for this account.")
        user = self.book.live_user(user_id)
        if user is None:
            raise not_found()
        return user


def clean_tags(tags: Iterable[object]) -> list[str]:
    """Lower-case tags without blanks, each once; blanks separate tags."""
    words = (word for tag in tags for word in str(tag).lower().split())
    return list(dict.fromkeys(words))


def spread_tags(book: Book, user_id: int, old: list[str], new: list[str]) -> None:
    """Carry a change of a user's tags over to the tickets that can still change."""
    added = [tag for tag in new if tag not in old]
    removed = [tag for tag in old if tag not in new]
    if not added and not removed:
        return
    for ticket in list(book.tickets_of(user_id)):
        if ticket["status"] in _FINAL:
            continue
        draft = book.tickets.draft(ticket["id"]) or {}
        kept = [tag for tag in draft["tags"] if tag not in removed]
        draft["tags"] = list(dict.fromkeys([*kept, *added]))
        book.save_ticket(draft)

"""Writing one user: create, create or update, update, delete, merge."""

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.refusal import forbidden, not_found, refuse
from desktop.sandbox.zendesk.rights import require_admin, require_agent, require_may_edit
from desktop.sandbox.zendesk.user_edit import add_identity, deleted_user, edit_user, new_user
from desktop.sandbox.zendesk.users import Users

MERGE_MOST_TICKETS = 10_000


class UserWrites:
    """The writing half of /users."""

    def __init__(self, book: Book, users: Users) -> None:
        self.book = book
        self.users = users

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/users", self.create)
        router.add("POST", "/api/v2/users/create_or_update", self.create_or_update)
        router.add("PUT", "/api/v2/users/{user_id:int}", self.update)
        router.add("DELETE", "/api/v2/users/{user_id:int}", self.delete)
        router.add("PUT", "/api/v2/users/{user_id:int}/merge", self.merge)

    def create(self, call: Call) -> Answer:
        """Create a user."""
        require_agent(call)
        user = self.make(call, given_user(call))
        return self._answer(call, user, 201)

    def create_or_update(self, call: Call) -> Answer:
        """200 when the user existed, 201 when not (contract 3)."""
        require_agent(call)
        user, created = self.upsert(call, given_user(call))
        return self._answer(call, user, 201 if created else 200)

    def update(self, call: Call, user_id: int) -> Answer:
        """Update a user."""
        return self._answer(call, self.change(call, user_id, given_user(call)), 200)

    def delete(self, call: Call, user_id: int) -> Answer:
        """Delete softly: the user stays readable with active false."""
        require_admin(call)
        user = self.book.users.draft(user_id)
        if user is None or not user["active"]:
            raise not_found()
        self.book.save_user(deleted_user(self.book, user))
        return self._answer(call, user, 200)

    def merge(self, call: Call, user_id: int) -> Answer:
        """Merge the user of the path into the one of the body (contract 3, Merge)."""
        winner_id = given_user(call).get("id")
        loser = self.book.users.draft(user_id)
        winner = self.book.users.draft(int(winner_id)) if winner_id else None
        if loser is None or winner is None or not loser["active"] or not winner["active"]:
            raise not_found()
        for user in (loser, winner):
            require_may_edit(call, user)
            if user["role"] != "end-user":
                raise forbidden("Only end users can be merged.")
        tickets = list(self.book.tickets_of(user_id))
        if len(tickets) > MERGE_MOST_TICKETS:
            raise refuse(422, "RecordInvalid", "The user has too many requested tickets")
        moved = loser["_identities"]
        self.book.save_user(deleted_user(self.book, loser))
        for identity in moved:
            add_identity(
                self.book,
                winner,
                identity["type"],
                identity["value"],
                primary=False,
                verified=identity["verified"],
            )
        winner["tags"] = list(dict.fromkeys([*winner["tags"], *loser["tags"]]))
        self.book.save_user(winner)
        for ticket in tickets:
            draft = self.book.tickets.draft(ticket["id"]) or {}
            draft["requester_id"] = winner["id"]
            self.book.save_ticket(draft)
        return self._answer(call, winner, 200)

    # The same for one request and for one row of a job.

    def make(self, call: Call, given: Record) -> Record:
        """Create and store a user."""
        if given.get("role", "end-user") != "end-user" and not call.actor.is_admin:
            raise forbidden("You can only create end users.")
        return self.book.save_user(new_user(self.book, given))

    def upsert(self, call: Call, given: Record) -> tuple[Record, bool]:
        """Update whoever has the e-mail address or external id, or create."""
        known = None
        if given.get("external_id"):
            known = self.book.user_by_external_id(str(given["external_id"]))
        if known is None and given.get("email"):
            known = self.book.user_by_identity(str(given["email"]))
        if known is None:
            return self.make(call, given), True
        return self.change(call, known["id"], given), False

    def change(self, call: Call, user_id: int, given: Record) -> Record:
        """Update and store a user."""
        user = self.book.users.draft(user_id)
        if user is None or not user["active"]:
            raise not_found()
        require_may_edit(call, user)
        if given.get("role", user["role"]) != user["role"] and not call.actor.is_admin:
            raise forbidden("You cannot change roles.")
        edit_user(self.book, user, given)
        return self.book.save_user(user)

    def _answer(self, call: Call, user: Record, status: int) -> Answer:
        answer = said({"user": self.users.show(call, user)}, status)
        if status == 201:
            return answer.having(("location", f"{call.base_url}/api/v2/users/{user['id']}.json"))
        return answer


def given_user(call: Call) -> Record:
    """Return the `user` object of the body; 400 without one."""
    body = call.json()
    user = body.get("user") if isinstance(body, dict) else None
    if not isinstance(user, dict):
        raise refuse(400, "InvalidRequest", "Parameter user is required")
    return user

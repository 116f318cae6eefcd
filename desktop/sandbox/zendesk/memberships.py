"""Organization memberships (contract 5); an id holds both the user's and the organization's."""

from desktop.sandbox.call import Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.jobs import Jobs, Row
from desktop.sandbox.zendesk.paging import page_answer
from desktop.sandbox.zendesk.refusal import invalid, not_found, refuse
from desktop.sandbox.zendesk.rights import require_agent, require_may_edit

EACH = 100_000
_WORKING = ("new", "open", "pending", "hold")


class Memberships:
    """/organization_memberships."""

    def __init__(self, book: Book, jobs: Jobs) -> None:
        self.book = book
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/organization_memberships"
        of_user = "/api/v2/users/{user_id:int}/organization_memberships"
        router.add("GET", path, self.every)
        router.add("POST", path, self.create)
        router.add("POST", f"{path}/create_many", self.create_many)
        router.add("DELETE", f"{path}/destroy_many", self.delete_many)
        router.add("GET", path + "/{membership_id:int}", self.one)
        router.add("DELETE", path + "/{membership_id:int}", self.delete)
        router.add("GET", of_user, self.of_user)
        router.add("PUT", of_user + "/{membership_id:int}/make_default", self.make_default)

    def every(self, call: Call) -> Answer:
        """List the cast's and the changed users' memberships."""
        require_agent(call)
        numbers = sorted({*self.book.base.members, *self.book.users.changed})
        users = (self.book.live_user(number) for number in numbers)
        rows = [row for user in users if user for row in _rows(call, user)]
        return page_answer(call, "organization_memberships", rows)

    def of_user(self, call: Call, user_id: int) -> Answer:
        """List a user's memberships, the default first."""
        require_agent(call)
        return page_answer(call, "organization_memberships", _rows(call, self._user(user_id)))

    def one(self, call: Call, membership_id: int) -> Answer:
        """Return one membership."""
        require_agent(call)
        return said({"organization_membership": self._find(call, membership_id)})

    def create(self, call: Call) -> Answer:
        """Join; who is a member already is refused with 422."""
        body = call.json()
        given = body.get("organization_membership") if isinstance(body, dict) else None
        if not isinstance(given, dict):
            raise refuse(400, "InvalidRequest", "Parameter organization_membership is required")
        row = self.join(call, given)
        location = f"{call.base_url}/api/v2/organization_memberships/{row['id']}.json"
        return said({"organization_membership": row}, 201, ("location", location))

    def delete(self, call: Call, membership_id: int) -> Answer:
        """Leave; working tickets of the organization lose it."""
        self.leave(call, membership_id)
        return Answer(204)

    def create_many(self, call: Call) -> Answer:
        """Join up to a hundred in a job."""
        require_agent(call)
        rows = self.jobs.rows(call, "organization_memberships")
        return self.jobs.answer(call, self.jobs.start(call, "membership", "create", rows))

    def delete_many(self, call: Call) -> Answer:
        """Leave up to a hundred in a job."""
        require_agent(call)
        rows: list[Record] = [{"id": int(number)} for number in self.jobs.ids(call)]
        return self.jobs.answer(call, self.jobs.start(call, "membership", "delete", rows))

    def make_default(self, call: Call, user_id: int, membership_id: int) -> Answer:
        """Make a membership the default one; answers the whole list."""
        self._find(call, membership_id)
        user = self.book.users.draft(user_id) or {}
        require_may_edit(call, user)
        number = membership_id % EACH
        user["_orgs"] = [number, *(it for it in user["_orgs"] if it != number)]
        user["organization_id"] = number
        self.book.save_user(user)
        return page_answer(call, "organization_memberships", _rows(call, user))

    # The same for one request and for one row of a job.

    def do_row(self, call: Call, action: str, given: Record) -> Row:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.join(call, given)["id"], "status": "Created"}
        self.leave(call, int(given["id"]))
        return {"id": given["id"], "action": "delete", "success": True, "status": "Deleted"}

    def join(self, call: Call, given: Record) -> Record:
        """Add a membership."""
        user = self.book.users.draft(_number(given.get("user_id")))
        if user is None or not user["active"]:
            raise invalid("user", "User: is not valid")
        require_may_edit(call, user)
        number = _number(given.get("organization_id"))
        if self.book.organizations.get(number) is None:
            raise invalid("organization", "Organization: is not valid")
        if number in user["_orgs"]:
            raise invalid("user_id", "User: has already been taken", "DuplicateValue")
        first = bool(given.get("default")) or not user["_orgs"]
        user["_orgs"] = [number, *user["_orgs"]] if first else [*user["_orgs"], number]
        user["organization_id"] = user["_orgs"][0]
        self.book.save_user(user)
        return next(row for row in _rows(call, user) if row["organization_id"] == number)

    def leave(self, call: Call, membership_id: int) -> None:
        """Remove a membership."""
        self._find(call, membership_id)
        user_id, number = divmod(membership_id, EACH)
        user = self.book.users.draft(user_id) or {}
        require_may_edit(call, user)
        user["_orgs"] = [it for it in user["_orgs"] if it != number]
        user["organization_id"] = user["_orgs"][0] if user["_orgs"] else None
        self.book.save_user(user)
        for ticket in list(self.book.tickets_of(user_id)):
            if ticket["organization_id"] == number and ticket["status"] in _WORKING:
                draft = self.book.tickets.draft(ticket["id"]) or {}
                draft["organization_id"] = None
                self.book.save_ticket(draft)

    def _user(self, user_id: int) -> Record:
        user = self.book.live_user(user_id)
        if user is None:
            raise not_found()
        return user

    def _find(self, call: Call, membership_id: int) -> Record:
        user_id, number = divmod(membership_id, EACH)
        for row in _rows(call, self._user(user_id)):
            if row["organization_id"] == number:
                return row
        raise not_found()


def _number(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _rows(call: Call, user: Record) -> list[Record]:
    return [
        {
            "id": user["id"] * EACH + number,
            "url": f"{call.base_url}/api/v2/organization_memberships/{user['id'] * EACH + number}",
            "user_id": user["id"],
            "organization_id": number,
            # True or null, never false (contract 5).
            "default": True if number == user["organization_id"] else None,
            "created_at": user["created_at"],
            "updated_at": user["updated_at"],
            "view_tickets": True,
        }
        for number in user["_orgs"]
    ]

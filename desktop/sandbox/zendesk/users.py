"""Reading users: me, one, many, all, and what they stand in relation to."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import ANONYMOUS, Answer, Call, Record, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.long_list import IdList
from desktop.sandbox.zendesk.paging import page_answer, read_ids
from desktop.sandbox.zendesk.refusal import not_found
from desktop.sandbox.zendesk.rights import require_agent
from desktop.sandbox.zendesk.shape import visible


class Users:
    """The reading half of /users."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/users/me", self.me)
        router.add("GET", "/api/v2/users", self.every)
        router.add("GET", "/api/v2/users/count", self.count)
        router.add("GET", "/api/v2/users/show_many", self.many)
        router.add("GET", "/api/v2/users/{user_id:int}", self.one)
        router.add("GET", "/api/v2/users/{user_id:int}/related", self.related)
        router.add("GET", "/api/v2/deleted_users", self.deleted)
        router.add("GET", "/api/v2/organizations/{organization_id:int}/users", self.of_organization)

    def show(self, call: Call, user: Record) -> Record:
        """Return a user as seen by whoever asks."""
        shown = {"url": f"{call.base_url}/api/v2/users/{user['id']}.json", **visible(user)}
        if not self.book.world.account.user_tags:
            # Absent unless an admin enabled tags on users (contract 3).
            shown.pop("tags", None)
        return shown

    def find(self, user_id: int) -> Record:
        """Return a user or refuse with 404."""
        user = self.book.users.get(user_id)
        if user is None:
            raise not_found()
        return user

    def side(self, call: Call, users: Sequence[Record]) -> Record:
        """Return the sideloads asked for by `include`."""
        asked = set(call.query.get("include", "").split(","))
        answer: Record = {}
        if "identities" in asked:
            answer["identities"] = [item for user in users for item in user["_identities"]]
        if "organizations" in asked:
            ids = {user["organization_id"] for user in users} - {None}
            found = (self.book.organizations.get(number) for number in sorted(ids))
            answer["organizations"] = [visible(record) for record in found if record]
        if "roles" in asked:
            answer["roles"] = []
        if "groups" in asked:
            answer["groups"] = []
        return answer

    def me(self, call: Call) -> Answer:
        """Return whoever asks; without credentials an anonymous 200 (contract 0.7)."""
        if call.actor is ANONYMOUS:
            return said({"user": _anonymous(call)})
        user = self.find(call.actor.user_id)
        shown = self.show(call, user) | {"authenticity_token": "a1b2c3d4e5"}
        return said({"user": shown, **self.side(call, [user])})

    def one(self, call: Call, user_id: int) -> Answer:
        """Return one user, the deleted ones with active false."""
        require_agent(call)
        user = self.find(user_id)
        return said({"user": self.show(call, user), **self.side(call, [user])})

    def many(self, call: Call) -> Answer:
        """Return up to a hundred by id or external id."""
        require_agent(call)
        if "external_ids" in call.query:
            found = [self.book.user_by_external_id(it) for it in read_ids(call, "external_ids")]
        else:
            deleted = call.query.get("include_deleted") == "true"
            get = self.book.users.get if deleted else self.book.live_user
            found = [get(int(it)) for it in read_ids(call, "ids") if it.isdigit()]
        users = [user for user in found if user is not None]
        return said(
            {
                "users": [self.show(call, user) for user in users],
                **self.side(call, users),
                "next_page": None,
                "previous_page": None,
                "count": len(users),
            }
        )

    def every(self, call: Call) -> Answer:
        """List all users, by role or external id if asked."""
        require_agent(call)
        if external_id := call.query.get("external_id"):
            one = self.book.user_by_external_id(external_id)
            rows: Sequence[int] = [one["id"]] if one else []
        elif roles := {
            value for name, value in parse_qsl(call.raw_query) if name in ("role", "role[]")
        } - {"end-user"}:
            # Only staff are few enough to be filtered one by one.
            everybody = [*self.book.base.members, *self.book.users.changed]
            users = (self.book.live_user(number) for number in sorted(set(everybody)))
            rows = [user["id"] for user in users if user and user["role"] in roles]
        else:
            rows = IdList(self.book.user_ids())
        return page_answer(
            call,
            "users",
            rows,
            lambda number: self.show(call, self.find(number)),
            side=lambda page: self.side(call, [self.find(number) for number in page]),
        )

    def count(self, call: Call) -> Answer:
        """Count the users."""
        require_agent(call)
        total = len(IdList(self.book.user_ids()))
        return said({"count": {"value": total, "refreshed_at": iso(call.at)}})

    def related(self, call: Call, user_id: int) -> Answer:
        """Count what belongs to a user."""
        require_agent(call)
        self.find(user_id)
        asked = sum(1 for _ in self.book.tickets_of(user_id))
        return said(
            {
                "user_related": {
                    "requested_tickets": asked,
                    "assigned_tickets": 0,
                    "ccd_tickets": 0,
                    "organization_subscriptions": 0,
                }
            }
        )

    def deleted(self, call: Call) -> Answer:
        """List deleted users."""
        require_agent(call)
        rows = [user for _, user in self.book.users.live_changes() if not user["active"]]
        return page_answer(call, "deleted_users", rows, lambda user: self.show(call, user))

    def of_organization(self, call: Call, organization_id: int) -> Answer:
        """List the cast's and the changed users of an organization."""
        require_agent(call)
        numbers = {*self.book.base.members, *self.book.users.changed}
        users = (self.book.live_user(number) for number in sorted(numbers))
        rows = [user for user in users if user and organization_id in user["_orgs"]]
        return page_answer(call, "users", rows, lambda user: self.show(call, user))


def _anonymous(call: Call) -> Record:
    return {
        "id": None,
        "url": f"{call.base_url}/api/v2/users/.json",
        "name": "Anonymous user",
        "email": "invalid@example.com",
        "role": "end-user",
        "role_type": None,
        "custom_role_id": None,
        "verified": False,
        "active": True,
        "suspended": False,
        "restricted_agent": True,
        "authenticity_token": "a1b2c3d4e5",
    }

"""Reading users: me, one, many, all, and what they stand in relation to."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from desktop.sandbox.http_messages import (
    ANONYMOUS,
    JsonObject,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import format_iso_utc
from desktop.sandbox.zendesk.error_responses import not_found_error
from desktop.sandbox.zendesk.lazy_sequences import LazyIdList
from desktop.sandbox.zendesk.pagination import page_response, read_ids
from desktop.sandbox.zendesk.permissions import require_agent
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository


class UserReadEndpoints:
    """The reading half of /users."""

    def __init__(self, repository: ZendeskRepository) -> None:
        self.repository = repository

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/users/me", self.show_current_user)
        router.add("GET", "/api/v2/users", self.list_all)
        router.add("GET", "/api/v2/users/count", self.count)
        router.add("GET", "/api/v2/users/show_many", self.get_many)
        router.add("GET", "/api/v2/users/{user_id:int}", self.get_one)
        router.add("GET", "/api/v2/users/{user_id:int}/related", self.count_related)
        router.add("GET", "/api/v2/deleted_users", self.list_deleted)
        router.add(
            "GET", "/api/v2/organizations/{organization_id:int}/users", self.list_of_organization
        )

    def serialize(self, request: SandboxRequest, user: JsonObject) -> JsonObject:
        """Return a user as seen by whoever asks."""
        shown = {
            "url": f"{request.base_url}/api/v2/users/{user['id']}.json",
            **without_private_keys(user),
        }
        if not self.repository.state.account.user_tags:
            # Absent unless an admin enabled tags on users (contract 3).
            shown.pop("tags", None)
        return shown

    def find_user(self, user_id: int) -> JsonObject:
        """Return a user or refuse with 404."""
        user = self.repository.users.get(user_id)
        if user is None:
            raise not_found_error()
        return user

    def sideloads(self, request: SandboxRequest, users: Sequence[JsonObject]) -> JsonObject:
        """Return the sideloads asked for by `include`."""
        asked = set(request.query.get("include", "").split(","))
        answer: JsonObject = {}
        if "identities" in asked:
            answer["identities"] = [item for user in users for item in user["_identities"]]
        if "organizations" in asked:
            ids = {user["organization_id"] for user in users} - {None}
            found = (self.repository.organizations.get(number) for number in sorted(ids))
            answer["organizations"] = [without_private_keys(record) for record in found if record]
        if "roles" in asked:
            answer["roles"] = []
        if "groups" in asked:
            answer["groups"] = []
        return answer

    def show_current_user(self, request: SandboxRequest) -> SandboxResponse:
        """Return whoever asks; without credentials an anonymous 200 (contract 0.7)."""
        if request.actor is ANONYMOUS:
            return json_response({"user": _anonymous_user(request)})
        user = self.find_user(request.actor.user_id)
        shown = self.serialize(request, user) | {"authenticity_token": "a1b2c3d4e5"}
        return json_response({"user": shown, **self.sideloads(request, [user])})

    def get_one(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Return one user, the deleted ones with active false."""
        require_agent(request)
        user = self.find_user(user_id)
        return json_response(
            {"user": self.serialize(request, user), **self.sideloads(request, [user])}
        )

    def get_many(self, request: SandboxRequest) -> SandboxResponse:
        """Return up to a hundred by id or external id."""
        require_agent(request)
        if "external_ids" in request.query:
            found = [
                self.repository.user_by_external_id(it) for it in read_ids(request, "external_ids")
            ]
        else:
            deleted = request.query.get("include_deleted") == "true"
            get = self.repository.users.get if deleted else self.repository.existing_user
            found = [get(int(it)) for it in read_ids(request, "ids") if it.isdigit()]
        users = [user for user in found if user is not None]
        return json_response(
            {
                "users": [self.serialize(request, user) for user in users],
                **self.sideloads(request, users),
                "next_page": None,
                "previous_page": None,
                "count": len(users),
            }
        )

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List all users, by role or external id if asked."""
        require_agent(request)
        if external_id := request.query.get("external_id"):
            one = self.repository.user_by_external_id(external_id)
            rows: Sequence[int] = [one["id"]] if one else []
        elif roles := {
            value for name, value in parse_qsl(request.raw_query) if name in ("role", "role[]")
        } - {"end-user"}:
            # Only staff are few enough to be filtered one by one.
            everybody = [
                *self.repository.seed_data.fixture_people,
                *self.repository.users.overrides,
            ]
            users = (self.repository.existing_user(number) for number in sorted(set(everybody)))
            rows = [user["id"] for user in users if user and user["role"] in roles]
        else:
            rows = LazyIdList(self.repository.user_ids())
        return page_response(
            request,
            "users",
            rows,
            lambda number: self.serialize(request, self.find_user(number)),
            side=lambda page: self.sideloads(request, [self.find_user(number) for number in page]),
        )

    def count(self, request: SandboxRequest) -> SandboxResponse:
        """Count the users."""
        require_agent(request)
        total = len(LazyIdList(self.repository.user_ids()))
        return json_response(
            {"count": {"value": total, "refreshed_at": format_iso_utc(request.received_at)}}
        )

    def count_related(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Count what belongs to a user."""
        require_agent(request)
        self.find_user(user_id)
        asked = sum(1 for _ in self.repository.tickets_requested_by(user_id))
        return json_response(
            {
                "user_related": {
                    "requested_tickets": asked,
                    "assigned_tickets": 0,
                    "ccd_tickets": 0,
                    "organization_subscriptions": 0,
                }
            }
        )

    def list_deleted(self, request: SandboxRequest) -> SandboxResponse:
        """List deleted users."""
        require_agent(request)
        rows = [
            user for _, user in self.repository.users.existing_overrides() if not user["active"]
        ]
        return page_response(
            request, "deleted_users", rows, lambda user: self.serialize(request, user)
        )

    def list_of_organization(
        self, request: SandboxRequest, organization_id: int
    ) -> SandboxResponse:
        """List the cast's and the changed users of an organization."""
        require_agent(request)
        numbers = {*self.repository.seed_data.fixture_people, *self.repository.users.overrides}
        users = (self.repository.existing_user(number) for number in sorted(numbers))
        rows = [user for user in users if user and organization_id in user["_orgs"]]
        return page_response(request, "users", rows, lambda user: self.serialize(request, user))


def _anonymous_user(request: SandboxRequest) -> JsonObject:
    return {
        "id": None,
        "url": f"{request.base_url}/api/v2/users/.json",
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

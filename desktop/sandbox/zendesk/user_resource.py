"""The sandbox's /users: the user resource with me, create_or_update, merge, bulk jobs and tags.

Facts: docs/zendesk.md 3.
"""

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
from desktop.sandbox.zendesk.deleted_user_resource import require_deletable
from desktop.sandbox.zendesk.error_responses import forbidden_error, not_found_error, zendesk_error
from desktop.sandbox.zendesk.field_rules import normalise_tags
from desktop.sandbox.zendesk.lazy_sequences import LazyRecords
from desktop.sandbox.zendesk.pagination import PageableRows, read_ids
from desktop.sandbox.zendesk.permissions import require_may_edit_user, require_role
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.request_body import object_in_body, rows_in_body
from desktop.sandbox.zendesk.rest_resource import (
    API,
    ResourceDescription,
    RestResource,
    require_found,
)
from desktop.sandbox.zendesk.user_updates import (
    add_identity,
    apply_user_fields,
    copy_tag_changes_to_tickets,
    make_deleted_user,
    make_new_user,
)

MAX_TICKETS_FOR_MERGE = 10_000
MAX_BULK_ROWS = 100
# The answer to a request without credentials is a 200 with this user, not a 401.
_ANONYMOUS_USER = {
    "id": None,
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


class UserResource(RestResource):
    """The sandbox's users; deleted ones stay readable by id with `active` false."""

    description = ResourceDescription(
        name="user",
        plural="users",
        actions="index show show_many create update delete create_many update_many destroy_many",
        update_role="",
    )

    def add_special_routes(self, router: Router) -> None:
        one = f"{API}users/{{user_id:int}}"
        router.add("GET", f"{API}users/me", self.show_current_user)
        router.add("POST", f"{API}users/create_or_update", self.create_or_update)
        router.add("POST", f"{API}users/create_or_update_many", self.create_or_update_many)
        router.add("PUT", f"{one}/merge", self.merge)
        router.add("GET", f"{one}/tags", self.list_tags)
        router.add("POST PUT DELETE", f"{one}/tags", self.change_tags)
        router.add("GET", f"{API}organizations/{{organization_id:int}}/users", self.list_members)

    # Reading

    def get(self, user_id: int) -> JsonObject | None:
        return self.repository.users.get(user_id)

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        shown = super().serialize(request, record)
        if not self.repository.state.account.user_tags:
            # Absent unless an administrator enabled tags on users.
            shown.pop("tags", None)
        return shown

    def sideloads(self, request: SandboxRequest, records: Sequence[JsonObject]) -> JsonObject:
        """Return what a sandbox user's `include` asks for: identities, organizations, roles."""
        asked = set(request.query.get("include", "").split(","))
        answer: JsonObject = {}
        if "identities" in asked:
            answer["identities"] = [item for user in records for item in user["_identities"]]
        if "organizations" in asked:
            ids = {user["organization_id"] for user in records} - {None}
            organizations = self.repository.organizations_by_id(sorted(ids))
            answer["organizations"] = [without_private_keys(it) for it in organizations]
        # Custom roles and group sideloads of users are empty on this account.
        answer |= {name: [] for name in ("roles", "groups") if name in asked}
        return answer

    def rows(self, request: SandboxRequest) -> PageableRows:
        """Return the sandbox's users, all or those of an external id or of roles."""
        if external_id := request.query.get("external_id"):
            user = self.repository.user_by_external_id(external_id)
            return [user] if user else []
        parameters = parse_qsl(request.raw_query)
        roles = {value for name, value in parameters if name in ("role", "role[]")} - {"end-user"}
        if roles:
            # Only staff are few enough to be filtered one by one.
            return [user for user in self.repository.individual_users() if user["role"] in roles]
        return LazyRecords(self.repository.user_ids(), self.find)

    def find_many(self, request: SandboxRequest) -> list[JsonObject]:
        """Return the sandbox's users by external ids or ids, deleted ones only if asked."""
        if "external_ids" in request.query:
            keys = read_ids(request, "external_ids")
            found = [self.repository.user_by_external_id(key) for key in keys]
        else:
            deleted = request.query.get("include_deleted") == "true"
            get = self.repository.users.get if deleted else self.repository.existing_user
            found = [get(int(key)) for key in read_ids(request, "ids") if key.isdigit()]
        return [user for user in found if user is not None]

    def show_current_user(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /users/me, also without credentials."""
        if request.actor is ANONYMOUS:
            url = f"{request.base_url}{API}users/.json"
            return json_response({"user": {**_ANONYMOUS_USER, "url": url}})
        body = self.shown_body(request, self.find(request.actor.user_id))
        body["user"] |= {"authenticity_token": _ANONYMOUS_USER["authenticity_token"]}
        return json_response(body)

    def list_members(self, request: SandboxRequest, organization_id: int) -> SandboxResponse:
        """Answer with a sandbox organization's users among the fixture and changed ones."""
        require_role(request, "agent")
        users = self.repository.individual_users()
        return self.page(request, [user for user in users if organization_id in user["_orgs"]])

    # Writing

    def create_record(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Create and store a sandbox user; agents create end users only."""
        if given.get("role", "end-user") != "end-user" and not request.actor.is_admin:
            raise forbidden_error("You can only create end users.")
        return self.repository.save_user(make_new_user(self.repository, given))

    def update_record(self, request: SandboxRequest, given: JsonObject, user_id: int) -> JsonObject:
        """Change and store a sandbox user that is not deleted."""
        user = self.user_to_edit(request, user_id)
        if given.get("role", user["role"]) != user["role"] and not request.actor.is_admin:
            raise forbidden_error("You cannot change roles.")
        apply_user_fields(self.repository, user, given)
        return self.repository.save_user(user)

    def user_to_edit(self, request: SandboxRequest, user_id: int) -> JsonObject:
        """Return a copy of a sandbox user to change, if it is there and may be changed."""
        user = self.repository.users.copy_for_update(user_id)
        if user is None or not user["active"]:
            raise not_found_error()
        require_may_edit_user(request, user)
        return user

    def delete_record(self, request: SandboxRequest, user_id: int) -> JsonObject:
        """Mark a sandbox user as deleted and return it; a requester's tickets have to be closed."""
        user = require_found(self.repository.existing_user(user_id))
        require_deletable(self.repository, user)
        return self.repository.save_user(make_deleted_user(self.repository, user))

    def create_or_update(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /users/create_or_update: 200 if the user existed, else 201."""
        require_role(request, "agent")
        given = object_in_body(request, "user")
        user, is_new = self.create_or_update_user(request, given)
        if is_new:
            return self.created_response(request, user)
        return json_response(self.written_body(request, user))

    def create_or_update_user(
        self, request: SandboxRequest, given: JsonObject
    ) -> tuple[JsonObject, bool]:
        """Update the sandbox's user with the external id or address sent, or create one."""
        known = None
        if given.get("external_id"):
            known = self.repository.user_by_external_id(str(given["external_id"]))
        if known is None and given.get("email"):
            known = self.repository.user_by_identity(str(given["email"]))
        if known is None:
            return self.create_record(request, given), True
        return self.update_record(request, given, known["id"]), False

    def merge(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Merge the sandbox user of the path into the body's, with identities and tickets."""
        winner_id = object_in_body(request, "user").get("id")
        loser = self.repository.users.copy_for_update(user_id)
        winner = self.repository.users.copy_for_update(int(winner_id)) if winner_id else None
        if loser is None or winner is None or not loser["active"] or not winner["active"]:
            raise not_found_error()
        for user in (loser, winner):
            require_may_edit_user(request, user)
            if user["role"] != "end-user":
                raise forbidden_error("Only end users can be merged.")
        tickets = self.repository.tickets_requested_by(user_id)
        if len(tickets) > MAX_TICKETS_FOR_MERGE:
            raise zendesk_error(422, "RecordInvalid", "The user has too many requested tickets")
        # First free the addresses of the loser: no two users have the same.
        self.repository.save_user(make_deleted_user(self.repository, loser))
        for moved in loser["_identities"]:
            kind, value, verified = moved["type"], moved["value"], moved["verified"]
            add_identity(self.repository, winner, kind, value, primary=False, verified=verified)
        winner["tags"] = list(dict.fromkeys([*winner["tags"], *loser["tags"]]))
        self.repository.save_user(winner)
        for ticket in tickets:
            draft = self.repository.tickets.copy_for_update(ticket["id"]) or {}
            draft["requester_id"] = winner["id"]
            self.repository.save_ticket(draft)
        return json_response(self.written_body(request, winner))

    # Bulk jobs

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /users/create_many, if the account may import users."""
        self._require_bulk_import(request)
        return super().create_many(request)

    def create_or_update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's POST /users/create_or_update_many, if import is on."""
        self._require_bulk_import(request)
        return self.start_job(request, "create_or_update", rows_in_body(request, "users"))

    def _require_bulk_import(self, request: SandboxRequest) -> None:
        require_role(request, "agent")
        if not self.repository.state.account.bulk_import:
            # Off until the account's owner asks Zendesk's support for it.
            raise forbidden_error("Bulk user import is not enabled for this account.")

    def rows_to_update(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the rows of the sandbox's users/update_many, named by `external_ids` too."""
        for name, key in (("ids", "id"), ("external_ids", "external_id")):
            if name in request.query:
                same = object_in_body(request, "user")
                # An id that is no number fails as a row of the job, not as a request.
                values = [value for value in request.query[name].split(",") if value]
                return [{**same, key: value} for value in values[:MAX_BULK_ROWS]]
        return rows_in_body(request, "users")

    def id_of_row(self, given: JsonObject) -> int:
        """Return the user's id in a sandbox job's row, or that of its external id."""
        if "id" in given:
            return int(given["id"])
        external_id = str(given.get("external_id") or "")
        return int(require_found(self.repository.user_by_external_id(external_id))["id"])

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JsonObject:
        if action != "create_or_update":
            return super().run_job_row(request, action, given)
        user, is_new = self.create_or_update_user(request, given)
        external = {"external_id": user["external_id"]} if user["external_id"] else {}
        status = "Created" if is_new else "Updated"
        return {"id": user["id"], "status": status, **external, "email": user["email"]}

    # Tags

    def list_tags(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /users/{id}/tags."""
        require_role(request, "agent")
        return json_response({"tags": self._tagged_user(user_id)["tags"]})

    def change_tags(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's /users/{id}/tags: POST sets, PUT adds, DELETE removes."""
        user = self._tagged_user(user_id)
        require_may_edit_user(request, user)
        body = request.json()
        given = body.get("tags") if isinstance(body, dict) else None
        given = given or request.query.get("tags", "").split(",")
        named = normalise_tags(given if isinstance(given, list) else str(given).split(","))
        old = list(user["tags"])
        if request.method == "POST":
            new = named
        elif request.method == "PUT":
            new = old + [tag for tag in named if tag not in old]
        else:
            new = [tag for tag in old if tag not in named]
        self.repository.save_user(user | {"tags": new})
        copy_tag_changes_to_tickets(self.repository, user_id, old, new)
        return json_response({"tags": new}, 201 if request.method == "POST" else 200)

    def _tagged_user(self, user_id: int) -> JsonObject:
        if not self.repository.state.account.user_tags:
            message = "Tags on users and organizations are not enabled for this account."
            raise forbidden_error(message)
        return require_found(self.repository.existing_user(user_id))

"""The sandbox's /organization_memberships: users in organizations.

An id holds the user's and the organization's id, so that no table of memberships is needed.
Facts: docs/zendesk.md 5.
"""

from collections.abc import Sequence

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import ZendeskJobs
from desktop.sandbox.zendesk.error_responses import validation_error
from desktop.sandbox.zendesk.permissions import require_may_edit_user, require_role
from desktop.sandbox.zendesk.record_factories import RECORD_TEMPLATES
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.rest_resource import (
    API,
    ResourceDescription,
    RestResource,
    require_found,
)
from desktop.sandbox.zendesk.ticket_resource import UNSOLVED_STATUSES
from desktop.sandbox.zendesk.user_updates import set_memberships

ORGANIZATION_ID_RANGE = 100_000
_UNASSIGN_JOB = "unassigned_ticket"


class MembershipResource(RestResource):
    """The sandbox's organization memberships, kept on its users."""

    description = ResourceDescription(
        name="organization_membership",
        plural="organization_memberships",
        actions="index show create delete create_many destroy_many",
        create_role="",
        delete_role="",
    )

    def __init__(self, repository: ZendeskRepository, jobs: ZendeskJobs) -> None:
        super().__init__(repository, jobs)
        jobs.row_handlers[_UNASSIGN_JOB] = self._unassign_ticket

    def add_special_routes(self, router: Router) -> None:
        path = f"{API}users/{{user_id:int}}/organization_memberships"
        router.add("GET", path, self.list_of_user)
        router.add("PUT", f"{path}/{{membership_id:int}}/make_default", self.make_default)

    def get(self, membership_id: int) -> JsonObject | None:
        user_id, organization_id = divmod(membership_id, ORGANIZATION_ID_RANGE)
        user = self.repository.existing_user(user_id)
        return _membership(user, organization_id) if user is not None else None

    def rows(self, request: SandboxRequest) -> Sequence[JsonObject]:
        """Return the memberships of the sandbox's fixture and changed users."""
        users = self.repository.individual_users()
        return [membership for user in users for membership in _memberships_of(user)]

    def url_of(self, request: SandboxRequest, record: JsonObject) -> str:
        """Return a sandbox membership's address, which ends without .json in `url` alone."""
        return f"{request.base_url}{API}organization_memberships/{record['id']}.json"

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        return {**record, "url": self.url_of(request, record).removesuffix(".json")}

    def list_of_user(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """Answer the sandbox's GET /users/{id}/organization_memberships, the default first."""
        require_role(request, "agent")
        user = require_found(self.repository.existing_user(user_id))
        return self.page(request, _memberships_of(user))

    def make_default(
        self, request: SandboxRequest, user_id: int, membership_id: int
    ) -> SandboxResponse:
        """Answer the sandbox's PUT …/make_default with all of the user's memberships."""
        self.find(membership_id)
        user = self.repository.users.copy_for_update(user_id) or {}
        require_may_edit_user(request, user)
        number = membership_id % ORGANIZATION_ID_RANGE
        set_memberships(user, [number, *(it for it in user["_orgs"] if it != number)])
        self.repository.save_user(user)
        return self.page(request, _memberships_of(user))

    def create_record(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Let a sandbox's user join an organization; raises a 422 for a member."""
        user = self.repository.users.copy_for_update(_parse_id(given.get("user_id")))
        if user is None or not user["active"]:
            raise validation_error("user", "User: is not valid")
        require_may_edit_user(request, user)
        number = _parse_id(given.get("organization_id"))
        if self.repository.organizations.get(number) is None:
            raise validation_error("organization", "Organization: is not valid")
        if number in user["_orgs"]:
            raise validation_error("user_id", "User: has already been taken", "DuplicateValue")
        others = user["_orgs"]
        is_default = bool(given.get("default")) or not others
        set_memberships(user, [number, *others] if is_default else [*others, number])
        self.repository.save_user(user)
        return require_found(_membership(user, number))

    def delete_record(self, request: SandboxRequest, membership_id: int) -> None:
        """Let a sandbox's user leave an organization; a job takes it off unsolved tickets."""
        self.find(membership_id)
        user_id, number = divmod(membership_id, ORGANIZATION_ID_RANGE)
        user = self.repository.users.copy_for_update(user_id) or {}
        require_may_edit_user(request, user)
        set_memberships(user, [it for it in user["_orgs"] if it != number])
        self.repository.save_user(user)
        working = [
            {"id": ticket["id"], "organization_id": number}
            for ticket in self.repository.tickets_requested_by(user_id)
            if ticket["organization_id"] == number and ticket["status"] in UNSOLVED_STATUSES
        ]
        if working:
            self.jobs.start(request, _UNASSIGN_JOB, "update", working, is_own=True)

    def _unassign_ticket(
        self, _request: SandboxRequest, action: str, given: JsonObject
    ) -> JsonObject:
        """Do one row of the sandbox's job after a removal: the ticket loses its organization."""
        ticket = self.repository.tickets.copy_for_update(given["id"])
        if ticket is not None and ticket["organization_id"] == given["organization_id"]:
            self.repository.save_ticket(ticket | {"organization_id": None})
        return {"id": given["id"], "action": action, "success": True, "status": "Updated"}


def _parse_id(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _membership(user: JsonObject, organization_id: int) -> JsonObject | None:
    memberships = _memberships_of(user)
    return next((it for it in memberships if it["organization_id"] == organization_id), None)


def _memberships_of(user: JsonObject) -> list[JsonObject]:
    return [
        RECORD_TEMPLATES["organization_membership"]
        | {
            "id": user["id"] * ORGANIZATION_ID_RANGE + number,
            "user_id": user["id"],
            "organization_id": number,
            # True or null, never false.
            "default": True if number == user["organization_id"] else None,
            "created_at": user["created_at"],
            "updated_at": user["updated_at"],
        }
        for number in user["_orgs"]
    ]

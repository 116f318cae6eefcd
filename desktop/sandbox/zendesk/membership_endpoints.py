"""Organization memberships (contract 5); an id holds both the user's and the organization's."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import JobRowResult, ZendeskJobs
from desktop.sandbox.zendesk.error_responses import not_found_error, validation_error, zendesk_error
from desktop.sandbox.zendesk.pagination import page_response
from desktop.sandbox.zendesk.permissions import require_agent, require_may_edit_user
from desktop.sandbox.zendesk.repository import ZendeskRepository

ORGANIZATION_ID_RANGE = 100_000
_UNSOLVED_STATUSES = ("new", "open", "pending", "hold")


class MembershipEndpoints:
    """/organization_memberships."""

    def __init__(self, repository: ZendeskRepository, jobs: ZendeskJobs) -> None:
        self.repository = repository
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        path = "/api/v2/organization_memberships"
        of_user = "/api/v2/users/{user_id:int}/organization_memberships"
        router.add("GET", path, self.list_all)
        router.add("POST", path, self.create)
        router.add("POST", f"{path}/create_many", self.create_many)
        router.add("DELETE", f"{path}/destroy_many", self.delete_many)
        router.add("GET", path + "/{membership_id:int}", self.get_one)
        router.add("DELETE", path + "/{membership_id:int}", self.delete)
        router.add("GET", of_user, self.list_of_user)
        router.add("PUT", of_user + "/{membership_id:int}/make_default", self.make_default)

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List the cast's and the changed users' memberships."""
        require_agent(request)
        numbers = sorted(
            {*self.repository.seed_data.fixture_people, *self.repository.users.overrides}
        )
        users = (self.repository.existing_user(number) for number in numbers)
        rows = [row for user in users if user for row in _serialize_memberships(request, user)]
        return page_response(request, "organization_memberships", rows)

    def list_of_user(self, request: SandboxRequest, user_id: int) -> SandboxResponse:
        """List a user's memberships, the default first."""
        require_agent(request)
        return page_response(
            request,
            "organization_memberships",
            _serialize_memberships(request, self._user(user_id)),
        )

    def get_one(self, request: SandboxRequest, membership_id: int) -> SandboxResponse:
        """Return one membership."""
        require_agent(request)
        return json_response({"organization_membership": self._find(request, membership_id)})

    def create(self, request: SandboxRequest) -> SandboxResponse:
        """Join; who is a member already is refused with 422."""
        body = request.json()
        given = body.get("organization_membership") if isinstance(body, dict) else None
        if not isinstance(given, dict):
            raise zendesk_error(
                400, "InvalidRequest", "Parameter organization_membership is required"
            )
        row = self.create_membership(request, given)
        location = f"{request.base_url}/api/v2/organization_memberships/{row['id']}.json"
        return json_response({"organization_membership": row}, 201, ("location", location))

    def delete(self, request: SandboxRequest, membership_id: int) -> SandboxResponse:
        """Leave; working tickets of the organization lose it."""
        self.delete_membership(request, membership_id)
        return SandboxResponse(204)

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Join up to a hundred in a job."""
        require_agent(request)
        rows = self.jobs.rows_in_body(request, "organization_memberships")
        return self.jobs.job_response(
            request, self.jobs.start(request, "membership", "create", rows)
        )

    def delete_many(self, request: SandboxRequest) -> SandboxResponse:
        """Leave up to a hundred in a job."""
        require_agent(request)
        rows: list[JsonObject] = [{"id": int(number)} for number in self.jobs.ids_in_query(request)]
        return self.jobs.job_response(
            request, self.jobs.start(request, "membership", "delete", rows)
        )

    def make_default(
        self, request: SandboxRequest, user_id: int, membership_id: int
    ) -> SandboxResponse:
        """Make a membership the default one; answers the whole list."""
        self._find(request, membership_id)
        user = self.repository.users.copy_for_update(user_id) or {}
        require_may_edit_user(request, user)
        number = membership_id % ORGANIZATION_ID_RANGE
        user["_orgs"] = [number, *(it for it in user["_orgs"] if it != number)]
        user["organization_id"] = number
        self.repository.save_user(user)
        return page_response(
            request, "organization_memberships", _serialize_memberships(request, user)
        )

    # The same for one request and for one row of a job.

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JobRowResult:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.create_membership(request, given)["id"], "status": "Created"}
        self.delete_membership(request, int(given["id"]))
        return {"id": given["id"], "action": "delete", "success": True, "status": "Deleted"}

    def create_membership(self, request: SandboxRequest, given: JsonObject) -> JsonObject:
        """Add a membership."""
        user = self.repository.users.copy_for_update(_parse_id(given.get("user_id")))
        if user is None or not user["active"]:
            raise validation_error("user", "User: is not valid")
        require_may_edit_user(request, user)
        number = _parse_id(given.get("organization_id"))
        if self.repository.organizations.get(number) is None:
            raise validation_error("organization", "Organization: is not valid")
        if number in user["_orgs"]:
            raise validation_error("user_id", "User: has already been taken", "DuplicateValue")
        first = bool(given.get("default")) or not user["_orgs"]
        user["_orgs"] = [number, *user["_orgs"]] if first else [*user["_orgs"], number]
        user["organization_id"] = user["_orgs"][0]
        self.repository.save_user(user)
        return next(
            row for row in _serialize_memberships(request, user) if row["organization_id"] == number
        )

    def delete_membership(self, request: SandboxRequest, membership_id: int) -> None:
        """Remove a membership."""
        self._find(request, membership_id)
        user_id, number = divmod(membership_id, ORGANIZATION_ID_RANGE)
        user = self.repository.users.copy_for_update(user_id) or {}
        require_may_edit_user(request, user)
        user["_orgs"] = [it for it in user["_orgs"] if it != number]
        user["organization_id"] = user["_orgs"][0] if user["_orgs"] else None
        self.repository.save_user(user)
        for ticket in list(self.repository.tickets_requested_by(user_id)):
            if ticket["organization_id"] == number and ticket["status"] in _UNSOLVED_STATUSES:
                draft = self.repository.tickets.copy_for_update(ticket["id"]) or {}
                draft["organization_id"] = None
                self.repository.save_ticket(draft)

    def _user(self, user_id: int) -> JsonObject:
        user = self.repository.existing_user(user_id)
        if user is None:
            raise not_found_error()
        return user

    def _find(self, request: SandboxRequest, membership_id: int) -> JsonObject:
        user_id, number = divmod(membership_id, ORGANIZATION_ID_RANGE)
        for row in _serialize_memberships(request, self._user(user_id)):
            if row["organization_id"] == number:
                return row
        raise not_found_error()


def _parse_id(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _serialize_memberships(request: SandboxRequest, user: JsonObject) -> list[JsonObject]:
    return [
        {
            "id": user["id"] * ORGANIZATION_ID_RANGE + number,
            "url": f"{request.base_url}/api/v2/organization_memberships/{user['id'] * ORGANIZATION_ID_RANGE + number}",
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

"""Writing many users in jobs (contract 3, Bulk)."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import JobRowResult, ZendeskJobs
from desktop.sandbox.zendesk.error_responses import forbidden_error, not_found_error
from desktop.sandbox.zendesk.permissions import require_admin, require_agent
from desktop.sandbox.zendesk.repository import ZendeskRepository
from desktop.sandbox.zendesk.user_updates import make_deleted_user
from desktop.sandbox.zendesk.user_write_endpoints import UserWriteEndpoints, user_in_body


class UserBulkEndpoints:
    """/users/*_many."""

    def __init__(
        self, repository: ZendeskRepository, users: UserWriteEndpoints, jobs: ZendeskJobs
    ) -> None:
        self.repository = repository
        self.users = users
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/users/create_many", self.create_many)
        router.add("POST", "/api/v2/users/create_or_update_many", self.create_or_update_many)
        router.add("PUT", "/api/v2/users/update_many", self.update_many)
        router.add("DELETE", "/api/v2/users/destroy_many", self.delete_many)

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Create up to a hundred."""
        self._require_bulk_import(request)
        rows = self.jobs.rows_in_body(request, "users")
        return self.jobs.job_response(request, self.jobs.start(request, "user", "create", rows))

    def create_or_update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Create or update up to a hundred."""
        self._require_bulk_import(request)
        rows = self.jobs.rows_in_body(request, "users")
        return self.jobs.job_response(
            request, self.jobs.start(request, "user", "create_or_update", rows)
        )

    def update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Change up to a hundred: the same for all, or each its own."""
        require_agent(request)
        if "ids" in request.query or "external_ids" in request.query:
            same = user_in_body(request)
            name = "ids" if "ids" in request.query else "external_ids"
            key = "id" if name == "ids" else "external_id"
            values = [value for value in request.query[name].split(",") if value]
            rows = [{**same, key: value} for value in values[:100]]
        else:
            rows = self.jobs.rows_in_body(request, "users")
        return self.jobs.job_response(request, self.jobs.start(request, "user", "update", rows))

    def delete_many(self, request: SandboxRequest) -> SandboxResponse:
        """Delete up to a hundred; administrators only."""
        require_admin(request)
        rows: list[JsonObject] = [{"id": int(number)} for number in self.jobs.ids_in_query(request)]
        return self.jobs.job_response(request, self.jobs.start(request, "user", "delete", rows))

    def run_job_row(self, request: SandboxRequest, action: str, given: JsonObject) -> JobRowResult:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.users.create_user(request, given)["id"], "status": "Created"}
        if action == "create_or_update":
            user, created = self.users.create_or_update_user(request, given)
            done = {"id": user["id"], "status": "Created" if created else "Updated"}
            external = {"external_id": user["external_id"]} if user["external_id"] else {}
            return {**done, **external, "email": user["email"]}
        user_id = self._user_id_of_row(given)
        if action == "delete":
            user_draft = self.repository.users.copy_for_update(user_id)
            if user_draft is None or not user_draft["active"]:
                raise not_found_error()
            self.repository.save_user(make_deleted_user(self.repository, user_draft))
            return {"id": user_id, "action": "delete", "success": True, "status": "Deleted"}
        changes = {key: value for key, value in given.items() if key != "id"}
        self.users.update_user(request, user_id, changes)
        return {"id": user_id, "action": "update", "success": True, "status": "Updated"}

    def _user_id_of_row(self, given: JsonObject) -> int:
        if "id" in given:
            return int(given["id"])
        user = self.repository.user_by_external_id(str(given.get("external_id") or ""))
        if user is None:
            raise not_found_error()
        return int(user["id"])

    def _require_bulk_import(self, request: SandboxRequest) -> None:
        require_agent(request)
        if not self.repository.state.account.bulk_import:
            # Off until the account's owner asks Zendesk for it (contract 0.3).
            raise forbidden_error("Bulk user import is not enabled for this account.")

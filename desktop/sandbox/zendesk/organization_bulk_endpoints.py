"""Writing many organizations in jobs (contract 5)."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.background_jobs import JobRowResult, ZendeskJobs
from desktop.sandbox.zendesk.organization_endpoints import OrganizationEndpoints
from desktop.sandbox.zendesk.permissions import require_admin


class OrganizationBulkEndpoints:
    """/organizations/*_many."""

    def __init__(self, organizations: OrganizationEndpoints, jobs: ZendeskJobs) -> None:
        self.organizations = organizations
        self.jobs = jobs

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("POST", "/api/v2/organizations/create_many", self.create_many)
        router.add("PUT", "/api/v2/organizations/update_many", self.update_many)
        router.add("DELETE", "/api/v2/organizations/destroy_many", self.delete_many)

    def create_many(self, request: SandboxRequest) -> SandboxResponse:
        """Create up to a hundred."""
        return self._start_job(request, "create", self.jobs.rows_in_body(request, "organizations"))

    def update_many(self, request: SandboxRequest) -> SandboxResponse:
        """Change up to a hundred."""
        if "ids" in request.query:
            same = request.json().get("organization") or {}
            return self._start_job(
                request,
                "update",
                [{**same, "id": int(number)} for number in self.jobs.ids_in_query(request)],
            )
        return self._start_job(request, "update", self.jobs.rows_in_body(request, "organizations"))

    def delete_many(self, request: SandboxRequest) -> SandboxResponse:
        """Delete up to a hundred."""
        return self._start_job(
            request, "delete", [{"id": int(it)} for it in self.jobs.ids_in_query(request)]
        )

    def _start_job(
        self, request: SandboxRequest, action: str, rows: list[JsonObject]
    ) -> SandboxResponse:
        require_admin(request)
        return self.jobs.job_response(
            request, self.jobs.start(request, "organization", action, rows)
        )

    def run_job_row(self, _request: SandboxRequest, action: str, given: JsonObject) -> JobRowResult:
        """Do one row of a job."""
        if action == "create":
            return {"id": self.organizations.create_organization(given)["id"], "status": "Created"}
        if action == "delete":
            self.organizations.repository.organizations.remove(int(given["id"]))
            return {"id": given["id"], "action": "delete", "success": True, "status": "Deleted"}
        record = self.organizations.update_organization(int(given["id"]), given)
        return {"id": record["id"], "action": "update", "success": True, "status": "Updated"}

"""The sandbox's /job_statuses: the state of background jobs, readable for a day."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.timestamps import DAY
from desktop.sandbox.zendesk.pagination import read_ids
from desktop.sandbox.zendesk.permissions import require_role
from desktop.sandbox.zendesk.rest_resource import ResourceDescription, RestResource


class JobStatusResource(RestResource):
    """The sandbox's job statuses, listed by cursor only, as Zendesk does."""

    description = ResourceDescription(
        name="job_status",
        plural="job_statuses",
        actions="index show show_many",
        id_parameter="job_id",
        only_paging="cursor",
    )

    def serialize(self, request: SandboxRequest, record: JsonObject) -> JsonObject:
        return self.jobs.serialize(request, record)

    def get(self, job_id: str) -> JsonObject | None:
        """Return a job of the sandbox's Zendesk that was started within the last day."""
        job = self.repository.jobs.get(job_id)
        return job if job is not None and self.repository.state.now() - job["_at"] < DAY else None

    def rows(self, request: SandboxRequest) -> list[JsonObject]:
        """Return the jobs of the sandbox's Zendesk of the last day."""
        jobs = [self.get(key) for key, _ in self.repository.jobs.existing_overrides()]
        return [job for job in jobs if job is not None]

    def show_many(self, request: SandboxRequest) -> SandboxResponse:
        """Answer the sandbox's GET /job_statuses/show_many; ids are no numbers, no paging."""
        require_role(request, "agent")
        jobs = [self.get(key) for key in read_ids(request, "ids")]
        return json_response({"job_statuses": [self.serialize(request, it) for it in jobs if it]})

"""Background jobs: at most 30 at a time, a hundred rows each, readable for a day (contract 3)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxActor,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.router import Router
from desktop.sandbox.timestamps import DAY
from desktop.sandbox.zendesk.error_responses import not_found_error, zendesk_error
from desktop.sandbox.zendesk.pagination import MAX_PAGE_SIZE, page_response, read_ids
from desktop.sandbox.zendesk.permissions import require_agent
from desktop.sandbox.zendesk.repository import ZendeskRepository

JobRowResult = JsonObject
JobRowHandler = Callable[[SandboxRequest, str, JsonObject], JobRowResult]

MAX_RUNNING_JOBS = 30
ROWS_PER_STEP = 10
_JOB_TYPE_NAMES = {
    ("user", "create"): "Bulk Create User",
    ("user", "create_or_update"): "Bulk Create Or Update User",
    ("user", "update"): "Bulk Update User",
    ("user", "delete"): "Bulk Delete User",
    ("ticket", "create"): "Bulk Create Ticket",
    ("ticket", "update"): "Bulk Update Ticket",
    ("organization", "create"): "Bulk Create Organization",
    ("organization", "update"): "Bulk Update Organization",
    ("organization", "delete"): "Bulk Delete Organization",
    ("membership", "create"): "Bulk Create OrganizationMembership",
    ("membership", "delete"): "Bulk Delete OrganizationMembership",
}


@dataclass
class ZendeskJobs:
    """Starts, does and shows jobs."""

    repository: ZendeskRepository
    row_handlers: dict[str, JobRowHandler] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/job_statuses", self.list_all)
        router.add("GET", "/api/v2/job_statuses/show_many", self.get_many)
        router.add("GET", "/api/v2/job_statuses/{job_id}", self.get_one)

    def resume(self) -> None:
        """Take up the jobs an earlier process left unfinished."""
        for _, job in list(self.repository.jobs.existing_overrides()):
            if job["status"] in ("queued", "working"):
                self._queue(job)

    # Reading a request

    def rows_in_body(self, request: SandboxRequest, name: str) -> list[JsonObject]:
        """Return the rows of the body; more than a hundred are refused."""
        body = request.json()
        rows = body.get(name) if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise zendesk_error(400, "InvalidRequest", f"Parameter {name} is required")
        if len(rows) > MAX_PAGE_SIZE:
            raise zendesk_error(
                400, "TooManyValues", f"{name}: at most {MAX_PAGE_SIZE} are allowed"
            )
        return [row for row in rows if isinstance(row, dict)]

    def ids_in_query(self, request: SandboxRequest) -> list[str]:
        """Return the ids of the query."""
        return [number for number in read_ids(request, "ids") if number.isdigit()]

    # Starting and doing

    def start(
        self, request: SandboxRequest, kind: str, action: str, rows: list[JsonObject]
    ) -> JsonObject:
        """Queue a job."""
        running = sorted(self.running)
        if len(running) >= MAX_RUNNING_JOBS:
            # Which status this has is not stated (contract 3).
            answer = json_response(
                {
                    "error": "TooManyJobs",
                    "description": f"The limit of {MAX_RUNNING_JOBS} jobs has been reached",
                    "current_job_ids": running,
                },
                429,
            )
            raise SandboxHttpError(
                answer.with_headers(self._inflight_jobs_header(len(running)), ("retry-after", "60"))
            )
        number = self.repository.next_id("job", 1)
        name = blake2b(
            f"{self.repository.state.generated_people.seed} {number}".encode(), digest_size=16
        )
        job: JsonObject = {
            "id": f"V3-{name.hexdigest()}",
            "job_type": _JOB_TYPE_NAMES[kind, action],
            "status": "queued",
            "total": len(rows),
            "progress": 0,
            "message": None,
            "results": None,
            "_kind": kind,
            "_action": action,
            "_rows": rows,
            "_actor": [request.actor.user_id, request.actor.role],
            "_doom": self.repository.job_fault,
            "_at": request.received_at,
        }
        self.repository.jobs.put(job["id"], job)
        self._queue(job)
        return job

    def _queue(self, job: JsonObject) -> None:
        self.running.add(job["id"])
        self.repository.state.job_queue.add(
            job["_at"] + self.repository.state.account.job_ms / 1000, self._run_steps(job["id"])
        )

    def _run_steps(self, job_id: str) -> Iterator[None]:
        job = self.repository.jobs.copy_for_update(job_id) or {}
        if job["_doom"] == "stuck-job":
            self.repository.jobs.put(job_id, {**job, "status": "working"})
            return
        if job["_doom"] == "failed-job":
            message = "Something went wrong"
            failed = {"index": 0, "error": "InternalError", "details": message, "success": False}
            job |= {"status": "failed", "message": message, "results": [failed], "_rows": []}
            self.repository.jobs.put(job_id, job)
            self.running.discard(job_id)
            return
        actor = SandboxActor(*job["_actor"])
        call = SandboxRequest("zendesk", "JOB", "", "", {}, {}, b"", job["_at"], actor)
        while job["progress"] < job["total"]:
            done = job["progress"]
            results = [
                self._run_row(call, job, index, given)
                for index, given in enumerate(job["_rows"][done : done + ROWS_PER_STEP], done)
            ]
            job = {
                **job,
                "status": "working",
                "progress": min(done + ROWS_PER_STEP, job["total"]),
                "results": [*(job["results"] or ()), *results],
            }
            # The rows and the progress are committed together: kill -9 doubles nothing.
            self.repository.jobs.put(job_id, job)
            yield
        message = f"Completed at {job['job_type']}"
        job = {**job, "status": "completed", "message": message, "_rows": []}
        self.repository.jobs.put(job_id, job)
        self.running.discard(job_id)

    def _run_row(
        self, request: SandboxRequest, job: JsonObject, index: int, given: JsonObject
    ) -> JobRowResult:
        try:
            row = self.row_handlers[job["_kind"]](request, job["_action"], given)
        except SandboxHttpError as refused:
            return failed_row_result(index, given, refused)
        except (AttributeError, KeyError, TypeError, ValueError):
            return {"index": index, "error": "InvalidRow", "details": "The row is not valid"}
        return {"index": index, **row} if job["_action"].startswith("create") else row

    # Showing

    def serialize(self, request: SandboxRequest, job: JsonObject) -> JsonObject:
        """Return a job as the API does."""
        shown = {key: value for key, value in job.items() if not key.startswith("_")}
        if job["status"] == "queued":
            shown |= {"total": None, "progress": None}
        elif job["status"] == "working":
            shown["results"] = None
        return {**shown, "url": f"{request.base_url}/api/v2/job_statuses/{job['id']}.json"}

    def job_response(self, request: SandboxRequest, job: JsonObject) -> SandboxResponse:
        """Answer with a job just started."""
        answer = json_response({"job_status": self.serialize(request, job)})
        return answer.with_headers(self._inflight_jobs_header(len(self.running)))

    def _inflight_jobs_header(self, running: int) -> tuple[str, str]:
        remaining = max(MAX_RUNNING_JOBS - running, 0)
        text = f"total={MAX_RUNNING_JOBS}; remaining={remaining}; resets=60"
        return "zendesk-ratelimit-inflight-jobs", text

    def _readable_for_a_day(
        self, request: SandboxRequest, job: JsonObject | None
    ) -> JsonObject | None:
        return job if job is not None and request.received_at - job["_at"] < DAY else None

    def get_one(self, request: SandboxRequest, job_id: str) -> SandboxResponse:
        """Return one job."""
        require_agent(request)
        job = self._readable_for_a_day(request, self.repository.jobs.get(job_id))
        if job is None:
            raise not_found_error()
        return json_response({"job_status": self.serialize(request, job)})

    def get_many(self, request: SandboxRequest) -> SandboxResponse:
        """Return several jobs."""
        require_agent(request)
        found = (
            self._readable_for_a_day(request, self.repository.jobs.get(it))
            for it in read_ids(request, "ids")
        )
        return json_response(
            {"job_statuses": [self.serialize(request, job) for job in found if job]}
        )

    def list_all(self, request: SandboxRequest) -> SandboxResponse:
        """List the jobs, by cursor only."""
        require_agent(request)
        rows = [
            job
            for _, job in self.repository.jobs.existing_overrides()
            if self._readable_for_a_day(request, job)
        ]
        if "page[size]" not in request.query:
            request = replace(request, query={**request.query, "page[size]": str(MAX_PAGE_SIZE)})
        return page_response(
            request, "job_statuses", rows, lambda job: self.serialize(request, job)
        )


def failed_row_result(index: int, given: JsonObject, refused: SandboxHttpError) -> JobRowResult:
    """Describe a row that was refused, in the same list as the others (contract 3, Jobs)."""
    body = json.loads(refused.response.body)
    error = body.get("error")
    words = [
        item["description"] for items in (body.get("details") or {}).values() for item in items
    ]
    named = {"id": given["id"]} if "id" in given else {}
    return {
        "index": index,
        **named,
        "error": error if isinstance(error, str) else "PermissionDenied",
        "details": ", ".join(words) or str(body.get("description") or "Forbidden"),
        "success": False,
        "status": "Failed",
    }

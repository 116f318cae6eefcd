"""Background jobs of the Zendesk sandbox: at most 30 at a time, of a hundred rows each.

Facts: docs/zendesk.md 3.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxActor,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.zendesk.record_factories import without_private_keys
from desktop.sandbox.zendesk.repository import ZendeskRepository

# (request on behalf of the job's starter, action, row) → its entry in `results`
JobRowHandler = Callable[[SandboxRequest, str, JsonObject], JsonObject]

MAX_RUNNING_JOBS = 30
# Rows done before requests get their turn again.
ROWS_PER_STEP = 10


@dataclass
class ZendeskJobs:
    """Starts the sandbox's Zendesk jobs and works them off, by each record's row handler."""

    repository: ZendeskRepository
    row_handlers: dict[str, JobRowHandler] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def resume(self) -> None:
        """Queue again the sandbox's Zendesk jobs that an earlier process left unfinished."""
        for _, job in list(self.repository.jobs.existing_overrides()):
            if job["status"] in ("queued", "working"):
                self._queue(job)

    def start(
        self,
        request: SandboxRequest,
        kind: str,
        action: str,
        rows: list[JsonObject],
        *,
        is_own: bool = False,
    ) -> JsonObject:
        """Queue a job of the sandbox's Zendesk; raises a 429 when too many are running.

        `is_own`: Zendesk starts it by itself, so that it is refused to nobody.
        """
        running = sorted(self.running)
        if len(running) >= MAX_RUNNING_JOBS and not is_own:
            # Zendesk's page does not say which status this refusal has; 429 is an assumption.
            answer = json_response(
                {
                    "error": "TooManyJobs",
                    "description": f"The limit of {MAX_RUNNING_JOBS} jobs has been reached",
                    "current_job_ids": running,
                },
                429,
                self._inflight_jobs_header(),
                ("retry-after", "60"),
            )
            raise SandboxHttpError(answer)
        state, number = self.repository.state, self.repository.next_id("job", 1)
        name = blake2b(f"{state.generated_people.seed} {number}".encode(), digest_size=16)
        title = kind.title().replace("_", "")
        job: JsonObject = {
            "id": f"V3-{name.hexdigest()}",
            "job_type": f"Bulk {action.replace('_', ' ').title()} {title}",
            "status": "queued",
            "total": len(rows),
            "progress": 0,
            "message": None,
            "results": None,
            "_kind": kind,
            "_action": action,
            "_rows": rows,
            "_actor": [request.actor.user_id, request.actor.role],
            "_job_fault": self.repository.job_fault,
            "_at": request.received_at,
        }
        self.repository.jobs.put(job["id"], job)
        self._queue(job)
        return job

    def _queue(self, job: JsonObject) -> None:
        self.running.add(job["id"])
        state = self.repository.state
        state.job_queue.add(job["_at"] + state.account.job_ms / 1000, self._run_steps(job["id"]))

    def _run_steps(self, job_id: str) -> Iterator[None]:
        job = self.repository.jobs.copy_for_update(job_id) or {}
        fault, _, argument = str(job.get("_job_fault") or "").partition("=")
        if fault == "stuck-job":
            self.repository.jobs.put(job_id, {**job, "status": "working"})
            return
        if fault == "failed-job":
            message = "Something went wrong"
            failed = {"index": 0, "error": "InternalError", "details": message, "success": False}
            self._finish(job, status="failed", message=message, results=[failed])
            return
        if fault == "killed-job":
            self._finish(job, status="killed", message="Killed", results=[])
            return
        if fault == "late-job":
            # Its rows are done once it has said that it is over.
            late = {**job, "status": "completed", "results": [], "_job_fault": ""}
            self.repository.jobs.put(job_id, late)
            state = self.repository.state
            state.job_queue.add(state.now() + float(argument), self._run_steps(job_id))
            return
        actor = SandboxActor(*job["_actor"])
        request = SandboxRequest("zendesk", "JOB", "", "", {}, {}, b"", job["_at"], actor)
        while job["progress"] < job["total"]:
            done = job["progress"]
            rows = enumerate(job["_rows"][done : done + ROWS_PER_STEP], done)
            results = [self._run_row(request, job, index, row) for index, row in rows]
            job = {
                **job,
                "status": "working",
                "progress": min(done + ROWS_PER_STEP, job["total"]),
                "results": [*(job["results"] or ()), *results],
            }
            # Rows and progress are committed together: a restart after kill -9 doubles nothing.
            self.repository.jobs.put(job_id, job)
            yield
        status = "archived" if fault == "odd-job" else "completed"
        self._finish(job, status=status, message=f"Completed at {job['job_type']}")

    def _finish(self, job: JsonObject, **changes: object) -> None:
        self.repository.jobs.put(job["id"], {**job, **changes, "_rows": []})
        self.running.discard(job["id"])

    def _run_row(
        self, request: SandboxRequest, job: JsonObject, index: int, given: JsonObject
    ) -> JsonObject:
        try:
            row = self.row_handlers[job["_kind"]](request, job["_action"], given)
        except SandboxHttpError as refused:
            return failed_row_result(index, given, refused)
        except (AttributeError, KeyError, TypeError, ValueError):
            return {"index": index, "error": "InvalidRow", "details": "The row is not valid"}
        return {"index": index, **row} if job["_action"].startswith("create") else row

    def serialize(self, request: SandboxRequest, job: JsonObject) -> JsonObject:
        """Return a job as the sandbox's Zendesk shows it: results only when they are final."""
        shown = without_private_keys(job)
        if job["status"] == "queued":
            shown |= {"total": None, "progress": None}
        elif job["status"] == "working":
            shown["results"] = None
        return {**shown, "url": f"{request.base_url}/api/v2/job_statuses/{job['id']}.json"}

    def job_response(self, request: SandboxRequest, job: JsonObject) -> SandboxResponse:
        """Make the sandbox's Zendesk answer with a job just started."""
        body = {"job_status": self.serialize(request, job)}
        return json_response(body, 200, self._inflight_jobs_header())

    def _inflight_jobs_header(self) -> tuple[str, str]:
        remaining = max(MAX_RUNNING_JOBS - len(self.running), 0)
        text = f"total={MAX_RUNNING_JOBS}; remaining={remaining}; resets=60"
        return "zendesk-ratelimit-inflight-jobs", text


def failed_row_result(index: int, given: JsonObject, refused: SandboxHttpError) -> JsonObject:
    """Make a refused row's entry in a sandbox job's `results`, from the refusal's body."""
    body = json.loads(refused.response.body)
    error = body.get("error")
    reasons = [
        item["description"] for items in (body.get("details") or {}).values() for item in items
    ]
    return {
        "index": index,
        **({"id": given["id"]} if "id" in given else {}),
        "error": error if isinstance(error, str) else "PermissionDenied",
        "details": ", ".join(reasons) or str(body.get("description") or "Forbidden"),
        "success": False,
        "status": "Failed",
    }

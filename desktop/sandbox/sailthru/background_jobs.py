"""The endpoint `job`: asynchronous work without row results (contract 2.4).

What a job does lives in `job_kinds.py` and `exports.py`; here it is queued, resumed and shown.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxRequest,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.sailthru.error_responses import sailthru_error
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.timestamps import HOUR

JobSteps = Callable[[str], Iterator[None]]

# An export's address dies after about two hours (contract 2.4, OLD).
EXPORT_URL_LIFETIME_S = 2 * HOUR


class SailthruJobs:
    """Queues and shows jobs."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository
        self.job_kinds: dict[str, tuple[Callable[[Mapping[str, Any]], str], JobSteps]] = {}

    def resume(self) -> None:
        """Take up the jobs an earlier process left unfinished."""
        for job_id, job in list(self.repository.jobs.existing_overrides()):
            if job["status"] == "pending":
                self._queue(job_id, job)
            elif job.get("_file"):
                # Exported files do not survive their process.
                self.repository.jobs.put(job_id, {**job, "_made": 0.0})

    def post(
        self, data: Mapping[str, Any], files: Mapping[str, bytes], _request: SandboxRequest
    ) -> SandboxResponse:
        """Queue a job."""
        kind = str(data.get("job") or "")
        if not kind:
            raise sailthru_error(400, 2, "Missing required parameter: job")
        if kind == "blast_query":
            # Not every account may (contract 2.0, TAP).
            raise sailthru_error(403, 99, "blast_query is not allowed for this account")
        if kind not in self.job_kinds:
            raise sailthru_error(400, 99, f"Unknown job: {kind}")
        name = self.job_kinds[kind][0](data)
        number = len(self.repository.jobs.overrides)
        digest = blake2b(
            f"{self.repository.state.now()} {number}".encode(), digest_size=8
        ).hexdigest()
        job_id = f"{int(self.repository.state.now()):08x}{digest}"
        payload = files.get("file")
        self.repository.records.put(
            f"payload {job_id}",
            {
                "data": {key: value for key, value in data.items() if key != "file"},
                "file": payload.decode("utf-8", "replace") if payload is not None else None,
            },
        )
        job: JsonObject = {
            "job_id": job_id,
            "name": name,
            "status": "pending",
            "_kind": kind,
            "_done": 0,
            "_at": self.repository.state.now(),
            "_doom": self.repository.job_fault,
        }
        self.repository.jobs.put(job_id, job)
        self._queue(job_id, job)
        return json_response({"job_id": job_id, "name": name, "status": "pending"})

    def _queue(self, job_id: str, job: JsonObject) -> None:
        due = job["_at"] + self.repository.state.account.job_ms / 1000
        self.repository.state.job_queue.add(due, self._run_steps(job_id))

    def _run_steps(self, job_id: str) -> Iterator[None]:
        job = self.repository.jobs.get(job_id) or {}
        if job["_doom"] == "stuck-job":
            return
        self.update_job(job_id, start_time=self.repository.state.now())
        try:
            if job["_doom"] == "failed-job":
                raise sailthru_error(500, 9, "Internal error")
            yield from self.job_kinds[job["_kind"]][1](job_id)
        except (SandboxHttpError, ValueError, KeyError, TypeError, AttributeError):
            self.update_job(job_id, status="error", end_time=self.repository.state.now())
        else:
            self.update_job(job_id, status="completed", end_time=self.repository.state.now())
        self.repository.records.remove(f"payload {job_id}")

    def update_job(self, job_id: str, **changes: Any) -> None:
        """Change what is known of a job."""
        job = self.repository.jobs.get(job_id) or {}
        self.repository.jobs.put(job_id, {**job, **changes})

    def job_payload(self, job_id: str) -> tuple[JsonObject, str | None]:
        """Return the parameters of a job and its file."""
        kept = self.repository.records.get(f"payload {job_id}") or {"data": {}, "file": None}
        return kept["data"], kept["file"]

    def get(
        self, data: Mapping[str, Any], _files: object, request: SandboxRequest
    ) -> SandboxResponse:
        """Return a job; times and address appear when they are known."""
        job_id = str(data.get("job_id") or "")
        job = self.repository.jobs.get(job_id)
        if job is None:
            raise sailthru_error(404, 99, f"Unknown job: {job_id}")
        shown: JsonObject = {"job_id": job_id, "name": job["name"], "status": job["status"]}
        for key in ("start_time", "end_time"):
            if key in job:
                shown[key] = self.repository.state.calendar.format_rfc2822(job[key])
        for key in ("list", "filename"):
            if key in job:
                shown[key] = job[key]
        if job.get("_file") and job["status"] == "completed":
            if request.received_at - job["_made"] > EXPORT_URL_LIFETIME_S:
                shown["expired"] = True
            else:
                shown["export_url"] = f"{request.base_url}{job['_path']}"
        return json_response(shown)

"""The endpoint `job` of the Sailthru sandbox: jobs are queued, resumed after a restart, and shown.

Facts: docs/sailthru.md 2.4. Jobs answer no results by row: a bad row is skipped without a word.
"""

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxResponse,
    json_response,
)
from desktop.sandbox.sailthru.error_responses import sailthru_error
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.sailthru.request_parameters import SailthruCall
from desktop.sandbox.timestamps import HOUR

# Job id → the steps of the job; between two of them requests get their turn.
JobSteps = Callable[[str], Iterator[None]]
# The function that names a new job, and refuses bad parameters, and its steps.
JobKind = tuple[Callable[[SailthruCall], str], JobSteps]

# An export's address dies after about two hours.
EXPORT_URL_LIFETIME_S = 2 * HOUR


class SailthruJobs:
    """The job endpoint of the sandbox's Sailthru; its kinds are registered in `job_kinds`."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository
        self.job_kinds: dict[str, JobKind] = {}

    def resume(self) -> None:
        """Queue again the sandbox's Sailthru jobs that an earlier process left unfinished."""
        for job_id, job in list(self.repository.jobs.existing_overrides()):
            if job["status"] == "pending":
                self._queue(job_id, job)
            elif job.get("_file"):
                # Exported files do not survive their process: their addresses are expired.
                self.update_job(job_id, _made=0.0)

    def post(self, call: SailthruCall) -> SandboxResponse:
        """Answer POST /job of the sandbox's Sailthru: queue a job and tell its id."""
        kind = call.require("job")
        if kind not in self.job_kinds:
            raise sailthru_error(400, 99, f"Unknown job: {kind}")
        name = self.job_kinds[kind][0](call)
        now, number = self.repository.state.now(), len(self.repository.jobs.overrides)
        digest = blake2b(f"{now} {number}".encode(), digest_size=8).hexdigest()
        job_id = f"{int(now):08x}{digest}"
        payload = call.files.get("file")
        self.repository.records.put(
            f"payload {job_id}",
            {
                "data": {key: value for key, value in call.data.items() if key != "file"},
                "file": payload.decode("utf-8", "replace") if payload is not None else None,
            },
        )
        job: JsonObject = {
            "job_id": job_id,
            "name": name,
            "status": "pending",
            "_kind": kind,
            "_done": 0,
            "_at": now,
            "_job_fault": self.repository.job_fault,
        }
        self.repository.jobs.put(job_id, job)
        self._queue(job_id, job)
        return json_response({"job_id": job_id, "name": name, "status": "pending"})

    def _queue(self, job_id: str, job: JsonObject) -> None:
        state = self.repository.state
        state.job_queue.add(job["_at"] + state.account.job_ms / 1000, self._run_steps(job_id))

    def _run_steps(self, job_id: str) -> Iterator[None]:
        job = self.repository.jobs.get(job_id) or {}
        fault, _, argument = str(job.get("_job_fault") or "").partition("=")
        if fault == "stuck-job":
            return
        state = self.repository.state
        self.update_job(job_id, start_time=state.now())
        status = {"odd-job": "archived"}.get(fault, "completed")
        if fault in ("late-job", "killed-job"):
            ended = "killed" if fault == "killed-job" else "completed"
            self.update_job(job_id, status=ended, end_time=state.now(), _job_fault="")
            if fault == "late-job":
                state.job_queue.add(state.now() + float(argument), self._run_steps(job_id))
            return
        try:
            if fault == "failed-job":
                raise sailthru_error(500, 9, "Internal error")
            yield from self.job_kinds[job["_kind"]][1](job_id)
        except (SandboxHttpError, ValueError, KeyError, TypeError, AttributeError):
            status = "error"
        self.update_job(job_id, status=status, end_time=self.repository.state.now())
        self.repository.records.remove(f"payload {job_id}")

    def update_job(self, job_id: str, **changes: Any) -> None:
        """Store changed fields of a job of the sandbox's Sailthru."""
        job = self.repository.jobs.get(job_id) or {}
        self.repository.jobs.put(job_id, {**job, **changes})

    def job_payload(self, job_id: str) -> tuple[JsonObject, str | None]:
        """Return a sandbox job's parameters at Sailthru and the text of its file."""
        kept = self.repository.records.get(f"payload {job_id}") or {"data": {}, "file": None}
        return kept["data"], kept["file"]

    def get(self, call: SailthruCall) -> SandboxResponse:
        """Answer GET /job of the sandbox's Sailthru; times and address appear once known."""
        job_id = call.text("job_id")
        job = self.repository.jobs.get(job_id)
        if job is None:
            raise sailthru_error(404, 99, f"Unknown job: {job_id}")
        shown: JsonObject = {"job_id": job_id, "name": job["name"], "status": job["status"]}
        for key in ("start_time", "end_time"):
            if key in job:
                shown[key] = self.repository.state.calendar.format_rfc2822(job[key])
        shown |= {key: job[key] for key in ("list", "filename") if key in job}
        if job.get("_file") and job["status"] == "completed":
            if call.request.received_at - job["_made"] > EXPORT_URL_LIFETIME_S:
                shown["expired"] = True
            else:
                shown["export_url"] = f"{call.request.base_url}{job['_path']}"
        return json_response(shown)

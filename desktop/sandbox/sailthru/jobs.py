"""The endpoint `job`: asynchronous work without row results (contract 2.4).

What a job does lives in `job_kinds.py` and `exports.py`; here it is queued, resumed and shown.
"""

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from desktop.sandbox.calendar import HOUR
from desktop.sandbox.call import Answer, Call, Record, Refused, said
from desktop.sandbox.sailthru.book import Book
from desktop.sandbox.sailthru.refusal import refuse

Steps = Callable[[str], Iterator[None]]

# An export's address dies after about two hours (contract 2.4, OLD).
EXPORT_S = 2 * HOUR


class Jobs:
    """Queues and shows jobs."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.kinds: dict[str, tuple[Callable[[Mapping[str, Any]], str], Steps]] = {}

    def resume(self) -> None:
        """Take up the jobs an earlier process left unfinished."""
        for job_id, job in list(self.book.jobs.live_changes()):
            if job["status"] == "pending":
                self._queue(job_id, job)
            elif job.get("_file"):
                # Exported files do not survive their process.
                self.book.jobs.put(job_id, {**job, "_made": 0.0})

    def post(self, data: Mapping[str, Any], files: Mapping[str, bytes], _call: Call) -> Answer:
        """Queue a job."""
        kind = str(data.get("job") or "")
        if not kind:
            raise refuse(400, 2, "Missing required parameter: job")
        if kind == "blast_query":
            # Not every account may (contract 2.0, TAP).
            raise refuse(403, 99, "blast_query is not allowed for this account")
        if kind not in self.kinds:
            raise refuse(400, 99, f"Unknown job: {kind}")
        name = self.kinds[kind][0](data)
        number = len(self.book.jobs.changed)
        digest = blake2b(f"{self.book.world.now()} {number}".encode(), digest_size=8).hexdigest()
        job_id = f"{int(self.book.world.now()):08x}{digest}"
        payload = files.get("file")
        self.book.records.put(
            f"payload {job_id}",
            {
                "data": {key: value for key, value in data.items() if key != "file"},
                "file": payload.decode("utf-8", "replace") if payload is not None else None,
            },
        )
        job: Record = {
            "job_id": job_id,
            "name": name,
            "status": "pending",
            "_kind": kind,
            "_done": 0,
            "_at": self.book.world.now(),
            "_doom": self.book.doom,
        }
        self.book.jobs.put(job_id, job)
        self._queue(job_id, job)
        return said({"job_id": job_id, "name": name, "status": "pending"})

    def _queue(self, job_id: str, job: Record) -> None:
        due = job["_at"] + self.book.world.account.job_ms / 1000
        self.book.world.work.add(due, self._steps(job_id))

    def _steps(self, job_id: str) -> Iterator[None]:
        job = self.book.jobs.get(job_id) or {}
        if job["_doom"] == "stuck-job":
            return
        self.update(job_id, start_time=self.book.world.now())
        try:
            if job["_doom"] == "failed-job":
                raise refuse(500, 9, "Internal error")
            yield from self.kinds[job["_kind"]][1](job_id)
        except (Refused, ValueError, KeyError, TypeError, AttributeError):
            self.update(job_id, status="error", end_time=self.book.world.now())
        else:
            self.update(job_id, status="completed", end_time=self.book.world.now())
        self.book.records.remove(f"payload {job_id}")

    def update(self, job_id: str, **changes: Any) -> None:
        """Change what is known of a job."""
        job = self.book.jobs.get(job_id) or {}
        self.book.jobs.put(job_id, {**job, **changes})

    def payload(self, job_id: str) -> tuple[Record, str | None]:
        """Return the parameters of a job and its file."""
        kept = self.book.records.get(f"payload {job_id}") or {"data": {}, "file": None}
        return kept["data"], kept["file"]

    def get(self, data: Mapping[str, Any], _files: object, call: Call) -> Answer:
        """Return a job; times and address appear when they are known."""
        job_id = str(data.get("job_id") or "")
        job = self.book.jobs.get(job_id)
        if job is None:
            raise refuse(404, 99, f"Unknown job: {job_id}")
        shown: Record = {"job_id": job_id, "name": job["name"], "status": job["status"]}
        for key in ("start_time", "end_time"):
            if key in job:
                shown[key] = self.book.world.calendar.rfc2822(job[key])
        for key in ("list", "filename"):
            if key in job:
                shown[key] = job[key]
        if job.get("_file") and job["status"] == "completed":
            if call.at - job["_made"] > EXPORT_S:
                shown["expired"] = True
            else:
                shown["export_url"] = f"{call.base_url}{job['_path']}"
        return said(shown)

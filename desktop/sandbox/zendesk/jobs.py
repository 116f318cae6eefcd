"""Background jobs: at most 30 at a time, a hundred rows each, readable for a day (contract 3)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from desktop.sandbox.calendar import DAY
from desktop.sandbox.call import Actor, Answer, Call, Record, Refused, said
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.book import Book
from desktop.sandbox.zendesk.paging import PAGE, page_answer, read_ids
from desktop.sandbox.zendesk.refusal import not_found, refuse
from desktop.sandbox.zendesk.rights import require_agent

Row = Record
DoRow = Callable[[Call, str, Record], Row]

MOST_RUNNING = 30
SLICE = 10
_NAMES = {
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
class Jobs:
    """Starts, does and shows jobs."""

    book: Book
    doers: dict[str, DoRow] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)

    def add_routes(self, router: Router) -> None:
        """Serve the paths."""
        router.add("GET", "/api/v2/job_statuses", self.every)
        router.add("GET", "/api/v2/job_statuses/show_many", self.many)
        router.add("GET", "/api/v2/job_statuses/{job_id}", self.one)

    def resume(self) -> None:
        """Take up the jobs an earlier process left unfinished."""
        for _, job in list(self.book.jobs.live_changes()):
            if job["status"] in ("queued", "working"):
                self._queue(job)

    # Reading a request

    def rows(self, call: Call, name: str) -> list[Record]:
        """Return the rows of the body; more than a hundred are refused."""
        body = call.json()
        rows = body.get(name) if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise refuse(400, "InvalidRequest", f"Parameter {name} is required")
        if len(rows) > PAGE:
            raise refuse(400, "TooManyValues", f"{name}: at most {PAGE} are allowed")
        return [row for row in rows if isinstance(row, dict)]

    def ids(self, call: Call) -> list[str]:
        """Return the ids of the query."""
        return [number for number in read_ids(call, "ids") if number.isdigit()]

    # Starting and doing

    def start(self, call: Call, kind: str, action: str, rows: list[Record]) -> Record:
        """Queue a job."""
        running = sorted(self.running)
        if len(running) >= MOST_RUNNING:
            # Which status this has is not stated (contract 3).
            answer = said(
                {
                    "error": "TooManyJobs",
                    "description": f"The limit of {MOST_RUNNING} jobs has been reached",
                    "current_job_ids": running,
                },
                429,
            )
            raise Refused(answer.having(self._header(len(running)), ("retry-after", "60")))
        number = self.book.next_number("job", 1)
        name = blake2b(f"{self.book.world.crowd.seed} {number}".encode(), digest_size=16)
        job: Record = {
            "id": f"V3-{name.hexdigest()}",
            "job_type": _NAMES[kind, action],
            "status": "queued",
            "total": len(rows),
            "progress": 0,
            "message": None,
            "results": None,
            "_kind": kind,
            "_action": action,
            "_rows": rows,
            "_actor": [call.actor.user_id, call.actor.role],
            "_doom": self.book.doom,
            "_at": call.at,
        }
        self.book.jobs.put(job["id"], job)
        self._queue(job)
        return job

    def _queue(self, job: Record) -> None:
        self.running.add(job["id"])
        self.book.world.work.add(
            job["_at"] + self.book.world.account.job_ms / 1000, self._steps(job["id"])
        )

    def _steps(self, job_id: str) -> Iterator[None]:
        job = self.book.jobs.draft(job_id) or {}
        if job["_doom"] == "stuck-job":
            self.book.jobs.put(job_id, {**job, "status": "working"})
            return
        if job["_doom"] == "failed-job":
            message = "Something went wrong"
            failed = {"index": 0, "error": "InternalError", "details": message, "success": False}
            job |= {"status": "failed", "message": message, "results": [failed], "_rows": []}
            self.book.jobs.put(job_id, job)
            self.running.discard(job_id)
            return
        actor = Actor(*job["_actor"])
        call = Call("zendesk", "JOB", "", "", {}, {}, b"", job["_at"], actor)
        while job["progress"] < job["total"]:
            done = job["progress"]
            results = [
                self._row(call, job, index, given)
                for index, given in enumerate(job["_rows"][done : done + SLICE], done)
            ]
            job = {
                **job,
                "status": "working",
                "progress": min(done + SLICE, job["total"]),
                "results": [*(job["results"] or ()), *results],
            }
            # The rows and the progress are committed together: kill -9 doubles nothing.
            self.book.jobs.put(job_id, job)
            yield
        message = f"Completed at {job['job_type']}"
        job = {**job, "status": "completed", "message": message, "_rows": []}
        self.book.jobs.put(job_id, job)
        self.running.discard(job_id)

    def _row(self, call: Call, job: Record, index: int, given: Record) -> Row:
        try:
            row = self.doers[job["_kind"]](call, job["_action"], given)
        except Refused as refused:
            return failed_row(index, given, refused)
        except (AttributeError, KeyError, TypeError, ValueError):
            return {"index": index, "error": "InvalidRow", "details": "The row is not valid"}
        return {"index": index, **row} if job["_action"].startswith("create") else row

    # Showing

    def show(self, call: Call, job: Record) -> Record:
        """Return a job as the API does."""
        shown = {key: value for key, value in job.items() if not key.startswith("_")}
        if job["status"] == "queued":
            shown |= {"total": None, "progress": None}
        elif job["status"] == "working":
            shown["results"] = None
        return {**shown, "url": f"{call.base_url}/api/v2/job_statuses/{job['id']}.json"}

    def answer(self, call: Call, job: Record) -> Answer:
        """Answer with a job just started."""
        answer = said({"job_status": self.show(call, job)})
        return answer.having(self._header(len(self.running)))

    def _header(self, running: int) -> tuple[str, str]:
        remaining = max(MOST_RUNNING - running, 0)
        text = f"total={MOST_RUNNING}; remaining={remaining}; resets=60"
        return "zendesk-ratelimit-inflight-jobs", text

    def _readable(self, call: Call, job: Record | None) -> Record | None:
        return job if job is not None and call.at - job["_at"] < DAY else None

    def one(self, call: Call, job_id: str) -> Answer:
        """Return one job."""
        require_agent(call)
        job = self._readable(call, self.book.jobs.get(job_id))
        if job is None:
            raise not_found()
        return said({"job_status": self.show(call, job)})

    def many(self, call: Call) -> Answer:
        """Return several jobs."""
        require_agent(call)
        found = (self._readable(call, self.book.jobs.get(it)) for it in read_ids(call, "ids"))
        return said({"job_statuses": [self.show(call, job) for job in found if job]})

    def every(self, call: Call) -> Answer:
        """List the jobs, by cursor only."""
        require_agent(call)
        rows = [job for _, job in self.book.jobs.live_changes() if self._readable(call, job)]
        if "page[size]" not in call.query:
            call = replace(call, query={**call.query, "page[size]": str(PAGE)})
        return page_answer(call, "job_statuses", rows, lambda job: self.show(call, job))


def failed_row(index: int, given: Record, refused: Refused) -> Row:
    """Describe a row that was refused, in the same list as the others (contract 3, Jobs)."""
    body = json.loads(refused.answer.body)
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

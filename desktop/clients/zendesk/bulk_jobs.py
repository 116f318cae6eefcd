"""Zendesk's bulk jobs: updates or upserts up to a hundred users per call.

A job that completed says nothing yet about its rows (docs/zendesk.md 3; 15.10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from desktop.clients.error_text import sanitize_error_text
from desktop.clients.field_parser import FieldParser
from desktop.clients.service_errors import unexpected_response_error
from desktop.clients.zendesk import wire_to_model
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.error_mapping import bulk_import_off_error, parse_field_errors
from desktop.clients.zendesk.protocol import build_request
from desktop.kit.errors import Forbidden, InternalError
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser

# developer.zendesk.com, Users, “Update Many Users”: up to 100.
MAX_ROWS_PER_CALL = 100

_UPDATE_MANY = "/api/v2/users/update_many"
_CREATE_MANY = "/api/v2/users/create_many"
_USERS = "/api/v2/users"
_UPSERT_MANY = "/api/v2/users/create_or_update_many"
_JOB = "/api/v2/job_statuses/{id}"
_JOBS = "/api/v2/job_statuses/show_many"
_NOTHING_SAID = "Zendesk did not say what became of it."


Row = TypeVar("Row")


class ZendeskJobStatus(Enum):
    """A Zendesk job's status; UNKNOWN is any word beyond the documented ones."""

    QUEUED = "queued"
    WORKING = "working"
    FAILED = "failed"
    KILLED = "killed"
    COMPLETED = "completed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ZendeskRowResult:
    """The result of one user in a Zendesk job.

    Rows are found by `id` where there is one, else by `index`, their place in what was sent:
    results of an update name the id, those of a create both (docs/zendesk.md 3). `error` is a
    sentence, and empty when `ok`.
    """

    index: int | None
    id: int | None
    action: str
    is_ok: bool
    error: str = ""


@dataclass(frozen=True)
class ZendeskJob:
    """A Zendesk job; `total` and `progress` count users, None where it is not said yet.

    `results` is empty until the job has ended, and may stay so: then `has_succeeded` is what
    the job says of all its rows at once, or None, and the rows have to be read to know.
    """

    id: str
    status: ZendeskJobStatus
    total: int | None = None
    progress: int | None = None
    results: tuple[ZendeskRowResult, ...] = ()
    has_succeeded: bool | None = None
    message: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether the Zendesk job has ended, so that its results are worth reading."""
        return self.status not in (ZendeskJobStatus.QUEUED, ZendeskJobStatus.WORKING)

    @property
    def may_still_write(self) -> bool:
        """Whether Zendesk may still write for the job; of an unknown status that is not said."""
        return not self.has_ended or self.status is ZendeskJobStatus.UNKNOWN


class ZendeskBulkClient:
    """Starts Zendesk jobs that write to many users of one account.

    Too many jobs at once is RateLimited, for what starts a job only; nothing was applied then.
    """

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    async def update_many(self, users: Sequence[Mapping[str, Json]]) -> ZendeskJob:
        """Start a Zendesk job that updates up to 100 users, each `{"id": …, what changes}`."""
        return await self._start_job("PUT", _UPDATE_MANY, users)

    async def create_many(self, users: Sequence[Mapping[str, Json]]) -> ZendeskJob:
        """Start a Zendesk job that creates up to 100 users; a known address fails its row.

        Raises Forbidden where Zendesk has not switched bulk import on for the account.
        """
        try:
            return await self._start_job("POST", _CREATE_MANY, users)
        except Forbidden as error:
            raise bulk_import_off_error(error.message) from None

    async def create_one(self, user: Mapping[str, Json]) -> ZendeskUser:
        """Create one Zendesk user. Raises ValuesRejected where the address is taken."""
        request = build_request("POST", _USERS, document={"user": dict(user)})
        return await self._client.send(request, wire_to_model.parse_user_with_sideloads)

    async def create_or_update_many(self, users: Sequence[Mapping[str, Json]]) -> ZendeskJob:
        """Start a Zendesk job that finds up to 100 users by e-mail or external id, or creates them.

        Raises Forbidden where Zendesk has not switched bulk import on for the account.
        """
        try:
            return await self._start_job("POST", _UPSERT_MANY, users)
        except Forbidden as error:
            raise bulk_import_off_error(error.message) from None

    async def get_job(self, job_id: str) -> ZendeskJob:
        """Ask Zendesk for a job's status. Raises NotFound a day after it was started."""
        request = build_request("GET", _JOB, ids={"id": job_id})
        return await self._client.send(request, _parse_job_answer)

    async def get_jobs(self, ids: Sequence[str]) -> tuple[ZendeskJob, ...]:
        """Ask Zendesk for the status of up to 100 jobs; unknown ones are left out."""
        wanted = dict.fromkeys(ids)
        if not wanted:
            return ()
        request = build_request(
            "GET", _JOBS, query=(("ids", ",".join(_require_at_most_100(tuple(wanted)))),)
        )
        found = await self._client.send(request, _parse_jobs)
        # A gateway's answer about other jobs would be taken for ours.
        return tuple(job for job in found if job.id in wanted)

    async def _start_job(
        self, method: str, path: str, users: Sequence[Mapping[str, Json]]
    ) -> ZendeskJob:
        rows = [dict(user) for user in _require_at_most_100(users)]
        request = build_request(method, path, document={"users": rows})
        return await self._client.send(request, _parse_job_answer)


def _parse_job_answer(document: Mapping[str, object], parser: FieldParser) -> ZendeskJob:
    found = _parse_job(document.get("job_status"), parser, "job_status")
    if found is None:
        raise unexpected_response_error(Service.ZENDESK)
    return found


def _parse_jobs(document: Mapping[str, object], parser: FieldParser) -> tuple[ZendeskJob, ...]:
    if "job_statuses" not in document:
        # A proxy's own answer: that a job is not known is an empty list.
        raise unexpected_response_error(Service.ZENDESK)
    listed = parser.sequence(document.get("job_statuses"), "job_statuses")
    read = (_parse_job(item, parser, f"job_statuses[{place}]") for place, item in enumerate(listed))
    return tuple(job for job in read if job is not None)


def _parse_job(item: object, parser: FieldParser, where: str) -> ZendeskJob | None:
    if not isinstance(item, dict):
        parser.add_problem(where, "not an object")
        return None
    job_id = parser.text(item.get("id"), f"{where}.id")
    if not job_id:
        if item.get("id") in (None, ""):
            parser.add_problem(f"{where}.id", "missing")
        return None
    status = parser.text(item.get("status"), f"{where}.status")
    known = {one.value: one for one in ZendeskJobStatus}
    results = item.get("results")
    whole = results if isinstance(results, dict) else {}
    rows = () if whole else parser.sequence(results, f"{where}.results")
    read = (
        _parse_row_result(row, parser, f"{where}.results[{place}]")
        for place, row in enumerate(rows)
    )
    return ZendeskJob(
        id=job_id,
        status=known.get(status or "", ZendeskJobStatus.UNKNOWN),
        total=parser.integer(item.get("total"), f"{where}.total"),
        progress=parser.integer(item.get("progress"), f"{where}.progress"),
        results=tuple(row for row in read if row is not None),
        has_succeeded=_flag(whole.get("success")),
        message=sanitize_error_text(item.get("message")),
    )


def _parse_row_result(item: object, parser: FieldParser, where: str) -> ZendeskRowResult | None:
    if not isinstance(item, dict):
        parser.add_problem(where, "not an object")
        return None
    user_id = parser.identifier(item.get("id"), f"{where}.id")
    status = sanitize_error_text(item.get("status"))
    failed = item.get("error") or item.get("errors") or status.lower() == "failed"
    success = _flag(item.get("success"))
    # Results of a create have no `success`: there the new user's id is the sign of it.
    ok = not failed and (success if success is not None else user_id is not None)
    return ZendeskRowResult(
        index=parser.integer(item.get("index"), f"{where}.index"),
        id=user_id,
        action=sanitize_error_text(item.get("action")) or status,
        is_ok=ok,
        error="" if ok else _row_error(item),
    )


def _row_error(item: Mapping[str, object]) -> str:
    """Return a Zendesk job row's error: `error` is a code, `details` a sentence or by field."""
    error, told = sanitize_error_text(item.get("error")), item.get("details")
    fields = parse_field_errors(told)
    listed = item.get("errors")
    several = listed if isinstance(listed, list) else [listed]
    words = " ".join(fields.values()) if fields else sanitize_error_text(told)
    words = words or " ".join(filter(None, map(sanitize_error_text, several)))
    if not words:
        return error or _NOTHING_SAID
    return f"{words} ({error})" if error and error not in words else words


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _require_at_most_100(rows: Sequence[Row]) -> Sequence[Row]:
    if len(rows) > MAX_ROWS_PER_CALL:
        raise InternalError(
            "Too many for one call.", f"Zendesk takes {MAX_ROWS_PER_CALL} at a time.", "Report it."
        )
    return rows

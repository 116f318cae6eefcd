"""Jobs and the slow way: what is sent, and that a job's end is not taken for its rows'."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from desktop.clients.http_messages import HttpResponse
from desktop.clients.request_pipeline import RUN_RETRY_POLICY
from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.job_status import SailthruJobStatus as SailthruStatus
from desktop.clients.zendesk.bulk_jobs import (
    ZendeskBulkClient,
    ZendeskJob,
    ZendeskJobStatus,
    ZendeskRowResult,
)
from desktop.kit.errors import (
    AppError,
    Forbidden,
    InternalError,
    InvalidInput,
    NotFound,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ValuesRejected,
)
from tests.support.fake_transport import (
    ClientHarness,
    json_response,
    make_sailthru_client,
    make_zendesk_client,
    recorded_response,
)

JOB = "V3-8b726e606741012ffc2d782bcb7848fe"
ROWS = [{"id": 901, "user_fields": {"tier": "gold"}}]
QUEUED = recorded_response("zendesk", "job_queued")


def bulk(*answers: HttpResponse | Exception) -> tuple[ZendeskBulkClient, ClientHarness]:
    client, bench = make_zendesk_client(*answers, patience=RUN_RETRY_POLICY)
    return ZendeskBulkClient(client), bench


def body(bench: ClientHarness) -> object:
    raw = bench.sent[-1].body
    assert raw is not None
    return json.loads(raw)


async def test_bulk_job_start_sends_request() -> None:
    zendesk, bench = bulk(QUEUED)
    job = await zendesk.update_many(ROWS)
    assert job == ZendeskJob(JOB, ZendeskJobStatus.QUEUED)
    assert not job.has_ended
    assert (bench.sent[0].route, bench.sent[0].query) == ("PUT /api/v2/users/update_many", ())
    assert body(bench) == {"users": ROWS}
    await zendesk.create_or_update_many([{"email": "a@example.com", "name": "A"}])
    assert bench.sent[1].route == "POST /api/v2/users/create_or_update_many"
    assert not bench.field_notes


async def test_bulk_job_over_100_rows_is_refused() -> None:
    zendesk, bench = bulk(QUEUED)
    await zendesk.update_many([{"id": n} for n in range(1, 101)])
    for act in (
        lambda: zendesk.update_many([{"id": n} for n in range(101)]),
        lambda: zendesk.get_jobs([str(n) for n in range(101)]),
    ):
        with pytest.raises(InternalError):
            await act()  # type: ignore[no-untyped-call]
    assert len(bench.sent) == 1


async def test_bulk_update_job_reports_row_results() -> None:
    zendesk, bench = bulk(recorded_response("zendesk", "job_updated"))
    job = await zendesk.get_job(JOB)
    assert (job.status, job.has_ended, job.total, job.progress) == (
        ZendeskJobStatus.COMPLETED,
        True,
        3,
        3,
    )
    assert job.message == "Completed at 2026-11-21 10:42:10 +0000"
    assert job.results == (
        ZendeskRowResult(None, 901, "update", is_ok=True),
        ZendeskRowResult(
            1,
            902,
            "Failed",
            is_ok=False,
            error="Email: ben@example.com is already being used by another user (RecordInvalid)",
        ),
        ZendeskRowResult(None, 903, "update", is_ok=True),
    )
    assert bench.sent[0].path == f"/api/v2/job_statuses/{JOB}"


async def test_bulk_create_job_reports_row_results() -> None:
    zendesk, _ = bulk(recorded_response("zendesk", "job_created"))
    job = await zendesk.get_job(JOB)
    assert [(r.index, r.id, r.is_ok) for r in job.results] == [
        (0, 904, True),
        (1, None, False),
        (2, 905, True),
    ]
    assert job.results[1].error == "Role: not allowed (PermissionDenied)"


async def test_bulk_job_failed_or_without_rows() -> None:
    zendesk, _ = bulk(
        recorded_response("zendesk", "job_failed"), recorded_response("zendesk", "job_whole")
    )
    failed = await zendesk.get_job(JOB)
    assert (failed.status, failed.has_ended) == (ZendeskJobStatus.FAILED, True)
    assert [(r.index, r.is_ok) for r in failed.results] == [(0, False)]
    whole = await zendesk.get_job(JOB)
    assert (whole.results, whole.has_succeeded) == ((), True)


@pytest.mark.parametrize(
    ("row", "ok"),
    [
        ({"id": 1, "success": True}, True),
        ({"id": 1, "success": True, "error": "X"}, False),
        ({"id": 1, "success": False}, False),
        ({"id": 1, "status": "Failed"}, False),
        ({"id": 1, "errors": ["no"]}, False),
        ({"id": 1}, True),
        ({"index": 1}, False),
        ({"index": 1, "success": True}, True),
        ({"id": 1, "success": "yes"}, True),
        ({}, False),
    ],
)
async def test_bulk_job_row_success_is_recognised(row: dict[str, object], ok: bool) -> None:
    zendesk, _ = bulk(
        json_response({"job_status": {"id": "j", "status": "completed", "results": [row]}})
    )
    (result,) = (await zendesk.get_job("j")).results
    assert result.is_ok is ok
    assert bool(result.error) is not ok


async def test_bulk_job_statuses_read_together_with_unknown_status() -> None:
    zendesk, bench = bulk(recorded_response("zendesk", "jobs_several"))
    found = await zendesk.get_jobs([JOB, "V3-2", "V3-gone", JOB])
    assert [(j.id, j.status) for j in found] == [
        (JOB, ZendeskJobStatus.COMPLETED),
        ("V3-2", ZendeskJobStatus.UNKNOWN),
    ]
    assert bench.sent[0].query == (("ids", f"{JOB},V3-2,V3-gone"),)
    assert await zendesk.get_jobs([]) == ()
    assert len(bench.sent) == 1


async def test_bulk_job_older_than_a_day_is_not_found() -> None:
    zendesk, _ = bulk(recorded_response("zendesk", "record_not_found"))
    with pytest.raises(NotFound):
        await zendesk.get_job(JOB)


async def test_bulk_job_id_is_escaped_in_path() -> None:
    zendesk, bench = bulk(QUEUED)
    await zendesk.get_job("../users/1?x=")
    assert bench.sent[0].path == "/api/v2/job_statuses/..%2Fusers%2F1%3Fx%3D"


async def test_bulk_import_disabled_is_reported() -> None:
    zendesk, _ = bulk(recorded_response("zendesk", "import_off"))
    with pytest.raises(Forbidden) as caught:
        await zendesk.create_or_update_many(ROWS)
    assert "bulk import" in caught.value.title
    with pytest.raises(Forbidden) as caught:
        await zendesk.update_many(ROWS)
    assert "bulk import" not in caught.value.title


@pytest.mark.parametrize("status", [200, 422, 429])
async def test_too_many_jobs_waits_without_blocking_other_calls(status: int) -> None:
    busy = {"error": "TooManyJobs", "description": "30", "current_job_ids": ["a"]}
    zendesk, bench = bulk(json_response(busy, status), QUEUED)
    assert (await zendesk.update_many(ROWS)).status is ZendeskJobStatus.QUEUED
    assert bench.clock.slept[0] >= 10
    client, bench = make_zendesk_client(
        json_response(busy, status), recorded_response("zendesk", "jobs_several")
    )
    with pytest.raises(RateLimited) as caught:
        await ZendeskBulkClient(client).update_many(ROWS)
    assert caught.value.retry_at >= bench.clock.now() + 10
    assert await ZendeskBulkClient(client).get_jobs([JOB])
    assert not bench.clock.slept


async def test_single_create_sends_request() -> None:
    zendesk, bench = bulk(recorded_response("zendesk", "user_one"))
    await zendesk.create_one({"email": "a@example.com", "name": "A"})
    assert bench.sent[-1].route == "POST /api/v2/users"
    assert body(bench) == {"user": {"email": "a@example.com", "name": "A"}}


WRITES: dict[str, Callable[[ZendeskBulkClient], Awaitable[object]]] = {
    "update_many": lambda z: z.update_many(ROWS),
    "create_or_update_many": lambda z: z.create_or_update_many(ROWS),
    "create_one": lambda z: z.create_one({"email": "a@b.example"}),
}
FATES: tuple[tuple[HttpResponse | Exception, type[AppError]], ...] = (
    (ResponseTimeout("silence"), ResponseTimeout),
    (HttpResponse(500), ServiceError),
    (HttpResponse(502, {}, b"<html>"), ServiceError),
    (HttpResponse(200, {}, b"<html>Sign in</html>"), ServiceError),
    (HttpResponse(200, {}, b'{"job_status": {"id'), ServiceError),
    (json_response({}), ServiceError),
    (json_response({"job_status": {"status": "queued"}, "user": {"name": "x"}}), ServiceError),
)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("fate", "kind"), FATES)
async def test_write_with_unknown_outcome_is_not_retried(
    write: str, fate: HttpResponse | Exception, kind: type[AppError]
) -> None:
    zendesk, bench = bulk(fate)
    with pytest.raises(kind) as caught:
        await WRITES[write](zendesk)
    assert len(bench.sent) == 1
    assert getattr(caught.value, "is_outcome_unknown", True)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, ValuesRejected), (403, Forbidden), (413, ValuesRejected), (422, ValuesRejected)],
)
async def test_write_refused_raises_error(write: str, status: int, kind: type[AppError]) -> None:
    zendesk, bench = bulk(json_response({"error": "x", "description": "y"}, status))
    with pytest.raises(kind):
        await WRITES[write](zendesk)
    assert len(bench.sent) == 1


def sailthru(*answers: HttpResponse | Exception) -> tuple[SailthruBulkClient, ClientHarness]:
    client, bench = make_sailthru_client(*answers, patience=RUN_RETRY_POLICY)
    return SailthruBulkClient(client), bench


async def test_sailthru_list_export_starts_job() -> None:
    bulk_, bench = sailthru(recorded_response("sailthru", "job_pending"))
    job = await bulk_.start_list_export("VIP, Berlin", ["zendesk_sync", "ltv"])
    assert job.status is SailthruStatus.PENDING
    sent = parameters(bench)
    assert (sent["job"], sent["list"]) == ("export_list_data", "VIP, Berlin")
    fields = sent["fields"]
    assert fields["vars"] == {"zendesk_sync": 1, "ltv": 1}
    assert fields["profile_id"] == fields["email_hash"] == fields["lists"] == 1
    assert "email" not in fields
    await bulk_.start_list_export("x", [], email=True)
    fields = parameters(bench)["fields"]
    assert fields["email"] == 1
    assert "vars" not in fields


def parameters(bench: ClientHarness) -> dict[str, dict[str, object]]:
    raw = bench.sent[-1].body
    assert raw is not None
    found: dict[str, dict[str, object]] = json.loads(parse_qs(raw.decode())["json"][0])
    return found


async def test_job_lines_from_memory_and_file_are_equal(tmp_path: Path) -> None:
    lines = b'{"id":"57b4352f3f92a4254f3d5607","key":"sid","vars":{"a":"\xc3\xa4"}}\n' * 100
    path = tmp_path / "changes.jsonl"
    path.write_bytes(lines)
    bulk_, bench = sailthru(recorded_response("sailthru", "job_pending"))
    for given in (lines, path):
        await bulk_.start_update(given)
        raw = bench.sent[-1].body
        assert raw is not None
        assert raw.count(lines) == 1
        assert b'name="file"' in raw
        assert not bench.sent[-1].is_idempotent


@pytest.mark.parametrize("name", ["missing", "empty"])
async def test_job_lines_empty_file_sends_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").touch()
    bulk_, bench = sailthru(recorded_response("sailthru", "job_pending"))
    with pytest.raises(InvalidInput):
        await bulk_.start_update(tmp_path / name)
    assert not bench.sent


@pytest.mark.parametrize(
    ("word", "has_ended", "may_still_write"),
    [
        ("pending", False, True),
        ("queued", False, True),
        ("working", False, True),
        ("completed", True, False),
        ("killed", True, None),
        ("archived", True, True),
        ("", True, True),
        (None, True, True),
    ],
)
async def test_job_status_says_whether_to_wait(
    word: str | None, has_ended: bool, may_still_write: bool | None
) -> None:
    client, _ = sailthru(json_response({"job_id": "1", "status": word}))
    job = await client.get_job("1")
    # Sailthru's page does not name `killed`: what it means there is not known.
    assert (job.has_ended, job.may_still_write) == (has_ended, may_still_write is not False)
    if word == "pending":
        # Zendesk does not say so.
        return
    zendesk, _ = bulk(json_response({"job_status": {"id": "1", "status": word}}))
    found = await zendesk.get_job("1")
    assert (found.has_ended, found.may_still_write) == (has_ended, bool(may_still_write))

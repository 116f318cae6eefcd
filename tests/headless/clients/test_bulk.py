"""Jobs and the slow way: what is sent, and that a job's end is not taken for its rows'."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from desktop.clients.caller import RUN
from desktop.clients.exchange import Answer
from desktop.clients.sailthru.bulk import SailthruBulk
from desktop.clients.sailthru.job import JobStatus as SailthruStatus
from desktop.clients.zendesk.bulk import JobStatus, RowResult, ZendeskBulk, ZendeskJob
from desktop.kit.errors import (
    AppError,
    BadInput,
    Bug,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServiceTrouble,
    TimedOut,
)
from tests.headless.clients.fakes import Bench, answer, sailthru_client, sample, zendesk_client

JOB = "V3-8b726e606741012ffc2d782bcb7848fe"
ROWS = [{"id": 901, "user_fields": {"tier": "gold"}}]
QUEUED = sample("zendesk", "job_queued")


def bulk(*answers: Answer | Exception) -> tuple[ZendeskBulk, Bench]:
    client, bench = zendesk_client(*answers, patience=RUN)
    return ZendeskBulk(client), bench


def body(bench: Bench) -> object:
    raw = bench.sent[-1].body
    assert raw is not None
    return json.loads(raw)


async def test_a_job_is_started() -> None:
    zendesk, bench = bulk(QUEUED)
    job = await zendesk.update_many(ROWS)
    assert job == ZendeskJob(JOB, JobStatus.QUEUED)
    assert not job.ended
    assert (bench.sent[0].route, bench.sent[0].query) == ("PUT /api/v2/users/update_many", ())
    assert body(bench) == {"users": ROWS}
    await zendesk.create_or_update_many([{"email": "a@example.com", "name": "A"}])
    assert bench.sent[1].route == "POST /api/v2/users/create_or_update_many"
    assert not bench.bad


async def test_a_hundred_and_no_more() -> None:
    zendesk, bench = bulk(QUEUED)
    await zendesk.update_many([{"id": n} for n in range(1, 101)])
    for act in (
        lambda: zendesk.update_many([{"id": n} for n in range(101)]),
        lambda: zendesk.jobs([str(n) for n in range(101)]),
        lambda: zendesk.find_by_external_ids([str(n) for n in range(101)]),
    ):
        with pytest.raises(Bug):
            await act()  # type: ignore[no-untyped-call]
    assert len(bench.sent) == 1


async def test_what_became_of_the_rows_of_an_update() -> None:
    zendesk, bench = bulk(sample("zendesk", "job_updated"))
    job = await zendesk.job(JOB)
    assert (job.status, job.ended, job.total, job.progress) == (JobStatus.COMPLETED, True, 3, 3)
    assert job.message == "Completed at 2026-11-21 10:42:10 +0000"
    assert job.results == (
        RowResult(None, 901, "update", ok=True),
        RowResult(
            1,
            902,
            "Failed",
            ok=False,
            error="Email: ben@example.com is already being used by another user (RecordInvalid)",
        ),
        RowResult(None, 903, "update", ok=True),
    )
    assert bench.sent[0].path == f"/api/v2/job_statuses/{JOB}"


async def test_what_became_of_the_rows_of_a_create() -> None:
    zendesk, _ = bulk(sample("zendesk", "job_created"))
    job = await zendesk.job(JOB)
    assert [(r.index, r.id, r.ok) for r in job.results] == [
        (0, 904, True),
        (1, None, False),
        (2, 905, True),
    ]
    assert job.results[1].error == "Role: not allowed (PermissionDenied)"


async def test_a_job_that_failed_and_one_without_rows() -> None:
    zendesk, _ = bulk(sample("zendesk", "job_failed"), sample("zendesk", "job_whole"))
    failed = await zendesk.job(JOB)
    assert (failed.status, failed.ended) == (JobStatus.FAILED, True)
    assert [(r.index, r.ok) for r in failed.results] == [(0, False)]
    whole = await zendesk.job(JOB)
    assert (whole.results, whole.succeeded) == ((), True)


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
async def test_when_a_row_worked(row: dict[str, object], ok: bool) -> None:
    zendesk, _ = bulk(answer({"job_status": {"id": "j", "status": "completed", "results": [row]}}))
    (result,) = (await zendesk.job("j")).results
    assert result.ok is ok
    assert bool(result.error) is not ok


async def test_several_jobs_and_a_status_nobody_knows() -> None:
    zendesk, bench = bulk(sample("zendesk", "jobs_several"))
    found = await zendesk.jobs([JOB, "V3-2", "V3-gone", JOB])
    assert [(j.id, j.status) for j in found] == [
        (JOB, JobStatus.COMPLETED),
        ("V3-2", JobStatus.WORKING),
    ]
    assert bench.sent[0].query == (("ids", f"{JOB},V3-2,V3-gone"),)
    assert await zendesk.jobs([]) == ()
    assert len(bench.sent) == 1


async def test_a_job_is_forgotten_after_a_day() -> None:
    zendesk, _ = bulk(sample("zendesk", "record_not_found"))
    with pytest.raises(NotFound):
        await zendesk.job(JOB)


async def test_an_id_of_a_job_cannot_lead_to_another_path() -> None:
    zendesk, bench = bulk(QUEUED)
    await zendesk.job("../users/1?x=")
    assert bench.sent[0].path == "/api/v2/job_statuses/..%2Fusers%2F1%3Fx%3D"


async def test_bulk_import_that_is_off_is_told() -> None:
    zendesk, _ = bulk(sample("zendesk", "import_off"))
    with pytest.raises(Forbidden) as caught:
        await zendesk.create_or_update_many(ROWS)
    assert "bulk import" in caught.value.title
    with pytest.raises(Forbidden) as caught:
        await zendesk.update_many(ROWS)
    assert "bulk import" not in caught.value.title


@pytest.mark.parametrize("status", [200, 422, 429])
async def test_too_many_jobs_is_waited_out_and_holds_nothing_else(status: int) -> None:
    busy = {"error": "TooManyJobs", "description": "30", "current_job_ids": ["a"]}
    zendesk, bench = bulk(answer(busy, status), QUEUED)
    assert (await zendesk.update_many(ROWS)).status is JobStatus.QUEUED
    assert bench.clock.slept[0] >= 10
    client, bench = zendesk_client(answer(busy, status), sample("zendesk", "jobs_several"))
    with pytest.raises(RateLimited) as caught:
        await ZendeskBulk(client).update_many(ROWS)
    assert caught.value.until >= bench.clock.now() + 10
    assert await ZendeskBulk(client).jobs([JOB])
    assert not bench.clock.slept


async def test_the_slow_way() -> None:
    zendesk, bench = bulk(sample("zendesk", "user_one"))
    await zendesk.update_one(901, {"notes": "x"}, {"tier": "gold"})
    assert body(bench) == {"user": {"notes": "x", "user_fields": {"tier": "gold"}}}
    await zendesk.create_or_update_one({"email": "a@example.com", "name": "A"})
    assert bench.sent[-1].route == "POST /api/v2/users/create_or_update"
    assert body(bench) == {"user": {"email": "a@example.com", "name": "A"}}


async def test_by_external_ids() -> None:
    users = [{"id": 1, "external_id": "C-1"}, {"id": 2, "external_id": "other"}]
    comma = answer({"users": [{"id": 3, "external_id": "a,b"}]})
    zendesk, bench = bulk(answer({"users": users}), comma)
    found = await zendesk.find_by_external_ids(["c-1", "a,b", "c-1", ""])
    assert [p.id for p in found] == [1, 3]
    assert dict(bench.sent[0].query) == {"external_ids": "c-1"}
    assert dict(bench.sent[1].query)["external_id"] == "a,b"


WRITES: dict[str, Callable[[ZendeskBulk], Awaitable[object]]] = {
    "update_many": lambda z: z.update_many(ROWS),
    "create_or_update_many": lambda z: z.create_or_update_many(ROWS),
    "update_one": lambda z: z.update_one(1, {"notes": "x"}),
    "create_or_update_one": lambda z: z.create_or_update_one({"email": "a@b.example"}),
}
FATES: tuple[tuple[Answer | Exception, type[AppError]], ...] = (
    (TimedOut("silence"), TimedOut),
    (Answer(500), ServiceTrouble),
    (Answer(502, {}, b"<html>"), ServiceTrouble),
    (Answer(200, {}, b"<html>Sign in</html>"), ServiceTrouble),
    (Answer(200, {}, b'{"job_status": {"id'), ServiceTrouble),
    (answer({}), ServiceTrouble),
    (answer({"job_status": {"status": "queued"}, "user": {"name": "x"}}), ServiceTrouble),
)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(("fate", "kind"), FATES)
async def test_a_write_of_unknown_fate_is_never_sent_again(
    write: str, fate: Answer | Exception, kind: type[AppError]
) -> None:
    zendesk, bench = bulk(fate)
    with pytest.raises(kind) as caught:
        await WRITES[write](zendesk)
    assert len(bench.sent) == 1
    assert getattr(caught.value, "applied_unknown", True)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (403, Forbidden), (413, Rejected), (422, Rejected)]
)
async def test_a_refused_write(write: str, status: int, kind: type[AppError]) -> None:
    zendesk, bench = bulk(Answer(status))
    with pytest.raises(kind):
        await WRITES[write](zendesk)
    assert len(bench.sent) == 1


def sailthru(*answers: Answer | Exception) -> tuple[SailthruBulk, Bench]:
    client, bench = sailthru_client(*answers, patience=RUN)
    return SailthruBulk(client), bench


async def test_a_list_is_exported() -> None:
    bulk_, bench = sailthru(sample("sailthru", "job_pending"))
    job = await bulk_.export_list("VIP, Berlin", ["zendesk_sync", "ltv"])
    assert job.status is SailthruStatus.PENDING
    sent = parameters(bench)
    assert (sent["job"], sent["list"]) == ("export_list_data", "VIP, Berlin")
    fields = sent["fields"]
    assert fields["vars"] == {"zendesk_sync": 1, "ltv": 1}
    assert fields["profile_id"] == fields["email_hash"] == fields["lists"] == 1
    assert "email" not in fields
    await bulk_.export_list("x", [], email=True)
    fields = parameters(bench)["fields"]
    assert fields["email"] == 1
    assert "vars" not in fields


def parameters(bench: Bench) -> dict[str, dict[str, object]]:
    raw = bench.sent[-1].body
    assert raw is not None
    found: dict[str, dict[str, object]] = json.loads(parse_qs(raw.decode())["json"][0])
    return found


async def test_a_status_nobody_knows_is_pending() -> None:
    bulk_, _ = sailthru(answer({"job_id": "a", "name": "x", "status": "half-way"}))
    assert (await bulk_.job("a")).status is SailthruStatus.PENDING


async def test_lines_go_out_from_memory_and_from_a_file_alike(tmp_path: Path) -> None:
    lines = b'{"id":"57b4352f3f92a4254f3d5607","key":"sid","vars":{"a":"\xc3\xa4"}}\n' * 100
    path = tmp_path / "changes.jsonl"
    path.write_bytes(lines)
    bulk_, bench = sailthru(sample("sailthru", "job_pending"))
    for given in (lines, path):
        await bulk_.update(given)
        raw = bench.sent[-1].body
        assert raw is not None
        assert raw.count(lines) == 1
        assert b'name="file"' in raw
        assert not bench.sent[-1].safe


@pytest.mark.parametrize("name", ["missing", "empty"])
async def test_a_file_without_lines_sends_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").touch()
    bulk_, bench = sailthru(sample("sailthru", "job_pending"))
    with pytest.raises(BadInput):
        await bulk_.update(tmp_path / name)
    assert not bench.sent

"""Exports and jobs against the running sandbox, which knows the contract from elsewhere."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import RequestPipeline
from desktop.clients.sailthru.bulk_jobs import SailthruBulkClient
from desktop.clients.sailthru.job_status import SailthruJob
from desktop.clients.sailthru.job_status import SailthruJobStatus as SailthruStatus
from desktop.clients.sailthru.list_export_reader import (
    InvalidExportRow,
    ListExportReader,
    read_rows,
)
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import protocol
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient, ZendeskJob, ZendeskJobStatus
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiTokenCredentials, ZendeskAuthenticator
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.clock import SystemClock
from desktop.kit.errors import Forbidden, NotFound, RateLimited, ResponseTimeout, ServiceError
from desktop.model.exported_profile import ExportedProfile
from desktop.model.zendesk_user import ZendeskUser
from tests.headless.clients.conftest import LiveClients, running_sandbox
from tests.support.clocks import ShortSleepClock

MARIA = "maria@lopez.example"


async def everybody(export: ZendeskExportClient, per_page: int) -> dict[int, ZendeskUser]:
    page = await export.export_users(start_time=0, per_page=per_page)
    found = {p.id: p for p in page.users}
    while not page.is_last:
        page = await export.export_users(cursor=page.cursor, per_page=per_page)
        found.update((p.id, p) for p in page.users)
    return found


async def test_users_export_is_complete_for_any_page_size(live: LiveClients) -> None:
    export = ZendeskExportClient(live.zendesk, SystemClock())
    small, large = await everybody(export, 100), await everybody(export, 1000)
    assert small == large
    assert len(large) > 300
    (maria,) = await live.zendesk.find_by_email(MARIA)
    assert large[maria.id].user_fields == maria.user_fields
    assert not large[maria.id].identities
    sideloaded = await export.export_users(start_time=0, identities=True)
    assert any(p.id == maria.id and len(p.emails) > 1 for p in sideloaded.users)
    assert not live.field_notes


async def test_tickets_export_is_ordered_by_change_time(live: LiveClients) -> None:
    export = ZendeskExportClient(live.zendesk, SystemClock())
    page = await export.export_tickets(start_time=0, per_page=200)
    found = [*page.tickets]
    while not page.is_last:
        page = await export.export_tickets(cursor=page.cursor, per_page=200)
        found += page.tickets
    assert len({t.id for t in found}) == len(found) > 300
    changes = [t.changed_at or 0 for t in found]
    assert changes == sorted(changes)
    assert {t.status for t in found} >= {"open", "solved"}
    # The last cursor serves the next run: nothing has changed since.
    after = await export.export_tickets(cursor=page.cursor)
    assert (after.tickets, after.is_last) == ((), True)
    assert not live.field_notes


async def test_search_export_works_for_agents(live: LiveClients) -> None:
    given = live.connection_document["zendesk"]
    agent = other(live, given["agent_email"], given["agent_api_token"])
    export = ZendeskExportClient(agent, SystemClock())
    for act in (export.export_users, export.export_tickets):
        with pytest.raises(Forbidden) as caught:
            await act(start_time=0)
        assert "administrators" in caught.value.title
    found: set[int] = set()
    after: str | None = None
    while True:
        page = await export.search_users("role:end-user", after=after)
        found |= {p.id for p in page.users}
        after = page.cursor
        if page.is_last:
            break
    everyone = await everybody(ZendeskExportClient(live.zendesk, SystemClock()), 1000)
    assert found == {p.id for p in everyone.values() if p.role == "end-user" and p.active}


def other(live: LiveClients, email: str, token: str) -> ZendeskClient:
    clock = SystemClock()
    authority = ZendeskAuthenticator(ApiTokenCredentials(email, token))
    tracker = ServiceStatusTracker("Zendesk", clock)
    return ZendeskClient(
        RequestPipeline(live.zendesk_wire, live.zendesk_limits, tracker, clock, authority)
    )


async def test_export_cursor_invalid_is_reported(live: LiveClients) -> None:
    export = ZendeskExportClient(live.zendesk, SystemClock())
    for act in (export.export_users, export.export_tickets):
        with pytest.raises(NotFound):
            await act(cursor="bm9uc2Vuc2U=")
    with pytest.raises(NotFound):
        await export.search_users("x", after="bm9uc2Vuc2U=")


PAGE_FAULTS: dict[str, tuple[type[Exception] | None, int]] = {
    "429=1": (None, 1),
    "429-bare": (RateLimited, 1),
    "403": (Forbidden, 1),
    "423": (None, 1),
    "500": (None, 1),
    "502": (None, 2),
    "503=1": (None, 1),
    "reset": (None, 2),
    "reset-after": (None, 2),
    "timeout=3": (None, 1),
    "truncated": (None, 1),
    "cut": (None, 2),
    "html": (None, 1),
    "wrong-type": (None, 9),
    "504": (ServiceError, 9),
}


@pytest.mark.parametrize("kind", PAGE_FAULTS)
async def test_export_pages_under_faults(live: LiveClients, kind: str) -> None:
    expected, times = PAGE_FAULTS[kind]
    export = ZendeskExportClient(live.zendesk, ShortSleepClock())
    whole = await export.export_users(start_time=0)
    await live.fault(f"zendesk:GET /api/v2/incremental/users/cursor:{kind}", times)
    if expected is None:
        assert (await export.export_users(start_time=0)).users[0] == whole.users[0]
    else:
        with pytest.raises(expected):
            await export.export_users(start_time=0)


async def ended(bulk: ZendeskBulkClient, job: ZendeskJob) -> ZendeskJob:
    async with asyncio.timeout(30):
        while not job.has_ended:
            await asyncio.sleep(0.05)
            (job,) = await bulk.get_jobs([job.id])
    return job


async def test_update_job_answers_for_every_row(live: LiveClients) -> None:
    bulk, mark = ZendeskBulkClient(live.zendesk), uuid.uuid4().hex
    people = [p for p in await live.zendesk.search_users("role:end-user") if p.active][:3]
    rows = [{"id": p.id, "notes": mark, "user_fields": {"sync_to_sailthru": True}} for p in people]
    started = await bulk.update_many([*rows, {"id": 1, "notes": mark}])
    assert not started.has_ended
    job = await ended(bulk, started)
    assert (job.status, job.total, len(job.results)) == (ZendeskJobStatus.COMPLETED, 4, 4)
    by_id = {r.id: r for r in job.results}
    assert all(by_id[p.id].is_ok for p in people)
    assert not by_id[1].is_ok
    assert "Not found" in by_id[1].error
    shown = await live.zendesk.show_users([p.id for p in people])
    assert all(p.user_fields["sync_to_sailthru"] is True for p in shown)
    assert (await bulk.get_job(job.id)).results == job.results
    with pytest.raises(NotFound):
        await bulk.get_job("V3-nobody")
    assert not live.field_notes


async def test_job_failed_or_stuck_is_reported(live: LiveClients) -> None:
    bulk = ZendeskBulkClient(live.zendesk)
    await live.fault("zendesk:PUT /api/v2/users/update_many:failed-job")
    failed = await ended(bulk, await bulk.update_many([{"id": 1}, {"id": 2}]))
    assert failed.status is ZendeskJobStatus.FAILED
    assert [r.is_ok for r in failed.results] == [False]
    await live.fault("zendesk:PUT /api/v2/users/update_many:stuck-job")
    stuck = await bulk.update_many([{"id": 1}])
    await asyncio.sleep(0.5)
    assert (await bulk.get_job(stuck.id)).status is ZendeskJobStatus.WORKING


BULK_FAULTS = {
    "500": ServiceError,
    "500-after": ServiceError,
    "502": ServiceError,
    "reset": ResponseTimeout,
    "reset-after": ResponseTimeout,
    "timeout-after=3": ResponseTimeout,
    "cut": ResponseTimeout,
    "truncated": ServiceError,
    "html": ServiceError,
}


@pytest.mark.parametrize("kind", BULK_FAULTS)
async def test_job_start_under_faults(live: LiveClients, kind: str) -> None:
    bulk = ZendeskBulkClient(live.zendesk)
    await live.fault(f"zendesk:PUT /api/v2/users/update_many:{kind}")
    with pytest.raises(BULK_FAULTS[kind]) as caught:
        await bulk.update_many([{"id": 1}])
    assert getattr(caught.value, "is_outcome_unknown", True)
    await live.fault(f"sailthru:POST /job:{kind}")
    with pytest.raises(BULK_FAULTS[kind]) as caught:
        await SailthruBulkClient(live.sailthru).start_update(
            b'{"id":"a@b.example","key":"email"}\n'
        )
    assert getattr(caught.value, "is_outcome_unknown", True)


@pytest.mark.parametrize("kind", ["429=1", "423"])
async def test_job_start_waits_for_retry_after(live: LiveClients, kind: str) -> None:
    await live.fault(f"zendesk:PUT /api/v2/users/update_many:{kind}")
    assert (await ZendeskBulkClient(live.zendesk).update_many([{"id": 1}])).id


async def test_bulk_import_disabled_single_create_works(live: LiveClients) -> None:
    bulk = ZendeskBulkClient(live.zendesk)
    address = f"{uuid.uuid4().hex}@example.com"
    with pytest.raises(Forbidden) as caught:
        await bulk.create_or_update_many([{"email": address, "name": "New"}])
    assert "bulk import" in caught.value.title
    made = await bulk.create_one({"email": address, "name": "New"})
    assert (made.name, made.email) == ("New", address)


@pytest_asyncio.fixture
async def importing() -> AsyncIterator[ZendeskBulkClient]:
    """An account that imports in bulk and takes long over a job."""
    with running_sandbox(
        "--customers", "20", "--account", "bulk_import=on,job_ms=1500"
    ) as announced:
        given, clock = announced["zendesk"], SystemClock()
        wire = HttpTransport("Zendesk", given["base_url"])
        limits = RateLimiter(clock, protocol.read_account_rate_limits, shared=True)
        token = ZendeskAuthenticator(ApiTokenCredentials(given["email"], given["api_token"]))
        caller = RequestPipeline(wire, limits, ServiceStatusTracker("Zendesk", clock), clock, token)
        yield ZendeskBulkClient(ZendeskClient(caller))
        await wire.aclose()


async def test_create_job_and_31st_job(importing: ZendeskBulkClient) -> None:
    rows = [
        {"email": f"n{n}@example.com", "name": f"N {n}", "external_id": f"x{n}"} for n in range(2)
    ]
    started = [await importing.create_or_update_many([*rows, {"name": ""}])]
    started += [await importing.update_many([{"id": 1}]) for _ in range(29)]
    with pytest.raises(RateLimited):
        await importing.update_many([{"id": 1}])
    assert len(await importing.get_jobs([job.id for job in started])) == 30
    done = await ended(importing, started[0])
    assert [(r.index, r.is_ok) for r in done.results] == [(0, True), (1, True), (2, False)]


async def completed(bulk: SailthruBulkClient, job: SailthruJob) -> SailthruJob:
    async with asyncio.timeout(30):
        while job.status is SailthruStatus.PENDING:
            await asyncio.sleep(0.05)
            job = await bulk.get_job(job.id)
    return job


async def exported(
    live: LiveClients, name: str, *vars: str, email: bool = False
) -> dict[str, ExportedProfile]:
    bulk = SailthruBulkClient(live.sailthru)
    job = await completed(bulk, await bulk.start_list_export(name, vars, email=email))
    assert job.export_url
    zone = (await live.sailthru.get_account()).timezone
    assert zone
    reader = ListExportReader(vars, zone)
    rows = [row async for row in read_rows(bulk.download(job.export_url), reader)]
    assert not [row for row in rows if isinstance(row, InvalidExportRow)]
    assert reader.warnings == ()
    return {row.sid: row for row in rows if isinstance(row, ExportedProfile)}


async def test_list_export_rows_match_profiles(live: LiveClients) -> None:
    profiles = await exported(live, "Newsletter", "first_name", "ltv", "topics", email=True)
    assert len(profiles) > 20
    for sid in list(profiles)[:10]:
        row, shown = profiles[sid], await live.sailthru.get_user(sid, key="sid")
        assert row.email == shown.email
        assert row.lists == tuple(shown.lists)
        assert row.engagement == shown.engagement
        assert row.extid == shown.keys.get("extid")
        names = set(row.activity) & set(shown.activity)
        assert {n: row.activity[n] for n in names} == {n: shown.activity[n] for n in names}
        assert row.lifetime.items() <= {**shown.lifetime}.items()
        for name in ("first_name", "topics"):
            assert row.vars.get(name) == (shown.vars.get(name) or None)
        assert row.vars.get("ltv", "None") == str(shown.vars.get("ltv"))


async def test_list_export_without_email_has_hash(live: LiveClients) -> None:
    profiles = await exported(live, "Newsletter")
    assert all(p.email is None and len(p.email_hash) == 32 for p in profiles.values())
    assert not any(p.vars for p in profiles.values())


async def test_list_export_unknown_list_or_key_without_permission(live: LiveClients) -> None:
    with pytest.raises(NotFound):
        await SailthruBulkClient(live.sailthru).start_list_export("no such list", ["a"])
    with pytest.raises(NotFound):
        await SailthruBulkClient(live.sailthru).get_job("nobody")


async def test_update_job_from_file_changes_profiles(live: LiveClients, tmp_path: Path) -> None:
    profiles = await exported(live, "Newsletter")
    sids, mark = list(profiles)[:50], uuid.uuid4().hex
    lines = tmp_path / "changes.jsonl"
    with lines.open("w") as file:
        for sid in sids:
            row = {"id": sid, "key": "sid", "vars": {"by_file": f"{mark} ö"}}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    bulk = SailthruBulkClient(live.sailthru)
    job = await completed(bulk, await bulk.start_update(lines))
    assert job.status is SailthruStatus.COMPLETED
    read_back = await exported(live, "Newsletter", "by_file")
    assert {s for s, p in read_back.items() if p.vars.get("by_file") == f"{mark} ö"} == set(sids)


async def test_upload_large_file_arrives_complete(live: LiveClients, tmp_path: Path) -> None:
    """Larger than one piece of what is sent, with a known line at the very end."""
    sid, mark = next(iter(await exported(live, "Newsletter"))), uuid.uuid4().hex
    filler = json.dumps({"id": "not an address", "key": "email", "vars": {"x": "y" * 500}})
    lines = tmp_path / "changes.jsonl"
    last = json.dumps({"id": sid, "key": "sid", "vars": {"at_the_end": mark}})
    lines.write_text(f"{filler}\n" * 3_000 + f"{last}\n")
    bulk = SailthruBulkClient(live.sailthru)
    await completed(bulk, await bulk.start_update(lines))
    shown = await live.sailthru.get_user(sid, key="sid")
    assert shown.vars["at_the_end"] == mark


@pytest.mark.parametrize(
    ("kind", "error"), [("cut", ResponseTimeout), ("404", NotFound), ("500", ServiceError)]
)
async def test_export_download_under_faults(
    live: LiveClients, kind: str, error: type[Exception]
) -> None:
    bulk = SailthruBulkClient(live.sailthru)
    job = await completed(bulk, await bulk.start_list_export("Newsletter", []))
    assert job.export_url
    await live.fault(f"sailthru:GET /export/*:{kind}")
    reader = ListExportReader((), "UTC")
    with pytest.raises(error):
        async for _ in read_rows(bulk.download(job.export_url), reader):
            pass

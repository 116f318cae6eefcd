"""Exports and jobs against the running sandbox, which knows the contract from elsewhere."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.clients.caller import Caller
from desktop.clients.limits import Limits
from desktop.clients.sailthru.bulk import SailthruBulk
from desktop.clients.sailthru.export_csv import BadRow, ExportReader, rows_of
from desktop.clients.sailthru.job import Job
from desktop.clients.sailthru.job import JobStatus as SailthruStatus
from desktop.clients.state import Tracker
from desktop.clients.transport import HttpTransport
from desktop.clients.zendesk import protocol
from desktop.clients.zendesk.bulk import JobStatus, ZendeskBulk, ZendeskJob
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiToken, Authorization
from desktop.clients.zendesk.export import ZendeskExport
from desktop.kit.clock import SystemClock
from desktop.kit.errors import Forbidden, NotFound, RateLimited, ServiceTrouble, TimedOut
from desktop.model.exported_profile import ExportedProfile
from desktop.model.person import ZendeskPerson
from tests.headless.clients.conftest import Live, running
from tests.headless.clients.fakes import NoSleep

MARIA = "maria@lopez.example"


async def everybody(export: ZendeskExport, per_page: int) -> dict[int, ZendeskPerson]:
    page = await export.users(start_time=0, per_page=per_page)
    found = {p.id: p for p in page.people}
    while not page.ended:
        page = await export.users(cursor=page.cursor, per_page=per_page)
        found.update((p.id, p) for p in page.people)
    return found


async def test_everybody_is_exported_whatever_the_size_of_the_pages(live: Live) -> None:
    export = ZendeskExport(live.zendesk, SystemClock())
    small, large = await everybody(export, 100), await everybody(export, 1000)
    assert small == large
    assert len(large) > 300
    (maria,) = await live.zendesk.find_by_email(MARIA)
    assert large[maria.id].user_fields == maria.user_fields
    assert not large[maria.id].identities
    sideloaded = await export.users(start_time=0, identities=True)
    assert any(p.id == maria.id and len(p.emails) > 1 for p in sideloaded.people)
    assert not live.bad


async def test_tickets_are_exported_oldest_change_first(live: Live) -> None:
    export = ZendeskExport(live.zendesk, SystemClock())
    page = await export.tickets(start_time=0, per_page=200)
    found = [*page.tickets]
    while not page.ended:
        page = await export.tickets(cursor=page.cursor, per_page=200)
        found += page.tickets
    assert len({t.id for t in found}) == len(found) > 300
    changes = [t.changed_at or 0 for t in found]
    assert changes == sorted(changes)
    assert {t.status for t in found} >= {"open", "solved"}
    # The last cursor serves the next run: nothing has changed since.
    after = await export.tickets(cursor=page.cursor)
    assert (after.tickets, after.ended) == ((), True)
    assert not live.bad


async def test_the_search_for_those_who_are_no_admins(live: Live) -> None:
    given = live.announced["zendesk"]
    agent = other(live, given["agent_email"], given["agent_api_token"])
    export = ZendeskExport(agent, SystemClock())
    for act in (export.users, export.tickets):
        with pytest.raises(Forbidden) as caught:
            await act(start_time=0)
        assert "administrators" in caught.value.title
    found: set[int] = set()
    after: str | None = None
    while True:
        page = await export.searched("role:end-user", after=after)
        found |= {p.id for p in page.people}
        after = page.cursor
        if page.ended:
            break
    everyone = await everybody(ZendeskExport(live.zendesk, SystemClock()), 1000)
    assert found == {p.id for p in everyone.values() if p.role == "end-user" and p.active}


def other(live: Live, email: str, token: str) -> ZendeskClient:
    clock = SystemClock()
    authority = Authorization(ApiToken(email, token))
    tracker = Tracker("Zendesk", clock)
    return ZendeskClient(Caller(live.zendesk_wire, live.zendesk_limits, tracker, clock, authority))


async def test_a_cursor_nobody_gave_is_named(live: Live) -> None:
    export = ZendeskExport(live.zendesk, SystemClock())
    for act in (export.users, export.tickets):
        with pytest.raises(NotFound):
            await act(cursor="bm9uc2Vuc2U=")
    with pytest.raises(NotFound):
        await export.searched("x", after="bm9uc2Vuc2U=")


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
    "504": (ServiceTrouble, 9),
}


@pytest.mark.parametrize("kind", PAGE_FAULTS)
async def test_pages_under_faults(live: Live, kind: str) -> None:
    expected, times = PAGE_FAULTS[kind]
    export = ZendeskExport(live.zendesk, NoSleep())
    whole = await export.users(start_time=0)
    await live.fault(f"zendesk:GET /api/v2/incremental/users/cursor:{kind}", times)
    if expected is None:
        assert (await export.users(start_time=0)).people[0] == whole.people[0]
    else:
        with pytest.raises(expected):
            await export.users(start_time=0)


async def ended(bulk: ZendeskBulk, job: ZendeskJob) -> ZendeskJob:
    async with asyncio.timeout(30):
        while not job.ended:
            await asyncio.sleep(0.05)
            (job,) = await bulk.jobs([job.id])
    return job


async def test_many_are_changed_and_each_row_is_answered_for(live: Live) -> None:
    bulk, mark = ZendeskBulk(live.zendesk), uuid.uuid4().hex
    people = [p for p in await live.zendesk.search_users("role:end-user") if p.active][:3]
    rows = [{"id": p.id, "notes": mark, "user_fields": {"sync_to_sailthru": True}} for p in people]
    started = await bulk.update_many([*rows, {"id": 1, "notes": mark}])
    assert not started.ended
    job = await ended(bulk, started)
    assert (job.status, job.total, len(job.results)) == (JobStatus.COMPLETED, 4, 4)
    by_id = {r.id: r for r in job.results}
    assert all(by_id[p.id].ok for p in people)
    assert not by_id[1].ok
    assert "Not found" in by_id[1].error
    shown = await live.zendesk.show_users([p.id for p in people])
    assert all(p.user_fields["sync_to_sailthru"] is True for p in shown)
    assert (await bulk.job(job.id)).results == job.results
    with pytest.raises(NotFound):
        await bulk.job("V3-nobody")
    assert not live.bad


async def test_jobs_that_fail_or_never_end(live: Live) -> None:
    bulk = ZendeskBulk(live.zendesk)
    await live.fault("zendesk:PUT /api/v2/users/update_many:failed-job")
    failed = await ended(bulk, await bulk.update_many([{"id": 1}, {"id": 2}]))
    assert failed.status is JobStatus.FAILED
    assert [r.ok for r in failed.results] == [False]
    await live.fault("zendesk:PUT /api/v2/users/update_many:stuck-job")
    stuck = await bulk.update_many([{"id": 1}])
    await asyncio.sleep(0.5)
    assert (await bulk.job(stuck.id)).status is JobStatus.WORKING


BULK_FAULTS = {
    "500": ServiceTrouble,
    "500-after": ServiceTrouble,
    "502": ServiceTrouble,
    "reset": TimedOut,
    "reset-after": TimedOut,
    "timeout-after=3": TimedOut,
    "cut": TimedOut,
    "truncated": ServiceTrouble,
    "html": ServiceTrouble,
}


@pytest.mark.parametrize("kind", BULK_FAULTS)
async def test_starting_a_job_under_faults(live: Live, kind: str) -> None:
    bulk = ZendeskBulk(live.zendesk)
    await live.fault(f"zendesk:PUT /api/v2/users/update_many:{kind}")
    with pytest.raises(BULK_FAULTS[kind]) as caught:
        await bulk.update_many([{"id": 1}])
    assert getattr(caught.value, "applied_unknown", True)
    await live.fault(f"sailthru:POST /job:{kind}")
    with pytest.raises(BULK_FAULTS[kind]) as caught:
        await SailthruBulk(live.sailthru).update(b'{"id":"a@b.example","key":"email"}\n')
    assert getattr(caught.value, "applied_unknown", True)


@pytest.mark.parametrize("kind", ["429=1", "423"])
async def test_a_pause_before_a_job_is_waited_out(live: Live, kind: str) -> None:
    await live.fault(f"zendesk:PUT /api/v2/users/update_many:{kind}")
    assert (await ZendeskBulk(live.zendesk).update_many([{"id": 1}])).id


async def test_by_external_ids(live: Live) -> None:
    bulk = ZendeskBulk(live.zendesk)
    (maria,) = await live.zendesk.find_by_email(MARIA)
    assert maria.external_id
    found = await bulk.find_by_external_ids([maria.external_id.upper(), "nobody"])
    assert [p.id for p in found] == [maria.id]


async def test_import_is_off_at_first_and_the_slow_way_is_open(live: Live) -> None:
    bulk = ZendeskBulk(live.zendesk)
    address = f"{uuid.uuid4().hex}@example.com"
    with pytest.raises(Forbidden) as caught:
        await bulk.create_or_update_many([{"email": address, "name": "New"}])
    assert "bulk import" in caught.value.title
    made = await bulk.create_or_update_one({"email": address, "name": "New"})
    again = await bulk.create_or_update_one({"email": address, "name": "Newer"})
    assert (again.id, again.name) == (made.id, "Newer")
    changed = await bulk.update_one(made.id, {"notes": "x"}, {"sync_to_sailthru": True})
    assert changed.user_fields["sync_to_sailthru"] is True


@pytest_asyncio.fixture
async def importing() -> AsyncIterator[ZendeskBulk]:
    """An account that imports in bulk and takes long over a job."""
    with running("--customers", "20", "--account", "bulk_import=on,job_ms=1500") as announced:
        given, clock = announced["zendesk"], SystemClock()
        wire = HttpTransport("Zendesk", given["base_url"])
        limits = Limits(clock, protocol.readings, shared=True)
        token = Authorization(ApiToken(given["email"], given["api_token"]))
        caller = Caller(wire, limits, Tracker("Zendesk", clock), clock, token)
        yield ZendeskBulk(ZendeskClient(caller))
        await wire.aclose()


async def test_created_in_bulk_and_the_thirty_first_job(importing: ZendeskBulk) -> None:
    rows = [
        {"email": f"n{n}@example.com", "name": f"N {n}", "external_id": f"x{n}"} for n in range(2)
    ]
    started = [await importing.create_or_update_many([*rows, {"name": ""}])]
    started += [await importing.update_many([{"id": 1}]) for _ in range(29)]
    with pytest.raises(RateLimited):
        await importing.update_many([{"id": 1}])
    assert len(await importing.jobs([job.id for job in started])) == 30
    done = await ended(importing, started[0])
    assert [(r.index, r.ok) for r in done.results] == [(0, True), (1, True), (2, False)]
    assert len(await importing.find_by_external_ids(["X0", "x1"])) == 2


async def completed(bulk: SailthruBulk, job: Job) -> Job:
    async with asyncio.timeout(30):
        while job.status is SailthruStatus.PENDING:
            await asyncio.sleep(0.05)
            job = await bulk.job(job.id)
    return job


async def exported(
    live: Live, name: str, *vars: str, email: bool = False
) -> dict[str, ExportedProfile]:
    bulk = SailthruBulk(live.sailthru)
    job = await completed(bulk, await bulk.export_list(name, vars, email=email))
    assert job.export_url
    zone = (await live.sailthru.settings()).timezone
    assert zone
    reader = ExportReader(vars, zone)
    rows = [row async for row in rows_of(bulk.download(job.export_url), reader)]
    assert not [row for row in rows if isinstance(row, BadRow)]
    assert reader.remarks == ()
    return {row.sid: row for row in rows if isinstance(row, ExportedProfile)}


async def test_a_list_says_what_the_profiles_say(live: Live) -> None:
    profiles = await exported(live, "Newsletter", "first_name", "ltv", "topics", email=True)
    assert len(profiles) > 20
    for sid in list(profiles)[:10]:
        row, shown = profiles[sid], await live.sailthru.get_user(sid, key="sid")
        assert row.email == shown.email
        assert row.lists == tuple(shown.lists)
        assert row.engagement == shown.engagement
        assert row.optout in (shown.optout, None)
        assert row.extid == shown.keys.get("extid")
        names = set(row.activity) & set(shown.activity)
        assert {n: row.activity[n] for n in names} == {n: shown.activity[n] for n in names}
        assert row.lifetime.items() <= {**shown.lifetime}.items()
        for name in ("first_name", "topics"):
            assert row.vars.get(name) == (shown.vars.get(name) or None)
        assert row.vars.get("ltv", "None") == str(shown.vars.get("ltv"))


async def test_without_the_address_there_is_its_hash(live: Live) -> None:
    profiles = await exported(live, "Newsletter")
    assert all(p.email is None and len(p.email_hash) == 32 for p in profiles.values())
    assert not any(p.vars for p in profiles.values())


async def test_an_unknown_list_and_a_key_without_the_right(live: Live) -> None:
    with pytest.raises(NotFound):
        await SailthruBulk(live.sailthru).export_list("no such list", ["a"])
    with pytest.raises(NotFound):
        await SailthruBulk(live.sailthru).job("nobody")


async def test_profiles_are_changed_by_a_file_of_lines(live: Live, tmp_path: Path) -> None:
    profiles = await exported(live, "Newsletter")
    sids, mark = list(profiles)[:50], uuid.uuid4().hex
    lines = tmp_path / "changes.jsonl"
    with lines.open("w") as file:
        for sid in sids:
            row = {"id": sid, "key": "sid", "vars": {"by_file": f"{mark} ö"}}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    bulk = SailthruBulk(live.sailthru)
    job = await completed(bulk, await bulk.update(lines))
    assert job.status is SailthruStatus.COMPLETED
    read_back = await exported(live, "Newsletter", "by_file")
    assert {s for s, p in read_back.items() if p.vars.get("by_file") == f"{mark} ö"} == set(sids)


async def test_a_large_file_arrives_whole(live: Live, tmp_path: Path) -> None:
    """Larger than one piece of what is sent, with a known line at the very end."""
    sid, mark = next(iter(await exported(live, "Newsletter"))), uuid.uuid4().hex
    filler = json.dumps({"id": "not an address", "key": "email", "vars": {"x": "y" * 500}})
    lines = tmp_path / "changes.jsonl"
    last = json.dumps({"id": sid, "key": "sid", "vars": {"at_the_end": mark}})
    lines.write_text(f"{filler}\n" * 3_000 + f"{last}\n")
    bulk = SailthruBulk(live.sailthru)
    await completed(bulk, await bulk.update(lines))
    shown = await live.sailthru.get_user(sid, key="sid")
    assert shown.vars["at_the_end"] == mark


@pytest.mark.parametrize(
    ("kind", "error"), [("cut", TimedOut), ("404", NotFound), ("500", ServiceTrouble)]
)
async def test_a_download_under_faults(live: Live, kind: str, error: type[Exception]) -> None:
    bulk = SailthruBulk(live.sailthru)
    job = await completed(bulk, await bulk.export_list("Newsletter", []))
    assert job.export_url
    await live.fault(f"sailthru:GET /export/*:{kind}")
    reader = ExportReader((), "UTC")
    with pytest.raises(error):
        async for _ in rows_of(bulk.download(job.export_url), reader):
            pass

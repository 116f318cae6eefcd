"""Bad pages and bad job answers: kept + quarantined = sent, and only our errors (figure F8)."""

import copy
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from desktop.clients.http_messages import HttpResponse
from desktop.clients.request_pipeline import RetryPolicy
from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient
from desktop.clients.zendesk.incremental_export import ZendeskExportClient
from desktop.kit.errors import AppError, ServiceError
from desktop.model.retry_backoff import ExponentialBackoff
from tests.headless.clients.test_malformed_responses import body_of, encoded, mutated, raw
from tests.support.fake_transport import ClientHarness, json_response, make_zendesk_client

ONE_TRY = RetryPolicy(ExponentialBackoff(max_attempts=1), max_wait_s=5.0)

ASK: dict[str, Callable[[ZendeskExportClient, ZendeskBulkClient], Awaitable[object]]] = {
    "export_users": lambda e, _: e.export_users(),
    "export_users_last": lambda e, _: e.export_users(cursor="c", identities=True),
    "export_tickets": lambda e, _: e.export_tickets(),
    "found_users": lambda e, _: e.search_users("x"),
    "found_users_last": lambda e, _: e.search_users("x", after="c"),
    "job_updated": lambda _, b: b.get_job("a"),
    "job_created": lambda _, b: b.get_job("a"),
    "job_whole": lambda _, b: b.get_job("a"),
    "job_queued": lambda _, b: b.update_many([{"id": 1}]),
    "jobs_several": lambda _, b: b.get_jobs(["V3-2"]),
    "import_off": lambda _, b: b.create_or_update_many([{"id": 1}]),
    "export_cursor_unknown": lambda e, _: e.export_tickets(cursor="c"),
}


def clients(found: HttpResponse) -> tuple[ZendeskExportClient, ZendeskBulkClient, ClientHarness]:
    client, bench = make_zendesk_client(found, patience=ONE_TRY)
    return ZendeskExportClient(client, bench.clock), ZendeskBulkClient(client), bench


@pytest.mark.parametrize("name", ASK)
async def test_random_responses_raise_only_app_errors(name: str) -> None:
    original = body_of("zendesk", name)
    chance = random.Random(f"wild bulk {name}")
    for _ in range(300):
        body = mutated(copy.deepcopy(original), chance)
        status = chance.choice((200, 200, 200, 400, 404, 422, 500))
        export, bulk, _ = clients(HttpResponse(status, {}, body))
        try:
            value: object = await ASK[name](export, bulk)
        except AppError as error:
            value = f"{error} {error.title}"
        repr(value).encode()


BAD_ITEMS: tuple[object, ...] = (None, 7, "x", [], True, raw("NaN"))
BAD_IDS: tuple[object, ...] = (None, "x", -5, 0, True, 2**64, {}, [], raw("NaN"), raw("1e999"))


@pytest.mark.parametrize("kind", ["users", "tickets", "results"])
async def test_bulk_pages_planted_bad_records_are_all_counted(kind: str) -> None:
    """500 pages of 40 records: each bad record costs one note and nothing else."""
    chance = random.Random(f"planted {kind}")
    name = {"users": "export_users", "tickets": "export_tickets", "results": "found_users"}[kind]
    page = body_of("zendesk", name)
    template, planted = page[kind][0], 0
    for _ in range(500):
        rows: list[Any] = [{**template, "id": n} for n in range(1, 41)]
        spoiled = chance.sample(range(40), chance.randint(0, 8))
        for place in spoiled:
            bad_id = {**template, "id": chance.choice(BAD_IDS)}
            rows[place] = chance.choice((bad_id, chance.choice(BAD_ITEMS)))
        export, bulk, bench = clients(HttpResponse(200, {}, encoded({**page, kind: rows})))
        found: Any = await ASK[name](export, bulk)
        kept = found.tickets if kind == "tickets" else found.users
        assert (len(kept), len(bench.field_notes)) == (40 - len(spoiled), len(spoiled))
        planted += len(spoiled)
    assert planted > 1_000


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("tags", (7, "x", {"a": 1})),
        ("assignee_id", ("x", -1, True, {}, raw("1e400"))),
        ("generated_timestamp", ("soon", {}, True, raw("NaN"), raw("1" + "0" * 400))),
        ("requester_id", ("x", 0, {})),
        ("updated_at", (7, "soon", raw(r'"\ud800"'))),
    ],
)
async def test_ticket_bad_field_costs_one_note(field: str, values: tuple[object, ...]) -> None:
    for value in values:
        page = body_of("zendesk", "export_tickets")
        page["tickets"][0][field] = value
        export, _, bench = clients(HttpResponse(200, {}, encoded(page)))
        found = await export.export_tickets()
        assert [t.id for t in found.tickets] == [48213, 48214]
        assert len(bench.field_notes) == 1, (value, bench.field_notes)


@pytest.mark.parametrize(
    ("results", "rows", "notes"),
    [
        (None, 0, 0),
        ([], 0, 0),
        ({}, 0, 0),
        ("x", 0, 1),
        (7, 0, 1),
        ([None, 7, {"id": 1, "success": True}], 1, 2),
        ([{"id": "x", "index": "y", "error": raw(r'"\ud800"')}], 1, 2),
    ],
)
async def test_job_results_of_any_shape_are_read(results: object, rows: int, notes: int) -> None:
    job = {"id": "a", "status": "completed", "results": results, "total": None}
    _, bulk, bench = clients(HttpResponse(200, {}, encoded({"job_status": job})))
    found = await bulk.get_job("a")
    assert (len(found.results), len(bench.field_notes)) == (rows, notes)
    repr(found).encode()


async def test_job_malformed_is_omitted_from_several() -> None:
    listed = [{"id": "a"}, {"id": None}, {}, 7, {"id": 5}]
    _, bulk, bench = clients(json_response({"job_statuses": listed}))
    assert [job.id for job in await bulk.get_jobs(["a"])] == ["a"]
    assert len(bench.field_notes) == 4


async def test_job_statuses_of_a_proxy_say_nothing_of_a_job() -> None:
    _, bulk, _ = clients(json_response({"message": "Forbidden"}))
    with pytest.raises(ServiceError):
        await bulk.get_jobs(["a"])

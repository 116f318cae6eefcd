"""Bad pages and bad job answers: kept + quarantined = sent, and only our errors (figure F8)."""

import copy
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from desktop.clients.caller import Patience
from desktop.clients.exchange import Answer
from desktop.clients.zendesk.bulk import ZendeskBulk
from desktop.clients.zendesk.export import ZendeskExport
from desktop.kit.errors import AppError
from desktop.model.retry import Backoff
from tests.headless.clients.fakes import Bench, answer, zendesk_client
from tests.headless.clients.test_malformed import body_of, encoded, mutated, raw

ONE_TRY = Patience(Backoff(tries=1), patience_s=5.0)

ASK: dict[str, Callable[[ZendeskExport, ZendeskBulk], Awaitable[object]]] = {
    "export_users": lambda e, _: e.users(),
    "export_users_last": lambda e, _: e.users(cursor="c", identities=True),
    "export_tickets": lambda e, _: e.tickets(),
    "found_users": lambda e, _: e.searched("x"),
    "found_users_last": lambda e, _: e.searched("x", after="c"),
    "job_updated": lambda _, b: b.job("a"),
    "job_created": lambda _, b: b.job("a"),
    "job_whole": lambda _, b: b.job("a"),
    "job_queued": lambda _, b: b.update_many([{"id": 1}]),
    "jobs_several": lambda _, b: b.jobs(["V3-2"]),
    "import_off": lambda _, b: b.create_or_update_many([{"id": 1}]),
    "export_cursor_unknown": lambda e, _: e.tickets(cursor="c"),
}


def clients(found: Answer) -> tuple[ZendeskExport, ZendeskBulk, Bench]:
    client, bench = zendesk_client(found, patience=ONE_TRY)
    return ZendeskExport(client, bench.clock), ZendeskBulk(client), bench


@pytest.mark.parametrize("name", ASK)
async def test_wild_answers_bring_only_our_errors(name: str) -> None:
    original = body_of("zendesk", name)
    chance = random.Random(f"wild bulk {name}")
    for _ in range(300):
        body = mutated(copy.deepcopy(original), chance)
        status = chance.choice((200, 200, 200, 400, 404, 422, 500))
        export, bulk, _ = clients(Answer(status, {}, body))
        try:
            value: object = await ASK[name](export, bulk)
        except AppError as error:
            value = f"{error} {error.title}"
        repr(value).encode()


BAD_ITEMS: tuple[object, ...] = (None, 7, "x", [], True, raw("NaN"))
BAD_IDS: tuple[object, ...] = (None, "x", -5, 0, True, 2**64, {}, [], raw("NaN"), raw("1e999"))


@pytest.mark.parametrize("kind", ["users", "tickets", "results"])
async def test_planted_in_numbers(kind: str) -> None:
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
        export, bulk, bench = clients(Answer(200, {}, encoded({**page, kind: rows})))
        found: Any = await ASK[name](export, bulk)
        kept = found.tickets if kind == "tickets" else found.people
        assert (len(kept), len(bench.bad)) == (40 - len(spoiled), len(spoiled))
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
async def test_one_bad_field_of_a_ticket_costs_one_note(
    field: str, values: tuple[object, ...]
) -> None:
    for value in values:
        page = body_of("zendesk", "export_tickets")
        page["tickets"][0][field] = value
        export, _, bench = clients(Answer(200, {}, encoded(page)))
        found = await export.tickets()
        assert [t.id for t in found.tickets] == [48213, 48214]
        assert len(bench.bad) == 1, (value, bench.bad)


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
async def test_results_of_any_form(results: object, rows: int, notes: int) -> None:
    job = {"id": "a", "status": "completed", "results": results, "total": None}
    _, bulk, bench = clients(Answer(200, {}, encoded({"job_status": job})))
    found = await bulk.job("a")
    assert (len(found.results), len(bench.bad)) == (rows, notes)
    repr(found).encode()


async def test_a_job_that_is_no_job_is_left_out_of_several() -> None:
    listed = [{"id": "a"}, {"id": None}, {}, 7, {"id": 5}]
    _, bulk, bench = clients(answer({"job_statuses": listed}))
    assert [job.id for job in await bulk.jobs(["a"])] == ["a"]
    assert len(bench.bad) == 4

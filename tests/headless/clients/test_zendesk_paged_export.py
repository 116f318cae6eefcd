"""Reading everybody and every ticket, page by page."""

import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.request_pipeline import RUN_RETRY_POLICY
from desktop.clients.zendesk.incremental_export import (
    TicketExportPage,
    UserExportPage,
    ZendeskExportClient,
)
from desktop.kit.errors import (
    AppError,
    Forbidden,
    NotFound,
    ResponseTimeout,
    ServiceError,
    ValuesRejected,
)
from desktop.model.zendesk_ticket import ExportedTicket
from tests.support.fake_transport import (
    NOW,
    ClientHarness,
    json_response,
    make_zendesk_client,
    recorded_response,
)

SILENT = ResponseTimeout("silence")


def export(*answers: HttpResponse | Exception) -> tuple[ZendeskExportClient, ClientHarness]:
    client, bench = make_zendesk_client(*answers, patience=RUN_RETRY_POLICY)
    return ZendeskExportClient(client, bench.clock), bench


async def test_users_export_reads_all_pages() -> None:
    found, bench = export(
        recorded_response("zendesk", "export_users"),
        recorded_response("zendesk", "export_users_last"),
    )
    first = await found.export_users(start_time=1_700_000_000.7)
    assert [(p.id, p.active) for p in first.users] == [(901, True), (902, False)]
    assert first.users[0].user_fields == {"sync_to_sailthru": True, "tier": "gold"}
    assert (first.cursor, first.is_last) == ("MTc2", False)
    last = await found.export_users(cursor=first.cursor, identities=True)
    assert last.users[0].emails == ("ben@example.com", "b.ode@work.example")
    assert (last.cursor, last.is_last) == ("MTc3", True)
    assert [r.query for r in bench.sent] == [
        (("start_time", "1700000000"), ("per_page", "1000")),
        (("cursor", "MTc2"), ("per_page", "1000"), ("include", "identities")),
    ]
    assert not bench.field_notes


async def test_tickets_export_reads_all_pages() -> None:
    found, bench = export(recorded_response("zendesk", "export_tickets"))
    page = await found.export_tickets(start_time=0)
    assert page == TicketExportPage(
        (
            ExportedTicket(
                48213,
                "Parcel 48213",
                "open",
                "high",
                901,
                1793527200.0,
                1795161600.0,
                None,
                ("parcel",),
                5,
                1795161600.0,
            ),
            ExportedTicket(
                48214,
                "Parcel 48214",
                "deleted",
                None,
                901,
                1793527200.0,
                1795161600.0,
                None,
                (),
                None,
                1795161700.0,
            ),
        ),
        "MTc4",
        True,
    )
    assert [t.is_deleted for t in page.tickets] == [False, True]
    assert bench.sent[0].path == "/api/v2/incremental/tickets/cursor"


@pytest.mark.parametrize("since", [NOW, NOW - 30, NOW + 1e6])
async def test_export_start_time_is_at_least_a_minute_ago(since: float) -> None:
    found, bench = export(recorded_response("zendesk", "export_tickets"))
    await found.export_tickets(start_time=since)
    assert bench.sent[0].query[0] == ("start_time", str(int(NOW - 61)))


async def test_export_without_start_time_reads_everything() -> None:
    found, bench = export(recorded_response("zendesk", "export_tickets"))
    await found.export_tickets()
    await found.export_tickets(start_time=-5)
    assert [r.query[0] for r in bench.sent] == [("start_time", "0")] * 2


async def test_export_as_agent_raises_forbidden() -> None:
    found, bench = export(recorded_response("zendesk", "export_admins_only"))
    with pytest.raises(Forbidden) as caught:
        await found.export_users(start_time=0)
    assert "administrators" in caught.value.title
    assert len(bench.sent) == 1


async def test_search_export_reads_all_pages() -> None:
    found, bench = export(
        recorded_response("zendesk", "found_users"),
        recorded_response("zendesk", "found_users_last"),
    )
    first = await found.search_users("tags:vip")
    assert ([p.id for p in first.users], first.cursor, first.is_last) == ([901], "c2Vh", False)
    last = await found.search_users("tags:vip", after=first.cursor)
    assert last == UserExportPage(last.users, "", True)
    assert bench.sent[1].query == (
        ("query", "tags:vip"),
        ("filter[type]", "user"),
        ("page[size]", "100"),
        ("page[after]", "c2Vh"),
    )


@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
async def test_export_expired_cursor_raises_named_error(way: str) -> None:
    found, bench = export(recorded_response("zendesk", "export_cursor_unknown"))
    with pytest.raises(NotFound) as caught:
        await step(found, way, "old")
    assert "place" in caught.value.title
    assert len(bench.sent) == 1


async def test_export_other_page_refusal_is_unchanged() -> None:
    wrong = json_response({"error": "InvalidValue", "description": "Too recent start_time."}, 422)
    found, _ = export(wrong)
    for cursor in (None, "c"):
        with pytest.raises(ValuesRejected):
            await found.export_users(cursor=cursor)


async def step(
    found: ZendeskExportClient, way: str, cursor: str | None
) -> UserExportPage | TicketExportPage:
    if way == "users":
        return await found.export_users(cursor=cursor)
    if way == "tickets":
        return await found.export_tickets(cursor=cursor)
    return await found.search_users("x", after=cursor)


def page(
    way: str, first_id: int, cursor: object, *, more: object = True, count: int = 2
) -> HttpResponse:
    rows = [{"id": first_id + n, "name": "x", "status": "open"} for n in range(count)]
    if way == "searched":
        meta = {"has_more": more, "after_cursor": cursor}
        return json_response({"results": rows, "meta": meta, "links": {"next": None}})
    ended = not more if isinstance(more, bool) else more
    return json_response({way: rows, "after_cursor": cursor, "end_of_stream": ended})


# (first id, cursor) of each page, and how many are asked for before it is told.
CIRCLES: tuple[tuple[tuple[tuple[int, object], ...], int], ...] = (
    (((1, "a"), (1, "a")), 2),
    (((1, "a"), (3, "a")), 2),
    (((1, "a"), (1, "b")), 2),
    (((1, "a"), (3, "b"), (5, "a")), 3),
    (((1, None),), 1),
    (((1, ""),), 1),
    (((1, {}),), 1),
    (((1, "a"), (3, None)), 2),
)


@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
@pytest.mark.parametrize(("pages", "asked"), CIRCLES)
async def test_export_cursor_circle_raises_error(
    way: str, pages: tuple[tuple[int, object], ...], asked: int
) -> None:
    found, bench = export(*(page(way, *place) for place in pages))
    with pytest.raises(ServiceError) as caught:
        await walk(found, way)
    assert not caught.value.is_retryable
    assert "end" in caught.value.title
    assert len(bench.sent) == asked


async def walk(found: ZendeskExportClient, way: str, cursor: str | None = None) -> int:
    pages = 0
    while True:
        here = await step(found, way, cursor)
        pages += 1
        cursor = here.cursor
        if here.is_last:
            return pages


@pytest.mark.parametrize("way", ["users", "tickets"])
async def test_resumed_export_repeated_cursor_raises_error(way: str) -> None:
    found, bench = export(page(way, 1, "kept"))
    with pytest.raises(ServiceError):
        await walk(found, way, "kept")
    assert len(bench.sent) == 1


@pytest.mark.parametrize("way", ["users", "tickets"])
async def test_export_two_empty_pages_raise_error(way: str) -> None:
    found, _ = export(page(way, 1, "a"), page(way, 1, "b", count=0), page(way, 3, "c", more=False))
    assert await walk(found, way) == 3
    found, bench = export(*(page(way, 1, f"c{n}", count=0) for n in range(9)))
    with pytest.raises(ServiceError):
        await walk(found, way)
    assert len(bench.sent) == 2


async def test_search_export_many_empty_pages_end() -> None:
    empty = [page("searched", 1, f"c{n}", count=0) for n in range(200)]
    found, _ = export(*empty, page("searched", 1, None, more=False))
    assert await walk(found, "searched") == 201
    found, bench = export(*(page("searched", 1, f"c{n}", count=0) for n in range(400)))
    with pytest.raises(ServiceError):
        await walk(found, "searched")
    assert len(bench.sent) == 301


async def test_export_long_walk_is_no_circle() -> None:
    pages = [page("users", 2 * n + 1, f"c{n}") for n in range(1_500)]
    found, _ = export(*pages, page("users", 9_999, "end", more=False))
    assert await walk(found, "users") == 1_501


async def test_exports_running_together_are_independent() -> None:
    found, _ = export(
        page("users", 1, "a"),
        page("tickets", 1, "a"),
        page("users", 3, "b", more=False),
        page("tickets", 3, "b", more=False),
    )
    users, tickets = await found.export_users(), await found.export_tickets()
    assert (await found.export_users(cursor=users.cursor)).is_last
    assert (await found.export_tickets(cursor=tickets.cursor)).is_last


@pytest.mark.parametrize("end", [None, "true", 1, {}])
async def test_export_page_without_end_flag_is_rejected(end: object) -> None:
    found, _ = export(page("users", 1, "a", more=end))
    with pytest.raises(ServiceError):
        await found.export_users()


def sizes(sent: list[HttpRequest]) -> list[str]:
    return [dict(r.query)["per_page"] for r in sent]


async def test_export_page_size_shrinks_after_timeout() -> None:
    found, bench = export(SILENT, SILENT, page("users", 1, "a"), page("users", 3, "b", more=False))
    await found.export_users()
    await found.export_users(cursor="a")
    assert sizes(bench.sent) == ["1000", "500", "250", "250"]
    assert not bench.clock.slept


async def test_export_smallest_page_is_retried_then_fails() -> None:
    found, bench = export(SILENT)
    with pytest.raises(ResponseTimeout):
        await found.export_tickets()
    assert sizes(bench.sent) == ["1000", "500", "250", "125"] + ["100"] * 8


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        (400, ValuesRejected, 1),
        (404, NotFound, 1),
        (408, ServiceError, 8),
        (422, ValuesRejected, 1),
        (423, ServiceError, 8),
        (500, ServiceError, 8),
        (501, ServiceError, 1),
        (502, ServiceError, 8),
        (503, ServiceError, 8),
        (504, ServiceError, 8),
        (302, ServiceError, 8),
    ],
)
@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
async def test_export_status_has_one_behaviour(
    way: str, status: int, kind: type[AppError], tries: int
) -> None:
    found, bench = export(json_response({"error": "x", "description": "y"}, status))
    with pytest.raises(kind):
        await step(found, way, "c")
    assert len(bench.sent) == tries
    for body in (b"", b"<html>", b'{"error": "x"}', b'{"users": [{"id'):
        found, bench = export(HttpResponse(status, {}, body))
        with pytest.raises(ServiceError):
            await step(found, way, "c")
        assert len(bench.sent) == 8


@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b'{"users": [{"id"'])
async def test_export_wrong_body_is_no_page(way: str, body: bytes) -> None:
    found, _ = export(HttpResponse(200, {}, body))
    with pytest.raises(ServiceError):
        await step(found, way, None)

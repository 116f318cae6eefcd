"""Reading everybody and every ticket, page by page."""

import pytest

from desktop.clients.caller import RUN
from desktop.clients.exchange import Answer, Request
from desktop.clients.zendesk.export import TicketsPage, UserPage, ZendeskExport
from desktop.kit.errors import (
    AppError,
    Forbidden,
    NotFound,
    Rejected,
    ServiceTrouble,
    TimedOut,
)
from desktop.model.exported_ticket import ExportedTicket
from tests.headless.clients.fakes import NOW, Bench, answer, sample, zendesk_client

SILENT = TimedOut("silence")


def export(*answers: Answer | Exception) -> tuple[ZendeskExport, Bench]:
    client, bench = zendesk_client(*answers, patience=RUN)
    return ZendeskExport(client, bench.clock), bench


async def test_users_page_by_page() -> None:
    found, bench = export(sample("zendesk", "export_users"), sample("zendesk", "export_users_last"))
    first = await found.users(start_time=1_700_000_000.7)
    assert [(p.id, p.active) for p in first.people] == [(901, True), (902, False)]
    assert first.people[0].user_fields == {"sync_to_sailthru": True, "tier": "gold"}
    assert (first.cursor, first.ended) == ("MTc2", False)
    last = await found.users(cursor=first.cursor, identities=True)
    assert last.people[0].emails == ("ben@example.com", "b.ode@work.example")
    assert (last.cursor, last.ended) == ("MTc3", True)
    assert [r.query for r in bench.sent] == [
        (("start_time", "1700000000"), ("per_page", "1000")),
        (("cursor", "MTc2"), ("per_page", "1000"), ("include", "identities")),
    ]
    assert not bench.bad


async def test_tickets() -> None:
    found, bench = export(sample("zendesk", "export_tickets"))
    page = await found.tickets(start_time=0)
    assert page == TicketsPage(
        (
            ExportedTicket(
                48213,
                901,
                "Parcel 48213",
                "open",
                "high",
                ("parcel",),
                5,
                1793527200.0,
                1795161600.0,
                1795161600.0,
            ),
            ExportedTicket(
                48214,
                901,
                "Parcel 48214",
                "deleted",
                None,
                (),
                None,
                1793527200.0,
                1795161600.0,
                1795161700.0,
            ),
        ),
        "MTc4",
        True,
    )
    assert [t.deleted for t in page.tickets] == [False, True]
    assert bench.sent[0].path == "/api/v2/incremental/tickets/cursor"


@pytest.mark.parametrize("since", [NOW, NOW - 30, NOW + 1e6])
async def test_the_last_minute_is_never_asked_for(since: float) -> None:
    found, bench = export(sample("zendesk", "export_tickets"))
    await found.tickets(start_time=since)
    assert bench.sent[0].query[0] == ("start_time", str(int(NOW - 61)))


async def test_without_a_time_everything_is_asked_for() -> None:
    found, bench = export(sample("zendesk", "export_tickets"))
    await found.tickets()
    await found.tickets(start_time=-5)
    assert [r.query[0] for r in bench.sent] == [("start_time", "0")] * 2


async def test_who_is_no_admin_is_told() -> None:
    found, bench = export(sample("zendesk", "export_admins_only"))
    with pytest.raises(Forbidden) as caught:
        await found.users(start_time=0)
    assert "administrators" in caught.value.title
    assert len(bench.sent) == 1


async def test_found_by_a_search() -> None:
    found, bench = export(sample("zendesk", "found_users"), sample("zendesk", "found_users_last"))
    first = await found.searched("tags:vip")
    assert ([p.id for p in first.people], first.cursor, first.ended) == ([901], "c2Vh", False)
    last = await found.searched("tags:vip", after=first.cursor)
    assert last == UserPage(last.people, "", True)
    assert bench.sent[1].query == (
        ("query", "tags:vip"),
        ("filter[type]", "user"),
        ("page[size]", "100"),
        ("page[after]", "c2Vh"),
    )


@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
async def test_a_cursor_that_has_died_is_named(way: str) -> None:
    found, bench = export(sample("zendesk", "export_cursor_unknown"))
    with pytest.raises(NotFound) as caught:
        await step(found, way, "old")
    assert "place" in caught.value.title
    assert len(bench.sent) == 1


async def test_another_refusal_of_a_page_stays_what_it_is() -> None:
    wrong = answer({"error": "InvalidValue", "description": "Too recent start_time."}, 422)
    found, _ = export(wrong)
    for cursor in (None, "c"):
        with pytest.raises(Rejected):
            await found.users(cursor=cursor)


async def step(found: ZendeskExport, way: str, cursor: str | None) -> UserPage | TicketsPage:
    if way == "users":
        return await found.users(cursor=cursor)
    if way == "tickets":
        return await found.tickets(cursor=cursor)
    return await found.searched("x", after=cursor)


def page(way: str, first_id: int, cursor: object, *, more: object = True, count: int = 2) -> Answer:
    rows = [{"id": first_id + n, "name": "x", "status": "open"} for n in range(count)]
    if way == "searched":
        meta = {"has_more": more, "after_cursor": cursor}
        return answer({"results": rows, "meta": meta, "links": {"next": None}})
    ended = not more if isinstance(more, bool) else more
    return answer({way: rows, "after_cursor": cursor, "end_of_stream": ended})


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
async def test_circles(way: str, pages: tuple[tuple[int, object], ...], asked: int) -> None:
    found, bench = export(*(page(way, *place) for place in pages))
    with pytest.raises(ServiceTrouble) as caught:
        await walk(found, way)
    assert not caught.value.retryable
    assert "end" in caught.value.title
    assert len(bench.sent) == asked


async def walk(found: ZendeskExport, way: str, cursor: str | None = None) -> int:
    pages = 0
    while True:
        here = await step(found, way, cursor)
        pages += 1
        cursor = here.cursor
        if here.ended:
            return pages


@pytest.mark.parametrize("way", ["users", "tickets"])
async def test_a_resumed_walk_notices_a_cursor_that_stands_still(way: str) -> None:
    found, bench = export(page(way, 1, "kept"))
    with pytest.raises(ServiceTrouble):
        await walk(found, way, "kept")
    assert len(bench.sent) == 1


@pytest.mark.parametrize("way", ["users", "tickets"])
async def test_one_empty_page_is_fine_two_are_not(way: str) -> None:
    found, _ = export(page(way, 1, "a"), page(way, 1, "b", count=0), page(way, 3, "c", more=False))
    assert await walk(found, way) == 3
    found, bench = export(*(page(way, 1, f"c{n}", count=0) for n in range(9)))
    with pytest.raises(ServiceTrouble):
        await walk(found, way)
    assert len(bench.sent) == 2


async def test_a_search_may_look_long_and_still_ends() -> None:
    empty = [page("searched", 1, f"c{n}", count=0) for n in range(200)]
    found, _ = export(*empty, page("searched", 1, None, more=False))
    assert await walk(found, "searched") == 201
    found, bench = export(*(page("searched", 1, f"c{n}", count=0) for n in range(400)))
    with pytest.raises(ServiceTrouble):
        await walk(found, "searched")
    assert len(bench.sent) == 301


async def test_a_long_walk_is_no_circle() -> None:
    pages = [page("users", 2 * n + 1, f"c{n}") for n in range(1_500)]
    found, _ = export(*pages, page("users", 9_999, "end", more=False))
    assert await walk(found, "users") == 1_501


async def test_walks_do_not_disturb_each_other() -> None:
    found, _ = export(
        page("users", 1, "a"),
        page("tickets", 1, "a"),
        page("users", 3, "b", more=False),
        page("tickets", 3, "b", more=False),
    )
    users, tickets = await found.users(), await found.tickets()
    assert (await found.users(cursor=users.cursor)).ended
    assert (await found.tickets(cursor=tickets.cursor)).ended


@pytest.mark.parametrize("end", [None, "true", 1, {}])
async def test_a_page_that_does_not_say_whether_it_is_the_last_is_not_used(end: object) -> None:
    found, _ = export(page("users", 1, "a", more=end))
    with pytest.raises(ServiceTrouble):
        await found.users()


def sizes(sent: list[Request]) -> list[str]:
    return [dict(r.query)["per_page"] for r in sent]


async def test_pages_shrink_after_silence_and_stay_small() -> None:
    found, bench = export(SILENT, SILENT, page("users", 1, "a"), page("users", 3, "b", more=False))
    await found.users()
    await found.users(cursor="a")
    assert sizes(bench.sent) == ["1000", "500", "250", "250"]
    assert not bench.clock.slept


async def test_the_smallest_page_is_tried_like_any_read_and_then_given_up() -> None:
    found, bench = export(SILENT)
    with pytest.raises(TimedOut):
        await found.tickets()
    assert sizes(bench.sent) == ["1000", "500", "250", "125"] + ["100"] * 8


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        (400, Rejected, 1),
        (404, NotFound, 1),
        (408, ServiceTrouble, 8),
        (422, Rejected, 1),
        (423, ServiceTrouble, 8),
        (500, ServiceTrouble, 8),
        (501, ServiceTrouble, 1),
        (502, ServiceTrouble, 8),
        (503, ServiceTrouble, 8),
        (504, ServiceTrouble, 8),
        (302, ServiceTrouble, 1),
    ],
)
@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
async def test_statuses(way: str, status: int, kind: type[AppError], tries: int) -> None:
    for body in (b"", b"<html>", b'{"error": "x"}', b'{"users": [{"id'):
        found, bench = export(Answer(status, {}, body))
        with pytest.raises(kind):
            await step(found, way, "c")
        assert len(bench.sent) == tries


@pytest.mark.parametrize("way", ["users", "tickets", "searched"])
@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b'{"users": [{"id"'])
async def test_no_answer_of_the_service_is_taken_for_a_page(way: str, body: bytes) -> None:
    found, _ = export(Answer(200, {}, body))
    with pytest.raises(ServiceTrouble):
        await step(found, way, None)

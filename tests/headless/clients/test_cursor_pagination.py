"""Cursor pages that lead in a circle, backwards or nowhere end with a named error (figure F9)."""

import pytest

from desktop.clients.http_messages import HttpResponse
from desktop.kit.errors import ServiceError, ValuesRejected
from tests.support.fake_transport import json_response, make_zendesk_client


def page(first_id: int, cursor: object, *, more: object = True, count: int = 2) -> HttpResponse:
    fields = [{"id": first_id + n, "key": f"k{first_id + n}"} for n in range(count)]
    return json_response(
        {
            "user_fields": fields,
            "meta": {"has_more": more, "after_cursor": cursor},
            "links": {"next": None},
        }
    )


@pytest.mark.parametrize(
    ("answers", "pages"),
    [
        ((page(1, "a"), page(1, "a")), 2),
        ((page(1, "a"), page(1, "b")), 2),
        ((page(1, "a"), page(3, "a")), 2),
        ((page(1, "a"), page(3, "b"), page(1, "a")), 3),
        ((page(1, "a", count=0),), 1),
        ((page(1, "a"), page(1, "b", count=0)), 2),
        ((page(1, None),), 1),
        ((page(1, ""),), 1),
        ((page(1, {}),), 1),
        ((page(1, "a"), page(3, None)), 2),
    ],
)
async def test_cursor_circle_raises_error(answers: tuple[HttpResponse, ...], pages: int) -> None:
    client, bench = make_zendesk_client(*answers)
    with pytest.raises(ServiceError) as caught:
        await client.list_user_fields()
    assert "end" in caught.value.title
    assert not caught.value.is_retryable
    assert len(bench.sent) == pages


async def test_cursor_endless_list_raises_error() -> None:
    client, bench = make_zendesk_client(*(page(n * 2 + 1, f"c{n}") for n in range(300)))
    with pytest.raises(ServiceError):
        await client.list_user_fields()
    assert len(bench.sent) == 101


async def test_cursor_expired_raises_named_error() -> None:
    expired = json_response({"error": "InvalidCursor", "description": "cursor has expired"}, 422)
    client, _ = make_zendesk_client(page(1, "a"), expired)
    with pytest.raises(ValuesRejected) as caught:
        await client.list_user_fields()
    assert "expired" in caught.value.message


async def test_cursor_empty_last_page_is_accepted() -> None:
    client, _ = make_zendesk_client(page(1, "a"), page(9, None, more=False, count=0))
    assert [f.id for f in await client.list_user_fields()] == [1, 2]


async def test_page_link_only_its_cursor_is_used() -> None:
    first = json_response(
        {
            "user_fields": [{"id": 1, "key": "a"}],
            "meta": {"has_more": True},
            "links": {"next": "https://evil.example/api?page%5Bafter%5D=x%3D%3D"},
        }
    )
    client, bench = make_zendesk_client(first, page(2, None, more=False))
    assert len(await client.list_user_fields()) == 3
    assert bench.sent[1].path == "/api/v2/user_fields"
    assert bench.sent[1].query[1] == ("page[after]", "x==")


@pytest.mark.parametrize("link", ["https://[bad", "https://a.example/?page=2", 7])
async def test_page_link_without_cursor_ends_listing(link: object) -> None:
    first = {"user_fields": [{"id": 1, "key": "a"}], "meta": {"has_more": True}}
    client, _ = make_zendesk_client(json_response({**first, "links": {"next": link}}))
    with pytest.raises(ServiceError):
        await client.list_user_fields()


async def test_response_without_cursor_is_one_page() -> None:
    client, bench = make_zendesk_client(
        json_response({"user_fields": [{"id": 1, "key": "a"}], "count": 1})
    )
    assert len(await client.list_user_fields()) == 1
    assert len(bench.sent) == 1

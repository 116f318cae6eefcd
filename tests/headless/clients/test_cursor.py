"""Cursor pages that lead in a circle, backwards or nowhere end with a named error (figure F9)."""

import pytest

from desktop.clients.exchange import Answer
from desktop.kit.errors import Rejected, ServiceTrouble
from tests.headless.clients.fakes import answer, zendesk_client


def page(first_id: int, cursor: object, *, more: object = True, count: int = 2) -> Answer:
    fields = [{"id": first_id + n, "key": f"k{first_id + n}"} for n in range(count)]
    return answer(
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
async def test_circles(answers: tuple[Answer, ...], pages: int) -> None:
    client, bench = zendesk_client(*answers)
    with pytest.raises(ServiceTrouble) as caught:
        await client.user_fields()
    assert "end" in caught.value.title
    assert not caught.value.retryable
    assert len(bench.sent) == pages


async def test_a_list_that_only_grows_ends_too() -> None:
    client, bench = zendesk_client(*(page(n * 2 + 1, f"c{n}") for n in range(300)))
    with pytest.raises(ServiceTrouble):
        await client.user_fields()
    assert len(bench.sent) == 101


async def test_an_expired_cursor_is_named() -> None:
    expired = answer({"error": "InvalidCursor", "description": "cursor has expired"}, 422)
    client, _ = zendesk_client(page(1, "a"), expired)
    with pytest.raises(Rejected) as caught:
        await client.user_fields()
    assert "expired" in caught.value.message


async def test_an_empty_last_page_is_fine() -> None:
    client, _ = zendesk_client(page(1, "a"), page(9, None, more=False, count=0))
    assert [f.id for f in await client.user_fields()] == [1, 2]


async def test_only_the_cursor_is_taken_from_a_link() -> None:
    first = answer(
        {
            "user_fields": [{"id": 1, "key": "a"}],
            "meta": {"has_more": True},
            "links": {"next": "https://evil.example/api?page%5Bafter%5D=x%3D%3D"},
        }
    )
    client, bench = zendesk_client(first, page(2, None, more=False))
    assert len(await client.user_fields()) == 3
    assert bench.sent[1].path == "/api/v2/user_fields"
    assert bench.sent[1].query[1] == ("page[after]", "x==")


@pytest.mark.parametrize("link", ["https://[bad", "https://a.example/?page=2", 7])
async def test_a_link_without_a_cursor_leads_nowhere(link: object) -> None:
    first = {"user_fields": [{"id": 1, "key": "a"}], "meta": {"has_more": True}}
    client, _ = zendesk_client(answer({**first, "links": {"next": link}}))
    with pytest.raises(ServiceTrouble):
        await client.user_fields()


async def test_without_cursors_there_is_one_page() -> None:
    client, bench = zendesk_client(answer({"user_fields": [{"id": 1, "key": "a"}], "count": 1}))
    assert len(await client.user_fields()) == 1
    assert len(bench.sent) == 1

"""Sell's client on a script: what it sends, and what it makes of odd answers."""

from decimal import Decimal
from typing import Any

import pytest

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpResponse
from desktop.clients.request_pipeline import (
    INTERACTIVE_RETRY_POLICY,
    RUN_RETRY_POLICY,
    RequestPipeline,
    RetryPolicy,
)
from desktop.clients.sell.client import SellClient
from desktop.clients.sell.credentials import AccessTokenCredentials, SellAuthenticator
from desktop.clients.sell.protocol import CALLS_PER_S
from desktop.clients.sell.wire_to_model import parse_contact, parse_decimal
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.token_bucket import PacedRateLimiter
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    NotFound,
    RateLimited,
    ServiceError,
    ValuesRejected,
)
from tests.support.clocks import ManualClock
from tests.support.fake_transport import NOW, ScriptedTransport, json_response

TOKEN = "token-canary" * 5


def make_sell_client(
    *answers: HttpResponse | Exception, patience: RetryPolicy = INTERACTIVE_RETRY_POLICY
) -> tuple[SellClient, ScriptedTransport, ManualClock]:
    clock = ManualClock(NOW)
    script = ScriptedTransport(list(answers), clock)
    pipeline = RequestPipeline(
        script,
        PacedRateLimiter(clock, calls_per_s=CALLS_PER_S),
        ServiceStatusTracker("Zendesk Sell", clock),
        clock,
        SellAuthenticator(AccessTokenCredentials(TOKEN)),
        patience,
        lambda: 0.5,
    )
    return SellClient(pipeline), script, clock


def refusal(status: int, code: str, **error: str) -> HttpResponse:
    body = {
        "errors": [{"error": {"code": code, "message": "No", "details": "Not so", **error}}],
        "meta": {"type": "errors", "http_status": f"{status}", "logref": "ref-4711"},
    }
    return json_response(body, status)


def collection(*records: dict[str, Any], next_page: str = "") -> HttpResponse:
    links = {"self": "x"} | ({"next_page": next_page} if next_page else {})
    items = [{"data": record, "meta": {"type": "contact"}} for record in records]
    return json_response({"items": items, "meta": {"count": len(items), "links": links}})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, "invalid_param"), ValuesRejected),
        (refusal(401, "unauthorized"), AuthenticationError),
        (refusal(403, "insufficient_scope"), Forbidden),
        (refusal(404, "not_found"), NotFound),
        (refusal(409, "conflict"), ConflictError),
        (refusal(422, "incorrect_payload"), ValuesRejected),
        (refusal(500, "server_error"), ServiceError),
        (refusal(503, "temporarily_unavailable"), ServiceError),
    ],
)
async def test_sell_error_names_the_reference_to_quote(
    answer: HttpResponse, kind: type[AppError]
) -> None:
    client, _, _ = make_sell_client(answer)
    with pytest.raises(kind) as raised:
        await client.show_contact(1)
    assert "ref-4711" in raised.value.message
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "answer",
    [
        HttpResponse(401, {}, b"<html>sign in</html>"),
        HttpResponse(404, {}, b"nothing here"),
        json_response({"message": "Forbidden"}, 403),
        json_response({"errors": [], "meta": {}}, 404),
        HttpResponse(200, {"content-type": "application/json"}, b""),
        json_response([1], 200),
        json_response({"data": {"name": "no id"}}),
        json_response({"data": {"id": 2}}),
    ],
)
async def test_answer_that_is_not_sells_own_says_nothing_of_the_record(
    answer: HttpResponse,
) -> None:
    client, _, _ = make_sell_client(answer)
    with pytest.raises(ServiceError):
        await client.show_contact(1)


async def test_sell_field_errors_are_kept_by_name() -> None:
    answer = refusal(422, "blank", field="/data/last_name", details="can't be blank")
    client, _, _ = make_sell_client(answer)
    with pytest.raises(ValuesRejected) as raised:
        await client.show_contact(1)
    assert raised.value.fields == {"last_name": "can't be blank"}


async def test_sell_429_is_waited_out_with_growing_pauses() -> None:
    limited = refusal(429, "rate_limit_exceeded")
    answers = [limited, limited, limited, json_response({"data": {"id": 1, "name": "A"}})]
    client, script, clock = make_sell_client(*answers, patience=RUN_RETRY_POLICY)
    began = clock.monotonic()
    assert (await client.me()).id == 1
    assert len(script.sent) == 4
    # One, two and four seconds at least.
    assert 7 <= clock.monotonic() - began < 15


async def test_sell_429_is_told_when_patience_ends() -> None:
    client, script, _ = make_sell_client(refusal(429, "rate_limit_exceeded"))
    with pytest.raises(RateLimited):
        await client.me()
    assert 1 < len(script.sent) < 4


async def test_request_carries_the_token() -> None:
    client, script, _ = make_sell_client(json_response({"data": {"id": 5}}))
    await client.show_contact(5)
    (sent,) = script.sent
    assert (sent.method, sent.path) == ("GET", "/v2/contacts/5")
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(sent)


async def test_address_is_compared_in_the_answer_again() -> None:
    stranger = {"id": 1, "email": "stranger@new.example"}
    maria = {"id": 2, "email": "Maria@Lopez.example"}
    client, _, _ = make_sell_client(collection(stranger, maria, {"id": 3, "email": None}))
    assert [found.id for found in await client.find_contacts("maria@lopez.example")] == [2]


async def test_pages_are_read_until_none_follows() -> None:
    answers = [
        collection({"id": 1, "email": "a@b.example"}, next_page="x"),
        collection({"id": 2, "email": "a@b.example"}, next_page="x"),
        collection(next_page="x"),
    ]
    client, script, _ = make_sell_client(*answers)
    assert [found.id for found in await client.find_contacts("a@b.example")] == [1, 2]
    assert [dict(sent.query)["page"] for sent in script.sent] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12400.50", Decimal("12400.50")),
        ("0.1", Decimal("0.1")),
        (9100, Decimal(9100)),
        (None, None),
        ("", None),
        ("a lot", None),
        ("NaN", None),
        (True, None),
    ],
)
def test_decimals_are_exact(value: Any, expected: Decimal | None) -> None:
    assert parse_decimal(value, "value", FieldParser()) == expected


def test_invalid_fields_of_a_contact_are_left_out() -> None:
    parser = FieldParser()
    found = parse_contact(
        {
            "id": 9,
            "first_name": 5,
            "last_name": "Ode",
            "tags": ["a", 1, ""],
            "owner_id": -1,
            "custom_fields": [],
            "updated_at": "soon",
            "address": None,
        },
        parser,
        "data",
    )
    assert found is not None
    assert (found.first_name, found.last_name, found.tags) == ("", "Ode", ("a",))
    assert (found.owner_id, found.updated_at, found.custom_fields) == (None, None, {})
    assert {problem.path for problem in parser.problems} == {
        "data.first_name",
        "data.tags[1]",
        "data.owner_id",
        "data.updated_at",
    }

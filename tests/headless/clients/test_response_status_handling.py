"""Every status has one stated behaviour per service, for reads and for writes (figure F7).

A row: status → (error, what a read does, what a write does); `again` is tried again,
`once` is raised at once. Retry-After in all its odd forms is below.
"""

from collections.abc import Awaitable, Callable

import pytest

from desktop.clients.http_messages import HttpResponse
from desktop.clients.request_pipeline import RetryPolicy
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    NotFound,
    RateLimited,
    RequestTooLarge,
    ServiceError,
    ServiceUnreachable,
    ValuesRejected,
)
from desktop.model.retry_backoff import ExponentialBackoff
from tests.support.fake_transport import (
    NOW,
    ClientHarness,
    json_response,
    make_sailthru_client,
    make_zendesk_client,
    recorded_response,
)

SID = "57b4352f3f92a4254f3d5607"
PATIENT = RetryPolicy(ExponentialBackoff(first_delay_s=1.0, max_attempts=3), max_wait_s=1000.0)

# What an answer of the service's own becomes.
OWN: dict[int, tuple[type[AppError], str, str]] = {
    301: (ServiceError, "again", "again"),
    302: (ServiceError, "again", "again"),
    400: (ValuesRejected, "once", "once"),
    401: (AuthenticationError, "once", "once"),
    403: (Forbidden, "once", "once"),
    404: (NotFound, "once", "once"),
    405: (ServiceError, "once", "once"),
    408: (ServiceError, "again", "again"),
    409: (ConflictError, "again", "once"),
    410: (NotFound, "once", "once"),
    413: (ValuesRejected, "once", "once"),
    422: (ValuesRejected, "once", "once"),
    423: (ServiceError, "again", "again"),
    429: (RateLimited, "again", "again"),
    500: (ServiceError, "again", "once"),
    501: (ServiceError, "once", "once"),
    502: (ServiceError, "again", "once"),
    503: (ServiceError, "again", "once"),
    504: (ServiceError, "again", "once"),
}
# What a proxy, gateway or captive portal answers says nothing of the record: it may pass.
FOREIGN: dict[int, tuple[type[AppError], str, str]] = {
    status: (ServiceError, "again", "once") for status in OWN
} | {
    301: OWN[301],
    302: OWN[302],
    407: (ServiceUnreachable, "again", "again"),
    408: OWN[408],
    413: (RequestTooLarge, "once", "once"),
    423: OWN[423],
    429: OWN[429],
    511: (ServiceError, "again", "once"),
}
SURELY_NOT_APPLIED = {301, 302, 405, 408, 423, 501}
OWN_BODIES = {
    "Sailthru": {
        "json": b'{"error": 99, "errormsg": "y"}',
        "xml": b"<triggermail><error>99</error></triggermail>",
    },
    "Zendesk": {
        "named": b'{"error": "x", "description": "y"}',
        "titled": b'{"error": {"title": "x", "message": "y"}}',
        "listed": b'{"errors": [{"code": "x", "title": "y", "detail": "z"}]}',
    },
}
FOREIGN_BODIES = {
    "empty": b"",
    "text": b"Something went wrong",
    "html": b"<html><body>Bad</body></html>",
    "array": b"[]",
    "cut": b'{"error": "x", "err',
    "gateway": b'{"message": "Forbidden"}',
    "sentence": b'{"error": "Forbidden"}',
    "spring": b'{"timestamp": 1, "status": 404, "error": "Not Found", "path": "/"}',
    "cloud": b'{"error": {"code": 404, "message": "gone", "status": "NOT_FOUND"}}',
    "kong": b'{"errors": [{"message": "no route"}]}',
}
SERVICES = ("Sailthru", "Zendesk")


def read(
    service: str, *answers: HttpResponse
) -> tuple[Callable[[], Awaitable[object]], ClientHarness]:
    if service == "Sailthru":
        sailthru, bench = make_sailthru_client(*answers, patience=PATIENT)
        return sailthru.get_account, bench
    zendesk, bench = make_zendesk_client(*answers, patience=PATIENT)
    return zendesk.list_recent_tickets, bench


def write(
    service: str, *answers: HttpResponse
) -> tuple[Callable[[], Awaitable[object]], ClientHarness]:
    if service == "Sailthru":
        sailthru, bench = make_sailthru_client(*answers, patience=PATIENT)
        return lambda: sailthru.post_user(SID, vars={"a": 1}), bench
    zendesk, bench = make_zendesk_client(*answers, patience=PATIENT)
    return lambda: zendesk.update_user(9, notes="x"), bench


@pytest.mark.parametrize("status", sorted(OWN))
@pytest.mark.parametrize(("service", "body"), [(s, b) for s in SERVICES for b in OWN_BODIES[s]])
async def test_own_answer_has_one_behaviour_per_status(
    service: str, body: str, status: int
) -> None:
    kind, reading, writing = OWN[status]
    for make, behaviour in ((read, reading), (write, writing)):
        act, bench = make(service, HttpResponse(status, {}, OWN_BODIES[service][body]))
        with pytest.raises(kind) as caught:
            await act()
        assert len(bench.sent) == (3 if behaviour == "again" else 1)
        assert caught.value.title.endswith(".")
        if isinstance(caught.value, ServiceError):
            assert caught.value.is_outcome_unknown == (status not in SURELY_NOT_APPLIED)


@pytest.mark.parametrize("body", FOREIGN_BODIES)
@pytest.mark.parametrize("status", sorted(FOREIGN))
@pytest.mark.parametrize("service", SERVICES)
async def test_foreign_answer_is_trouble_that_passes(service: str, status: int, body: str) -> None:
    if (service, body, status) == ("Zendesk", "sentence", 401):
        # So Zendesk refuses a sign-in.
        return
    kind, reading, writing = FOREIGN[status]
    for make, behaviour in ((read, reading), (write, writing)):
        act, bench = make(service, HttpResponse(status, {}, FOREIGN_BODIES[body]))
        with pytest.raises(kind) as caught:
            await act()
        assert caught.value.is_retryable
        assert len(bench.sent) == (3 if behaviour == "again" else 1)
        assert caught.value.title.endswith(".")
        if make is write and isinstance(caught.value, ServiceError):
            assert caught.value.is_outcome_unknown == (behaviour == "once")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("document", [{}, {"status": "ok"}, {"login": "https://portal.example"}])
async def test_json_of_a_proxy_with_200_is_no_answer(service: str, document: object) -> None:
    answer = json_response(document)
    sailthru, _ = make_sailthru_client(answer, patience=PATIENT)
    zendesk, _ = make_zendesk_client(answer, patience=PATIENT)
    calls = {
        "Sailthru": (
            lambda: sailthru.get_user(SID, key="sid"),
            sailthru.list_lists,
            lambda: sailthru.post_user(SID, vars={"a": 1}),
            lambda: sailthru.create_user("a@b.example"),
            lambda: sailthru.create_list("x"),
            lambda: sailthru.get_job("1"),
            lambda: sailthru.submit_job("update", {}),
        ),
        "Zendesk": (
            zendesk.me,
            lambda: zendesk.show_user(9),
            lambda: zendesk.show_users((9,)),
            lambda: zendesk.search_users("x"),
            zendesk.list_recent_tickets,
            zendesk.list_user_fields,
            lambda: zendesk.update_user(9, notes="x"),
        ),
    }
    for call in calls[service]:
        with pytest.raises(ServiceError) as caught:
            await call()  # type: ignore[operator]
        assert caught.value.is_retryable


@pytest.mark.parametrize(
    ("service", "name", "kind"),
    [
        ("Sailthru", "internal_200", ServiceError),
        ("Sailthru", "key_missing_xml", ValuesRejected),
        ("Sailthru", "signature_wrong", AuthenticationError),
        ("Sailthru", "too_many", RateLimited),
        ("Zendesk", "edge_too_many", RateLimited),
        ("Zendesk", "text_too_many", RateLimited),
        ("Zendesk", "too_many_jobs", RateLimited),
        ("Zendesk", "update_conflict", ConflictError),
    ],
)
async def test_recorded_refusal_raises_its_error(
    service: str, name: str, kind: type[AppError]
) -> None:
    act, bench = write(service, recorded_response(service.lower(), name))
    with pytest.raises(kind):
        await act()
    assert len(bench.sent) == (3 if kind is RateLimited else 1)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><body>Please sign in to this network</body></html>",
        b"",
        b"OK",
        b'{"keys": {"sid":',
        b"[1,2,3]",
        b"null",
        b"17",
        b'"text"',
        b"[" * 100_000,
    ],
)
async def test_response_200_with_wrong_body_is_no_success(service: str, body: bytes) -> None:
    act, bench = write(service, HttpResponse(200, {}, body))
    with pytest.raises(ServiceError) as caught:
        await act()
    assert caught.value.is_outcome_unknown
    assert len(bench.sent) == 1


CODES: dict[object, type[AppError]] = {
    1: ServiceError,
    2: ValuesRejected,
    3: AuthenticationError,
    4: Forbidden,
    5: AuthenticationError,
    6: ValuesRejected,
    9: ServiceError,
    11: ValuesRejected,
    12: NotFound,
    13: NotFound,
    14: NotFound,
    15: NotFound,
    16: NotFound,
    17: AuthenticationError,
    18: ValuesRejected,
    21: Forbidden,
    22: Forbidden,
    32: ValuesRejected,
    33: ValuesRejected,
    34: ValuesRejected,
    35: ValuesRejected,
    36: Forbidden,
    37: Forbidden,
    41: Forbidden,
    42: ValuesRejected,
    43: RateLimited,
    "43": RateLimited,
    99: ValuesRejected,
    "XX": ValuesRejected,
    10**30: ValuesRejected,
    1.5: ValuesRejected,
}


@pytest.mark.parametrize("code", CODES, ids=str)
async def test_sailthru_error_code_same_with_200_and_400(code: object) -> None:
    for status in (200, 400):
        act, _ = write("Sailthru", json_response({"error": code, "errormsg": "because"}, status))
        with pytest.raises(CODES[code]):
            await act()


async def test_sailthru_error_text_names_fields() -> None:
    for code, words, field in [
        (11, "Invalid email: praj", "email"),
        (42, "Invalid UTF-8 characters for field: first_name", "first_name"),
        (35, "Known hardbounce", "email"),
    ]:
        act, _ = write("Sailthru", json_response({"error": code, "errormsg": words}, 400))
        with pytest.raises(ValuesRejected) as caught:
            await act()
        assert list(caught.value.fields) == [field]


HTTP_DATE = "Sat, 21 Nov 2026 10:42:45 GMT"
ODD = {
    "30": 30.0,
    "+5": 5.0,
    " 7 ": 7.0,
    "2.5": 2.5,
    "0": 0.0,
    "-20": 0.0,
    "99999999999999999999": 3600.0,
    "1e9": 3600.0,
    HTTP_DATE: 30.0,
    "Sat, 21 Nov 2020 10:42:45 GMT": 0.0,
    "Sat, 21 Nov 2099 10:42:45 GMT": 3600.0,
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("header", ODD)
async def test_retry_after_odd_value_is_parsed(service: str, header: str) -> None:
    date = "Sat, 21 Nov 2026 10:42:15 GMT"
    act, bench = read(service, HttpResponse(429, {"retry-after": header, "date": date}))
    with pytest.raises(RateLimited) as caught:
        await act()
    assert caught.value.retry_at == pytest.approx(bench.clock.now() + ODD[header], abs=1)
    waits = [s for s in bench.clock.slept if s >= ODD[header]]
    assert len(waits) >= (2 if ODD[header] < 400 else 0)


@pytest.mark.parametrize(("service", "expected_s"), [("Sailthru", 45.0), ("Zendesk", 10.0)])
@pytest.mark.parametrize("header", [None, "", "soon", "nan", "inf", "Sat, 99 Nov"])
async def test_retry_after_unusable_value_is_ignored(
    service: str, expected_s: float, header: str | None
) -> None:
    headers = {"date": "Sat, 21 Nov 2026 10:42:15 GMT"}
    if header is not None:
        headers["retry-after"] = header
    impatient = RetryPolicy(ExponentialBackoff(max_attempts=3), max_wait_s=5.0)
    if service == "Sailthru":
        sailthru, bench = make_sailthru_client(HttpResponse(429, headers), patience=impatient)
        act = sailthru.get_account()
    else:
        zendesk, bench = make_zendesk_client(HttpResponse(429, headers), patience=impatient)
        act = zendesk.list_recent_tickets()  # type: ignore[assignment]
    with pytest.raises(RateLimited) as caught:
        await act
    assert caught.value.retry_at == pytest.approx(NOW + expected_s)
    assert not bench.clock.slept


@pytest.mark.parametrize("offset_s", [0, 86_400, -86_400, 315_360_000, -315_360_000])
async def test_retry_after_date_with_wrong_local_clock_is_not_lengthened(offset_s: float) -> None:
    sailthru, bench = make_sailthru_client(recorded_response("sailthru", "too_many"))
    bench.clock.correct_wall_clock(offset_s)
    with pytest.raises(RateLimited) as caught:
        await sailthru.get_account()
    assert caught.value.retry_at - bench.clock.now() == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (
            b"<triggermail><error>43</error><errormsg>Too many</errormsg></triggermail>",
            400,
            RateLimited,
        ),
        (
            b"\n <?xml version='1.0'?><triggermail><error>5</error></triggermail>",
            200,
            AuthenticationError,
        ),
        (b"<triggermail><ok>1</ok></triggermail>", 200, ServiceError),
        (b"<triggermail>", 503, ServiceError),
        (b"<html>", 403, ServiceError),
    ],
)
async def test_xml_error_body_is_parsed(body: bytes, status: int, kind: type[AppError]) -> None:
    client, bench = make_sailthru_client(HttpResponse(status, {}, body))
    with pytest.raises(kind) as caught:
        await client.post_user(SID, vars={"a": 1})
    if isinstance(caught.value, RateLimited):
        assert 0 < caught.value.retry_at - bench.clock.now() <= 60


async def test_response_503_waits_for_retry_after() -> None:
    ok = recorded_response("zendesk", "recent")
    act, bench = read("Zendesk", HttpResponse(503, {"retry-after": "20"}), ok)
    await act()
    assert bench.clock.slept[0] == pytest.approx(20.0, rel=0.05)

"""Every status has one stated behaviour per service, for reads and for writes (figure F7).

A row: status → (error, what a read does, what a write does); `again` is tried again,
`once` is raised at once. Retry-After in all its odd forms is below.
"""

from collections.abc import Awaitable, Callable

import pytest

from desktop.clients.caller import Patience
from desktop.clients.exchange import Answer
from desktop.kit.errors import (
    AppError,
    AuthLost,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServiceTrouble,
)
from desktop.model.retry import Backoff
from tests.headless.clients.fakes import NOW, Bench, answer, sailthru_client, sample, zendesk_client

SID = "57b4352f3f92a4254f3d5607"
PATIENT = Patience(Backoff(first_s=1.0, tries=3), patience_s=1000.0)

COMMON: dict[int, tuple[type[AppError], str, str]] = {
    301: (ServiceTrouble, "once", "once"),
    302: (ServiceTrouble, "once", "once"),
    401: (AuthLost, "once", "once"),
    403: (Forbidden, "once", "once"),
    404: (NotFound, "once", "once"),
    408: (ServiceTrouble, "again", "again"),
    409: (Conflict, "again", "once"),
    410: (NotFound, "once", "once"),
    413: (Rejected, "once", "once"),
    422: (Rejected, "once", "once"),
    423: (ServiceTrouble, "again", "again"),
    429: (RateLimited, "again", "again"),
    500: (ServiceTrouble, "again", "once"),
    501: (ServiceTrouble, "once", "once"),
    502: (ServiceTrouble, "again", "once"),
    503: (ServiceTrouble, "again", "once"),
    504: (ServiceTrouble, "again", "once"),
}
TABLE = {
    "Sailthru": {400: (Rejected, "once", "once"), 405: (ServiceTrouble, "once", "once")} | COMMON,
    "Zendesk": {400: (Rejected, "once", "once"), 405: (ServiceTrouble, "once", "once")} | COMMON,
}
BODIES = {
    "empty": b"",
    "text": b"Something went wrong",
    "html": b"<html><body>Bad</body></html>",
    "json": b'{"error": "x", "errormsg": "y"}',
    "array": b"[]",
    "cut": b'{"error": "x", "err',
}


def read(service: str, *answers: Answer) -> tuple[Callable[[], Awaitable[object]], Bench]:
    if service == "Sailthru":
        sailthru, bench = sailthru_client(*answers, patience=PATIENT)
        return sailthru.settings, bench
    zendesk, bench = zendesk_client(*answers, patience=PATIENT)
    return zendesk.recent_tickets, bench


def write(service: str, *answers: Answer) -> tuple[Callable[[], Awaitable[object]], Bench]:
    if service == "Sailthru":
        sailthru, bench = sailthru_client(*answers, patience=PATIENT)
        return lambda: sailthru.post_user(SID, vars={"a": 1}), bench
    zendesk, bench = zendesk_client(*answers, patience=PATIENT)
    return lambda: zendesk.update_user(9, notes="x"), bench


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", sorted(TABLE["Zendesk"]))
@pytest.mark.parametrize("service", TABLE)
async def test_each_status_has_one_behaviour(service: str, status: int, body: str) -> None:
    kind, reading, writing = TABLE[service][status]
    for make, behaviour in ((read, reading), (write, writing)):
        act, bench = make(service, Answer(status, {}, BODIES[body]))
        with pytest.raises(kind) as caught:
            await act()
        assert len(bench.sent) == (3 if behaviour == "again" else 1)
        if isinstance(caught.value, ServiceTrouble):
            assert caught.value.applied_unknown == (status >= 500 and status != 501)
        assert caught.value.title.endswith(".")


@pytest.mark.parametrize(
    ("service", "name", "kind"),
    [
        ("Sailthru", "internal_200", ServiceTrouble),
        ("Sailthru", "key_missing_xml", Rejected),
        ("Sailthru", "signature_wrong", AuthLost),
        ("Sailthru", "too_many", RateLimited),
        ("Zendesk", "edge_too_many", RateLimited),
        ("Zendesk", "text_too_many", RateLimited),
        ("Zendesk", "too_many_jobs", RateLimited),
        ("Zendesk", "update_conflict", Conflict),
    ],
)
async def test_samples_of_refusals(service: str, name: str, kind: type[AppError]) -> None:
    act, bench = write(service, sample(service.lower(), name))
    with pytest.raises(kind):
        await act()
    assert len(bench.sent) == (3 if kind is RateLimited else 1)


@pytest.mark.parametrize("service", TABLE)
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
async def test_a_200_that_is_no_answer_is_no_success(service: str, body: bytes) -> None:
    act, bench = write(service, Answer(200, {}, body))
    with pytest.raises(ServiceTrouble) as caught:
        await act()
    assert caught.value.applied_unknown
    assert len(bench.sent) == 1


CODES: dict[object, type[AppError]] = {
    1: ServiceTrouble,
    2: Rejected,
    3: AuthLost,
    4: Forbidden,
    5: AuthLost,
    6: Rejected,
    9: ServiceTrouble,
    11: Rejected,
    12: NotFound,
    13: NotFound,
    14: NotFound,
    15: NotFound,
    16: NotFound,
    17: AuthLost,
    18: Rejected,
    21: Forbidden,
    22: Forbidden,
    32: Rejected,
    33: Rejected,
    34: Rejected,
    35: Rejected,
    36: Forbidden,
    37: Forbidden,
    41: Forbidden,
    42: Rejected,
    43: RateLimited,
    "43": RateLimited,
    99: Rejected,
    "XX": Rejected,
    10**30: Rejected,
    1.5: Rejected,
}


@pytest.mark.parametrize("code", CODES, ids=str)
async def test_a_code_says_the_same_with_200_and_with_400(code: object) -> None:
    for status in (200, 400):
        act, _ = write("Sailthru", answer({"error": code, "errormsg": "because"}, status))
        with pytest.raises(CODES[code]):
            await act()


async def test_field_names_out_of_sailthrus_words() -> None:
    for code, words, field in [
        (11, "Invalid email: praj", "email"),
        (42, "Invalid UTF-8 characters for field: first_name", "first_name"),
        (35, "Known hardbounce", "email"),
    ]:
        act, _ = write("Sailthru", answer({"error": code, "errormsg": words}, 400))
        with pytest.raises(Rejected) as caught:
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


@pytest.mark.parametrize("service", TABLE)
@pytest.mark.parametrize("header", ODD)
async def test_odd_retry_after(service: str, header: str) -> None:
    date = "Sat, 21 Nov 2026 10:42:15 GMT"
    act, bench = read(service, Answer(429, {"retry-after": header, "date": date}))
    with pytest.raises(RateLimited) as caught:
        await act()
    assert caught.value.until == pytest.approx(bench.clock.now() + ODD[header], abs=1)
    waits = [s for s in bench.clock.slept if s >= ODD[header]]
    assert len(waits) >= (2 if ODD[header] < 400 else 0)


@pytest.mark.parametrize(("service", "expected_s"), [("Sailthru", 45.0), ("Zendesk", 10.0)])
@pytest.mark.parametrize("header", [None, "", "soon", "nan", "inf", "Sat, 99 Nov"])
async def test_no_usable_retry_after(service: str, expected_s: float, header: str | None) -> None:
    headers = {"date": "Sat, 21 Nov 2026 10:42:15 GMT"}
    if header is not None:
        headers["retry-after"] = header
    impatient = Patience(Backoff(tries=3), patience_s=5.0)
    if service == "Sailthru":
        sailthru, bench = sailthru_client(Answer(429, headers), patience=impatient)
        act = sailthru.settings()
    else:
        zendesk, bench = zendesk_client(Answer(429, headers), patience=impatient)
        act = zendesk.recent_tickets()  # type: ignore[assignment]
    with pytest.raises(RateLimited) as caught:
        await act
    assert caught.value.until == pytest.approx(NOW + expected_s)
    assert not bench.clock.slept


@pytest.mark.parametrize("offset_s", [0, 86_400, -86_400, 315_360_000, -315_360_000])
async def test_a_wrong_clock_here_does_not_lengthen_the_pause(offset_s: float) -> None:
    sailthru, bench = sailthru_client(sample("sailthru", "too_many"))
    bench.clock.offset += offset_s
    with pytest.raises(RateLimited) as caught:
        await sailthru.settings()
    assert caught.value.until - bench.clock.now() == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (
            b"<triggermail><error>43</error><errormsg>Too many</errormsg></triggermail>",
            400,
            RateLimited,
        ),
        (b"\n <?xml version='1.0'?><triggermail><error>5</error></triggermail>", 200, AuthLost),
        (b"<triggermail><ok>1</ok></triggermail>", 200, ServiceTrouble),
        (b"<triggermail>", 503, ServiceTrouble),
        (b"<html>", 403, Forbidden),
    ],
)
async def test_xml(body: bytes, status: int, kind: type[AppError]) -> None:
    client, bench = sailthru_client(Answer(status, {}, body))
    with pytest.raises(kind) as caught:
        await client.post_user(SID, vars={"a": 1})
    if isinstance(caught.value, RateLimited):
        assert 0 < caught.value.until - bench.clock.now() <= 60


async def test_503_waits_as_told() -> None:
    ok = sample("zendesk", "recent")
    act, bench = read("Zendesk", Answer(503, {"retry-after": "20"}), ok)
    await act()
    assert bench.clock.slept[0] == pytest.approx(20.0, rel=0.05)

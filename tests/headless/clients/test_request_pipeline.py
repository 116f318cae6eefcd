"""Trying again, waiting, renewing credentials and telling the service's state."""

import asyncio
import contextlib

import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.request_pipeline import INTERACTIVE_RETRY_POLICY, RUN_RETRY_POLICY
from desktop.clients.service_status import ServiceStatus, ServiceStatusTracker
from desktop.customer.service_clients import ServiceClients
from desktop.customer.ticket_follower import FAST_POLL_S, SLOW_POLL_S, TicketFollower
from desktop.kit.errors import (
    AuthenticationError,
    Forbidden,
    NotFound,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from tests.support.clocks import ManualClock
from tests.support.fake_transport import (
    NOW,
    json_response,
    make_client_harness,
    make_sailthru_client,
    make_zendesk_client,
    recorded_response,
)

SID = "57b4352f3f92a4254f3d5607"
OK = json_response({"ok": True})
OFFLINE = ServiceUnreachable("away")
SILENT = ResponseTimeout("silence")


async def test_read_is_retried_with_growing_backoff() -> None:
    client, found = make_sailthru_client(OFFLINE, SILENT, recorded_response("sailthru", "settings"))
    await client.get_account()
    assert len(found.sent) == 3
    assert found.clock.slept == pytest.approx([0.225, 0.45])
    assert sum(found.clock.slept) <= INTERACTIVE_RETRY_POLICY.max_wait_s


async def test_refused_call_has_the_number_that_zendesk_gave_it() -> None:
    body = {"error": {"title": "Forbidden", "message": "You do not have access."}}
    refused = json_response(body, 403, x_zendesk_request_id="aff3-7")
    client, _ = make_zendesk_client(refused)
    with pytest.raises(Forbidden) as caught:
        await client.show_user(7)
    assert caught.value.details().endswith("(forbidden, request aff3-7)")


async def test_interactive_call_stops_after_three_tries() -> None:
    client, found = make_sailthru_client(OFFLINE)
    with pytest.raises(ServiceUnreachable):
        await client.get_account()
    assert len(found.sent) == 3


async def test_write_not_sent_is_retried() -> None:
    client, found = make_sailthru_client(OFFLINE, OFFLINE, OK)
    await client.post_user(SID, vars={"a": 1})
    assert len(found.sent) == 3


@pytest.mark.parametrize(
    "fate",
    [
        SILENT,
        HttpResponse(500),
        HttpResponse(502, {}, b"<html>"),
        recorded_response("sailthru", "internal_200"),
    ],
)
async def test_write_with_unknown_outcome_is_not_retried(fate: HttpResponse | Exception) -> None:
    client, found = make_sailthru_client(fate, OK)
    with pytest.raises((ResponseTimeout, ServiceError)) as caught:
        await client.post_user(SID, vars={"a": 1})
    assert len(found.sent) == 1
    assert getattr(caught.value, "is_outcome_unknown", True)


async def test_slow_attempts_use_up_patience() -> None:
    client, found = make_sailthru_client(SILENT, takes_s=9.0)
    with pytest.raises(ResponseTimeout):
        await client.get_account()
    assert len(found.sent) == 1


async def test_short_retry_after_is_waited_out() -> None:
    limited = json_response({}, 429, retry_after="2")
    client, found = make_zendesk_client(limited, recorded_response("zendesk", "recent"))
    await client.list_recent_tickets()
    assert found.clock.slept[0] >= 2.0
    assert sum(found.clock.slept) < 3.0


async def test_long_retry_after_fails_at_once_and_is_remembered() -> None:
    client, found = make_zendesk_client(
        recorded_response("zendesk", "too_many"), recorded_response("zendesk", "me")
    )
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await client.list_recent_tickets()
        assert caught.value.retry_at == pytest.approx(NOW + 93)
    with pytest.raises(RateLimited):
        await client.me()
    assert len(found.sent) == 1
    assert not found.clock.slept
    found.clock.advance(93)
    await client.me()
    assert len(found.sent) == 2


async def test_sailthru_retry_after_applies_to_one_endpoint_and_method() -> None:
    client, found = make_sailthru_client(recorded_response("sailthru", "too_many"), OK)
    with pytest.raises(RateLimited) as caught:
        await client.get_account()
    assert caught.value.retry_at == pytest.approx(NOW + 45)
    await client.post_user(SID, vars={"a": 1})
    with pytest.raises(RateLimited):
        await client.get_account()
    assert len(found.sent) == 2


async def test_run_leaves_a_quarter_of_rate_limit() -> None:
    low = {"x_rate_limit": "400", "x_rate_limit_remaining": "100", "ratelimit_reset": "30"}
    client, found = make_zendesk_client(
        json_response({"tickets": []}, **low), patience=RUN_RETRY_POLICY
    )
    await client.list_recent_tickets()
    assert not found.clock.slept
    await client.list_recent_tickets()
    assert found.clock.slept[0] >= 30.0
    person, found = make_zendesk_client(json_response({"tickets": []}, **low))
    await person.list_recent_tickets()
    await person.list_recent_tickets()
    assert not found.clock.slept


async def test_exhausted_rate_limit_sends_no_call() -> None:
    spent = {"x_rate_limit": "400", "x_rate_limit_remaining": "0", "ratelimit_reset": "30"}
    client, found = make_zendesk_client(json_response({"tickets": []}, **spent))
    await client.list_recent_tickets()
    with pytest.raises(RateLimited):
        await client.list_recent_tickets()
    assert len(found.sent) == 1


class Renewing:
    """A token that can be renewed so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.number = 0
        self.asked = 0

    async def authorization_header(self) -> str:
        return f"Bearer token{self.number}"

    async def refresh(self) -> bool:
        self.asked += 1
        await asyncio.sleep(0)
        if self.number >= self.times:
            return False
        self.number += 1
        return True


def accepts(number: int) -> "Answering":
    return Answering(f"Bearer token{number}")


class Answering:
    """A service that lets one header in."""

    def __init__(self, header: str) -> None:
        self.header = header
        self.seen: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request.headers["Authorization"])
        await asyncio.sleep(0)
        if request.headers["Authorization"] == self.header:
            return recorded_response("zendesk", "recent")
        return recorded_response("zendesk", "token_invalid")


async def test_expired_token_is_refreshed_once_for_all_callers() -> None:
    tokens = Renewing(1)
    client, found = make_zendesk_client(OK, credentials=tokens)
    service = accepts(1)
    found.caller.transport = service  # type: ignore[assignment]
    await asyncio.gather(*(client.list_recent_tickets() for _ in range(5)))
    assert tokens.asked == 1
    assert len(service.seen) == 10
    assert [s.status for s in found.states] == [ServiceStatus.LIVE]


async def test_write_refused_for_expired_token_is_resent() -> None:
    tokens = Renewing(1)
    refused, fine = (
        recorded_response("zendesk", "token_invalid"),
        recorded_response("zendesk", "user_one"),
    )
    client, found = make_zendesk_client(refused, fine, credentials=tokens)
    await client.update_user(901, notes="x")
    assert [r.headers["Authorization"] for r in found.sent] == ["Bearer token0", "Bearer token1"]


async def test_token_refresh_failure_ends_call() -> None:
    tokens = Renewing(0)
    client, found = make_zendesk_client(
        recorded_response("zendesk", "token_invalid"), credentials=tokens
    )
    with pytest.raises(AuthenticationError):
        await client.list_recent_tickets()
    assert (len(found.sent), tokens.asked) == (1, 1)
    assert found.states[-1].status is ServiceStatus.SIGNED_OUT


async def test_refused_credentials_stop_all_calls_but_probes() -> None:
    client, found = make_zendesk_client(recorded_response("zendesk", "token_invalid"))
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await client.list_recent_tickets()
    assert len(found.sent) == 1
    # Asking who one is goes out always; one other call does after a while.
    with pytest.raises(AuthenticationError):
        await client.me()
    assert len(found.sent) == 2
    found.clock.advance(30)
    results = await asyncio.gather(
        *(client.list_recent_tickets() for _ in range(4)), return_exceptions=True
    )
    assert {type(result) for result in results} == {AuthenticationError}
    assert len(found.sent) == 3
    found.transport.answers = [recorded_response("zendesk", "recent")]
    found.clock.advance(30)
    for _ in range(2):
        await client.list_recent_tickets()
    assert found.states[-1].status is ServiceStatus.LIVE


async def test_following_while_signed_out_polls_slowly_until_signed_in() -> None:
    client, found = make_zendesk_client(recorded_response("zendesk", "token_invalid"))
    follow = TicketFollower(lambda: ServiceClients(None, client), found.clock)
    assert follow.poll_interval_s(visible=True) == FAST_POLL_S
    await follow.poll()
    follow.note_activity()
    assert follow.poll_interval_s(visible=True) == SLOW_POLL_S
    found.transport.answers = [recorded_response("zendesk", "recent")]
    found.clock.advance(SLOW_POLL_S)
    await follow.poll()
    assert follow.poll_interval_s(visible=True) == FAST_POLL_S


async def test_failed_token_refresh_is_not_repeated() -> None:
    tokens = Renewing(0)
    client, _ = make_zendesk_client(
        recorded_response("zendesk", "token_invalid"), credentials=tokens
    )
    results = await asyncio.gather(
        *(client.list_recent_tickets() for _ in range(4)), return_exceptions=True
    )
    assert {type(result) for result in results} == {AuthenticationError}
    assert tokens.asked == 1


async def test_token_refresh_offline_is_reported_as_offline() -> None:
    class Away(Renewing):
        async def refresh(self) -> bool:
            raise OFFLINE

    client, found = make_zendesk_client(
        recorded_response("zendesk", "token_invalid"), credentials=Away(1)
    )
    with pytest.raises(ServiceUnreachable):
        await client.list_recent_tickets()
    assert found.states[-1].status is ServiceStatus.OFFLINE


async def test_token_refresh_has_time_limit() -> None:
    tokens = Renewing(1000)
    client, found = make_zendesk_client(
        recorded_response("zendesk", "token_invalid"), credentials=tokens
    )
    with pytest.raises(AuthenticationError):
        await client.list_recent_tickets()
    assert len(found.sent) == 2


async def test_service_state_change_is_published_once() -> None:
    recent = recorded_response("zendesk", "recent")
    client, found = make_zendesk_client(recent)
    script = found.transport
    for replies in (
        [recent],
        [recent],
        [OFFLINE],
        [OFFLINE],
        [recent],
        [recorded_response("zendesk", "record_not_found")],
        [recent],
    ):
        script.answers = list(replies)
        with contextlib.suppress(ServiceUnreachable, NotFound):
            await client.list_recent_tickets()
    script.answers = [HttpResponse(500, {}, b"")]
    with pytest.raises(ServiceError):
        await client.list_recent_tickets()
    assert [s.status for s in found.states] == [
        ServiceStatus.LIVE,
        ServiceStatus.OFFLINE,
        ServiceStatus.LIVE,
        ServiceStatus.FAILING,
    ]
    assert found.states[1].detail == "away"
    assert found.states[1].since <= found.clock.now()


async def test_slow_responses_set_state_slow() -> None:
    client, found = make_zendesk_client(recorded_response("zendesk", "recent"), takes_s=4.0)
    await client.list_recent_tickets()
    found.transport.seconds_per_request = 0.1
    await client.list_recent_tickets()
    assert [s.status for s in found.states] == [ServiceStatus.SLOW, ServiceStatus.LIVE]


def test_signed_out_state_outlasts_older_responses() -> None:
    clock = ManualClock(NOW)
    tracker = ServiceStatusTracker("Zendesk", clock)
    before = clock.monotonic()
    clock.advance(1)
    tracker.record_failure(AuthenticationError("no"), before)
    tracker.record_response(before)
    tracker.record_failure(OFFLINE, clock.monotonic())
    assert tracker.state.status is ServiceStatus.SIGNED_OUT
    clock.advance(1)
    tracker.record_failure(Forbidden("not this"), clock.monotonic())
    assert tracker.state.status is ServiceStatus.LIVE


async def test_cancelled_wait_sends_nothing() -> None:
    found = make_client_harness("Zendesk", HttpResponse(503))

    async def long_sleep(seconds: float) -> None:
        await asyncio.sleep(60)

    found.clock.sleep = long_sleep  # type: ignore[method-assign]
    from desktop.clients.zendesk.client import ZendeskClient

    task = asyncio.create_task(ZendeskClient(found.caller).list_recent_tickets())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(found.sent) == 1
    assert not found.states

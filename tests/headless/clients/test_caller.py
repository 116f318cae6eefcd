"""Trying again, waiting, renewing credentials and telling the service's state."""

import asyncio
import contextlib

import pytest

from desktop.clients.caller import INTERACTIVE, RUN
from desktop.clients.exchange import Answer, Request
from desktop.clients.state import Status, Tracker
from desktop.customer.follow import QUICK_S, SLOW_S, Follow
from desktop.customer.services import Services
from desktop.kit.errors import (
    AuthLost,
    Forbidden,
    NotFound,
    Offline,
    RateLimited,
    ServiceTrouble,
    TimedOut,
)
from tests.headless.clients.fakes import (
    NOW,
    ManualClock,
    answer,
    bench,
    sailthru_client,
    sample,
    zendesk_client,
)

SID = "57b4352f3f92a4254f3d5607"
OK = answer({"ok": True})
OFFLINE = Offline("away")
SILENT = TimedOut("silence")


async def test_reads_are_tried_again_with_growing_pauses() -> None:
    client, found = sailthru_client(OFFLINE, SILENT, sample("sailthru", "settings"))
    await client.settings()
    assert len(found.sent) == 3
    assert found.clock.slept == pytest.approx([0.225, 0.45])
    assert sum(found.clock.slept) <= INTERACTIVE.patience_s


async def test_a_person_waits_for_three_tries_at_most() -> None:
    client, found = sailthru_client(OFFLINE)
    with pytest.raises(Offline):
        await client.settings()
    assert len(found.sent) == 3


async def test_a_write_that_did_not_leave_is_tried_again() -> None:
    client, found = sailthru_client(OFFLINE, OFFLINE, OK)
    await client.post_user(SID, vars={"a": 1})
    assert len(found.sent) == 3


@pytest.mark.parametrize(
    "fate", [SILENT, Answer(500), Answer(502, {}, b"<html>"), sample("sailthru", "internal_200")]
)
async def test_a_write_of_unknown_fate_is_never_sent_again(fate: Answer | Exception) -> None:
    client, found = sailthru_client(fate, OK)
    with pytest.raises((TimedOut, ServiceTrouble)) as caught:
        await client.post_user(SID, vars={"a": 1})
    assert len(found.sent) == 1
    assert getattr(caught.value, "applied_unknown", True)


async def test_tries_that_take_long_use_up_the_patience() -> None:
    client, found = sailthru_client(SILENT, takes_s=9.0)
    with pytest.raises(TimedOut):
        await client.settings()
    assert len(found.sent) == 1


async def test_a_short_pause_is_waited_out() -> None:
    limited = answer({}, 429, retry_after="2")
    client, found = zendesk_client(limited, sample("zendesk", "recent"))
    await client.recent_tickets()
    assert found.clock.slept[0] >= 2.0
    assert sum(found.clock.slept) < 3.0


async def test_a_long_pause_is_told_at_once_and_kept() -> None:
    client, found = zendesk_client(sample("zendesk", "too_many"), sample("zendesk", "me"))
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            await client.recent_tickets()
        assert caught.value.until == pytest.approx(NOW + 93)
    with pytest.raises(RateLimited):
        await client.me()
    assert len(found.sent) == 1
    assert not found.clock.slept
    found.clock.at += 93
    await client.me()
    assert len(found.sent) == 2


async def test_sailthrus_pause_is_for_one_endpoint_and_method() -> None:
    client, found = sailthru_client(sample("sailthru", "too_many"), OK)
    with pytest.raises(RateLimited) as caught:
        await client.settings()
    assert caught.value.until == pytest.approx(NOW + 45)
    await client.post_user(SID, vars={"a": 1})
    with pytest.raises(RateLimited):
        await client.settings()
    assert len(found.sent) == 2


async def test_a_run_waits_and_leaves_a_quarter() -> None:
    low = {"x_rate_limit": "400", "x_rate_limit_remaining": "100", "ratelimit_reset": "30"}
    client, found = zendesk_client(answer({"tickets": []}, **low), patience=RUN)
    await client.recent_tickets()
    assert not found.clock.slept
    await client.recent_tickets()
    assert found.clock.slept[0] >= 30.0
    person, found = zendesk_client(answer({"tickets": []}, **low))
    await person.recent_tickets()
    await person.recent_tickets()
    assert not found.clock.slept


async def test_nobody_calls_while_nothing_is_left() -> None:
    spent = {"x_rate_limit": "400", "x_rate_limit_remaining": "0", "ratelimit_reset": "30"}
    client, found = zendesk_client(answer({"tickets": []}, **spent))
    await client.recent_tickets()
    with pytest.raises(RateLimited):
        await client.recent_tickets()
    assert len(found.sent) == 1


class Renewing:
    """A token that can be renewed so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.number = 0
        self.asked = 0

    async def header(self) -> str:
        return f"Bearer token{self.number}"

    async def refreshed(self) -> bool:
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

    async def send(self, request: Request) -> Answer:
        self.seen.append(request.headers["Authorization"])
        await asyncio.sleep(0)
        if request.headers["Authorization"] == self.header:
            return sample("zendesk", "recent")
        return sample("zendesk", "token_invalid")


async def test_a_refused_token_is_renewed_once_however_many_calls_met_it() -> None:
    tokens = Renewing(1)
    client, found = zendesk_client(OK, credentials=tokens)
    service = accepts(1)
    found.caller.transport = service  # type: ignore[assignment]
    await asyncio.gather(*(client.recent_tickets() for _ in range(5)))
    assert tokens.asked == 1
    assert len(service.seen) == 10
    assert [s.status for s in found.states] == [Status.LIVE]


async def test_a_write_refused_for_its_token_is_sent_again_with_the_new_one() -> None:
    tokens = Renewing(1)
    refused, fine = sample("zendesk", "token_invalid"), sample("zendesk", "user_one")
    client, found = zendesk_client(refused, fine, credentials=tokens)
    await client.update_user(901, notes="x")
    assert [r.headers["Authorization"] for r in found.sent] == ["Bearer token0", "Bearer token1"]


async def test_a_token_that_cannot_be_renewed_ends_it() -> None:
    tokens = Renewing(0)
    client, found = zendesk_client(sample("zendesk", "token_invalid"), credentials=tokens)
    with pytest.raises(AuthLost):
        await client.recent_tickets()
    assert (len(found.sent), tokens.asked) == (1, 1)
    assert found.states[-1].status is Status.SIGNED_OUT


async def test_refused_credentials_stop_the_connection_but_for_a_probe() -> None:
    client, found = zendesk_client(sample("zendesk", "token_invalid"))
    for _ in range(3):
        with pytest.raises(AuthLost):
            await client.recent_tickets()
    assert len(found.sent) == 1
    # Asking who one is goes out always; one other call does after a while.
    with pytest.raises(AuthLost):
        await client.me()
    assert len(found.sent) == 2
    found.clock.at += 30
    results = await asyncio.gather(
        *(client.recent_tickets() for _ in range(4)), return_exceptions=True
    )
    assert {type(result) for result in results} == {AuthLost}
    assert len(found.sent) == 3
    found.transport.answers = [sample("zendesk", "recent")]
    found.clock.at += 30
    for _ in range(2):
        await client.recent_tickets()
    assert found.states[-1].status is Status.LIVE


async def test_signed_out_following_asks_slowly_until_it_is_let_in() -> None:
    client, found = zendesk_client(sample("zendesk", "token_invalid"))
    follow = Follow(lambda: Services(None, client), found.clock)
    assert follow.wait_s(visible=True) == QUICK_S
    await follow.ask()
    follow.moved()
    assert follow.wait_s(visible=True) == SLOW_S
    found.transport.answers = [sample("zendesk", "recent")]
    found.clock.at += SLOW_S
    await follow.ask()
    assert follow.wait_s(visible=True) == QUICK_S


async def test_what_could_not_be_renewed_is_not_tried_over_and_over() -> None:
    tokens = Renewing(0)
    client, _ = zendesk_client(sample("zendesk", "token_invalid"), credentials=tokens)
    results = await asyncio.gather(
        *(client.recent_tickets() for _ in range(4)), return_exceptions=True
    )
    assert {type(result) for result in results} == {AuthLost}
    assert tokens.asked == 1


async def test_being_offline_while_renewing_is_being_offline() -> None:
    class Away(Renewing):
        async def refreshed(self) -> bool:
            raise OFFLINE

    client, found = zendesk_client(sample("zendesk", "token_invalid"), credentials=Away(1))
    with pytest.raises(Offline):
        await client.recent_tickets()
    assert found.states[-1].status is Status.OFFLINE


async def test_renewing_does_not_go_on_for_ever() -> None:
    tokens = Renewing(1000)
    client, found = zendesk_client(sample("zendesk", "token_invalid"), credentials=tokens)
    with pytest.raises(AuthLost):
        await client.recent_tickets()
    assert len(found.sent) == 2


async def test_states_are_told_once_per_change() -> None:
    recent = sample("zendesk", "recent")
    client, found = zendesk_client(recent)
    script = found.transport
    for replies in ([recent], [recent], [OFFLINE], [OFFLINE], [recent], [Answer(404)], [recent]):
        script.answers = list(replies)
        with contextlib.suppress(Offline, NotFound):
            await client.recent_tickets()
    script.answers = [Answer(500, {}, b"")]
    with pytest.raises(ServiceTrouble):
        await client.recent_tickets()
    assert [s.status for s in found.states] == [
        Status.LIVE,
        Status.OFFLINE,
        Status.LIVE,
        Status.SLOW,
    ]
    assert found.states[1].detail == "away"
    assert found.states[1].since <= found.clock.now()


async def test_slow_answers_make_a_slow_service() -> None:
    client, found = zendesk_client(sample("zendesk", "recent"), takes_s=4.0)
    await client.recent_tickets()
    found.transport.takes_s = 0.1
    await client.recent_tickets()
    assert [s.status for s in found.states] == [Status.SLOW, Status.LIVE]


def test_being_signed_out_outlasts_answers_to_older_calls() -> None:
    clock = ManualClock()
    tracker = Tracker("Zendesk", clock)
    before = clock.monotonic()
    clock.at += 1
    tracker.failed(AuthLost("no"), before)
    tracker.answered(before)
    tracker.failed(OFFLINE, clock.monotonic())
    assert tracker.state.status is Status.SIGNED_OUT
    clock.at += 1
    tracker.failed(Forbidden("not this"), clock.monotonic())
    assert tracker.state.status is Status.LIVE


async def test_cancelling_a_wait_sends_nothing_more() -> None:
    found = bench("Zendesk", Answer(503))

    async def long_sleep(seconds: float) -> None:
        await asyncio.sleep(60)

    found.clock.sleep = long_sleep  # type: ignore[method-assign]
    from desktop.clients.zendesk.client import ZendeskClient

    task = asyncio.create_task(ZendeskClient(found.caller).recent_tickets())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(found.sent) == 1
    assert not found.states

"""Many callers at once use what they may and not one call more (figure F20).

Minutes are played in virtual time against a service that counts in clock windows and reads the
headers it would send; the real sandbox is asked for what takes seconds.
"""

import asyncio
import json
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.rate_limiter import INTERACTIVE_SHARE, RateLimiter
from desktop.clients.request_pipeline import (
    INTERACTIVE_RETRY_POLICY,
    RUN_RETRY_POLICY,
    RequestPipeline,
    RetryPolicy,
)
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.transport import HttpTransport
from desktop.clients.transport import TransportOptions as WireLimits
from desktop.clients.zendesk import protocol
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiTokenCredentials, ZendeskAuthenticator
from desktop.kit.clock import SystemClock
from desktop.kit.errors import AppError, ServiceUnreachable
from tests.headless.clients.conftest import running_sandbox
from tests.support.clocks import EventLoopClock, run_in_virtual_time

CALLERS = 32
ASK = protocol.build_request("GET", "/api/v2/tickets/recent")
OTHER = protocol.build_request("GET", "/api/v2/users/me")


@dataclass
class Counting:
    """So many calls in each clock window; an answer takes a random while either way."""

    limit: int
    window_s: int = 60
    longest_s: float = 0.4
    offline: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(20))
    used: Counter[int] = field(default_factory=Counter)
    refused: int = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        clock = EventLoopClock()
        await asyncio.sleep(self.chance.uniform(0.01, self.longest_s))
        if self.chance.random() < self.offline:
            raise ServiceUnreachable("away")
        now = clock.now()
        window = int(now // self.window_s)
        self.used[window] += 1
        left = self.limit - self.used[window]
        resets = math.ceil((window + 1) * self.window_s - now)
        headers = {
            "x-rate-limit": str(self.limit),
            "x-rate-limit-remaining": str(max(0, left)),
            "ratelimit-reset": str(resets),
        }
        await asyncio.sleep(self.chance.uniform(0.01, self.longest_s))
        if left < 0:
            self.refused += 1
            return HttpResponse(429, {**headers, "retry-after": str(resets)}, b"{}")
        return HttpResponse(200, headers, b"{}")

    async def warm(self, connections: int = 1) -> None:
        del connections

    def download(self, url: str) -> object:
        raise NotImplementedError

    async def aclose(self) -> None:
        pass


def caller_on(service: Counting, patience: RetryPolicy = RUN_RETRY_POLICY) -> RequestPipeline:
    clock = EventLoopClock()
    limits = RateLimiter(clock, protocol.read_account_rate_limits, shared=True)
    return RequestPipeline(
        service,  # type: ignore[arg-type]
        limits,
        ServiceStatusTracker("Zendesk", clock),
        clock,
        retry_policy=patience,
        jitter=service.chance.random,
    )


def nothing(answer: HttpResponse, now: float) -> None:
    protocol.parse_response(answer, now)


async def busy(caller: RequestPipeline, *requests: HttpRequest, minutes: float) -> None:
    """32 call as fast as they are let through."""
    end = caller.clock.monotonic() + minutes * 60

    async def one(number: int) -> None:
        while caller.clock.monotonic() < end:
            try:
                await caller.call(requests[number % len(requests)], nothing)
            except AppError:
                await caller.clock.sleep(1)

    await asyncio.gather(*(one(number) for number in range(CALLERS)))


async def run_on(service: Counting, *requests: HttpRequest, minutes: float) -> None:
    await busy(caller_on(service), *requests, minutes=minutes)


@pytest.mark.parametrize("limit", [10, 60, 200, 400, 700])
@pytest.mark.parametrize("begun_s", [0.0, 3.0, 31.0, 58.7])
def test_run_uses_three_quarters_of_every_minute_without_429(limit: int, begun_s: float) -> None:
    service = Counting(limit)

    async def act() -> None:
        await asyncio.sleep(begun_s)
        await run_on(service, ASK, OTHER, minutes=6)

    run_in_virtual_time(act())
    assert service.refused == 0
    allowed = math.floor(limit * (1 - INTERACTIVE_SHARE))
    whole_windows = [service.used[window] for window in sorted(service.used)[1:-1]]
    assert len(whole_windows) >= 5
    # A call goes while more than the quarter is left, so the last one may touch it.
    assert all(0.95 * allowed <= used <= allowed + 1 for used in whole_windows), whole_windows


def test_one_call_per_second_is_shared_by_many_callers() -> None:
    service = Counting(1, window_s=1, longest_s=0.08)
    run_in_virtual_time(run_on(service, ASK, minutes=2))
    assert service.refused == 0
    assert sum(service.used.values()) >= 0.95 * (1 - INTERACTIVE_SHARE) * 120


def test_interactive_calls_beside_run_find_reserve() -> None:
    service = Counting(200)

    async def act() -> None:
        person = caller_on(service, INTERACTIVE_RETRY_POLICY)

        async def slowly() -> None:
            for _ in range(240):
                await person.call(ASK, nothing)
                await asyncio.sleep(1)

        await asyncio.gather(run_on(service, ASK, minutes=4), slowly())

    run_in_virtual_time(act())
    assert service.refused == 0
    assert max(service.used.values()) <= 200


def test_calls_never_sent_are_returned_to_budget() -> None:
    """Every whole minute that was busy, also after many of them; what is behind is no minute."""
    service = Counting(60, offline=0.5)

    async def act() -> range:
        begun = EventLoopClock().now()
        await run_on(service, ASK, minutes=20)
        # Who waits for another try when the time is over still makes it, in the windows behind.
        return range(math.ceil(begun / 60), math.floor((begun + 20 * 60) / 60))

    busy_windows = run_in_virtual_time(act())
    assert service.refused == 0
    assert len(busy_windows) >= 19
    assert all(0.95 * 45 <= service.used[window] <= 46 for window in busy_windows)


def test_rate_limit_used_by_others_stops_calls_until_reset() -> None:
    """Whoever counts on others being silent is refused; then nobody calls before the time."""
    service = Counting(100)

    async def act() -> None:
        caller = caller_on(
            service, RetryPolicy(RUN_RETRY_POLICY.backoff, RUN_RETRY_POLICY.max_wait_s)
        )
        at = EventLoopClock()
        await caller.call(ASK, nothing)
        service.used[int(at.now() // 60)] += 99
        await busy(caller, ASK, minutes=2)

    run_in_virtual_time(act())
    # The answers say 0 left from the first refusal on; what was under way then was sent before.
    assert service.refused <= CALLERS
    assert all(used <= 100 + CALLERS for used in service.used.values())


def test_inflight_jobs_do_not_use_call_budget() -> None:
    """30 jobs started in one minute, each over before the next: nobody waits for the minute."""

    class Quick(Counting):
        async def send(self, request: HttpRequest) -> HttpResponse:
            answer = await super().send(request)
            jobs = "total=30; remaining=29; resets=60"
            return HttpResponse(
                200, {**answer.headers, "zendesk-ratelimit-inflight-jobs": jobs}, b"{}"
            )

    service = Quick(700, longest_s=0.05)
    start = protocol.build_request("PUT", "/api/v2/users/update_many", document={"users": []})

    async def act() -> float:
        caller = caller_on(service)
        begun = caller.clock.monotonic()
        for _ in range(100):
            await caller.call(start, nothing)
        return caller.clock.monotonic() - begun

    assert run_in_virtual_time(act()) < 30


def lines(log: Path, route: str) -> list[dict[str, object]]:
    found = (json.loads(line) for line in log.read_text().splitlines())
    return [one for one in found if f"{one['method']} {one['path']}".startswith(route)]


def real_client(announced: dict[str, dict[str, str]]) -> tuple[ZendeskClient, HttpTransport]:
    given, clock = announced["zendesk"], SystemClock()
    wire = HttpTransport(
        "Zendesk", given["base_url"], limits=WireLimits(connections=CALLERS, pool_s=60)
    )
    limits = RateLimiter(clock, protocol.read_account_rate_limits, shared=True)
    token = ZendeskAuthenticator(ApiTokenCredentials(given["email"], given["api_token"]))
    return ZendeskClient(
        RequestPipeline(
            wire, limits, ServiceStatusTracker("Zendesk", clock), clock, token, RUN_RETRY_POLICY
        )
    ), wire


async def test_sandbox_refuses_none_of_many_callers(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with running_sandbox("--customers", "50", "--log", str(log)) as announced:
        client, wire = real_client(announced)
        people = await client.search_users("role:end-user")
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(client.update_user(p.id, notes="x") for p in people[:8]),
                *(client.list_recent_tickets() for _ in range(CALLERS - 8)),
            )
        await wire.aclose()
    puts = lines(log, "PUT")
    assert [one["status"] for one in puts] == [200] * 8
    assert len(lines(log, "GET /api/v2/tickets/recent")) == CALLERS - 8


async def test_sandbox_is_not_called_before_retry_after(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with running_sandbox("--customers", "50", "--log", str(log)) as announced:
        client, wire = real_client(announced)
        await client.me()
        body = {"specs": ["zendesk:GET /api/v2/tickets/recent:429=2"], "times": 1}
        fault = HttpRequest(
            "POST", "/sandbox/fault", "/sandbox/fault", body=json.dumps(body).encode()
        )
        await wire.send(fault)
        # The first is refused, and 32 more want to call while its pause lasts.
        first = asyncio.create_task(client.list_recent_tickets())
        await until_refused(log)
        others = (client.list_recent_tickets() if n % 2 else client.me() for n in range(CALLERS))
        await asyncio.gather(first, *others)
        await wire.aclose()
    calls = lines(log, "GET")
    (refused,) = [float(str(one["at"])) for one in calls if one["status"] == 429]
    later = [float(str(one["at"])) - refused for one in calls if float(str(one["at"])) > refused]
    assert len(later) == CALLERS + 1
    assert min(later) >= 2


async def until_refused(log: Path) -> None:
    async with asyncio.timeout(20):
        while not any(one["status"] == 429 for one in lines(log, "GET")):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    # The line is written before the answer goes out.
    await asyncio.sleep(0.2)

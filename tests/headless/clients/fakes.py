"""Fakes at the ports: a clock that moves only when told to sleep, and a scripted transport."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop.clients.caller import INTERACTIVE, Authority, Caller, Patience, Unchanged
from desktop.clients.exchange import Answer, Request
from desktop.clients.field import Bad
from desktop.clients.limits import Limits
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.state import ServiceState, Tracker
from desktop.clients.zendesk import protocol as zendesk
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiToken, Authorization, Credentials
from desktop.kit.clock import SystemClock

SAMPLES = Path(__file__).parent / "samples"
# 2026-11-21 10:42:15 UTC: a quarter past the minute.
NOW = 1_795_257_735.0


class ManualClock:
    """Sleeping moves it on at once and is written down."""

    def __init__(self, now: float = NOW) -> None:
        self.at = 1000.0
        self.offset = now - self.at
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at + self.offset

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@dataclass
class Script:
    """Gives its answers in order, the last one for ever; errors are raised."""

    answers: list[Answer | Exception]
    clock: ManualClock | None = None
    takes_s: float = 0.0
    sent: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        if self.clock:
            self.clock.at += self.takes_s
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def download(self, url: str) -> AsyncIterator[bytes]:
        yield url.encode()

    async def warm(self, connections: int = 1) -> None:
        pass

    async def aclose(self) -> None:
        pass


@dataclass
class Bench:
    """A client on a script, with all that can be looked at afterwards."""

    transport: Script
    clock: ManualClock
    limits: Limits
    states: list[ServiceState]
    bad: list[Bad]
    caller: Caller

    @property
    def sent(self) -> list[Request]:
        return self.transport.sent


def bench(
    service: str,
    *answers: Answer | Exception,
    patience: Patience = INTERACTIVE,
    authority: Authority | None = None,
    takes_s: float = 0.0,
) -> Bench:
    clock = ManualClock()
    script = Script(list(answers), clock, takes_s)
    read = sailthru.readings if service == "Sailthru" else zendesk.readings
    limits = Limits(clock, read, shared=service == "Zendesk")
    states: list[ServiceState] = []
    caller = Caller(
        script,
        limits,
        Tracker(service, clock, states.append),
        clock,
        authority or Unchanged(),
        patience,
        lambda: 0.5,
    )
    return Bench(script, clock, limits, states, [], caller)


def sailthru_client(
    *answers: Answer | Exception, **options: object
) -> tuple[SailthruClient, Bench]:
    found = bench("Sailthru", *answers, **options)  # type: ignore[arg-type]
    credentials = sailthru.Credentials("key-canary", "secret-canary")
    return SailthruClient(credentials, found.caller, found.bad.extend), found


def zendesk_client(
    *answers: Answer | Exception, credentials: Credentials | None = None, **options: object
) -> tuple[ZendeskClient, Bench]:
    own = credentials or ApiToken("ana@acme.example", "token-canary")
    found = bench("Zendesk", *answers, authority=Authorization(own), **options)  # type: ignore[arg-type]
    return ZendeskClient(found.caller, found.bad.extend), found


def answer(document: object, status: int = 200, **headers: str) -> Answer:
    """JSON, with header names written in Python's way (`retry_after`)."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": "application/json", **named}, body)


def sample(service: str, name: str) -> Answer:
    """A recorded answer: `{"status", "headers", "body"}`, the body JSON or text."""
    stored: Mapping[str, object] = json.loads((SAMPLES / service / f"{name}.json").read_text())
    body = stored["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = stored["headers"]
    assert isinstance(headers, dict)
    assert isinstance(stored["status"], int)
    return Answer(stored["status"], {k.lower(): v for k, v in headers.items()}, raw)


class NoSleep(SystemClock):
    """The computer's clock, whose sleeps are short however long they are asked for."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))

"""Fakes at the ports: a clock that moves only when told to sleep, and a scripted transport."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop.clients.authorization_header import HeaderCredentials
from desktop.clients.field_parser import FieldProblem
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.rate_limiter import RateLimiter
from desktop.clients.request_pipeline import (
    INTERACTIVE_RETRY_POLICY,
    NoAuthenticator,
    RequestAuthenticator,
    RequestPipeline,
    RetryPolicy,
)
from desktop.clients.sailthru import protocol as sailthru
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.service_status import ServiceState, ServiceStatusTracker
from desktop.clients.zendesk import protocol as zendesk
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import (
    ApiTokenCredentials,
    ZendeskAuthenticator,
)
from tests.support.clocks import ManualClock

SAMPLES = Path(__file__).resolve().parents[1] / "headless" / "clients" / "samples"
# 2026-11-21 10:42:15 UTC: a quarter past the minute.
NOW = 1_795_257_735.0


@dataclass
class ScriptedTransport:
    """Gives its answers in order, the last one for ever; errors are raised."""

    answers: list[HttpResponse | Exception]
    clock: ManualClock | None = None
    seconds_per_request: float = 0.0
    sent: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        if self.clock:
            self.clock.advance(self.seconds_per_request)
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
class ClientHarness:
    """A client on a script, with all that can be looked at afterwards."""

    transport: ScriptedTransport
    clock: ManualClock
    limits: RateLimiter
    states: list[ServiceState]
    field_notes: list[FieldProblem]
    caller: RequestPipeline

    @property
    def sent(self) -> list[HttpRequest]:
        return self.transport.sent


def make_client_harness(
    service: str,
    *answers: HttpResponse | Exception,
    patience: RetryPolicy = INTERACTIVE_RETRY_POLICY,
    authority: RequestAuthenticator | None = None,
    takes_s: float = 0.0,
) -> ClientHarness:
    clock = ManualClock(NOW)
    script = ScriptedTransport(list(answers), clock, takes_s)
    read = (
        sailthru.read_endpoint_rate_limits
        if service == "Sailthru"
        else zendesk.read_account_rate_limits
    )
    limits = RateLimiter(clock, read, shared=service == "Zendesk")
    states: list[ServiceState] = []
    caller = RequestPipeline(
        script,
        limits,
        ServiceStatusTracker(service, clock, states.append),
        clock,
        authority or NoAuthenticator(),
        patience,
        lambda: 0.5,
    )
    return ClientHarness(script, clock, limits, states, [], caller)


def make_sailthru_client(
    *answers: HttpResponse | Exception, **options: object
) -> tuple[SailthruClient, ClientHarness]:
    found = make_client_harness("Sailthru", *answers, **options)  # type: ignore[arg-type]
    credentials = sailthru.SailthruCredentials("key-canary", "secret-canary")
    return SailthruClient(credentials, found.caller, found.field_notes.extend), found


def make_zendesk_client(
    *answers: HttpResponse | Exception,
    credentials: HeaderCredentials | None = None,
    **options: object,
) -> tuple[ZendeskClient, ClientHarness]:
    own = credentials or ApiTokenCredentials("ana@acme.example", "token-canary")
    found = make_client_harness("Zendesk", *answers, authority=ZendeskAuthenticator(own), **options)  # type: ignore[arg-type]
    return ZendeskClient(found.caller, found.field_notes.extend), found


def json_response(document: object, status: int = 200, **headers: str) -> HttpResponse:
    """JSON, with header names written in Python's way (`retry_after`)."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, {"content-type": "application/json", **named}, body)


def recorded_response(service: str, name: str) -> HttpResponse:
    """A recorded answer: `{"status", "headers", "body"}`, the body JSON or text."""
    stored: Mapping[str, object] = json.loads((SAMPLES / service / f"{name}.json").read_text())
    body = stored["body"]
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = stored["headers"]
    assert isinstance(headers, dict)
    assert isinstance(stored["status"], int)
    return HttpResponse(stored["status"], {k.lower(): v for k, v in headers.items()}, raw)

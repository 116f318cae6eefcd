"""Checks whether a service can be reached; if not, whether DNS, TLS or a proxy fails."""

import asyncio
import contextlib
import socket
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies

from desktop.clients.http_messages import HttpRequest
from desktop.clients.retry_after import parse_http_date
from desktop.connect.connection_check import CheckCollector
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ServiceUnreachable

# Beyond this the times shown and the ends of tokens are wrong; certificates fail much later.
_MAX_CLOCK_SKEW_S = 120.0
# Seconds for each of DNS and TCP.
_STEP_TIMEOUT_S = 6.0


async def check_reachability(
    service: str, base_url: str, services: TemporaryClients, clock: Clock, checks: CheckCollector
) -> bool:
    """Check that a service's host is reachable: DNS, TCP, TLS, front page, clock."""
    try:
        async with services.transport(service, base_url) as transport:
            before = clock.now()
            answer = await transport.send(HttpRequest("HEAD", "/", "/", is_idempotent=True))
            # The Date header was written somewhere on the way.
            between = (before + clock.now()) / 2
    except ServiceUnreachable as error:
        step = await _find_failing_step(base_url)
        checks.report_error(f"{service}: {step}", error)
        return False
    except AppError as error:
        checks.report_error(f"{service}: connection", error)
        return False
    host = urlsplit(base_url).netloc
    how = "TLS 1.2 or newer" if base_url.startswith("https:") else "plain http on this computer"
    checks.report(f"{service}: connection", True, f"{host} answers ({how}).")
    _check_clock(service, parse_http_date(answer.headers.get("date")), between, checks)
    return True


def _check_clock(service: str, theirs: float | None, ours: float, checks: CheckCollector) -> None:
    if theirs is None:
        return
    ahead_s = ours - theirs
    if abs(ahead_s) <= _MAX_CLOCK_SKEW_S:
        checks.report(f"{service}: clock", True, "This computer's clock is right.")
        return
    way = "ahead" if ahead_s > 0 else "behind"
    checks.report(
        f"{service}: clock",
        False,
        f"This computer's clock is {abs(ahead_s) / 60:,.0f} minutes {way} of {service}'s.",
        "Let the operating system set the time by itself.",
        is_needed=False,
    )


async def _find_failing_step(base_url: str) -> str:
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if {"https", "all"} & set(getproxies()) and parts.scheme == "https":
        # Only the proxy knows more; a direct connection would test another way.
        return "proxy"
    try:
        async with asyncio.timeout(_STEP_TIMEOUT_S):
            await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return "name (DNS)"
    try:
        async with asyncio.timeout(_STEP_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return "connection"
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await writer.wait_closed()
    # It takes connections, and still no request went through.
    return "TLS" if parts.scheme == "https" else "connection"

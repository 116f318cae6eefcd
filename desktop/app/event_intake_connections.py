"""Bounds what one connection to the HTTP intake may hold, and how many an address may have open.

uvicorn bounds the time between two requests alone: half a request line, or a body of one byte a
minute, would hold a connection for ever.
"""

import asyncio
import ipaddress
import logging
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

log = logging.getLogger(__name__)

# More are answered with 503, which a library tries again.
MAX_CONNECTIONS = 200
# One line a minute for an address and reason: who is cut off tries again at once.
_LOG_PAUSE_S = 60.0
# Addresses of which is remembered when a line was logged last.
_MAX_REMEMBERED = 1_000
# A provider gives a household a whole network of this many bits (RFC 6177).
_IPV6_NETWORK_BITS = 64


@dataclass(frozen=True)
class ConnectionLimits:
    """Seconds for each part of a request, and connections that one address may have open.

    A body gets longer than `EventIntakeApp` waits for one, which answers 408.
    """

    per_address: int = 50
    headers_s: float = 15.0
    body_s: float = 45.0
    answer_s: float = 60.0
    # Between two requests of a connection.
    idle_s: int = 75


class _Phase(Enum):
    """What a connection waits for; the value ends the log's sentence."""

    HEADERS = "the headers of its request did not come"
    BODY = "the body of its request did not come"
    ANSWER = "its request was not answered, or the answer not taken"
    IDLE = "it asked nothing more"


class IntakeConfig(uvicorn.Config):
    """uvicorn's configuration, with the limits that `BoundedConnection` keeps."""

    def __init__(self, app: Any, limits: ConnectionLimits, **options: Any) -> None:
        super().__init__(app, http=BoundedConnection, timeout_keep_alive=limits.idle_s, **options)
        self.limits = limits
        self.closed_log = ClosedLog()


@dataclass
class ClosedLog:
    """Logs whose connections were closed and why, once a minute for an address and reason."""

    _logged: dict[tuple[str, str], float] = field(default_factory=dict)
    _held_back: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, address: str, reason: str, now: float) -> None:
        """Log a closed connection, or count it for the next line. `now` is monotonic, in s."""
        key = (address, reason)
        if key in self._logged and now - self._logged[key] < _LOG_PAUSE_S:
            self._held_back[key] += 1
            return
        if len(self._logged) >= _MAX_REMEMBERED:
            self._logged.clear()
            self._held_back.clear()
        self._logged[key] = now
        count = 1 + self._held_back.pop(key, 0)
        closed = "A connection" if count == 1 else f"{count} connections"
        log.warning("%s of %s closed: %s.", closed, address, reason)


class BoundedConnection(H11Protocol):
    """One connection: each part of a request has its time, from the first byte to the answer."""

    config: IntakeConfig
    _phase_key: tuple[_Phase, object] | None = None
    _deadline: asyncio.TimerHandle | None = None
    network = "an unknown address"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it where its address has too many."""
        super().connection_made(transport)
        if self.client:
            self.network = _network_of(self.client[0])
        limit = self.config.limits.per_address
        of_address = [
            one
            for one in self.connections
            if isinstance(one, BoundedConnection) and one.network == self.network
        ]
        if len(of_address) > limit:
            self._abort(f"it has {limit} open already")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the intake's timer of a connection that is lost."""
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request to the intake; its time begins anew with its next part."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Begin the time within which a connection must send its next event request."""
        super().on_response_complete()
        self._watch()

    def _phase(self) -> _Phase:
        request: RequestResponseCycle | None = self.cycle
        if request is None:
            return _Phase.HEADERS
        # Also of a request that was refused before its body was there.
        if request.more_body:
            return _Phase.BODY
        if not request.response_complete:
            return _Phase.ANSWER
        return _Phase.HEADERS if self.conn.trailing_data[0] else _Phase.IDLE

    def _watch(self) -> None:
        """Begin the time limit of the part of an intake's request that is waited for now."""
        if self.transport.is_closing():
            return
        phase = self._phase()
        key = (phase, self.cycle)
        if key == self._phase_key:
            return
        self._stop_deadline()
        self._phase_key = key
        limits = self.config.limits
        seconds = {
            _Phase.HEADERS: limits.headers_s,
            _Phase.BODY: limits.body_s,
            _Phase.ANSWER: limits.answer_s,
            _Phase.IDLE: limits.idle_s,
        }[phase]
        self._deadline = self.loop.call_later(seconds, self._expire, phase, seconds)

    def _expire(self, phase: _Phase, seconds: float) -> None:
        if phase is _Phase.IDLE:
            self.transport.close()
        else:
            self._abort(f"{phase.value} within {seconds:g} s")

    def _abort(self, reason: str) -> None:
        self.config.closed_log.note(self.network, reason, self.loop.time())
        # Not closed in order: that would wait for somebody who takes nothing.
        self.transport.abort()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _network_of(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the network of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK_BITS), strict=False))

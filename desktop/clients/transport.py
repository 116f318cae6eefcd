"""The only door to HTTP: one pooled connection set per service, and no foreign error leaves it.

Decided on purpose: proxies come from the environment, but never for this computer itself;
redirects are not followed, because they would carry credentials elsewhere; cookies are not kept;
certificates are always checked, against the system's store and an optional CA file.
"""

import asyncio
import importlib.util
import itertools
import logging
import ssl
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import ModuleType
from typing import cast
from urllib.parse import urlencode

import httpx

from desktop.clients import unreachable
from desktop.clients.address import checked_base, host_of, is_loopback
from desktop.clients.exchange import Answer, Request
from desktop.clients.unpacking import Unpacker
from desktop.kit.errors import AppError, BadInput, Bug, NotFound, ServiceTrouble

log = logging.getLogger(__name__)

# These write whole URLs and headers, and Sailthru's URLs hold its key and signature.
for _name in ("httpx", "httpcore", "h11"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# httpcore asks for sniffio four times per request; where it is missing, each time is a walk
# over the whole import path (a third of a request's CPU, measured). None ends it at once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = cast("ModuleType", None)

_PIECE = 1 << 18

_ids = itertools.count(1)

# ValueError: httpx encodes headers itself, and its message would print them.
_FOREIGN = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    RuntimeError,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class Limits:
    """How long to wait (seconds), how much to take (bytes), how many connections to hold.

    `lanes`: among how many pools the connections are divided. A pool looks at all its connections
    several times a request, each time at all of them once more: with 32 in one pool that is more
    than a third of a run's processor time (measured).
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    write_s: float = 20.0
    pool_s: float = 10.0
    whole_s: float = 120.0
    keepalive_s: float = 60.0
    connections: int = 10
    lanes: int = 1
    largest: int = 64_000_000


@dataclass
class _Lane:
    """One pool of connections, and how many requests are under way in it."""

    client: httpx.AsyncClient
    under_way: int = 0

    @contextmanager
    def taken(self) -> Iterator[httpx.AsyncClient]:
        self.under_way += 1
        try:
            yield self.client
        finally:
            self.under_way -= 1


class HttpTransport:
    """One service's connections."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        tls: ssl.SSLContext | None = None,
        limits: Limits | None = None,
        use_proxies: bool = True,
    ) -> None:
        """`service` is its name in sentences; `tls` comes from `tls_context`.

        Raises BadInput on an address or proxy that cannot be used.
        """
        self._service = service
        self._base = checked_base(base_url)
        self._limits = limits or Limits()
        self._tls = tls or tls_context()
        proxies = use_proxies and not is_loopback(host_of(self._base))
        each = max(1, self._limits.connections // self._limits.lanes)
        self._lanes = [
            _Lane(self._build(proxies=proxies, connections=each)) for _ in range(self._limits.lanes)
        ]
        self._use_proxies = use_proxies
        # How many requests went out, for who wants to tell people.
        self.sent = 0

    async def send(self, request: Request) -> Answer:
        """See `Transport`."""
        number = next(_ids)
        self.sent += 1
        started = time.monotonic()
        outcome = "cancelled"
        try:
            answer = await self._exchange(request)
            outcome = str(answer.status)
        except AppError as error:
            outcome = error.code
            raise
        else:
            return answer
        finally:
            took_ms = round((time.monotonic() - started) * 1000)
            log.debug(
                "%s %s → %s in %d ms (r%d)", self._service, request.route, outcome, took_ms, number
            )

    async def _exchange(self, request: Request) -> Answer:
        try:
            lane = min(self._lanes, key=lambda lane: lane.under_way)
            async with asyncio.timeout(self._limits.whole_s):
                with lane.taken() as client:
                    stream = client.stream(
                        request.method,
                        self._address(request),
                        headers=_with_length(request),
                        content=_in_pieces(request.body),
                    )
                    async with stream as response:
                        headers = {k.lower(): v for k, v in response.headers.items()}
                        coding = headers.get("content-encoding", "")
                        unpacker = Unpacker(coding, self._limits.largest)
                        async for piece in response.aiter_raw():
                            unpacker.feed(piece)
        except TimeoutError:
            raise unreachable.no_answer(self._service) from None
        except _FOREIGN as e:
            raise self._translated(e) from None
        body = unpacker.finish()
        if body is None:
            raise unreachable.broken_off(self._service)
        return Answer(response.status_code, headers, body)

    def _address(self, request: Request) -> str:
        # Put together here, or httpx would take the whole address apart once more to add the query.
        query = f"?{urlencode(request.query)}" if request.query else ""
        return f"{self._base}{request.path}{query}"

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """See `Transport`. The export's host is another one, so nothing of ours goes along."""
        address, _, query = url.partition("?")
        target = checked_base(address) + (f"?{query}" if query else "")
        try:
            async with (
                self._build(
                    proxies=self._use_proxies and not is_loopback(host_of(target))
                ) as client,
                client.stream("GET", target) as response,
            ):
                if response.status_code in (403, 404, 410):
                    raise NotFound(
                        "The file is not there any more.",
                        f"{self._service} keeps exports for a short time.",
                        "Make the export again.",
                    )
                if response.status_code != 200:
                    raise ServiceTrouble(
                        "The file could not be fetched.",
                        f"The server answered {response.status_code}.",
                        "Try again later.",
                        applied_unknown=False,
                    )
                async for piece in response.aiter_bytes(1 << 16):
                    yield piece
        except _FOREIGN as e:
            raise self._translated(e) from None

    async def warm(self, connections: int = 1) -> None:
        """See `Transport`: a HEAD without credentials costs a round trip and opens the door."""
        request = Request("HEAD", "/", "/", safe=True)
        await asyncio.gather(
            *(self.send(request) for _ in range(connections)), return_exceptions=True
        )

    async def aclose(self) -> None:
        """Close every connection; a later `send` raises Offline."""
        for lane in self._lanes:
            await lane.client.aclose()

    def _build(self, *, proxies: bool, connections: int = 1) -> httpx.AsyncClient:
        limits = self._limits
        try:
            return httpx.AsyncClient(
                verify=self._tls,
                trust_env=proxies,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                headers={"User-Agent": "Fairlead", "Accept-Encoding": "gzip"},
                timeout=httpx.Timeout(
                    connect=limits.connect_s,
                    read=limits.read_s,
                    write=limits.write_s,
                    pool=limits.pool_s,
                ),
                limits=httpx.Limits(
                    max_connections=connections,
                    max_keepalive_connections=connections,
                    keepalive_expiry=limits.keepalive_s,
                ),
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            raise BadInput(
                "The proxy set on this computer cannot be used.",
                "Its address is not an http:// or https:// one.",
                "Correct HTTPS_PROXY or ALL_PROXY.",
            ) from None

    def _translated(self, error: Exception) -> AppError:
        service = self._service
        if isinstance(error, httpx.ConnectTimeout):
            return unreachable.connect_timed_out(service)
        if isinstance(error, httpx.PoolTimeout):
            return unreachable.pool_exhausted(service)
        if isinstance(error, httpx.ProxyError):
            return unreachable.proxy_refused(service, str(error))
        if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
            return unreachable.explain_offline(service, error)
        if isinstance(error, httpx.TimeoutException):
            return unreachable.no_answer(service)
        ours = isinstance(error, ValueError) and not isinstance(error, OSError)
        if ours or isinstance(error, httpx.LocalProtocolError | httpx.InvalidURL):
            return Bug("A request could not be put together.", "Nothing was sent.", "Report it.")
        if isinstance(error, RuntimeError) and self._lanes[0].client.is_closed:
            return unreachable.closed(service)
        return unreachable.broken_off(service)


def _with_length(request: Request) -> dict[str, str]:
    headers = dict(request.headers)
    if request.body is not None and len(request.body) > _PIECE:
        # Said here, or httpx would send pieces in the chunked form, which not every server takes.
        headers["Content-Length"] = str(len(request.body))
    return headers


def _in_pieces(body: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """A long body piece by piece: whole, every layer below would copy it, and time its writing."""
    if body is None or len(body) <= _PIECE:
        return body
    return _pieces(body)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """The system's trusted certificates and those of `ca_file`; TLS 1.2 at least.

    Takes some 40 ms at first: to be asked for beside the event loop. Afterwards it is the same
    one, until a file with certificates changes.
    Raises BadInput on a file that holds no certificates.
    """
    if sys.platform == "win32":
        # The system's own store has no file that tells of a change.
        return _read_certificates(ca_file)
    paths = ssl.get_default_verify_paths()
    files = (paths.openssl_cafile, paths.openssl_capath, paths.cafile, paths.capath, ca_file)
    return _certificates_of(ca_file, tuple(_as_it_is(file) for file in files if file))


def _as_it_is(file: str | Path) -> tuple[str, int, int]:
    try:
        found = Path(file).stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _certificates_of(
    ca_file: Path | None, files: tuple[tuple[str, int, int], ...]
) -> ssl.SSLContext:
    del files  # when one of them has changed, they are read again
    return _read_certificates(ca_file)


def _read_certificates(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError):
            raise BadInput(
                "The CA file cannot be read.",
                "It has to hold certificates in PEM form.",
                "Choose another file in Settings.",
            ) from None
    return context

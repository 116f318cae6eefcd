"""The HTTP transport over httpx: pooled connections to one service; raises `AppError`s only.

Decided on purpose: proxies come from the environment, but never for this computer itself;
redirects are not followed, because they would carry credentials elsewhere; cookies are not kept;
certificates are always checked, against the system's store and an optional CA file.

httpx sets the connections up; a request goes straight to their pool, past httpx's own layers, in
which it spends half of its processor time (measured).
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
from urllib.parse import quote, urlencode, urlsplit

import httpcore
import httpx

from desktop.clients import connection_errors
from desktop.clients.body_decompressor import BodyDecompressor
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.kit.errors import AppError, InternalError, InvalidInput, NotFound, ServiceError
from desktop.kit.loopback import is_loopback
from desktop.settings.service_address import normalize_base_url

log = logging.getLogger(__name__)

# These write whole URLs and headers, and Sailthru's URLs hold its key and signature.
for _name in ("httpx", "httpcore", "h11"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# httpcore asks for sniffio four times per request; where it is missing, each time is a walk
# over the whole import path (a third of a request's CPU, measured). None ends it at once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = cast("ModuleType", None)

# 256 KB: larger writes time out on a slow line, smaller ones cost a call each.
_CHUNK_BYTES = 1 << 18

_ids = itertools.count(1)

# What stands in a path as it is, escapes included; anything else would break the request's line.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"

# ValueError: an address or a header that cannot be encoded; its message would print them.
_FOREIGN_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    RuntimeError,
    OSError,
    ValueError,
)
_UNREACHABLE_ERRORS = (
    httpx.ConnectError,
    httpx.UnsupportedProtocol,
    httpcore.ConnectError,
    httpcore.UnsupportedProtocol,
)
_MALFORMED_REQUEST_ERRORS = (
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    httpcore.LocalProtocolError,
)


@dataclass(frozen=True)
class TransportOptions:
    """The HTTP transport's timeouts in seconds, connection counts, largest body in bytes.

    `pools`: among how many pools the connections are divided. A pool looks at all its connections
    several times a request, each time at all of them once more: with 32 in one pool that is more
    than a third of a run's processor time (measured).
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    write_s: float = 20.0
    pool_s: float = 10.0
    total_s: float = 120.0
    keepalive_s: float = 60.0
    connections: int = 10
    pools: int = 1
    max_body_bytes: int = 64_000_000


@dataclass
class _ConnectionPool:
    """One httpx pool of connections to a service, and how many requests it has under way.

    `connections` is the pool behind `client`: the one with the proxy that httpx found, if any.
    """

    client: httpx.AsyncClient
    connections: httpcore.AsyncConnectionPool
    active_requests: int = 0

    @contextmanager
    def request_slot(self) -> Iterator[httpcore.AsyncConnectionPool]:
        self.active_requests += 1
        try:
            yield self.connections
        finally:
            self.active_requests -= 1


class HttpTransport:
    """The httpx connections to one service, as a `Transport`."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        tls: ssl.SSLContext | None = None,
        limits: TransportOptions | None = None,
        use_proxies: bool = True,
    ) -> None:
        """`service` is its name in sentences; `tls` comes from `tls_context`, for httpx.

        Raises InvalidInput on an address or proxy that cannot be used.
        """
        self._service = service
        self._base = normalize_base_url(base_url)
        self._options = limits or TransportOptions()
        self._tls = tls or tls_context()
        self._use_proxies = use_proxies
        self._pools = [self._build_pool()]
        self._is_closed = False
        parts = urlsplit(self._base)
        # IPv6 addresses stand in brackets; the port is named only where it is not the usual one.
        self._origin = httpcore.URL(f"{parts.scheme}://{parts.netloc}")
        self._path_prefix = parts.path
        self._headers = {
            "Host": parts.netloc,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "keep-alive",
            "User-Agent": "Fairlead",
        }
        self._extensions = {
            "timeout": {
                "connect": self._options.connect_s,
                "read": self._options.read_s,
                "write": self._options.write_s,
                "pool": self._options.pool_s,
            }
        }
        # How many requests went out, for who wants to tell people.
        self.request_count = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send an HTTP request over httpx; see `Transport`."""
        number = next(_ids)
        self.request_count += 1
        started = time.monotonic()
        outcome = "cancelled"
        try:
            answer = await self._send_and_read(request)
            outcome = str(answer.status)
        except AppError as error:
            outcome = error.code
            raise
        else:
            return answer
        finally:
            elapsed_ms = round((time.monotonic() - started) * 1000)
            log.debug(
                "%s %s → %s in %d ms (r%d)",
                self._service,
                request.route,
                outcome,
                elapsed_ms,
                number,
            )

    async def _send_and_read(self, request: HttpRequest) -> HttpResponse:
        if self._is_closed:
            raise connection_errors.connection_closed_error(self._service)
        connection_pool = self._choose_pool()
        try:
            prepared = self._prepare(request)
            async with asyncio.timeout(self._options.total_s):
                with connection_pool.request_slot() as connections:
                    response = await connections.handle_async_request(prepared)
                    try:
                        headers = _response_headers(response)
                        coding = headers.get("content-encoding", "")
                        unpacker = BodyDecompressor(coding, self._options.max_body_bytes)
                        async for piece in response.aiter_stream():
                            unpacker.feed(piece)
                    finally:
                        await response.aclose()
        except TimeoutError:
            raise connection_errors.response_timeout_error(self._service) from None
        except _FOREIGN_ERRORS as e:
            raise self._to_app_error(e) from None
        body = unpacker.finish()
        if body is None:
            raise connection_errors.truncated_response_error(self._service)
        return HttpResponse(response.status, headers, body)

    def _prepare(self, request: HttpRequest) -> httpcore.Request:
        query = f"?{urlencode(request.query)}" if request.query else ""
        path = quote(f"{self._path_prefix}{request.path}", safe=_PATH_CHARACTERS)
        origin = self._origin
        headers = {**self._headers, **request.headers}
        if request.body is not None or request.method in ("POST", "PUT"):
            # Said here, or pieces would go in the chunked form, which not every server takes.
            headers["Content-Length"] = str(len(request.body or b""))
        return httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=origin.scheme,
                host=origin.host,
                port=origin.port,
                target=f"{path or '/'}{query}".encode("ascii"),
            ),
            headers=[(k.encode("ascii"), v.encode("ascii")) for k, v in headers.items()],
            content=_request_content(request.body),
            extensions=self._extensions,
        )

    async def download(self, url: str) -> AsyncIterator[bytes]:
        """Download a file over httpx without credentials; see `Transport`."""
        address, _, query = url.partition("?")
        target = normalize_base_url(address) + (f"?{query}" if query else "")
        try:
            async with (
                self._build(proxies=self._use_proxies and not _is_local(target)) as client,
                client.stream("GET", target) as response,
            ):
                # S3, where Sailthru keeps exports, answers 403 for an address that has expired.
                if response.status_code in (403, 404, 410):
                    raise NotFound(
                        "The file no longer exists.",
                        f"{self._service} keeps exports for a short time.",
                        "Make the export again.",
                    )
                if response.status_code != 200:
                    raise ServiceError(
                        "The file could not be fetched.",
                        f"The server answered {response.status_code}.",
                        "Try again later.",
                        is_outcome_unknown=False,
                    )
                async for piece in response.aiter_bytes(1 << 16):
                    yield piece
        except _FOREIGN_ERRORS as e:
            raise self._to_app_error(e) from None

    async def aclose(self) -> None:
        """Close every httpx connection; a later `send` raises ServiceUnreachable."""
        self._is_closed = True
        for connection_pool in self._pools:
            await connection_pool.client.aclose()

    def _choose_pool(self) -> _ConnectionPool:
        """Return the least busy httpx pool; another is built once all of them are in use."""
        found = min(self._pools, key=lambda connection_pool: connection_pool.active_requests)
        if found.active_requests and len(self._pools) < self._options.pools:
            found = self._build_pool()
            self._pools.append(found)
        return found

    def _build_pool(self) -> _ConnectionPool:
        proxies = self._use_proxies and not _is_local(self._base)
        each = max(1, self._options.connections // self._options.pools)
        client = self._build(proxies=proxies, connections=each)
        # httpx alone reads HTTPS_PROXY, ALL_PROXY and NO_PROXY; it has no public way to its pool.
        found = client._transport_for_url(httpx.URL(self._base))  # noqa: SLF001
        if not isinstance(found, httpx.AsyncHTTPTransport):
            raise TypeError("httpx has set up another kind of connection.")
        return _ConnectionPool(client, found._pool)  # noqa: SLF001

    def _build(self, *, proxies: bool, connections: int = 1) -> httpx.AsyncClient:
        limits = self._options
        try:
            return httpx.AsyncClient(
                verify=self._tls,
                trust_env=proxies,
                # A 307 would have httpx send the body, with Sailthru's key, to another host.
                follow_redirects=False,
                # Accepts none: a cookie would tie one agent's calls to another's session.
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
            raise InvalidInput(
                "The proxy set on this computer cannot be used.",
                "Its address is not an http:// or https:// one.",
                "Correct HTTPS_PROXY or ALL_PROXY.",
            ) from None

    def _to_app_error(self, error: Exception) -> AppError:
        service = self._service
        if isinstance(error, httpx.ConnectTimeout | httpcore.ConnectTimeout):
            return connection_errors.connect_timeout_error(service)
        if isinstance(error, httpx.PoolTimeout | httpcore.PoolTimeout):
            return connection_errors.pool_exhausted_error(service)
        if isinstance(error, httpx.ProxyError | httpcore.ProxyError):
            return connection_errors.proxy_error(service, str(error))
        if isinstance(error, _UNREACHABLE_ERRORS):
            return connection_errors.unreachable_error(service, error)
        if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
            return connection_errors.response_timeout_error(service)
        ours = isinstance(error, ValueError) and not isinstance(error, OSError)
        if ours or isinstance(error, _MALFORMED_REQUEST_ERRORS):
            return InternalError(
                "A request could not be put together.", "Nothing was sent.", "Report it."
            )
        if self._is_closed:
            return connection_errors.connection_closed_error(service)
        return connection_errors.truncated_response_error(service)


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


def _response_headers(response: httpcore.Response) -> dict[str, str]:
    """Return an httpx answer's headers by lower-case name; of several, values joined."""
    found: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _request_content(body: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """Return a long request body in pieces: whole, httpx would copy it and time its writing."""
    if body is None or len(body) <= _CHUNK_BYTES:
        return body
    return _chunks(body)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _CHUNK_BYTES):
        yield body[start : start + _CHUNK_BYTES]


def tls_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """Build a TLS 1.2+ context that trusts the system's certificates and those of `ca_file`.

    Takes some 40 ms at first: to be asked for beside the event loop. Afterwards it is the same
    one, until a file with certificates changes.
    Raises InvalidInput on a file that holds no certificates.
    """
    if sys.platform == "win32":
        # The system's own store has no file that tells of a change.
        return _build_tls_context(ca_file)
    paths = ssl.get_default_verify_paths()
    files = (paths.openssl_cafile, paths.openssl_capath, paths.cafile, paths.capath, ca_file)
    return _cached_context(ca_file, tuple(_file_fingerprint(file) for file in files if file))


def _file_fingerprint(file: str | Path) -> tuple[str, int, int]:
    try:
        found = Path(file).stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def _cached_context(
    ca_file: Path | None, files: tuple[tuple[str, int, int], ...]
) -> ssl.SSLContext:
    del files  # when one of them has changed, they are read again
    return _build_tls_context(ca_file)


def _build_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # Sailthru asks for 1.2 (docs/sailthru.md 1.12), Zendesk for no less.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError):
            raise InvalidInput(
                "The CA file cannot be read.",
                "It has to hold certificates in PEM form.",
                "Choose another file in Settings.",
            ) from None
    return context

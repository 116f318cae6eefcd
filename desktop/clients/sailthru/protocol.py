"""Builds and signs Sailthru requests, parses responses and limits (docs/sailthru.md 1, 2.0)."""

import hashlib
import mmap
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.json_parsing import InvalidJsonError, encode_json, parse_json
from desktop.clients.rate_limiter import RateLimitReading
from desktop.clients.retry_after import parse_header_number, retry_after_s, server_time
from desktop.clients.sailthru.error_mapping import error_from_code, error_from_xml
from desktop.clients.service_errors import (
    foreign_response_error,
    rate_limit_error,
    unexpected_response_error,
)
from desktop.model.service import Service

FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
# The window is a clock minute (docs/sailthru.md 3).
# Seconds.
_WINDOW_S = 60.0


@dataclass(frozen=True)
class SailthruCredentials:
    """A Sailthru API key and its secret; neither is ever printed."""

    key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True)
class UploadFile:
    """A file of Sailthru's multipart request; its content is not signed (docs/sailthru.md 1.9).

    A mapped file is read only once, straight into the request's body.
    """

    name: str
    content: bytes | mmap.mmap = field(repr=False)


def sign_parameters(secret: str, parameters: Mapping[str, object]) -> str:
    """Sign Sailthru parameters: MD5 of secret and sorted leaf values (docs/sailthru.md 1.4)."""
    text = secret + "".join(sorted(_leaf_values(parameters)))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def build_request(
    credentials: SailthruCredentials,
    method: str,
    endpoint: str,
    parameters: Mapping[str, object],
    *,
    file: UploadFile | None = None,
) -> HttpRequest:
    """Build a signed Sailthru request. Raises InvalidInput where parameters cannot be JSON."""
    text = encode_json(parameters, Service.SAILTHRU)
    fields = {"api_key": credentials.key, "format": "json", "json": text}
    fields["sig"] = sign_parameters(credentials.secret, fields)
    template = f"/{endpoint}"
    if method != "POST":
        return HttpRequest(
            method, template, template, query=tuple(fields.items()), is_idempotent=method == "GET"
        )
    if file is None:
        body, kind = urlencode(fields).encode(), FORM_CONTENT_TYPE
    else:
        body, kind = _multipart(fields, file)
    return HttpRequest(method, template, template, headers={"Content-Type": kind}, body=body)


def parse_response(response: HttpResponse, now: float) -> dict[str, object]:
    """Parse a Sailthru answer's object, or raise its error; the body decides before status.

    An `error` field can come with HTTP 200 (docs/sailthru.md 2.0); without `format` errors are
    XML (1.10), and gateways answer in HTML.
    """
    pause = rate_limit_pause_s(response.headers, now)
    if response.status == 429:
        raise rate_limit_error(Service.SAILTHRU, pause, now)
    body = response.body[:1000].lstrip()
    if body.startswith(b"<"):
        raise error_from_xml(response.status, body, pause, now)
    try:
        found = parse_json(response.body)
    except InvalidJsonError:
        raise foreign_response_error(Service.SAILTHRU, response.status) from None
    has_error = isinstance(found, dict) and found.get("error") not in (None, 0, False, "")
    if isinstance(found, dict) and has_error and "errormsg" in found:
        raise error_from_code(response.status, found["error"], found["errormsg"], pause, now)
    if has_error or not 200 <= response.status < 300:
        raise foreign_response_error(Service.SAILTHRU, response.status)
    if not isinstance(found, dict):
        raise unexpected_response_error(Service.SAILTHRU)
    return found


def read_endpoint_rate_limits(
    request: HttpRequest, headers: Mapping[str, str], now: float
) -> Iterator[RateLimitReading]:
    """Yield Sailthru's rate limit of this endpoint and method (docs/sailthru.md 3)."""
    limit, remaining = (
        parse_header_number(headers.get(f"x-rate-limit-{n}")) for n in ("limit", "remaining")
    )
    if limit is None or remaining is None or limit <= 0:
        return
    yield RateLimitReading(
        request.route, int(limit), max(0, int(remaining)), _reset_s(headers, now)
    )


def rate_limit_pause_s(headers: Mapping[str, str], now: float) -> float:
    """Return the pause after Sailthru's “too many calls”: Retry-After, reset, or next minute."""
    for said in (retry_after_s(headers, now), _reset_s(headers, now)):
        if said is not None:
            return said
    return _WINDOW_S - server_time(headers, now) % _WINDOW_S


def _reset_s(headers: Mapping[str, str], now: float) -> float | None:
    reset = parse_header_number(headers.get("x-rate-limit-reset"))
    if reset is None:
        return None
    return min(max(reset - server_time(headers, now), 0.0), _WINDOW_S)


def _leaf_values(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaf_values(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for item in value:
            yield from _leaf_values(item)
    elif isinstance(value, bool):
        # PHP's rule, which the service follows (docs/sailthru.md 1.7).
        yield "1" if value else "0"
    elif value is not None:
        yield str(value)


def _multipart(fields: Mapping[str, str], file: UploadFile) -> tuple[bytes, str]:
    # Random, so that no content can hold it by chance or on purpose.
    boundary = secrets.token_hex(16)
    # A quote or line break in it would end the header early.
    name = "".join(c for c in file.name if c.isalnum() or c in "._-") or "file"
    parts: list[bytes | mmap.mmap] = []
    for key, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'
        parts += [head.encode(), value.encode(), b"\r\n"]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    parts += [head.encode(), file.content, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"

"""Builds Zendesk requests, parses responses and rate limits (docs/zendesk.md 11, 12, 13)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.json_parsing import InvalidJsonError, encode_json, parse_json
from desktop.clients.rate_limiter import ACCOUNT_BUCKET, RateLimitReading
from desktop.clients.retry_after import parse_header_number, retry_after_s
from desktop.clients.service_errors import foreign_response_error, unexpected_response_error
from desktop.clients.zendesk.error_mapping import error_from_body, parse_error_body
from desktop.model.service import Service

_ENDPOINT_HEADER_PREFIX = "zendesk-ratelimit-"
# Not calls in a minute but jobs at once (docs/zendesk.md 3).
_JOBS_HEADER = "zendesk-ratelimit-inflight-jobs"
_PART = re.compile(r"\s*(total|remaining|resets)\s*=\s*(-?\d{1,12})\s*")
# Where a 429 does not say how long: the windows are minutes (docs/zendesk.md 12).
_PAUSE_S = 10.0
# Ten minutes: windows are minutes, so a larger number is an error.
_LONGEST_RESET_S = 600.0


def build_request(
    method: str,
    template: str,
    *,
    ids: Mapping[str, int | str] | None = None,
    query: Sequence[tuple[str, str]] = (),
    document: Mapping[str, object] | None = None,
    is_idempotent: bool | None = None,
    is_splittable: bool = False,
) -> HttpRequest:
    """Build a Zendesk request without credentials; `ids` fill the template's braces.

    Raises InvalidInput when the document cannot be JSON.
    """
    headers = {"Accept": "application/json"}
    body = None
    if document is not None:
        headers["Content-Type"] = "application/json"
        body = encode_json(document, Service.ZENDESK).encode()
    return HttpRequest(
        method=method,
        template=template,
        # An id from a link or the command line must not become another path.
        path=template.format_map({k: quote(str(v), safe="") for k, v in (ids or {}).items()}),
        query=tuple(query),
        headers=headers,
        body=body,
        is_idempotent=method == "GET" if is_idempotent is None else is_idempotent,
        is_splittable=is_splittable,
    )


def parse_response(response: HttpResponse, now: float) -> dict[str, object]:
    """Parse a Zendesk answer's object, empty after 204. Raises the error it stands for."""
    pause = rate_limit_pause_s(response.headers, now)
    if response.status == 204:
        return {}
    try:
        found = parse_json(response.body)
    except InvalidJsonError:
        found = None
    is_success = 200 <= response.status < 300
    if not is_success or (isinstance(found, dict) and found.get("error")):
        # TooManyJobs comes with an unknown status (docs/zendesk.md 3).
        raise error_from_body(response.status, parse_error_body(found), pause, now)
    if found is None:
        raise foreign_response_error(Service.ZENDESK, response.status)
    if not isinstance(found, dict):
        raise unexpected_response_error(Service.ZENDESK)
    return found


def read_account_rate_limits(
    request: HttpRequest, headers: Mapping[str, str], now: float
) -> Iterator[RateLimitReading]:
    """Yield the Zendesk account's rate limit and every endpoint's that an answer names."""
    del request, now
    limit = parse_header_number(headers.get("x-rate-limit", headers.get("ratelimit-limit")))
    left = parse_header_number(
        headers.get("x-rate-limit-remaining", headers.get("ratelimit-remaining"))
    )
    if limit is not None and left is not None and limit > 0:
        resets = parse_header_number(headers.get("ratelimit-reset"))
        yield RateLimitReading(ACCOUNT_BUCKET, int(limit), max(0, int(left)), _capped(resets))
    for name, value in headers.items():
        if not name.startswith(_ENDPOINT_HEADER_PREFIX):
            continue
        parts = {m[1]: m[2] for p in value.split(";") if (m := _PART.fullmatch(p))}
        if "total" in parts and "remaining" in parts and int(parts["total"]) > 0:
            yield RateLimitReading(
                name.removeprefix(_ENDPOINT_HEADER_PREFIX),
                int(parts["total"]),
                max(0, int(parts["remaining"])),
                _capped(parse_header_number(parts.get("resets"))),
                is_concurrency=name == _JOBS_HEADER,
            )


def rate_limit_pause_s(headers: Mapping[str, str], now: float) -> float:
    """Return the pause after Zendesk's 429: Retry-After, else the reset, else 10 s."""
    for stated in (
        retry_after_s(headers, now),
        _capped(parse_header_number(headers.get("ratelimit-reset"))),
    ):
        if stated is not None:
            return stated
    return _PAUSE_S


def _capped(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RESET_S)

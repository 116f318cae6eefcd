"""Builds Zendesk requests and deciphers answers; pure (contract zendesk 11–13)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from desktop.clients.exchange import Answer, Request
from desktop.clients.json_text import Unreadable, parse
from desktop.clients.limits import ACCOUNT, Reading
from desktop.clients.waiting import number, retry_after_s
from desktop.clients.zendesk.errors import from_status, not_json, said, unexpected
from desktop.kit.errors import BadInput

_NAMED = "zendesk-ratelimit-"
# Not calls in a minute but jobs at once (contract zendesk 3, jobs).
_JOBS_HEADER = "zendesk-ratelimit-inflight-jobs"
_PART = re.compile(r"\s*(total|remaining|resets)\s*=\s*(-?\d{1,12})\s*")
# Where a 429 does not say how long: the windows are minutes (contract zendesk 12).
_PAUSE_S = 10.0
_LONGEST_RESET_S = 600.0


def build(
    method: str,
    template: str,
    *,
    ids: Mapping[str, int | str] | None = None,
    query: Sequence[tuple[str, str]] = (),
    document: Mapping[str, object] | None = None,
    safe: bool | None = None,
    heavy: bool = False,
) -> Request:
    """A request without credentials; `ids` fill the template's braces.

    Raises BadInput when the document cannot be JSON.
    """
    headers = {"Accept": "application/json"}
    body = None
    if document is not None:
        headers["Content-Type"] = "application/json"
        body = _json(document)
    return Request(
        method=method,
        template=template,
        path=template.format_map({k: quote(str(v), safe="") for k, v in (ids or {}).items()}),
        query=tuple(query),
        headers=headers,
        body=body,
        safe=method == "GET" if safe is None else safe,
        heavy=heavy,
    )


def decipher(answer: Answer, now: float) -> dict[str, object]:
    """The answer's object (empty after 204). Raises the error it stands for."""
    pause = pause_s(answer.headers, now)
    if answer.status == 204:
        return {}
    try:
        found = parse(answer.body)
    except Unreadable:
        raise not_json(answer.status, pause, now) from None
    if not 200 <= answer.status < 300:
        raise from_status(answer.status, said(found), pause, now)
    if not isinstance(found, dict):
        raise unexpected()
    if found.get("error"):
        # TooManyJobs comes with an unknown status (contract zendesk 3, jobs).
        raise from_status(answer.status, said(found), pause, now)
    return found


def readings(request: Request, headers: Mapping[str, str], now: float) -> Iterator[Reading]:
    """The account's budget and every endpoint budget an answer names (contract zendesk 12)."""
    del request, now
    limit = number(headers.get("x-rate-limit", headers.get("ratelimit-limit")))
    left = number(headers.get("x-rate-limit-remaining", headers.get("ratelimit-remaining")))
    if limit is not None and left is not None and limit > 0:
        resets = number(headers.get("ratelimit-reset"))
        yield Reading(ACCOUNT, int(limit), max(0, int(left)), _capped(resets))
    for name, value in headers.items():
        if not name.startswith(_NAMED):
            continue
        parts = {m[1]: m[2] for p in value.split(";") if (m := _PART.fullmatch(p))}
        if "total" in parts and "remaining" in parts and int(parts["total"]) > 0:
            yield Reading(
                name.removeprefix(_NAMED),
                int(parts["total"]),
                max(0, int(parts["remaining"])),
                _capped(number(parts.get("resets"))),
                level=name == _JOBS_HEADER,
            )


def pause_s(headers: Mapping[str, str], now: float) -> float:
    """How long to pause after 429: Retry-After, else the account's reset, else 10 s."""
    for stated in (retry_after_s(headers, now), _capped(number(headers.get("ratelimit-reset")))):
        if stated is not None:
            return stated
    return _PAUSE_S


def _capped(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_RESET_S)


def _json(document: Mapping[str, object]) -> bytes:
    try:
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError):
        raise BadInput(
            "This value cannot be sent to Zendesk.",
            "It holds a number or characters that JSON does not have.",
            "Enter it again.",
        ) from None

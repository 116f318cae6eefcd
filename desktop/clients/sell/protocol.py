"""Builds Zendesk Sell requests and parses responses (docs/zendesk-sell.md 2, 3 and 12)."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.json_parsing import InvalidJsonError, encode_json, parse_json
from desktop.clients.sell.error_mapping import error_from_body, parse_error_body
from desktop.clients.service_errors import foreign_response_error, unexpected_response_error
from desktop.model.json_value import Json
from desktop.model.service import Service

# Below the ten a second that Sell allows: others use the same token's hour too.
CALLS_PER_S = 8.0
# Answered without a body, whatever the Content-Type says (docs/zendesk-sell.md 12).
_EMPTY_STATUSES = (202, 204)


def build_request(
    template: str,
    *,
    ids: Mapping[str, int | str] | None = None,
    query: Sequence[tuple[str, str]] = (),
    method: str = "GET",
    data: Mapping[str, Json] | None = None,
    headers: Mapping[str, str] | None = None,
    is_idempotent: bool = False,
) -> HttpRequest:
    """Build a Sell request without credentials; `data` goes out in Sell's envelope.

    `is_idempotent`: a POST that may be sent twice; a create may not.
    """
    return HttpRequest(
        method=method,
        template=template,
        # An id from a link or the command line must not become another path.
        path=template.format_map({k: quote(str(v), safe="") for k, v in (ids or {}).items()}),
        query=tuple(query),
        # The mandatory User-Agent is the transport's; the language keeps texts the same everywhere.
        headers={
            "Accept": "application/json",
            "Accept-Language": "en",
            **({} if data is None else {"Content-Type": "application/json"}),
            **(headers or {}),
        },
        body=None if data is None else encode_json({"data": dict(data)}, Service.SELL).encode(),
        # Sell has no idempotency key: a create that got no answer is looked for before another.
        is_idempotent=is_idempotent or method in ("GET", "PUT", "DELETE"),
    )


def parse_response(response: HttpResponse, now: float) -> dict[str, object]:
    """Parse a Sell answer's object; {} of a 202 or 204. Raises the error it stands for."""
    if response.status in _EMPTY_STATUSES:
        return {}
    try:
        found = parse_json(response.body)
    except InvalidJsonError:
        found = None
    if not 200 <= response.status < 300:
        raise error_from_body(response.status, parse_error_body(found), now)
    if found is None:
        raise foreign_response_error(Service.SELL, response.status)
    if not isinstance(found, dict):
        raise unexpected_response_error(Service.SELL)
    return found

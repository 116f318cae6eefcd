"""Parses a body sent to the sandbox's Zendesk: one object, or the rows of a bulk request."""

from desktop.sandbox.http_messages import JsonObject, SandboxRequest
from desktop.sandbox.zendesk.error_responses import zendesk_error
from desktop.sandbox.zendesk.pagination import MAX_PAGE_SIZE


def object_in_body(request: SandboxRequest, name: str) -> JsonObject:
    """Return the object under a key such as `user` in a body sent to the sandbox; else a 400."""
    body = request.json()
    given = body.get(name) if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise zendesk_error(400, "InvalidRequest", f"Parameter {name} is required")
    return given


def rows_in_body(request: SandboxRequest, name: str) -> list[JsonObject]:
    """Return the rows in a body sent to the sandbox's Zendesk; over a hundred are refused."""
    body = request.json()
    rows = body.get(name) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise zendesk_error(400, "InvalidRequest", f"Parameter {name} is required")
    if len(rows) > MAX_PAGE_SIZE:
        raise zendesk_error(400, "TooManyValues", f"{name}: at most {MAX_PAGE_SIZE} are allowed")
    return [row for row in rows if isinstance(row, dict)]

"""Error responses of the Sell sandbox: one envelope of several errors, with a `logref`.

Facts: docs/zendesk-sell.md 3 and 12.
"""

from http import HTTPStatus
from typing import NamedTuple

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response

MORE_INFO = "https://developer.zendesk.com/api-reference/sales-crm/errors/"
# `service.py` knows the request's number and puts it here.
LOGREF_PLACEHOLDER = "@logref@"
# Code of an error about the request itself → status and sentence.
_REQUEST_ERRORS = {
    "not_found": (404, "The requested resource was not found."),
    "incorrect_path": (404, "The requested path does not exist."),
    "unauthorized": (401, "The access token is missing, invalid, expired or revoked."),
    "insufficient_scope": (403, "The access token or the plan of the account does not allow it."),
    "rate_limit_exceeded": (429, "The number of requests exceeds the limit."),
    "invalid_param": (400, "A query parameter is invalid."),
    "invalid_header": (400, "A header is invalid."),
    "invalid_user_agent": (400, "The User-Agent header is missing."),
    "invalid_payload": (400, "The payload is not valid JSON."),
    "incorrect_payload": (422, "The payload has not the expected form."),
    "conflict": (409, "Several resources match the filter."),
    "server_error": (500, "Internal server error."),
    "temporarily_unavailable": (503, "The service is temporarily unavailable."),
}
_FIELD_MESSAGES = {
    "unknown": "is not a known attribute",
    "missing": "is missing",
    "already_exists": "already exists",
    "blank": "can't be blank",
    "invalid_type": "has an invalid type",
    "incorrect_value": "has an incorrect value",
}


class AttributeProblem(NamedTuple):
    """What is wrong with one attribute of a payload sent to the sandbox's Sell."""

    pointer: str
    code: str
    details: str


def _error_response(status: int, errors: list[dict[str, str]]) -> SandboxResponse:
    body = {
        "errors": [{"error": error, "meta": {"type": "error"}} for error in errors],
        "meta": {
            "type": "errors",
            "http_status": f"{status} {HTTPStatus(status).phrase}",
            "logref": LOGREF_PLACEHOLDER,
            "links": {"more_info": MORE_INFO},
        },
    }
    return json_response(body, status)


def request_error_response(code: str, details: str = "", resource: str = "") -> SandboxResponse:
    """Make the sandbox's Sell answer to a request that is refused as a whole."""
    status, message = _REQUEST_ERRORS[code]
    error = {"code": code, "message": message, "details": details or message}
    return _error_response(status, [{"resource": resource, **error} if resource else error])


def request_error(code: str, details: str = "", resource: str = "") -> SandboxHttpError:
    """Make a refusal of the sandbox's Sell to raise."""
    return SandboxHttpError(request_error_response(code, details, resource))


def field_errors(resource: str, problems: list[AttributeProblem]) -> SandboxHttpError:
    """Make the 422 of the sandbox's Sell for attributes; one answer names them all."""
    errors = [
        {
            "resource": resource,
            "field": problem.pointer,
            "code": problem.code,
            "message": _FIELD_MESSAGES[problem.code],
            "details": problem.details,
        }
        for problem in problems
    ]
    return SandboxHttpError(_error_response(422, errors))

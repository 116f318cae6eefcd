"""Error responses of the Zendesk sandbox in their four shapes; clients meet all of them.

Facts: docs/zendesk.md 13.
"""

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response

_NO_ACCESS = (
    "You do not have access to this page. Please contact the account owner of this help desk for"
    " further help."
)


def zendesk_error(status: int, error: str, description: str, **more: object) -> SandboxHttpError:
    """Return an error of shape 1, a name and a description, as something to raise."""
    body = {"error": error, "description": description, **more}
    return SandboxHttpError(json_response(body, status))


def not_found_error() -> SandboxHttpError:
    """Return the 404 of a record that is gone or never was."""
    return zendesk_error(404, "RecordNotFound", "Not found")


def validation_error(field: str, description: str, error: str = "InvalidValue") -> SandboxHttpError:
    """Return the 422 of a field, with `details` by field."""
    details = {field: [{"description": description, "error": error}]}
    message = "Record validation errors"
    return zendesk_error(422, "RecordInvalid", message, details=details)


def unknown_endpoint_response() -> SandboxResponse:
    """Return the 404 of a path that is no endpoint."""
    return json_response({"error": "InvalidEndpoint", "description": "Not found"}, 404)


def forbidden_error(message: str = _NO_ACCESS) -> SandboxHttpError:
    """Return the 403 of shape 2, a title and a message: role, plan or scope do not suffice."""
    error = {"title": "Forbidden", "message": message}
    return SandboxHttpError(json_response({"error": error}, 403))


def coded_error(status: int, code: str, title: str, detail: str = "") -> SandboxHttpError:
    """Return an error of shape 3, a list of codes, as something to raise."""
    errors = [{"code": code, "title": title, "detail": detail}]
    return SandboxHttpError(json_response({"errors": errors}, status))


def unauthenticated_response() -> SandboxResponse:
    """Return the 401 of shape 4, a bare sentence."""
    return json_response({"error": "Couldn't authenticate you"}, 401)


def invalid_token_response() -> SandboxResponse:
    """Return the 401 of an OAuth token, in the form of RFC 6750."""
    reason = "is expired, revoked, malformed or invalid for other reasons."
    description = f"The access token provided {reason}"
    return json_response({"error": "invalid_token", "error_description": description}, 401)

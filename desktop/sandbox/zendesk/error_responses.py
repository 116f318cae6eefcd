"""Error responses of the Zendesk sandbox in their four shapes; clients meet all of them.

Facts: docs/zendesk.md 13.
"""

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response

_NO_ACCESS = (
    "You do not have access to this page. Please contact the account owner of this help desk for"
    " further help."
)


def zendesk_error(status: int, error: str, description: str, **more: object) -> SandboxHttpError:
    """Make a Zendesk error of shape 1 (name, description) for the sandbox to raise."""
    body = {"error": error, "description": description, **more}
    return SandboxHttpError(json_response(body, status))


def not_found_error() -> SandboxHttpError:
    """Make the 404 of the sandbox's Zendesk for a record that is gone or never was."""
    return zendesk_error(404, "RecordNotFound", "Not found")


def validation_error(field: str, description: str, error: str = "InvalidValue") -> SandboxHttpError:
    """Make the 422 of the sandbox's Zendesk for a field, with `details` by field."""
    details = {field: [{"description": description, "error": error}]}
    message = "Record validation errors"
    return zendesk_error(422, "RecordInvalid", message, details=details)


def unknown_endpoint_response() -> SandboxResponse:
    """Make the 404 of the sandbox's Zendesk for a path that is no endpoint."""
    return json_response({"error": "InvalidEndpoint", "description": "Not found"}, 404)


def forbidden_error(message: str = _NO_ACCESS) -> SandboxHttpError:
    """Make the 403 of the sandbox's Zendesk, shape 2: role, plan or scope do not suffice."""
    error = {"title": "Forbidden", "message": message}
    return SandboxHttpError(json_response({"error": error}, 403))


def coded_error(status: int, code: str, title: str, detail: str = "") -> SandboxHttpError:
    """Make a Zendesk error of shape 3, a list of codes, for the sandbox to raise."""
    errors = [{"code": code, "title": title, "detail": detail}]
    return SandboxHttpError(json_response({"errors": errors}, status))


def unauthenticated_response() -> SandboxResponse:
    """Make the 401 of the sandbox's Zendesk, shape 4, a bare sentence."""
    return json_response({"error": "Couldn't authenticate you"}, 401)


def invalid_token_response() -> SandboxResponse:
    """Make the 401 of the sandbox's OAuth tokens, in the form of RFC 6750."""
    reason = "is expired, revoked, malformed or invalid for other reasons."
    description = f"The access token provided {reason}"
    return json_response({"error": "invalid_token", "error_description": description}, 401)

"""The error shapes of Zendesk (contract 13); clients meet all four."""

from desktop.sandbox.http_messages import (
    JsonObject,
    SandboxHttpError,
    SandboxResponse,
    json_response,
)


def zendesk_error(status: int, error: str, description: str, **more: object) -> SandboxHttpError:
    """Shape 1: a name and a description."""
    return SandboxHttpError(
        json_response({"error": error, "description": description, **more}, status)
    )


def not_found_error() -> SandboxHttpError:
    """The record is gone or never was."""
    return zendesk_error(404, "RecordNotFound", "Not found")


def unknown_endpoint_response() -> SandboxResponse:
    """No such route on this account."""
    return json_response({"error": "InvalidEndpoint", "description": "Not found"}, 404)


def forbidden_error(
    message: str = "You do not have access to this page. Please contact the account"
    " owner of this help desk for further help.",
) -> SandboxHttpError:
    """Shape 2: a title and a message; the role, plan or scope does not allow it."""
    return SandboxHttpError(
        json_response({"error": {"title": "Forbidden", "message": message}}, 403)
    )


def coded_error(status: int, code: str, title: str, detail: str = "") -> SandboxHttpError:
    """Shape 3: a list of codes."""
    return SandboxHttpError(
        json_response({"errors": [{"code": code, "title": title, "detail": detail}]}, status)
    )


def unauthenticated_response() -> SandboxResponse:
    """Shape 4: a bare sentence."""
    return json_response({"error": "Couldn't authenticate you"}, 401)


def invalid_token_response() -> SandboxResponse:
    """OAuth's own shape."""
    return json_response(
        {
            "error": "invalid_token",
            "error_description": "The access token provided is expired, revoked, malformed or"
            " invalid for other reasons.",
        },
        401,
    )


def validation_detail(description: str, error: str) -> JsonObject:
    """One entry of `details`."""
    return {"description": description, "error": error}


def validation_error(field: str, description: str, error: str = "InvalidValue") -> SandboxHttpError:
    """422 with `details` by field."""
    return zendesk_error(
        422,
        "RecordInvalid",
        "Record validation errors",
        details={field: [validation_detail(description, error)]},
    )

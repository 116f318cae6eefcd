"""The error shapes of Zendesk (contract 13); clients meet all four."""

from desktop.sandbox.call import Answer, Record, Refused, said


def refuse(status: int, error: str, description: str, **more: object) -> Refused:
    """Shape 1: a name and a description."""
    return Refused(said({"error": error, "description": description, **more}, status))


def not_found() -> Refused:
    """The record is gone or never was."""
    return refuse(404, "RecordNotFound", "Not found")


def invalid_endpoint() -> Answer:
    """No such route on this account."""
    return said({"error": "InvalidEndpoint", "description": "Not found"}, 404)


def forbidden(
    message: str = "You do not have access to this page. Please contact the account"
    " owner of this help desk for further help.",
) -> Refused:
    """Shape 2: a title and a message; the role, plan or scope does not allow it."""
    return Refused(said({"error": {"title": "Forbidden", "message": message}}, 403))


def coded(status: int, code: str, title: str, detail: str = "") -> Refused:
    """Shape 3: a list of codes."""
    return Refused(said({"errors": [{"code": code, "title": title, "detail": detail}]}, status))


def unauthenticated() -> Answer:
    """Shape 4: a bare sentence."""
    return said({"error": "Couldn't authenticate you"}, 401)


def invalid_token() -> Answer:
    """OAuth's own shape."""
    return said(
        {
            "error": "invalid_token",
            "error_description": "The access token provided is expired, revoked, malformed or"
            " invalid for other reasons.",
        },
        401,
    )


def detail(description: str, error: str) -> Record:
    """One entry of `details`."""
    return {"description": description, "error": error}


def invalid(field: str, description: str, error: str = "InvalidValue") -> Refused:
    """422 with `details` by field."""
    return refuse(
        422,
        "RecordInvalid",
        "Record validation errors",
        details={field: [detail(description, error)]},
    )

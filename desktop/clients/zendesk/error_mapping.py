"""Turns Zendesk's four shapes of error bodies and its statuses into `AppError`s.

Shapes: https://developer.zendesk.com/api-reference/introduction/responses/ and, for OAuth and
incremental exports, what those pages show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.error_text import sanitize_error_text
from desktop.clients.service_errors import (
    RETRIED_LATER_HINT,
    authentication_error,
    error_from_status,
    final_error,
    foreign_response_error,
    rate_limit_error,
    rejected_error,
)
from desktop.kit.errors import AppError, Forbidden, NotFound, ServiceError, ValuesRejected
from desktop.model.service import Service

_ZENDESK = Service.ZENDESK
_OVER_LIMIT_CODE, _TOO_MANY_JOBS_CODE = "APIRateLimitExceeded", "TooManyJobs"
# RFC 6749 5.2: their description is optional.
_OAUTH_CODES = {
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
}
_WRONG_VALUES_STATUSES = (400, 413, 422)


@dataclass(frozen=True)
class ErrorDetails:
    """The content of a Zendesk error body: a code, a sentence, reasons per field.

    `is_bare`: it is nothing but a sentence.
    """

    code: str = ""
    message: str = ""
    fields: Mapping[str, str] | None = None
    is_bare: bool = False


def parse_error_body(document: object) -> ErrorDetails | None:
    """Parse any of Zendesk's four shapes of error bodies; None: it is not Zendesk's own.

    A sentence alone, `{"error": …}`, is known as a refused sign-in only; proxies answer so too.
    """
    if not isinstance(document, dict):
        return None
    error, several = document.get("error"), document.get("errors")
    if isinstance(error, dict):
        title = sanitize_error_text(error.get("title"))
        return ErrorDetails(title, sanitize_error_text(error.get("message"))) if title else None
    if isinstance(several, list) and several and isinstance(several[0], dict):
        first = several[0]
        title = sanitize_error_text(first.get("title"))
        words = sanitize_error_text(first.get("detail")) or title
        code = sanitize_error_text(first.get("code"))
        return ErrorDetails(code, words) if code and words else None
    code = sanitize_error_text(error)
    words = next(
        (
            text
            for name in ("description", "error_description")
            if (text := sanitize_error_text(document.get(name)))
        ),
        "",
    )
    fields = parse_field_errors(document.get("details"))
    if not code or not (words or fields or document.keys() == {"error"}):
        return None
    return ErrorDetails(code, words or code, fields, is_bare=not (words or fields))


def error_from_body(
    status: int, details: ErrorDetails | None, pause_s: float, now: float
) -> AppError:
    """Return the error for Zendesk's refusal; `pause_s` is how long a 429 asks to wait.

    `details` is None where the body is not Zendesk's own.
    """
    code = details.code if details is not None else ""
    if code == _TOO_MANY_JOBS_CODE:
        # 30 jobs may be queued or running at once; only new jobs have to wait.
        message = "It has as many jobs to do as it takes at once."
        return rate_limit_error(_ZENDESK, pause_s, now, message=message, applies_to_account=False)
    # At the edge of Zendesk it comes as text, or in another form (docs/zendesk.md 12).
    if status == 429 or code == _OVER_LIMIT_CODE:
        return rate_limit_error(_ZENDESK, pause_s, now)
    if details is None or (details.is_bare and status != 401 and code not in _OAUTH_CODES):
        return foreign_response_error(_ZENDESK, status)
    if details.code == "invalid_token":
        return authentication_error(_ZENDESK, details.message)
    if status in (404, 410) and details.code == "InvalidEndpoint":
        title = "This Zendesk account does not offer it."
        return NotFound(title, details.message, "The plan may not include it.")
    if status in _WRONG_VALUES_STATUSES:
        return _rejected(status, details)
    if 200 <= status < 300:
        title = "Zendesk reports a problem."
        return ServiceError(title, details.message, RETRIED_LATER_HINT)
    return error_from_status(_ZENDESK, status, details.message)


def endless_list_error() -> ServiceError:
    """Return the error for a Zendesk list whose pages repeat."""
    return final_error(
        "Zendesk’s list does not come to an end.",
        "The same page came again, so the rest of the list is not known.",
        "Try again later.",
    )


def admins_only_error(words: str) -> Forbidden:
    """Return the error for a Zendesk export asked for by an agent (docs/zendesk.md 8)."""
    return Forbidden(
        "Only Zendesk administrators may read everybody.",
        words,
        "Sign in as an administrator, or let Fairlead search, which is slower.",
    )


def bulk_import_off_error(words: str) -> Forbidden:
    """Return the error for a Zendesk account without bulk import (docs/zendesk.md 0)."""
    return Forbidden(
        "This Zendesk account does not allow bulk import.",
        words,
        "The account’s owner can ask Zendesk for it; one by one works too, more slowly.",
    )


def expired_cursor_error(words: str) -> NotFound:
    """Return the error for a Zendesk export's cursor that has died or was never given."""
    return NotFound(
        "This place in the Zendesk export has expired.",
        words,
        "The export has to begin again.",
    )


def parse_field_errors(value: object) -> dict[str, str] | None:
    """Parse Zendesk's `{"email": [{"description": …}], …}` to one sentence per field."""
    if not isinstance(value, dict):
        return None
    found: dict[str, str] = {}
    for name, reasons in value.items():
        listed = reasons if isinstance(reasons, Sequence) else [reasons]
        if isinstance(reasons, str):
            listed = [reasons]
        texts = (
            sanitize_error_text(r.get("description") or r.get("error"))
            if isinstance(r, dict)
            else sanitize_error_text(r)
            for r in listed
        )
        found[sanitize_error_text(name)] = " ".join(text for text in texts if text)
    return found


def _rejected(status: int, details: ErrorDetails) -> ValuesRejected:
    fields = dict(details.fields or {})
    message = " ".join(dict.fromkeys(fields.values())) or details.message
    if status == 413:
        title = "That is too much for Zendesk at once."
        return ValuesRejected(title, message, "Send less at a time.")
    return rejected_error(_ZENDESK, message or f"It answered {status}.", fields)

"""Zendesk's statuses and four error shapes as our errors (contract zendesk 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.error_text import sanitize_error_text
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    NotFound,
    RateLimited,
    ServiceError,
    ValuesRejected,
)

_LATER = "It is tried again later."
_OVER_LIMIT, _TOO_MANY_JOBS = "APIRateLimitExceeded", "TooManyJobs"
_WRONG_VALUES = (400, 413, 422)


@dataclass(frozen=True)
class ErrorDetails:
    """What an error body says, whatever its shape: a code, a sentence, reasons per field."""

    code: str = ""
    message: str = ""
    fields: Mapping[str, str] | None = None


def parse_error_body(document: object) -> ErrorDetails:
    """Read any of the four shapes; a body of another shape says nothing."""
    if not isinstance(document, dict):
        return ErrorDetails()
    error = document.get("error")
    if isinstance(error, dict):
        return ErrorDetails(
            sanitize_error_text(error.get("title")), sanitize_error_text(error.get("message"))
        )
    several = document.get("errors")
    if isinstance(several, list) and several and isinstance(several[0], dict):
        first = several[0]
        words = sanitize_error_text(first.get("detail")) or sanitize_error_text(first.get("title"))
        return ErrorDetails(sanitize_error_text(first.get("code")), words)
    words = next(
        (
            text
            for name in ("description", "error_description", "detail", "message", "title")
            if (text := sanitize_error_text(document.get(name)))
        ),
        "",
    )
    return ErrorDetails(
        sanitize_error_text(error),
        words or sanitize_error_text(error),
        parse_field_errors(document.get("details")),
    )


def error_from_status(status: int, what: ErrorDetails, pause_s: float, now: float) -> AppError:
    """The error for an answer that is none of the wanted ones."""
    if what.code == _TOO_MANY_JOBS:
        return too_many_jobs_error(pause_s, now)
    if status == 429 or what.code == _OVER_LIMIT:
        return rate_limit_error(pause_s, now)
    if status == 401 or what.code == "invalid_token":
        return authentication_error(what.message)
    if status == 403:
        return Forbidden(
            "Zendesk does not allow this.", what.message, "The role or the plan may not include it."
        )
    if status in (404, 410):
        return _not_found(what)
    if status == 409:
        return ConflictError("It was changed in Zendesk meanwhile.", what.message, "Load it again.")
    if status in _WRONG_VALUES:
        return _rejected(status, what)
    return _service_error(status, what)


def not_json_error(status: int, pause_s: float, now: float) -> AppError:
    """Text or HTML: judged by the status, and a success is none."""
    if 200 <= status < 300:
        return ServiceError(
            "That was not Zendesk’s answer.",
            "A page or a broken answer came instead; a network may ask to sign in first.",
            "Open a web page, then try again.",
        )
    return error_from_status(status, ErrorDetails(), pause_s, now)


def unexpected_response_error() -> ServiceError:
    """JSON, but not of the form the contract tells."""
    return ServiceError("Zendesk’s answer cannot be used.", "It has not the expected form.", _LATER)


def wrong_record_error() -> ServiceError:
    """Asked for one id, told about another."""
    return ServiceError(
        "Zendesk answered about something else.",
        "The answer has another id than the one asked for.",
        "Look the customer up again.",
        is_outcome_unknown=False,
    )


def endless_list_error() -> ServiceError:
    """A list whose pages repeat."""
    error = ServiceError(
        "Zendesk’s list does not come to an end.",
        "The same page came again, so the rest of the list is not known.",
        "Try again later.",
        is_outcome_unknown=False,
    )
    error.is_retryable = False
    return error


def admins_only_error(words: str) -> Forbidden:
    """An incremental export asked for by an agent (contract zendesk 0.4)."""
    return Forbidden(
        "Only Zendesk administrators may read everybody.",
        words,
        "Sign in as an administrator, or let Fairlead search, which is slower.",
    )


def bulk_import_off_error(words: str) -> Forbidden:
    """create_or_update_many before Zendesk has allowed it (contract zendesk 0.3)."""
    return Forbidden(
        "This Zendesk account does not allow bulk import.",
        words,
        "The account’s owner can ask Zendesk for it; one by one works too, more slowly.",
    )


def expired_cursor_error(words: str) -> NotFound:
    """A cursor that has died (contract zendesk 7: after an hour) or was never given."""
    return NotFound(
        "Zendesk does not know this place in the export any more.",
        words,
        "The export has to begin again.",
    )


def authentication_error(words: str = "") -> AuthenticationError:
    """401, or `users/me` that answers “anonymous”."""
    return AuthenticationError(
        "Zendesk refused the sign-in.", words, "Sign in to Zendesk again in Settings."
    )


def rate_limit_error(pause_s: float, now: float) -> RateLimited:
    """429: nothing was applied."""
    return RateLimited(
        "Zendesk asks for a pause.",
        "Too many calls were made on this account.",
        "It goes on by itself.",
        retry_at=now + pause_s,
    )


def too_many_jobs_error(pause_s: float, now: float) -> RateLimited:
    """30 jobs queued or running, told with whatever status; only new jobs have to wait."""
    return RateLimited(
        "Zendesk asks for a pause.",
        "It has as many jobs to do as it takes at once.",
        "It goes on by itself.",
        retry_at=now + pause_s,
        applies_to_account=False,
    )


def parse_field_errors(value: object) -> dict[str, str] | None:
    """`{"email": [{"description": …}], "base": […]}` as one sentence per field."""
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


def _not_found(what: ErrorDetails) -> NotFound:
    if what.code == "InvalidEndpoint":
        return NotFound(
            "This Zendesk account does not offer it.", what.message, "The plan may not include it."
        )
    return NotFound("Zendesk does not know it.", what.message, "It may have been removed.")


def _rejected(status: int, what: ErrorDetails) -> ValuesRejected:
    fields = dict(what.fields or {})
    words = " ".join(dict.fromkeys(fields.values())) or what.message
    if status == 413:
        return ValuesRejected(
            "That is too much for Zendesk at once.", words, "Send less at a time."
        )
    return ValuesRejected("Zendesk refused the values.", words, "Correct them.", fields=fields)


def _service_error(status: int, what: ErrorDetails) -> ServiceError:
    words = what.message or f"It answered {status}."
    if status in (408, 423):
        # The request was not taken up at all.
        return ServiceError("Zendesk is busy with it.", words, _LATER, is_outcome_unknown=False)
    if 200 <= status < 300:
        return ServiceError("Zendesk reports a problem.", words, _LATER)
    if status >= 500 and status != 501:
        return ServiceError("Zendesk has trouble.", words, _LATER)
    if 300 <= status < 400:
        title, hint = "Zendesk’s address leads elsewhere.", "Check the subdomain in Settings."
    else:
        title, hint = "Zendesk does not offer this call.", "Report it."
    error = ServiceError(title, words, hint, is_outcome_unknown=False)
    error.is_retryable = False
    return error

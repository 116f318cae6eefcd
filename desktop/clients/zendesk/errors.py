"""Zendesk's statuses and four error shapes as our errors (contract zendesk 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.spoken import spoken
from desktop.kit.errors import (
    AppError,
    AuthLost,
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServiceTrouble,
)

_LATER = "It is tried again later."
_OVER_LIMIT, _TOO_MANY_JOBS = "APIRateLimitExceeded", "TooManyJobs"
_WRONG_VALUES = (400, 413, 422)


@dataclass(frozen=True)
class Said:
    """What an error body says, whatever its shape: a code, a sentence, reasons per field."""

    code: str = ""
    words: str = ""
    fields: Mapping[str, str] | None = None


def said(document: object) -> Said:
    """Read any of the four shapes; a body of another shape says nothing."""
    if not isinstance(document, dict):
        return Said()
    error = document.get("error")
    if isinstance(error, dict):
        return Said(spoken(error.get("title")), spoken(error.get("message")))
    several = document.get("errors")
    if isinstance(several, list) and several and isinstance(several[0], dict):
        first = several[0]
        words = spoken(first.get("detail")) or spoken(first.get("title"))
        return Said(spoken(first.get("code")), words)
    words = next(
        (
            text
            for name in ("description", "error_description", "detail", "message", "title")
            if (text := spoken(document.get(name)))
        ),
        "",
    )
    return Said(spoken(error), words or spoken(error), details(document.get("details")))


def from_status(status: int, what: Said, pause_s: float, now: float) -> AppError:
    """The error for an answer that is none of the wanted ones."""
    if what.code == _TOO_MANY_JOBS:
        return too_many_jobs(pause_s, now)
    if status == 429 or what.code == _OVER_LIMIT:
        return over_limit(pause_s, now)
    if status == 401 or what.code == "invalid_token":
        return auth_lost(what.words)
    if status == 403:
        return Forbidden(
            "Zendesk does not allow this.", what.words, "The role or the plan may not include it."
        )
    if status in (404, 410):
        return _not_found(what)
    if status == 409:
        return Conflict("It was changed in Zendesk meanwhile.", what.words, "Load it again.")
    if status in _WRONG_VALUES:
        return _rejected(status, what)
    return _of_service(status, what)


def not_json(status: int, pause_s: float, now: float) -> AppError:
    """Text or HTML: judged by the status, and a success is none."""
    if 200 <= status < 300:
        return ServiceTrouble(
            "That was not Zendesk’s answer.",
            "A page or a broken answer came instead; a network may ask to sign in first.",
            "Open a web page, then try again.",
        )
    return from_status(status, Said(), pause_s, now)


def unexpected() -> ServiceTrouble:
    """JSON, but not of the form the contract tells."""
    return ServiceTrouble(
        "Zendesk’s answer cannot be used.", "It has not the expected form.", _LATER
    )


def someone_else() -> ServiceTrouble:
    """Asked for one id, told about another."""
    return ServiceTrouble(
        "Zendesk answered about something else.",
        "The answer has another id than the one asked for.",
        "Look the customer up again.",
        applied_unknown=False,
    )


def endless() -> ServiceTrouble:
    """A list whose pages repeat."""
    error = ServiceTrouble(
        "Zendesk’s list does not come to an end.",
        "The same page came again, so the rest of the list is not known.",
        "Try again later.",
        applied_unknown=False,
    )
    error.retryable = False
    return error


def admins_only(words: str) -> Forbidden:
    """An incremental export asked for by an agent (contract zendesk 0.4)."""
    return Forbidden(
        "Only Zendesk administrators may read everybody.",
        words,
        "Sign in as an administrator, or let Fairlead search, which is slower.",
    )


def import_is_off(words: str) -> Forbidden:
    """create_or_update_many before Zendesk has allowed it (contract zendesk 0.3)."""
    return Forbidden(
        "This Zendesk account does not allow bulk import.",
        words,
        "The account’s owner can ask Zendesk for it; one by one works too, more slowly.",
    )


def unknown_place(words: str) -> NotFound:
    """A cursor that has died (contract zendesk 7: after an hour) or was never given."""
    return NotFound(
        "Zendesk does not know this place in the export any more.",
        words,
        "The export has to begin again.",
    )


def auth_lost(words: str = "") -> AuthLost:
    """401, or `users/me` that answers “anonymous”."""
    return AuthLost("Zendesk refused the sign-in.", words, "Sign in to Zendesk again in Settings.")


def over_limit(pause_s: float, now: float) -> RateLimited:
    """429: nothing was applied."""
    return RateLimited(
        "Zendesk asks for a pause.",
        "Too many calls were made on this account.",
        "It goes on by itself.",
        until=now + pause_s,
    )


def too_many_jobs(pause_s: float, now: float) -> RateLimited:
    """30 jobs queued or running, told with whatever status; only new jobs have to wait."""
    return RateLimited(
        "Zendesk asks for a pause.",
        "It has as many jobs to do as it takes at once.",
        "It goes on by itself.",
        until=now + pause_s,
        of_all=False,
    )


def details(value: object) -> dict[str, str] | None:
    """`{"email": [{"description": …}], "base": […]}` as one sentence per field."""
    if not isinstance(value, dict):
        return None
    found: dict[str, str] = {}
    for name, reasons in value.items():
        listed = reasons if isinstance(reasons, Sequence) else [reasons]
        if isinstance(reasons, str):
            listed = [reasons]
        texts = (
            spoken(r.get("description") or r.get("error")) if isinstance(r, dict) else spoken(r)
            for r in listed
        )
        found[spoken(name)] = " ".join(text for text in texts if text)
    return found


def _not_found(what: Said) -> NotFound:
    if what.code == "InvalidEndpoint":
        return NotFound(
            "This Zendesk account does not offer it.", what.words, "The plan may not include it."
        )
    return NotFound("Zendesk does not know it.", what.words, "It may have been removed.")


def _rejected(status: int, what: Said) -> Rejected:
    fields = dict(what.fields or {})
    words = " ".join(dict.fromkeys(fields.values())) or what.words
    if status == 413:
        return Rejected("That is too much for Zendesk at once.", words, "Send less at a time.")
    return Rejected("Zendesk refused the values.", words, "Correct them.", fields=fields)


def _of_service(status: int, what: Said) -> ServiceTrouble:
    words = what.words or f"It answered {status}."
    if status in (408, 423):
        # The request was not taken up at all.
        return ServiceTrouble("Zendesk is busy with it.", words, _LATER, applied_unknown=False)
    if 200 <= status < 300:
        return ServiceTrouble("Zendesk reports a problem.", words, _LATER)
    if status >= 500 and status != 501:
        return ServiceTrouble("Zendesk has trouble.", words, _LATER)
    if 300 <= status < 400:
        title, hint = "Zendesk’s address leads elsewhere.", "Check the subdomain in Settings."
    else:
        title, hint = "Zendesk does not offer this call.", "Report it."
    error = ServiceTrouble(title, words, hint, applied_unknown=False)
    error.retryable = False
    return error

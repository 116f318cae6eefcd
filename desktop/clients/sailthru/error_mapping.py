"""Sailthru's error codes and statuses as our errors (contract sailthru 2.0)."""

import re

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

_KEY_HINT = "Check the API key and secret in Settings."
_LATER = "It is tried again later."

# code → which field it is about
_REJECTED_FIELDS = {6: "", 11: "email", 18: "schedule_time", 42: ""}
_NOT_FOUND_CODES = {12, 13, 14, 15, 16}
_UNMAILABLE_CODES = {32, 33, 34, 35}
_FORBIDDEN_CODES = {4, 21, 22, 36, 37, 41}
_AUTH_CODES = {3, 5, 17}
_NAMED_FIELD = re.compile(r"field:?\s*\[?([\w.\- ]{1,60})\]?\s*$", re.IGNORECASE)


def error_from_code(
    status: int, code: object, said: object, pause_s: float, now: float
) -> AppError:
    """The error for `{"error": code, "errormsg": said}`; the code decides, then the status."""
    number, words = _code(code), sanitize_error_text(said)
    if 300 <= status < 400 or status in (405, 408, 423, 501):
        return error_from_status(status)
    if number == 43:
        return rate_limit_error(pause_s, now)
    if number in _AUTH_CODES or status == 401:
        return _auth_lost()
    if number == 9 or status >= 500:
        return _service_error("Sailthru reports an internal error.", words, status)
    if number in _FORBIDDEN_CODES or status == 403:
        return _forbidden(number, words)
    if number in _NOT_FOUND_CODES or status in (404, 410) or _is_not_found(number, words):
        return NotFound("Sailthru does not know it.", words, "It may have been removed.")
    if status == 409:
        return ConflictError("It conflicts with what is in Sailthru.", words, "Load it again.")
    if number == 1:
        return _unsupported(words)
    if number in _REJECTED_FIELDS:
        named = _NAMED_FIELD.search(words)
        field = _REJECTED_FIELDS[number] or (named.group(1).strip() if named else "")
        return _rejected(words, {field: words} if field else {})
    if number in _UNMAILABLE_CODES:
        return _rejected(words, {"email": words})
    return _rejected(words, {})


def error_from_status(status: int) -> AppError:
    """The error for a refusal whose body says nothing."""
    if status == 401:
        return _auth_lost()
    if status == 403:
        return _forbidden(None, "")
    if status in (404, 410):
        return NotFound("Sailthru does not know it.", "", "It may have been removed.")
    if status == 409:
        return ConflictError("It conflicts with what is in Sailthru.", "", "Load it again.")
    if status in (408, 423):
        # The request was not taken up at all.
        return _service_error(
            "Sailthru is busy with it.", f"It answered {status}.", status, unknown=False
        )
    if status in (405, 501):
        return _unsupported(f"It answered {status}.")
    if status >= 500:
        return _service_error("Sailthru has trouble.", f"It answered {status}.", status)
    if 300 <= status < 400:
        return redirect_error()
    if status >= 400:
        return _rejected(f"It answered {status}.", {})
    return unexpected_response_error()


def error_from_xml(status: int, body: bytes, pause_s: float, now: float) -> AppError:
    """An answer that begins with `<`: Sailthru's XML errors, or a web page in between."""
    if b"<triggermail" in body[:100]:
        found = re.search(rb"<error>(\d{1,4})</error>", body)
        said = re.search(rb"<errormsg>([^<]*)</errormsg>", body)
        words = said.group(1).decode("utf-8", "replace") if said else ""
        if found:
            return error_from_code(status, int(found.group(1)), words, pause_s, now)
        return unexpected_response_error()
    return not_json_error(status)


def not_json_error(status: int) -> AppError:
    """No JSON: judged by the status, and a success is none."""
    if 200 <= status < 300:
        return ServiceError(
            "That was not Sailthru’s answer.",
            "A page or a broken answer came instead; a network may ask to sign in first.",
            "Open a web page, then try again.",
        )
    return error_from_status(status)


def unexpected_response_error() -> ServiceError:
    """JSON, but not of the form the contract tells."""
    return ServiceError(
        "Sailthru’s answer cannot be used.", "It has not the expected form.", _LATER
    )


def wrong_profile_error() -> ServiceError:
    """Asked for one id, told about another."""
    return ServiceError(
        "Sailthru answered about somebody else.",
        "The profile has another id than the one asked for.",
        "Look the customer up again.",
        is_outcome_unknown=False,
    )


def redirect_error() -> ServiceError:
    """A redirect, which would carry the key to another address."""
    error = ServiceError(
        "Sailthru’s address leads elsewhere.",
        "It answered with a redirect, which is not followed.",
        "Check the Service URI in Settings.",
        is_outcome_unknown=False,
    )
    error.is_retryable = False
    return error


def rate_limit_error(pause_s: float, now: float) -> RateLimited:
    """Code 43 or HTTP 429: nothing was applied."""
    return RateLimited(
        "Sailthru asks for a pause.",
        "Too many calls were made in this minute.",
        "It goes on by itself.",
        retry_at=now + pause_s,
    )


def _code(code: object) -> int | None:
    if isinstance(code, int):
        return code
    return int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else None


def _is_not_found(code: int | None, words: str) -> bool:
    # An unknown user is 400/99 on GET and 404/99 on DELETE; only the text tells it from other 99s.
    return code in (99, None) and " not found" in words.lower()


def _auth_lost() -> AuthenticationError:
    return AuthenticationError(
        "Sailthru refused the API key.", "The key or the secret is wrong.", _KEY_HINT
    )


def _forbidden(code: int | None, words: str) -> Forbidden:
    if code == 4:
        return Forbidden(
            "Sailthru does not accept calls from this network.",
            words,
            "Ask for this computer’s IP address to be allowed in Sailthru.",
        )
    return Forbidden(
        "Sailthru does not allow this.", words, "This API key may lack the right for it."
    )


def _unsupported(words: str) -> ServiceError:
    error = ServiceError(
        "Sailthru does not offer this call.", words, "Report it.", is_outcome_unknown=False
    )
    error.is_retryable = False
    return error


def _rejected(words: str, fields: dict[str, str]) -> ValuesRejected:
    return ValuesRejected("Sailthru refused the values.", words, "Correct them.", fields=fields)


def _service_error(title: str, words: str, status: int, *, unknown: bool = True) -> AppError:
    if status == 501:
        return _unsupported(words)
    return ServiceError(title, words, _LATER, is_outcome_unknown=unknown)

"""Turns Sailthru's error codes (`{"error": 43, "errormsg": …}`, JSON or XML) into `AppError`s.

Codes: https://getstarted.meetmarigold.com/engagebysailthru, “API error codes”. The code decides
before the HTTP status, since an `error` field also comes with HTTP 200.
"""

import re

from desktop.clients.error_text import sanitize_error_text
from desktop.clients.service_errors import (
    RETRIED_LATER_HINT,
    authentication_error,
    error_from_status,
    forbidden_error,
    foreign_response_error,
    not_found_error,
    rate_limit_error,
    rejected_error,
    unexpected_response_error,
    unsupported_call_error,
)
from desktop.kit.errors import AppError, Forbidden, ServiceError
from desktop.model.service import Service

_SAILTHRU = Service.SAILTHRU
# Codes that refuse a value → the field it is about; "" where only the text names it.
_REJECTED_FIELDS = {6: "", 11: "email", 18: "schedule_time", 42: ""}
_NOT_FOUND_CODES = {12, 13, 14, 15, 16}
# “Email may not be mailed” and its relatives.
_UNMAILABLE_CODES = {32, 33, 34, 35}
_BLOCKED_NETWORK_CODE = 4
_FORBIDDEN_CODES = {_BLOCKED_NETWORK_CODE, 21, 22, 36, 37, 41}
_AUTH_CODES = {3, 5, 17}
_INTERNAL_ERROR_CODE, _UNSUPPORTED_CODE, _RATE_LIMIT_CODE = 9, 1, 43
# Statuses that say more than any code beside them: redirect, wrong method, busy, not built.
_DECISIVE_STATUSES = {*range(300, 400), 405, 408, 423, 501}
_NAMED_FIELD = re.compile(r"field:?\s*\[?([\w.\- ]{1,60})\]?\s*$", re.IGNORECASE)


def error_from_code(
    status: int, code: object, errormsg: object, pause_s: float, now: float
) -> AppError:
    """Return the error for Sailthru's `{"error": code, "errormsg": …}` with HTTP `status`."""
    number, message = _parse_code(code), sanitize_error_text(errormsg)
    if status in _DECISIVE_STATUSES:
        return error_from_status(_SAILTHRU, status)
    if number == _RATE_LIMIT_CODE:
        return rate_limit_error(_SAILTHRU, pause_s, now)
    if number in _AUTH_CODES or status == 401:
        return authentication_error(_SAILTHRU, "The key or the secret is wrong.")
    if number == _INTERNAL_ERROR_CODE or status >= 500:
        title = "Sailthru reports an internal error."
        return ServiceError(title, message, RETRIED_LATER_HINT)
    if number in _FORBIDDEN_CODES or status == 403:
        return _forbidden(number, message)
    if number in _NOT_FOUND_CODES or status in (404, 410) or _is_not_found(number, message):
        return not_found_error(_SAILTHRU, message)
    if status == 409:
        return error_from_status(_SAILTHRU, status, message)
    if number == _UNSUPPORTED_CODE:
        return unsupported_call_error(_SAILTHRU, message)
    if number in _UNMAILABLE_CODES:
        return rejected_error(_SAILTHRU, message, {"email": message})
    if number in _REJECTED_FIELDS:
        named = _NAMED_FIELD.search(message)
        field = _REJECTED_FIELDS[number] or (named.group(1).strip() if named else "")
        return rejected_error(_SAILTHRU, message, {field: message} if field else {})
    return rejected_error(_SAILTHRU, message)


def error_from_xml(status: int, body: bytes, pause_s: float, now: float) -> AppError:
    """Return the error for Sailthru's body that begins with `<`: its XML error, or a web page."""
    if b"<triggermail" not in body[:100]:
        return foreign_response_error(_SAILTHRU, status)
    code = re.search(rb"<error>(\d{1,4})</error>", body)
    if not code:
        return unexpected_response_error(_SAILTHRU)
    errormsg = re.search(rb"<errormsg>([^<]*)</errormsg>", body)
    message = errormsg.group(1).decode("utf-8", "replace") if errormsg else ""
    return error_from_code(status, int(code.group(1)), message, pause_s, now)


def _parse_code(code: object) -> int | None:
    if isinstance(code, int):
        return code
    return int(code) if isinstance(code, str) and code.isascii() and code.isdigit() else None


def _is_not_found(code: int | None, message: str) -> bool:
    # An unknown user is 400/99 on GET and 404/99 on DELETE; only the text tells it from other 99s.
    return code in (99, None) and " not found" in message.lower()


def _forbidden(code: int | None, message: str) -> Forbidden:
    if code != _BLOCKED_NETWORK_CODE:
        return forbidden_error(_SAILTHRU, message)
    return Forbidden(
        "Sailthru does not accept calls from this network.",
        message,
        "Ask for this computer’s IP address to be allowed in Sailthru.",
    )

"""The `AppError`s that the services' HTTP answers share, worded with their names.

`sailthru/error_mapping.py` and `zendesk/error_mapping.py` read a service's own codes and bodies and
fall back to the HTTP status here. An answer without a body of the service's own form comes from a
proxy, a gateway or a network's sign-in page: it is trouble that passes, whatever its status.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from desktop.clients.connection_errors import proxy_error
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    Forbidden,
    NotFound,
    RateLimited,
    RequestTooLarge,
    ServiceError,
    ValuesRejected,
)
from desktop.model.service import Service

RETRIED_LATER_HINT = "It is tried again later."
SIGN_IN_HINTS = {
    Service.SAILTHRU: "Check the API key and secret in Settings.",
    Service.ZENDESK: "Sign in to Zendesk again in Settings.",
    Service.SELL: "Sign in to Zendesk Sell again in Settings › Connections. An access token ends"
    " with its user’s account.",
}
_RIGHTS_HINTS = {
    Service.SAILTHRU: "This API key may lack the right for it.",
    Service.ZENDESK: "The role or the plan may not include it.",
    Service.SELL: "The plan may not include it.",
}
_CREDENTIAL_NAMES = {
    Service.SAILTHRU: "API key",
    Service.ZENDESK: "sign-in",
    Service.SELL: "access token",
}


def error_from_status(service: Service, status: int, message: str = "") -> AppError:
    """Return the error for a service's own HTTP status other than 429.

    `message` is the service's own text.

    A write that ended in 5xx may have been applied all the same (a gateway gave up waiting), so
    its outcome counts as unknown; 501 and every 4xx were surely not applied.
    """
    told = message or f"It answered {status}."
    if status == 401:
        return authentication_error(service, message)
    if status == 403:
        return forbidden_error(service, message)
    if status in (404, 410):
        return not_found_error(service, message)
    if status == 409:
        return ConflictError(
            f"It conflicts with what is in {service.title}.", told, "Load it again."
        )
    if status in (408, 423):
        # Request Timeout and Locked: the request was not taken up at all.
        return ServiceError(
            f"{service.title} is busy with it.", told, RETRIED_LATER_HINT, is_outcome_unknown=False
        )
    if status in (405, 501):
        return unsupported_call_error(service, told)
    if status >= 500:
        return ServiceError(f"{service.title} has trouble.", told, RETRIED_LATER_HINT)
    if 300 <= status < 400:
        return redirect_error(service)
    return rejected_error(service, told) if status >= 400 else unexpected_response_error(service)


def authentication_error(service: Service, message: str = "") -> AuthenticationError:
    """Return the error for credentials a service refused: status 401, or its own code."""
    what = _CREDENTIAL_NAMES[service]
    return AuthenticationError(
        f"{service.title} refused the {what}.", message, SIGN_IN_HINTS[service]
    )


def forbidden_error(service: Service, message: str) -> Forbidden:
    """Return the error for accepted credentials that a service refuses this call (403)."""
    return Forbidden(f"{service.title} does not allow this.", message, _RIGHTS_HINTS[service])


def not_found_error(service: Service, message: str = "") -> NotFound:
    """Return the error for a record that a service does not have (404 or 410)."""
    return NotFound(f"{service.title} does not know it.", message, "It may have been removed.")


def rejected_error(
    service: Service, message: str, fields: Mapping[str, str] | None = None
) -> ValuesRejected:
    """Return the error for values a service refused; `fields` maps a field to the reason."""
    title = f"{service.title} refused the values."
    return ValuesRejected(title, message, "Correct them.", fields=fields)


def unsupported_call_error(service: Service, message: str) -> ServiceError:
    """Return the error for an API call the service does not have; it is never retried."""
    return final_error(f"{service.title} does not offer this call.", message, "Report it.")


def redirect_error(service: Service) -> ServiceError:
    """Return the error for an HTTP redirect: followed, it would carry the key elsewhere."""
    return ServiceError(
        f"{service.title}’s address leads elsewhere.",
        "It answered with a redirect, which is not followed; a network may ask to sign in first.",
        "Open a web page, then try again; if it stays so, check the address in Settings.",
        is_outcome_unknown=False,
    )


def foreign_response_error(service: Service, status: int) -> AppError:
    """Return the error for an HTTP answer without a body of the service's own form.

    It says nothing about the record asked for. One that comes after the request has passed, such
    as a proxy's 403 for what it read in the answer, may hide a write that was applied.
    """
    if status == 407:
        return proxy_error(service.title, str(status))
    if status == 413:
        return RequestTooLarge(
            f"That is too much for {service.title} at once.", "It answered 413.", RETRIED_LATER_HINT
        )
    if status >= 500:
        # 501 too: what a gateway cannot do the service may.
        return error_from_status(service, 500, f"It answered {status}.")
    if 300 <= status < 400 or status in (408, 423):
        return error_from_status(service, status)
    return ServiceError(
        f"That was not {service.title}’s answer.",
        f"A page or a broken answer ({status}) came instead; a network may ask to sign in first.",
        "Open a web page, then try again.",
    )


def unexpected_response_error(service: Service) -> ServiceError:
    """Return the error for an answer's JSON that lacks what the vendor documents."""
    title = f"{service.title}’s answer cannot be used."
    return ServiceError(title, "It has not the expected form.", RETRIED_LATER_HINT)


def wrong_record_error(service: Service) -> ServiceError:
    """Return the error for a service's answer about another id than the one asked for."""
    return ServiceError(
        f"{service.title} answered about another record.",
        "The answer has another id than the one asked for.",
        "Look the customer up again.",
        is_outcome_unknown=False,
    )


def rate_limit_title(service: str, retry_at: float) -> str:
    """Say in an error until when (Unix seconds) a service takes no calls, by the minute."""
    over_at = datetime.fromtimestamp(math.ceil(retry_at / 60) * 60, UTC).astimezone()
    return f"{service} limit reached until {over_at:%H:%M}."


def rate_limit_error(
    service: Service,
    pause_s: float,
    now: float,
    *,
    message: str = "Too many calls were made.",
    applies_to_account: bool = True,
) -> RateLimited:
    """Return the error for an HTTP call over the rate limit (429): nothing was applied.

    `pause_s` is the wait in seconds, `now` the Unix time it is counted from.
    """
    return RateLimited(
        rate_limit_title(service.title, now + pause_s),
        message,
        "Fairlead retries by itself.",
        retry_at=now + pause_s,
        applies_to_account=applies_to_account,
    )


def final_error(title: str, message: str, hint: str) -> ServiceError:
    """Return a service's error that is never retried and surely changed nothing."""
    error = ServiceError(title, message, hint, is_outcome_unknown=False)
    error.is_retryable = False
    return error

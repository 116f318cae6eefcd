"""Parses Retry-After and Date headers: how many seconds a service asks to wait.

Counted against the server's own clock where it sends one: this computer's may be years off.
"""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

# One hour.
MAX_RETRY_AFTER_S = 3600.0


def parse_http_date(text: str | None) -> float | None:
    """Parse an HTTP date header to Unix seconds, or None."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def parse_header_number(text: str | None) -> float | None:
    """Parse an HTTP header's finite number, or None."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    # Also false for NaN and infinity, which float() accepts.
    return value if value is not None and abs(value) < 1e15 else None


def server_time(headers: Mapping[str, str], now: float) -> float:
    """Return the server's Unix time by its Date header, else this computer's."""
    said = parse_http_date(headers.get("date"))
    return now if said is None else said


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds Retry-After asks for (RFC 9110, 10.2.3), or None when absent.

    The past counts as 0. More than an hour is cut to an hour: a typing mistake in some
    gateway must not switch the app off for a year.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.lstrip("+-").isdigit():
        # A number too long to be read is a long wait, whatever it says.
        seconds = parse_header_number(text)
        wait = MAX_RETRY_AFTER_S if seconds is None else seconds
    elif (seconds := parse_header_number(text)) is not None:
        wait = seconds
    elif (moment := parse_http_date(text)) is not None:
        wait = moment - server_time(headers, now)
    else:
        return None
    return min(max(wait, 0.0), MAX_RETRY_AFTER_S)

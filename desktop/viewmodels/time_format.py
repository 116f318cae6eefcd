"""Format Unix seconds on screen in the computer's time zone: short forms, ages, tool tips."""

import time
from datetime import UTC, date, datetime
from functools import lru_cache

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def to_local_time(at: float) -> datetime:
    """Convert Unix seconds to local time to show; out of range becomes the nearest."""
    return _to_zone_time(at, time.tzname)


@lru_cache(maxsize=4096)
def _to_zone_time(at: float, _zone: tuple[str, str]) -> datetime:
    """Convert as `to_local_time`; `_zone` keeps the times of another time zone apart."""
    # A sheet is drawn several times a second while its answers come, each time with all its ages.
    return datetime.fromtimestamp(min(max(at, 0.0), 253_000_000_000.0), UTC).astimezone()


def format_date_and_time(at: float, now: float) -> str:
    """Format a moment on screen as `today 08:12`, `19 Nov 17:40`, else `2 Mar 2024`."""
    then, today = to_local_time(at), to_local_time(now)
    clock = f"{then:%H:%M}"
    if then.date() == today.date():
        return f"today {clock}"
    if then.year == today.year:
        return f"{then.day} {_MONTHS[then.month - 1]} {clock}"
    return format_date(at, now)


def format_date(at: float, now: float) -> str:
    """Format a day on screen as `2 Mar 2024`, within the year as `3 Nov`."""
    then = to_local_time(at)
    short = f"{then.day} {_MONTHS[then.month - 1]}"
    return short if then.year == to_local_time(now).year else f"{short} {then.year}"


def format_day(day: date, now: float) -> str:
    """Format a calendar day on screen as `13 December`, in another year `13 December 2027`."""
    short = f"{day.day} {day:%B}"
    return short if day.year == to_local_time(now).year else f"{short} {day.year}"


def format_full_date(at: float) -> str:
    """Format a day on screen as `2 Mar 2024`, always with the year."""
    then = to_local_time(at)
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}"


def format_full_date_and_time(at: float) -> str:
    """Format a moment on screen as `2 Mar 2024 15:28`, always with the year."""
    return f"{format_full_date(at)} {format_time_of_day(at)}"


def format_time_or_date(at: float, now: float) -> str:
    """Format a moment on screen in a column of events: the time for today, else the date."""
    then = to_local_time(at)
    return f"{then:%H:%M}" if then.date() == to_local_time(now).date() else format_date(at, now)


def format_time_of_day(at: float) -> str:
    """Format a moment's time of day on screen as `10:42`."""
    return f"{to_local_time(at):%H:%M}"


def format_full_timestamp(at: float) -> str:
    """Format a moment for a tool tip: `Thursday 19 November 2026, 17:40:03 CET`."""
    return _format_full_timestamp(at, time.tzname)


@lru_cache(maxsize=4096)
def _format_full_timestamp(at: float, zone: tuple[str, str]) -> str:
    then = _to_zone_time(at, zone)
    return f"{then:%A} {then.day} {then:%B %Y, %H:%M:%S %Z}"


def format_elapsed(at: float, now: float) -> str:
    """Format the time since a moment: `now` below a minute, `12 min`, `2 h`, `6 d`, `3 y`."""
    seconds = max(0.0, now - at)
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h"
    days = int(seconds // _DAY)
    # Below two months days are what a person counts in.
    if days < 60:
        return f"{days} d"
    if days < 730:
        return f"{days * 12 // 365} mo"
    return f"{days // 365} y"


def format_age(read_at: float, now: float) -> str:
    """Format the age of what was read: `just now`, `3 min old`, `3 h old`."""
    words = format_elapsed(read_at, now)
    return "just now" if words == "now" else f"{words} old"

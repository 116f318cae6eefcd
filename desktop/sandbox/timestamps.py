"""The sandbox's clock and date formats: ISO 8601 for Zendesk, RFC 2822 for Sailthru."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 3600
DAY = 86_400


def unix_now() -> float:
    """Return the Unix time for the sandbox's clock."""
    return time.time()


def format_iso_utc(seconds: float) -> str:
    """Format a Unix time as the sandbox's Zendesk does: ISO 8601 in UTC, whole seconds."""
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> float | None:
    """Parse an ISO date, or date and time, sent to the sandbox; None when it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass
class AccountCalendar:
    """The sandbox's time zone, and the reference time that seed records' ages count from."""

    reference_time: float
    time_zone: str

    def format_rfc2822(self, seconds: float) -> str:
        """Format a Unix time as the sandbox's Sailthru does: RFC 2822 in the account's zone."""
        return format_datetime(datetime.fromtimestamp(int(seconds), ZoneInfo(self.time_zone)))

"""Time as each service writes it.

`AccountCalendar.anchor` is the moment the demo's dates hang on, so that it always looks fresh.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

MINUTE = 60
HOUR = 3600
DAY = 86_400


def unix_now() -> float:
    """The clock's Unix seconds."""
    return time.time()


def format_iso_utc(seconds: float) -> str:
    """Zendesk's form: ISO 8601 in UTC (contract 14)."""
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> float | None:
    """Read an ISO date or date and time; None when it is neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass
class AccountCalendar:
    """The account's zone and the demo's present."""

    reference_time: float
    time_zone: str

    def format_rfc2822(self, seconds: float) -> str:
        """Sailthru's form: RFC 2822 in the account's zone, not UTC (contract 2.1)."""
        return format_datetime(datetime.fromtimestamp(int(seconds), ZoneInfo(self.time_zone)))

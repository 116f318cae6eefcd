"""Time zones by IANA name: converts between Unix seconds and local wall time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from desktop.kit.errors import InvalidInput


def parse_time_zone(name: str) -> ZoneInfo:
    """Parse an IANA time zone name. Raises InvalidInput where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        # Unknown names raise a KeyError, odd ones a ValueError or what the file system says.
        raise InvalidInput(
            f"“{name[:60]}” is not a time zone.",
            "Names look like America/New_York.",
            "Choose the zone of the Sailthru account in the settings; Sailthru shows it under "
            "Settings › Business.",
        ) from error


def local_time(at: float, zone: ZoneInfo) -> datetime:
    """Convert Unix seconds to a zone's local time. Raises InvalidInput beyond years 1–9999."""
    try:
        return datetime.fromtimestamp(at, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidInput("That moment is too far away to be a date.") from error


def first_timestamp_of_wall_time(wall: datetime, zone: ZoneInfo) -> float:
    """Return the first Unix second at which a clock in `zone` shows `wall`.

    A time that is left out when the clocks go forward becomes the next one that exists.
    """
    while not _exists(wall, zone):
        # Gaps are whole minutes; the longest in tzdata is a day (Samoa, 2011).
        wall += timedelta(minutes=1)
    return wall.replace(tzinfo=zone).timestamp()


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    # A time in the gap of the clock change comes back as another one.
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == wall

"""Zendesk's two names of a time zone: Rails' and the IANA one (docs/zendesk.md 17)."""

# Of Rails' table, those that people of the sandbox live in and tests write.
_RAILS_NAMES = {
    "America/Chicago": "Central Time (US & Canada)",
    "America/Los_Angeles": "Pacific Time (US & Canada)",
    "America/Mexico_City": "Mexico City",
    "America/New_York": "Eastern Time (US & Canada)",
    "Asia/Dubai": "Abu Dhabi",
    "Asia/Jerusalem": "Jerusalem",
    "Asia/Kolkata": "Kolkata",
    "Asia/Tokyo": "Tokyo",
    "Europe/Berlin": "Berlin",
    "Europe/Lisbon": "Lisbon",
    "Europe/London": "London",
    "Europe/Paris": "Paris",
    "Europe/Rome": "Rome",
    "Europe/Stockholm": "Stockholm",
    "Europe/Warsaw": "Warsaw",
}
_IANA_NAMES = {rails: iana for iana, rails in _RAILS_NAMES.items()}


def time_zone_fields(name: str) -> dict[str, str]:
    """Return what a sandbox user has of a zone that is given by either name.

    A zone that Rails has no name for keeps the IANA one.
    """
    return {
        "time_zone": _RAILS_NAMES.get(name, name),
        "iana_time_zone": _IANA_NAMES.get(name, name),
    }

"""Sailthru's engagement levels and their meaning in words (docs/sailthru.md 4.3)."""

from types import MappingProxyType

_DESCRIPTIONS = {
    "engaged": ("Engaged", "active on the site recently"),
    "active": ("Active", "clicked recently"),
    "passive": ("Passive", "opened recently, did not click"),
    "new": ("New", "just created, nothing opened yet"),
    "disengaged": ("Disengaged", "did something once, nothing recently"),
    "dormant": ("Dormant", "never opened or clicked"),
    "hardbounce": ("Hard bounce", "the address does not accept mail"),
    "optout": ("Opted out", "gets no e-mail"),
}
ENGAGEMENT_LABELS = MappingProxyType({level: name for level, (name, _) in _DESCRIPTIONS.items()})


def describe_engagement(level: str | None) -> tuple[str, str] | None:
    """Return a Sailthru engagement level's name and meaning; an unknown level as it came."""
    if not level:
        return None
    # Sailthru may add levels; an unknown one is shown, not hidden.
    known = _DESCRIPTIONS.get(level.strip().lower())
    return known if known else (level, "a level this app does not know")

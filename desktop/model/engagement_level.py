"""Sailthru's engagement levels in words (contract sailthru 4.3)."""

from desktop.kit.text import translate

_DESCRIPTIONS = {
    "engaged": (
        translate("Engagement", "Engaged"),
        translate("Engagement", "active on the site recently"),
    ),
    "active": (translate("Engagement", "Active"), translate("Engagement", "clicked recently")),
    "passive": (
        translate("Engagement", "Passive"),
        translate("Engagement", "opened recently, did not click"),
    ),
    "new": (
        translate("Engagement", "New"),
        translate("Engagement", "just created, nothing opened yet"),
    ),
    "disengaged": (
        translate("Engagement", "Disengaged"),
        translate("Engagement", "did something once, nothing recently"),
    ),
    "dormant": (
        translate("Engagement", "Dormant"),
        translate("Engagement", "never opened or clicked"),
    ),
    "hardbounce": (
        translate("Engagement", "Hard bounce"),
        translate("Engagement", "the address does not accept mail"),
    ),
    "optout": (translate("Engagement", "Opted out"), translate("Engagement", "gets no e-mail")),
}


def describe_engagement(level: str | None) -> tuple[str, str] | None:
    """The level's name and meaning; an unknown level as it came, None when absent."""
    if not level:
        return None
    known = _DESCRIPTIONS.get(level.strip().lower())
    return known if known else (level, translate("Engagement", "a level this app does not know"))

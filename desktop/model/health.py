"""Customer health: the three values of Sailthru's own Zendesk app, kept in a profile var."""

from enum import Enum

from desktop.kit.text import translate
from desktop.model.json_value import Json


class Health(Enum):
    """The value is what stands in the var (contract sailthru 6; the exact strings are unknown)."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    FRUSTRATED = "frustrated"

    @property
    def words(self) -> str:
        """What the window calls it."""
        return _WORDS[self]


_WORDS = {
    Health.NEUTRAL: translate("Health", "Neutral"),
    Health.HAPPY: translate("Health", "Happy"),
    Health.FRUSTRATED: translate("Health", "Frustrated"),
}


def read_health(value: Json) -> Health | None:
    """The health a var says; None when it is not set or says something else."""
    if not isinstance(value, str):
        return None
    try:
        return Health(value.strip().lower())
    except ValueError:
        return None

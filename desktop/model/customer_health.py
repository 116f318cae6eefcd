"""Customer health: neutral, happy or frustrated, kept in a Sailthru profile var."""

from enum import Enum

from desktop.model.json_value import Json


class CustomerHealth(Enum):
    """A health value, as the var holds it (docs/sailthru.md 6; the strings are not verified)."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    FRUSTRATED = "frustrated"

    @property
    def label(self) -> str:
        """The health value on screen."""
        return _LABELS[self]


_LABELS = {
    CustomerHealth.NEUTRAL: "Neutral",
    CustomerHealth.HAPPY: "Happy",
    CustomerHealth.FRUSTRATED: "Frustrated",
}


def parse_health(value: Json) -> CustomerHealth | None:
    """Return the health a var holds; None when it is not set or holds something else."""
    if not isinstance(value, str):
        return None
    try:
        return CustomerHealth(value.strip().lower())
    except ValueError:
        return None

"""Customer health: the three values of Sailthru's own Zendesk app, kept in a profile var."""

from enum import Enum

from desktop.model.json_value import Json


class CustomerHealth(Enum):
    """The value is what stands in the var (contract sailthru 6; the exact strings are unknown)."""

    NEUTRAL = "neutral"
    HAPPY = "happy"
    FRUSTRATED = "frustrated"

    @property
    def label(self) -> str:
        """What the window calls it."""
        return _LABELS[self]


_LABELS = {
    CustomerHealth.NEUTRAL: "Neutral",
    CustomerHealth.HAPPY: "Happy",
    CustomerHealth.FRUSTRATED: "Frustrated",
}


def parse_health(value: Json) -> CustomerHealth | None:
    """The health a var says; None when it is not set or says something else."""
    if not isinstance(value, str):
        return None
    try:
        return CustomerHealth(value.strip().lower())
    except ValueError:
        return None

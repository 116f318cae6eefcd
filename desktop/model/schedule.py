"""When a sync runs: rules people can type, their next times, and what was missed."""

from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """The kinds of rules."""

    OFF = "off"
    EVERY = "every"
    SPREAD = "spread"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Rule:
    """A rule. `minutes`: between two runs (EVERY). `count`: runs a day (SPREAD).

    `at`: minutes after midnight, the first run's for SPREAD. `weekdays`: 0 is Monday.
    `month_days`: 1 to 31, -1 is the last.
    """

    form: Form
    minutes: int = 0
    count: int = 0
    at: int = 0
    weekdays: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The rule as it is stored; `read_rule` reads it back."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """The rule for people: “weekdays at 07:00”."""
        raise NotImplementedError


def read_rule(text: str) -> Rule:
    """The rule that was typed; BadInput with examples where it is none."""
    raise NotImplementedError


def next_times(rule: Rule, after: float, zone: str, count: int = 5) -> tuple[float, ...]:
    """The next runs after a moment, Unix seconds, rising."""
    raise NotImplementedError


def due_since(rule: Rule, last: float | None, now: float, zone: str) -> float | None:
    """The latest time missed since `last` (Unix seconds), or None: nothing is due."""
    raise NotImplementedError

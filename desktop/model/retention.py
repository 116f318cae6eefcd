"""Retention of the data workspace: for how many days each type of activity is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

DAY_S = 86_400.0
DEFAULT_DAYS = 90
# As a number of days: whatever its age.
WITHOUT_LIMIT = 0


class ActivityType(Enum):
    """A type of activity that is kept for a number of days of its own.

    A ticket counts by its last change, and only once it is solved, closed or deleted: what is still
    open stays whole. A rating counts by its last change too.
    """

    TICKETS = "tickets"
    TEXTS = "texts"
    RATINGS = "ratings"

    @property
    def label(self) -> str:
        """The type of activity as a table names it."""
        return _LABELS[self]

    @property
    def noun(self) -> tuple[str, str]:
        """One and several of its rows that are dropped, in words."""
        return _NOUNS[self]

    @property
    def kept_noun(self) -> tuple[str, str]:
        """One and several of its rows that are kept, in words."""
        return ("text", "texts") if self is ActivityType.TEXTS else _NOUNS[self]


_LABELS = {
    ActivityType.TICKETS: "Tickets, once finished",
    ActivityType.TEXTS: "Texts of finished tickets",
    ActivityType.RATINGS: "Satisfaction ratings",
}
_NOUNS = {
    ActivityType.TICKETS: ("ticket", "tickets"),
    ActivityType.TEXTS: ("text of a ticket that stays", "texts of tickets that stay"),
    ActivityType.RATINGS: ("rating", "ratings"),
}
# Statuses of a ticket that nobody works on any more.
FINISHED_STATUSES = ("solved", "closed", "deleted")

# Days by type of activity; WITHOUT_LIMIT keeps all.
RetentionDays = Mapping[ActivityType, int]
# By type of activity, the Unix time before which nothing is kept; 0.0 keeps all.
RetentionCutoffs = Mapping[ActivityType, float]

KEEP_ALL: RetentionCutoffs = {one: 0.0 for one in ActivityType}


@dataclass(frozen=True)
class RetentionMark:
    """What an admin has confirmed of one type of activity; times are Unix seconds.

    `read_from`: the first reading asked for nothing that had not changed since then; 0.0: for all,
    None: nothing was read yet. `purged_before`: what had not changed since then was deleted here.
    """

    type: ActivityType
    days: int
    confirmed_at: float
    confirmed_by: str
    read_from: float | None = None
    purged_before: float | None = None

    @property
    def complete_from(self) -> float:
        """Since when this type of activity is kept completely, in Unix seconds; 0.0: all of it."""
        return max(self.read_from or 0.0, self.purged_before or 0.0)


@dataclass(frozen=True)
class SegmentImpact:
    """Who would leave a saved segment, and who would come into it, by a purge.

    None: not counted, since too many rows would be dropped to try it out.
    """

    name: str
    leaving: int | None
    entering: int | None


@dataclass(frozen=True)
class SyncImpact:
    """A sync or a rule whose people are a segment that a purge changes, and what it writes.

    Of a sync that is off (`is_on` False) nothing happens before somebody switches it on.
    """

    title: str
    segment: str
    lists: tuple[str, ...] = ()
    vars: tuple[str, ...] = ()
    is_on: bool = False


@dataclass(frozen=True)
class RetentionImpact:
    """What a change of retention would do, counted at `at` (Unix seconds) and not done.

    `days` are those wanted, `rows` how many rows of each type would be dropped, `people` whose
    numbers change by it. `segments` are those that look at such activity, `syncs` those that are
    about the people of one of them.
    """

    at: float
    days: RetentionDays
    before: RetentionDays
    rows: Mapping[ActivityType, int]
    people: int
    segments: tuple[SegmentImpact, ...] = ()
    syncs: tuple[SyncImpact, ...] = ()

    @property
    def total_rows(self) -> int:
        """How many rows would be dropped, of all types together."""
        return sum(self.rows.values())


def cutoffs(days: RetentionDays, now: float) -> RetentionCutoffs:
    """Return the times before which nothing is kept. A text goes with its ticket at the latest."""
    found = {one: 0.0 if not n else now - n * DAY_S for one, n in days.items()}
    tickets = found.get(ActivityType.TICKETS, 0.0)
    texts = max(found.get(ActivityType.TEXTS, 0.0), tickets)
    return {**KEEP_ALL, **found, ActivityType.TEXTS: texts}


def longer(first: int, second: int) -> int:
    """Return the longer of two retention times in days; WITHOUT_LIMIT is the longest."""
    return WITHOUT_LIMIT if WITHOUT_LIMIT in (first, second) else max(first, second)


def describe_days(days: int) -> str:
    """Return for how many days activity is kept, in words."""
    if days == WITHOUT_LIMIT:
        return "without limit"
    return f"{days:,} {'day' if days == 1 else 'days'}"

"""The limits of a run: how many people may notice it before somebody has to look.

Consequences are named by their codes here (`plan.Consequence.value`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

EMPTY_SOURCE = "empty"
# Two admins have to allow these: many people would get marketing e-mail who did not before.
TWO_ADMIN_CONSEQUENCES = frozenset({"starts", "loosened"})


@dataclass(frozen=True)
class Limit:
    """The larger of so many people and so many per cent of the records read."""

    people: int = 200
    percent: int = 20

    def max_people(self, read: int) -> int:
        """The limit for a run that read so many records."""
        return max(self.people, read * self.percent // 100)


@dataclass(frozen=True)
class LimitBreach:
    """One limit that was passed. `code` is `empty` or the consequence's."""

    code: str
    people: int
    limit: int
    message: str


def exceeded_limits(
    limits: Limit,
    counts: Mapping[str, int],
    read: int,
    *,
    incremental: bool = False,
    allowed: frozenset[str] = frozenset(),
) -> tuple[LimitBreach, ...]:
    """What stops a run, worst first; empty: it may go on.

    `counts`: people by consequence code; other codes never stop. `read`: the records of the
    source. `incremental`: only what changed was read, so that nothing read is no empty source.
    `allowed`: codes that were allowed for this run; an empty source cannot be allowed.
    """
    if read == 0 and not incremental:
        return (LimitBreach(EMPTY_SOURCE, 0, 0, _EMPTY_SOURCE_MESSAGE),)
    found = []
    for code in _LIMIT_MESSAGES:
        limit = limits.max_people(read)
        if code in TWO_ADMIN_CONSEQUENCES:
            # A sync may be stricter than the house, never laxer: this takes two people.
            limit = min(limit, Limit().max_people(read))
        if counts.get(code, 0) > limit and code not in allowed:
            found.append(
                LimitBreach(code, counts[code], limit, _breach_message(code, counts[code], limit))
            )
    return tuple(found)


def allowable_limit_codes() -> tuple[str, ...]:
    """What can be allowed to pass once, worst first; an empty source cannot."""
    return tuple(_LIMIT_MESSAGES)


def needs_two_admins(codes: Iterable[str]) -> bool:
    """Whether allowing these limits takes a second admin."""
    return not TWO_ADMIN_CONSEQUENCES.isdisjoint(codes)


def _breach_message(code: str, people: int, limit: int) -> str:
    one, many = _LIMIT_MESSAGES[code]
    text = one if people == 1 else many
    return text.format(people=f"{people:,}", limit=f"{limit:,}")


_EMPTY_SOURCE_MESSAGE = "The source is empty; nothing is written when it is."

_LIMIT_MESSAGES = {
    "starts": (
        "{people} person would start getting marketing e-mail; your limit is {limit} a run.",
        "{people} people would start getting marketing e-mail; your limit is {limit} a run.",
    ),
    "loosened": (
        "{people} person would have an opt-out loosened; your limit is {limit} a run.",
        "{people} people would have their opt-out loosened; your limit is {limit} a run.",
    ),
    "joins": (
        "{people} person would join a list; your limit is {limit} a run.",
        "{people} people would join a list; your limit is {limit} a run.",
    ),
    "leaves": (
        "{people} person would leave a list; your limit is {limit} a run.",
        "{people} people would leave a list; your limit is {limit} a run.",
    ),
    "blanked": (
        "{people} person would lose a value; your limit is {limit} a run.",
        "{people} people would lose a value; your limit is {limit} a run.",
    ),
}

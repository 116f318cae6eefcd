"""The limits of a run: how many people may notice it before somebody has to look.

Consequences are named by their codes here (`plan.Consequence.value`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop.kit.text import translate

EMPTY = "empty"
# Two admins have to allow these: many people would get marketing e-mail who did not before.
MASS_OPT_IN = frozenset({"starts", "loosened"})


@dataclass(frozen=True)
class Limits:
    """The larger of so many people and so many per cent of the records read."""

    people: int = 200
    percent: int = 20

    def of(self, read: int) -> int:
        """The limit for a run that read so many records."""
        return max(self.people, read * self.percent // 100)


@dataclass(frozen=True)
class Breach:
    """One limit that was passed. `code` is `empty` or the consequence's."""

    code: str
    people: int
    limit: int
    words: str


def breaches(
    limits: Limits,
    counts: Mapping[str, int],
    read: int,
    *,
    incremental: bool = False,
    allowed: frozenset[str] = frozenset(),
) -> tuple[Breach, ...]:
    """What stops a run, worst first; empty: it may go on.

    `counts`: people by consequence code; other codes never stop. `read`: the records of the
    source. `incremental`: only what changed was read, so that nothing read is no empty source.
    `allowed`: codes that were allowed for this run; an empty source cannot be allowed.
    """
    if read == 0 and not incremental:
        return (Breach(EMPTY, 0, 0, _EMPTY),)
    found = []
    for code in _LIMITED:
        limit = limits.of(read)
        if code in MASS_OPT_IN:
            # A sync may be stricter than the house, never laxer: this takes two people.
            limit = min(limit, Limits().of(read))
        if counts.get(code, 0) > limit and code not in allowed:
            found.append(Breach(code, counts[code], limit, _sentence(code, counts[code], limit)))
    return tuple(found)


def limited_codes() -> tuple[str, ...]:
    """What can be allowed to pass once, worst first; an empty source cannot."""
    return tuple(_LIMITED)


def needs_two_admins(codes: Iterable[str]) -> bool:
    """Whether allowing these limits takes a second admin."""
    return not MASS_OPT_IN.isdisjoint(codes)


def _sentence(code: str, people: int, limit: int) -> str:
    one, many = _LIMITED[code]
    text = one if people == 1 else many
    return text.format(people=f"{people:,}", limit=f"{limit:,}")


_EMPTY = translate("Guard", "The source is empty; nothing is written when it is.")

_LIMITED = {
    "starts": (
        translate(
            "Guard",
            "{people} person would start getting marketing e-mail; your limit is {limit} a run.",
        ),
        translate(
            "Guard",
            "{people} people would start getting marketing e-mail; your limit is {limit} a run.",
        ),
    ),
    "loosened": (
        translate(
            "Guard",
            "{people} person would have an opt-out loosened; your limit is {limit} a run.",
        ),
        translate(
            "Guard",
            "{people} people would have their opt-out loosened; your limit is {limit} a run.",
        ),
    ),
    "joins": (
        translate("Guard", "{people} person would join a list; your limit is {limit} a run."),
        translate("Guard", "{people} people would join a list; your limit is {limit} a run."),
    ),
    "leaves": (
        translate("Guard", "{people} person would leave a list; your limit is {limit} a run."),
        translate("Guard", "{people} people would leave a list; your limit is {limit} a run."),
    ),
    "blanked": (
        translate("Guard", "{people} person would lose a value; your limit is {limit} a run."),
        translate("Guard", "{people} people would lose a value; your limit is {limit} a run."),
    ),
}

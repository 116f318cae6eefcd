"""Which syncs are due, and who runs them: arithmetic on a clock, and one claim in the store.

However long everything was closed, what was missed is one run. Every process may look (several
windows, the operating system's timer, a person); who claims a planned time runs it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from desktop.kit.clock import Clock
from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.goal import Goal
from desktop.model.run import Run, RunState
from desktop.model.schedule import Form, Rule, due_since, read_rule
from desktop.store.store import Store

log = logging.getLogger(__name__)

# So far ahead a planned time can only have come from a clock that was wrong.
_AHEAD_S = 3600.0


@dataclass(frozen=True)
class DueGoal:
    """A goal whose planned time has come. `at` is that time, `before` the one before it."""

    goal: Goal
    at: float
    before: float


@dataclass(frozen=True)
class PausedGoal:
    """A goal that would run by itself, and waits for a person. `code` is for scripts."""

    goal: Goal
    code: str
    words: str


@dataclass(frozen=True)
class Timetable:
    """What is due now, the longest waiting first, and what is paused."""

    due: tuple[DueGoal, ...] = ()
    paused: tuple[PausedGoal, ...] = ()


class Due:
    """Looks at the goals of one workspace. `zone` is the Sailthru account's (IANA)."""

    def __init__(self, store: Store, clock: Clock, zone: Callable[[], str]) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    def look(self) -> Timetable:
        """What is due. A goal that was never looked at counts from now on."""
        due: list[DueGoal] = []
        paused: list[PausedGoal] = []
        for goal in self._store.goals.all():
            if not goal.on or not goal.schedule:
                continue
            found = self._look_at(goal)
            if isinstance(found, DueGoal):
                due.append(found)
            elif found is not None:
                paused.append(found)
        return Timetable(tuple(sorted(due, key=lambda one: one.at)), tuple(paused))

    def claim(self, one: DueGoal) -> bool:
        """Whether this process runs it; False when another has it already."""
        return self._store.goals.take_due(one.goal.name, one.at)

    def give_back(self, one: DueGoal) -> None:
        """It could not be started after all: it is due again."""
        self._store.goals.count_from(one.goal.name, one.before)

    def _look_at(self, goal: Goal) -> DueGoal | PausedGoal | None:
        try:
            rule = read_rule(goal.schedule)
        except BadInput as error:
            return PausedGoal(goal, "schedule", error.title)
        if rule.form is Form.OFF:
            return None
        last = next(iter(self._store.runs.of_goal(goal.name, 1)), None)
        if last is not None and last.state is RunState.RUNNING:
            return None
        counted = self._counted(goal)
        why = why_paused(goal, last, counted)
        if why is not None:
            return why
        return self._planned(goal, rule, counted)

    def _planned(self, goal: Goal, rule: Rule, counted: float) -> DueGoal | None:
        at = due_since(rule, counted, self._clock.now(), self._zone())
        return None if at is None else DueGoal(goal, at, counted)

    def _counted(self, goal: Goal) -> float:
        """From when its schedule counts (Unix seconds)."""
        now, counted = self._clock.now(), self._store.goals.last_due(goal.name)
        if counted is not None and counted <= now + _AHEAD_S:
            return counted
        if counted is not None:
            log.warning("The clock was ahead: the schedule of %s counts from now", goal.name)
        self._store.goals.count_from(goal.name, now)
        return now


def why_paused(goal: Goal, last: Run | None, counted: float) -> PausedGoal | None:
    """Why a goal does not run by itself; `last` is its last run, `counted` since when it counts."""
    if not goal.checked_at:
        words = translate("Due", "It was changed and not checked since; check it first.")
        return PausedGoal(goal, "unchecked", words)
    # Whoever switches it on again, or runs it by hand, has seen to the sign-in.
    lost = last is not None and last.state is RunState.FAILED and last.error_code == "auth_lost"
    if lost and last is not None and counted <= (last.ended_at or last.started_at):
        words = translate(
            "Due",
            "Run {run} was refused the sign-in. Sign in again, then resume it or run it by hand.",
        )
        return PausedGoal(goal, "auth_lost", words.format(run=last.id))
    return None

"""One look at every sync, read in one go on the database's thread, frozen."""

from dataclasses import dataclass

from desktop.model.goal import Goal, GoalState, Missing
from desktop.model.plan import Fate, Plan, PlanState
from desktop.model.run import Run, RunState
from desktop.sync.presets import PRESETS, preset
from desktop.viewmodels.syncs.room import Room

_SHOWN = (PlanState.READY, PlanState.STOPPED, PlanState.APPLYING, PlanState.APPLIED)


@dataclass(frozen=True)
class SyncLook:
    """How one sync stands. `plan` is the newest whole one, `preview` one being made or failed."""

    state: GoalState
    missing: tuple[Missing, ...]
    run: Run | None
    preview: Run | None
    plan: Plan | None
    exchanged: int

    @property
    def goal(self) -> Goal:
        """The sync itself."""
        return self.state.goal

    @property
    def running(self) -> Run | None:
        """The run or preview under way."""
        for run in (self.run, self.preview):
            if run is not None and run.state is RunState.RUNNING:
                return run
        return None

    @property
    def open_plan(self) -> Plan | None:
        """The preview that may still be ticked and written."""
        plan = self.plan
        return plan if plan and plan.state in (PlanState.READY, PlanState.STOPPED) else None

    @property
    def to_correct(self) -> int:
        """How many rows wait for a person: refused, parked, in need of correction, in conflict."""
        parked = self.plan.count(Fate.CORRECTION, Fate.CONFLICT) if self.plan else 0
        return max(self.state.waiting - int(self.stopped), parked)

    @property
    def stopped(self) -> bool:
        """Whether a limit holds the newest plan."""
        return self.plan is not None and self.plan.state is PlanState.STOPPED


@dataclass(frozen=True)
class Look:
    """Every sync, favourites first, and the presets that are not added yet."""

    syncs: tuple[SyncLook, ...]
    presets: tuple[Goal, ...]
    exchanged: int

    def of(self, goal: str) -> SyncLook | None:
        """One of them."""
        return next((sync for sync in self.syncs if sync.goal.name == goal), None)


def look(room: Room, *, connected: bool) -> Look:
    """Read everything; on the database's thread. Raises StoreKnown."""
    store, goals = room.store, room.goals
    syncs = tuple(
        SyncLook(
            state=state,
            missing=goals.missing(state.goal, connected=connected),
            run=next(iter(store.runs.of_goal(state.goal.name, 1)), None),
            preview=store.runs.preview_of(state.goal.name),
            plan=store.plans.latest(state.goal.name, *_SHOWN),
            exchanged=store.memory.exchanged(state.goal.name),
        )
        for state in goals.states()
    )
    there = {sync.goal.name for sync in syncs}
    names = room.names()
    absent = tuple(preset(name, names) for name in PRESETS if name not in there)
    return Look(syncs, absent, store.memory.exchanged())

"""What people decide about a plan: fields left out, sides picked, records corrected or ignored."""

from collections.abc import Sequence
from dataclasses import replace

from desktop.kit.clock import Clock
from desktop.kit.errors import BadInput, NotFound
from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.json_value import Json
from desktop.model.mapping import Prefer
from desktop.model.plan import Fate, FieldChange, PlanRow, PlanState, RowState
from desktop.store.plan_filter import RowFilter
from desktop.store.store import Store
from desktop.sync.consequences import consequences_of
from desktop.writing.standing import LIST, Standing

# Stands for the lists a row does not change: which they are matters to nobody here.
_OTHERS = "(others)"


class Decisions:
    """Decisions about the plans of a workspace. Raises Conflict once a plan is applied."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def tick_field(self, plan_id: str, row: int, field: str, *, on: bool) -> PlanRow:
        """Leave one field of a row out, or take it in again."""
        kept = self._store.plans.tick_field(plan_id, row, field, on=on)
        return self._store.plans.put(plan_id, self._again(plan_id, kept))

    def pick(self, plan_id: str, row: int, field: str, side: str) -> PlanRow:
        """Say whose value stands: `zendesk` or `sailthru`."""
        self.require_conflicts(plan_id, row, [field])
        kept = self._store.plans.row(plan_id, row)
        goal = self._store.plans.goal_of(plan_id)
        takes_source = Service(side) is goal.source.kind.service
        changes = tuple(
            replace(c, choice=side, applies=takes_source) if c.field == field else c
            for c in kept.changes
        )
        row_now = self._again(plan_id, replace(kept, changes=changes))
        return self._store.plans.put(plan_id, row_now)

    def require_conflicts(self, plan_id: str, row: int, fields: Sequence[str]) -> None:
        """Raises NotFound for a field that the row has no conflict over."""
        there = [c.field for c in self._store.plans.row(plan_id, row).changes if c.conflict]
        for field in fields:
            if field not in there:
                raise NotFound(
                    f"Row {row} has no conflict over “{field[:80]}”.",
                    f"It has these: {', '.join(there) or 'none'}.",
                )

    def always_prefer(self, plan_id: str, field: str, side: str) -> Goal:
        """Make the pick the rule of this goal from now on."""
        goal = self._store.goals.get(self._store.plans.get(plan_id).goal)
        prefer = Prefer.SOURCE if Service(side) is goal.source.kind.service else Prefer.TARGET
        rows = tuple(
            replace(row, prefer=prefer) if row.target == field else row for row in goal.mapping
        )
        return self._store.goals.save(replace(goal, mapping=rows), self._clock.now())

    def plan_with_conflict(self, row: str) -> str:
        """The open plan whose row of that number is a conflict.

        Raises BadInput where none has one, or several.
        """
        found_in: list[str] = []
        for goal in self._store.goals.all():
            plan = self._store.plans.latest(goal.name, PlanState.READY, PlanState.STOPPED)
            if plan is None:
                continue
            try:
                found = self.row_named(plan.id, row)
            except BadInput:
                continue
            if found.fate is Fate.CONFLICT:
                found_in.append(plan.id)
        if len(found_in) == 1:
            return found_in[0]
        if found_in:
            raise BadInput(
                f"Several previews have a conflict in row {row[:40]}.",
                f"They are {', '.join(found_in)}.",
                f"Name the one: {found_in[0]}:{row[:40]}.",
            )
        raise BadInput(
            f"No open plan has a conflict in row {row[:40]}.",
            "",
            "Name the plan too: PLAN:ROW.",
        )

    def correct(
        self, goal: str, source: str, field: str, value: Json, actor: str, reason: str = ""
    ) -> None:
        """Use this value of a source record from the next plan on."""
        if not field:
            raise BadInput("Say which field is to be corrected.")
        self._store.memory.correct(goal, source, {field: value}, actor, self._clock.now(), reason)

    def ignore(self, goal: str, sources: tuple[str, ...], reason: str, actor: str) -> None:
        """Leave these records out for ever. Raises BadInput without a reason."""
        if not reason.strip():
            raise BadInput("Say why they are to be ignored.", "It is kept with them.")
        self._store.memory.ignore(goal, sources, reason.strip(), actor, self._clock.now())

    def to_retry(self, goal: str, row: str | None = None) -> tuple[str, ...]:
        """The source records that wait for another try; `row` is one of the last plan's.

        Raises BadInput for a row that is not there, or was planned and not tried yet.
        """
        if row is None:
            return self._store.memory.again(goal)
        plan = self._store.plans.latest(goal)
        if plan is None:
            raise BadInput(f"“{goal}” has no plan, so there is no row {row[:40]}.")
        found = self.row_named(plan.id, row)
        if found.fate.writes and found.state is RowState.PLANNED:
            # What a limit holds back does not pass it one by one.
            raise BadInput(
                f"Row {found.row} was not tried yet.",
                f"It waits in plan {plan.id}; nothing was started.",
                f"`fairlead sync run {goal} --plan {plan.id}` writes what is ticked there.",
            )
        # Who names one row has looked at it.
        self._store.doubts.ask(goal, found.source_id)
        return (found.source_id,)

    def row_named(self, plan_id: str, text: str) -> PlanRow:
        """The row of a plan that somebody named by its number. Raises BadInput."""
        try:
            # No table holds longer numbers, and Python reads none of thousands of digits.
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
            return self._store.plans.row(plan_id, number)
        except NotFound as error:
            self._store.plans.get(plan_id)
            raise BadInput(
                f"Plan {plan_id} has no row {text[:40]}.",
                "",
                "Rows are numbers, as `fairlead sync plan` lists them.",
            ) from error

    def waiting(self, plan_id: str) -> tuple[PlanRow, ...]:
        """The rows of a plan that need a person."""
        chosen = RowFilter(fates=(Fate.CORRECTION, Fate.CONFLICT))
        ended = RowFilter(states=(RowState.PARKED, RowState.FAILED))
        rows = {r.row: r for r in self._store.plans.rows(plan_id, chosen, limit=5000)}
        rows |= {r.row: r for r in self._store.plans.rows(plan_id, ended, limit=5000)}
        return tuple(rows[number] for number in sorted(rows))

    def _again(self, plan_id: str, row: PlanRow) -> PlanRow:
        """The row's fate and consequences after a decision."""
        if any(c.conflict and not c.choice for c in row.changes):
            return row
        goal = self._store.plans.goal_of(plan_id)
        if row.fate is Fate.CREATE:
            return replace(row, consequences=consequences_of(goal, row, None, {}, 0))
        fate = Fate.UPDATE if row.sent else Fate.UNCHANGED
        memory, target = self._store.memory, row.target_id
        before = memory.synced(goal.name, [target]).get(target, {})
        before = {**before, **memory.accepted(goal.name, [target]).get(target, {})}
        # A row that somebody has left out stays out, whatever is decided about its fields.
        left_out = row.fate is Fate.UPDATE and not row.ticked
        ticked = fate is Fate.UPDATE and not left_out
        decided = replace(row, fate=fate, ticked=ticked, why="", cause="")
        there = _standing_before(goal, decided)
        tickets = self._open_tickets(goal, row.target_id)
        notes = consequences_of(goal, decided, there, before, tickets) if decided.sent else ()
        return replace(decided, consequences=notes)

    def _open_tickets(self, goal: Goal, target: str) -> int:
        if goal.target is not Service.ZENDESK or not target.isdigit():
            return 0
        return self._store.feeds.open_tickets([int(target)]).get(int(target), 0)


def _standing_before(goal: Goal, row: PlanRow) -> Standing:
    """What the plan saw, as far as its row tells."""
    fields: dict[str, Json] = {"optout": row.optout, f"{LIST}{_OTHERS}": row.on_other_lists}
    fields |= {change.field: change.old for change in row.changes}
    return Standing(goal.target, row.target_id, row.label, row.address, fields)


def conflicts_of(row: PlanRow) -> tuple[FieldChange, ...]:
    """The fields a person has to pick a side for."""
    return tuple(c for c in row.changes if c.conflict and not c.choice)

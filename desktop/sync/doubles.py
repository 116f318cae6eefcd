"""Two records of a source with one counterpart: written one after the other they would never rest.

Whose counterpart it was first keeps it; the other waits for a person.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.plan import Fate, PlanRow
from desktop.store.store import Store
from desktop.sync.finding import Found
from desktop.sync.judging import TAKEN, TWO_FOR_ONE
from desktop.sync.record import Record
from desktop.sync.source import GoalSource

_PAGE = 500


class Doubles:
    """Those of one plan. `belongs` says whether a record is in the goal's source.

    Its methods belong on the database's thread.
    """

    def __init__(
        self,
        store: Store,
        goal: Goal,
        source: GoalSource,
        belongs: Callable[[Record], bool | None],
    ) -> None:
        self._store = store
        self._goal = goal
        self._source = source
        self._belongs = belongs

    def told(self, records: Sequence[Record], found: Mapping[str, Found]) -> dict[str, Found]:
        """What was found, with who of the source has the counterpart by an earlier run already."""
        targets = {r.id: f.standing.id for r in records if (f := found[r.id]).standing is not None}
        known = self._known(targets.values())
        told = dict(found)
        for record_id, target in targets.items():
            others = known.get(target, ())
            if record_id in others:
                continue
            holder = next((r for o in others if (r := self._still_there(o)) is not None), None)
            if holder is not None:
                told[record_id] = replace(found[record_id], taken=_name(holder.label, holder.id))
        return told

    def park(self, plan_id: str) -> None:
        """Park the rows of a plan that are about somebody an earlier row is about too."""
        plans = self._store.plans
        every = plans.doubles(plan_id)
        for start in range(0, len(every), _PAGE):
            some = every[start : start + _PAGE]
            rows = plans.rows_at(plan_id, [row for row, _ in some])
            firsts = plans.rows_at(plan_id, [first for _, first in some])
            plans.park(plan_id, map(_parked, rows, firsts))

    def _known(self, targets: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The source records that targets are known to be the counterparts of."""
        if self._goal.target is Service.SAILTHRU:
            people = self._store.memory.people(targets)
            return {sid: tuple(map(str, ids)) for sid, ids in people.items()}
        sids = self._store.memory.sids([int(target) for target in targets])
        return {str(person): (sid,) for person, sid in sids.items()}

    def _still_there(self, record_id: str) -> Record | None:
        record = self._source.record(record_id)
        return record if record is not None and self._belongs(record) else None


def _parked(row: PlanRow, first: PlanRow) -> PlanRow:
    who = f"{_name(first.label, first.source_id)}, row {first.row}"
    return replace(
        row,
        fate=Fate.CORRECTION,
        changes=(),
        why=TAKEN.format(who=who),
        cause=TWO_FOR_ONE,
        consequences=(),
        events=(),
        ticked=False,
    )


def _name(label: str, id_: str) -> str:
    return label if label == id_ else f"{label} ({id_})"

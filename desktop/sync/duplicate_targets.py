"""Two records of a source with one counterpart: written one after the other they would never rest.

Whose counterpart it was first keeps it; the other waits for a person.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.diff import DUPLICATE_TARGET_CAUSE, TARGET_TAKEN_TEXT
from desktop.sync.matching import MatchResult
from desktop.sync.source_reader import SourceReader
from desktop.sync.source_record import SourceRecord

_PAGE_ROWS = 500


class DuplicateTargets:
    """Those of one plan. `belongs` says whether a record is in the goal's source.

    Its methods belong on the database's thread.
    """

    def __init__(
        self,
        store: WorkspaceStore,
        sync: Sync,
        source: SourceReader,
        belongs: Callable[[SourceRecord], bool | None],
    ) -> None:
        self._store = store
        self._goal = sync
        self._source = source
        self._is_in_source = belongs

    def mark_taken_targets(
        self, records: Sequence[SourceRecord], found: Mapping[str, MatchResult]
    ) -> dict[str, MatchResult]:
        """What was found, with who of the source has the counterpart by an earlier run already."""
        targets = {r.id: f.target.id for r in records if (f := found[r.id]).target is not None}
        known = self._known_sources_by_target(targets.values())
        told = dict(found)
        for record_id, target in targets.items():
            others = known.get(target, ())
            if record_id in others:
                continue
            holder = next(
                (r for o in others if (r := self._find_current_record(o)) is not None), None
            )
            if holder is not None:
                told[record_id] = replace(
                    found[record_id], taken_by=_label_with_id(holder.label, holder.id)
                )
        return told

    def park_duplicate_rows(self, plan_id: str) -> None:
        """Park the rows of a plan that are about somebody an earlier row is about too."""
        plans = self._store.plans
        every = plans.find_duplicate_targets.blocking(plan_id)
        for start in range(0, len(every), _PAGE_ROWS):
            some = every[start : start + _PAGE_ROWS]
            rows = plans.get_rows.blocking(plan_id, [row for row, _ in some])
            firsts = plans.get_rows.blocking(plan_id, [first for _, first in some])
            plans.replace_rows_while_planning.blocking(plan_id, map(_parked_row, rows, firsts))

    def _known_sources_by_target(self, targets: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The source records that targets are known to be the counterparts of."""
        if self._goal.target_service is Service.SAILTHRU:
            people = self._store.sync_state.find_user_ids.blocking(targets)
            return {sid: tuple(map(str, ids)) for sid, ids in people.items()}
        sids = self._store.sync_state.find_sids.blocking([int(target) for target in targets])
        return {str(person): (sid,) for person, sid in sids.items()}

    def _find_current_record(self, record_id: str) -> SourceRecord | None:
        record = self._source.get_record(record_id)
        return record if record is not None and self._is_in_source(record) else None


def _parked_row(row: PlanRow, first: PlanRow) -> PlanRow:
    who = f"{_label_with_id(first.label, first.source_id)}, row {first.row}"
    return replace(
        row,
        fate=PlannedOutcome.CORRECTION,
        changes=(),
        why=TARGET_TAKEN_TEXT.format(who=who),
        cause=DUPLICATE_TARGET_CAUSE,
        consequences=(),
        events=(),
        ticked=False,
    )


def _label_with_id(label: str, id_: str) -> str:
    return label if label == id_ else f"{label} ({id_})"

"""The filter that a preview's view-model holds over its rows: fate, consequence, cause, text."""

from dataclasses import dataclass, replace

from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRowState
from desktop.store.plan_row_filter import PlanRowFilter, PlanRowOrder

_CHANGE_FATES = (
    PlannedOutcome.CREATE,
    PlannedOutcome.UPDATE,
    PlannedOutcome.CORRECTION,
    PlannedOutcome.CONFLICT,
)
_REFUSED_STATES = (PlanRowState.PARKED, PlanRowState.FAILED)
FATE_FILTERS = {
    # Everything that somebody may want to look at before it is written.
    "changes": _CHANGE_FATES,
    "create": (PlannedOutcome.CREATE,),
    "update": (PlannedOutcome.UPDATE,),
    "correction": (PlannedOutcome.CORRECTION,),
    "conflict": (PlannedOutcome.CONFLICT,),
    "skipped": (PlannedOutcome.SKIPPED,),
    "unchanged": (PlannedOutcome.UNCHANGED,),
}


@dataclass(frozen=True)
class PlanFilter:
    """A preview's filter; `fate` is a key of FATE_FILTERS or `refused`; `cause`: of corrections."""

    fate: str = "changes"
    consequence: Consequence | None = None
    consequence_name: str = ""
    text: str = ""
    cause: str = ""
    order: PlanRowOrder = PlanRowOrder.FOUND

    @property
    def is_default(self) -> bool:
        """Whether the preview's filter is the one it opens with, in whatever order."""
        return replace(self, order=PlanRowOrder.FOUND) == PlanFilter()

    def to_row_filter(self) -> PlanRowFilter:
        """Convert the preview's filter to the store's row filter, which knows no cause."""
        # Whoever a consequence is about, whatever becomes of their row.
        if self.consequence is not None:
            name = self.consequence_name or None
            return PlanRowFilter(
                consequence=self.consequence, name=name, search_text=self.text.strip()
            )
        if self.fate == "refused":
            return PlanRowFilter(
                fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
                states=_REFUSED_STATES,
                search_text=self.text.strip(),
            )
        return PlanRowFilter(
            fates=FATE_FILTERS[self.fate], search_text=self.text.strip(), cause=self.cause
        )

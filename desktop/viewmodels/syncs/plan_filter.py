"""What of a preview is shown: a fate, a consequence, a cause, a text."""

from dataclasses import dataclass, replace

from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanRowState
from desktop.store.plan_row_filter import PlanRowFilter

_CHANGE_FATES = (
    PlannedOutcome.CREATE,
    PlannedOutcome.UPDATE,
    PlannedOutcome.CORRECTION,
    PlannedOutcome.CONFLICT,
)
_REFUSED_STATES = (PlanRowState.PARKED, PlanRowState.FAILED)
FATE_FILTERS = {
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
    """`fate` is a key of FATE_SIFTS, or `refused`; `cause` narrows what needs correction.

    `by_worth`: in the order of what is predicted, not in the source's own.
    """

    fate: str = "changes"
    consequence: Consequence | None = None
    consequence_name: str = ""
    text: str = ""
    cause: str = ""
    by_predicted_value: bool = False

    @property
    def is_default(self) -> bool:
        """Whether nothing narrows what there is to see first."""
        return replace(self, by_predicted_value=False) == PlanFilter()

    def to_row_filter(self) -> PlanRowFilter:
        """The question to the store; a cause is asked for beside it."""
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
        return PlanRowFilter(fates=FATE_FILTERS[self.fate], search_text=self.text.strip())

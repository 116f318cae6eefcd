"""What of a preview is shown: a fate, a consequence, a cause, a text."""

from dataclasses import dataclass, replace

from desktop.model.plan import Consequence, Fate, RowState
from desktop.store.plan_filter import RowFilter

_CHANGES = (Fate.CREATE, Fate.UPDATE, Fate.CORRECTION, Fate.CONFLICT)
_REFUSED = (RowState.PARKED, RowState.FAILED)
FATE_SIFTS = {
    "changes": _CHANGES,
    "create": (Fate.CREATE,),
    "update": (Fate.UPDATE,),
    "correction": (Fate.CORRECTION,),
    "conflict": (Fate.CONFLICT,),
    "skipped": (Fate.SKIPPED,),
    "unchanged": (Fate.UNCHANGED,),
}


@dataclass(frozen=True)
class Sift:
    """`fate` is a key of FATE_SIFTS, or `refused`; `cause` narrows what needs correction.

    `by_worth`: in the order of what is predicted, not in the source's own.
    """

    fate: str = "changes"
    consequence: Consequence | None = None
    name: str = ""
    text: str = ""
    cause: str = ""
    by_worth: bool = False

    @property
    def plain(self) -> bool:
        """Whether nothing narrows what there is to see first."""
        return replace(self, by_worth=False) == Sift()

    def filter(self) -> RowFilter:
        """The question to the store; a cause is asked for beside it."""
        if self.consequence is not None:
            name = self.name or None
            return RowFilter(consequence=self.consequence, name=name, text=self.text.strip())
        if self.fate == "refused":
            return RowFilter(
                fates=(Fate.CREATE, Fate.UPDATE), states=_REFUSED, text=self.text.strip()
            )
        return RowFilter(fates=FATE_SIFTS[self.fate], text=self.text.strip())

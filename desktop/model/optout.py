"""Opt-out levels, their order of strictness and their plain words (contract sailthru 4.4)."""

from enum import Enum

from desktop.kit.text import translate


class OptOut(Enum):
    """How much e-mail a person has refused; the value is what the Sailthru API says."""

    NONE = "none"
    BLAST = "blast"
    BASIC = "basic"
    ALL = "all"

    @property
    def strictness(self) -> int:
        """0 gets everything … 3 gets nothing."""
        return _ORDER[self]

    @property
    def words(self) -> str:
        """What the window calls it."""
        return _WORDS[self]

    @property
    def explanation(self) -> str:
        """What still arrives."""
        return _EXPLANATION[self]


_ORDER = {OptOut.NONE: 0, OptOut.BLAST: 1, OptOut.BASIC: 2, OptOut.ALL: 3}

_WORDS = {
    OptOut.NONE: translate("OptOut", "Gets everything"),
    OptOut.BLAST: translate("OptOut", "No campaigns (old level)"),
    OptOut.BASIC: translate("OptOut", "No marketing e-mail"),
    OptOut.ALL: translate("OptOut", "No e-mail at all"),
}

_EXPLANATION = {
    OptOut.NONE: translate("OptOut", "lists and single templates still apply"),
    OptOut.BLAST: translate("OptOut", "triggered e-mail still arrives"),
    OptOut.BASIC: translate("OptOut", "receipts, resets still arrive"),
    OptOut.ALL: translate("OptOut", "not even password resets"),
}

# `blast` is deprecated since 2018: shown where present, never offered.
OFFERED = (OptOut.NONE, OptOut.BASIC, OptOut.ALL)


def loosens(old: OptOut, new: OptOut) -> bool:
    """Whether going from `old` to `new` lets more e-mail through."""
    return new.strictness < old.strictness

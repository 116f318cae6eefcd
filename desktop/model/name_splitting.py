"""Splits Zendesk's single name into Sailthru's first and last name (S1-31 to S1-33)."""

from enum import Enum


class NameSplitRule(Enum):
    """The space that separates first and last name: the first one, or the last one."""

    FIRST_SPACE = "first_space"
    LAST_WORD = "last_word"

    @property
    def label(self) -> str:
        """The rule in the mapping editor."""
        return _LABELS[self]


_LABELS = {
    NameSplitRule.FIRST_SPACE: "the first word is the first name",
    NameSplitRule.LAST_WORD: "the last word is the last name",
}


def split_name(name: str, rule: NameSplitRule = NameSplitRule.FIRST_SPACE) -> tuple[str, str]:
    """Return (first, last) of a full name; runs of spaces count as one.

    A single word is a first name by FIRST_SPACE and a last name by LAST_WORD.
    """
    # str.split() also takes no-break and other Unicode spaces.
    parts = name.split()
    if rule is NameSplitRule.FIRST_SPACE:
        return " ".join(parts[:1]), " ".join(parts[1:])
    return " ".join(parts[:-1]), " ".join(parts[-1:])

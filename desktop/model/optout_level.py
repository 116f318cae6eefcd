"""Opt-out levels, their order of strictness and their wording (docs/sailthru.md 4.4)."""

from enum import Enum


class OptOutLevel(Enum):
    """An opt-out level: how much e-mail a customer has refused, by Sailthru's value."""

    NONE = "none"
    BLAST = "blast"
    BASIC = "basic"
    ALL = "all"

    @property
    def strictness(self) -> int:
        """The strictness of an opt-out level, 0 (gets everything) to 3 (gets nothing)."""
        return _STRICTNESS[self]

    @property
    def label(self) -> str:
        """The opt-out level on screen."""
        return _LABELS[self]

    @property
    def explanation(self) -> str:
        """The e-mail that still arrives at this opt-out level, in words."""
        return _EXPLANATIONS[self]


# Blast stops campaigns, basic all marketing, all every e-mail (docs/sailthru.md 4.4).
_STRICTNESS = {OptOutLevel.NONE: 0, OptOutLevel.BLAST: 1, OptOutLevel.BASIC: 2, OptOutLevel.ALL: 3}

_LABELS = {
    OptOutLevel.NONE: "Gets everything",
    OptOutLevel.BLAST: "No campaigns (old level)",
    OptOutLevel.BASIC: "No marketing e-mail",
    OptOutLevel.ALL: "No e-mail at all",
}

_EXPLANATIONS = {
    OptOutLevel.NONE: "depending on the lists below",
    OptOutLevel.BLAST: "triggered e-mail still arrives",
    OptOutLevel.BASIC: "receipts, resets still arrive",
    OptOutLevel.ALL: "not even password resets",
}

# `blast` is deprecated since 2018: shown where present, never offered.
SELECTABLE_LEVELS = (OptOutLevel.NONE, OptOutLevel.BASIC, OptOutLevel.ALL)


# Sailthru's time of an opt-out that we have set lies no further from ours, seconds.
SAME_OPTOUT_S = 15 * 60.0
# So far our own time is moved towards the later. No further: whoever sets this computer's clock
# back after a change would make a customer's later choice pass for ours.
_MAX_CLOCK_BEHIND_S = 3600.0
# What stands in place of a level that was not read, or that this app does not know.
LEVEL_NOT_KNOWN_LABEL = "Not known"


def strictest_level(one: OptOutLevel | None, other: OptOutLevel | None) -> OptOutLevel | None:
    """Return the stricter of two opt-out levels; None where either was not read."""
    if one is None or other is None:
        return None
    return max(one, other, key=lambda level: level.strictness)


def is_loosening(old: OptOutLevel | None, new: OptOutLevel) -> bool:
    """Whether another opt-out level lets, or may let, more e-mail through.

    `old` is None where the level was not read or is not known: then all but `all` may loosen it.
    """
    if old is None:
        return new is not OptOutLevel.ALL
    return new.strictness < old.strictness


def is_chosen_later(told_at: float | None, ours_at: float, clock_ahead_s: float = 0.0) -> bool:
    """Whether Sailthru's time of an opt-out (Unix seconds) lies after our own change of it.

    Then the level is the customer's own choice, whichever it is. None: Sailthru tells no time.
    `ours_at` is by this computer's clock; `clock_ahead_s`: how far Sailthru's is ahead of it.
    """
    ours_at += min(clock_ahead_s, _MAX_CLOCK_BEHIND_S)
    return told_at is not None and told_at > ours_at + SAME_OPTOUT_S

"""Which Sailthru profile is somebody's: the one rule of sheet, create, edits and syncs.

The remembered pair decides first, then every address, then the external id. Two profiles by one of
them are a conflict. A phone number proposes and never decides: families and offices share numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class MatchKey(Enum):
    """What a profile was found by. PAIR: chosen by hand, or matched by an earlier run."""

    PAIR = "pair"
    ADDRESS = "address"
    EXTERNAL_ID = "extid"
    PHONE = "phone"


@dataclass(frozen=True)
class ProfileMatch:
    """The profile (`sid`) of one person and what it was found by; "" where none is certain.

    `candidates`: several were found by one key, `proposed`: only a phone number speaks for these.
    A person chooses between them; until then no profile is created beside them.
    """

    sid: str = ""
    key: MatchKey | None = None
    candidates: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


def match_profile(found: Iterable[tuple[MatchKey, str]]) -> ProfileMatch:
    """Match a person with the profiles (sids) found for them, each with the key it was found by."""
    by_key: dict[MatchKey, dict[str, None]] = {key: {} for key in MatchKey}
    for key, sid in found:
        by_key[key][sid] = None
    for key in (MatchKey.PAIR, MatchKey.ADDRESS, MatchKey.EXTERNAL_ID):
        sids = tuple(by_key[key])
        if len(sids) > 1:
            return ProfileMatch(key=key, candidates=sids)
        if sids:
            return ProfileMatch(sids[0], key)
    return ProfileMatch(proposed=tuple(by_key[MatchKey.PHONE]))

"""Who somebody is in the other service: the one rule of sheet, create, edits and syncs.

The remembered pair decides first. Without one, every address and the external id have to lead to
one record: two are a conflict, whichever found them. A phone number proposes and never decides:
families and offices share numbers.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from desktop.model.sync import MatchIdentifier

# In the order in which they are asked.
DECIDING_IDENTIFIERS = (
    MatchIdentifier.SID,
    MatchIdentifier.EMAIL,
    MatchIdentifier.EXTERNAL_ID,
)


@dataclass(frozen=True)
class RecordMatch:
    """The matched record (`id`) of one person and what it was found by; "" where uncertain.

    `candidates`: several were found by what decides. `proposed`: only what never decides speaks
    for these. A person chooses between them; until then nothing is created beside them.
    """

    id: str = ""
    identifier: MatchIdentifier | None = None
    candidates: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()


def match_customer(
    found: Iterable[tuple[MatchIdentifier, str]],
    used: Collection[MatchIdentifier] = DECIDING_IDENTIFIERS,
) -> RecordMatch:
    """Match a person with the records (ids) found for them, by the one rule of who is who.

    What was found by an identifier outside `used` (a sync's choice) proposes as a phone does; the
    remembered pair always decides.
    """
    ids: dict[MatchIdentifier, dict[str, None]] = {one: {} for one in MatchIdentifier}
    for identifier, id_ in found:
        ids[identifier][id_] = None
    deciding = [one for one in deciding_identifiers(used) if ids[one]]
    if deciding:
        # A pair was matched before, or chosen by somebody: nothing speaks against it.
        asked = deciding[:1] if deciding[0] is MatchIdentifier.SID else deciding
        several = tuple(dict.fromkeys(id_ for one in asked for id_ in ids[one]))
        if len(several) > 1:
            return RecordMatch(identifier=deciding[0], candidates=several)
        return RecordMatch(several[0], deciding[0])
    return RecordMatch(proposed=tuple(dict.fromkeys(id_ for one in ids.values() for id_ in one)))


def deciding_identifiers(used: Collection[MatchIdentifier]) -> tuple[MatchIdentifier, ...]:
    """Return those of the matching identifiers that decide, in the order of the rule."""
    return tuple(one for one in DECIDING_IDENTIFIERS if one is MatchIdentifier.SID or one in used)

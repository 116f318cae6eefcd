"""Which target record a sync's source record belongs to, by the one rule for who somebody is."""

from dataclasses import dataclass

from desktop.model.customer_matching import RecordMatch, match_customer
from desktop.model.email_address import email_match_key
from desktop.model.optout_level import OptOutLevel
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.shared_address import narrow_candidates
from desktop.sync.source_record import SourceRecord


@dataclass(frozen=True)
class MatchResult:
    """A match in planning: the target record, that there is none, or why it cannot be said.

    `candidates` are the ids of several that match, `proposed` describes targets that may be theirs
    (a shared phone number, an opted-out profile at a former address). `error` is what kept the
    target from being read, `taken_by` names the other source record that has this target already.
    """

    target: TargetRecord | None = None
    candidates: tuple[str, ...] = ()
    error: str = ""
    taken_by: str = ""
    proposed: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether a match is certain: which target it is, or that there is none."""
        return not (self.candidates or self.proposed or self.error or self.taken_by)


def match_record(record: SourceRecord, context: PlanContext) -> MatchResult:
    """Match a source record with its target, by what each of the sync's identifiers found.

    Several candidates are never guessed between: the record waits for a person.
    """
    error = context.read_errors.get(record.id, "")
    if error:
        return MatchResult(error=error)
    found = context.candidates.get(record.id, {})
    pairs = ((identifier, id_) for identifier, ids in found.items() for id_ in ids)
    match = match_customer(pairs, context.sync.identity)
    if match.candidates and context.target_kind.service is Service.SELL:
        candidates = narrow_candidates(record, match.candidates, context)
        if len(candidates) == 1:
            return MatchResult(context.targets.get(candidates[0]))
        return MatchResult(candidates=candidates)
    if match.candidates:
        return MatchResult(candidates=match.candidates)
    if match.proposed or _is_opted_out_before(record, match, context):
        ids = match.proposed or (match.id,)
        return MatchResult(proposed=tuple(_describe(id_, context) for id_ in ids))
    return MatchResult(context.targets.get(match.id))


def _is_opted_out_before(record: SourceRecord, match: RecordMatch, context: PlanContext) -> bool:
    """Whether the match is an opted-out profile at a former address, so that none is created.

    A new profile would pass the opt-out by, and whether the old one is still theirs is for a
    person to say.
    """
    target = context.targets.get(match.id)
    return (
        context.sync.effects.create_missing
        and target is not None
        and target.service is Service.SAILTHRU
        and match.identifier is MatchIdentifier.EMAIL
        and email_match_key(target.email) != email_match_key(record.email)
        and target.optout not in (None, OptOutLevel.NONE)
    )


def _describe(target_id: str, context: PlanContext) -> str:
    target = context.targets.get(target_id)
    if target is None:
        return target_id
    level = f", opt-out {target.optout.value}" if target.optout is not None else ""
    return f"{target.label} ({target.id}{level})"

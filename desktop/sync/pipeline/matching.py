"""Which target record a source record belongs to, by the sync's identity rules in their order."""

from dataclasses import dataclass

from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.source_record import SourceRecord


@dataclass(frozen=True)
class MatchResult:
    """The target record of one source record, that there is none, or why it cannot be said.

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
        """Whether it can be said which target it is, or that there is none."""
        return not (self.candidates or self.proposed or self.error or self.taken_by)


def match_record(record: SourceRecord, context: PlanContext) -> MatchResult:
    """The target of a source record: the first rule that finds anybody decides.

    Several candidates under one rule are never guessed between: the record waits for a person.
    """
    error = context.read_errors.get(record.id, "")
    if error:
        return MatchResult(error=error)
    found = context.candidates.get(record.id, {})
    for identifier in context.sync.identity:
        ids = found.get(identifier, ())
        if len(ids) > 1:
            return MatchResult(candidates=ids)
        if ids:
            return MatchResult(context.targets.get(ids[0]))
    return MatchResult(proposed=context.proposed.get(record.id, ()))

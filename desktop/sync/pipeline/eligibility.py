"""Decides, before fields are compared, whether anything is planned for a source record."""

from dataclasses import dataclass, replace

from desktop.model.email_address import email_match_key
from desktop.model.sync_plan import RETRY_LATER, PlannedOutcome
from desktop.sync.pipeline.context import HoldReason, PlanContext
from desktop.sync.pipeline.duplicate_targets import DUPLICATE_TARGET_CAUSE, taken_target_reason
from desktop.sync.pipeline.frequency_cap import frequency_cap_reason
from desktop.sync.pipeline.matching import MatchResult
from desktop.sync.source_record import SourceRecord, keys_of_record


@dataclass(frozen=True)
class Ineligibility:
    """Why a plan writes nothing for a source record, as the outcome of its row.

    `cause` groups rows that need correction; RETRY_LATER: the next plan looks again by itself.
    """

    outcome: PlannedOutcome
    reason: str
    cause: str = ""


def find_ineligibility(
    record: SourceRecord, match: MatchResult, context: PlanContext, *, is_leaving: bool
) -> Ineligibility | None:
    """Find the first reason why nothing is planned for a source record, or None."""
    if is_leaving:
        # Nobody is created for who leaves: what may be theirs is no question then.
        match = replace(match, proposed=())
    waits = _uncertain_match(match) or _on_hold(context.holds.get(record.id))
    if waits is not None:
        return waits
    if match.target is not None and not match.target.is_editable:
        return _skipped("not a customer: agent, admin or deleted")
    if is_leaving:
        return None if match.target else _skipped("not there any more")
    if match.target is None:
        found = _not_creatable(record, context)
        if found is not None:
            return found
    capped = frequency_cap_reason(record, match.target, context)
    # What happened to somebody a rule has acted on enough is over by tomorrow.
    cause = "" if context.sync.is_rule else RETRY_LATER
    return _skipped(capped, cause) if capped else None


def _uncertain_match(match: MatchResult) -> Ineligibility | None:
    if match.error:
        return _to_correct(match.error, match.error)
    if match.candidates:
        who = ", ".join(match.candidates)
        reason = f"several match: {who}. Nothing is written until somebody chooses"
        return _to_correct(reason, "several match")
    if match.proposed:
        who = ", ".join(match.proposed)
        reason = f"may be theirs: {who}. Nothing is created beside it: choose it on the"
        return _to_correct(f"{reason} customer's sheet, or change it there", "may be theirs")
    if match.taken_by:
        return _to_correct(taken_target_reason(match.taken_by), DUPLICATE_TARGET_CAUSE)
    return None


def _on_hold(hold: HoldReason | None) -> Ineligibility | None:
    if hold is None:
        return None
    if hold.cause:
        return _to_correct(hold.message, hold.cause)
    return _skipped(hold.message, RETRY_LATER)


def _not_creatable(record: SourceRecord, context: PlanContext) -> Ineligibility | None:
    """Return why a plan creates no target record for a source record, or None."""
    if not context.sync.effects.create_missing:
        service = context.target_kind.service.title
        return _skipped(f"not in {service}, and this sync creates nobody")
    problem = context.target_kind.find_create_problem(record)
    if problem is not None and problem.cause:
        return _to_correct(problem.message, problem.cause)
    if problem is not None:
        return _skipped(problem.message)
    refusal = context.erased.hashes and context.erased.find_refusal(keys_of_record(record))
    if refusal:
        return _skipped(refusal, RETRY_LATER)
    if record.email and email_match_key(record.email) in context.created_addresses:
        return _skipped("waits for an earlier row to create its record", RETRY_LATER)
    return None


def _skipped(reason: str, cause: str = "") -> Ineligibility:
    return Ineligibility(PlannedOutcome.SKIPPED, reason, cause)


def _to_correct(reason: str, cause: str) -> Ineligibility:
    return Ineligibility(PlannedOutcome.CORRECTION, reason, cause)

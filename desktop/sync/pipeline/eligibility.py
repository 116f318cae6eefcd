"""Decides, before fields are compared, whether anything is planned for a source record."""

from dataclasses import dataclass, replace

from desktop.model.email_address import email_match_key
from desktop.model.sell_lists import LEAD_STATUS_FIELD
from desktop.model.sell_validation import find_sell_problem
from desktop.model.service import Service
from desktop.model.sync import SharedAddressRule, SourceKind
from desktop.model.sync_plan import RETRY_LATER, PlannedOutcome
from desktop.model.target_record import OPTOUT_FIELD
from desktop.sync.pipeline.context import HoldReason, PlanContext
from desktop.sync.pipeline.duplicate_targets import DUPLICATE_TARGET_CAUSE, taken_target_reason
from desktop.sync.pipeline.frequency_cap import frequency_cap_reason
from desktop.sync.pipeline.lead_lists import TIE_CAUSE, TIE_FIELD
from desktop.sync.pipeline.matching import MatchResult
from desktop.sync.pipeline.membership import is_deleted
from desktop.sync.pipeline.sell_optouts import is_opted_out
from desktop.sync.pipeline.shared_address import SHARED_ADDRESS_CAUSE, find_sharing_hold
from desktop.sync.source_record import SourceRecord, keys_of_record

UNMATCHED_DELETION_CAUSE = "unmatched deletion"


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
    # Before whose target it is: that of several with one address is theirs who is chosen.
    waits = None if is_leaving else _on_hold(find_sharing_hold(record, match.target, context))
    waits = waits or _uncertain_match(match, context) or _on_hold(context.holds.get(record.id))
    if waits is None and not is_leaving:
        waits = _on_hold(_sell_problem(record, context))
    if waits is not None:
        return waits
    if is_leaving and record.service is Service.SELL and is_deleted(record):
        return _deletion_in_sell(record, match, context)
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


def _uncertain_match(match: MatchResult, context: PlanContext) -> Ineligibility | None:
    if match.error:
        return _to_correct(match.error, match.error)
    if match.candidates:
        who = ", ".join(match.candidates)
        if context.target_kind.service is Service.SELL:
            if context.sync.shared_address is SharedAddressRule.NONE:
                return _skipped(
                    f"several match: {who}. This sync updates none of them", RETRY_LATER
                )
            words = f"several match: {who}. Choose which one is synced"
            return _to_correct(words, SHARED_ADDRESS_CAUSE)
        reason = f"several match: {who}. Nothing is written until somebody chooses"
        return _to_correct(reason, "several match")
    if match.proposed:
        who = ", ".join(match.proposed)
        reason = f"may be theirs: {who}. Nothing is created beside it: choose it on the"
        return _to_correct(f"{reason} customer's sheet, or change it there", "may be theirs")
    if match.taken_by:
        return _to_correct(taken_target_reason(match.taken_by), DUPLICATE_TARGET_CAUSE)
    return None


def _sell_problem(record: SourceRecord, context: PlanContext) -> HoldReason | None:
    """Find what has to be corrected before a Sell record is synced; no opt-out waits for it."""
    tied = record.fields.get(TIE_FIELD)
    if isinstance(tied, str) and LEAD_STATUS_FIELD not in record.fields:
        return HoldReason(tied, TIE_CAUSE)
    written = {row.target for row in context.sync.mapping if row.on}
    is_person = record.service is Service.SELL and not context.sync.is_of_products
    if not is_person or written == {OPTOUT_FIELD}:
        return None
    is_contact = context.sync.source.kind is SourceKind.SELL_CONTACTS
    problem = find_sell_problem(record.fields, is_contact=is_contact)
    return HoldReason(problem.message, problem.cause) if problem is not None else None


def _deletion_in_sell(
    record: SourceRecord, match: MatchResult, context: PlanContext
) -> Ineligibility | None:
    """Return why a deletion in Sell is not told to Sailthru, or None (S3-11, S3-12, S3-25)."""
    if record.id in context.related_records:
        return _skipped("deleted in Zendesk Sell, which has the person still: nothing changes")
    if record.id in context.paired or record.id in context.members:
        return None if match.target else _skipped("not there any more")
    who = f": may be {match.target.label} ({match.target.id})" if match.target else ""
    reason = f"deleted in Zendesk Sell, and whose profile it was is not known{who}"
    return _to_correct(reason, UNMATCHED_DELETION_CAUSE)


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
    if context.sync.is_of_optouts and not is_opted_out(record, context.sync):
        return _skipped("not opted out: this sync creates nobody else")
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

"""Plans a change of a customer's e-mail address: its edits by step, and what is expected of it."""

from dataclasses import dataclass

from desktop.customer.new_address_check import AddressState, EmailCheck, require_read
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import EditRequest
from desktop.model.email_change import (
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    build_removal_request,
    build_step_requests,
)
from desktop.model.profile_snapshot import MergeLevels, ProfileSnapshot
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser


@dataclass(frozen=True)
class EmailChangeChoices:
    """What somebody chose for an address change; `policy` None: nothing for another profile."""

    policy: EmailConflictPolicy | None = None
    keeps_old: bool = True
    reason: str = ""
    ticket: int | None = None


def plan_email_change(
    sheet: CustomerSheet, check: EmailCheck, choices: EmailChangeChoices
) -> dict[EmailChangeStep, EditRequest]:
    """Build the edits of an address change by step, without queueing them."""
    user, profile = require_read(sheet)
    return plan_record_changes(user, profile, sheet.address or check.old, check, choices)


def plan_record_changes(
    user: ZendeskUser | None,
    profile: SailthruProfile | None,
    label: str,
    check: EmailCheck,
    choices: EmailChangeChoices,
) -> dict[EmailChangeStep, EditRequest]:
    """Build the edits of an address change by step, from the records as they were read."""
    other, policy = check.other_profile, choices.policy
    merges = policy is EmailConflictPolicy.MERGE and other is not None
    return build_step_requests(
        user,
        profile,
        check.new,
        label=label,
        keeps_old=choices.keeps_old,
        merges_sid=other.sid if merges and other is not None else "",
        moves_profile=not (check.needs_choice and policy is EmailConflictPolicy.KEEP),
        sell_people=check.sell_people,
        reason=choices.reason,
        ticket=choices.ticket,
    )


def is_merge_unseen(
    progress: EmailChangeProgress, profile: SailthruProfile | None, check: EmailCheck
) -> bool:
    """Whether an address change would merge what nobody has approved: another profile or level."""
    change, other = progress.change, check.other_profile
    if change.policy is not EmailConflictPolicy.MERGE or not check.needs_choice:
        return False
    move = progress.find(EmailChangeStep.MOVE_PROFILE)
    seen_sid = move.edit.request.name if move is not None and move.edit is not None else ""
    if other is None or other.sid != seen_sid:
        return True
    seen = change.expected.levels if change.expected is not None else None
    now = MergeLevels(profile.optout if profile is not None else None, other.optout)
    return seen is not None and seen.find_lost_opt_in(now) is not None


def expected_profile(
    profile: SailthruProfile | None, check: EmailCheck, policy: EmailConflictPolicy | None
) -> ProfileSnapshot | None:
    """Return what the profile, or both merged, must hold after an address change; None: none."""
    if profile is None:
        return None
    own, other = ProfileSnapshot.of_profile(profile), check.other_profile
    if policy is EmailConflictPolicy.MERGE and other is not None:
        return own.merged_with(ProfileSnapshot.of_profile(other))
    return own


def expected_profile_again(
    change: EmailChange,
    profile: SailthruProfile | None,
    check: EmailCheck,
    policy: EmailConflictPolicy,
) -> ProfileSnapshot | None:
    """Return what a resumed address change expects; what was lost in a move must still show."""
    is_moved = check.sailthru is AddressState.OWN
    return change.expected if is_moved else expected_profile(profile, check, policy)


def plan_removal(
    progress: EmailChangeProgress, user: ZendeskUser | None
) -> dict[EmailChangeStep, EditRequest]:
    """Plan the removal of an address change's old address; nothing where it is planned or gone."""
    step, change = EmailChangeStep.REMOVE_OLD, progress.change
    found = progress.find(step)
    is_planned = found is not None and found.edit is not None
    first = next((one.edit.request for one in progress.steps if one.edit is not None), None)
    if is_planned or user is None or first is None or change.undoes is not None:
        return {}
    request = build_removal_request(user, change, first)
    return {step: request} if request is not None else {}

"""Judges who has an address of a batch, by what is kept here or by what the services said.

The profile that is changed is the one matcher's; where an address has a profile of its own and
another is remembered for its user, a person has to choose.
"""

from desktop.kit.errors import AppError, StopsRun
from desktop.model.customer_sheet import CustomerSheet, SheetPart, SheetPartState
from desktop.model.edit_batch import BatchOutcome, LookupResult
from desktop.model.kept_address import KeptAddress, is_same_address
from desktop.model.name_splitting import full_name_of_vars
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser

_MAX_NAMED = 5


def judge_kept(
    row: int,
    kept: KeptAddress,
    now: float,
    *,
    is_zendesk_connected: bool,
    is_sailthru_connected: bool,
) -> LookupResult | None:
    """Judge by what is kept whose an address of a batch is; None: the services have to be asked."""
    if is_zendesk_connected and not kept.is_user_known(now):
        return None
    if is_sailthru_connected and not kept.is_profile_known(now):
        return None
    user = kept.user if is_zendesk_connected else None
    own = kept.profile if is_sailthru_connected else None
    if kept.conflicting_sid and user is not None:
        return _ambiguous(row, _conflict_text(own, kept.paired_sid), kept_at=kept.profile_at)
    profile, profile_at = own, kept.profile_at
    if own is None and is_sailthru_connected and user is not None:
        if kept.paired_sid:
            profile, profile_at = kept.paired, kept.paired_at
        if profile is None and (kept.paired_sid or kept.has_other_addresses):
            return None
    if user is None and profile is None:
        return LookupResult(row, BatchOutcome.MISSING, is_kept=True, read_at=_oldest(kept))
    return _found(row, user, profile, is_kept=True, read_at=_oldest(kept, profile_at))


def judge_sheet(row: int, address: str, sheet: CustomerSheet) -> LookupResult:
    """Judge by a look-up in the services whose an address of a batch is.

    Raises what keeps a service from being asked for anybody, such as ServiceUnreachable.
    """
    for part in (sheet.user, sheet.profile):
        if part.state is SheetPartState.FAILED and part.error is not None:
            return _failed(row, part.error)
    if sheet.matches:
        names = ", ".join(f"{one.title} ({one.query})" for one in sheet.matches[:_MAX_NAMED])
        return _ambiguous(row, f"Several people in Zendesk have it: {names}.")
    profile = sheet.profile.value
    others = [one for one in sheet.other_profiles if not one.is_by_phone]
    own = next((one for one in others if is_same_address(one.address, address)), None)
    if own is not None and profile is not None:
        return _ambiguous(row, _conflict_text(None, profile.email or profile.sid))
    if profile is None and others:
        names = ", ".join(one.address for one in others[:_MAX_NAMED])
        return _ambiguous(row, f"Several Sailthru profiles may be theirs: {names}.")
    user = sheet.user.value
    read_at = _oldest_part(sheet.user, sheet.profile)
    if user is None and profile is None:
        return LookupResult(row, BatchOutcome.MISSING, read_at=read_at)
    note = f"Also a profile at {others[0].address}." if others else ""
    return _found(row, user, profile, read_at=read_at, note=note)


def _failed(row: int, error: AppError) -> LookupResult:
    if isinstance(error, StopsRun) or error.is_retryable:
        raise error
    return LookupResult(row, BatchOutcome.FAILED, str(error))


def _ambiguous(row: int, why: str, *, kept_at: float | None = None) -> LookupResult:
    is_kept = kept_at is not None
    return LookupResult(row, BatchOutcome.AMBIGUOUS, why, is_kept=is_kept, read_at=kept_at)


def _conflict_text(own: SailthruProfile | None, remembered: str) -> str:
    there = f" ({own.sid})" if own is not None else ""
    return (
        f"The address has a Sailthru profile of its own{there}, and another one, {remembered}, is"
        " remembered for their Zendesk user."
    )


def _found(
    row: int,
    user: ZendeskUser | None,
    profile: SailthruProfile | None,
    *,
    is_kept: bool = False,
    read_at: float | None,
    note: str = "",
) -> LookupResult:
    name = user.name.strip() if user is not None else ""
    address = (profile.email or profile.sid) if profile is not None else ""
    if not name and profile is not None:
        name = full_name_of_vars(profile.vars)
    level = profile.optout.value if profile is not None and profile.optout is not None else ""
    return LookupResult(
        row,
        BatchOutcome.FOUND,
        note,
        is_kept,
        read_at,
        user.id if user is not None else None,
        profile.sid if profile is not None else "",
        name or address or (user.email or "" if user is not None else ""),
        level,
    )


def _oldest(kept: KeptAddress, profile_at: float | None = None) -> float | None:
    times = [kept.user_at, profile_at or kept.profile_at]
    return min((at for at in times if at is not None), default=None)


def _oldest_part(*parts: SheetPart[ZendeskUser] | SheetPart[SailthruProfile]) -> float | None:
    return min((part.read_at for part in parts if part.read_at is not None), default=None)

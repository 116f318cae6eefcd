"""View of the drawer Change e-mail: the check, the choice, what wins, the steps, the foot."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.customer.new_address_check import AddressState, EmailCheck
from desktop.kit.text import format_count
from desktop.model.address_difference import AddressDifference
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.email_address import email_match_key
from desktop.model.email_change import (
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    StepProgress,
    StepState,
)
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel, strictest_level
from desktop.model.profile_snapshot import EmailVerification
from desktop.model.sailthru_profile import SailthruProfile
from desktop.sync.field_labels import format_value
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.change_step_view import step_chip
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.tone import ChipTone, Tone

# Fields with different values that are shown one by one; the rest are counted.
_MAX_SHOWN_FIELDS = 4
POLICY_CHOICES = (
    (EmailConflictPolicy.MERGE, "Merge"),
    (EmailConflictPolicy.KEEP, "Keep both"),
    (EmailConflictPolicy.REFUSE, "Don’t change"),
)


@dataclass(frozen=True)
class CheckRowView:
    """A row of the e-mail change's check: where, the result in a word, and what is there."""

    where: str
    result: str
    tone: Tone
    text: str
    open_query: str = ""  # looks up who or what is there

    @property
    def is_warning(self) -> bool:
        """Whether a row of the e-mail change's check stands on an amber ground."""
        return self.tone == "warn"


@dataclass(frozen=True)
class CompareRowView:
    """A row of the e-mail change's comparison: both values, which of them wins, the result."""

    label: str
    own: str
    other: str
    result: str
    rule: str
    own_wins: bool
    other_wins: bool


@dataclass(frozen=True)
class StepView:
    """A step in the drawer Change e-mail: number, text, service, and how far it is as a chip."""

    number: int
    text: str
    service: str
    state: str
    tone: ChipTone
    detail: str = ""
    is_done: bool = False
    is_failed: bool = False
    is_switch: bool = False  # whether the old address is kept can still be chosen


@dataclass(frozen=True)
class VerificationView:
    """What the drawer Change e-mail compares after the last step; `is_kept` None until then."""

    text: str
    is_kept: bool | None = None


@dataclass(frozen=True)
class EmailChangeView:
    """View of the drawer Change e-mail; `can_type`: nothing has been sent yet."""

    subtitle: str
    old: str
    new: str
    can_type: bool
    checked_text: str = ""
    checks: tuple[CheckRowView, ...] = ()
    error_title: str = ""
    error_text: str = ""
    asks_policy: bool = False
    policy: EmailConflictPolicy | None = None
    merge_refusal: str = ""
    consequence: str = ""
    comparison: tuple[CompareRowView, ...] = ()
    steps: tuple[StepView, ...] = ()
    steps_note: str = ""
    steps_note_tone: Tone = "muted"
    verification: tuple[VerificationView, ...] = ()
    foot: str = ""
    button: str = "Change e-mail"
    button_reason: str = "Type the new address."
    takes_back: bool = False
    is_finished: bool = False
    keeps_old: bool = True


class EmailNoteAction(Enum):
    """What a button of the sheet's note on an e-mail change does."""

    CHANGE = "change"
    USE_PROFILE = "use"
    LEAVE = "leave"


@dataclass(frozen=True)
class EmailNoteView:
    """View of the note below the sheet's panels on an e-mail change; no title: nothing to say.

    `actions` are its buttons: what each does, and its label.
    """

    title: str = ""
    text: str = ""
    actions: tuple[tuple[EmailNoteAction, str], ...] = ()


def email_note(
    unfinished: EmailChangeProgress | None,
    difference: AddressDifference | None,
    *,
    is_hidden: bool = False,
) -> EmailNoteView:
    """Build the sheet's note on an e-mail change that stopped, or on addresses that differ.

    `is_hidden`: the profile that lags behind is not the one the sheet shows.
    """
    if unfinished is not None and unfinished.stopped_at is not None:
        title = "The change of the e-mail address has stopped."
        finish = (EmailNoteAction.CHANGE, "Finish it…")
        return EmailNoteView(title, unfinished.half_done_text, (finish,))
    if difference is None or unfinished is not None:
        return EmailNoteView()
    return difference_note(difference, is_hidden=is_hidden)


def sell_note(change: EmailChange) -> EmailNoteView:
    """Say on the sheet that Sell could not be asked when the e-mail address was changed."""
    text = (
        f"The contact or lead there keeps {change.old}. Fairlead changes it to {change.new} by"
        " itself once Sell answers."
    )
    actions = ((EmailNoteAction.CHANGE, "Finish it now…"), (EmailNoteAction.LEAVE, "Leave it"))
    return EmailNoteView("Zendesk Sell may still have the old address.", text, actions)


def former_address(change: EmailChange | None, check: EmailCheck | None) -> str:
    """Return the address that goes by a change of e-mail, else by its check; "": none yet."""
    return change.old if change is not None else check.old if check is not None else ""


def difference_note(found: AddressDifference, *, is_hidden: bool = False) -> EmailNoteView:
    """Say on the sheet that Zendesk has the new address, and Sailthru the old one.

    `is_hidden` as for `email_note`.
    """
    title = "Zendesk has the new address, Sailthru the old one."
    leave = (EmailNoteAction.LEAVE, "Leave it")
    if is_hidden:
        title = "Sailthru has a profile at two of this customer's addresses."
        text = (
            f"The profile at {found.old} is not shown here: it may be theirs too."
            f" {found.new} is the primary address in Zendesk."
        )
        return EmailNoteView(title, text, ((EmailNoteAction.USE_PROFILE, "Show that one"), leave))
    text = (
        f"{found.new} is the primary address in Zendesk; mail from Sailthru still goes to"
        f" {found.old}."
    )
    change = (EmailNoteAction.CHANGE, "Change it in Sailthru…")
    return EmailNoteView(title, text, (change, leave))


def build_check_rows(
    sheet: CustomerSheet,
    check: EmailCheck,
    now: float,
    progress: EmailChangeProgress | None = None,
) -> tuple[CheckRowView, ...]:
    """Build the e-mail change's check rows Zendesk, Sailthru, Ticket and Your role."""
    rows = []
    if progress is not None and progress.is_done(EmailChangeStep.MAKE_PRIMARY):
        rows.append(CheckRowView("Zendesk", "Has it now", "ok", "Added and made primary."))
    elif check.zendesk is not AddressState.OFF:
        rows.append(_zendesk_row(check))
    if progress is not None and progress.is_done(EmailChangeStep.MOVE_PROFILE):
        rows.append(CheckRowView("Sailthru", "Has it now", "ok", "The same profile as before."))
    elif check.sailthru is not AddressState.OFF:
        rows.append(_sailthru_row(check, now))
    if check.sell is not AddressState.OFF:
        rows.append(_sell_row(check, progress))
    if (row := _ticket_row(check, sheet)) is not None:
        rows.append(row)
    if check.refusal:
        rows.append(CheckRowView("Your role", "Not allowed", "bad", check.refusal))
    else:
        rows.append(CheckRowView("Your role", "Allowed", "ok", "You may change e-mail addresses."))
    return tuple(rows)


def _ticket_row(check: EmailCheck, sheet: CustomerSheet) -> CheckRowView | None:
    """Say from which address the ticket came: whoever asks for another one may be a stranger."""
    ticket, user = sheet.ticket, sheet.user.value
    if ticket is None or user is None:
        return None
    if ticket.sender is None:
        text = f"#{ticket.id} did not come by mail: it does not tell who wrote it."
        return CheckRowView("Ticket", "Not by mail", "muted", text)
    sender = email_match_key(ticket.sender)
    if any(email_match_key(address) == sender for address in user.emails):
        text = f"#{ticket.id} was written from {ticket.sender}."
        return CheckRowView("Ticket", "From the customer", "ok", text)
    if sender == email_match_key(check.new):
        text = (
            f"#{ticket.id} was written from the new address itself, which is not theirs yet. Make"
            " sure that it is them."
        )
        return CheckRowView("Ticket", "From the new address", "warn", text)
    text = (
        f"#{ticket.id} was written from {ticket.sender}, none of their addresses. Make sure that"
        " it is them."
    )
    return CheckRowView("Ticket", "From elsewhere", "warn", text)


def _zendesk_row(check: EmailCheck) -> CheckRowView:
    domain = check.new.rpartition("@")[2]
    if check.zendesk is AddressState.TAKEN and check.zendesk_owner is not None:
        owner = check.zendesk_owner
        text = "Two users can't have one address. Merging users is done in Zendesk."
        return CheckRowView("Zendesk", f"Taken by {owner.name}", "bad", text, f"id:{owner.id}")
    if check.zendesk is AddressState.OFF:
        return CheckRowView("Zendesk", "Not connected", "muted", "Zendesk was not asked.")
    if check.zendesk is AddressState.NOT_ASKED:
        return CheckRowView("Zendesk", "Could not ask", "warn", _error_text(check))
    if check.zendesk is AddressState.PRIMARY:
        text = "Zendesk has it as the primary address already."
        return CheckRowView("Zendesk", "Has it now", "ok", text)
    if check.zendesk is AddressState.OWN:
        return CheckRowView("Zendesk", "Second address", "ok", "It becomes the primary one.")
    text = (
        "Nobody has this address. Zendesk sends no letter to it, and may add the user to an"
        f" organisation that owns {domain}."
    )
    return CheckRowView("Zendesk", "Free", "ok", text)


def _sailthru_row(check: EmailCheck, now: float) -> CheckRowView:
    other = check.other_profile
    if check.sailthru is AddressState.OTHER_PROFILE and other is not None:
        parts = []
        created = other.activity.get("create_time") or other.activity.get("signup_time")
        if created is not None:
            parts.append(f"Created {time_format.format_date(created, now)}")
        opens = other.lifetime.get("lifetime_opens", other.lifetime.get("lifetime_open"))
        if opens is not None:
            parts.append(f"{opens:,.0f} opens")
        if other.lists:
            parts.append(f"on {', '.join(sorted(other.lists)[:3])}")
        text = (", ".join(parts) or "It has fields and an opt-out of its own") + "."
        if check.gains_profile:
            text = f"This customer has none: that profile would be shown as theirs. {text}"
        return CheckRowView("Sailthru", "Another profile", "warn", text, check.new)
    if check.sailthru is AddressState.OFF:
        return CheckRowView("Sailthru", "Not connected", "muted", "Sailthru was not asked.")
    if check.sailthru is AddressState.NOT_ASKED:
        return CheckRowView("Sailthru", "Could not ask", "warn", _error_text(check))
    if check.sailthru is AddressState.OWN:
        return CheckRowView("Sailthru", "There already", "ok", "The profile has this address.")
    return CheckRowView("Sailthru", "Free", "ok", "No profile has this address.")


def _sell_row(check: EmailCheck, progress: EmailChangeProgress | None) -> CheckRowView:
    steps = (EmailChangeStep.MOVE_CONTACT, EmailChangeStep.MOVE_LEAD)
    if progress is not None and any(progress.is_done(step) for step in steps):
        text = "The contact or lead has the new address."
        return CheckRowView("Zendesk Sell", "Has it now", "ok", text)
    if check.sell is AddressState.NOT_ASKED:
        return CheckRowView("Zendesk Sell", "Later", "warn", check.sell_note)
    if check.sell_note:
        return CheckRowView("Zendesk Sell", "Several there", "warn", check.sell_note)
    if not check.sell_people:
        text = f"Nobody there has {check.old}."
        return CheckRowView("Zendesk Sell", "Not there", "muted", text)
    who = " and ".join(f"the {one.kind.value} {one.label}" for one in check.sell_people)
    return CheckRowView("Zendesk Sell", "Changed too", "ok", f"{who[:1].upper()}{who[1:]}.")


def _error_text(check: EmailCheck) -> str:
    return check.error.title if check.error is not None else "It did not answer."


def build_comparison(
    own: SailthruProfile, other: SailthruProfile, now: float
) -> tuple[CompareRowView, ...]:
    """Build the e-mail change's comparison of two profiles that would become one."""
    rows = [_optout_row(own, other), _lists_row(own, other, now)]
    different = [
        name
        for name in own.vars
        if name in other.vars and format_value(own.vars[name]) != format_value(other.vars[name])
    ]
    for name in different[:_MAX_SHOWN_FIELDS]:
        mine, theirs = format_value(own.vars[name]), format_value(other.vars[name])
        rows.append(CompareRowView(name, mine, theirs, mine, "this profile wins", True, False))
    rest = len({*own.vars, *other.vars}) - len(different[:_MAX_SHOWN_FIELDS])
    if rest:
        gained = len(set(other.vars) - set(own.vars))
        rule = f"{gained:,} from the other profile" if gained else "as they are"
        result = f"{len({*own.vars, *other.vars}):,} fields in all"
        words = f"{rest:,} more fields" if different else f"{rest:,} fields"
        rows.append(
            CompareRowView(
                words,
                f"{len(own.vars):,} set",
                f"{len(other.vars):,} set" if other.vars else "Not set",
                result,
                rule,
                True,
                bool(gained),
            )
        )
    return tuple(rows)


def _optout_row(own: SailthruProfile, other: SailthruProfile) -> CompareRowView:
    strictest = strictest_level(own.optout, other.optout)
    return CompareRowView(
        "Opt-out",
        _level_text(own.optout),
        _level_text(other.optout),
        _level_text(strictest),
        "the strictest always wins",
        own.optout is strictest,
        other.optout is strictest and own.optout is not strictest,
    )


def _lists_row(own: SailthruProfile, other: SailthruProfile, now: float) -> CompareRowView:
    gained = sorted(set(other.lists) - set(own.lists))
    both = sorted({*own.lists, *other.lists})
    joined = other.lists.get(gained[0]) if gained else None
    rule = "as they are"
    if gained and joined is not None:
        rule = f"{gained[0]} since {time_format.format_date(joined, now)}"
    elif gained:
        rule = f"{len(gained):,} from the other profile"
    return CompareRowView(
        "Lists",
        ", ".join(sorted(own.lists)) or "On no list",
        ", ".join(sorted(other.lists)) or "On no list",
        f"All {len(both)} lists" if len(both) > 1 else (both[0] if both else "On no list"),
        rule,
        bool(own.lists),
        bool(gained),
    )


def consequence_text(name: str, own: SailthruProfile, other: SailthruProfile) -> str:
    """Say in the drawer what the customer no longer gets once both profiles are one, or ""."""
    strictest = strictest_level(own.optout, other.optout)
    if strictest is None or own.optout is None or strictest is own.optout:
        return ""
    what = "e-mail" if strictest is OptOutLevel.ALL else "marketing e-mail"
    return f"{name} stops getting {what}: the other profile had opted out."


def _level_text(level: OptOutLevel | None) -> str:
    return level.label if level is not None else LEVEL_NOT_KNOWN_LABEL


def build_step_views(
    steps: Sequence[StepProgress],
    old: str,
    new: str,
    *,
    merges: bool,
    keeps_old: bool,
    can_choose: bool,
) -> tuple[StepView, ...]:
    """Build the drawer Change e-mail's list of steps, with the one for the old address."""
    views = []
    is_stopped = any(one.state in (StepState.FAILED, StepState.UNDONE) for one in steps)
    for number, one in enumerate(steps, start=1):
        text, service = _step_words(one, old, new, merges=merges, keeps_old=keeps_old)
        state, tone = step_chip(one.state, one.edit.updated_at if one.edit is not None else None)
        # Behind a step that has failed they wait for that one: it says why.
        is_held_back = one.is_held_back and not is_stopped
        if is_held_back:
            state, tone = "Not sent", "warn"
        is_told = one.state in (StepState.FAILED, StepState.UNKNOWN) or is_held_back
        detail = one.detail if is_told else ""
        views.append(
            StepView(
                number,
                text,
                service,
                state,
                tone,
                detail,
                is_done=one.state in (StepState.DONE, StepState.KEPT),
                is_failed=one.state is StepState.FAILED,
                is_switch=can_choose and one.step is EmailChangeStep.REMOVE_OLD,
            )
        )
    return tuple(views)


def _step_words(
    one: StepProgress, old: str, new: str, *, merges: bool, keeps_old: bool
) -> tuple[str, str]:
    if one.step is EmailChangeStep.ADD_ADDRESS:
        return f"Add {new} to the Zendesk user", "Zendesk"
    if one.step is EmailChangeStep.MAKE_PRIMARY:
        return "Make it the primary address", "Zendesk"
    if one.step is EmailChangeStep.REMOVE_OLD:
        keeps = one.state is StepState.KEPT or (one.edit is None and keeps_old)
        return (f"Keep {old} as second address" if keeps else f"Remove {old}"), "Zendesk"
    if one.step is EmailChangeStep.MOVE_PROFILE:
        if one.state is StepState.KEPT:
            return "Keep both Sailthru profiles as they are", "Sailthru"
        words = "Move the Sailthru profile"
        return (f"{words}, merging the other" if merges else words), "Sailthru"
    if one.step in (EmailChangeStep.MOVE_CONTACT, EmailChangeStep.MOVE_LEAD):
        noun = "contact" if one.step is EmailChangeStep.MOVE_CONTACT else "lead"
        if one.edit is None and one.state is StepState.WAITING:
            noun = "contact or lead, once Sell answers"
        return f"Change the address of the {noun}", "Zendesk Sell"
    return "Verify", "both"


def build_verification(
    found: EmailVerification | None, own: SailthruProfile | None, other: SailthruProfile | None
) -> tuple[VerificationView, ...]:
    """Build what the drawer Change e-mail compares after the last step, then as found."""
    if found is not None:
        return (
            VerificationView("same profile id", found.is_same_profile),
            _count_view(found.fields, "field"),
            _count_view(found.lists, "list"),
            VerificationView(f"opt-out: {_level_text(found.optout).lower()}", found.is_optout_kept),
        )
    if own is None:
        return ()
    fields = {*own.vars, *(other.vars if other is not None else ())}
    lists = {*own.lists, *(other.lists if other is not None else ())}
    return (
        VerificationView("same profile id"),
        VerificationView(format_count(len(fields), "field", "fields")),
        VerificationView(format_count(len(lists), "list", "lists")),
        VerificationView("opt-out"),
    )


def _count_view(counts: tuple[int, int], noun: str) -> VerificationView:
    kept, of = counts
    return VerificationView(f"{kept:,} of {format_count(of, noun, noun + 's')}", kept == of)


def subtitle_of(sheet: CustomerSheet) -> str:
    """Name in the drawer's subtitle the customer, and the ticket by which they were opened."""
    name = customer_name(sheet)
    if sheet.ticket is None:
        return name
    return f"{name}, from ticket #{sheet.ticket.id} “{sheet.ticket.subject}”"


def steps_note_of(progress: EmailChangeProgress | None, *, can_take_back: bool) -> tuple[str, Tone]:
    """Say beside the heading in the drawer Change e-mail how the steps stand."""
    if progress is None:
        return "Each is checked before the next; you can resume or take back", "muted"
    stopped = progress.stopped_at
    if progress.is_given_up:
        is_kept = progress.change.policy is EmailConflictPolicy.KEEP
        return "Done, both profiles kept" if is_kept else "Undone", "muted"
    if stopped is not None:
        number = next(n for n, one in enumerate(progress.steps, start=1) if one is stopped)
        return f"Stopped at step {number}", "bad"
    if progress.change.ended_at is None:
        is_held_back = any(one.is_held_back for one in progress.steps)
        return ("Not sent: not allowed now", "warn") if is_held_back else ("Sending", "muted")
    if progress.change.waits_for_sell:
        return "Done, except in Zendesk Sell", "warn"
    return ("Done. You can take it back for 24 hours." if can_take_back else "Done"), "muted"

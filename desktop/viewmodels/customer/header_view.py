"""View of the customer header: name, initials, how Sailthru was matched, chips."""

from dataclasses import dataclass

from desktop.kit.text import shorten
from desktop.model import engagement_level
from desktop.model.customer_sheet import (
    MAX_MATCHES,
    AlternateProfile,
    CustomerSheet,
    SheetPartState,
)
from desktop.model.edit import EditKind
from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import displayed_value, pending_edit
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.tone import ChipTone

_MAX_COLLEAGUES = 3
_ENGAGEMENT_TONES: dict[str, ChipTone] = {
    "engaged": "ok",
    "active": "ok",
    "passive": "info",
    "new": "info",
}


@dataclass(frozen=True)
class ChipView:
    """A chip beside the customer's name in the header: a state worth a colour."""

    text: str
    tone: ChipTone
    tooltip: str = ""


@dataclass(frozen=True)
class OtherProfileView:
    """An address in the customer header that has a Sailthru profile of its own."""

    address: str
    sid: str
    note: str


@dataclass(frozen=True)
class HeaderView:
    """View of the customer header; `not_found_text` is said where no service knows the customer."""

    name: str
    initials: str
    address: str
    match_text: str  # “Sailthru: same address · from #48213 “Refund”, open”
    chips: tuple[ChipView, ...]
    other_profiles: tuple[OtherProfileView, ...]
    not_found_text: str
    not_found_hint: str
    is_loading: bool
    colleagues_text: str = ""  # “Also open: Bo Berg (reception)”
    is_linked_by_hand: bool = False
    can_change_email: bool = False  # there is somebody whose address could be changed
    change_email_reason: str = ""  # why it may not be changed here


def build_header_view(context: CustomerContext) -> HeaderView:
    """Build the view of the customer header."""
    sheet = context.sheet
    name = customer_name(context.sheet)
    loading = not sheet.is_complete and not sheet.is_found
    not_found_text, not_found_hint = _not_found_texts(context)
    return HeaderView(
        name=name,
        initials=initials_of(name),
        address=sheet.address,
        match_text=_match_text(context),
        chips=_build_chips(context),
        other_profiles=tuple(
            _build_other_profile(context, o) for o in (*_unconfirmed(sheet), *sheet.other_profiles)
        ),
        not_found_text=not_found_text,
        not_found_hint=not_found_hint,
        is_loading=loading,
        colleagues_text=_colleagues_text(context),
        is_linked_by_hand=sheet.is_linked,
        can_change_email=sheet.is_found and bool(sheet.address),
        change_email_reason=_change_email_reason(context),
    )


def _change_email_reason(context: CustomerContext) -> str:
    user = context.sheet.user.value
    if user is not None and user.role != "end-user":
        return "They work in your Zendesk: their address is changed there."
    return context.check_permission(Permission.CHANGE_EMAIL).reason


def initials_of(name: str) -> str:
    """Return the customer header's initials: at most two letters of a name; ? where it has none."""
    parts = [w for w in name.replace("@", " ").split() if w[:1].isalnum()]
    if not parts:
        return "?"
    chosen = (parts[0], parts[-1]) if len(parts) > 1 else (parts[0],)
    return "".join(word[0].upper() for word in chosen)


def customer_name(sheet: CustomerSheet) -> str:
    """Return the name in the customer header: theirs, else address or id, else what was typed."""
    return sheet.display_name


def _match_text(context: CustomerContext) -> str:
    sheet = context.sheet
    parts = []
    profile = sheet.profile.value
    if profile is not None:
        matched = sheet.matched_by
        address = sheet.address
        if sheet.is_linked:
            parts.append(f"Sailthru: {profile.email or profile.sid}, chosen here")
        elif email_match_key(address) in map(email_match_key, (matched, profile.email or "")):
            parts.append("Sailthru: same address")
        elif matched:
            parts.append(f"Sailthru: by {matched}")
    elif sheet.profile.state is SheetPartState.ABSENT and sheet.is_found:
        parts.append("no Sailthru profile")
    if sheet.ticket is not None:
        subject = sheet.ticket.subject
        parts.append(f"from #{sheet.ticket.id} “{shorten(subject, 48)}”, {sheet.ticket.status}")
    return " · ".join(parts)


def _colleagues_text(context: CustomerContext) -> str:
    """Say in the header who else has the customer open, and at which computer."""
    names = [f"{one.name} ({one.desk_name})" for one in context.colleagues[:_MAX_COLLEAGUES]]
    if more := len(context.colleagues) - len(names):
        names.append(f"{more} more")
    return f"Also open: {', '.join(names)}" if names else ""


def _build_chips(context: CustomerContext) -> tuple[ChipView, ...]:
    chips = []
    user, profile = context.sheet.user.value, context.sheet.profile.value
    if profile is not None:
        level = engagement_level.describe_engagement(profile.engagement)
        if level is not None:
            level_name = (profile.engagement or "").lower()
            is_bad = level_name in ("hardbounce", "optout")
            chips.append(
                ChipView(
                    f"Engagement: {level[0]}",
                    "bad" if is_bad else _ENGAGEMENT_TONES.get(level_name, "neutral"),
                    level[1],
                )
            )
    if user is not None:
        tag = context.display_settings.names.highvalue_tag
        if displayed_value(context.sheet, EditKind.TAG, tag):
            chips.append(ChipView("High value", "info", f"Zendesk tag {tag}"))
        if not user.active:
            chips.append(
                ChipView("Deleted", "bad", "Zendesk: deleted, or merged into another user")
            )
        if user.suspended:
            chips.append(ChipView("Suspended", "bad", "Zendesk: may not sign in, tickets are held"))
        # Agents write to themselves when they test: it should be noticed.
        if user.role != "end-user":
            chips.append(ChipView(user.role.capitalize(), "neutral", "works in your Zendesk"))
    return tuple(chips)


def _build_other_profile(context: CustomerContext, other: AlternateProfile) -> OtherProfileView:
    level = engagement_level.describe_engagement(other.engagement)
    parts = ["same phone number"] if other.is_by_phone else []
    if other.optout not in (None, OptOutLevel.NONE):
        parts.append(other.optout.label)
    parts += [level[0]] if level else []
    if other.last_open is not None:
        parts.append(f"opened {time_format.format_elapsed(other.last_open, context.now)} ago")
    return OtherProfileView(other.address, other.sid, ", ".join(parts))


def _unconfirmed(sheet: CustomerSheet) -> tuple[AlternateProfile, ...]:
    """Return the profile in the customer header that another key than the address led to."""
    user, profile = sheet.user.value, sheet.profile.value
    if user is None or profile is None or sheet.is_linked:
        return ()
    address = normalize_email(profile.email or profile.sid)
    if sheet.query.kind is LookupQueryKind.SID or email_match_key(address) in (
        email_match_key(sheet.address),
        email_match_key(sheet.query.value),
    ):
        return ()
    opened = profile.activity.get("open_time")
    return (AlternateProfile(address, profile.sid, profile.engagement, opened, profile.optout),)


MORE_MATCHES_TEXT = f"More than {MAX_MATCHES} customers match. Type more to see fewer."


def matches_text(count: int) -> str:
    """Say in the header how many customers match what was looked up, as far as counted."""
    if count > MAX_MATCHES:
        return MORE_MATCHES_TEXT
    return f"{count} customers match."


def _not_found_texts(context: CustomerContext) -> tuple[str, str]:
    sheet = context.sheet
    if not sheet.is_complete or sheet.is_found or sheet.matches:
        return "", ""
    if sheet.user.state is SheetPartState.OFF and sheet.profile.state is SheetPartState.OFF:
        return "Connect Zendesk or Sailthru first.", "Nothing was looked up."
    failed = [
        p.error for p in (sheet.user, sheet.profile) if p.state is SheetPartState.FAILED and p.error
    ]
    if failed:
        error = failed[0]
        return error.title, " ".join(s for s in (error.message, error.hint) if s)
    # A look-up by ticket fails with the reason why the ticket cannot be read.
    if sheet.user.error is not None:
        error = sheet.user.error
        return error.title, " ".join(s for s in (error.message, error.hint) if s)
    value = shorten(sheet.query.value, 80)
    create = pending_edit(sheet, EditKind.CREATE)
    if create is not None:
        return f"The profile of {value} is being created.", ""
    return f"Nobody found for “{value}”.", _not_found_hint(context)


def _not_found_hint(context: CustomerContext) -> str:
    """Say in the header which service does not know the customer; only one that was asked."""
    sheet = context.sheet
    spelling = "Check the spelling, or search another way."
    if sheet.user.state is SheetPartState.OFF:
        if sheet.query.kind in (LookupQueryKind.EMAIL, LookupQueryKind.SID):
            return f"No match in Sailthru. {spelling}"
        return (
            "This can only be looked up in Zendesk, which is not connected here."
            " Search by e-mail address or Sailthru id."
        )
    if sheet.profile.state is SheetPartState.OFF:
        return f"No match in Zendesk. {spelling}"
    if sheet.query.kind is LookupQueryKind.EMAIL:
        return f"No match in Zendesk or Sailthru. {spelling}"
    if sheet.query.kind is LookupQueryKind.SID:
        return f"No match in Sailthru. {spelling}"
    return f"No match in Zendesk. {spelling}"

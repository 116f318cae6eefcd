"""View of the opt-out panel: levels, reasons, text messages and the cause of an opt-out."""

from dataclasses import dataclass, replace

from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.optout_level import SELECTABLE_LEVELS, OptOutLevel, is_loosening
from desktop.model.permission import Permission
from desktop.model.service import Service
from desktop.model.sheet_overlay import pending_edit
from desktop.model.text_template import fill_reason
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state
from desktop.viewmodels.customer.pause_view import build_pause_view
from desktop.viewmodels.key_value_row import KeyValueRow

_NOT_AVAILABLE = "not available from Sailthru"
TEMPLATE_HINT = "They may have unsubscribed from single e-mails; Sailthru doesn't show which."


@dataclass(frozen=True)
class OptOutLevelView:
    """One opt-out level in the opt-out panel; `disabled_reason` is empty where it may be chosen."""

    level: OptOutLevel
    label: str
    note: str
    is_chosen: bool
    disabled_reason: str
    action_label: str
    is_opt_in: bool


@dataclass(frozen=True)
class OptOutView:
    """View of the panel Opt-out; `pending_text`: the open edit's progress, `facts` stand below.

    `can_pause`: a ticket is open and marketing arrives; `pause_reason` says why it may not be
    paused, or "".
    """

    panel_state: PanelState
    levels: tuple[OptOutLevelView, ...] = ()
    pending_text: str = ""
    reasons: tuple[str, ...] = ()
    ticket: int | None = None
    facts: tuple[KeyValueRow, ...] = ()
    hint: str = TEMPLATE_HINT
    optin_link: str = ""
    can_pause: bool = False
    pause_reason: str = ""


# What choosing a level is called on its button and in the palette.
OPTOUT_ACTION_LABELS = {
    OptOutLevel.NONE: "Opt back in",
    OptOutLevel.BASIC: "Stop marketing e-mail",
    OptOutLevel.ALL: "Stop all e-mail",
    OptOutLevel.BLAST: "",
}


def build_optout_view(context: CustomerContext) -> OptOutView:
    """Build the view of the opt-out panel; its form suggests the ticket of the context."""
    sheet = context.sheet
    address = sheet.address or sheet.query.value
    state = build_panel_state(
        sheet.profile,
        "Sailthru",
        context.now,
        absent=f"No Sailthru profile for {address}.",
        hint="There is nothing to opt out of yet.",
        leads=True,
    )
    profile = sheet.profile.value
    if profile is None:
        return OptOutView(state)
    edit = pending_edit(sheet, EditKind.OPTOUT)
    current = OptOutLevel(str(edit.request.new)) if edit else profile.optout
    # The old level “blast” is shown where a profile has it, and never offered.
    offered = [level for level in OptOutLevel if level in SELECTABLE_LEVELS or level is current]
    if edit is None and profile.optout is None:
        unknown = profile.has_unknown_optout
        note = "A level Fairlead doesn't know" if unknown else "Not available from Sailthru"
        state = replace(state, note=note, tone="warn")
    return OptOutView(
        panel_state=state,
        levels=tuple(_build_level(context, level, current) for level in offered),
        pending_text=context.progress_text(edit) if edit is not None else "",
        reasons=_suggested_reasons(context),
        ticket=context.ticket,
        facts=_facts(context),
        optin_link=context.display_settings.optin_link
        if current not in (None, OptOutLevel.NONE)
        else "",
        can_pause=current is OptOutLevel.NONE and _has_open_ticket(context),
        pause_reason=_pause_reason(context),
    )


def _has_open_ticket(context: CustomerContext) -> bool:
    page = context.sheet.tickets.value
    return page is not None and any(one.is_unsolved for one in page.tickets)


def _pause_reason(context: CustomerContext) -> str:
    """Say in the opt-out panel why marketing cannot be paused, or ""."""
    # Disabled and not gone: the panels below would move up under the pointer.
    if build_pause_view(context).text:
        return "Marketing is paused already."
    return context.check_permission(Permission.PAUSE).reason


def _build_level(
    context: CustomerContext, level: OptOutLevel, current: OptOutLevel | None
) -> OptOutLevelView:
    is_opt_in = is_loosening(current, level)
    intent = EditRequest(
        EditKind.OPTOUT,
        EditTarget(Service.SAILTHRU, "", ""),
        "",
        current.value if current is not None else None,
        level.value,
    )
    decision = context.check_edit(intent)
    reason = "" if decision.is_allowed or level is current else decision.reason
    if level is OptOutLevel.BLAST:
        reason = "An old level: it is shown, and no longer set."
    return OptOutLevelView(
        level,
        level.label,
        level.explanation,
        level is current,
        reason,
        OPTOUT_ACTION_LABELS[level],
        is_opt_in,
    )


def _suggested_reasons(context: CustomerContext) -> tuple[str, ...]:
    """Return the reasons a lead has prepared, filled for this customer; each one once."""
    values = context.template_values(context.ticket)
    filled = (fill_reason(each, values) for each in context.display_settings.reasons)
    return tuple(dict.fromkeys(each for each in filled if each))


def _facts(context: CustomerContext) -> tuple[KeyValueRow, ...]:
    profile = context.sheet.profile.value
    if profile is None:
        return ()
    # Sailthru tells no cause and no time of an opt-out; only our own record knows some.
    rows = []
    if (profile.engagement or "").lower() == "hardbounce":
        rows.append(("Delivery", "hard bounce: the address does not accept mail"))
    labels = {"opt-in": "opted in", "opt-out": "opted out", "double-opt-in": "opted in twice"}
    sms_states = [labels.get(v, v) for k, v in sorted(profile.sms.items()) if v]
    sms = f"{sms_states[0]}, separate" if sms_states else _NOT_AVAILABLE
    rows.append(("Text messages", sms))
    if profile.optout not in (None, OptOutLevel.NONE):
        rows.append(("Why", _cause_text(context)))
    return tuple(KeyValueRow(label, "", note=text) for label, text in rows)


def _cause_text(context: CustomerContext) -> str:
    for row in context.audit:
        if row.kind == "optout" and row.result == "done":
            profile = context.sheet.profile.value
            if profile and profile.optout and row.new == profile.optout.value:
                return f"{_reason_text(row.reason)}by {row.actor}"
            break
    return _NOT_AVAILABLE


def _reason_text(reason: str) -> str:
    """Format an opt-out's reason inside the panel's sentence: “customer asked (#48213), ”."""
    words, comma, ticket = reason.rpartition(", #")
    said = f"{words} (#{ticket})" if comma and ticket.isdigit() else reason
    return f"{said[:1].lower()}{said[1:]}, " if said else ""

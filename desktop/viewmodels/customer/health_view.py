"""View of customer health: neutral, happy, frustrated or not set, and who set it here."""

from dataclasses import dataclass

from desktop.model.customer_health import CustomerHealth, parse_health
from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import confirmed_value, pending_edit
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state


@dataclass(frozen=True)
class HealthView:
    """View of the panel Health; `current` None: not set, `unknown_value`: a stored one not ours."""

    panel_state: PanelState
    current: CustomerHealth | None = None
    note: str = ""
    is_pending: bool = False
    disabled_reason: str = ""
    unknown_value: str = ""  # at most 40 characters of it


def build_health_view(context: CustomerContext) -> HealthView:
    """Build the view of the panel Health from profile, open edit and audit."""
    state = build_panel_state(
        context.sheet.profile, "Sailthru", context.now, absent="No Sailthru profile."
    )
    if context.sheet.profile.value is None:
        return HealthView(state)
    name = context.display_settings.names.health_var
    edit = pending_edit(context.sheet, EditKind.HEALTH, name)
    stored = confirmed_value(context.sheet, EditKind.HEALTH, name)
    current = parse_health(edit.request.new if edit else stored)
    decision = context.check_permission(Permission.HEALTH)
    unknown_value = "" if stored is None or parse_health(stored) else str(stored)[:40]
    if edit is not None:
        note = context.progress_text(edit)
    elif current is None:
        note = f"“{unknown_value}”, unknown here" if unknown_value else "not set"
    else:
        note = _set_by_text(context, current)
    return HealthView(
        state,
        current,
        note,
        edit is not None,
        "" if decision.is_allowed else decision.reason,
        unknown_value,
    )


def _set_by_text(context: CustomerContext, current: CustomerHealth) -> str:
    others = [one for one in context.team_entries if (one.kind, one.result) == ("health", "done")]
    elsewhere = others[0] if others else None
    for row in context.audit:
        if row.kind == "health" and row.result == "done":
            if elsewhere is not None and elsewhere.at > row.at:
                break
            if row.new == current.value:
                return f"set by {row.actor}, {time_format.format_date(row.at, context.now)}"
            # The newest change made here is not what stands there now.
            return "changed elsewhere"
    if elsewhere is None:
        return ""
    day = time_format.format_date(elsewhere.at, context.now)
    return f"set by {elsewhere.actor} at {elsewhere.desk_name}, {day}"

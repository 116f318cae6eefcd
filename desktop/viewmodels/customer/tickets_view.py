"""View of the tickets panel: unsolved tickets first, with state, priority and age."""

from dataclasses import dataclass

from desktop.model.permission import Permission
from desktop.model.zendesk_ticket import ZendeskTicket, sort_unsolved_first
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus, build_panel_state
from desktop.viewmodels.tone import ChipTone

COLLAPSED_ROW_COUNT = 4
# Zendesk's own states, each with a colour of its own; an account may add further ones.
_STATE_TONES: dict[str, ChipTone] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "hold",
    "solved": "solved",
    "closed": "closed",
}


@dataclass(frozen=True)
class TicketRow:
    """One ticket of the panel Tickets; `state` is its chip's colour, `url` opens it in Zendesk."""

    number: str
    subject: str
    state: ChipTone
    state_text: str
    priority: str
    age: str
    tooltip: str
    url: str


@dataclass(frozen=True)
class TicketsView:
    """View of the panel Tickets; `older_text` counts the folded ones.

    `can_add_note`: one of them takes a note; `note_reason` says why it may not be written, or "".
    """

    panel_state: PanelState
    rows: tuple[TicketRow, ...] = ()
    older_text: str = ""
    all_url: str = ""
    can_add_note: bool = False
    note_reason: str = ""


def build_tickets_view(context: CustomerContext) -> TicketsView:
    """Build the view of the panel Tickets: unsolved ones first, the older ones folded."""
    state = build_panel_state(
        context.sheet.tickets, "Zendesk", context.now, absent="No tickets.", leads=True
    )
    page = context.sheet.tickets.value
    if page is None:
        return TicketsView(state)
    ordered = sort_unsolved_first(page.tickets)
    if not ordered:
        return TicketsView(PanelState(PanelStatus.EMPTY, state.note, state.tone, "No tickets yet."))
    unsolved = sum(t.is_unsolved for t in ordered)
    total = f"{len(ordered)}{'+' if page.has_more else ''}"
    state = state.with_note(f"{unsolved} unsolved of {total}")
    # Every unsolved ticket shows, up to eight: these are what a customer writes about.
    is_expanded = "tickets" in context.expanded_panels
    shown = ordered if is_expanded else ordered[: max(COLLAPSED_ROW_COUNT, min(unsolved, 8))]
    hidden_count = len(ordered) - len(shown)
    user = context.sheet.user.value
    base = context.display_settings.base_url
    return TicketsView(
        state,
        tuple(_build_ticket_row(context, t) for t in shown),
        f"{hidden_count}{'+' if page.has_more else ''} older" if hidden_count > 0 else "",
        f"{base}/agent/users/{user.id}/requested_tickets" if user and base else "",
        can_add_note=user is not None and any(t.status != "closed" for t in ordered),
        note_reason=context.check_permission(Permission.NOTE).reason,
    )


def _build_ticket_row(context: CustomerContext, ticket: ZendeskTicket) -> TicketRow:
    changed_at = ticket.updated_at or ticket.created_at
    # Low and normal are what nearly every ticket has.
    urgent = ticket.priority if ticket.priority in ("high", "urgent") else ""
    tooltip = f"#{ticket.id} {ticket.subject}"
    if changed_at is not None:
        tooltip += (
            f"\n{ticket.status}, last changed {time_format.format_full_timestamp(changed_at)}"
        )
    if ticket.priority:
        tooltip += f"\nPriority {ticket.priority}"
    return TicketRow(
        number=f"#{ticket.id}",
        subject=ticket.subject or "(no subject)",
        state=_STATE_TONES.get(ticket.status, "neutral"),
        state_text={"hold": "On hold"}.get(ticket.status, ticket.status.capitalize()),
        priority=urgent.capitalize(),
        age=time_format.format_elapsed(changed_at, context.now) if changed_at is not None else "",
        tooltip=tooltip,
        url=f"{context.display_settings.base_url}/agent/tickets/{ticket.id}"
        if context.display_settings.base_url
        else "",
    )

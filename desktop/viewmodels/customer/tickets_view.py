"""Tickets: unsolved first, in Zendesk's own states; they open in the browser."""

from dataclasses import dataclass

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
    """One ticket; `state` is Zendesk's word for the chip's colour, `url` opens it."""

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
    """The first rows, and the others behind `older`."""

    panel_state: PanelState
    rows: tuple[TicketRow, ...] = ()
    older_text: str = ""
    all_url: str = ""


def build_tickets_view(context: CustomerContext) -> TicketsView:
    """Build the view of the tickets panel: unsolved ones first, the older ones folded."""
    outer = build_panel_state(
        context.sheet.tickets, "Zendesk", context.now, absent="No tickets.", leads=True
    )
    page = context.sheet.tickets.value
    if page is None:
        return TicketsView(outer)
    ordered = sort_unsolved_first(page.tickets)
    if not ordered:
        return TicketsView(PanelState(PanelStatus.EMPTY, outer.note, outer.tone, "No tickets yet."))
    unsolved = sum(t.is_unsolved for t in ordered)
    many = f"{len(ordered)}{'+' if page.has_more else ''}"
    outer = outer.with_note(f"{unsolved} unsolved of {many}")
    is_expanded = "tickets" in context.expanded_panels
    shown = ordered if is_expanded else ordered[: max(COLLAPSED_ROW_COUNT, min(unsolved, 8))]
    rest = len(ordered) - len(shown)
    person = context.sheet.user.value
    base = context.display_settings.base_url
    return TicketsView(
        outer,
        tuple(_build_ticket_row(context, t) for t in shown),
        f"{rest}{'+' if page.has_more else ''} older" if rest > 0 else "",
        f"{base}/agent/users/{person.id}/requested_tickets" if person and base else "",
    )


def _build_ticket_row(context: CustomerContext, ticket: ZendeskTicket) -> TicketRow:
    at = ticket.updated_at or ticket.created_at
    urgent = ticket.priority if ticket.priority in ("high", "urgent") else ""
    tip = f"#{ticket.id} {ticket.subject}"
    if at is not None:
        tip += f"\n{ticket.status}, last changed {time_format.format_full_timestamp(at)}"
    if ticket.priority:
        tip += f"\nPriority {ticket.priority}"
    return TicketRow(
        number=f"#{ticket.id}",
        subject=ticket.subject or "(no subject)",
        state=_STATE_TONES.get(ticket.status, "neutral"),
        state_text={"hold": "On hold"}.get(ticket.status, ticket.status.capitalize()),
        priority=urgent.capitalize(),
        age=time_format.format_elapsed(at, context.now) if at is not None else "",
        tooltip=tip,
        url=f"{context.display_settings.base_url}/agent/tickets/{ticket.id}"
        if context.display_settings.base_url
        else "",
    )

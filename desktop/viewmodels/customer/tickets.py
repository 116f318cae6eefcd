"""Tickets: unsolved first, in Zendesk's own states; they open in the browser."""

from dataclasses import dataclass, replace

from desktop.model.ticket import Ticket, unsolved_first
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, FrameState, frame
from desktop.viewmodels.scene import Scene

SHOWN = 4


@dataclass(frozen=True)
class TicketRow:
    """One ticket; `state` is Zendesk's word for the chip's colour, `url` opens it."""

    number: str
    subject: str
    state: str
    state_words: str
    priority: str
    age: str
    tip: str
    url: str


@dataclass(frozen=True)
class TicketsView:
    """The first rows, and the others behind `older`."""

    frame: Frame
    rows: tuple[TicketRow, ...] = ()
    older: str = ""
    all_url: str = ""


def tickets(scene: Scene, *, everything: bool = False) -> TicketsView:
    """Build it; `everything` unfolds the older ones."""
    outer = frame(scene.sheet.tickets, "Zendesk", scene.now, absent="No tickets.", leads=True)
    page = scene.sheet.tickets.value
    if page is None:
        return TicketsView(outer)
    ordered = unsolved_first(page.tickets)
    if not ordered:
        return TicketsView(Frame(FrameState.EMPTY, outer.note, outer.tone, "No tickets yet."))
    unsolved = sum(t.unsolved for t in ordered)
    many = f"{len(ordered)}{'+' if page.more else ''}"
    if outer.tone == "":
        outer = replace(outer, note=f"{unsolved} unsolved of {many}")
    shown = ordered if everything else ordered[: max(SHOWN, min(unsolved, 8))]
    rest = len(ordered) - len(shown)
    person = scene.sheet.person.value
    base = scene.account.base_url
    return TicketsView(
        outer,
        tuple(_row(scene, t) for t in shown),
        f"{rest}{'+' if page.more else ''} older" if rest > 0 else "",
        f"{base}/agent/users/{person.id}/requested_tickets" if person and base else "",
    )


def _row(scene: Scene, ticket: Ticket) -> TicketRow:
    at = ticket.updated_at or ticket.created_at
    urgent = ticket.priority if ticket.priority in ("high", "urgent") else ""
    tip = f"#{ticket.id} {ticket.subject}"
    if at is not None:
        tip += f"\n{ticket.status}, last changed {moment.full(at)}"
    if ticket.priority:
        tip += f"\nPriority {ticket.priority}"
    return TicketRow(
        number=f"#{ticket.id}",
        subject=ticket.subject or "(no subject)",
        state=ticket.status,
        state_words={"hold": "On hold"}.get(ticket.status, ticket.status.capitalize()),
        priority=urgent.capitalize(),
        age=moment.ago(at, scene.now) if at is not None else "",
        tip=tip,
        url=f"{scene.account.base_url}/agent/tickets/{ticket.id}" if scene.account.base_url else "",
    )

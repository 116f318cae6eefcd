"""What stands on paper about one customer: the sheet's panels as plain texts, with their sources.

No Qt and no mark-up: whoever lays it out shows every text as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from desktop.kit.text import format_count, shorten, to_sentence, to_single_line
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.customer_value_view import build_customer_value_view
from desktop.viewmodels.customer.engagement_view import build_engagement_view
from desktop.viewmodels.customer.header_view import build_header_view
from desktop.viewmodels.customer.health_view import build_health_view
from desktop.viewmodels.customer.lists_view import build_lists_view
from desktop.viewmodels.customer.optout_view import build_optout_view
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus
from desktop.viewmodels.customer.pause_view import build_pause_view
from desktop.viewmodels.customer.profile_data_view import build_profile_data_view
from desktop.viewmodels.customer.tickets_view import build_tickets_view
from desktop.viewmodels.customer.timeline_view import build_timeline_view
from desktop.viewmodels.customer.zendesk_user_view import SwitchView, build_zendesk_user_view
from desktop.viewmodels.key_value_row import KeyValueRow

# A profile may hold thousands of vars, and one of them a megabyte: paper is for reading.
_MAX_ROWS, _MAX_VALUE_LENGTH = 200, 400


@dataclass(frozen=True)
class PrintedRow:
    """One line of a printed section: label, value, and a note such as an age or a source."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class PrintedSection:
    """A panel on paper; `source` says where it comes from and when it was read."""

    title: str
    source: str
    rows: tuple[PrintedRow, ...] = ()
    text: str = ""  # below the rows, or in their place: why there are none


@dataclass(frozen=True)
class PrintedSheet:
    """A customer's sheet on paper; `footer` says who printed it, and when, on every page."""

    name: str
    lines: tuple[str, ...]  # address, match and chips
    sections: tuple[PrintedSection, ...]
    footer: str

    @property
    def file_name(self) -> str:
        """The file name that a saved PDF is offered under."""
        kept = "".join(c if c.isalnum() else "-" for c in self.name).strip("-")
        return f"{'-'.join(filter(None, kept.split('-')))[:60] or 'customer'}.pdf"


def build_printed_sheet(context: CustomerContext) -> PrintedSheet:
    """Build the customer's sheet as it is printed by the context's actor at its time."""
    # On paper nothing can be unfolded.
    context = replace(context, expanded_panels=frozenset({"tickets", "timeline", "lists"}))
    header = build_header_view(context)
    waiting = len(context.sheet.pending_edits)
    count = format_count(waiting, "change is", "changes are")
    unconfirmed = f"{count} shown as wanted, and not confirmed by the services yet."
    chips = ", ".join(chip.text for chip in header.chips)
    lines = (header.address, header.match_text, chips, unconfirmed if waiting else "")
    at = time_format.format_full_timestamp(context.now)
    return PrintedSheet(
        _cut(header.name),
        tuple(_cut(line) for line in lines if line),
        tuple(_sections(context)),
        f"Printed by {context.actor.name} on {at}",
    )


def _sections(context: CustomerContext) -> Iterator[PrintedSection]:
    sailthru = _source_text("Sailthru", context.sheet.profile, context.now)
    zendesk = _source_text("Zendesk", context.sheet.user, context.now)
    tickets = _source_text("Zendesk", context.sheet.tickets, context.now)
    yield _optout_section(context, sailthru)
    health = build_health_view(context)
    current = (health.current.label, health.note) if health.current else (health.note, "")
    yield _section("Health", sailthru, health.panel_state, [PrintedRow("Health", *current)])
    value = build_customer_value_view(context)
    amounts = ", ".join(filter(None, (value.title, value.amount_text)))
    row = PrintedRow("Value", amounts, value.segment_meaning)
    yield _section("Customer value", sailthru, value.panel_state, [row])
    lists = build_lists_view(context)
    members = [PrintedRow(row.name, row.note) for row in lists.rows if row.is_member]
    text = lists.suppressed_text or ("" if members else "On no list.")
    yield _section("Lists", sailthru, lists.panel_state, members, text)
    shown = build_tickets_view(context)
    yield _section(
        "Tickets",
        tickets,
        shown.panel_state,
        [
            PrintedRow(row.number, row.subject, ", ".join(filter(None, (row.state_text, row.age))))
            for row in shown.rows
        ],
    )
    user = build_zendesk_user_view(context)
    switches = _switch_rows(user.sync_to_sailthru, user.sync_to_zendesk)
    rows = [*_printed(user.rows), *switches]
    yield _section("Zendesk", zendesk, user.panel_state, rows)
    engagement = build_engagement_view(context)
    yield _section("Engagement", sailthru, engagement.panel_state, _printed(engagement.rows))
    timeline = build_timeline_view(context)
    source = "Zendesk, Sailthru and the record of this computer"
    yield _section("Timeline", source, timeline.panel_state, _printed(timeline.rows))
    data = build_profile_data_view(context)
    fields = [PrintedRow(row.name, row.value, row.source) for row in data.rows]
    yield _section("Profile data", sailthru, data.panel_state, fields)


def _optout_section(context: CustomerContext, source: str) -> PrintedSection:
    view, pause = build_optout_view(context), build_pause_view(context)
    chosen = [level for level in view.levels if level.is_chosen]
    rows = [PrintedRow("Level", level.label, view.pending_text or level.note) for level in chosen]
    if not chosen:
        rows.append(PrintedRow("Level", view.panel_state.note))
    rows += _printed(view.facts)
    if pause.text:
        rows.append(PrintedRow("Pause", pause.text, pause.detail))
    return _section("Opt-out", source, view.panel_state, rows)


def _section(
    title: str, source: str, state: PanelState, rows: Iterable[PrintedRow], text: str = ""
) -> PrintedSection:
    if state.status is not PanelStatus.READY:
        said = [to_sentence(part) for part in (state.text, state.hint) if part]
        return PrintedSection(title, source, text=" ".join(said) or "Not read yet.")
    found = list(rows)
    shown = [
        PrintedRow(_cut(row.label), _cut(row.value), _cut(row.note)) for row in found[:_MAX_ROWS]
    ]
    left = len(found) - len(shown)
    if left:
        shown.append(PrintedRow("", f"and {left:,} more, which are not printed"))
    return PrintedSection(title, source, tuple(shown), text)


def _printed(rows: Iterable[KeyValueRow]) -> list[PrintedRow]:
    return [PrintedRow(row.label, row.value, row.note) for row in rows]


def _switch_rows(*switches: SwitchView | None) -> Iterator[PrintedRow]:
    for each in switches:
        if each is not None:
            yield PrintedRow(each.label, "on" if each.is_on else "off", each.note)


def _cut(text: str) -> str:
    return shorten(to_single_line(text), _MAX_VALUE_LENGTH)


def _source_text(service: str, part: SheetPart[Any], now: float) -> str:
    """Say where a printed section comes from and when it was read: paper is looked at later."""
    if part.read_at is None:
        return service
    at = time_format.format_full_date_and_time(part.read_at)
    age = time_format.format_age(part.read_at, now)
    failed = ", not refreshed since" if part.state is SheetPartState.FAILED else ""
    return f"{service}, read {at}, {age}{failed}"

"""View of the panel Zendesk Sell: contact or lead, status, owner and deals."""

from dataclasses import dataclass

from desktop.kit.text import format_count, format_long_day
from desktop.model.customer_sheet import SheetPartState
from desktop.model.sell_customer_records import SellCustomerRecords
from desktop.model.sell_record import SELL_END, SellContact, SellDeal, SellLead
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.money_format import format_amount

_SERVICE = "Sell"
_CUSTOMER_STATUSES = {"current": "current customer", "past": "past customer"}
_PROSPECT_STATUSES = {"current": "prospect", "lost": "lost prospect"}
_MAX_DEALS = 5
_MAX_PEOPLE = 4
SELL_END_NOTE = f"Zendesk ends Sell on {format_long_day(SELL_END)}."


@dataclass(frozen=True)
class SellView:
    """View of the panel Zendesk Sell; hidden where Sell is not connected."""

    panel_state: PanelState
    is_shown: bool = False
    rows: tuple[KeyValueRow, ...] = ()
    note: str = ""


def build_sell_view(context: CustomerContext) -> SellView:
    """Build the view of the panel Zendesk Sell."""
    part = context.sheet.sell
    if part.state in (SheetPartState.OFF, SheetPartState.NOT_ASKED):
        return SellView(PanelState())
    absent = "Neither a contact nor a lead in Zendesk Sell."
    state = build_panel_state(part, _SERVICE, context.now, absent=absent, leads=True)
    records = part.value
    if records is None:
        return SellView(state, is_shown=True)
    rows: list[KeyValueRow] = []
    people: list[SellContact | SellLead] = [*records.contacts, *records.leads]
    for person in people[:_MAX_PEOPLE]:
        rows += _person_rows(person, records)
    if len(people) > _MAX_PEOPLE:
        more = format_count(len(people) - _MAX_PEOPLE, "record", "records")
        rows.append(KeyValueRow("And", f"{more} more in Sell"))
    rows += _deal_rows(records, context.now)
    return SellView(state, is_shown=True, rows=tuple(rows), note=SELL_END_NOTE)


def _person_rows(person: SellContact | SellLead, records: SellCustomerRecords) -> list[KeyValueRow]:
    if isinstance(person, SellContact):
        kind = "Organization" if person.is_organization else "Contact"
        words = [
            word
            for word in (
                _CUSTOMER_STATUSES.get(person.customer_status),
                _PROSPECT_STATUSES.get(person.prospect_status),
            )
            if word
        ]
        status = ", ".join(words) or "neither prospect nor customer"
    else:
        kind, status = "Lead", person.status or "no status"
    owner = records.owners.get(person.owner_id or 0, "")
    number = f"Zendesk Sell {person.id}"
    detail = f"Owner {owner}" if owner else ""
    return [
        KeyValueRow(kind, person.label, detail, number, number),
        KeyValueRow("Status", status),
    ]


def _deal_rows(records: SellCustomerRecords, now: float) -> list[KeyValueRow]:
    if not records.contacts:
        return []
    if not records.are_deals_read:
        return [KeyValueRow("Deals", "not read yet")]
    if not records.deals:
        return [KeyValueRow("Deals", "none")]
    rows = [
        _deal_row(deal, records, now, is_first=place == 0)
        for place, deal in enumerate(records.deals[:_MAX_DEALS])
    ]
    if len(records.deals) > _MAX_DEALS:
        rows.append(KeyValueRow("", f"{len(records.deals) - _MAX_DEALS} more in Sell"))
    return rows


def _deal_row(
    deal: SellDeal, records: SellCustomerRecords, now: float, *, is_first: bool
) -> KeyValueRow:
    # On screen alone: what is written is the exact decimal.
    value = format_amount(float(deal.value), deal.currency) if deal.value is not None else ""
    stage = records.stages.get(deal.stage_id or 0, "")
    name = " · ".join(part for part in (deal.name, stage) if part)
    changed = f"Changed {time_format.format_date(deal.updated_at, now)}" if deal.updated_at else ""
    tip = "\n".join(part for part in (f"Zendesk Sell deal {deal.id}", changed) if part)
    return KeyValueRow("Deals" if is_first else "", name, value, tip, tip)

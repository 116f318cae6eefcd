"""What one tab of the page Customers shows: the customer's name, its marks, its tooltip."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.service import Service
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.open_customer import OpenCustomer

EMPTY_TAB_TITLE = "New tab"
_SID = LookupQueryKind.SID


@dataclass(frozen=True)
class CustomerTabView:
    """A tab in the row: `title` is the customer's name, `text` what the tab says.

    `marks` are names of icons; what they mean is in `tooltip` and `accessible_name` too.
    """

    key: int
    title: str
    text: str
    marks: tuple[str, ...]
    tooltip: str
    accessible_name: str
    is_current: bool
    is_pinned: bool
    is_following: bool


def build_tab_view(
    key: int,
    customer: OpenCustomer,
    saved_name: str,
    *,
    pending_count: int,
    is_current: bool,
    is_pinned: bool,
    is_following: bool,
) -> CustomerTabView:
    """Build the view of a customer's tab; `saved_name` serves until their sheet is there."""
    title = _title(customer, saved_name)
    marks, facts = [], []
    if is_pinned:
        marks.append("pin")
        facts.append("pinned")
    if is_following:
        marks.append("eye")
        facts.append("follows Zendesk")
    if customer.has_unsaved_input:
        marks.append("pencil")
        facts.append("something typed is not saved yet")
    if pending_count:
        marks.append("clock")
        facts.append(f"{format_count(pending_count, 'change waits', 'changes wait')} to be sent")
    address = customer.sheet.address if customer.sheet is not None else ""
    head = f"{title} · {address}" if address and address != title else title
    return CustomerTabView(
        key=key,
        title=title,
        # The name first: that is left where the row is narrow.
        text=f"{title} · Following" if is_following else title,
        marks=tuple(marks),
        tooltip="\n".join((head, *(fact[0].upper() + fact[1:] for fact in facts))),
        accessible_name=", ".join((title, *facts)),
        is_current=is_current,
        is_pinned=is_pinned,
        is_following=is_following,
    )


def _title(customer: OpenCustomer, saved_name: str) -> str:
    sheet = customer.sheet
    if sheet is not None and sheet.is_found and customer.is_opened:
        return customer_name(sheet)
    if customer.query is None:
        return EMPTY_TAB_TITLE
    return saved_name or _query_text(customer.query)


def _query_text(query: LookupQuery) -> str:
    if query.kind is LookupQueryKind.TICKET:
        return f"#{query.value}"
    if query.kind is LookupQueryKind.ZENDESK_ID:
        return f"{Service.ZENDESK.title} {query.value}"
    return f"{Service.SAILTHRU.title} {query.value}" if query.kind is _SID else query.value

"""What keeps a record of Zendesk Sell from being synced until somebody corrects it; pure.

A contact needs first and last name, a usable billing address, and to be a customer or prospect; a
lead needs both names (S3-09, S3-24, S3-37).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.model.field_value import is_empty
from desktop.model.instant import FieldValue

# docs/zendesk-sell.md 5: what Sell takes; it refuses a record with anything else.
SELL_STATUSES: Mapping[str, tuple[str, ...]] = {
    "customer_status": ("none", "current", "past"),
    "prospect_status": ("none", "current", "lost"),
}
NO_STATUS = "none"
STATUS_RESET_TEXT = "no status that Zendesk Sell knows: none"
NAME_CAUSE = "first and last name needed"
ADDRESS_CAUSE = "incomplete billing address"
STATUS_CAUSE = "neither customer nor prospect"
_BILLING = "billing_address."
_ADDRESS_NEEDS = {"line1": "street", "city": "city", "country": "country"}


@dataclass(frozen=True)
class SellProblem:
    """Why a Sell record is not synced, and the cause by which such rows are grouped."""

    message: str
    cause: str


def valid_sell_status(field: str, value: object) -> str:
    """Return a customer's or prospect's status as Sell takes it; anything else is `none`."""
    status = str(value or "").strip().casefold()
    return status if status in SELL_STATUSES[field] else NO_STATUS


def is_valid_sell_status(field: str, value: FieldValue) -> bool:
    """Whether Sell takes a customer's or prospect's status as it is; empty is `none`."""
    return is_empty(value) or str(value).strip().casefold() in SELL_STATUSES[field]


def find_sell_problem(fields: Mapping[str, FieldValue], *, is_contact: bool) -> SellProblem | None:
    """Find what a Sell contact or lead with these fields lacks, or None."""
    first, last = fields.get("first_name"), fields.get("last_name")
    if is_empty(first) or is_empty(last):
        missing, known = ("last", first) if is_empty(last) else ("first", last)
        words = "no name" if is_empty(known) else f"no {missing} name ({known})"
        return SellProblem(f"{words}: Zendesk Sell needs first and last name", NAME_CAUSE)
    if not is_contact:
        return None
    billing = {
        name.removeprefix(_BILLING)
        for name, value in fields.items()
        if name.startswith(_BILLING) and not is_empty(value)
    }
    lacks = [word for key, word in _ADDRESS_NEEDS.items() if key not in billing]
    if billing and lacks:
        return SellProblem(f"the billing address has no {' and no '.join(lacks)}", ADDRESS_CAUSE)
    if all(fields.get(name) in (None, "", NO_STATUS) for name in SELL_STATUSES):
        return SellProblem("marked neither as customer nor as prospect", STATUS_CAUSE)
    return None

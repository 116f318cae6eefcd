"""Converts Zendesk Sell's JSON (contacts, leads, deals, users, fields) to model objects."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TypedDict, TypeVar

from desktop.clients.field_parser import FieldParser
from desktop.clients.sell.wire_structs import (
    WireSellAccount,
    WireSellContact,
    WireSellCustomField,
    WireSellDeal,
    WireSellLead,
    WireSellNamed,
    WireSellPerson,
    WireSellProduct,
    WireSellUser,
)
from desktop.clients.service_errors import unexpected_response_error
from desktop.model.json_value import Json
from desktop.model.sell_product import SellProduct
from desktop.model.sell_record import (
    SellAccount,
    SellContact,
    SellCustomField,
    SellDeal,
    SellLead,
    SellPerson,
    SellRecordKind,
    SellUser,
)
from desktop.model.service import Service

T = TypeVar("T")
SellRecordParser = Callable[[object, FieldParser, str], T | None]


def parse_one(document: Mapping[str, object], make: SellRecordParser[T], parser: FieldParser) -> T:
    """Parse the object in Sell's envelope. Raises ServiceError when it has no usable id."""
    found = make(document.get("data"), parser, "data")
    if found is None:
        raise unexpected_response_error(Service.SELL)
    return found


def parse_many(
    document: Mapping[str, object], make: SellRecordParser[T], parser: FieldParser
) -> tuple[T, ...]:
    """Parse Sell's collection; records without an id are left out.

    Raises ServiceError where there is no collection: an empty one says that there is nobody.
    """
    found = (
        make(item, parser, f"items[{place}].data")
        for place, item in enumerate(collection_items(document))
    )
    return tuple(record for record in found if record is not None)


def collection_items(document: Mapping[str, object]) -> list[object]:
    """Return what stands in the envelopes of Sell's collection. Raises ServiceError without one."""
    items = document.get("items")
    if not isinstance(items, list):
        raise unexpected_response_error(Service.SELL)
    return [item.get("data") if isinstance(item, dict) else None for item in items]


def has_next_page(document: Mapping[str, object]) -> bool:
    """Whether Sell's collection goes on: `count` is the page's own, so the link alone tells."""
    meta = document.get("meta")
    links = meta.get("links") if isinstance(meta, dict) else None
    return isinstance(links, dict) and isinstance(links.get("next_page"), str)


class _PersonFields(TypedDict):
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    mobile: str | None
    title: str | None
    owner_id: int | None
    tags: tuple[str, ...]
    custom_fields: Mapping[str, Json]
    address: Mapping[str, Json]
    created_at: float | None
    updated_at: float | None


def _parse_person(wire: WireSellPerson, parser: FieldParser, where: str) -> _PersonFields:
    return {
        "first_name": parser.text(wire.first_name, f"{where}.first_name") or "",
        "last_name": parser.text(wire.last_name, f"{where}.last_name") or "",
        "email": parser.text(wire.email, f"{where}.email"),
        "phone": parser.text(wire.phone, f"{where}.phone"),
        "mobile": parser.text(wire.mobile, f"{where}.mobile"),
        "title": parser.text(wire.title, f"{where}.title"),
        "owner_id": parser.identifier(wire.owner_id, f"{where}.owner_id"),
        "tags": parser.texts(wire.tags, f"{where}.tags"),
        "custom_fields": parser.json_map(wire.custom_fields, f"{where}.custom_fields"),
        "address": parser.json_map(wire.address, f"{where}.address"),
        "created_at": parser.iso_time(wire.created_at, f"{where}.created_at"),
        "updated_at": parser.iso_time(wire.updated_at, f"{where}.updated_at"),
    }


def parse_contact(item: object, parser: FieldParser, where: str) -> SellContact | None:
    """Parse one contact of Sell; a status it does not know stays as sent."""
    if (record := parser.record(item, WireSellContact, where)) is None:
        return None
    wire, contact_id = record
    return SellContact(
        id=contact_id,
        **_parse_person(wire, parser, where),
        name=parser.text(wire.name, f"{where}.name") or "",
        is_organization=parser.flag(wire.is_organization, f"{where}.is_organization"),
        contact_id=parser.identifier(wire.contact_id, f"{where}.contact_id"),
        customer_status=parser.text(wire.customer_status, f"{where}.customer_status") or "none",
        prospect_status=parser.text(wire.prospect_status, f"{where}.prospect_status") or "none",
        billing_address=parser.json_map(wire.billing_address, f"{where}.billing_address"),
    )


def parse_lead(item: object, parser: FieldParser, where: str) -> SellLead | None:
    """Parse one lead of Sell."""
    if (record := parser.record(item, WireSellLead, where)) is None:
        return None
    wire, lead_id = record
    return SellLead(
        id=lead_id,
        **_parse_person(wire, parser, where),
        organization_name=parser.text(wire.organization_name, f"{where}.organization_name") or "",
        status=parser.text(wire.status, f"{where}.status") or "",
    )


PARSERS: Mapping[SellRecordKind, SellRecordParser[SellPerson]] = {
    SellRecordKind.CONTACT: parse_contact,
    SellRecordKind.LEAD: parse_lead,
}


def parse_deal(item: object, parser: FieldParser, where: str) -> SellDeal | None:
    """Parse one deal of Sell."""
    if (record := parser.record(item, WireSellDeal, where)) is None:
        return None
    wire, deal_id = record
    return SellDeal(
        id=deal_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        contact_id=parser.identifier(wire.contact_id, f"{where}.contact_id"),
        value=parse_decimal(wire.value, f"{where}.value", parser),
        currency=parser.text(wire.currency, f"{where}.currency") or "",
        stage_id=parser.identifier(wire.stage_id, f"{where}.stage_id"),
        owner_id=parser.identifier(wire.owner_id, f"{where}.owner_id"),
        hot=parser.flag(wire.hot, f"{where}.hot"),
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at"),
    )


def parse_product(item: object, parser: FieldParser, where: str) -> SellProduct | None:
    """Parse one product of Sell; a price that is none is left out."""
    if (record := parser.record(item, WireSellProduct, where)) is None:
        return None
    wire, product_id = record
    prices: list[tuple[Decimal, str]] = []
    for place, price in enumerate(wire.prices if isinstance(wire.prices, list) else ()):
        one = parser.json_map(price, f"{where}.prices[{place}]")
        amount = parse_decimal(one.get("amount"), f"{where}.prices[{place}].amount", parser)
        if amount is not None:
            prices.append((amount, str(one.get("currency") or "")))
    return SellProduct(
        id=product_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        sku=parser.text(wire.sku, f"{where}.sku") or "",
        description=parser.text(wire.description, f"{where}.description") or "",
        active=parser.flag(wire.active, f"{where}.active"),
        prices=tuple(prices),
        updated_at=parser.iso_time(wire.updated_at, f"{where}.updated_at"),
    )


def parse_user(item: object, parser: FieldParser, where: str) -> SellUser | None:
    """Parse one user of the Sell account."""
    if (record := parser.record(item, WireSellUser, where)) is None:
        return None
    wire, user_id = record
    return SellUser(
        id=user_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        email=parser.text(wire.email, f"{where}.email") or "",
        role=parser.text(wire.role, f"{where}.role") or "",
        status=parser.text(wire.status, f"{where}.status") or "",
    )


def parse_account(item: object, parser: FieldParser, where: str) -> SellAccount | None:
    """Parse the Sell account."""
    if (record := parser.record(item, WireSellAccount, where)) is None:
        return None
    wire, account_id = record
    return SellAccount(
        id=account_id,
        name=parser.text(wire.name, f"{where}.name") or "",
        currency=parser.text(wire.currency, f"{where}.currency") or "",
        time_zone=parser.text(wire.timezone, f"{where}.timezone") or "",
    )


def parse_custom_field(item: object, parser: FieldParser, where: str) -> SellCustomField | None:
    """Parse the definition of one custom field of Sell."""
    if (record := parser.record(item, WireSellCustomField, where)) is None:
        return None
    wire, field_id = record
    name = parser.text(wire.name, f"{where}.name") or ""
    return SellCustomField(field_id, name, parser.text(wire.type, f"{where}.type") or "")


def parse_named(item: object, parser: FieldParser, where: str) -> tuple[int, str] | None:
    """Parse id and name of a record of Sell's that is a name."""
    if (record := parser.record(item, WireSellNamed, where)) is None:
        return None
    wire, named_id = record
    return named_id, parser.text(wire.name, f"{where}.name") or ""


def parse_decimal(value: object, where: str, parser: FieldParser) -> Decimal | None:
    """Parse a decimal of Sell: a text, so that nothing is rounded; a number is taken too."""
    if value is None or value == "":
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite():
            return found
    parser.add_problem(where, "not a decimal")
    return None

"""Reads from Zendesk Sell the record that a sync is tried on: a contact, a lead, a product."""

from collections.abc import Iterable

from desktop.kit.errors import InvalidInput, NotFound
from desktop.model.email_address import parse_email
from desktop.model.sell_product import SellProduct
from desktop.model.sell_record import (
    SellPerson,
    SellRecordKind,
    is_organization,
    parse_sell_record_id,
    with_field_ids,
)
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.sync.source_reader import SourceReader
from desktop.sync.source_record import SourceRecord, source_record_from_product
from desktop.sync.sync_context import SELL_SOURCES, SyncContext


async def read_sell_trial_record(context: SyncContext, sync: Sync, text: str) -> SourceRecord:
    """Read the contact or lead with an address or id, or the product with a SKU or id.

    Of several with an address the first, contacts before leads. Raises NotFound, InvalidInput, and
    what Sell answers.
    """
    wanted = text.strip()
    if sync.is_of_products:
        product = await _find_product(context, wanted)
        return source_record_from_product(product, sync.source.products.currency)
    kinds = SELL_SOURCES[sync.source.kind]
    sell = context.require_sell()
    found: list[SellPerson] = []
    if "@" in wanted:
        address = parse_email(wanted)
        if SellRecordKind.CONTACT in kinds:
            found += await sell.find_contacts(address)
        if SellRecordKind.LEAD in kinds:
            found += await sell.find_leads(address)
    else:
        for kind, number in _named_records(wanted, kinds):
            found += (await sell.show_people(kind, [number])).values()
    people = [one for one in found if not is_organization(one)]
    if not people:
        raise NotFound(f"No match in {Service.SELL.title} for “{wanted[:80]}”.")
    definitions = await sell.list_custom_fields(people[0].kind.value)
    person = with_field_ids(people[0], definitions)
    reader = SourceReader(context, sync, ())
    return await context.store.run(reader.record_of_person, person)


def _named_records(
    text: str, kinds: Iterable[SellRecordKind]
) -> tuple[tuple[SellRecordKind, int], ...]:
    """Return which records an id names, such as `contact-2101`; of a number of each kind."""
    if (parsed := parse_sell_record_id(text)) is not None:
        return (parsed,) if parsed[0] in kinds else ()
    if text.isascii() and text.isdigit():
        return tuple((kind, int(text)) for kind in kinds)
    raise InvalidInput("Type an e-mail address or the id of a record in Zendesk Sell.")


async def _find_product(context: SyncContext, wanted: str) -> SellProduct:
    for product in await context.require_sell().find_products(wanted):
        return product
    raise NotFound(f"{Service.SELL.title} has no product with the SKU or id “{wanted[:80]}”.")

"""The Zendesk Sell API client: typed calls for contacts, leads, deals, users and fields."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from desktop.clients.field_parser import FieldParser, OnFieldProblems
from desktop.clients.http_messages import HttpRequest
from desktop.clients.request_pipeline import RUN_RETRY_POLICY, RequestPipeline
from desktop.clients.sell import wire_to_model
from desktop.clients.sell.protocol import build_request, parse_response
from desktop.clients.service_errors import final_error, wrong_record_error
from desktop.clients.tolerant_call import ModelBuilder, call_tolerantly
from desktop.kit.errors import Forbidden, NotFound
from desktop.model.email_address import email_match_key, email_spellings
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
Person = TypeVar("Person", bound=SellPerson)

PAGE_SIZE = 100
# No list that is read whole here is longer; the exporter reads pages itself.
_MAX_PAGES = 200
_NAMES = ("lead", "contact", "deal")


class SellClient:
    """Calls Zendesk Sell's Core API of one account with one access token."""

    def __init__(self, pipeline: RequestPipeline, on_bad: OnFieldProblems | None = None) -> None:
        """`on_bad` is told of fields left out of Sell's answers; the log counts them anyway."""
        self.pipeline = pipeline
        self._on_bad = on_bad

    def for_runs(self) -> "SellClient":
        """Return this Sell client with a run's patience, which leaves calls to people at work."""
        pipeline = replace(self.pipeline, retry_policy=RUN_RETRY_POLICY)
        return SellClient(pipeline, self._on_bad)

    # Who asks

    async def me(self) -> SellUser:
        """Ask Sell whose token it is. Raises AuthenticationError."""
        return await self._read_one("/v2/users/self", wire_to_model.parse_user)

    async def account(self) -> SellAccount:
        """Ask Sell for the account's name, currency and time zone."""
        return await self._read_one("/v2/accounts/self", wire_to_model.parse_account)

    # People

    async def find_contacts(self, address: str) -> tuple[SellContact, ...]:
        """Find every contact of Sell with this address: it is not unique there; by id."""
        return await self._find_people("/v2/contacts", address, wire_to_model.parse_contact)

    async def find_leads(self, address: str) -> tuple[SellLead, ...]:
        """Find every lead of Sell with this address; by id."""
        return await self._find_people("/v2/leads", address, wire_to_model.parse_lead)

    async def _find_people(
        self, path: str, address: str, make: wire_to_model.SellRecordParser[Person]
    ) -> tuple[Person, ...]:
        wanted = email_match_key(address)
        found: dict[int, Person] = {}
        for spelling in email_spellings(address) or (address,):
            for person in await self.read_all_pages(path, make, (("email", spelling),)):
                # A filter that Sell does not take is ignored in silence: its answer would be
                # everybody (docs/zendesk-sell.md 4).
                if person.email and email_match_key(person.email) == wanted:
                    found[person.id] = person
        return tuple(found[person_id] for person_id in sorted(found))

    async def show_contact(self, contact_id: int) -> SellContact:
        """Read one contact of Sell. Raises NotFound."""
        found = await self._read_one(
            "/v2/contacts/{id}", wire_to_model.parse_contact, {"id": contact_id}
        )
        return _checked(found, found.id, contact_id)

    async def show_people(self, kind: SellRecordKind, ids: Sequence[int]) -> dict[int, SellPerson]:
        """Read the contacts or leads of Sell with these ids; those that are gone are left out."""
        found: dict[int, SellPerson] = {}
        for start in range(0, len(ids), PAGE_SIZE):
            wanted = ids[start : start + PAGE_SIZE]
            query = (("ids", ",".join(map(str, wanted))),)
            records = await self.read_all_pages(kind.path, wire_to_model.PARSERS[kind], query)
            found |= {record.id: record for record in records if record.id in set(wanted)}
        return found

    async def list_people_page(
        self, kind: SellRecordKind, page: int, sort_by: str
    ) -> tuple[tuple[SellPerson, ...], bool]:
        """Read page `page` (from 1) of all contacts or leads of Sell; also whether it is the last.

        A record that is deleted meanwhile moves those behind it forward: one may be missed.
        """
        return await self._read_page(
            kind.path, page, wire_to_model.PARSERS[kind], (("sort_by", sort_by),)
        )

    async def create_person(self, kind: SellRecordKind, values: Mapping[str, Json]) -> SellPerson:
        """Create a contact or lead in Sell. Sell knows no idempotency key."""
        return await self._write("POST", kind.path, kind, values)

    async def update_person(
        self, kind: SellRecordKind, number: int, values: Mapping[str, Json]
    ) -> SellPerson:
        """Set attributes of a contact or lead of Sell; what is not named stays, but for `tags`.

        Raises NotFound.
        """
        found = await self._write("PUT", f"{kind.path}/{{id}}", kind, values, {"id": number})
        return _checked(found, found.id, number)

    async def _write(
        self,
        method: str,
        template: str,
        kind: SellRecordKind,
        values: Mapping[str, Json],
        ids: Mapping[str, int | str] | None = None,
    ) -> SellPerson:
        request = build_request(template, ids=ids, method=method, data=values)
        make = wire_to_model.PARSERS[kind]
        return await self.send(request, lambda d, n: wire_to_model.parse_one(d, make, n))

    async def list_deals(self, contact_id: int) -> tuple[SellDeal, ...]:
        """List the deals of one contact of Sell, the most recently changed first."""
        query = (("contact_id", str(contact_id)), ("sort_by", "updated_at:desc"))
        found = await self.read_all_pages("/v2/deals", wire_to_model.parse_deal, query)
        return tuple(deal for deal in found if deal.contact_id == contact_id)

    # The account's names

    async def list_users(self) -> tuple[SellUser, ...]:
        """List the users of the Sell account, also those who were deactivated."""
        return await self.read_all_pages("/v2/users", wire_to_model.parse_user)

    async def list_stages(self) -> dict[int, str]:
        """List the stages of all pipelines of Sell: id → name."""
        return dict(await self.read_all_pages("/v2/stages", wire_to_model.parse_named))

    async def list_custom_fields(self, resource: str) -> tuple[SellCustomField, ...]:
        """List the custom fields of `lead`, `contact` or `deal` in Sell, with ids and names."""
        if resource not in _NAMES:
            raise ValueError(resource)
        return await self.read_all_pages(
            f"/v2/{resource}/custom_fields", wire_to_model.parse_custom_field
        )

    # What a plan includes

    async def check_products(self) -> None:
        """Ask Sell for one product. Raises Forbidden where the plan has none."""
        query = (("per_page", "1"),)
        await self.send(build_request("/v2/products", query=query), _ignore)

    async def list_products_page(self, page: int) -> tuple[tuple[SellProduct, ...], bool]:
        """Read page `page` (from 1) of all products of Sell; also whether it is the last.

        Raises Forbidden where the plan has none.
        """
        query = (("sort_by", "id:asc"),)
        return await self._read_page("/v2/products", page, wire_to_model.parse_product, query)

    async def find_products(self, wanted: str) -> tuple[SellProduct, ...]:
        """Find the products of Sell with a SKU, active ones first, or with an id."""
        by_sku = (("sku", wanted),)
        found = await self.read_all_pages("/v2/products", wire_to_model.parse_product, by_sku)
        # A filter that Sell does not take is ignored in silence.
        products = sorted((one for one in found if one.sku == wanted), key=lambda p: not p.active)
        if products or not (wanted.isascii() and wanted.isdigit()):
            return tuple(products)
        by_id = (("ids", wanted),)
        found = await self.read_all_pages("/v2/products", wire_to_model.parse_product, by_id)
        return tuple(one for one in found if str(one.id) == wanted)

    async def list_lead_statuses(self) -> tuple[str, ...]:
        """List the names of Sell's lead statuses; none where the account does not tell them.

        Zendesk's reference leaves the list out (docs/zendesk-sell.md 6).
        """
        try:
            found = await self.read_all_pages("/v2/lead_statuses", wire_to_model.parse_named)
        except (NotFound, Forbidden):
            return ()
        return tuple(name for _, name in found if name)

    # Reading

    async def read_page(
        self, path: str, page: int, query: Sequence[tuple[str, str]] = ()
    ) -> tuple[tuple[Mapping[str, Json], ...], bool]:
        """Read page `page` (from 1) of a Sell list as it is; also whether another one follows."""
        numbers = (("page", str(page)), ("per_page", str(PAGE_SIZE)))
        request = build_request(path, query=(*query, *numbers))

        def make(
            document: Mapping[str, object], parser: FieldParser
        ) -> tuple[tuple[Mapping[str, Json], ...], bool]:
            items = wire_to_model.collection_items(document)
            records = (parser.json_map(it, f"items[{n}].data") for n, it in enumerate(items))
            return tuple(records), wire_to_model.has_next_page(document)

        return await self.send(request, make)

    async def read_all_pages(
        self,
        path: str,
        make: wire_to_model.SellRecordParser[T],
        query: Sequence[tuple[str, str]] = (),
    ) -> tuple[T, ...]:
        """Read a whole Sell list, page by page until one has no link to the next."""
        found: list[T] = []
        for page in range(1, _MAX_PAGES + 1):
            records, is_last = await self._read_page(path, page, make, query)
            found += records
            if is_last:
                return tuple(found)
        raise final_error(
            "Zendesk Sell’s list does not come to an end.",
            f"More than {_MAX_PAGES * PAGE_SIZE:,} records match.",
            "Try again later.",
        )

    async def _read_page(
        self,
        path: str,
        page: int,
        make: wire_to_model.SellRecordParser[T],
        query: Sequence[tuple[str, str]],
    ) -> tuple[tuple[T, ...], bool]:
        numbers = (("page", str(page)), ("per_page", str(PAGE_SIZE)))
        return await self.send(
            build_request(path, query=(*query, *numbers)),
            lambda d, n: (
                wire_to_model.parse_many(d, make, n),
                not wire_to_model.has_next_page(d) or not wire_to_model.collection_items(d),
            ),
        )

    async def _read_one(
        self,
        template: str,
        make: wire_to_model.SellRecordParser[T],
        ids: Mapping[str, int | str] | None = None,
    ) -> T:
        request = build_request(template, ids=ids)
        return await self.send(request, lambda d, n: wire_to_model.parse_one(d, make, n))

    async def send(self, request: HttpRequest, make: ModelBuilder[T]) -> T:
        """Send a Sell request and return what `make` builds of the answer's object."""
        return await call_tolerantly(self.pipeline, request, parse_response, make, self._on_bad)


def _checked(record: T, found_id: int, wanted_id: int) -> T:
    if found_id != wanted_id:
        raise wrong_record_error(Service.SELL)
    return record


def _ignore(_document: Mapping[str, object], _parser: FieldParser) -> None:
    return None

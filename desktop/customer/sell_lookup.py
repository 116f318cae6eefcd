"""The Sell half of a look-up: contacts and leads by the customer's addresses, and their deals.

It arrives on its own: the sheet is complete without it, and its failure is its own. Nothing of it
is kept on this computer.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from desktop.clients.sell.client import SellClient
from desktop.customer.concurrent_calls import ignore_app_errors
from desktop.customer.sheet_builder import SheetBuilder
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.customer_sheet import CATALOGUE_MAX_AGE_S
from desktop.model.email_address import email_match_key
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.sell_customer_records import SellCustomerRecords
from desktop.model.sell_record import SellContact, SellLead

# Each costs two of Sell's few calls a second.
_MAX_ADDRESSES = 4
# Of several contacts with one address; more deals than theirs add nothing to a sheet.
_MAX_CONTACTS_WITH_DEALS = 3


class SellNameCache:
    """The names of Sell's users and stages, read again after five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: SellClient | None = None
        self._read_at = 0.0
        self.owners: dict[int, str] = {}
        self.stages: dict[int, str] = {}

    async def load(self, client: SellClient) -> None:
        """Read the names, unless those of this connection are recent. Raises what Sell answers."""
        now = self._clock.now()
        if client is self._client and now - self._read_at <= CATALOGUE_MAX_AGE_S:
            return
        users, stages = await asyncio.gather(client.list_users(), client.list_stages())
        self.owners = {user.id: user.name or user.email for user in users}
        self.stages = stages
        self._client, self._read_at = client, now


class SellLookup:
    """Reads one customer's Sell half of a look-up; does nothing while not connected."""

    def __init__(
        self, builder: SheetBuilder, sell: SellClient | None, names: SellNameCache
    ) -> None:
        self._builder = builder
        self._sell = sell
        self._names = names
        self._are_addresses_known = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether the look-up has a Sell client to ask."""
        return self._sell is not None

    def set_addresses_known(self) -> None:
        """Say that the sheet has all addresses of the customer: the other services are done."""
        self._are_addresses_known.set()

    async def load(self) -> None:
        """Read contacts and leads by every address, the query's at once, then their deals."""
        sell, query = self._sell, self._builder.query
        if sell is None:
            return
        try:
            own = [query.value] if query.kind is LookupQueryKind.EMAIL else []
            records = await self._find(sell, own, SellCustomerRecords())
            if not records.is_empty:
                self._builder.set_read("sell", records)
            await self._are_addresses_known.wait()
            known = {email_match_key(address) for address in own}
            others = [one for one in self._other_addresses() if email_match_key(one) not in known]
            records = await self._find(sell, others[:_MAX_ADDRESSES], records)
            if records.is_empty:
                self._builder.set_absent("sell")
                return
            self._builder.set_read("sell", records)
            await ignore_app_errors(self._load_deals(sell, records))
        except AppError as error:
            self._builder.set_failed(error, "sell")

    def _other_addresses(self) -> list[str]:
        user, profile = self._builder.sheet.user.value, self._builder.sheet.profile.value
        addresses = list(user.emails) if user is not None else []
        if profile is not None and profile.email:
            addresses.append(profile.email)
        return list(dict.fromkeys(addresses))

    async def _find(
        self, sell: SellClient, addresses: Iterable[str], before: SellCustomerRecords
    ) -> SellCustomerRecords:
        wanted = list(addresses)
        contacts, leads = await asyncio.gather(
            asyncio.gather(*map(sell.find_contacts, wanted)),
            asyncio.gather(*map(sell.find_leads, wanted)),
        )
        every_contact: dict[int, SellContact] = {one.id: one for one in before.contacts}
        every_lead: dict[int, SellLead] = {one.id: one for one in before.leads}
        every_contact |= {one.id: one for found in contacts for one in found}
        every_lead |= {one.id: one for found in leads for one in found}
        return SellCustomerRecords(
            tuple(every_contact[one] for one in sorted(every_contact)),
            tuple(every_lead[one] for one in sorted(every_lead)),
        )

    async def _load_deals(self, sell: SellClient, records: SellCustomerRecords) -> None:
        await ignore_app_errors(self._names.load(sell))
        records = replace(records, owners=self._names.owners, stages=self._names.stages)
        self._builder.set_read("sell", records)
        several = records.contacts[:_MAX_CONTACTS_WITH_DEALS]
        found = await asyncio.gather(*(sell.list_deals(one.id) for one in several))
        deals = {deal.id: deal for deals in found for deal in deals}
        ordered = sorted(deals.values(), key=lambda deal: -(deal.updated_at or 0.0))
        self._builder.set_read("sell", replace(records, deals=tuple(ordered), are_deals_read=True))

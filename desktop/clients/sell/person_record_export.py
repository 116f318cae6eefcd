"""Reads whole records of one person from Zendesk Sell, as Sell sends them: for a privacy export."""

from collections.abc import Iterable, Mapping, Sequence

from desktop.clients.sell.client import SellClient
from desktop.model.email_address import email_match_key, email_spellings
from desktop.model.json_value import Json

Record = Mapping[str, Json]
# So many pages of one person's records; more are a filter that Sell did not take.
_MAX_PAGES = 50


class SellRecordExport:
    """Reads one person's contacts and leads of Sell, with their deals, notes and tasks."""

    def __init__(self, client: SellClient) -> None:
        self._client = client

    async def read_person(self, addresses: Iterable[str]) -> dict[str, list[Record]]:
        """Read whatever Sell has by these addresses, by the kind of record."""
        found: dict[str, list[Record]] = {}
        wanted = [key for address in addresses for key in email_spellings(address)]
        keys = set(map(email_match_key, wanted))
        for name in ("contacts", "leads"):
            by_id: dict[object, Record] = {}
            for address in dict.fromkeys(wanted):
                for record in await self._read_all(f"/v2/{name}", (("email", address),)):
                    # A filter that Sell does not take is ignored in silence.
                    if email_match_key(str(record.get("email") or "")) in keys:
                        by_id[record.get("id")] = record
            found[name] = list(by_id.values())
        found["deals"] = [
            deal
            for contact in found["contacts"]
            for deal in await self._read_all("/v2/deals", (("contact_id", str(contact["id"])),))
            if deal.get("contact_id") == contact["id"]
        ]
        owners = [
            (kind, record["id"])
            for kind, name in (("contact", "contacts"), ("lead", "leads"), ("deal", "deals"))
            for record in found[name]
        ]
        for name in ("notes", "tasks"):
            found[name] = []
            for kind, record_id in owners:
                query = (("resource_type", kind), ("resource_id", str(record_id)))
                found[name] += [
                    one
                    for one in await self._read_all(f"/v2/{name}", query)
                    if (one.get("resource_type"), one.get("resource_id")) == (kind, record_id)
                ]
        return found

    async def _read_all(self, path: str, query: Sequence[tuple[str, str]]) -> list[Record]:
        found: list[Record] = []
        for page in range(1, _MAX_PAGES + 1):
            records, more = await self._client.read_page(path, page, query)
            found += records
            if not more or not records:
                break
        return found

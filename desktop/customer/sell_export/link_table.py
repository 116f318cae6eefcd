"""The link table of a Sell export: who a contact or lead is in Zendesk and in Sailthru.

Whose an address is is said by the one matcher, as for a batch: by what is kept on this computer,
else by asking both services.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from desktop.customer.edit_batch.batch_address_matching import judge_kept, judge_sheet
from desktop.customer.identity_lookup import IdentityLookup
from desktop.customer.sell_export.record_file import PartFile, Record
from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.model.edit_batch import BatchOutcome, LookupResult
from desktop.model.email_address import email_match_key, parse_email
from desktop.model.json_value import Json
from desktop.store.kept_address_lookup import ADDRESSES_PER_READ
from desktop.store.workspace_store import WorkspaceStore

LINK_COLUMNS = (
    *("sell_type", "sell_id", "name", "email", "zendesk_user_id", "sailthru_sid", "result"),
    "detail",
)
_CONCURRENT_LOOKUPS = 8


class LinkLookup:
    """Finds the Zendesk user and the Sailthru profile of each address in a Sell export."""

    def __init__(
        self, services: Callable[[], ServiceClients], store: WorkspaceStore, clock: Clock
    ) -> None:
        self._services = services
        self._store = store
        self._clock = clock
        self._lookup = IdentityLookup(services, store, clock)

    async def look_up_all(
        self, addresses: Iterable[str], part: PartFile, on_found: Callable[[], None]
    ) -> None:
        """Look up the addresses that are not in `part` yet, and append them to it.

        `on_found` is called after each append. Raises what keeps a service from being asked.
        """
        known = set(part.keys)
        waiting = [address for address in dict.fromkeys(addresses) if address not in known]
        for start in range(0, len(waiting), ADDRESSES_PER_READ):
            chunk = waiting[start : start + ADDRESSES_PER_READ]
            kept = await self._store.sheet_reader.read_kept_addresses(chunk)
            services, now = self._services(), self._clock.now()
            asked: list[str] = []
            found: list[Record] = []
            for address in chunk:
                judged = judge_kept(
                    0,
                    kept[address],
                    now,
                    is_zendesk_connected=services.zendesk is not None,
                    is_sailthru_connected=services.sailthru is not None,
                )
                if judged is None:
                    asked.append(address)
                else:
                    found.append(_result_record(address, judged))
            await self._append(part, found, on_found)
            for place in range(0, len(asked), _CONCURRENT_LOOKUPS):
                few = asked[place : place + _CONCURRENT_LOOKUPS]
                results = await asyncio.gather(*map(self._look_up, few))
                await self._append(part, results, on_found)

    async def _append(
        self, part: PartFile, records: Iterable[Record], on_found: Callable[[], None]
    ) -> None:
        await asyncio.to_thread(part.append, records)
        on_found()

    async def _look_up(self, address: str) -> Record:
        kept = (await self._store.sheet_reader.read_kept_addresses([address]))[address]
        user = None
        if self._services().zendesk is not None and kept.is_user_known(self._clock.now()):
            state = SheetPartState.READ if kept.user is not None else SheetPartState.ABSENT
            user = SheetPart(kept.user, state, kept.user_at)
        sheet = await self._lookup.look_up(address, user)
        return _result_record(address, judge_sheet(0, address, sheet))


def _result_record(address: str, result: LookupResult) -> Record:
    return {
        "address": address,
        "result": result.outcome.value,
        "detail": result.detail,
        "zendesk_user_id": result.user_id,
        "sailthru_sid": result.sid or None,
    }


def address_of(record: Record) -> str:
    """Return the address by which a Sell record is linked; "" where it has none to be used."""
    return email_match_key(parse_email(str(record.get("email") or "")))


def link_records(
    people: Iterable[tuple[str, Record]], found: Mapping[str, Record]
) -> Iterator[Record]:
    """Yield a row of the link table for each contact and lead of a Sell export."""
    for sell_type, record in people:
        address = address_of(record)
        link = found.get(address, {})
        detail: Json = link.get("detail", "")
        if not address:
            detail = (
                "It has no e-mail address." if not record.get("email") else "No usable address."
            )
        yield {
            "sell_type": sell_type,
            "sell_id": record["id"],
            "name": _name_of(record),
            "email": record.get("email"),
            "zendesk_user_id": link.get("zendesk_user_id"),
            "sailthru_sid": link.get("sailthru_sid"),
            "result": link.get("result", BatchOutcome.MISSING.value),
            "detail": detail,
        }


def _name_of(record: Record) -> str:
    if name := record.get("name"):
        return str(name)
    parts = (record.get("first_name"), record.get("last_name"))
    full = " ".join(str(part) for part in parts if part)
    return full or str(record.get("organization_name") or "")

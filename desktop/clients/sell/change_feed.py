"""Zendesk Sell's Sync API: sessions of a device, a queue in no order, acknowledgements.

What a device has not acknowledged comes again in its next session; a new device gets everything.
https://developer.zendesk.com/api-reference/sales-crm/sync/introduction/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.field_parser import FieldParser
from desktop.clients.sell import wire_to_model
from desktop.clients.sell.client import SellClient
from desktop.clients.sell.protocol import build_request
from desktop.clients.service_errors import unexpected_response_error
from desktop.model.sell_record import SellContact, SellLead, SellPerson, SellRecordKind
from desktop.model.service import Service

_DEVICE_HEADER = "X-Basecrm-Device-UUID"


@dataclass(frozen=True)
class SellQueueItem:
    """One item of Sell's queue; `person` is None where it is neither a contact nor a lead.

    Of a deleted one Sell tells the id alone.
    """

    ack_key: str
    revision: int
    person: SellPerson | None


class SellChangeFeed:
    """Calls Sell's Sync API for one device, a UUID that is its own for life."""

    def __init__(self, client: SellClient, device: str) -> None:
        self._client = client
        self._headers = {_DEVICE_HEADER: device}

    async def start(self) -> str | None:
        """Start a session; None: there is nothing new. Raises Forbidden: no Sync API by plan."""
        request = build_request(
            "/v2/sync/start", method="POST", headers=self._headers, is_idempotent=True
        )
        return await self._client.send(request, _parse_session)

    async def fetch(self, session: str) -> tuple[SellQueueItem, ...]:
        """Fetch up to a hundred items of a Sell sync session's queue; none: it is drained."""
        request = build_request(
            "/v2/sync/{session}/queues/main", ids={"session": session}, headers=self._headers
        )
        return await self._client.send(request, _parse_items)

    async def acknowledge(self, keys: Sequence[str]) -> None:
        """Acknowledge stored items of Sell's Sync API, so that they do not come again."""
        request = build_request(
            "/v2/sync/ack",
            method="POST",
            data={"ack_keys": list(keys)},
            headers=self._headers,
            is_idempotent=True,
        )
        await self._client.send(request, lambda _document, _parser: None)


def _parse_session(document: Mapping[str, object], _parser: FieldParser) -> str | None:
    if not document:
        return None
    data = document.get("data")
    session = data.get("id") if isinstance(data, dict) else None
    if not isinstance(session, str) or not session:
        raise unexpected_response_error(Service.SELL)
    return session


def _parse_items(document: Mapping[str, object], parser: FieldParser) -> tuple[SellQueueItem, ...]:
    if not document:
        return ()
    items = document.get("items")
    if not isinstance(items, list):
        raise unexpected_response_error(Service.SELL)
    found = (_parse_item(item, parser, f"items[{n}]") for n, item in enumerate(items))
    return tuple(one for one in found if one is not None)


def _parse_item(item: object, parser: FieldParser, where: str) -> SellQueueItem | None:
    data, meta = (item.get("data"), item.get("meta")) if isinstance(item, dict) else (None, None)
    sync = meta.get("sync") if isinstance(meta, dict) else None
    key = sync.get("ack_key") if isinstance(sync, dict) else None
    if not isinstance(meta, dict) or not isinstance(sync, dict) or not isinstance(key, str):
        parser.add_problem(where, "no ack_key")
        return None
    revision = sync.get("revision")
    kind = next((one for one in SellRecordKind if one.value == meta.get("type")), None)
    person: SellPerson | None = None
    if kind is not None and sync.get("event_type") == "deleted":
        number = data.get("id") if isinstance(data, dict) else None
        made = SellContact if kind is SellRecordKind.CONTACT else SellLead
        person = made(number, is_deleted=True) if isinstance(number, int) else None
    elif kind is not None:
        person = wire_to_model.PARSERS[kind](data, parser, f"{where}.data")
    return SellQueueItem(key, revision if isinstance(revision, int) else 0, person)

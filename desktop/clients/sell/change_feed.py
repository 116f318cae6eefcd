"""Zendesk Sell's Sync API: the changes since a device last acknowledged some.

https://developer.zendesk.com/api-reference/sales-crm/sync/introduction/ and
docs/zendesk-sell.md 9. It needs the Growth plan; elsewhere every call raises Forbidden.
"""

from collections.abc import Mapping, Sequence

from desktop.clients.field_parser import FieldParser
from desktop.clients.sell.client import SellClient
from desktop.clients.sell.protocol import build_request
from desktop.clients.service_errors import unexpected_response_error
from desktop.model.sell_change import SellChange
from desktop.model.service import Service

_DEVICE_HEADER = "X-Basecrm-Device-UUID"


class SellChangeFeed:
    """The queue of one device in Sell: everything at first, then what has changed."""

    def __init__(self, client: SellClient, device_id: str) -> None:
        """`device_id` is a UUID of this workspace on this computer, the same for life.

        With another one Sell sends everything again; two computers with one would each miss what
        the other has acknowledged.
        """
        self._client = client
        self._headers = {_DEVICE_HEADER: device_id}

    async def check(self) -> None:
        """Acknowledge nothing, to see whether Sell allows it. Raises Forbidden by plan."""
        # A session would be started by no less than `start`.
        await self.acknowledge(())

    async def start(self) -> str | None:
        """Start a session of the Sync API; None: Sell has nothing new for this device."""
        request = build_request("POST", "/v2/sync/start", headers=self._headers, is_idempotent=True)
        return await self._client.send(request, _parse_session)

    async def fetch(self, session_id: str) -> tuple[SellChange, ...]:
        """Fetch the next hundred items or fewer of a session; none: it is drained."""
        request = build_request(
            "GET",
            "/v2/sync/{session}/queues/main",
            ids={"session": session_id},
            headers=self._headers,
            # What was handed out and lost comes again in the next session.
            is_idempotent=True,
        )
        return await self._client.send(request, _parse_queue)

    async def acknowledge(self, keys: Sequence[str]) -> None:
        """Tell Sell which items are stored here, so that they do not come again.

        To be called only after the transaction that stored them is committed.
        """
        request = build_request(
            "POST",
            "/v2/sync/ack",
            headers=self._headers,
            data={"ack_keys": list(keys)},
            is_idempotent=True,
        )
        await self._client.send(request, lambda _document, _parser: None)


def _parse_session(document: Mapping[str, object], parser: FieldParser) -> str | None:
    if not document:
        return None
    session = parser.mapping(document.get("data"), "data").get("id")
    if not isinstance(session, str) or not session:
        raise unexpected_response_error(Service.SELL)
    return session


def _parse_queue(document: Mapping[str, object], parser: FieldParser) -> tuple[SellChange, ...]:
    if not document:
        return ()
    items = document.get("items")
    if not isinstance(items, list):
        raise unexpected_response_error(Service.SELL)
    found = (_parse_change(item, parser, f"items[{n}]") for n, item in enumerate(items))
    return tuple(change for change in found if change is not None)


def _parse_change(item: object, parser: FieldParser, where: str) -> SellChange | None:
    envelope = parser.mapping(item, where)
    meta = parser.mapping(envelope.get("meta"), f"{where}.meta")
    sync = parser.mapping(meta.get("sync"), f"{where}.meta.sync")
    data = parser.json_map(envelope.get("data"), f"{where}.data")
    kind = parser.text(meta.get("type"), f"{where}.meta.type")
    key = parser.text(sync.get("ack_key"), f"{where}.meta.sync.ack_key")
    found = parser.identifier(data.get("id"), f"{where}.data.id")
    if kind is None or key is None or found is None:
        # Not acknowledged, it comes again: a later version may know it.
        return None
    return SellChange(
        kind,
        found,
        parser.text(sync.get("event_type"), f"{where}.meta.sync.event_type") or "updated",
        key,
        parser.integer(sync.get("revision"), f"{where}.meta.sync.revision") or 0,
        data,
    )

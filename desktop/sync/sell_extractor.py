"""The extract stage of a sync with Zendesk Sell: reads what changed into the feeds of the mirror.

Where the plan has no Sync API, lists are read from the newest change back to the last reading; who
was deleted shows once a day, when a whole list is read.
https://developer.zendesk.com/api-reference/sales-crm/sync/introduction/
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from desktop.clients.sell.client import SellClient
from desktop.model.sell_record import (
    SellCustomField,
    SellRecordKind,
    with_field_ids,
)
from desktop.store.feed_repository import SELL_FEEDS, FeedState
from desktop.store.sell_feed_repository import SellChange
from desktop.sync.sync_context import SyncContext

# What a list may be behind a change; a service's clock differs from this computer's.
_OVERLAP_S = 300.0
_SWEEP_INTERVAL_S = 86_400.0
OnRead = Callable[[int], None]


@dataclass(frozen=True)
class _Position:
    """How far a list of Sell was read: changes before `until`, everybody at `swept_at` (Unix s)."""

    until: float = 0.0
    swept_at: float = 0.0

    @classmethod
    def of(cls, feed: FeedState) -> "_Position":
        try:
            return msgspec.json.decode(feed.cursor, type=cls) if feed.cursor else cls()
        except msgspec.MsgspecError:
            return cls()

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()


class SellExtractor:
    """Reads Sell's feeds for one run; `on_read` is called with the number of records of a page."""

    def __init__(self, context: SyncContext, on_read: OnRead = lambda _count: None) -> None:
        self._context = context
        self._on_read = on_read
        self._feeds = context.store.sell_feeds

    async def extract(self) -> None:
        """Extract contacts and leads: a deletion of one asks whether there is the other.

        Raises UserDecisionNeeded where Sell is not connected, and what Sell answers.
        """
        sell = self._context.require_sell()
        await self._follow_account(sell)
        for kind in SellRecordKind:
            await self._poll(sell, kind)

    async def _follow_account(self, sell: SellClient) -> None:
        """Forget pairs and feeds of another Sell account than the one the token is for."""
        pairs, account = self._context.store.sell_pairs, await sell.account()
        known = await pairs.get_account()
        if known == account.id:
            return
        for feed in SELL_FEEDS.values():
            await self._context.store.feeds.delete(feed)
        await pairs.set_account(account.id)

    async def _poll(self, sell: SellClient, kind: SellRecordKind) -> None:
        """Read what changed since the last reading; once a day everybody, for deletions."""
        now = self._context.clock.now()
        feeds, name = self._context.store.feeds, SELL_FEEDS[kind]
        position = _Position.of(await feeds.begin_reading(name, now))
        definitions = await sell.list_custom_fields(kind.value)
        is_sweep = now - position.swept_at >= _SWEEP_INTERVAL_S
        if is_sweep:
            reading = uuid.uuid4().hex[:12]
            await self._read_pages(sell, kind, "id:asc", definitions, reading=reading)
            await self._find_deleted(sell, kind, reading)
            position = _Position(now, now)
        else:
            since = position.until - _OVERLAP_S
            await self._read_pages(sell, kind, "updated_at:desc", definitions, since=since)
            position = _Position(now, position.swept_at)
        await feeds.set_cursor(name, position.encode())
        await feeds.end_reading(name, self._context.clock.now(), whole=is_sweep)

    async def _read_pages(
        self,
        sell: SellClient,
        kind: SellRecordKind,
        sort_by: str,
        definitions: Sequence[SellCustomField],
        *,
        since: float = 0.0,
        reading: str = "",
    ) -> None:
        """Read pages of a list, newest first until a change before `since`, else all of them."""
        cursor = (await self._context.store.feeds.get_state(SELL_FEEDS[kind])).cursor
        page, is_last = 1, False
        while not is_last:
            people, is_last = await sell.list_people_page(kind, page, sort_by)
            is_last = is_last or any((one.updated_at or since) < since for one in people)
            changes = [SellChange(with_field_ids(one, definitions)) for one in people]
            await self._feeds.save(kind, changes, cursor, reading)
            self._on_read(len(people))
            page += 1

    async def _find_deleted(self, sell: SellClient, kind: SellRecordKind, reading: str) -> None:
        """Ask for each record that a whole reading did not see: a page may have missed it."""
        while unseen := await self._feeds.list_unseen(kind, reading):
            there = await sell.show_people(kind, unseen)
            gone = [number for number in unseen if number not in there]
            await self._feeds.settle_unseen(kind, reading, list(there), gone)

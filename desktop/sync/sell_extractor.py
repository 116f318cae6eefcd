"""The extract stage of a sync with Zendesk Sell: reads what changed into the feeds of the mirror.

Sell's Sync API tells changes and deletions, each until it is acknowledged. Where the plan has none,
lists are read from the newest change back to the last reading; who was deleted shows once a day,
when a whole list is read.
https://developer.zendesk.com/api-reference/sales-crm/sync/introduction/
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from desktop.clients.sell.change_feed import SellChangeFeed, SellQueueItem
from desktop.clients.sell.client import SellClient
from desktop.kit.errors import Forbidden, NotFound
from desktop.model.sell_record import (
    SellCustomField,
    SellRecordKind,
    with_field_ids,
)
from desktop.store.mirror_feed_repository import SELL_FEEDS, SELL_PRODUCTS_FEED, FeedState
from desktop.store.process_identity import machine_id
from desktop.store.sell_feed_repository import SellChange
from desktop.sync.sync_context import SyncContext
from desktop.writing.write_protocol import Checkpoint

# What a list may be behind a change; a service's clock differs from this computer's.
_OVERLAP_S = 300.0
_SWEEP_INTERVAL_S = 86_400.0
# Of this app's device ids alone.
_DEVICES = uuid.UUID("6f1c2a52-0c6f-4b4e-9a1d-6d0c1f5f8a10")
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
    """Reads Sell's feeds for one run; `on_read` is called with the number of records of a page.

    `checkpoint` is called between saving and acknowledging; the fault tests kill the process there.
    """

    def __init__(
        self,
        context: SyncContext,
        on_read: OnRead = lambda _count: None,
        checkpoint: Checkpoint = lambda _name: None,
    ) -> None:
        self._context = context
        self._on_read = on_read
        self._checkpoint = checkpoint
        # By Sell's page of custom fields: they change seldom, and by name alone.
        self._definitions: dict[SellRecordKind, tuple[SellCustomField, ...]] = {}
        self._feeds = context.store.sell_feeds

    async def extract(self) -> None:
        """Extract contacts and leads: a deletion of one asks whether there is the other.

        Raises UserDecisionNeeded where Sell is not connected, and what Sell answers.
        """
        sell = self._context.require_sell()
        await follow_sell_account(self._context, sell)
        now = self._context.clock.now()
        for kind in SellRecordKind:
            self._definitions[kind] = await sell.list_custom_fields(kind.value)
            await self._context.store.feeds.begin_reading(SELL_FEEDS[kind], now)
        try:
            await self._take_queue(SellChangeFeed(sell, await self._device()))
        except Forbidden:
            # By plan (docs/zendesk-sell.md 9), also where the plan ended since the session began.
            for kind in SellRecordKind:
                await self._poll(sell, kind, now)
            return
        for kind in SellRecordKind:
            await self._end_reading(kind, replace(await self._position(kind), until=now))

    async def _device(self) -> str:
        """Return this device's id for the Sync API: of this workspace, machine and mirror.

        A copy of the workspace on another machine, and a mirror that was lost, are new devices,
        which get everything: two with one id would take each other's changes.
        """
        store = self._context.store
        feed = await store.feeds.get_state(SELL_FEEDS[SellRecordKind.CONTACT])
        computer = await store.accounts.get_computer_id()
        return str(uuid.uuid5(_DEVICES, f"{computer} {machine_id()} {feed.generation}"))

    async def _take_queue(self, feed: SellChangeFeed) -> None:
        """Take all that Sell has queued for this device; acknowledged once it is stored."""
        while (session := await feed.start()) is not None:
            taken = 0
            while items := await _fetch(feed, session, has_taken=taken > 0):
                await self._save_items(items)
                self._checkpoint("sell saved")
                await feed.acknowledge([item.ack_key for item in items])
                self._checkpoint("sell acknowledged")
                taken += len(items)
                self._on_read(len(items))
            if not taken:
                # Announced, and not handed out yet: Sell is eventually consistent.
                return

    async def _save_items(self, items: Sequence[SellQueueItem]) -> None:
        for kind in SellRecordKind:
            changes = [
                SellChange(with_field_ids(item.person, self._definitions[kind]), item.revision)
                for item in items
                if item.person is not None and item.person.kind is kind
            ]
            if changes:
                cursor = (await self._position(kind)).encode()
                await self._feeds.save(kind, changes, cursor)

    async def _position(self, kind: SellRecordKind) -> _Position:
        return _Position.of(await self._context.store.feeds.get_state(SELL_FEEDS[kind]))

    async def _poll(self, sell: SellClient, kind: SellRecordKind, now: float) -> None:
        """Read what changed since the last reading; once a day everybody, for deletions."""
        position = await self._position(kind)
        if now - position.swept_at >= _SWEEP_INTERVAL_S:
            reading = uuid.uuid4().hex[:12]
            await self._read_pages(sell, kind, "id:asc", reading=reading)
            await self._find_deleted(sell, kind, reading)
            return await self._end_reading(kind, _Position(now, now))
        since = position.until - _OVERLAP_S
        await self._read_pages(sell, kind, "updated_at:desc", since=since)
        return await self._end_reading(kind, replace(position, until=now))

    async def _end_reading(self, kind: SellRecordKind, position: _Position) -> None:
        feeds, name = self._context.store.feeds, SELL_FEEDS[kind]
        await feeds.set_cursor(name, position.encode())
        await feeds.end_reading(name, self._context.clock.now())

    async def _read_pages(
        self,
        sell: SellClient,
        kind: SellRecordKind,
        sort_by: str,
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
            changes = [SellChange(with_field_ids(one, self._definitions[kind])) for one in people]
            await self._feeds.save(kind, changes, cursor, reading)
            self._on_read(len(people))
            page += 1

    async def _find_deleted(self, sell: SellClient, kind: SellRecordKind, reading: str) -> None:
        """Ask for each record that a whole reading did not see: a page may have missed it."""
        while unseen := await self._feeds.list_unseen(kind, reading):
            there = await sell.show_people(kind, unseen)
            gone = [number for number in unseen if number not in there]
            await self._feeds.settle_unseen(kind, reading, list(there), gone)


async def _fetch(
    feed: SellChangeFeed, session: str, *, has_taken: bool
) -> tuple[SellQueueItem, ...]:
    """Take items of a session's queue; none where it is drained, or over since some were taken.

    Sell keeps a hundred sessions of all devices: what is not acknowledged comes in the next one.
    """
    try:
        return await feed.fetch(session)
    except NotFound:
        if not has_taken:
            raise
        return ()


async def follow_sell_account(context: SyncContext, sell: SellClient) -> None:
    """Forget pairs and feeds of another Sell account than the one the token is for."""
    pairs, account = context.store.sell_pairs, await sell.account()
    if await pairs.get_account() == account.id:
        return
    for feed in (*SELL_FEEDS.values(), SELL_PRODUCTS_FEED):
        await context.store.feeds.delete(feed)
    await pairs.set_account(account.id)

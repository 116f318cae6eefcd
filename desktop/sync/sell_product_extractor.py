"""The extract stage of a sync of Zendesk Sell's products: reads their whole list.

Sell's Sync API tells products too, but they are few, and their plan has no other kind of feed.
"""

import uuid
from collections.abc import Callable

from desktop.store.mirror_feed_repository import SELL_PRODUCTS_FEED
from desktop.sync.sell_extractor import follow_sell_account
from desktop.sync.sync_context import SyncContext

OnRead = Callable[[int], None]


async def extract_sell_products(context: SyncContext, on_read: OnRead = lambda _n: None) -> None:
    """Read all products of Sell into their feed; `on_read` gets the number of each page.

    Raises Forbidden where the plan has no products (docs/zendesk-sell.md 1).
    """
    sell, feeds = context.require_sell(), context.store.feeds
    await follow_sell_account(context, sell)
    await feeds.begin_reading(SELL_PRODUCTS_FEED, context.clock.now())
    reading, page, is_last = uuid.uuid4().hex[:12], 1, False
    while not is_last:
        products, is_last = await sell.list_products_page(page)
        await context.store.sell_products.save(products, reading)
        on_read(len(products))
        page += 1
    await context.store.sell_products.mark_deleted(reading)
    await feeds.end_reading(SELL_PRODUCTS_FEED, context.clock.now())

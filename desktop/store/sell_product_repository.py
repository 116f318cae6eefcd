"""The feed of Zendesk Sell's products in the mirror, as its list tells them."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from desktop.model.sell_product import SellProduct
from desktop.store.database_call import database_call
from desktop.store.mirror_feed_repository import (
    SELL_PRODUCTS_FEED,
    iter_feed_pages,
    save_cursor,
    select_feed,
)
from desktop.store.repository import Repository

_KIND = "product"


class SellProductRepository(Repository):
    """Saves and reads products of Sell in the table `feed_sell` of `mirror.db`."""

    @database_call
    def save(self, products: Iterable[SellProduct], reading: str) -> None:
        """Save a page of the list's reading of this name; one that is as before keeps its place."""

        def act(connection: sqlite3.Connection) -> None:
            state = select_feed(connection, SELL_PRODUCTS_FEED)
            seq = state.seq
            for product in products:
                body = msgspec.json.encode(product).decode()
                kept = connection.execute(
                    "SELECT body, seq FROM feed_sell WHERE id = ?", (product.record_id,)
                ).fetchone()
                is_same = kept is not None and kept["body"] == body
                seq += not is_same
                connection.execute(
                    "INSERT OR REPLACE INTO feed_sell (id, kind, email_hash, active, revision,"
                    " reading, body, seq) VALUES (?, ?, '', 1, 0, ?, ?, ?)",
                    (product.record_id, _KIND, reading, body, kept["seq"] if is_same else seq),
                )
            save_cursor(connection, SELL_PRODUCTS_FEED, state.cursor, seq)

        self._database.write(act)

    @database_call
    def mark_deleted(self, reading: str) -> None:
        """Mark as deleted the products that a reading of the whole list did not see."""

        def act(connection: sqlite3.Connection) -> None:
            state = select_feed(connection, SELL_PRODUCTS_FEED)
            seq = state.seq
            for row in connection.execute(
                "SELECT id, body FROM feed_sell WHERE kind = ? AND active AND reading <> ?",
                (_KIND, reading),
            ).fetchall():
                seq += 1
                gone = replace(_decode(row["body"]), is_deleted=True)
                connection.execute(
                    "UPDATE feed_sell SET active = 0, body = ?, seq = ? WHERE id = ?",
                    (msgspec.json.encode(gone).decode(), seq, row["id"]),
                )
            save_cursor(connection, SELL_PRODUCTS_FEED, state.cursor, seq)

        self._database.write(act)

    @database_call
    def get(self, record_id: str) -> SellProduct | None:
        """Select one product (`product-6001`), a deleted one too, or None."""
        row = self._database.read(
            lambda c: c.execute(
                "SELECT body FROM feed_sell WHERE id = ? AND kind = ?", (record_id, _KIND)
            ).fetchone()
        )
        return _decode(row["body"]) if row else None

    @database_call
    def is_sku_sold(self, sku: str) -> bool:
        """Whether an active product has this SKU, which Sell lets several have."""
        sql = (
            "SELECT 1 FROM feed_sell WHERE kind = ? AND active"
            " AND json_extract(body, '$.sku') = ? AND json_extract(body, '$.active')"
        )
        return self._database.read(lambda c: c.execute(sql, (_KIND, sku)).fetchone() is not None)

    def iter_products(self, after: int = 0, up_to: int | None = None) -> Iterator[SellProduct]:
        """Yield products whose change number is above `after`."""
        sql = (
            "SELECT seq AS key, body FROM feed_sell WHERE kind = ? AND seq > ? AND seq <= ?"
            " ORDER BY seq"
        )
        for body in iter_feed_pages(self._database, sql, (_KIND,), after, up_to):
            yield _decode(body)


def _decode(body: str) -> SellProduct:
    return msgspec.json.decode(body, type=SellProduct)

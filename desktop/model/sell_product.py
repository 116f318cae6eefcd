"""Products of Zendesk Sell, and the item of Sailthru's content that each becomes.

Sell keeps no address of a product, and content is keyed by its URL: one is built of a pattern.
https://developer.zendesk.com/api-reference/sales-crm/resources/products/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import quote, urlsplit

from desktop.model.instant import FieldValue

# Leads nowhere (RFC 2606), until somebody says where the shop is.
PLACEHOLDER_PATTERN = "http://www.example.com/{sku}"
PLACEHOLDER_TEXT = "a placeholder that leads nowhere: set the pattern of addresses in Mapping"
_PARTS = ("{sku}", "{id}")


@dataclass(frozen=True)
class SellProduct:
    """A product of Sell; `prices` are (amount, currency). `is_deleted`: only a feed knows that."""

    id: int
    name: str
    sku: str = ""
    description: str = ""
    active: bool = True
    prices: tuple[tuple[Decimal, str], ...] = ()
    updated_at: float | None = None
    is_deleted: bool = False

    @property
    def record_id(self) -> str:
        """A product's id in syncs: `product-6001`."""
        return f"product-{self.id}"

    @property
    def is_sold(self) -> bool:
        """Whether the product is active in Sell, and not deleted."""
        return self.active and not self.is_deleted


@dataclass(frozen=True)
class ProductRule:
    """How products become content: `url` is the pattern of addresses, with {sku} or {id}.

    `currency`: of which of its prices; empty: the first one.
    """

    url: str = PLACEHOLDER_PATTERN
    currency: str = ""

    @property
    def is_placeholder(self) -> bool:
        """Whether nobody has said yet where products stand."""
        return self.url.strip() == PLACEHOLDER_PATTERN


PLACEHOLDER_ADDRESSES = ProductRule()


def price_in_cents(product: SellProduct, currency: str) -> tuple[int, str] | None:
    """Return a product's price as Sailthru takes it, in hundredths, and its currency; or None."""
    wanted = currency.strip().upper()
    for amount, named in product.prices:
        if not wanted or named.upper() == wanted:
            cents = (amount * 100).quantize(Decimal(1), ROUND_HALF_UP)
            return int(cents), named
    return None


def content_url(fields: Mapping[str, FieldValue], rule: ProductRule) -> str:
    """Build the URL of a product's item; "" where it lacks what the pattern asks for."""
    url = rule.url.strip()
    for part in _PARTS:
        if part not in url:
            continue
        value = str(fields.get(part.strip("{}")) or "").strip()
        if not value:
            return ""
        url = url.replace(part, quote(value, safe=""))
    return url


def url_pattern_problem(pattern: str) -> str:
    """Say why a pattern builds no address for each product, or ""."""
    parts = urlsplit(pattern.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "The addresses of products begin with https:// and a host."
    if not any(part in pattern for part in _PARTS):
        return "The addresses of products need {sku} or {id}: else all are one item in Sailthru."
    return ""

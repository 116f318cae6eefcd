"""A product of Zendesk Sell as an item of Sailthru's content: its address and its price."""

from decimal import Decimal

import pytest

from desktop.model.instant import FieldValue
from desktop.model.sell_product import (
    PLACEHOLDER_PATTERN,
    ProductRule,
    SellProduct,
    content_url,
    price_in_cents,
    url_pattern_problem,
)


@pytest.mark.parametrize(
    ("pattern", "fields", "expected"),
    [
        (PLACEHOLDER_PATTERN, {"sku": "CHAIR-OAK"}, "http://www.example.com/CHAIR-OAK"),
        (
            "https://shop.example/p?{sku}",
            {"sku": "A/B 1&2"},
            "https://shop.example/p?A%2FB%201%262",
        ),
        ("https://shop.example/{id}", {"id": 6004, "sku": ""}, "https://shop.example/6004"),
        (PLACEHOLDER_PATTERN, {"id": 6004, "sku": " "}, ""),
        (PLACEHOLDER_PATTERN, {}, ""),
    ],
)
def test_content_url_is_one_for_each_product(
    pattern: str, fields: dict[str, FieldValue], expected: str
) -> None:
    assert content_url(fields, ProductRule(pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "is_wrong"),
    [
        (PLACEHOLDER_PATTERN, False),
        ("https://shop.example/{id}", False),
        ("https://shop.example/all", True),
        ("shop.example/{sku}", True),
        ("ftp://shop.example/{sku}", True),
    ],
)
def test_url_pattern_needs_a_host_and_what_tells_products_apart(
    pattern: str, is_wrong: bool
) -> None:
    assert bool(url_pattern_problem(pattern)) is is_wrong


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("", (39_900, "EUR")), ("usd", (42_999, "USD")), ("CHF", (1, "CHF")), ("JPY", None)],
)
def test_price_is_a_whole_number_of_cents(currency: str, expected: tuple[int, str] | None) -> None:
    amounts = (("399", "EUR"), ("429.99", "USD"), ("0.005", "CHF"))
    product = SellProduct(1, "Chair", prices=tuple((Decimal(one), name) for one, name in amounts))
    assert price_in_cents(product, currency) == expected

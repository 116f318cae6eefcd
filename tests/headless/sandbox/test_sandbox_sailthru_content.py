"""Endpoint `content` of the Sailthru sandbox: docs/sailthru.md 2.7, fact by fact."""

from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

_URL = "https://shop.example/lamp"


def test_content_is_made_by_url_and_found_by_sku(writable_sandbox: SandboxClient) -> None:
    item = {
        "id": _URL, "key": "url", "keys": {"sku": "lamp-1"}, "title": "Lamp", "price": 1999,
        "tags": "light, home",
    }  # fmt: skip
    made = writable_sandbox.sailthru("POST", "content", item)
    expected = {
        "url": _URL, "sku": "lamp-1", "title": "Lamp", "price": 1999, "tags": ["light", "home"],
    }  # fmt: skip
    assert (made.status, made.body) == (200, {"content": [expected]})
    found = writable_sandbox.sailthru("GET", "content", {"id": "lamp-1", "key": "sku"})
    assert found.body == expected
    changed = writable_sandbox.sailthru(
        "POST", "content", {"id": "lamp-1", "key": "sku", "inventory": 0}
    )
    assert changed.body == {"content": [expected | {"inventory": 0}]}
    newest = writable_sandbox.sailthru("GET", "content", {"items": 1})
    assert newest.body == changed.body


@pytest.mark.parametrize(
    ("method", "data", "status", "message"),
    [
        ("GET", {"id": _URL}, 404, f"Content not found: {_URL}"),
        ("GET", {"id": "x", "key": "sku"}, 404, "Content not found: x"),
        ("GET", {"id": "x", "key": "ean"}, 400, "Content is not enabled for ean lookup"),
        ("POST", {"title": "Lamp"}, 400, "Missing required parameter: id/url"),
        ("POST", {"id": "lamp"}, 400, "Invalid Url: lamp"),
        ("POST", {"id": "lamp-9", "key": "sku"}, 400, "You may not insert a content without url"),
        ("POST", {"id": _URL, "price": 19.99}, 400, "Invalid value for price"),
    ],
)
def test_content_refused_says_why(
    read_only_sandbox: SandboxClient, method: str, data: dict[str, Any], status: int, message: str
) -> None:
    answer = read_only_sandbox.sailthru(method, "content", data)
    assert (answer.status, answer.body) == (status, {"error": 99, "errormsg": message})

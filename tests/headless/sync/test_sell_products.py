"""Products of Zendesk Sell become items of Sailthru's content, over HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput
from desktop.model.sell_product import PLACEHOLDER_TEXT
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome
from desktop.sync.mapping_trial import compute_trial_row, read_trial_customer
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_presets import SELL_PRODUCTS_TO_CONTENT
from tests.support import sell_cases, sync_cases
from tests.support.sandbox_servers import SandboxServers

SHOP = "https://shop.example/{sku}"


def create_product(servers: SandboxServers, sku: str, **values: Any) -> int:
    wanted = {"name": f"Product {sku}", "sku": sku, "active": True, **values}
    status, body = servers.sell_request("POST", "/v2/products", wanted)
    assert status in (200, 201), body
    return int(body["data"]["id"])


async def read_item(house: WorkspaceServices, sku: str) -> dict[str, Any] | None:
    record = await build_sync_context(house).content.read(SHOP.format(sku=sku))
    return dict(record.fields) if record is not None else None


def save_sync(house: WorkspaceServices, **changes: Any) -> Sync:
    sync = sell_cases.save_sell_preset(house, SELL_PRODUCTS_TO_CONTENT)
    # Of the test alone: the sandbox has products of its own.
    rule = replace(sync.source.products, url=SHOP, currency="EUR")
    sync = replace(sync, source=replace(sync.source, where=(), products=rule), **changes)
    return house.store.syncs.save.blocking(sync, house.context.clock.now())


async def test_products_become_items_are_kept_alike_and_set_back(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    prices = [{"amount": "12.5", "currency": "USD"}, {"amount": "9.99", "currency": "EUR"}]
    chair = create_product(sync_sandbox, "T-1", prices=prices, description="Oak")
    old = create_product(sync_sandbox, "T-2", active=False)
    nameless = create_product(sync_sandbox, "", name="Advice")
    sync = save_sync(sell_services)
    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    rows = {row.source_id: row for row in sync_cases.plan_rows(sell_services.store, plan.id)}
    assert rows[f"product-{chair}"].fate is PlannedOutcome.CREATE
    assert rows[f"product-{old}"].fate is PlannedOutcome.SKIPPED
    assert (rows[f"product-{nameless}"].fate, rows[f"product-{nameless}"].cause) == (
        PlannedOutcome.CORRECTION,
        "no SKU",
    )
    assert await read_item(sell_services, "T-1") is None

    for words in ("T-1", str(chair)):
        tried = await read_trial_customer(build_sync_context(sell_services), sync, words)
        row = compute_trial_row(sync, tried, sell_services.context.clock.now())
        assert (row.source_id, row.fate) == (f"product-{chair}", PlannedOutcome.CREATE)

    run = await sync_cases.run_sync(sell_services, sync, plan_id=plan.id)
    assert run.totals["failed"] == 0
    item = await read_item(sell_services, "T-1")
    assert item is not None
    expected = {"title": "Product T-1", "description": "Oak", "sku": "T-1", "price": 999}
    assert {name: item[name] for name in expected} == expected
    assert (item["vars.currency"], item["vars.sell_active"]) == ("EUR", "true")

    again = await sync_cases.run_sync(sell_services, sync)
    assert (again.totals["created"], again.totals["updated"]) == (0, 0)
    # Not sold any more: the item stays, marked; what somebody else set there stays too.
    await build_sync_context(sell_services).sailthru.client.post_content(
        SHOP.format(sku="T-1"), {"vars": {"season": "winter", "sell_active": "true"}}
    )
    sync_sandbox.sell_request("PUT", f"/v2/products/{chair}", {"active": False})
    stopped = await sync_cases.run_sync(sell_services, sync)
    assert stopped.totals["updated"] == 1
    item = await read_item(sell_services, "T-1")
    assert item is not None
    assert (item["vars.sell_active"], item["vars.season"]) == ("false", "winter")
    # Another product that is sold under its SKU has the item from then on.
    create_product(sync_sandbox, "T-1", name="Product, new", prices=prices)
    assert (await sync_cases.run_sync(sell_services, sync)).totals["updated"] == 1
    item = await read_item(sell_services, "T-1")
    assert item is not None
    assert (item["title"], item["vars.sell_active"]) == ("Product, new", "true")

    # Read as a whole again, the old product with that SKU has no say.
    full = await build_runner(sell_services, sync.name).preview(sync, "Ada", full=True)
    rows = {row.source_id: row for row in sync_cases.plan_rows(sell_services.store, full.id)}
    assert f"product-{chair}" not in rows

    planner = RollbackPlanner(build_sync_context(sell_services))
    with pytest.raises(InvalidInput, match="can be undone"):
        await planner.build_plan(run.id, "Ada")
    sync_sandbox.sell_request("DELETE", f"/v2/products/{nameless}")


async def test_products_at_placeholder_addresses_are_flagged(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    number = create_product(sync_sandbox, "T-9")
    sync = sell_cases.save_sell_preset(sell_services, SELL_PRODUCTS_TO_CONTENT)
    sync = replace(sync, source=replace(sync.source, where=()))
    sync = sell_services.store.syncs.save.blocking(sync, sell_services.context.clock.now())
    plan = await build_runner(sell_services, sync.name).preview(sync, "Ada")
    rows = {row.source_id: row for row in sync_cases.plan_rows(sell_services.store, plan.id)}
    urls = [change for change in rows[f"product-{number}"].changes if change.field == "url"]
    assert [(one.new, one.reason) for one in urls] == [
        ("http://www.example.com/T-9", PLACEHOLDER_TEXT)
    ]
    with pytest.raises(InvalidInput, match="else all are one item"):
        sell_services.syncs.change_fields(
            sync.name, [("source.products.url", "https://shop.example/all")]
        )

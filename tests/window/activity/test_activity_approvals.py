"""Allowed limits among what syncs did, on the page Activity."""

import os

from desktop.sync.sync_presets import PresetNames, build_preset
from desktop.viewmodels.activity.activity_row import ActivityFilter
from tests.support.activity_page_driver import ActivityPageDriver
from tests.support.window_workspace import wait_until


async def test_allowed_limit_is_listed_with_who_and_for_how_many(
    offline_page: ActivityPageDriver,
) -> None:
    store = offline_page.house.store
    preset = build_preset("zendesk-to-sailthru", PresetNames("box", "smart", "mark", "high"))
    sync = store.syncs.save.blocking(preset, 1.0)
    plan = store.plans.begin.blocking(sync, "Ada Admin", 1.0)
    store.plans.approvals.add.blocking(plan, "opted_out", "7601", "Ada Admin", 2.0, people=38)
    model, page = offline_page.model, offline_page.page
    page.resize(1060, 500)
    page.show()
    model.set_visible(True)
    model.set_filter(ActivityFilter.SYNCS, "")
    await wait_until(lambda: model.table_model.rowCount() == 1)
    row = model.table_model.row_at(0)
    assert row is not None
    assert (row.actor, row.state) == ("Ada Admin", "Allowed")
    assert row.change_text == "38 people would be opted out further"
    model.select(row.id)
    await wait_until(lambda: model.detail_view() is not None)
    assert model.customer_query(row.id) == ""
    if folder := os.environ.get("SHOTS"):
        page.grab().save(f"{folder}/activity-approval.png")

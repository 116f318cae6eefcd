"""The page Sync from nothing to a run: added, switched on, previewed, ticked, written."""

import asyncio
import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.model.sync_run import RunState
from desktop.panels.syncs.new_sync_dialog import NewSyncDialog
from tests.support.accessibility_checks import controls_without_name
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import CTRL, Key


def read_profile(desk: SyncPageDriver, address: str) -> dict[str, Any]:
    """What the official client reads of an address; its `error` where there is nobody."""
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    asked = {"id": address, "key": "email", "fields": {"vars": 1, "lists": 1}}
    body: dict[str, Any] = client.api_get("user", asked).get_body()
    return body


async def test_sync_page_preset_is_added_enabled_previewed_and_run(desk: SyncPageDriver) -> None:
    assert "keeps Zendesk and Sailthru alike" in desk.visible_texts(desk.page)
    # The page may stand before anybody is signed in.
    await desk.wait_until(lambda: desk.find_one("Add Zendesk to Sailthru", QPushButton).isEnabled())
    desk.click("Add Zendesk to Sailthru")
    await desk.wait_until(lambda: desk.models.page.selected_sync() is not None)
    card = desk.page.sync_list.card(TO_SAILTHRU)
    assert card is not None
    assert card.view().state_label == "Off"
    assert not desk.page.header.run_button.isEnabled()
    assert "not checked" in desk.page.header.run_button.accessibleDescription()
    desk.click("Switched on")
    await desk.wait_until(lambda: desk.read_sync().on)
    await desk.wait_until(lambda: desk.page.header.run_button.isEnabled())
    assert not desk.sandbox.logged_writes()

    await desk.make_preview()
    assert not desk.sandbox.logged_writes()
    left_out = desk.row_index("priya@nair.example")
    desk.view.activateWindow()
    desk.rows.setFocus()
    await desk.wait_until(desk.rows.hasFocus)
    desk.rows.setCurrentIndex(desk.models.plan.table_model.index(left_out, 1))
    desk.press(Key.Key_Space)
    await desk.wait_until(lambda: not desk.stored_row("priya@nair.example").ticked)
    plan = desk.models.plan.view()
    assert plan is not None
    desk.click(plan.write_label)
    run = await desk.wait_for_run_end()
    assert run.totals["created"] + run.totals["updated"] > 0
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    priya = await asyncio.to_thread(read_profile, desk, "priya@nair.example")
    assert maria["vars"]["zendesk_id"] == 7701
    assert "zendesk_id" not in (priya.get("vars") or {})
    await desk.wait_until(
        lambda: "updated" in (desk.page.sync_list.card(TO_SAILTHRU).view().last_run_text)
    )
    assert controls_without_name(desk.page) == []


async def test_sync_page_second_sync_is_added_from_list(desk: SyncPageDriver) -> None:
    await desk.add_preset(on=False)
    desk.click("New sync…")
    dialog = desk.front_dialog()
    assert isinstance(dialog, NewSyncDialog)
    assert not dialog.findChildren(QPushButton, "Add Zendesk to Sailthru")
    dialog.findChild(QPushButton, "Add High-value tagging").click()
    await desk.wait_until(lambda: desk.page.sync_list.card("high-value-tagging") is not None)
    await desk.wait_until(lambda: desk.models.page.selected_name == "high-value-tagging")


async def test_sync_page_waiting_count_is_on_navigation_rail(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    rail = desk.view.navigation_rail.page("sync")
    await desk.wait_until(lambda: "1 sync waits" in rail.accessibleDescription())
    assert desk.page.sync_list.card(TO_SAILTHRU).view().state_label == "Needs correction"


async def test_sync_page_preview_cancels_within_a_second(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    desk.sandbox.control("POST", "speed", {"latency_ms": 700})
    await desk.press_preview()
    model = desk.models.page
    await desk.wait_until(lambda: model.selected_sync().active_run is not None, 20)
    cancel = desk.find_one("Cancel the run", QPushButton)
    await desk.wait_until(cancel.isEnabled)
    desk.click(cancel)
    await desk.wait_until(lambda: model.selected_sync().active_run is None, 10)
    desk.sandbox.control("POST", "speed", {"latency_ms": 0})
    assert model.selected_sync().plan is None
    assert not desk.sandbox.logged_writes()
    assert desk.house.store.runs.list_runs(TO_SAILTHRU) == ()


async def test_sync_page_run_with_revoked_key_is_resumed(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.sandbox.set_faults("sailthru:POST /job:401")
    desk.models.plan.write_plan()
    run = await desk.wait_for_run_end("failed")
    assert run.error
    await desk.wait_until(lambda: desk.find_all("Resume"))
    assert "stopped before it was done" in desk.visible_texts(desk.page)
    desk.sandbox.set_faults()
    desk.click("Resume")
    again = await desk.wait_for_run_end()
    assert again.id == run.id
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    assert maria["vars"]["zendesk_id"] == 7701


async def test_sync_page_as_agent_shows_reason(agent_desk: SyncPageDriver) -> None:
    button = agent_desk.page.sync_list.new_button
    # Until somebody is signed in there is another reason.
    await agent_desk.wait_until(lambda: "may not run syncs" in button.accessibleDescription())
    assert not button.isEnabled()
    assert "may not run syncs" in agent_desk.visible_texts(agent_desk.page)


async def test_sync_page_history_names_and_opens_customers(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.models.plan.write_plan()
    run = await desk.wait_for_run_end()
    await desk.open_run(run.id)
    await desk.wait_until(lambda: len(desk.models.history.run_detail().last_customers) == 5)
    name, _query = desk.models.history.run_detail().last_customers[0]
    await desk.wait_until(lambda: desk.find_all(f"Open {name}"))
    desk.click(f"Open {name}")
    await desk.is_lookup_finished()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.address == name
    desk.press(Key.Key_2, CTRL)
    assert desk.page.isVisible()


async def test_sync_page_changes_appear_in_activity_and_link_run(
    desk: SyncPageDriver, tmp_path: Path
) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.models.plan.write_plan()
    run = await desk.wait_for_run_end()
    written = run.totals["created"] + run.totals["updated"]
    desk.press(Key.Key_3, CTRL)
    model = desk.window.page_factory._activity_model
    await desk.wait_until(
        lambda: model.list_state().text.startswith("Nothing has been changed here")
    )
    desk.click("By syncs")
    await desk.wait_until(lambda: model.table_model.rowCount() == written)
    row = model.table_model.row_at(0)
    assert row.reason_text == f"by Zendesk to Sailthru: run {run.id}"
    assert "zendesk_id: not set → 77" in row.change_text
    assert row.state == "Confirmed"
    desk.click("Search the changes", QLineEdit)
    desk.type("maria@lopez")
    await desk.wait_until(lambda: model.table_model.rowCount() == 1)
    file = tmp_path / "by-syncs.json"
    model.export(str(file), "json")
    await desk.wait_until(file.exists)
    (told,) = json.loads(file.read_text("utf-8"))["rows"]
    assert told["customer"] == "maria@lopez.example"
    desk.press(Key.Key_Tab)
    await desk.tab_to("Changes")
    desk.press(Key.Key_Down)
    await desk.wait_until(lambda: desk.find_all("Show the run"))
    desk.save_screenshot("by-syncs")
    desk.click("Show the run")
    await desk.wait_until(lambda: f"Run {run.id}: done" in desk.visible_texts(desk.page))
    assert desk.page.isVisible()


async def test_sync_page_run_is_rolled_back(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    await desk.make_preview()
    desk.models.plan.write_plan()
    run = await desk.wait_for_run_end()
    await desk.open_run(run.id)
    await desk.wait_until(lambda: desk.find_all("Roll back…"))
    desk.click("Roll back…")
    await desk.wait_until(lambda: desk.models.page.selected_sync().open_plan is not None, 40)
    await desk.wait_until(lambda: f"takes run {run.id} back" in desk.visible_texts(desk.page))
    desk.models.plan.write_plan()
    await desk.wait_until(
        lambda: desk.house.store.runs.list_runs(TO_SAILTHRU, 1)[0].id != run.id, 40
    )
    back = await desk.wait_for_run_end()
    await desk.open_run(back.id)
    await desk.wait_until(lambda: f"rollback of run {run.id}" in desk.visible_texts(desk.page))
    assert not desk.find_all("Roll back…")
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    assert not maria["vars"].get("zendesk_id")


async def test_sync_page_dead_process_leaves_interrupted_run(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    store = desk.house.store
    run = store.runs.begin(TO_SAILTHRU, "hand", "Ada", store_now(desk))
    store.fairlead_db.write(
        lambda c: c.execute("UPDATE run SET owner = '1:1:gone' WHERE id = ?", (int(run.id),))
    )
    desk.models.page.refresh()
    await desk.wait_until(lambda: desk.models.page.selected_sync().last_run is not None)
    assert desk.models.page.selected_sync().last_run.state is RunState.INTERRUPTED
    await desk.wait_until(lambda: "ended in the middle" in desk.visible_texts(desk.page))
    assert desk.find_all("Resume")


def store_now(desk: SyncPageDriver) -> float:
    return desk.house.context.clock.now()


async def test_sync_page_tabs_are_complete_when_selected(desk: SyncPageDriver) -> None:
    await desk.add_preset()
    tabs = desk.page.tabs
    for name in ("History", "Schedule", "Mapping", "Plan", "History"):
        desk.page.show_tab(name)
        await desk.wait_until(lambda: tabs.width() >= tabs.sizeHint().width())
        last = tabs.tabRect(tabs.count() - 1)
        assert tabs.rect().contains(last), name

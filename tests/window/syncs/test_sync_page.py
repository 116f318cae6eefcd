"""The page Sync from nothing to a run: added, switched on, previewed, ticked, written."""

import asyncio
import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.model.permission import Permission, Role
from desktop.model.sync import SourceKind
from desktop.model.sync_run import RunState
from desktop.model.sync_validation import validate_sync
from desktop.panels.syncs.new_sync_dialog import NewSyncDialog
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.text_field import TextField
from desktop.settings.settings_table import PERMISSION_SETTINGS
from tests.support.accessibility_checks import clipped_texts, controls_without_name
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


async def test_sync_page_preset_is_added_enabled_previewed_and_run(window: SyncPageDriver) -> None:
    assert "copies data from one service to the other" in window.visible_texts(window.page)
    # The page may stand before anybody is signed in.
    await window.wait_until(
        lambda: window.find_one("Add Zendesk to Sailthru", QPushButton).isEnabled()
    )
    window.click("Add Zendesk to Sailthru")
    await window.wait_until(lambda: window.models.page.selected_sync() is not None)
    card = window.page.sync_list.card(TO_SAILTHRU)
    assert card is not None
    assert card.view().state_label == "Off"
    assert not window.page.header.run_button.isEnabled()
    assert "Switch the sync on" in window.page.header.run_button.accessibleDescription()
    window.click("Switched on")
    await window.wait_until(lambda: window.read_sync().on)
    await window.wait_until(lambda: window.page.header.run_button.isEnabled())
    assert not window.sandbox.logged_writes()

    await window.make_preview()
    assert not window.sandbox.logged_writes()
    left_out = window.row_index("priya@nair.example")
    window.view.activateWindow()
    window.rows.setFocus()
    await window.wait_until(window.rows.hasFocus)
    window.rows.setCurrentIndex(window.models.plan.table_model.index(left_out, 1))
    window.press(Key.Key_Space)
    await window.wait_until(lambda: not window.stored_row("priya@nair.example").ticked)
    plan = window.models.plan.view()
    assert plan is not None
    window.click(plan.write_label)
    run = await window.wait_for_run_end()
    assert run.totals["created"] + run.totals["updated"] > 0
    maria = await asyncio.to_thread(read_profile, window, "maria@lopez.example")
    priya = await asyncio.to_thread(read_profile, window, "priya@nair.example")
    assert maria["vars"]["zendesk_id"] == 7701
    assert "zendesk_id" not in (priya.get("vars") or {})
    await window.wait_until(
        lambda: "updated" in (window.page.sync_list.card(TO_SAILTHRU).view().last_run_text)
    )
    assert controls_without_name(window.page) == []


async def test_sync_page_second_sync_is_added_from_list(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.click("New sync…")
    dialog = window.front_dialog()
    assert isinstance(dialog, NewSyncDialog)
    assert not dialog.findChildren(QPushButton, "Add Zendesk to Sailthru")
    dialog.findChild(QPushButton, "Add High-value tagging").click()
    await window.wait_until(lambda: window.page.sync_list.card("high-value-tagging") is not None)
    await window.wait_until(lambda: window.models.page.selected_name == "high-value-tagging")


async def test_sync_page_second_sync_of_a_kind_is_made_in_the_window(
    window: SyncPageDriver,
) -> None:
    await window.add_preset()
    window.show_mapping()
    window.click("New sync…")
    dialog = window.front_dialog()
    assert isinstance(dialog, NewSyncDialog)
    dialog.activateWindow()
    await window.wait_until(dialog.isActiveWindow)
    assert not dialog.add_button.isEnabled()
    dialog.form.control("kind", DropdownField).setFocus()
    window.press(Key.Key_End)
    dialog.form.control("title", TextField).setFocus()
    window.type("VIPs to Zendesk")
    assert clipped_texts(dialog) == []
    window.save_screenshot("new-sync", dialog)
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.models.page.selected_name == "vips-to-zendesk")
    made = window.read_sync("vips-to-zendesk")
    assert made.source.kind is SourceKind.SAILTHRU_LISTS
    assert not made.on
    assert validate_sync(made) == ()
    assert window.page.tabs.currentIndex() == 0

    # A copy is another sync of the same kind, which takes neither switch nor check with it.
    window.models.page.add_new(TO_SAILTHRU, "", "Zendesk to Sailthru")
    await window.wait_until(lambda: window.models.page.selected_name == "zendesk-to-sailthru-2")
    copy, old = window.read_sync("zendesk-to-sailthru-2"), window.read_sync()
    assert (copy.mapping, copy.source, copy.effects) == (old.mapping, old.source, old.effects)
    assert (copy.on, copy.checked_at, copy.preset) == (False, 0.0, "")
    await window.wait_until(lambda: window.page.sync_list.card("zendesk-to-sailthru-2") is not None)


async def test_sync_page_new_sync_opens_on_plan_in_a_narrow_window(window: SyncPageDriver) -> None:
    await window.add_preset(on=False)
    window.page.show_tab("History")
    window.view.resize(392, 860)
    await window.wait_until(
        lambda: window.page.sync_list.isVisible() and not window.page.header.isVisible()
    )
    window.models.page.add_new(TO_SAILTHRU, "", "Another")
    await window.wait_until(window.page.plan_tab.isVisible)
    assert not window.page.sync_list.isVisible()
    assert window.models.page.selected_name == "another"


async def test_sync_page_waiting_count_is_on_navigation_rail(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    rail = window.view.navigation_rail.page("sync")
    await window.wait_until(lambda: "1 sync waits" in rail.accessibleDescription())
    assert window.page.sync_list.card(TO_SAILTHRU).view().state_label == "Needs correction"


async def test_sync_page_preview_cancels_within_a_second(window: SyncPageDriver) -> None:
    await window.add_preset()
    window.sandbox.control("POST", "speed", {"latency_ms": 700})
    await window.press_preview()
    model = window.models.page
    await window.wait_until(lambda: model.selected_sync().active_run is not None, 20)
    cancel = window.find_one("Cancel the run", QPushButton)
    await window.wait_until(cancel.isEnabled)
    window.click(cancel)
    await window.wait_until(lambda: model.selected_sync().active_run is None, 10)
    window.sandbox.control("POST", "speed", {"latency_ms": 0})
    assert model.selected_sync().plan is None
    assert not window.sandbox.logged_writes()
    assert window.house.store.runs.list_runs.blocking(TO_SAILTHRU) == ()


async def test_sync_page_run_with_revoked_key_is_resumed(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.sandbox.set_faults("sailthru:POST /job:401")
    window.models.plan.write_plan()
    run = await window.wait_for_run_end("failed")
    assert run.error
    await window.wait_until(lambda: window.find_all("Resume"))
    assert "stopped before it was done" in window.visible_texts(window.page)
    window.sandbox.set_faults()
    window.click("Resume")
    again = await window.wait_for_run_end()
    assert again.id == run.id
    maria = await asyncio.to_thread(read_profile, window, "maria@lopez.example")
    assert maria["vars"]["zendesk_id"] == 7701


async def test_sync_page_shows_no_rows_without_the_right_to_look_customers_up(
    window: SyncPageDriver,
) -> None:
    await window.add_preset()
    await window.make_preview()
    assert window.page.plan_tab.isVisible()
    view = PERMISSION_SETTINGS[Role.ADMIN, Permission.VIEW].key
    window.house.session.change_settings({view: False})
    await window.wait_until(
        lambda: "may not look customers up" in window.visible_texts(window.page)
    )
    assert not window.page.plan_tab.isVisible()
    assert not window.page.last_runs_card.isVisible()
    window.models.page.set_label_filter("a label")
    await window.pause(0.05)
    assert not window.page.plan_tab.isVisible()


async def test_sync_page_decides_on_rows_while_changes_are_off(window: SyncPageDriver) -> None:
    """Deciding writes to no service: the command line takes it too."""
    await window.add_preset()
    await window.make_preview()
    row = window.stored_row("maria@lopez.example")
    field = next(change.field for change in row.changes if change.applies)
    window.house.session.change_settings({"changes": False})
    window.models.plan.tick_field(row.row, field, on=False)

    def is_left_out() -> bool:
        changes = window.stored_row("maria@lopez.example").changes
        return not next(change.ticked for change in changes if change.field == field)

    await window.wait_until(is_left_out)


async def test_sync_page_history_names_and_opens_customers(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.models.plan.write_plan()
    run = await window.wait_for_run_end()
    await window.open_run(run.id)
    await window.wait_until(lambda: len(window.models.history.run_detail().last_customers) == 5)
    name, _query = window.models.history.run_detail().last_customers[0]
    await window.wait_until(lambda: window.find_all(f"Open {name}"))
    window.click(f"Open {name}")
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.address == name
    window.press(Key.Key_2, CTRL)
    assert window.page.isVisible()


async def test_sync_page_changes_appear_in_activity_and_link_run(
    window: SyncPageDriver, tmp_path: Path
) -> None:
    await window.add_preset()
    await window.make_preview()
    window.models.plan.write_plan()
    run = await window.wait_for_run_end()
    written = run.totals["created"] + run.totals["updated"]
    window.press(Key.Key_3, CTRL)
    model = window.window.page_factory._activity_model
    await window.wait_until(lambda: model.list_state().text.startswith("No changes yet"))
    window.click("By syncs")
    await window.wait_until(lambda: model.table_model.rowCount() == written)
    row = model.table_model.row_at(0)
    assert row.reason_text == f"by Zendesk to Sailthru: run {run.id}"
    assert "Zendesk id: 77" in row.change_text
    assert row.state == "Confirmed"
    window.click("Search the changes", QLineEdit)
    window.type("maria@lopez")
    await window.wait_until(lambda: model.table_model.rowCount() == 1)
    file = tmp_path / "by-syncs.json"
    model.export(str(file), "json")
    await window.wait_until(file.exists)
    (told,) = json.loads(file.read_text("utf-8"))["rows"]
    assert told["customer"] == "maria@lopez.example"
    window.press(Key.Key_Tab)
    await window.tab_to("Changes")
    window.press(Key.Key_Down)
    await window.wait_until(lambda: window.find_all("Show the run"))
    window.save_screenshot("by-syncs")
    window.click("Show the run")
    await window.wait_until(lambda: f"Run {run.id}: done" in window.visible_texts(window.page))
    assert window.page.isVisible()


async def test_sync_page_run_is_rolled_back(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.models.plan.write_plan()
    run = await window.wait_for_run_end()
    await window.open_run(run.id)
    await window.wait_until(lambda: window.find_all("Roll back…"))
    window.click("Roll back…")
    await window.wait_until(lambda: window.models.page.selected_sync().open_plan is not None, 40)
    await window.wait_until(lambda: f"rolls back run {run.id}" in window.visible_texts(window.page))
    window.models.plan.write_plan()
    await window.wait_until(
        lambda: window.house.store.runs.list_runs.blocking(TO_SAILTHRU, 1)[0].id != run.id, 40
    )
    back = await window.wait_for_run_end()
    await window.open_run(back.id)
    await window.wait_until(
        lambda: f"roll back of run {run.id}" in window.visible_texts(window.page)
    )
    assert not window.find_all("Roll back…")
    history = window.models.history.list_model
    marked = history.row_at(history.place_of(run.id))
    assert marked is not None
    assert marked.state_label == "Rolled back"
    assert f"rolled back by run {back.id}" in marked.summary
    maria = await asyncio.to_thread(read_profile, window, "maria@lopez.example")
    assert not maria["vars"].get("zendesk_id")


async def test_sync_page_dead_process_leaves_interrupted_run(window: SyncPageDriver) -> None:
    await window.add_preset()
    store = window.house.store
    run = store.runs.begin.blocking(TO_SAILTHRU, "manual", "Ada", store_now(window))
    store.fairlead_db.write(
        lambda c: c.execute("UPDATE run SET owner = '1:1:gone' WHERE id = ?", (int(run.id),))
    )
    window.models.page.refresh()
    await window.wait_until(lambda: window.models.page.selected_sync().last_run is not None)
    assert window.models.page.selected_sync().last_run.state is RunState.INTERRUPTED
    await window.wait_until(lambda: "was interrupted" in window.visible_texts(window.page))
    assert window.find_all("Resume")


def store_now(desk: SyncPageDriver) -> float:
    return desk.house.context.clock.now()


async def test_sync_page_tabs_are_complete_when_selected(window: SyncPageDriver) -> None:
    await window.add_preset()
    tabs = window.page.tabs
    for name in ("History", "Schedule", "Mapping", "Plan", "History"):
        window.page.show_tab(name)
        await window.wait_until(lambda: tabs.width() >= tabs.sizeHint().width())
        last = tabs.tabRect(tabs.count() - 1)
        assert tabs.rect().contains(last), name


async def test_sync_page_history_keeps_runs_of_removed_syncs(window: SyncPageDriver) -> None:
    store = window.house.store
    gone = store.runs.begin.blocking("long-gone", "manual", "Ada", store_now(window))
    await window.add_preset()
    await window.open_run(gone.id)
    history = window.models.history
    await window.wait_until(lambda: history.run_detail() is not None)
    detail, row = (
        history.run_detail(),
        history.list_model.row_at(history.list_model.place_of(gone.id)),
    )
    assert detail is not None
    assert row is not None
    assert row.summary.startswith("removed sync long-gone: ")
    assert not detail.can_resume

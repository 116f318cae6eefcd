"""The page Sync from nothing to a run: added, switched on, previewed, ticked, written."""

import asyncio
import json
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop.model.run import RunState
from desktop.panels.syncs.new_sync import NewSync
from tests.window.careful import unnamed
from tests.window.desk import CTRL, Key
from tests.window.syncs.sync_desk import TO_SAILTHRU, SyncDesk


def read_profile(desk: SyncDesk, address: str) -> dict[str, Any]:
    """What the official client reads of an address; its `error` where there is nobody."""
    from sailthru.sailthru_client import SailthruClient

    said = desk.sandbox.sailthru
    client = SailthruClient(said["api_key"], said["api_secret"], said["service_uri"])
    asked = {"id": address, "key": "email", "fields": {"vars": 1, "lists": 1}}
    body: dict[str, Any] = client.api_get("user", asked).get_body()
    return body


async def test_a_preset_is_added_switched_on_previewed_and_written(desk: SyncDesk) -> None:
    assert "keeps Zendesk and Sailthru alike" in desk.texts(desk.page)
    # The page may stand before anybody is signed in.
    await desk.until(lambda: desk.one("Add Zendesk to Sailthru", QPushButton).isEnabled())
    desk.click("Add Zendesk to Sailthru")
    await desk.until(lambda: desk.models.page.sync() is not None)
    card = desk.page.list.card(TO_SAILTHRU)
    assert card is not None
    assert card.view().chip == "Off"
    assert not desk.page.head.run.isEnabled()
    assert "not checked" in desk.page.head.run.accessibleDescription()
    desk.click("Switched on")
    await desk.until(lambda: desk.store_goal().on)
    await desk.until(lambda: desk.page.head.run.isEnabled())
    assert not desk.sandbox.writes()

    await desk.preview()
    assert not desk.sandbox.writes()
    left_out = desk.place("priya@nair.example")
    desk.view.activateWindow()
    desk.rows.setFocus()
    await desk.until(desk.rows.hasFocus)
    desk.rows.setCurrentIndex(desk.models.plan.table.index(left_out, 1))
    desk.press(Key.Key_Space)
    await desk.until(lambda: not desk.stored("priya@nair.example").ticked)
    plan = desk.models.plan.view()
    assert plan is not None
    desk.click(plan.write)
    run = await desk.ended()
    assert run.totals["created"] + run.totals["updated"] > 0
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    priya = await asyncio.to_thread(read_profile, desk, "priya@nair.example")
    assert maria["vars"]["zendesk_id"] == 7701
    assert "zendesk_id" not in (priya.get("vars") or {})
    await desk.until(lambda: "updated" in (desk.page.list.card(TO_SAILTHRU).view().last))
    assert unnamed(desk.page) == []


async def test_a_second_one_is_added_from_the_list(desk: SyncDesk) -> None:
    await desk.add(on=False)
    desk.click("New sync…")
    dialog = desk.dialog()
    assert isinstance(dialog, NewSync)
    assert not dialog.findChildren(QPushButton, "Add Zendesk to Sailthru")
    dialog.findChild(QPushButton, "Add High-value tagging").click()
    await desk.until(lambda: desk.page.list.card("high-value-tagging") is not None)
    await desk.until(lambda: desk.models.page.goal == "high-value-tagging")


async def test_what_waits_stands_on_the_rail(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    rail = desk.view.rail.page("sync")
    await desk.until(lambda: "1 sync waits" in rail.accessibleDescription())
    assert desk.page.list.card(TO_SAILTHRU).view().chip == "Needs correction"


async def test_a_preview_is_cancelled_within_a_second_or_so(desk: SyncDesk) -> None:
    await desk.add()
    desk.sandbox.control("POST", "speed", {"latency_ms": 700})
    await desk.press_preview()
    model = desk.models.page
    await desk.until(lambda: model.sync().running is not None, 20)
    cancel = desk.one("Cancel the run", QPushButton)
    await desk.until(cancel.isEnabled)
    desk.click(cancel)
    await desk.until(lambda: model.sync().running is None, 10)
    desk.sandbox.control("POST", "speed", {"latency_ms": 0})
    assert model.sync().plan is None
    assert not desk.sandbox.writes()
    assert desk.house.store.runs.of_goal(TO_SAILTHRU) == ()


async def test_a_key_revoked_in_the_middle_is_resumed(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.sandbox.fault("sailthru:POST /job:401")
    desk.models.plan.write()
    run = await desk.ended("failed")
    assert run.error
    await desk.until(lambda: desk.all("Resume"))
    assert "stopped before it was done" in desk.texts(desk.page)
    desk.sandbox.fault()
    desk.click("Resume")
    again = await desk.ended()
    assert again.id == run.id
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    assert maria["vars"]["zendesk_id"] == 7701


async def test_an_agent_sees_why_syncs_are_not_theirs(agent_desk: SyncDesk) -> None:
    button = agent_desk.page.list.new_button
    # Until somebody is signed in there is another reason.
    await agent_desk.until(lambda: "may not run syncs" in button.accessibleDescription())
    assert not button.isEnabled()
    assert "may not run syncs" in agent_desk.texts(agent_desk.page)


async def test_history_names_the_last_people_and_opens_them(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.models.plan.write()
    run = await desk.ended()
    await desk.look_at(run.id)
    await desk.until(lambda: len(desk.models.history.detail().people) == 5)
    name, _query = desk.models.history.detail().people[0]
    await desk.until(lambda: desk.all(f"Open {name}"))
    desk.click(f"Open {name}")
    await desk.settled()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.address == name
    desk.press(Key.Key_2, CTRL)
    assert desk.page.isVisible()


async def test_what_a_sync_changed_stands_in_activity_and_leads_to_its_run(
    desk: SyncDesk, tmp_path: Path
) -> None:
    await desk.add()
    await desk.preview()
    desk.models.plan.write()
    run = await desk.ended()
    written = run.totals["created"] + run.totals["updated"]
    desk.press(Key.Key_3, CTRL)
    model = desk.window.pages._activity
    await desk.until(lambda: model.list_state().text.startswith("Nothing has been changed here"))
    desk.click("By syncs")
    await desk.until(lambda: model.table.rowCount() == written)
    row = model.table.row(0)
    assert row.why == f"by Zendesk to Sailthru: run {run.id}"
    assert "zendesk_id: not set → 77" in row.change
    assert row.state == "Confirmed"
    desk.click("Search the changes", QLineEdit)
    desk.type("maria@lopez")
    await desk.until(lambda: model.table.rowCount() == 1)
    file = tmp_path / "by-syncs.json"
    model.export(str(file), "json")
    await desk.until(file.exists)
    (told,) = json.loads(file.read_text("utf-8"))["rows"]
    assert told["customer"] == "maria@lopez.example"
    desk.press(Key.Key_Tab)
    await desk.tab_to("Changes")
    desk.press(Key.Key_Down)
    await desk.until(lambda: desk.all("Show the run"))
    desk.shot("by-syncs")
    desk.click("Show the run")
    await desk.until(lambda: f"Run {run.id}: done" in desk.texts(desk.page))
    assert desk.page.isVisible()


async def test_a_run_is_taken_back(desk: SyncDesk) -> None:
    await desk.add()
    await desk.preview()
    desk.models.plan.write()
    run = await desk.ended()
    await desk.look_at(run.id)
    await desk.until(lambda: desk.all("Roll back…"))
    desk.click("Roll back…")
    await desk.until(lambda: desk.models.page.sync().open_plan is not None, 40)
    await desk.until(lambda: f"takes run {run.id} back" in desk.texts(desk.page))
    desk.models.plan.write()
    await desk.until(lambda: desk.house.store.runs.of_goal(TO_SAILTHRU, 1)[0].id != run.id, 40)
    back = await desk.ended()
    await desk.look_at(back.id)
    await desk.until(lambda: f"rollback of run {run.id}" in desk.texts(desk.page))
    assert not desk.all("Roll back…")
    maria = await asyncio.to_thread(read_profile, desk, "maria@lopez.example")
    assert not maria["vars"].get("zendesk_id")


async def test_a_process_that_dies_leaves_a_run_that_says_so(desk: SyncDesk) -> None:
    await desk.add()
    store = desk.house.store
    run = store.runs.begin(TO_SAILTHRU, "hand", "Ada", store_now(desk))
    store.fairlead.write(
        lambda c: c.execute("UPDATE run SET owner = '1:1:gone' WHERE id = ?", (int(run.id),))
    )
    desk.models.page.refresh()
    await desk.until(lambda: desk.models.page.sync().run is not None)
    assert desk.models.page.sync().run.state is RunState.INTERRUPTED
    await desk.until(lambda: "ended in the middle" in desk.texts(desk.page))
    assert desk.all("Resume")


def store_now(desk: SyncDesk) -> float:
    return desk.house.ground.clock.now()


async def test_every_tab_is_whole_when_it_is_chosen(desk: SyncDesk) -> None:
    await desk.add()
    tabs = desk.page.tabs
    for name in ("History", "Schedule", "Mapping", "Plan", "History"):
        desk.page.show_tab(name)
        await desk.until(lambda: tabs.width() >= tabs.sizeHint().width())
        last = tabs.tabRect(tabs.count() - 1)
        assert tabs.rect().contains(last), name

"""The Events page by keyboard and mouse: a file, what it would do, its delivery, what is left."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtGui import QGuiApplication

from desktop.panels.widgets.button import Button
from desktop.viewmodels.events.event_consequences import TICK
from desktop.viewmodels.events.event_row import EventFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.batch_page_driver import PROCESS_S
from tests.support.event_cases import as_lines, identify, track
from tests.support.events_page_driver import EventsPageDriver
from tests.support.window_driver import CTRL, Key

MARIA = "maria@lopez.example"
# Maria is in organisation 7001, in which her open tickets are.
EVENTS = [
    identify("", MARIA, name="Maria L.", shoe_size=41) | {"anonymousId": "a"},
    identify("n-1", "new@one.example"),
    identify("", MARIA, company={"id": 7001, "remove": True}, name="Maria L.")
    | {"anonymousId": "a"},
    track("Article Read", "n-1", title="Geology"),
    track("Article Read", "nobody"),
    {"type": "page", "userId": "n-1"},
]


def write(folder: Path, *events: dict[str, Any], more: str = "") -> Path:
    path = folder / "app.jsonl"
    path.write_text(as_lines(*events) + more, encoding="utf-8")
    return path


def zendesk(window: EventsPageDriver, path: str) -> Any:
    headers = window.sandbox.basic_auth_headers()
    return window.sandbox.http("zendesk", "GET", f"/api/v2/{path}", None, headers).body


async def test_a_file_is_simulated_and_nothing_is_written(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    assert "Open a file of events" in window.visible_texts()
    # There is no row whose details could be shown; the one next step is a button.
    assert not window.events_page.detail_card.isVisible()
    assert "Open file…" in [b.text() for b in window.events_page.list_card.findChildren(Button)]
    await window.open_file(write(tmp_path, *EVENTS, more="not JSON\n"))
    texts = window.visible_texts()
    assert "1 removal: 3 open tickets lose the organisation" in texts
    assert window.find_one("Open ticket #48213").isVisible()
    assert "Zendesk would discard 1 trait: shoe_size 1×" in texts
    assert "1 new user: Zendesk asks them by mail" in texts
    assert "1 action can't be delivered: nobody is created, see Needs correction" in texts
    assert "7 lines: 6 valid, 0 sent before, 1 can't be read" in texts
    states = [row.state for row in window.rows()]
    assert states == ["Update", "Create", "3 tickets", "Event", "To correct", "Can't be read"]
    # Removals and what can't be delivered are not in the button's number.
    assert window.events_page.deliver_button.plain_text() == "Deliver 3"
    window.click(window.consequence("removals", TICK))
    assert window.events_page.deliver_button.plain_text() == "Deliver 4"
    assert zendesk(window, "users/search?query=email:new@one.example")["users"] == []
    # How many are ticked is said of the file alone.
    assert "ticked" in window.events_page.estimate_label.full_text()
    await window.choose_filter(EventFilter.LOG)
    assert not window.events_page.estimate_label.isVisible()


async def test_a_file_is_delivered_by_a_process_and_what_is_left_is_corrected(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, *EVENTS))
    window.click(window.events_page.deliver_button)
    assert not window.events_page.deliver_button.isEnabled()
    await window.wait_until(window.is_still, PROCESS_S)
    assert "Delivered: " in window.visible_texts()
    # Each row says what became of it.
    states = [row.state for row in window.rows()]
    assert states == ["Done", "Done", "Not ticked", "Done", "To correct"]
    (user,) = zendesk(window, "users/search?query=email:new@one.example")["users"]
    assert [one["type"] for one in zendesk(window, f"users/{user['id']}/events")["events"]] == [
        "Article Read"
    ]
    await window.choose_filter(EventFilter.CORRECTION)
    assert sorted(row.state for row in window.rows()) == ["Not ticked", "To correct"]
    ticked = next(n for n, row in enumerate(window.rows()) if row.state == "Not ticked")
    window.events_page.table.select_row(ticked)
    window.click(window.events_page.detail_card.retry_button)
    await window.wait_until(window.is_still, PROCESS_S)
    assert zendesk(window, "users/7701/organization_memberships")["organization_memberships"] == []


async def test_a_row_shows_its_request_and_leads_to_the_customer(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, *EVENTS))
    window.events_page.table.select_row(0)
    detail = window.events_model.detail()
    assert detail is not None
    assert json.loads(detail.body)["users"][0]["name"] == "Maria L."
    assert "PUT /api/v2/users/update_many" in window.visible_texts()
    window.click(window.events_page.detail_card.copy_button)
    assert QGuiApplication.clipboard().text().startswith("PUT /api/v2/users/update_many\n{")
    assert "Why not the others" in window.visible_texts()
    assert 'type = "group" does not hold' in window.visible_texts()
    assert dict(detail.facts)["Discarded"] == "shoe_size"
    # Its mapping, tried on this very event.
    window.click(window.events_page.detail_card.mapping_button)
    drawer = window.events_page.mapping_drawer
    assert drawer is not None
    assert drawer.sample_dropdown.currentText().startswith("Line 1: identify")
    window.press(Key.Key_Escape)
    window.events_page.table.setFocus()
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.view.current_page == "customers")


async def test_what_cannot_be_opened_or_has_changed_is_told(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    window.events_page.open_path(str(tmp_path / "none.jsonl"))
    await window.wait_until(window.is_still)
    assert "The file can't be opened: No such file or directory." in window.visible_texts()
    path = write(tmp_path, EVENTS[0])
    await window.open_file(path)
    write(tmp_path, *EVENTS)
    window.click(window.events_page.deliver_button)
    await window.wait_until(window.is_still)
    assert "The file has changed since" in window.visible_texts()
    assert window.events_page.deliver_button.plain_text() == "Deliver 3"


async def test_search_and_empty_states(window: EventsPageDriver, tmp_path: Path) -> None:
    await window.choose_filter(EventFilter.LOG)
    assert "Nothing was delivered from this computer yet." in window.visible_texts()
    await window.choose_filter(EventFilter.CORRECTION)
    assert "Nothing needs correction." in window.visible_texts()
    await window.open_file(write(tmp_path, *EVENTS))
    window.events_page.search_field.setText("create")
    assert len(window.rows()) == 1
    window.events_page.search_field.setText("zebra")
    assert "Nothing matches." in window.visible_texts()


async def test_offline_it_compares_with_what_is_saved_and_does_not_deliver(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    window.sandbox.control("POST", "account", {"zendesk": "off"})
    try:
        await window.open_file(write(tmp_path, *EVENTS))
    finally:
        window.sandbox.control("POST", "account", {"zendesk": "on"})
    assert "Zendesk can't be reached." in window.visible_texts()
    assert "so everybody looks new" in window.visible_texts()
    assert not window.events_page.deliver_button.isEnabled()


async def test_every_control_has_a_name_and_room(window: EventsPageDriver, tmp_path: Path) -> None:
    await window.open_file(write(tmp_path, *EVENTS))
    window.events_page.table.select_row(2)
    for size in ((1280, 820), (1000, 700), (392, 860)):
        window.resize(size)
        assert controls_without_name(window.events_page) == []
        assert clipped_texts(window.events_page) == []


async def test_agents_have_no_events_page(agent_window: EventsPageDriver) -> None:
    await agent_window.wait_until(lambda: "events" not in agent_window.view.rail_pages)
    agent_window.view.show_page("customers")
    agent_window.press(Key.Key_4, CTRL)
    assert agent_window.view.current_page == "customers"


async def test_the_page_opens_by_its_shortcut(window: EventsPageDriver) -> None:
    window.view.show_page("customers")
    window.press(Key.Key_4, CTRL)
    assert window.view.current_page == "events"

"""Delivering from the Events page: ticks, fields, paste, pause, and what needs correction."""

import json
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from desktop.model import workspace_kind
from desktop.panels.events.clear_events_dialog import ClearEventsDialog
from desktop.panels.events.create_fields_dialog import CreateFieldsDialog
from desktop.panels.events.event_choice_dialog import ReplayDialog, RollbackDialog
from desktop.panels.events.ignore_event_dialog import IgnoreEventDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.viewmodels.events.event_consequences import ACCEPT, CREATE, DONT_CREATE, IGNORE
from desktop.viewmodels.events.event_correction_groups import RETRY, SHOW
from desktop.viewmodels.events.event_row import TICK, WHAT, EventFilter
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.batch_page_driver import PROCESS_S
from tests.support.event_cases import as_lines, group, identify, track
from tests.support.events_page_driver import EventsPageDriver
from tests.support.window_driver import CTRL, Key

NEW = "new@one.example"
DialogT = TypeVar("DialogT", bound=QDialog)


def write(folder: Path, *events: dict[str, Any], more: str = "") -> Path:
    path = folder / "app.jsonl"
    path.write_text(as_lines(*events) + more, encoding="utf-8")
    return path


def zendesk(window: EventsPageDriver, path: str) -> Any:
    headers = window.sandbox.basic_auth_headers()
    return window.sandbox.http("zendesk", "GET", f"/api/v2/{path}", None, headers).body


def user(window: EventsPageDriver, email: str = NEW) -> dict[str, Any] | None:
    found = zendesk(window, f"users/search?query=email:{email}")["users"]
    return found[0] if found else None


def dialog(window: EventsPageDriver, kind: type[DialogT]) -> DialogT:
    return next(one for one in window.view.findChildren(kind) if one.isVisible())


async def deliver(window: EventsPageDriver) -> None:
    window.click(window.events_page.deliver_button)
    await window.wait_until(window.is_still, PROCESS_S)


async def test_production_has_the_number_of_many_requests_typed(
    window: EventsPageDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_kind, "CONFIRM_OVER", 1)
    window.house.session.change_settings({"workspace.kind": "production"})
    await window.open_file(write(tmp_path, identify("n-1", NEW), track("A", "n-1")))
    window.click(window.events_page.deliver_button)
    question = dialog(window, ConfirmationDialog)
    assert "This is production: 2 requests go to Zendesk." in window.visible_texts(question)
    assert not question.confirm_button.isEnabled()
    assert question.field is not None
    question.field.setText("2")
    window.click(question.confirm_button)
    await window.wait_until(lambda: not window.events_model.simulation.can_tick)
    await window.wait_until(window.is_still, PROCESS_S)
    assert user(window) is not None


async def test_only_what_is_ticked_is_delivered(window: EventsPageDriver, tmp_path: Path) -> None:
    await window.open_file(
        write(tmp_path, identify("n-1", NEW), track("A", "n-1"), track("B", "n-1"))
    )
    table = window.events_page.table
    assert window.events_page.deliver_button.plain_text() == "Deliver 3"
    # By keyboard, and by mouse on the box.
    table.setFocus()
    table.select_row(1)
    window.press(Key.Key_Space)
    assert window.events_page.deliver_button.plain_text() == "Deliver 2"
    place = table.visualRect(table.model().index(2, TICK)).center()
    for count in ("Deliver 1", "Deliver 2", "Deliver 1"):
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert window.events_page.deliver_button.plain_text() == count
    said = table.model().index(1, WHAT).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("Not ticked. Line 2")
    await deliver(window)
    assert [row.state for row in window.rows()] == ["Done", "Not ticked", "Not ticked"]
    found = user(window)
    assert found is not None
    assert zendesk(window, f"users/{found['id']}/events")["events"] == []
    # What was left out is sent by nobody else, only where somebody asks for it.
    await window.choose_filter(EventFilter.CORRECTION)
    window.events_page.table.select_row(0)
    window.click(window.events_page.detail_card.retry_button)
    await window.wait_until(window.is_still, PROCESS_S)
    events = zendesk(window, f"users/{found['id']}/events")["events"]
    assert len(events) == 1
    assert [row.state for row in window.rows()] == ["Not ticked"]


async def test_missing_fields_are_created_by_name_and_with_the_delivery_alone(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(
        write(
            tmp_path,
            identify("n-1", NEW, shoe_size=41, mood="blue"),
            group("acme-9", None, name="Acme", arr=12),
        )
    )
    window.click(window.consequence("traits", CREATE))
    found = dialog(window, CreateFieldsDialog)
    # Nothing is ticked by itself, the types are guessed.
    assert not found.create_button.isEnabled()
    assert {key: box.value() for key, box in found.types.items()} == {
        "mood": "text",
        "shoe_size": "integer",
    }
    window.click(found.boxes["shoe_size"])
    window.click(found.create_button)
    await window.wait_until(window.is_still)
    window.click(window.consequence("organization fields", ACCEPT))
    await window.wait_until(window.is_still)
    texts = window.visible_texts()
    assert "user field shoe_size (integer), organisation field arr (integer)" in texts
    assert "Zendesk would discard 1 trait: mood 1×" in texts
    window.click(window.consequence("traits", IGNORE))
    assert "mood" not in window.visible_texts()
    keys = {one["key"] for one in zendesk(window, "user_fields")["user_fields"]}
    assert "shoe_size" not in keys
    await deliver(window)
    assert [row.state for row in window.rows()] == ["Done", "Done"]
    made = user(window)
    assert made is not None
    assert (made["user_fields"]["shoe_size"], "mood" in made["user_fields"]) == (41, False)


async def test_fields_that_were_accepted_can_be_taken_back(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, group("acme-9", None, name="Acme", arr=12)))
    window.events_page.table.setFocus()
    window.events_page.table.select_row(0)
    window.press(Key.Key_Space)
    window.click(window.consequence("organization fields", ACCEPT))
    await window.wait_until(window.is_still)
    # What was unticked before stays so.
    assert [row.is_ticked for row in window.rows()] == [False]
    window.click(window.consequence("created fields", DONT_CREATE))
    await window.wait_until(window.is_still)
    assert "1 organisation field is missing" in window.visible_texts()
    assert not window.events_page.deliver_button.isEnabled()


async def test_pasted_events_are_simulated_and_delivered(window: EventsPageDriver) -> None:
    QGuiApplication.clipboard().setText(as_lines(identify("n-1", NEW)))
    window.events_page.table.setFocus()
    window.press(Key.Key_V, CTRL)
    await window.wait_until(lambda: window.is_still() and len(window.rows()) == 1)
    assert "Pasted events" in window.visible_texts()
    await deliver(window)
    assert user(window) is not None
    # The same again was sent before.
    window.click("Paste events")
    await window.wait_until(lambda: window.is_still() and len(window.rows()) == 1)
    assert [row.state for row in window.rows()] == ["Sent before"]
    assert not window.events_page.deliver_button.isEnabled()


async def test_a_file_or_a_text_can_be_dropped_and_an_empty_clipboard_is_told(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    page = window.events_page
    QGuiApplication.clipboard().clear()
    window.click("Paste events")
    assert "There is no text to paste" in window.visible_texts()
    text, file = QMimeData(), QMimeData()
    text.setText(as_lines(identify("n-1", NEW)))
    file.setUrls([QUrl.fromLocalFile(str(write(tmp_path, track("A", "nobody"))))])
    for data, state in ((text, "Create"), (file, "To correct")):
        page.dropEvent(
            QDropEvent(
                QPointF(QPoint(9, 9)),
                Qt.DropAction.CopyAction,
                data,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            )
        )
        await window.wait_until(lambda: window.is_still() and len(window.rows()) == 1)
        assert [row.state for row in window.rows()] == [state]


async def test_a_delivery_is_paused_and_gone_on_with_after_a_restart(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    count = 60
    events = [track(f"Step {number}", "n-1") for number in range(count)]
    await window.open_file(write(tmp_path, identify("n-1", NEW), *events))
    window.sandbox.control("POST", "speed", {"latency_ms": 20})
    try:
        window.click(window.events_page.deliver_button)
        pause = window.events_page.pause_button
        await window.wait_until(lambda: pause.isVisible() and pause.isEnabled(), PROCESS_S)
        window.settle()
        window.click(pause)
        assert not pause.isEnabled()
        await window.wait_until(window.is_still, PROCESS_S)
    finally:
        window.sandbox.control("POST", "speed", {"latency_ms": 0})
    paused = window.events_model.delivery.paused
    assert paused is not None
    assert 0 < paused.waiting <= count + 1
    assert pause.plain_text() == "Resume"
    assert f"{paused.waiting:,} left: paused" in window.visible_texts()
    await window.reopen_window()
    window.view.show_page("events")
    pause = window.events_page.pause_button
    await window.wait_until(pause.isVisible)
    window.settle()
    window.click(pause)
    await window.wait_until(lambda: not pause.isVisible() and window.is_still(), PROCESS_S)
    found = user(window)
    assert found is not None
    types = [one["type"] for one in zendesk(window, f"users/{found['id']}/events")["events"]]
    assert sorted(types) == sorted(f"Step {number}" for number in range(count))


async def test_what_needs_correction_is_grouped_corrected_in_place_and_retried(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(
        write(
            tmp_path,
            identify("n-1", NEW),
            track("Article Read", "n-7", title="Geology"),
            track("Video Played", "n-8"),
            more="not JSON\n",
        )
    )
    await deliver(window)
    await window.choose_filter(EventFilter.CORRECTION)
    causes = {row.cause for row in window.rows()}
    assert causes == {"No user", "Bad JSON"}
    assert "No user: 2 rows" in window.visible_texts()
    window.click(window.consequence("No user", SHOW))
    assert len(window.rows()) == 2
    place = next(n for n, row in enumerate(window.rows()) if "n-7" in row.text)
    window.events_page.table.select_row(place)
    card = window.events_page.detail_card
    text = card.event_editor.toPlainText()
    # A slip while correcting is marked, and nothing is lost.
    card.event_editor.setPlainText(text.replace('"n-7",', '"n-1"'))
    window.click(card.correct_button)
    assert "This is no JSON" in window.visible_texts()
    assert card.event_editor.marked_text()
    window.events_page.table.select_row(1 - place)
    window.events_page.table.select_row(place)
    assert '"n-1"' in card.event_editor.toPlainText()
    card.event_editor.setPlainText(text.replace("n-7", "n-1"))
    window.click(card.correct_button)
    await window.wait_until(lambda: window.is_still() and len(window.rows()) == 1, PROCESS_S)
    found = user(window)
    assert found is not None
    (event,) = zendesk(window, f"users/{found['id']}/events")["events"]
    assert (event["type"], event["properties"]["title"]) == ("Article Read", "Geology")
    # All of a cause at once; they wait for the same again.
    window.click(window.consequence("No user", RETRY))
    await window.wait_until(window.is_still, PROCESS_S)
    assert [row.state for row in window.rows()] == ["To correct"]


async def test_an_event_is_ignored_with_a_reason_and_a_bad_line_corrected(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(
        write(tmp_path, identify("n-1", NEW), track("A", "nobody"), more="not JSON\n")
    )
    await deliver(window)
    await window.choose_filter(EventFilter.CORRECTION)
    place = next(n for n, row in enumerate(window.rows()) if row.action)
    window.events_page.table.select_row(place)
    window.click(window.events_page.detail_card.ignore_button)
    asked = dialog(window, IgnoreEventDialog)
    assert not asked.ignore_button.isEnabled()
    asked.reason_field.setText("A test of the shop")
    window.click(asked.ignore_button)
    await window.wait_until(lambda: window.is_still() and len(window.rows()) == 1)
    window.events_page.table.select_row(0)
    card = window.events_page.detail_card
    assert not card.retry_button.isVisible()
    event = {**track("Article Read", "n-1"), "messageId": "mended"}
    card.event_editor.setPlainText(json.dumps(event))
    window.click(card.correct_button)
    await window.wait_until(lambda: window.is_still() and not window.rows(), PROCESS_S)
    await window.choose_filter(EventFilter.LOG)
    states = {(row.line, row.state) for row in window.rows()}
    assert states == {(1, "Done"), (2, "Ignored"), (3, "Done")}
    done = next(row for row in window.rows() if row.line == 3)
    facts = dict(done.facts)
    assert facts["Sent"] == "1 time"
    assert "Answer" in facts


async def test_controls_of_a_correction_have_names_and_room(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, identify("n-1", NEW), track("A", "nobody")))
    await deliver(window)
    await window.choose_filter(EventFilter.CORRECTION)
    window.events_page.table.select_row(0)
    for size in ((1280, 820), (1000, 700), (392, 860)):
        window.resize(size)
        assert controls_without_name(window.events_page) == []
        assert clipped_texts(window.events_page) == []


async def test_the_timeline_of_the_customer_shows_their_events(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    event = track("Article Read", "n-1") | {"timestamp": "2026-11-02T09:00:00Z"}
    await window.open_file(
        write(tmp_path, identify("n-1", NEW), event, track("Video Played", "other"))
    )
    await deliver(window)
    await window.look_up(NEW)
    await window.wait_for_text("Did “Article Read”, app.jsonl")
    panel = window.find_one("Timeline")
    texts = window.visible_texts(panel)
    assert "Told who they are, app.jsonl" in texts
    # Nobody else's.
    assert "Video Played" not in texts
    # By the event's own time, not by that of its delivery.
    assert "2 Nov" in texts


async def test_delivered_events_are_sent_again_where_zendesk_lacks_what_they_did(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, identify("n-1", NEW), track("A", "n-1")))
    await deliver(window)
    made = user(window)
    assert made is not None
    headers = window.sandbox.basic_auth_headers() | {"content-type": "application/json"}
    body = json.dumps({"user": {"name": "Somebody Else"}}).encode()
    path = f"/api/v2/users/{made['id']}"
    assert window.sandbox.http("zendesk", "PUT", path, body, headers).status == 200
    await window.choose_filter(EventFilter.LOG)
    window.click(window.events_page.replay_button)
    asked = dialog(window, ReplayDialog)
    model = window.events_model.replay
    await window.wait_until(lambda: model.found is not None)
    assert "2 delivered events: 1 would send something again" in window.visible_texts(asked)
    assert "Homer Simpson" in asked.rows_label.text()
    assert asked.send_button.plain_text() == "Send 1 again"
    assert controls_without_name(asked) == []
    window.click(asked.send_button)
    await window.wait_until(window.is_still, PROCESS_S)
    found = user(window)
    assert found is not None
    assert found["name"] == "Homer Simpson"
    # What Zendesk has is not sent twice.
    assert len(zendesk(window, f"users/{found['id']}/events")["events"]) == 1


async def test_what_delivered_events_changed_is_set_back_after_its_preview(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, identify("r-1", NEW), identify("r-1", NEW, name="Bart")))
    await deliver(window)
    await window.choose_filter(EventFilter.LOG)
    window.click(window.events_page.rollback_button)
    asked = dialog(window, RollbackDialog)
    model = window.events_model.rollback
    await window.wait_until(lambda: model.found is not None)
    texts = window.visible_texts(asked)
    assert "2 requests: 1 would be set back, 1 can't be set back" in texts
    assert "New users, organisations and tickets stay" in texts
    assert "name → Homer Simpson" in asked.rows_label.text()
    assert asked.send_button.plain_text() == "Set back 1"
    assert controls_without_name(asked) == []
    found = user(window)
    assert found is not None
    # Nothing before the button.
    assert found["name"] == "Bart"
    # A held-back destination keeps nobody from setting back.
    window.events_model.sources.set_destination(on=False)
    window.click(asked.send_button)
    await window.wait_until(window.is_still, PROCESS_S)
    assert "1 set back" in window.events_model.delivery.progress
    found = user(window)
    assert found is not None
    assert found["name"] == "Homer Simpson"


async def test_delivered_events_are_cleared_by_age_with_the_count_first(
    window: EventsPageDriver, tmp_path: Path
) -> None:
    await window.open_file(write(tmp_path, identify("c-1", NEW), track("A", "nobody-1")))
    await deliver(window)
    await window.choose_filter(EventFilter.LOG)
    window.click(window.events_page.clear_button)
    asked = dialog(window, ClearEventsDialog)
    model = window.events_model.clearing
    await window.wait_until(lambda: model.found is not None)
    assert model.days == 90
    assert not asked.clear_button.isEnabled()
    # Of the last second too; what waits for a person stays.
    model.choose(-1)
    await window.wait_until(lambda: model.found is not None)
    texts = window.visible_texts(asked)
    assert "2 events are kept; 1 was delivered and is older." in texts
    assert "1 event as old wait to be sent or corrected: they stay." in texts
    assert asked.clear_button.plain_text() == "Clear 1"
    assert controls_without_name(asked) == []
    window.click(asked.clear_button)
    await window.wait_for_text("1 event cleared")
    stored = await window.house.store.events.list_newest(10)
    assert [bool(one.text) for one in stored] == [True, False]

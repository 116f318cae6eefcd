"""Add note: an internal comment on a ticket, from the sheet, the toast and the keyboard."""

import json
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from desktop.panels.customer.note_drawer import NoteDrawer
from tests.support.customer_tabs_driver import look_up_apart
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver


def comments_of(window: WindowDriver, ticket: int) -> list[dict[str, Any]]:
    headers = window.sandbox.basic_auth_headers()
    path = f"/api/v2/tickets/{ticket}/comments"
    found: list[dict[str, Any]] = window.sandbox.http("zendesk", "GET", path, None, headers).body[
        "comments"
    ]
    return found


def drawer_of(window: WindowDriver) -> NoteDrawer:
    return window.view.findChildren(NoteDrawer)[0]


async def test_note_says_what_was_changed_and_goes_to_the_ticket_once(
    window: WindowDriver,
) -> None:
    await window.look_up("#48213")
    before = len(comments_of(window, 48213))
    window.click("Happy")
    await window.wait_until(lambda: window.toast_texts)
    window.press(Key.Key_M, CTRL | SHIFT)
    drawer = drawer_of(window)
    assert QApplication.focusWidget() is drawer.text_field
    assert drawer.ticket_dropdown.value() == "48213"
    await window.wait_until(lambda: "Health: happy" in drawer.text_field.toPlainText())
    window.type(" Please call back.")
    window.save_screenshot("add-note")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer.isVisible())
    await window.wait_until(
        lambda: any("Maria Lopez" in text and "#48213" in text for text in window.toast_texts)
    )
    window.advance_clock(11)
    await window.wait_until(lambda: len(comments_of(window, 48213)) > before)
    note = comments_of(window, 48213)[-1]
    assert note["public"] is False
    assert "Please call back." in note["body"]
    assert len(comments_of(window, 48213)) == before + 1


async def test_note_is_withdrawn_within_the_undo_time(window: WindowDriver) -> None:
    await window.look_up("#48213")
    before = len(comments_of(window, 48213))
    window.click("Add note")
    drawer = drawer_of(window)
    window.type("Not needed.")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer.isVisible() and window.toast_texts)
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["undone"])
    window.advance_clock(30)
    await window.pause(0.3)
    assert len(comments_of(window, 48213)) == before
    # The words are not lost: the drawer offers them again.
    window.click("Add note")
    assert drawer_of(window).text_field.toPlainText() == "Not needed."
    window.press(Key.Key_Escape)


async def test_half_typed_note_is_a_draft_over_a_restart(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    window.type("Half a sentence")
    assert window.sheet.has_unsaved_input
    window.press(Key.Key_Escape)
    assert not window.sheet.has_unsaved_input
    await window.reopen_window()
    await window.look_up("#48213")
    window.click("Add note")
    assert drawer_of(window).text_field.toPlainText() == "Half a sentence"
    window.press(Key.Key_Escape)


async def test_note_is_offered_with_a_change_and_not_for_closed_tickets(
    window: WindowDriver,
) -> None:
    await window.look_up("#48240")
    window.click("Frustrated")
    await window.wait_until(lambda: window.toast_texts)
    window.click("Add note to #48240")
    drawer = drawer_of(window)
    assert [drawer.ticket_dropdown.itemData(i) for i in range(drawer.ticket_dropdown.count())] == [
        "48240"
    ]
    window.press(Key.Key_Escape)
    assert window.toast_texts, "the time to undo goes on"
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: not window.toast_texts)


async def test_note_typed_on_while_it_is_submitted_is_kept(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    window.type("Called.")
    window.press(Key.Key_Return, CTRL)
    window.type(" And again.")
    await window.wait_until(lambda: window.toast_texts)
    await window.pause(0.1)
    assert drawer_of(window).isVisible()
    assert drawer_of(window).text_field.toPlainText() == "Called. And again."


async def test_note_drawer_closes_with_its_customer(window: WindowDriver) -> None:
    """Left open it would offer a note on one customer's ticket beside another's sheet."""
    await window.look_up("#48213")
    window.click("Add note")
    drawer = drawer_of(window)
    assert drawer.isVisible()
    window.sheet.open_text("#48240")
    await window.wait_until(lambda: not drawer.isVisible())


async def test_half_typed_note_stays_with_its_customer_without_a_profile(
    window: WindowDriver,
) -> None:
    headers = window.sandbox.basic_auth_headers()

    def create(path: str, kind: str, values: dict[str, Any]) -> int:
        made = window.sandbox.http("zendesk", "POST", path, json.dumps({kind: values}), headers)
        return int(made.body[kind]["id"])

    tickets = []
    for name in ("Una", "Ove"):
        user = create("/api/v2/users", "user", {"name": name, "email": f"{name}@alone.example"})
        asked = {"subject": "Hi", "comment": {"body": "Hi."}, "requester_id": user}
        tickets.append(create("/api/v2/tickets", "ticket", asked))
    for number, expected in ((0, ""), (1, ""), (0, "About Una")):
        await window.look_up(f"#{tickets[number]}")
        window.click("Add note")
        assert drawer_of(window).text_field.toPlainText() == expected
        if not number and not expected:
            window.type("About Una")
        window.press(Key.Key_Escape)


async def test_note_sent_behind_another_tab_leaves_the_other_draft(window: WindowDriver) -> None:
    await window.look_up("#48240")
    window.press(Key.Key_M, CTRL | SHIFT)
    window.type("Half a note about Tom")
    window.press(Key.Key_Escape)
    await look_up_apart(window, "#48213")
    window.press(Key.Key_M, CTRL | SHIFT)
    window.type("All about Maria")
    # Old enough to be read again first; meanwhile Tom comes to the front, and his note.
    window.home.clock.offset_s += 400
    window.sandbox.control("POST", "speed", {"latency_ms": 200})
    window.press(Key.Key_Return, CTRL)
    await window.pause(0.05)
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Tom Reyes")
    window.press(Key.Key_M, CTRL | SHIFT)
    drawer = drawer_of(window)
    await window.wait_until(drawer.isVisible)
    window.sandbox.control("POST", "speed", {"latency_ms": 0})
    await window.wait_until(lambda: any("Maria Lopez" in text for text in window.toast_texts))
    assert "Half a note about Tom" in drawer.text_field.toPlainText()
    window.press(Key.Key_Escape)
    window.press(Key.Key_M, CTRL | SHIFT)
    assert "Half a note about Tom" in drawer.text_field.toPlainText()
    window.press(Key.Key_Escape)
    window.press(Key.Key_Tab, CTRL)
    await window.wait_for_text("Maria Lopez")
    assert not drawer.isVisible()
    assert not window.sheet.has_unsaved_input


def close_ticket(window: WindowDriver, number: int) -> None:
    headers = window.sandbox.basic_auth_headers()
    body = '{"ticket": {"status": "closed"}}'
    window.sandbox.http("zendesk", "PUT", f"/api/v2/tickets/{number}", body, headers)


async def test_ticket_closed_while_a_note_is_typed_is_chosen_no_longer(
    window: WindowDriver,
) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    drawer = drawer_of(window)
    window.type("Called.")
    close_ticket(window, 48213)
    window.sheet.refresh()
    await window.wait_for_text("Ticket #48213 was closed meanwhile", drawer)
    assert drawer.ticket_dropdown.value() is None
    assert not drawer.add_button.isEnabled()
    assert drawer.text_field.toPlainText() == "Called."
    window.save_screenshot("note-ticket-closed")
    drawer.ticket_dropdown.setCurrentIndex(0)
    drawer.ticket_dropdown.activated.emit(0)
    assert drawer.add_button.isEnabled()
    assert "was closed meanwhile" not in window.visible_texts(drawer)


async def test_note_refused_by_a_closed_ticket_is_offered_again(window: WindowDriver) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    window.type("Called.")
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: not drawer_of(window).isVisible())
    close_ticket(window, 48213)
    window.advance_clock(11)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["failed"])
    await window.wait_until(lambda: window.sheet.drafts.draft_text("note") == "Called.")


async def test_note_sent_while_the_next_customer_opens_leaves_their_draft(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await window.look_up("#48213")
    window.click("Add note")
    window.type("About Maria.")
    edits, drafts = window.sheet.edits, window.sheet.drafts
    add_note = edits.add_note

    async def add_then_open_the_next(text: str, ticket: int) -> None:
        await add_note(text, ticket)
        window.sheet.open_text("#48240")
        await window.is_lookup_finished()
        drafts.save_draft("note", "About Tom.")

    monkeypatch.setattr(edits, "add_note", add_then_open_the_next)
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: drafts.draft_text("note") == "About Tom.")
    await window.pause(0.1)
    assert drafts.draft_text("note") == "About Tom."
    await window.look_up("#48213")
    assert drafts.draft_text("note") == "", "it was sent"

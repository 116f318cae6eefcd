"""Pause marketing while a ticket is open; fewer lists instead of an opt-out."""

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from tests.support.window_driver import CTRL, Key, WindowDriver


def card_places(window: WindowDriver) -> list[int]:
    """Where the cards of the first column stand, px from the top of the window."""
    names = ("Opt-out", "Customer value", "Zendesk")
    cards = [window.find_one(name) for name in names]
    return [card.mapTo(window.view, QPoint(0, 0)).y() for card in cards]


async def test_pause_is_told_below_the_panels_undone_and_ended(window: WindowDriver) -> None:
    await window.look_up("#48213")
    places = card_places(window)
    window.click("Pause marketing")
    await window.wait_until(lambda: "Marketing pauses until" in window.visible_texts())
    (toast,) = window.toast_texts
    assert "Marketing for Maria Lopez pauses in 10 s, until " in toast
    assert card_places(window) == places, "nothing moves under the pointer"
    window.press(Key.Key_Z, CTRL)
    await window.wait_until(lambda: "Marketing pauses until" not in window.visible_texts())
    window.click("Pause marketing")
    await window.wait_until(lambda: window.toast_texts)
    window.advance_clock(11)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["done"])
    await window.wait_until(lambda: "Marketing is paused until" in window.visible_texts())
    profile = await window.read_profile_officially()
    assert "Support - paused" in profile["lists"]
    assert profile["vars"]["zendesk_paused"]
    (again,) = window.find_all("Pause marketing")
    assert not again.isEnabled()
    assert "paused already" in again.toolTip()
    window.save_screenshot("paused")
    window.click("End pause")
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["waiting"])
    # What is wanted is shown.
    await window.wait_until(lambda: "Marketing is paused until" not in window.visible_texts())
    window.advance_clock(11)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["done"])
    assert "Support - paused" not in (await window.read_profile_officially())["lists"]


async def test_pause_ends_by_itself_once_the_last_ticket_is_solved(window: WindowDriver) -> None:
    await window.look_up("#48240")
    window.click("Pause marketing")
    await window.wait_until(lambda: window.toast_texts)
    window.advance_clock(11)
    await window.wait_until(lambda: window.newest_edit_states()[:1] == ["done"])
    headers = window.sandbox.basic_auth_headers()
    body = '{"ticket": {"status": "solved"}}'
    window.sandbox.http("zendesk", "PUT", "/api/v2/tickets/48240", body, headers)
    window.advance_clock(400)
    await window.wait_until(
        lambda: "Marketing is paused until" not in window.visible_texts(), within_s=20
    )
    await window.wait_for_text("no longer paused", window.view.banner)


async def test_fewer_instead_leads_from_the_form_to_the_lists(window: WindowDriver) -> None:
    await window.look_up("#48213")
    assert not window.find_all("Fewer instead")
    window.click("No marketing e-mail")
    window.click("Fewer instead")
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.accessibleName() == "Newsletter"

"""Customer value: the switch that tags a customer of high value in Zendesk, with undo."""

from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import Key, WindowDriver

TAG = "sailthru_highvalue"


def tags_of(window: WindowDriver) -> list[str]:
    user = window.sheet.sheet.user.value if window.sheet.sheet is not None else None
    return list(user.tags or ()) if user is not None else []


def user_writes(window: WindowDriver) -> list[object]:
    return [write for write in window.sandbox.logged_writes() if "/users/" in str(write["path"])]


async def test_high_value_tag_by_keyboard_is_sent_after_undo_time(window: WindowDriver) -> None:
    await window.look_up("tom@old.example")
    assert TAG not in tags_of(window)
    before = tags_of(window)
    await window.tab_to("High value")
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.toast_texts == [f"Tom Reyes gets the tag {TAG} in 10 s"])
    switch = window.find_one("High value", Switch)
    assert switch.isChecked()
    assert switch.is_waiting()
    assert "High value" in window.visible_texts()
    assert not user_writes(window)
    window.save_screenshot("high-value-waiting")
    window.advance_clock(11)
    await window.wait_until(
        lambda: window.last_status_text == f"Tag {TAG} added: Zendesk confirmed"
    )
    assert tags_of(window) == [*before, TAG]
    assert len(user_writes(window)) == 1


async def test_high_value_tag_undone_in_time_sends_nothing(window: WindowDriver) -> None:
    await window.look_up("tom@old.example")
    window.click("High value", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    window.click("Undo")
    await window.wait_until(lambda: window.waiting_edit_count == "")
    assert not window.find_one("High value", Switch).isChecked()
    window.advance_clock(60)
    await window.wait_until(lambda: not window.toast_texts)
    assert not user_writes(window)


async def test_high_value_tag_without_sailthru_profile(window: WindowDriver) -> None:
    """On no list and without a profile: no sync sees them, a person can tag them."""
    await window.look_up("noname@plain.example")
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.profile.value is None
    window.click("High value", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    window.save_screenshot("high-value-no-profile")
    window.advance_clock(11)
    await window.wait_until(
        lambda: window.last_status_text == f"Tag {TAG} added: Zendesk confirmed"
    )


async def test_high_value_switch_of_agent_says_why_not(agent_window: WindowDriver) -> None:
    await agent_window.look_up("tom@old.example")
    switch = agent_window.find_one("High value", Switch)
    assert not switch.isEnabled()
    assert "may not tag customers as high value" in switch.accessibleDescription()


async def test_thresholds_decide_and_are_explained(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    assert "High value from 4" in window.visible_texts()
    window.house.session.change_settings(
        {"value.segment_var": "no_such", "value.thresholds": {"3": 500, "4": 5000}}
    )
    await window.wait_for_text("Segments: 3 from $500, 4 from $5,000 in 365 days")
    await window.wait_for_text("3 of 4")
    await window.wait_for_text("1–4, by your thresholds")
    window.save_screenshot("thresholds")

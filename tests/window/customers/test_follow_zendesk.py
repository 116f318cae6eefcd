"""Follow Zendesk: a ticket viewed in the browser opens its customer here, when that is welcome."""

from PySide6.QtWidgets import QApplication, QComboBox

from desktop.customer.ticket_follower import ACTIVITY_WINDOW_S, FAST_POLL_S, SLOW_POLL_S
from desktop.panels.widgets.switch import Switch
from tests.support.customer_tabs_driver import look_up_apart, spoken_name, tab_texts
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_workspace import wait_until


def set_desks(desk: WindowDriver, count: int) -> None:
    """Set the number of desks; thirty, the default, look too seldom for most tests."""
    desk.house.session.change_settings({"follow.desks": count})


async def look(desk: WindowDriver) -> None:
    """Ask once more now, as the timer will."""
    follow = desk.window.follow_model
    follow.set_following(False)
    follow.set_following(True)
    before = recent(desk)
    await wait_until(lambda: recent(desk) > before)


def recent(desk: WindowDriver) -> int:
    counted = desk.sandbox.control("GET", "requests")["requests"]
    return sum(count for name, count in counted.items() if "tickets/recent" in name)


async def following(desk: WindowDriver, *, desks: int = 1) -> None:
    set_desks(desk, desks)
    desk.click("Follow Zendesk", Switch)
    assert "Following Zendesk" in desk.visible_texts()
    await wait_until(lambda: recent(desk) == 1)
    # Counted by the server, it may not be read here yet: then it would not be the baseline.
    await wait_until(lambda: desk.window.services.follow._seen is not None)


async def test_follow_viewed_ticket_opens_customer(window: WindowDriver) -> None:
    await following(window)
    window.sandbox.control("POST", "viewed", {"ticket": 48240})
    await look(window)
    await window.wait_until(lambda: "Tom Reyes" in window.visible_texts())
    await window.is_lookup_finished()
    window.sandbox.control("POST", "viewed", {"ticket": 48213})
    await look(window)
    await window.wait_for_text("Maria Lopez")
    await window.wait_for_text("from #48213")


async def test_follow_polls_at_its_interval(window: WindowDriver) -> None:
    await following(window)
    window.sandbox.control("POST", "viewed", {"ticket": 48240})
    await window.wait_until(lambda: "Tom Reyes" in window.visible_texts(), within_s=FAST_POLL_S + 5)


async def test_follow_unsaved_input_is_not_replaced(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await following(window)
    window.click("No marketing e-mail")
    window.type("x")
    window.sandbox.control("POST", "viewed", {"ticket": 48240})
    await look(window)
    await window.wait_until(lambda: "You have opened #48240 in Zendesk." in window.visible_texts())
    assert "Maria Lopez" in window.visible_texts()
    # The ticket is open behind her, and nothing typed was moved or lost.
    await window.wait_until(lambda: tab_texts(window) == ["[Maria Lopez]", "Tom Reyes · Following"])
    assert window.find_one("Reason", QComboBox).currentText().endswith("x")
    assert spoken_name(window, 1) == "Tom Reyes, follows Zendesk"
    window.save_screenshot("held")
    window.press(Key.Key_Escape)
    window.sandbox.control("POST", "viewed", {"ticket": 48302})
    await look(window)
    await window.wait_until(lambda: "Priya Nair" in window.visible_texts())


async def view_ticket(window: WindowDriver, ticket: int) -> None:
    window.sandbox.control("POST", "viewed", {"ticket": ticket})
    await look(window)
    await window.is_lookup_finished()


async def test_follow_keeps_to_its_tab_and_brings_it_to_the_front(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await following(window)
    assert tab_texts(window) == ["[Maria Lopez · Following]"]
    await look_up_apart(window, "dana@okafor.example")
    await view_ticket(window, 48240)
    await window.wait_until(lambda: tab_texts(window) == ["[Tom Reyes · Following]", "Dana Okafor"])
    # Another tab may follow instead.
    window.press(Key.Key_PageDown, CTRL)
    window.view.window_actions["Follow Zendesk in this tab"].trigger()
    await view_ticket(window, 48213)
    await window.wait_until(lambda: tab_texts(window) == ["Tom Reyes", "[Maria Lopez · Following]"])


async def test_follow_never_replaces_a_pinned_tab(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await following(window)
    window.view.window_actions["Pin tab"].trigger()
    assert not window.view.window_actions["Follow Zendesk in this tab"].isEnabled()
    await view_ticket(window, 48240)
    await window.wait_until(lambda: tab_texts(window) == ["Maria Lopez", "[Tom Reyes · Following]"])


async def test_follow_stops_below_half_of_rate_limit(window: WindowDriver) -> None:
    await following(window)
    window.window.services.follow.has_spare_budget = lambda: False
    window.window.follow_model.set_following(False)
    window.window.follow_model.set_following(True)
    await window.look_up("maria@lopez.example")
    assert recent(window) == 1
    window.window.services.follow.has_spare_budget = lambda: True
    await look(window)


async def test_follow_interval_is_short_when_visible_and_active(window: WindowDriver) -> None:
    follow = window.house.follow
    set_desks(window, 1)
    window.window.follow_model.note_user_activity()
    assert follow.poll_interval_s(visible=True) == FAST_POLL_S
    assert follow.poll_interval_s(visible=False) == SLOW_POLL_S
    window.home.clock.offset_s += ACTIVITY_WINDOW_S + 1
    assert follow.poll_interval_s(visible=True) == SLOW_POLL_S
    # Typing counts as moving.
    window.click("Find a customer")
    window.type("m")
    assert follow.poll_interval_s(visible=True) == FAST_POLL_S
    window.view.showMinimized()
    await window.wait_until(lambda: not window.window.follow_model.is_window_visible)
    window.view.showNormal()
    await window.wait_until(lambda: window.window.follow_model.is_window_visible)


async def test_follow_looks_less_often_the_more_desks_there_are(window: WindowDriver) -> None:
    switch, follow = window.find_one("Follow Zendesk", Switch), window.house.follow
    set_desks(window, 1)
    await window.wait_until(lambda: "every 5 s at most: 1 desk" in switch.accessibleDescription())
    set_desks(window, 50)
    limit = window.house.session.follow_budget().limit
    assert limit is not None
    await window.wait_until(lambda: "50 desks together" in switch.accessibleDescription())
    assert f"a fifth of Zendesk’s {limit:,} calls" in switch.accessibleDescription()
    await following(window, desks=50)
    window.window.follow_model.note_user_activity()
    assert follow.poll_interval_s(visible=True) > FAST_POLL_S
    # Switched off and on as often as one likes, it takes no more than the share.
    for _ in range(20):
        window.window.follow_model.set_following(False)
        window.window.follow_model.set_following(True)
        await window.look_up("maria@lopez.example")
    assert recent(window) <= max(1, follow.budget.calls_per_minute)


async def test_follow_without_zendesk_is_disabled(window: WindowDriver) -> None:
    await window.house.session.disconnect()
    window.view.top_bar.refresh()
    switch = window.find_one("Follow Zendesk", Switch)
    assert not switch.isEnabled()
    assert switch.accessibleDescription() == "Zendesk is not connected."
    assert QApplication.focusWidget() is not switch

"""Follow Zendesk: a ticket viewed in the browser opens its customer here, when that is welcome."""

from PySide6.QtWidgets import QApplication

from desktop.customer.follow import LIVELY_S, QUICK_S, SLOW_S
from desktop.panels.parts.switch import Switch
from tests.window.at_work import until
from tests.window.desk import Desk, Key


async def look(desk: Desk) -> None:
    """Ask once more now, as the timer will."""
    follow = desk.window.follow
    follow.set_on(False)
    follow.set_on(True)
    before = recent(desk)
    await until(lambda: recent(desk) > before)


def recent(desk: Desk) -> int:
    counted = desk.sandbox.control("GET", "requests")["requests"]
    return sum(count for name, count in counted.items() if "tickets/recent" in name)


async def following(desk: Desk) -> None:
    desk.click("Follow Zendesk", Switch)
    assert "Following Zendesk" in desk.texts()
    await until(lambda: recent(desk) == 1)
    # Counted by the server, it may not be read here yet: then it would not be the baseline.
    await until(lambda: desk.window.house.follow._seen is not None)


async def test_a_viewed_ticket_opens_its_customer(desk: Desk) -> None:
    await following(desk)
    desk.sandbox.control("POST", "viewed", {"ticket": 48240})
    await look(desk)
    await desk.until(lambda: "Tom Reyes" in desk.texts())
    await desk.settled()
    desk.sandbox.control("POST", "viewed", {"ticket": 48213})
    await look(desk)
    await desk.until(lambda: "Maria Lopez" in desk.texts())
    assert "from #48213" in desk.texts()


async def test_it_opens_by_itself_within_its_interval(desk: Desk) -> None:
    await following(desk)
    desk.sandbox.control("POST", "viewed", {"ticket": 48240})
    await desk.until(lambda: "Tom Reyes" in desk.texts(), within_s=QUICK_S + 5)


async def test_half_typed_words_are_not_replaced(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    await following(desk)
    desk.click("No marketing e-mail")
    desk.type("x")
    desk.sandbox.control("POST", "viewed", {"ticket": 48240})
    await look(desk)
    await desk.until(lambda: "You have opened #48240 in Zendesk." in desk.texts())
    assert "Maria Lopez" in desk.texts()
    desk.shot("held")
    desk.press(Key.Key_Escape)
    desk.sandbox.control("POST", "viewed", {"ticket": 48302})
    await look(desk)
    await desk.until(lambda: "Priya Nair" in desk.texts())


async def test_below_half_of_the_calls_it_does_not_ask(desk: Desk) -> None:
    await following(desk)
    desk.window.house.follow.spare = lambda: False
    desk.window.follow.set_on(False)
    desk.window.follow.set_on(True)
    await desk.look_up("maria@lopez.example")
    assert recent(desk) == 1
    desk.window.house.follow.spare = lambda: True
    await look(desk)


async def test_quick_while_seen_and_lively_else_slow(desk: Desk) -> None:
    follow = desk.house.follow
    desk.window.follow.moved()
    assert follow.wait_s(visible=True) == QUICK_S
    assert follow.wait_s(visible=False) == SLOW_S
    desk.home.clock.ahead += LIVELY_S + 1
    assert follow.wait_s(visible=True) == SLOW_S
    # Typing counts as moving.
    desk.click("Find a customer")
    desk.type("m")
    assert follow.wait_s(visible=True) == QUICK_S
    desk.view.showMinimized()
    await desk.until(lambda: not desk.window.follow.visible)
    desk.view.showNormal()
    await desk.until(lambda: desk.window.follow.visible)


async def test_it_cannot_be_on_without_zendesk(desk: Desk) -> None:
    await desk.house.live.disconnect()
    desk.view.top.refresh()
    switch = desk.one("Follow Zendesk", Switch)
    assert not switch.isEnabled()
    assert switch.accessibleDescription() == "Zendesk is not connected."
    assert QApplication.focusWidget() is not switch

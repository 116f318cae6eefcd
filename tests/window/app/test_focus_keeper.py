"""The keyboard stays where a person was, whatever control is disabled or vanishes under it."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.focus_keeper import FocusKeeper
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tab_order import tab_stops
from tests.support.window_driver import CTRL, FirstStartDriver, Key, WindowDriver


def focus() -> QWidget | None:
    return QApplication.focusWidget()


def put_focus_on(stop: QWidget) -> bool:
    stop.setFocus(Qt.FocusReason.TabFocusReason)
    return focus() is stop


def misplaced(stop: QWidget) -> str:
    """Where the focus went, unless it is on something around `stop`, which presses nothing."""
    where = focus()
    if where is not None and where.isAncestorOf(stop):
        return ""
    return f"{stop.accessibleName() or stop} -> {where and (where.accessibleName() or where)}"


def wrong_places(root: QWidget) -> list[str]:
    found = []
    for stop in tab_stops(root):
        if not stop.isEnabled() or not put_focus_on(stop):
            continue
        stop.setEnabled(False)
        found.append(misplaced(stop))
        stop.setEnabled(True)
        if focus() is not stop:
            found.append(f"not back on {stop.accessibleName() or stop}")
        stop.hide()
        found.append(misplaced(stop))
        stop.show()
        if focus() is not stop:
            found.append(f"not back on shown {stop.accessibleName() or stop}")
    assert found, "no control was tried"
    return [each for each in found if each]


async def test_control_that_is_disabled_or_vanishes_keeps_the_focus_around_it(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    for page, key in (
        ("customers", Key.Key_1),
        ("sync", Key.Key_2),
        ("activity", Key.Key_3),
        ("settings", Key.Key_Comma),
    ):
        window.press(key, CTRL)
        await window.pause(0.3)
        found = wrong_places(window.view._pages[page])
        assert not found, "\n".join([page, *found])


# All but the permissions: nothing of them can be used before an admin has signed in.
async def test_focus_stays_in_the_step_of_the_wizard(new_computer: FirstStartDriver) -> None:
    new_computer.click("Connect Zendesk and Sailthru")
    for step in range(6):
        card = new_computer.wizard.cards[step]
        assert card.isVisible()
        if step != 2:
            found = wrong_places(card)
            assert not found, "\n".join([f"step {step + 1}", *found])
        if step < 5:
            new_computer.click("Next")


async def test_focus_stays_in_the_dialog(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for action in ("Profile data", "Keyboard shortcuts", "New sync"):
        if action == "Profile data":
            links = window.view.findChildren(LinkButton)
            window.click(next(b for b in links if b.text().startswith("Show all ")))
        else:
            window.view.window_actions[action].trigger()
        await window.wait_until(lambda: window.open_dialogs())
        (dialog,) = window.open_dialogs()
        await window.wait_until(dialog.isActiveWindow)
        found = wrong_places(dialog)
        assert not found, "\n".join([action, *found])
        dialog.reject()
        await window.wait_until(window._activate)


class CardsWindow(QMainWindow):
    """Two cards with two buttons each, a third button outside of them, and a keeper."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__()
        self.buttons = [Button(name) for name in ("A", "B", "C", "D", "Outside")]
        body = QWidget()
        column = QVBoxLayout(body)
        column.addWidget(self.buttons[4])
        self.cards = [Card("First"), Card("Second")]
        for place, button in enumerate(self.buttons[:4]):
            self.cards[place // 2].add(button)
        for card in self.cards:
            column.addWidget(card)
        self.setCentralWidget(body)
        self.keeper = FocusKeeper(QApplication.instance(), self)  # type: ignore[arg-type]
        qtbot.addWidget(self)
        self.show()
        self.activateWindow()
        qtbot.waitUntil(self.isActiveWindow)

    def focus_on(self, place: int) -> Button:
        self.buttons[place].setFocus(Qt.FocusReason.TabFocusReason)
        return self.buttons[place]


@pytest.fixture
def cards(qtbot: QtBot) -> CardsWindow:
    return CardsWindow(qtbot)


@pytest.mark.parametrize("end", ["hide", "setDisabled", "deleteLater"])
@pytest.mark.parametrize(
    ("key", "place"), [(Key.Key_Tab, 2), (Key.Key_Backtab, 0)], ids=["forward", "backward"]
)
def test_tab_goes_on_from_the_place_of_the_lost_control(
    cards: CardsWindow, qtbot: QtBot, end: str, key: Key, place: int
) -> None:
    button = cards.focus_on(1)
    if end == "setDisabled":
        button.setDisabled(True)
    else:
        getattr(button, end)()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert focus() is cards.cards[0]
    QTest.keyClick(cards.cards[0], key)
    assert focus() is cards.buttons[place]


def test_keys_on_a_parked_focus_press_nothing(cards: CardsWindow) -> None:
    pressed: list[str] = []
    for button in cards.buttons:
        button.clicked.connect(lambda: pressed.append("pressed"))
    cards.focus_on(0).setDisabled(True)
    for key in (Key.Key_Space, Key.Key_Return, Key.Key_Enter, Key.Key_Escape):
        QTest.keyClick(focus(), key)
    assert pressed == []


def test_control_enabled_again_does_not_take_the_focus_back_from_elsewhere(
    cards: CardsWindow,
) -> None:
    lost = cards.focus_on(0)
    lost.setDisabled(True)
    elsewhere = cards.focus_on(3)
    lost.setDisabled(False)
    assert focus() is elsewhere


def test_control_disabled_while_another_window_is_active_keeps_its_place(
    cards: CardsWindow, qtbot: QtBot
) -> None:
    lost = cards.focus_on(1)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    lost.setDisabled(True)
    cards.activateWindow()
    qtbot.waitUntil(cards.isActiveWindow)
    assert focus() is cards.cards[0]
    lost.setDisabled(False)
    assert focus() is lost


def test_vanished_control_outside_of_cards_leads_back_to_the_one_before(cards: CardsWindow) -> None:
    before = cards.focus_on(2)
    cards.focus_on(4).hide()
    assert focus() is before


async def test_undo_in_a_toast_leads_back_to_the_control_before(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Winback")
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.toast_texts)
    assert focus() is window.find_one("Winback", Switch)
    window.find_one("Undo").setFocus(Qt.FocusReason.TabFocusReason)
    window.press(Key.Key_Space)
    await window.wait_until(lambda: not window.toast_texts)
    assert focus() is window.find_one("Winback", Switch)


async def test_closed_banner_leads_back_to_the_control_before(window: WindowDriver) -> None:
    window.press(Key.Key_K, CTRL)
    window.type("a@@b")
    window.press(Key.Key_Return)
    await window.wait_until(window.view.banner.isVisible)
    window.find_one("Close").setFocus(Qt.FocusReason.TabFocusReason)
    window.press(Key.Key_Space)
    assert focus() is window.view.top_bar.search_field


async def test_page_opened_by_shortcut_has_the_focus_and_tab_its_first_control(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@lopez.example")
    await window.tab_to("Winback")
    window.press(Key.Key_3, CTRL)
    page = window.view._pages["activity"]
    assert page.isVisible()
    assert focus() is page
    window.press(Key.Key_Tab)
    where = focus()
    assert where is not None
    assert page.isAncestorOf(where)


async def test_button_of_a_test_under_way_gets_the_focus_back(window: WindowDriver) -> None:
    window.press(Key.Key_Comma, CTRL)
    await window.wait_until(lambda: window.find_all("Test Sailthru"))
    window.sandbox.set_faults("sailthru:* *:slow=0.5")
    button = await window.tab_to("Test Sailthru")
    window.press(Key.Key_Space)
    seen: set[str] = set()

    def is_over() -> bool:
        where = focus()
        seen.add(misplaced(button) if where is not button else "")
        return button.isEnabled() and len(window.sandbox.logged_requests()) > 1

    await window.wait_until(is_over)
    await window.wait_until(lambda: focus() is button)
    assert seen == {""}


async def test_tab_goes_on_after_a_drawer_has_closed(window: WindowDriver) -> None:
    await window.look_up("#48213")
    link = await window.tab_to("Add note")
    window.press(Key.Key_Return)
    assert focus() is not link
    window.press(Key.Key_Escape)
    assert focus() is link
    window.press(Key.Key_Tab)
    assert focus() is window.find_one("Open in Zendesk", LinkButton)
    window.press(Key.Key_Backtab)
    assert focus() is link

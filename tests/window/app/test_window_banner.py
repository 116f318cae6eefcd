"""The window's banner moves nothing, stays on its page, and leaves; Ctrl+F; nothing lingers."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from desktop.panels import main_window_controller
from desktop.panels.activity_page import ActivityPage
from desktop.panels.settings_page import SettingsPage
from desktop.panels.widgets import banner as banner_module
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.switch import Switch
from tests.support.window_driver import CTRL, Key, WindowDriver


async def show_mistake(window: WindowDriver) -> None:
    """Look up what is no query: a banner says so."""
    window.press(Key.Key_K, CTRL)
    window.type("a@@b")
    window.press(Key.Key_Return)
    await window.wait_until(window.view.banner.isVisible)


async def test_banner_moves_nothing_of_the_page(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    newsletter = window.find_one("Newsletter", Switch)
    before = newsletter.mapTo(window.view, QPoint())
    await show_mistake(window)
    await window.pause(0.05)
    assert newsletter.mapTo(window.view, QPoint()) == before
    banner, page = window.view.banner, window.view.customers_page
    assert banner.width() == page.width()
    floor = page.mapTo(window.view.centralWidget(), page.rect().bottomLeft()).y()
    assert banner.geometry().bottom() == floor
    window.save_screenshot("banner-wide")
    window.view.resize(392, 860)
    await window.pause(0.1)
    assert banner.width() == page.width()
    assert all(
        label.height() >= label.heightForWidth(label.width())
        for label in (banner.title_label, banner.message_label, banner.hint_label)
        if label.isVisible()
    )
    window.save_screenshot("banner-narrow")


@pytest.mark.parametrize(("key", "name"), [(Key.Key_3, "Activity"), (Key.Key_Comma, "Settings")])
async def test_banner_of_a_page_moves_nothing_of_it(
    window: WindowDriver, key: Key, name: str
) -> None:
    window.press(key, CTRL)
    kind = ActivityPage if name == "Activity" else SettingsPage
    await window.wait_until(lambda: window.find_all(name, kind))
    page = window.find_one(name, kind)
    assert isinstance(page, ActivityPage | SettingsPage)
    await window.pause(0.1)

    def places() -> list[QPoint]:
        shown = [w for w in page.findChildren(QWidget) if w.isVisible() and w not in own]
        parts = [w for w in shown if isinstance(w, QAbstractButton | Card)]
        return [part.mapTo(window.view, QPoint()) for part in parts]

    own: list[QWidget] = []
    before: list[QPoint] = []
    while before != (now := places()):
        # Until what the page reads has arrived.
        before = now
        await window.pause(0.2)
    page.banner.show_message("bad", "It cannot be done.", "Because. " * 30, close="Close")
    own += page.banner.findChildren(QWidget)
    # At once: the page draws what its model says again and again.
    for _ in range(3):
        QApplication.sendPostedEvents()
    assert page.banner.isVisible()
    assert places() == before


async def test_toasts_stand_above_the_banner(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await show_mistake(window)
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.toast_texts)
    (toast,) = window.view.toast_manager.visible_toasts()
    banner = window.view.banner
    assert toast.geometry().bottom() <= banner.mapTo(window.view, QPoint()).y()


async def test_banner_stays_on_its_page(window: WindowDriver) -> None:
    await show_mistake(window)
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: not window.view.banner.isVisible())
    window.press(Key.Key_1, CTRL)
    assert window.view.banner.isVisible()


async def test_escape_closes_the_banner(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for where in ("sheet", "search field"):
        await show_mistake(window)
        if where == "sheet":
            window.find_one("Newsletter", Switch).setFocus()
        window.press(Key.Key_Escape)
        assert not window.view.banner.isVisible(), where
        # It is forgotten, not only hidden.
        window.press(Key.Key_3, CTRL)
        window.press(Key.Key_1, CTRL)
        assert not window.view.banner.isVisible(), where


async def test_banner_that_informs_leaves_by_itself(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.view.window_actions["Undo"].trigger()
    assert "There is nothing to undo right now." in window.visible_texts(window.view.banner)
    timer = window.view.banner._leave_timer
    assert timer.isActive()
    assert timer.interval() == banner_module._INFO_MS
    window.find_one("Close").setFocus()
    timer.timeout.emit()
    assert window.view.banner.isVisible(), "somebody is reading it"
    window.view.top_bar.search_field.setFocus()
    timer.timeout.emit()
    assert not window.view.banner.isVisible()


async def test_banner_that_asks_for_something_stays(window: WindowDriver) -> None:
    await show_mistake(window)
    assert not window.view.banner._leave_timer.isActive()


async def test_find_key_searches_the_page_one_is_on(window: WindowDriver) -> None:
    window.press(Key.Key_F, CTRL)
    assert QApplication.focusWidget() is window.view.top_bar.search_field
    window.press(Key.Key_3, CTRL)
    page = window.view.findChild(ActivityPage)
    assert page is not None
    window.press(Key.Key_F, CTRL)
    assert QApplication.focusWidget() is page.search_field
    window.type("maria")
    assert page.search_field.text() == "maria"
    window.press(Key.Key_K, CTRL)
    assert QApplication.focusWidget() is window.view.top_bar.search_field


async def test_result_of_a_change_is_read_out_and_does_not_linger_under_another_customer(
    window: WindowDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(main_window_controller, "announce", lambda _view, text: said.append(text))
    await window.look_up("maria@lopez.example")
    window.click("Happy")
    await window.wait_until(lambda: window.last_status_text == "Health happy: Sailthru confirmed")
    assert said == ["Health happy: Sailthru confirmed"]
    await window.look_up("tom@old.example")
    assert "Happy" not in window.last_status_text
    assert window.last_status_text == ""


async def test_rail_has_no_badge_for_what_merely_waits(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    await window.pause(0.3)
    rail = window.view.navigation_rail
    assert not rail._pages["activity"].accessibleDescription()
    window.press(Key.Key_Z, CTRL)
    window.sandbox.set_faults("sailthru:POST /user:403")
    window.click("Happy")
    await window.wait_until(
        lambda: "1 change needs" in rail._pages["activity"].accessibleDescription()
    )

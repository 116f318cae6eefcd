"""Back and Forward through customers and pages, by keys and by the buttons of a mouse."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.support.window_driver import CTRL, NONE, Key, WindowDriver
from tests.support.window_workspace import wait_until

ALT = Qt.KeyboardModifier.AltModifier


def shown_name(window: WindowDriver) -> str:
    sheet = window.sheet.sheet
    assert sheet is not None
    assert sheet.user.value is not None
    return sheet.user.value.name


async def test_back_and_forward_open_customers_again(window: WindowDriver) -> None:
    for address in ("maria@lopez.example", "tom@old.example"):
        await window.look_up(address)
    assert shown_name(window) == "Tom Reyes"
    window.press(Key.Key_Left, ALT)
    await window.is_lookup_finished()
    assert shown_name(window) == "Maria Lopez"
    # What was typed to find Tom does not stand over Maria.
    assert window.view.top_bar.search_field.text() == ""
    # There is nothing before her.
    assert not window.view.window_actions["Back"].isEnabled()
    window.press(Key.Key_Right, ALT)
    await window.is_lookup_finished()
    assert shown_name(window) == "Tom Reyes"
    assert not window.view.window_actions["Forward"].isEnabled()


async def test_back_by_mouse_button_from_a_page_and_over_a_field(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_3, CTRL)
    await wait_until(lambda: window.view.current_page == "activity")
    where = window.view.childAt(QPoint(window.view.width() // 2, window.view.height() // 2))
    QTest.mouseClick(where, Qt.MouseButton.BackButton, NONE)
    assert window.view.current_page == "customers"
    # She is there still: nothing is asked once more.
    assert not window.sheet.is_loading
    QTest.mouseClick(window.view, Qt.MouseButton.ForwardButton, NONE)
    assert window.view.current_page == "activity"
    # The field takes clicks, but not these.
    QTest.mouseClick(window.view.top_bar.search_field, Qt.MouseButton.BackButton, NONE)
    assert window.view.current_page == "customers"


async def test_somewhere_new_drops_what_was_ahead(window: WindowDriver) -> None:
    for address in ("maria@lopez.example", "tom@old.example"):
        await window.look_up(address)
    window.press(Key.Key_Left, ALT)
    await window.is_lookup_finished()
    window.press(Key.Key_2, CTRL)
    assert not window.view.window_actions["Forward"].isEnabled()
    window.press(Key.Key_Left, ALT)
    assert window.view.current_page == "customers"
    assert shown_name(window) == "Maria Lopez"


async def test_closed_customers_are_not_gone_back_to(window: WindowDriver) -> None:
    for address in ("maria@lopez.example", "tom@old.example"):
        await window.look_up(address)
    await window.house.session.disconnect()
    assert not window.view.window_actions["Back"].isEnabled()
    assert not window.view.window_actions["Forward"].isEnabled()


async def test_nobody_found_is_no_place(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_2, CTRL)
    await window.look_up("nobody@nowhere.example")
    window.press(Key.Key_Left, ALT)
    await window.is_lookup_finished()
    assert window.view.current_page == "customers"
    assert shown_name(window) == "Maria Lopez"

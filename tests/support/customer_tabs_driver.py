"""Reads and uses the row of customer tabs of a whole window, by keys and by the mouse."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from desktop.panels.customer.customer_tab_row import CustomerTabBar
from tests.support.window_driver import CTRL, NONE, Key, WindowDriver


def tab_bar(window: WindowDriver) -> CustomerTabBar:
    return window.find_one("Open customers", CustomerTabBar)


def tab_texts(window: WindowDriver) -> list[str]:
    """What the tabs say, from first to last; the one in front in brackets."""
    row = tab_bar(window)
    texts = [row.tabText(place) for place in range(row.count())]
    texts[row.currentIndex()] = f"[{texts[row.currentIndex()]}]"
    return texts


def tab_center(window: WindowDriver, place: int) -> QPoint:
    return tab_bar(window).tabRect(place).center()


def spoken_name(window: WindowDriver, place: int) -> str:
    return tab_bar(window).accessibleTabName(place)


async def look_up_apart(window: WindowDriver, text: str) -> None:
    """Ctrl+K, the text, Ctrl+Enter: in a tab of its own."""
    window.press(Key.Key_K, CTRL)
    window.type(text)
    window.press(Key.Key_Return, CTRL)
    await window.is_lookup_finished()


async def open_in_tabs(window: WindowDriver, *addresses: str) -> None:
    """Look the first up, and each other one in a tab of its own."""
    await window.look_up(addresses[0])
    for address in addresses[1:]:
        await look_up_apart(window, address)


def click_tab(
    window: WindowDriver, place: int, button: Qt.MouseButton = Qt.MouseButton.LeftButton
) -> None:
    QTest.mouseClick(tab_bar(window), button, NONE, tab_center(window, place))


def choose_in_menu(name: str) -> None:
    """Choose in the context menu that is open."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    action = next(each for each in menu.actions() if each.text() == name)
    action.trigger()
    menu.close()

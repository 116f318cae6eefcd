"""The whole window without a mouse: every action, one key each, the order of Tab, no trap."""

import sys
from collections import Counter

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from desktop.panels.settings_page import SettingsPage
from desktop.panels.widgets.navigation_rail import NavigationRailButton
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tab_order import tab_stops
from desktop.settings import settings_table
from desktop.viewmodels.search_suggestions_model import ENABLED_ROLE, NOTE_ROLE, SUBTITLE_ROLE
from desktop.viewmodels.settings_sections import SETTINGS_SECTIONS, section_keywords
from tests.support.customer_tabs_driver import open_in_tabs
from tests.support.window_driver import CTRL, NONE, SHIFT, Key, WindowDriver

# Actions that the palette names and can't run in this home, each with its reason.
_NOT_NOW = {
    # Maria gets everything: her panel has no such button either.
    "Why opted out?": "They are not opted out.",
    "Reports": (
        "This computer does not keep everybody’s data. An admin switches it on in Settings › Data"
        " on this computer."
    ),
}


async def test_palette_lists_every_action_and_enter_runs_it(window: WindowDriver) -> None:
    await open_in_tabs(window, "maria@lopez.example", "tom@old.example", "priya@nair.example")
    # Each of them can be run: a tab was closed, another one follows Zendesk, and somebody has gone
    # back from a page.
    window.press(Key.Key_W, CTRL)
    window.window.follow_model.set_following(True)
    window.press(Key.Key_Tab, CTRL)
    window.press(Key.Key_2, CTRL)
    window.view.window_actions["Back"].trigger()
    for action in window.view.window_actions.all():
        ran: list[bool] = []
        action.triggered.disconnect()
        action.triggered.connect(lambda *_: ran.append(True))  # noqa: B023 - used at once
        window.view.top_bar.search_field.take_focus()
        window.type(">" + " ".join(reversed(action.text().split())))
        popup = window.view.top_bar.search_field.popup()
        assert popup is not None
        assert popup.isVisible(), action.text()
        rows = [popup.view.model().index(row, 0) for row in range(popup.count())]
        titles = [row.data() for row in rows]
        assert action.text() in titles, titles
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        row = rows[titles.index(action.text())]
        assert row.data(NOTE_ROLE) == keys
        if action.text() in _NOT_NOW:
            assert row.data(ENABLED_ROLE) is False
            assert row.data(SUBTITLE_ROLE) == _NOT_NOW[action.text()]
            continue
        # The first that can be chosen is marked already, and the arrows pass the others by.
        enabled = [each.data() for each in rows if each.data(ENABLED_ROLE) is not False]
        window.press(Key.Key_Down, times=enabled.index(action.text()))
        window.press(Key.Key_Return)
        assert ran == [True], action.text()
        assert not popup.isVisible()


async def test_palette_other_words_find_customer_value(window: WindowDriver) -> None:
    for word in ("score", "scale", "customer value"):
        window.press(Key.Key_1, CTRL)
        window.press(Key.Key_K, CTRL)
        window.type(f">{word}")
        popup = window.view.top_bar.search_field.popup()
        assert popup is not None
        assert popup.view.model().index(0, 0).data() == "Customer value settings"
        window.press(Key.Key_Return)
        page = window.view.findChild(SettingsPage)
        assert page is not None
        await window.wait_until(page.isVisible)
        assert page.SECTIONS[page.section_list.currentRow()][0] == "names"
        page.show_section("about")


async def test_palette_finds_each_section_of_the_settings(window: WindowDriver) -> None:
    for words, section in (
        ("test connection", "connections"),
        ("permissions", "permissions"),
        ("sign out", "connections"),
        ("health field", "names"),
        ("api key", "connections"),
        ("mail server", "syncs"),
        ("erase kept", "data"),
        ("settings window", "window"),
        ("days", "data"),
        ("policies", "team"),
        ("settings advanced", "advanced"),
        ("licences settings", "about"),
    ):
        window.press(Key.Key_1, CTRL)
        window.press(Key.Key_K, CTRL)
        window.type(f">{words}")
        popup = window.view.top_bar.search_field.popup()
        assert popup is not None
        model, title = popup.view.model(), dict(SettingsPage.SECTIONS)[section]
        titles = [model.index(row, 0).data() for row in range(model.rowCount())]
        window.press(Key.Key_Down, times=titles.index(f"Settings: {title}"))
        window.press(Key.Key_Return)
        await window.wait_until(lambda: window.view.current_page == "settings")
        page = window.view.findChild(SettingsPage)
        assert page is not None
        await window.wait_until(page.isVisible)
        assert page.current_section == section, words


def test_palette_finds_a_section_by_the_title_of_each_of_its_settings() -> None:
    words = {key: section_keywords(key).casefold().split() for key, _ in SETTINGS_SECTIONS}
    for setting in settings_table.ALL_SETTINGS:
        wanted = setting.label.casefold().split()
        assert any(set(wanted) <= set(found) for found in words.values()), setting.label


async def test_palette_disabled_action_shows_reason_and_does_not_run(window: WindowDriver) -> None:
    window.view.window_actions.set_enabled("Refresh", "No customer is open.")
    window.press(Key.Key_K, CTRL)
    window.type(">refresh")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    row = popup.view.model().index(0, 0)
    assert row.data(int(Qt.ItemDataRole.UserRole) + 1) == "No customer is open."
    window.press(Key.Key_Return)
    assert window.sheet.sheet is None
    window.save_screenshot("palette")


async def test_shortcuts_are_unique(window: WindowDriver) -> None:
    keys = Counter(
        sequence.toString()
        for action in window.view.window_actions.all()
        for sequence in action.shortcuts()
    )
    assert keys
    assert not [key for key, count in keys.items() if count > 1]


async def test_shortcuts_follow_platform(window: WindowDriver) -> None:
    actions = window.view.window_actions
    for words, key in (
        ("Find a customer", "Ctrl+K"),
        ("Search this page", "Ctrl+F"),
        ("Refresh", "F5"),
        ("Refresh", "Ctrl+R"),
        ("Settings", "Ctrl+,"),
        ("Help", "F1"),
        ("Keyboard shortcuts", "Ctrl+/"),
        ("Undo", "Ctrl+Z"),
        ("Quit", "Ctrl+Q"),
    ):
        assert key in [s.toString() for s in actions[words].shortcuts()], words


def read_at(widget: QWidget) -> tuple[int, int]:
    """Where a stop begins on the page: its column of the window, then its height."""
    place = widget.mapTo(widget.window(), QPoint(0, 0))
    return place.x(), place.y()


async def walked(
    driver: WindowDriver, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE
) -> list[QWidget]:
    """Every stop until the first comes again."""
    found: list[QWidget] = []
    for _ in range(120):
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in found:
            break
        found.append(focus)
        driver.press(key, modifier)
    return found


async def test_tab_order_follows_layout_in_both_directions(window: WindowDriver) -> None:
    for size in [(1280, 820), (900, 820), (392, 860)]:
        window.view.resize(*size)
        await window.look_up("maria@lopez.example")
        window.press(Key.Key_K, CTRL)
        forward = await walked(window, Key.Key_Tab)
        assert forward[0] is window.view.top_bar.search_field
        window.press(Key.Key_K, CTRL)
        back = await walked(window, Key.Key_Backtab, SHIFT)
        assert back == [forward[0], *reversed(forward[1:])]
        # Nothing that takes Tab is left out, and each card is left before the next is entered.
        assert set(forward) >= {
            w
            for w in tab_stops(window.view)
            if w.isEnabled() and not isinstance(w, NavigationRailButton)
        }
        cards = [name for name in map(card_of, forward) if name]
        seen = [name for i, name in enumerate(cards) if i == 0 or cards[i - 1] != name]
        assert len(seen) == len(set(seen)), seen
        for name in set(cards):
            heights = [read_at(w)[1] for w in forward if card_of(w) == name]
            assert heights == sorted(heights), name
        # Who walks the chain without pressing Tab finds the same order.
        chain = [w for w in following(window.view.top_bar.search_field) if w in forward]
        assert chain == forward


def card_of(widget: QWidget) -> str:
    from desktop.panels.widgets.card import Card

    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, Card):
            return parent.objectName()
        parent = parent.parentWidget()
    return ""


def following(first: QWidget) -> list[QWidget]:
    found, widget = [first], first.nextInFocusChain()
    while widget is not None and widget is not first:
        found.append(widget)
        widget = widget.nextInFocusChain()
    return found


async def test_keyboard_only_customer_workflow(window: WindowDriver) -> None:
    """Found, opted down with a reason, taken off a list, and the next one opened."""
    pressed = 0

    def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        nonlocal pressed
        pressed += 1
        window.press(key, modifier)

    async def tab_to(name: str) -> None:
        for _ in range(60):
            focus = QApplication.focusWidget()
            if focus is not None and focus.accessibleName() == name:
                return
            press(Key.Key_Tab)
        raise AssertionError(name)

    press(Key.Key_K, CTRL)
    window.type("#48213")
    pressed += 6
    press(Key.Key_Return)
    await window.is_lookup_finished()
    await tab_to("Gets everything")
    press(Key.Key_Down)
    press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: "Sailthru confirmed" in window.last_status_text)
    await tab_to("Newsletter")
    press(Key.Key_Space)
    await window.wait_until(lambda: window.waiting_edit_count == "1 change waiting")
    press(Key.Key_K, CTRL)
    window.type("tom@old.example")
    pressed += 15
    press(Key.Key_Return)
    await window.is_lookup_finished()
    assert "Tom Reyes" in window.visible_texts()
    window.advance_clock(11)
    await window.wait_until(lambda: window.waiting_edit_count == "")
    profile = await window.read_profile_officially()
    assert profile["optout_email"] == "basic"
    assert "Newsletter" not in profile["lists"]
    sys.stdout.write(f"\n{pressed} keystrokes\n")


async def test_escape_closes_topmost_and_keeps_text(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("No marketing e-mail")
    field = window.find_one("Reason", QComboBox).lineEdit()
    assert field is not None
    field.setFocus()
    window.press(Key.Key_A, CTRL)
    window.type("half a reason")
    window.press(Key.Key_K, CTRL)
    window.type("tom")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible()
    window.press(Key.Key_Escape)
    assert not popup.isVisible()
    assert window.find_one("Reason", QComboBox).currentText() == "half a reason"
    assert window.view.top_bar.search_field.text() == "tom"
    await window.tab_to("Reason")
    window.press(Key.Key_Escape)
    assert not window.find_all("Reason")
    await window.tab_to("Gets everything")
    window.press(Key.Key_Down)
    assert window.find_one("Reason", QComboBox).currentText() == "half a reason"


async def test_toast_is_reachable_by_tab_and_closed_by_escape(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.click("Winback", Switch)
    await window.wait_until(lambda: window.toast_texts)
    await window.tab_to("Undo")
    toast = window.view.toast_manager.visible_toasts()[0]
    assert toast.is_held()
    window.press(Key.Key_Escape)
    assert not window.toast_texts
    assert window.waiting_edit_count == "1 change waiting"


async def test_pages_open_by_shortcut_and_arrows(window: WindowDriver) -> None:
    window.press(Key.Key_2, CTRL)
    assert window.view.navigation_rail.current() in ("sync", "customers")
    window.press(Key.Key_1, CTRL)
    assert window.view.navigation_rail.current() == "customers"


async def test_page_keys_scroll_the_sheet_from_the_search_field(window: WindowDriver) -> None:
    window.view.resize(700, 520)
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_K, CTRL)
    areas = window.view.customers_page.findChildren(QScrollArea)
    area = next(a for a in areas if a.isVisible() and a.verticalScrollBar().maximum() > 0)
    window.press(Key.Key_PageDown)
    scrolled = area.verticalScrollBar().value()
    assert scrolled > 0
    window.press(Key.Key_PageUp)
    assert area.verticalScrollBar().value() < scrolled
    # In the list of suggestions they go by its page, and stay in it.
    window.type(">")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    first = popup.view.currentIndex().row()
    window.press(Key.Key_PageDown)
    assert popup.view.currentIndex().row() == first + 8
    window.press(Key.Key_PageDown, times=30)
    last = popup.view.currentIndex().row()
    below = [popup.view.model().index(row, 0) for row in range(last + 1, popup.count())]
    assert not any(index.data(ENABLED_ROLE) for index in below)
    window.press(Key.Key_PageUp, times=30)
    assert popup.view.currentIndex().row() <= first
    assert area.verticalScrollBar().value() < scrolled


async def test_click_on_a_service_in_the_status_bar_opens_its_connection(
    window: WindowDriver,
) -> None:
    window.press(Key.Key_Comma, CTRL)
    await window.wait_until(lambda: window.view.findChild(SettingsPage) is not None)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    page.show_section("window")
    window.press(Key.Key_1, CTRL)
    window.click(window.view.status_bar.item("Zendesk"))
    assert window.view.current_page == "settings"
    assert page.current_section == "connections"


async def test_tab_goes_through_the_page_between_the_search_field_and_the_status_bar(
    window: WindowDriver,
) -> None:
    bar = window.view.status_bar
    for page in ("sync", "activity", "events", "settings"):
        window.view.show_page(page)
        await window.pause(0.3)
        shown = window.view.page_stack.currentWidget()
        assert shown is not None
        window.press(Key.Key_K, CTRL)
        stops = await walked(window, Key.Key_Tab)
        names = [page, *(w.accessibleName() for w in stops)]
        inside = [place for place, each in enumerate(stops) if shown.isAncestorOf(each)]
        assert inside == list(range(inside[0], inside[-1] + 1)), names
        assert [each for each in stops[inside[-1] + 1 :] if bar.isAncestorOf(each)], names
        assert not [each for each in stops[: inside[0]] if bar.isAncestorOf(each)], names


async def test_escape_clears_the_search_of_a_page_and_undo_brings_it_back(
    window: WindowDriver,
) -> None:
    window.view.show_page("activity")
    await window.pause(0.2)
    window.press(Key.Key_F, CTRL)
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.accessibleName() == "Search the changes"
    window.type("opt-out")
    window.press(Key.Key_Escape)
    assert field.text() == ""
    assert field.hasFocus()
    window.press(Key.Key_Z, CTRL)
    assert field.text() == "opt-out"

"""The help by real keys: the page that fits, search, the list of shortcuts, inside dialogs too."""

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop.panels.help_dialog import HelpDialog
from desktop.panels.settings_page import SettingsPage
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.panels.widgets.markdown_page import MarkdownPage
from desktop.viewmodels.help_topics import load_topics, search_topics, topic_for_names
from tests.support.accessibility_checks import controls_without_name
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver


async def open_help(window: WindowDriver) -> HelpDialog:
    window.press(Key.Key_F1)
    found = [w for w in QApplication.topLevelWidgets() if isinstance(w, HelpDialog)]
    await window.wait_until(lambda: found and found[-1].isActiveWindow())
    return found[-1]


async def close_help(window: WindowDriver, dialog: HelpDialog) -> None:
    window.press(Key.Key_Escape)
    await window.wait_until(lambda: not isValid(dialog) or not dialog.isVisible())
    # Offscreen there is no window manager that would give the keyboard back.
    window.view.activateWindow()
    await window.wait_until(window.view.isActiveWindow)


async def topic_where_keyboard_is(window: WindowDriver) -> str:
    dialog = await open_help(window)
    topic = dialog.current_topic
    await close_help(window, dialog)
    return topic


async def test_f1_opens_page_that_fits_where_one_is(window: WindowDriver) -> None:
    assert await topic_where_keyboard_is(window) == "find-a-customer"
    await window.look_up("maria@lopez.example")
    for panel, topic in (
        ("No marketing e-mail", "opt-out"),
        ("Winback", "lists"),
        ("Happy", "health-and-value"),
        ("Follow Zendesk", "follow-zendesk"),
    ):
        window.find_one(panel).setFocus()
        assert await topic_where_keyboard_is(window) == topic, panel
    window.press(Key.Key_2, CTRL)
    await window.wait_until(lambda: window.view.navigation_rail.current() == "sync")
    window.view.setFocus()
    assert await topic_where_keyboard_is(window) == "syncs"
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: window.view.navigation_rail.current() == "activity")
    window.view.setFocus()
    assert await topic_where_keyboard_is(window) == "undo-and-activity"


async def test_f1_in_settings_follows_section(window: WindowDriver) -> None:
    window.press(Key.Key_Comma, CTRL)
    page = window.view.findChild(SettingsPage)
    assert page is not None
    for section, topic in (
        ("connections", "set-up"),
        ("permissions", "permissions"),
        ("data", "kept-data"),
        ("advanced", "troubleshooting"),
    ):
        page.show_section(section)
        page.section_list.setFocus()
        assert await topic_where_keyboard_is(window) == topic, section


async def test_help_search_narrows_list_and_marks_words(window: WindowDriver) -> None:
    dialog = await open_help(window)
    assert QApplication.focusWidget() is dialog.search_field
    window.type("roll back")
    assert dialog.current_topic == "syncs"
    assert "Roll back" in dialog.page.toPlainText()
    marked = {s.cursor.selectedText().casefold() for s in dialog.page.extraSelections()}
    assert marked == {"roll", "back"}
    window.save_screenshot("help-search", dialog)
    window.press(Key.Key_A, CTRL)
    window.type("xyzzy")
    assert dialog.current_topic == ""
    assert "No page mentions “xyzzy”." in window.visible_texts(dialog)
    assert dialog.page.toPlainText() == ""
    window.press(Key.Key_A, CTRL)
    window.press(Key.Key_Backspace)
    assert dialog.topic_list.count() == len(load_topics())


async def test_help_is_read_by_keyboard_alone(window: WindowDriver) -> None:
    dialog = await open_help(window)
    first = dialog.current_topic
    window.press(Key.Key_Down)
    assert dialog.current_topic != first
    assert QApplication.focusWidget() is dialog.search_field
    dialog.resize(dialog.width(), 300)
    window.press(Key.Key_PageDown)
    assert dialog.page.verticalScrollBar().value() > 0
    window.press(Key.Key_Tab)
    assert QApplication.focusWidget() is dialog.topic_list
    window.press(Key.Key_Tab)
    assert QApplication.focusWidget() is dialog.page
    window.press(Key.Key_Tab, SHIFT)
    assert QApplication.focusWidget() is dialog.topic_list
    assert controls_without_name(dialog) == []


async def test_shortcuts_page_lists_every_key(window: WindowDriver) -> None:
    window.press(Key.Key_Slash, CTRL)
    dialog = next(w for w in QApplication.topLevelWidgets() if isinstance(w, HelpDialog))
    await window.wait_until(dialog.isActiveWindow)
    assert dialog.current_topic == "keyboard"
    shown = dialog.page.toPlainText()
    for action in window.view.window_actions.all():
        if action.shortcuts():
            assert action.text() in shown, action.text()
            assert all(keys.toString() in shown for keys in action.shortcuts()), action.text()
    # The list is the registry's, and names no keys of old keyboards.
    rows = dict(window.view.window_actions.shortcut_rows())
    assert rows["Undo"] == "Ctrl+Z"
    assert rows["Refresh"] == "F5, Ctrl+R"
    assert "F14" not in shown


async def test_f1_works_in_dialog_that_blocks_window(window: WindowDriver) -> None:
    blocking = QDialog(window.view)
    blocking.setAccessibleName("Lists")
    blocking.open()
    blocking.activateWindow()
    await window.wait_until(blocking.isActiveWindow)
    blocking.setFocus()
    await window.wait_until(lambda: QApplication.focusWidget() is blocking)
    dialog = await open_help(window)
    assert dialog.current_topic == "lists"
    # Not blocked by the dialog below it: it takes keys.
    window.type("undo")
    assert dialog.current_topic == "undo-and-activity"
    window.press(Key.Key_Escape)
    await window.wait_until(lambda: not isValid(dialog) or not dialog.isVisible())
    blocking.close()


async def test_help_fits_narrow_and_both_themes(window: WindowDriver) -> None:
    dialog = await open_help(window)
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        window.window.theme.choose(choice)
        for width in (880, 392):
            dialog.resize(QSize(width, 640))
            await window.pause(0.05)
            assert dialog.width() == width
            # The list is beside the page where there is room, else above it.
            beside = dialog.page.mapTo(dialog, QPoint(0, 0)).y() < dialog.topic_list.y() + 60
            assert beside is (width == 880)
            assert dialog.page.horizontalScrollBar().maximum() == 0, width
            window.save_screenshot(f"help-{width}-{choice.value}", dialog)
    titles = [topic.title for topic in load_topics()]
    room = dialog.topic_list.viewport().width()
    metrics = QFontMetrics(dialog.topic_list.font())
    assert all(metrics.horizontalAdvance(title) < room for title in titles)


def test_help_topics_have_title_and_every_place_has_one() -> None:
    topics = load_topics()
    keys = {topic.key for topic in topics}
    assert len(keys) == len(topics) >= 12
    assert all(topic.text.startswith("# ") for topic in topics)
    for name in ("Opt-out", "Lists", "Sync", "Activity", "Set up Fairlead", "Nowhere"):
        assert topic_for_names([name]) in keys
    assert topic_for_names(["Settings"], "data") == "kept-data"


def test_help_search_puts_titles_first() -> None:
    found = [topic.key for topic in search_topics(load_topics(), "sync")]
    assert found[0] == "syncs"
    assert "troubleshooting" in found
    assert search_topics(load_topics(), "sync xyzzy") == ()


def test_page_longer_than_its_window_begins_at_its_beginning(qtbot: QtBot) -> None:
    page = MarkdownPage("Page")
    qtbot.addWidget(page)
    page.show_markdown("\n\n".join(f"## Part {n}\n\n`code` and words" for n in range(30)))
    page.resize(400, 200)
    page.show()
    qtbot.wait(20)
    assert page.verticalScrollBar().maximum() > 0
    assert page.verticalScrollBar().value() == 0
    page.verticalScrollBar().setValue(150)
    # Another theme writes it anew, and whoever reads stays at the place.
    page.setPalette(QPalette(Qt.GlobalColor.black))
    qtbot.wait(20)
    assert page.verticalScrollBar().value() == 150

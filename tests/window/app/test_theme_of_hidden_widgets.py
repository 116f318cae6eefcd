"""What was hidden while the theme changed looks as what was in front."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from desktop.panels.customer.note_drawer import NoteDrawer
from desktop.panels.settings_page import SettingsPage
from desktop.panels.theme.application_theme import ThemeChoice
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.label import PlainLabel
from tests.support.window_driver import WindowDriver

_POLISHED = Qt.WidgetAttribute.WA_WState_Polished
SECTIONS = ("connections", "names", "window", "about")


async def show(window: WindowDriver, page: str, section: str = "") -> QImage:
    """Show a page and return its picture, once it stands still."""
    window.view.show_page(page)
    if section:
        shown = window.view.findChild(SettingsPage)
        assert shown is not None
        shown.show_section(section)
    await window.pause(0.1)
    widget = window.view.page_stack.currentWidget()
    assert widget is not None
    if (focus := widget.focusWidget()) is not None:
        # A caret blinks.
        focus.clearFocus()
    return widget.grab().toImage()


@pytest.mark.parametrize(
    ("page", "sections"), [("sync", ("",)), ("activity", ("",)), ("settings", SECTIONS)]
)
async def test_hidden_page_takes_the_new_theme_when_it_is_shown(
    window: WindowDriver, page: str, sections: tuple[str, ...]
) -> None:
    theme = window.window.theme
    for section in sections:
        await show(window, page, section)
    window.view.show_page("customers")
    theme.choose(ThemeChoice.DARK)
    # Twice more behind another page: what waits already goes on waiting.
    theme.choose(ThemeChoice.LIGHT)
    theme.choose(ThemeChoice.DARK)
    hidden = window.view._pages[page]
    parts = [hidden, *hidden.findChildren(QWidget)]
    assert not any(part.testAttribute(_POLISHED) for part in parts)
    late = [await show(window, page, section) for section in sections]
    for section, picture in zip(sections, late, strict=True):
        await show(window, page, section)
        theme.choose(ThemeChoice.LIGHT)
        theme.choose(ThemeChoice.DARK)
        assert await show(window, page, section) == picture, section or page


async def test_labels_measure_the_same_after_a_change_of_theme(window: WindowDriver) -> None:
    """They keep what they measured before: other colours need no other room."""
    await window.look_up("maria@lopez.example")
    window.window.theme.choose(ThemeChoice.DARK)
    await window.pause(0.1)
    labels = [each for each in window.view.findChildren(PlainLabel) if each.isVisible()]

    def measures() -> list[object]:
        return [
            (each.text(), each.sizeHint(), each.minimumSizeHint(), each.heightForWidth(300))
            for each in labels
        ]

    kept = measures()
    for each in labels:
        each._forget_measures()
    assert len(labels) > 50
    assert measures() == kept


async def test_sheet_behind_another_page_takes_the_new_theme(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await show(window, "customers")
    window.view.show_page("settings")
    window.window.theme.choose(ThemeChoice.DARK)
    late = await show(window, "customers")
    window.window.theme.choose(ThemeChoice.LIGHT)
    window.window.theme.choose(ThemeChoice.DARK)
    assert await show(window, "customers") == late


async def test_closed_drawer_takes_the_new_theme_when_it_is_opened(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    page, theme = window.view.customers_page, window.window.theme

    async def show_drawer() -> QImage:
        page.open_note_drawer()
        await window.pause(0.1)
        if (focus := QApplication.focusWidget()) is not None:
            focus.clearFocus()
        picture = window.view.grab().toImage()
        drawer = window.view.findChild(NoteDrawer)
        assert drawer is not None
        drawer.slide_out()
        return picture

    await show_drawer()
    theme.choose(ThemeChoice.DARK)
    widgets = QApplication.allWidgets()
    assert not any(each.testAttribute(_POLISHED) for each in widgets if not each.isVisible())
    late = await show_drawer()
    page.open_note_drawer()
    theme.choose(ThemeChoice.LIGHT)
    theme.choose(ThemeChoice.DARK)
    assert await show_drawer() == late


async def test_hidden_label_given_another_tone_after_a_change_of_theme_has_its_colour(
    window: WindowDriver,
) -> None:
    """Its old colour is of another theme and of another tone: neither stays."""
    label = PlainLabel("Late", tone="bad", parent=window.view)
    label.show()
    label.hide()
    window.window.theme.choose(ThemeChoice.DARK)
    label.set_tone("text")
    label.show()
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme_color("text")
    label.hide()
    window.window.theme.choose(ThemeChoice.LIGHT)
    label.set_tone("warn")
    label.show()
    assert label.palette().color(QPalette.ColorRole.WindowText) == theme_color("warn")
    label.deleteLater()

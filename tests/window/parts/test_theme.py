"""The theme: choice, system font size, icons in the theme's colour, one finder for resources."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from desktop.kit.resource_files import resource_path
from desktop.panels.theme import fonts
from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.theme.design_tokens import DARK, LIGHT, DesignTokens
from desktop.panels.theme.icon import app_icon, create_icon, icon_pixmap
from desktop.panels.theme.stylesheet import build_stylesheet
from desktop.panels.widgets.label import label


def test_theme_choice_applies_to_application(
    theme: ApplicationTheme, qapp: QApplication, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.choose(ThemeChoice.DARK)
    assert current_tokens() is DARK
    assert theme.tokens is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.accent not in qapp.styleSheet()


def test_theme_same_choice_changes_nothing(theme: ApplicationTheme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose(ThemeChoice.LIGHT)


def test_theme_change_styles_a_widget_once_however_deep_it_is(
    theme: ApplicationTheme, qtbot: QtBot
) -> None:
    outermost = holder = QWidget()
    qtbot.addWidget(outermost)
    for _ in range(8):
        holder = QWidget(holder)
    watched = _StyleChanges(holder)
    outermost.show()
    watched.count = 0
    theme.choose(ThemeChoice.DARK)
    # Of the sheet that is put on, and not of the one that is taken off.
    assert watched.count == 1


def test_hidden_page_hears_of_a_new_theme_when_it_is_shown(
    theme: ApplicationTheme, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    stack = QStackedWidget(window)
    watched = _StyleChanges()
    for page in (watched, QWidget()):
        stack.addWidget(page)
    window.show()
    stack.setCurrentIndex(1)
    watched.count = 0
    for choice in (ThemeChoice.DARK, ThemeChoice.LIGHT, ThemeChoice.DARK):
        theme.choose(choice)
    assert watched.count == 0
    stack.setCurrentIndex(0)
    assert watched.count == 1


class _StyleChanges(QWidget):
    count = 0

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.count += event.type() == QEvent.Type.StyleChange


def test_theme_unknown_system_scheme_is_light(theme: ApplicationTheme) -> None:
    theme.choose(ThemeChoice.SYSTEM)
    assert theme.tokens is LIGHT


def test_theme_labels_follow_application_font(
    theme: ApplicationTheme, qapp: QApplication, qtbot: QtBot
) -> None:
    before = QFont(qapp.font())
    small, text = label("1", "small"), label("1")
    holder = QWidget()
    qtbot.addWidget(holder)
    for part in (small, text):
        part.setParent(holder)
    holder.show()
    assert QFontInfo(small.font()).pixelSize() == 11
    twice = QFont(before)
    twice.setPointSizeF(before.pointSizeF() * 2)
    try:
        qapp.setFont(twice)
        qtbot.waitUntil(lambda: QFontInfo(small.font()).pixelSize() == 22)
        assert QFontInfo(text.font()).pixelSize() == 26
        assert fonts.scaled(24) == 48
    finally:
        qapp.setFont(before)
    assert fonts.scale() == pytest.approx(1)


def test_font_change_with_several_themes_is_applied_by_one_at_a_time(
    theme: ApplicationTheme, qapp: QApplication, qtbot: QtBot
) -> None:
    # Those of windows closed before live as long as the application.
    others = [ApplicationTheme(qapp, theme.choice) for _ in range(12)]
    before = QFont(qapp.font())
    shown = label("1")
    qtbot.addWidget(shown)
    shown.show()
    twice = QFont(before)
    twice.setPointSizeF(before.pointSizeF() * 2)
    try:
        qapp.setFont(twice)
        qtbot.waitUntil(lambda: QFontInfo(shown.font()).pixelSize() == 26)
    finally:
        qapp.setFont(before)
        for other in others:
            other.deleteLater()


def test_theme_larger_system_font_scales_up_only() -> None:
    font = QFont()
    font.setPixelSize(40)
    assert fonts.system_scale(font) == pytest.approx(3, abs=0.4)
    font.setPixelSize(8)
    assert fonts.system_scale(font) == 1


def test_theme_digits_are_tabular(qapp: QApplication) -> None:
    assert [tag.toString() for tag in qapp.font().featureTags()] == [b"tnum"]


def test_icon_is_tinted() -> None:
    image = icon_pixmap("close", "#ff0000", 24).toImage()
    inks = {
        image.pixelColor(x, y).name()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert inks == {"#ff0000"}


def test_icon_is_sharp_on_high_dpi() -> None:
    made = icon_pixmap("search", "#000000", 16, 2.0)
    assert (made.width(), made.devicePixelRatio()) == (32, 2.0)


def test_icons_all_draw_something() -> None:
    names = [path.stem for path in resource_path("icons").glob("*.svg")]
    assert {"customers", "activity", "settings", "undo", "warning", "offline"} <= set(names)
    for name in names:
        image = icon_pixmap(name, "#123456", 24).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), name
    assert not app_icon().isNull()
    assert not create_icon("undo").isNull()


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=lambda t: t.name)
def test_style_sheet_files_exist(colors: DesignTokens) -> None:
    files = re.findall(r'url\("([^"]+)"\)', build_stylesheet(colors, 1.0))
    assert files
    assert all(Path(name).is_file() for name in files)


def test_resources_are_found_in_checkout() -> None:
    assert resource_path("icons", "fairlead.svg").is_file()

"""The theme: choice, system font size, icons in the theme's colour, one finder for resources."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop.kit.resource import resource
from desktop.panels.parts.label import label
from desktop.panels.theme import fonts
from desktop.panels.theme.current import tokens
from desktop.panels.theme.icon import app_icon, icon, pixmap
from desktop.panels.theme.stylesheet import stylesheet
from desktop.panels.theme.theme import Choice, Theme
from desktop.panels.theme.tokens import DARK, LIGHT, Tokens


def test_a_choice_dresses_the_application(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.choose(Choice.DARK)
    assert tokens() is DARK
    assert theme.tokens is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.accent not in qapp.styleSheet()


def test_the_same_choice_changes_nothing(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose(Choice.LIGHT)


def test_an_unknown_system_scheme_means_light(theme: Theme) -> None:
    theme.choose(Choice.SYSTEM)
    assert theme.tokens is LIGHT


def test_labels_follow_the_applications_font(
    theme: Theme, qapp: QApplication, qtbot: QtBot
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


def test_a_larger_system_font_is_a_larger_scale_and_a_smaller_one_is_not_smaller() -> None:
    font = QFont()
    font.setPixelSize(40)
    assert fonts.system_scale(font) == pytest.approx(3, abs=0.4)
    font.setPixelSize(8)
    assert fonts.system_scale(font) == 1


def test_figures_are_tabular(qapp: QApplication) -> None:
    assert [tag.toString() for tag in qapp.font().featureTags()] == [b"tnum"]


def test_an_icon_is_tinted() -> None:
    image = pixmap("close", "#ff0000", 24).toImage()
    inks = {
        image.pixelColor(x, y).name()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert inks == {"#ff0000"}


def test_an_icon_is_sharp_on_a_dense_screen() -> None:
    made = pixmap("search", "#000000", 16, 2.0)
    assert (made.width(), made.devicePixelRatio()) == (32, 2.0)


def test_every_icon_draws_something() -> None:
    names = [path.stem for path in resource("icons").glob("*.svg")]
    assert {"customers", "activity", "settings", "undo", "warning", "offline"} <= set(names)
    for name in names:
        image = pixmap(name, "#123456", 24).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), name
    assert not app_icon().isNull()
    assert not icon("undo").isNull()


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=lambda t: t.name)
def test_every_file_the_style_sheet_names_exists(colors: Tokens) -> None:
    files = re.findall(r'url\("([^"]+)"\)', stylesheet(colors, 1.0))
    assert files
    assert all(Path(name).is_file() for name in files)


def test_resources_are_found_in_a_checkout() -> None:
    assert resource("icons", "fairlead.svg").is_file()

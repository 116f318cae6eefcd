"""What has the keyboard by Tab: one ring at its edge, and no second box over its words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.button import primary_button, secondary_button


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_button_focused_by_tab_has_no_inner_box(
    qtbot: QtBot, theme: ApplicationTheme, choice: ThemeChoice
) -> None:
    theme.choose(choice)
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    first, second = secondary_button("First"), primary_button("Second")
    for button in (first, second):
        column.addWidget(button)
    window.resize(300, 120)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    assert second.hasFocus()
    qtbot.keyClick(second, Qt.Key.Key_Backtab)
    assert first.hasFocus()
    for button, ground in ((first, "surface"), (second, "accent")):
        button.setFocus(Qt.FocusReason.TabFocusReason)
        picture = button.grab().toImage()
        # Beside the word, inside the ring, everything is the button's own ground.
        colors = {
            picture.pixelColor(x, y).name()
            for x in range(6, 40)
            for y in range(5, picture.height() - 5)
        }
        assert colors == {theme_color(ground).name()}, (button.text(), colors)
    theme.choose(ThemeChoice.LIGHT)

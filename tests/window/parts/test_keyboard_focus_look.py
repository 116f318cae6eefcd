"""What has the keyboard by Tab: one ring at its edge, and no second box over its words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.theme.application_theme import ApplicationTheme, ThemeChoice
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.radio_row import RadioRow


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


def test_focus_ring_of_a_radio_row_crosses_neither_circle_nor_note(
    qtbot: QtBot, theme: ApplicationTheme
) -> None:
    theme.choose(ThemeChoice.LIGHT)
    window = QWidget()
    qtbot.addWidget(window)
    row = RadioRow("basic", "No marketing e-mail", note="receipts, resets still arrive")
    QVBoxLayout(window).addWidget(row)
    window.resize(420, 80)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    # Another control first: a lone one may have the keyboard from the start.
    row.clearFocus()
    plain = row.grab().toImage()
    row.setFocus(Qt.FocusReason.TabFocusReason)
    ringed = row.grab().toImage()
    changed = [
        x
        for x in range(plain.width())
        for y in range(plain.height())
        if plain.pixelColor(x, y) != ringed.pixelColor(x, y)
    ]
    assert changed
    assert min(changed) > 20
    assert max(changed) < plain.width() / 2

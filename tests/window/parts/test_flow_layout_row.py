"""A row that wraps: its height is worked out once for a width, and anew when something changes."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.flow_layout import FlowLayout


class Counted(QWidget):
    asked = 0

    def sizeHint(self) -> QSize:
        Counted.asked += 1
        return QSize(100, 20)


def test_flow_row_height_is_cached_until_change(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    row = FlowLayout(10, 5, box)
    buttons = [Counted(box) for _ in range(3)]
    for button in buttons:
        row.addWidget(button)
    box.resize(400, 100)
    box.show()
    assert row.heightForWidth(320) == 20
    assert row.heightForWidth(319) == 45
    before = Counted.asked
    assert (row.heightForWidth(320), row.heightForWidth(319)) == (20, 45)
    assert Counted.asked == before
    buttons[2].hide()
    assert row.heightForWidth(210) == 20
    assert row.heightForWidth(319) == 20
    buttons[2].show()
    assert row.heightForWidth(319) == 45

"""A row that wraps: its height is worked out once for a width, and anew when something changes."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.flow_layout import FlowAlignment, FlowLayout


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


@pytest.mark.parametrize(
    ("alignment", "mirrored", "wide", "narrow"),
    [
        ("leading", False, [0, 110, 220], [0, 110, 0]),
        ("trailing", False, [90, 200, 310], [20, 130, 130]),
        ("spread", False, [0, 110, 310], [0, 130, 0]),
        ("leading", True, [310, 200, 90], [130, 20, 130]),
        ("trailing", True, [220, 110, 0], [110, 0, 0]),
        ("spread", True, [310, 200, 0], [130, 0, 130]),
    ],
)
def test_flow_row_puts_the_room_that_is_left(
    qtbot: QtBot, alignment: FlowAlignment, mirrored: bool, wide: list[int], narrow: list[int]
) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    box.setLayoutDirection(
        Qt.LayoutDirection.RightToLeft if mirrored else Qt.LayoutDirection.LeftToRight
    )
    row = FlowLayout(10, 5, box, alignment=alignment)
    for each in (parts := [Counted(box) for _ in range(3)]):
        row.addWidget(each)
    box.resize(410, 100)
    box.show()
    assert [each.x() for each in parts] == wide
    box.resize(230, 100)
    row.activate()
    assert [each.x() for each in parts] == narrow
    assert [each.y() for each in parts] == [0, 0, 25]


def test_flow_row_centres_what_is_lower_than_its_line(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    row = FlowLayout(10, 5, box)
    button, hint = Counted(box), Counted(box)
    hint.sizeHint = lambda: QSize(60, 12)  # type: ignore[method-assign]
    for each in (button, hint):
        row.addWidget(each)
    box.resize(400, 100)
    box.show()
    assert (button.y(), hint.y()) == (0, 4)


def test_flow_kept_in_one_line_needs_the_width_of_all(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    row = FlowLayout(8, 4, holder)
    for text in ("Open file…", "Paste", "Deliver"):
        row.addWidget(QPushButton(text))
    assert row.minimumSize().width() < row.sizeHint().width()
    row.set_wrapping(False)
    assert row.minimumSize() == row.sizeHint()

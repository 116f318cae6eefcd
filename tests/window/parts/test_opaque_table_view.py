"""Scrolling a table paints the rows that come into sight alone, on the ground of the theme."""

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.opaque_table_view import OpaqueTableView

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class Rows(QAbstractListModel):
    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return f"row {index.row()}" if role == Qt.ItemDataRole.DisplayRole else None


class CountingDelegate(QStyledItemDelegate):
    painted = 0

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.painted += 1
        super().paint(painter, option, index)


@pytest.mark.usefixtures("theme")
def test_scrolled_table_paints_new_rows_alone(qtbot: QtBot) -> None:
    view = OpaqueTableView()
    qtbot.addWidget(view)
    model = Rows(500)
    view.setModel(model)
    delegate = CountingDelegate(view)
    view.setItemDelegate(delegate)
    view.resize(300, 600)
    view.show()
    qtbot.waitUntil(lambda: delegate.painted > 10)
    in_sight = delegate.painted
    delegate.painted = 0
    view.verticalScrollBar().setValue(1)
    qtbot.waitUntil(lambda: delegate.painted > 0)
    assert delegate.painted < in_sight / 3
    # What was moved is what would be painted anew.
    moved = view.screen().grabWindow(view.winId()).toImage()
    view.viewport().repaint()
    assert moved == view.screen().grabWindow(view.winId()).toImage()


@pytest.mark.usefixtures("theme")
def test_table_paints_its_ground_below_the_rows(qtbot: QtBot) -> None:
    view = OpaqueTableView()
    qtbot.addWidget(view)
    model = Rows(2)
    view.setModel(model)
    view.resize(300, 600)
    view.show()
    qtbot.waitExposed(view)
    picture = view.grab().toImage()
    assert picture.pixelColor(150, 550) == theme_color("surface")

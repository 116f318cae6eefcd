"""What stands in a layout is found without QLayoutItems, whose wrappers outlive them."""

from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
    QWidgetItem,
)
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

from desktop.panels.theme.rescaling import rescale_widgets
from desktop.panels.widgets.box_layout import clear_layout
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.layout_children import layout_children
from desktop.panels.widgets.tab_order import set_tab_order_by_layout


class Form(QWidget):
    """A column with a gap, a row, a grid and a flow in it."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__()
        qtbot.addWidget(self)
        self.column, self.row, self.grid = QVBoxLayout(self), QHBoxLayout(), QGridLayout()
        self.first, self.inner, self.last = QPushButton("1"), QPushButton("2"), QPushButton("3")
        self.cell, self.holder, self.chip = QPushButton("4"), QWidget(), QPushButton("5")
        self.flow = FlowLayout(4, 4, self.holder)
        self.flow.addWidget(self.chip)
        self.column.addWidget(self.first)
        self.column.addSpacing(6)
        self.column.addLayout(self.row)
        self.column.addLayout(self.grid)
        self.column.addWidget(self.last)
        self.column.insertWidget(1, self.holder)
        self.row.addStretch()
        self.row.addWidget(self.inner)
        self.grid.addWidget(self.cell, 1, 1)


def widget_items() -> set[QWidgetItem]:
    return {w for w in Shiboken.getAllValidWrappers() if type(w) is QWidgetItem}


def test_layout_parts_in_order_of_the_layout_without_spacers(qtbot: QtBot) -> None:
    form = Form(qtbot)
    assert layout_children(form.column) == {
        0: form.first, 1: form.holder, 3: form.row, 4: form.grid, 5: form.last,
    }  # fmt: skip
    assert layout_children(form.row) == {1: form.inner}
    assert layout_children(form.grid) == {0: form.cell}
    assert layout_children(form.flow) == {0: form.chip}
    assert layout_children(QHBoxLayout()) == {}


def test_tab_order_follows_layout_before_anything_is_shown(qtbot: QtBot) -> None:
    form = Form(qtbot)
    assert set_tab_order_by_layout(form) == [
        form.first, form.chip, form.inner, form.cell, form.last,
    ]  # fmt: skip


def test_layout_items_wrapped_by_no_walk_over_a_window(qtbot: QtBot) -> None:
    form = Form(qtbot)
    before = widget_items()
    set_tab_order_by_layout(form)
    rescale_widgets(1.0, 1.5)
    assert widget_items() == before
    # Negative control: the wrapper of an item that was asked for stays in the layout's keeping.
    form.column.itemAt(0)
    assert len(widget_items() - before) == 1


def test_clear_layout_widgets_and_gaps_are_gone(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    column.addWidget(QLabel("a"))
    column.addSpacing(4)
    column.addWidget(QLabel("b"))
    before = widget_items()
    clear_layout(column)
    assert column.count() == 0
    assert not host.findChildren(QLabel)
    assert widget_items() == before

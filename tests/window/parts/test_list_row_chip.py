"""The state chip that a list's delegate paints: its pill is seen on every ground."""

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QStandardItemModel
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QTableView

from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.widgets.list_row_delegate import ROW_ROLE, ListRowDelegate, ModelIndex

_PILL = QRectF(20, 4, 82, 20)


class _ChipDelegate(ListRowDelegate[str]):
    """Paints nothing but the chip; the row is its tone."""

    def paint_cell(self, painter: QPainter, _box: object, _index: ModelIndex, row: str) -> None:
        # Without a word: what differs from the row's ground is the pill.
        self.paint_chip(painter, _PILL, "", row)


@pytest.mark.parametrize("is_selected", [False, True])
@pytest.mark.parametrize("tone", list(current_tokens().chips))
def test_pill_of_every_tone_stands_out_from_its_row(tone: str, *, is_selected: bool) -> None:
    view = QTableView()
    model = QStandardItemModel(1, 1)
    model.setData(model.index(0, 0), tone, ROW_ROLE)
    view.setModel(model)
    delegate = _ChipDelegate(view)
    option = QStyleOptionViewItem()
    option.rect.setRect(0, 0, 122, 28)
    option.state = QStyle.StateFlag.State_Selected if is_selected else QStyle.StateFlag.State_None
    image = QImage(122, 28, QImage.Format.Format_RGB32)
    image.fill(theme_color("surface"))
    painter = QPainter(image)
    delegate.paint(painter, option, model.index(0, 0))
    painter.end()
    middle = int(_PILL.center().y())
    ground = image.pixel(2, middle)
    seen = [x for x in range(122) if image.pixel(x, middle) != ground]
    assert seen, "the pill has the colour of its row"
    assert (min(seen), max(seen)) == (int(_PILL.left()), int(_PILL.right()) - 1)

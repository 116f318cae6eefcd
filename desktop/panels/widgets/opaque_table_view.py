"""Table view that paints its own ground, so that Qt scrolls it by moving what is painted."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView, QWidget

from desktop.panels.theme.current_theme import theme_color


class OpaqueTableView(QTableView):
    """QTableView on the colour `surface`, which no style sheet paints.

    Below a ground of a style sheet Qt takes the table for see-through and paints every row anew at
    each turn of the wheel: 14 ms for 1180 by 680 px, 4 ms where only the new rows are painted.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme_color("surface"))
        painter.end()
        super().paintEvent(event)

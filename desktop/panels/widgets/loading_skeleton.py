"""Loading skeleton: grey bars in place of rows that are late, never animated."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.shape_painting import create_painter, fill_rounded_rect

# Uneven, as rows of text are.
_BAR_WIDTH_SHARES = (0.62, 0.48, 0.7, 0.4, 0.56)


class LoadingSkeleton(QWidget):
    """Skeleton widget with as many bars as rows are likely to come, so that nothing jumps."""

    def __init__(self, rows: int = 3, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self._drawn = True
        # Fixed in height: the card keeps the room that its rows will need.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_rows(self, rows: int) -> None:
        """Draw another number of bars in the loading skeleton."""
        self._rows = rows
        self.updateGeometry()
        self.update()

    def set_drawn(self, drawn: bool) -> None:
        """Draw the loading skeleton's bars, or only keep their room."""
        self._drawn = drawn
        self.update()

    def is_drawn(self) -> bool:
        """Return whether the grey bars of the loading skeleton are drawn."""
        return self._drawn

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(120), self._rows * fonts.scaled(ROW_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._drawn:
            return
        painter = create_painter(self)
        row, bar = fonts.scaled(ROW_HEIGHT), fonts.scaled(10)
        for index in range(self._rows):
            width = self.width() * _BAR_WIDTH_SHARES[index % len(_BAR_WIDTH_SHARES)]
            x = self.width() - width if self.isRightToLeft() else 0.0
            box = QRectF(x, index * row + (row - bar) / 2, width, bar)
            fill_rounded_rect(painter, box, bar / 2, theme_color("raised"))

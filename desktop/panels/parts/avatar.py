"""The circle with a person's initials, beside the name: decoration, silent to screen readers."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.parts.paint import fill, painter_on
from desktop.panels.theme import fonts
from desktop.panels.theme.current import color


class Avatar(QWidget):
    """Initials on a soft ground."""

    def __init__(
        self, initials: str = "", *, size: int = 38, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._initials = initials
        self._size = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_initials(self, initials: str) -> None:
        """Show other initials, at most two letters."""
        self._initials = initials[:2]
        self.update()

    def sizeHint(self) -> QSize:
        """A square."""
        side = fonts.scaled(self._size)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the circle."""
        painter = painter_on(self)
        box = QRectF(self.rect())
        fill(painter, box, box.height() / 2, color("accentbg"))
        painter.setPen(color("accent"))
        painter.setFont(fonts.font(self._size * 0.39, QFont.Weight.DemiBold))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._initials)

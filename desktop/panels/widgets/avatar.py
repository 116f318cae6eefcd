"""Circle with the initials of a customer beside the name; silent to screen readers."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.shape_painting import create_painter, draw_text, fill_rounded_rect


class Avatar(QWidget):
    """Widget that draws a customer's initials on a soft round background."""

    def __init__(
        self, initials: str = "", *, size: int = 38, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._initials = initials
        self._size = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_initials(self, initials: str) -> None:
        """Draw another customer's initials on the avatar, at most two letters."""
        self._initials = initials[:2]
        self.update()

    def sizeHint(self) -> QSize:
        side = fonts.scaled(self._size)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box = QRectF(self.rect())
        fill_rounded_rect(painter, box, box.height() / 2, theme_color("accentbg"))
        painter.setPen(theme_color("accent"))
        # Two capitals of a wide font fit the circle at 0.39 of its diameter.
        painter.setFont(fonts.font(self._size * 0.39, QFont.Weight.DemiBold))
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, self._initials)

"""Rating from 1 to 4 as dots, with its value in words; no filled dot means not set."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_rounded_outline,
)
from desktop.panels.widgets.tooltip import set_tooltip

_DOT, _STEP = 14, 21  # diameter and distance of the centres, px at the base font


class DotRating(QProgressBar):
    """A rating's gauge of dots, read-only: role and value are QProgressBar's, the words ours."""

    def __init__(self, name: str, *, steps: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = steps
        self.setRange(0, steps)
        self.setAccessibleName(name)
        # Read-only, and still a stop of Tab: the keyboard is how its words are reached.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setMaximumHeight(16_777_215)
        self.set_value(None, "")

    def set_value(self, value: int | None, words: str) -> None:
        """Draw a rating's dots; `words` (“4 of 4”) are for screen readers and the tool tip."""
        # Qt would draw the whole window at once for a new value, in the middle of a refresh.
        self.setUpdatesEnabled(False)
        self.setValue(max(0, min(value or 0, self._steps)))
        # QProgressBar puts the percentage where %p stands.
        self.setFormat(words.replace("%", "%%"))
        set_tooltip(self, words)
        self.setUpdatesEnabled(True)

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(_STEP * (self._steps - 1) + _DOT) + 8, fonts.scaled(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        dot, step = fonts.scaled(_DOT), fonts.scaled(_STEP)
        middle = self.height() / 2
        for index in range(self._steps):
            place = self._steps - 1 - index if self.isRightToLeft() else index
            center = QPointF(4 + dot / 2 + place * step, middle)
            if index < self.value():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme_color("accent"))
                painter.drawEllipse(center, dot / 2, dot / 2)
            else:
                box = QRectF(center.x() - dot / 2, center.y() - dot / 2, dot, dot)
                draw_rounded_outline(painter, box, dot / 2, theme_color("control"), 1.5)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), 6)

"""Chips: a state in a word on a coloured ground. The word is always there; colour only helps."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.parts.label import PlainLabel
from desktop.panels.parts.paint import fill, painter_on
from desktop.panels.parts.tip import set_tip
from desktop.panels.theme import fonts
from desktop.panels.theme.current import tokens

State = Literal[
    "ok", "warn", "bad", "info", "neutral", "new", "open", "pending", "hold", "solved", "closed"
]
_PAD = 10
_WEIGHT = QFont.Weight.Medium


class Chip(PlainLabel):
    """A label to screen readers; drawn as a pill (rows) or a rounded box (`large`, headers)."""

    def __init__(
        self,
        text: str,
        state: State = "neutral",
        *,
        min_width: int = 0,
        large: bool = False,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._state: State = state
        self._large = large
        self._least = min_width
        super().__init__(text, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        set_tip(self, tip)

    def set_state(self, text: str, state: State, tip: str = "") -> None:
        """Say another state."""
        self._state = state
        self.setText(text)
        self.setAccessibleName(text)
        set_tip(self, tip)
        self.updateGeometry()
        self.update()

    def state(self) -> State:
        """Return the state whose colours are shown."""
        return self._state

    def sizeHint(self) -> QSize:
        """The text with its ground; `min_width` keeps a column of chips aligned."""
        metrics = QFontMetrics(self._font())
        pad = fonts.scaled(_PAD + 2 if self._large else _PAD)
        width = metrics.horizontalAdvance(self.text()) + 2 * pad
        return QSize(max(width, fonts.scaled(self._least)), fonts.scaled(26 if self._large else 20))

    def minimumSizeHint(self) -> QSize:
        """It does not shrink."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground and word."""
        painter = painter_on(self)
        pair = tokens().chips[self._state]
        box = QRectF(self.rect())
        fill(
            painter, box, fonts.scaled(8) if self._large else box.height() / 2, QColor(pair.ground)
        )
        painter.setFont(self._font())
        painter.setPen(QColor(pair.ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())

    def _font(self) -> QFont:
        return fonts.font(12, _WEIGHT)

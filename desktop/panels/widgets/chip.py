"""Chip: a state as a word on a coloured background; colour never carries it alone."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.widgets.label import PlainLabel
from desktop.panels.widgets.shape_painting import create_painter, draw_text, fill_rounded_rect
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.tone import ChipTone

_PADDING = 10  # px at each side of the word
_WEIGHT = QFont.Weight.Medium


class Chip(PlainLabel):
    """A label to screen readers; drawn as a pill (rows) or a rounded box (`large`, headers)."""

    def __init__(
        self,
        text: str,
        state: ChipTone = "neutral",
        *,
        min_width: int = 0,
        large: bool = False,
        tip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        self._state: ChipTone = state
        self._large = large
        self._min_width = min_width
        super().__init__(text, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Painted by hand, the text has to be named for screen readers.
        self.setAccessibleName(text)
        set_tooltip(self, tip)

    def set_state(self, text: str, state: ChipTone, tip: str = "") -> None:
        """Draw another state on the chip, with its word and tool tip."""
        self._state = state
        self.setText(text)
        self.setAccessibleName(text)
        set_tooltip(self, tip)
        self.updateGeometry()
        self.update()

    def state(self) -> ChipTone:
        """Return the state whose colours the chip has."""
        return self._state

    def sizeHint(self) -> QSize:
        # `min_width` keeps a column of chips aligned.
        metrics = QFontMetrics(self._font())
        pad = fonts.scaled(_PADDING + 2 if self._large else _PADDING)
        width = metrics.horizontalAdvance(self.text()) + 2 * pad
        return QSize(
            max(width, fonts.scaled(self._min_width)), fonts.scaled(26 if self._large else 20)
        )

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        pair = current_tokens().chips[self._state]
        box = QRectF(self.rect())
        fill_rounded_rect(
            painter,
            box,
            fonts.scaled(8) if self._large else box.height() / 2,
            QColor(pair.background),
        )
        painter.setFont(self._font())
        painter.setPen(QColor(pair.text))
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, self.text())

    def _font(self) -> QFont:
        return fonts.font(12, _WEIGHT)

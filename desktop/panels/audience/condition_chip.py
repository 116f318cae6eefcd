"""Chip of one condition: field, operator, value in bold, and how many match it alone."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.button import icon_button
from desktop.panels.widgets.list_row_delegate import ALIGN_LEADING
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_text,
    fill_rounded_rect,
)
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.audience.condition_view import ConditionChipView

_HEIGHT, _PADDING, _GAP = 26, 8, 5
_COUNT_HEIGHT = 19
_MAX_VALUE_WIDTH = 220
_SMALL = 11


class ConditionTextButton(QAbstractButton):
    """The part of a condition's chip that is read and pressed to change the condition."""

    def __init__(self, view: ConditionChipView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        counted = f", {view.count} match this alone" if view.count else ", counting"
        self.setAccessibleName(f"{view.text}{counted}")
        self.setObjectName(view.text)
        set_tooltip(self, view.tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = sum(width for _, width, _ in self._words()) + 2 * fonts.scaled(_PADDING)
        gaps = max(len(self._words()) - 1, 0) * fonts.scaled(_GAP)
        return QSize(width + gaps + self._count_width(), fonts.scaled(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), fonts.scaled(120)), fonts.scaled(_HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        x, end = fonts.scaled(_PADDING), self.width() - fonts.scaled(_PADDING)
        count_width = self._count_width()
        room = end - count_width
        mirrored = self.isRightToLeft()
        for text, width, is_value in self._words():
            shown = min(width, max(room - x, 0))
            font = _font(is_value=is_value)
            painter.setFont(font)
            painter.setPen(theme_color("text" if is_value else "muted"))
            left = self.width() - x - shown if mirrored else x
            box = QRectF(left, 0, shown, self.height())
            cut = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, shown)
            draw_text(painter, box, ALIGN_LEADING, cut)
            x += shown + fonts.scaled(_GAP)
        self._paint_count(painter, count_width)
        if self.hasFocus():
            draw_focus_ring(painter, QRectF(self.rect()), fonts.scaled(6))

    def _paint_count(self, painter: QPainter, width: int) -> None:
        text = self._view.count or "…"
        height = fonts.scaled(_COUNT_HEIGHT)
        inner = width - fonts.scaled(_GAP)
        left = 0 if self.isRightToLeft() else self.width() - inner
        box = QRectF(left, (self.height() - height) / 2, inner, height)
        # Amber, and the number says it too: nobody matches.
        ground = "warnbg" if self._view.is_empty else "raised"
        fill_rounded_rect(painter, box, fonts.scaled(5), theme_color(ground))
        painter.setFont(fonts.font(_SMALL))
        painter.setPen(theme_color("warn" if self._view.is_empty else "muted"))
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, text)

    def _words(self) -> list[tuple[str, int, bool]]:
        """Return the chip's words with their widths, and whether each is the value."""
        found = []
        for text, is_value in (
            (self._view.field, False),
            (self._view.operator, False),
            (self._view.value, True),
        ):
            if text:
                width = QFontMetrics(_font(is_value=is_value)).horizontalAdvance(text) + 1
                found.append((text, min(width, fonts.scaled(_MAX_VALUE_WIDTH)), is_value))
        return found

    def _count_width(self) -> int:
        metrics = QFontMetrics(fonts.font(_SMALL))
        text = self._view.count or "…"
        return metrics.horizontalAdvance(text) + fonts.scaled(14) + fonts.scaled(_GAP)


class ConditionChip(QFrame):
    """Chip widget of one condition: press it to change the condition, the cross to remove it."""

    edit_requested = Signal(object)  # the condition's path
    remove_requested = Signal(object)

    def __init__(self, view: ConditionChipView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.setProperty("ground", "field")
        self.text_button = ConditionTextButton(view)
        self.remove_button = icon_button("close", f"Remove {view.text}")
        self.text_button.clicked.connect(lambda: self.edit_requested.emit(self.view.path))
        self.remove_button.clicked.connect(lambda: self.remove_requested.emit(self.view.path))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, fonts.scaled(2), 0)
        row.setSpacing(0)
        row.addWidget(self.text_button)
        row.addWidget(self.remove_button)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


def _font(*, is_value: bool) -> QFont:
    return fonts.font(12, QFont.Weight.DemiBold if is_value else QFont.Weight.Normal)

"""Runs as lines: when, what came of it, and how it ended as a chip."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens, theme_color
from desktop.panels.widgets.shape_painting import create_painter, draw_focus_ring, fill_rounded_rect
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.syncs.run_history_model import RunRowView

_TIME_WIDTH = 104
_CHIP_MIN_WIDTH = 78
_ELIDE = Qt.TextElideMode.ElideRight
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter


class RunList(QWidget):
    """Lines that may be chosen; coming runs are told only."""

    run_chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self._items: list[RunListItem] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_runs(self, lines: tuple[RunRowView, ...], chosen: str = "") -> None:
        """Show these; lines that stay keep their widget."""
        while len(self._items) < len(lines):
            button = RunListItem(self)
            button.picked.connect(self.run_chosen)
            self._items.append(button)
            self._column.addWidget(button)
        for place, button in enumerate(self._items):
            button.setVisible(place < len(lines))
            if place < len(lines):
                line = lines[place]
                button.show_run(line, chosen=bool(line.id) and line.id == chosen)


class RunListItem(QAbstractButton):
    """One line."""

    picked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._line = RunRowView("", "", "", "", "", "neutral")
        self._chosen = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def show_run(self, line: RunRowView, *, chosen: bool) -> None:
        """Show one run."""
        self._line, self._chosen = line, chosen
        self.setAccessibleName(f"{line.time_text}: {line.summary}. {line.state_label}")
        self.setObjectName(f"Run {line.id}" if line.id else "Coming run")
        set_tooltip(self, f"{line.time_tooltip}\n{line.summary}")
        past = bool(line.id)
        self.setCursor(Qt.CursorShape.PointingHandCursor if past else Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if past else Qt.FocusPolicy.NoFocus)
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(fonts.scaled(240), fonts.scaled(27))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go along the list; Enter works like Space."""
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_clicked(self) -> None:
        if self._line.id:
            self.picked.emit(self._line.id)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw when, words and chip."""
        painter = create_painter(self)
        line, box, radius = self._line, self.rect(), fonts.scaled(4)
        if self._chosen:
            fill_rounded_rect(painter, QRectF(box), radius, theme_color("accentbg"))
        elif self.underMouse() and line.id:
            fill_rounded_rect(painter, QRectF(box), radius, theme_color("raised"))
        pad, mirrored = fonts.scaled(6), self.isRightToLeft()
        inner = box.adjusted(pad, 0, -pad, 0)
        font = fonts.font(12, QFont.Weight.Medium)
        words = QFontMetrics(font).horizontalAdvance(line.state_label) + fonts.scaled(20)
        width, height = max(fonts.scaled(_CHIP_MIN_WIDTH), words), fonts.scaled(19)
        x = inner.left() if mirrored else inner.right() + 1 - width
        pill = QRectF(x, box.top() + (box.height() - height) / 2, width, height)
        pair = current_tokens().chips[line.state_tone]
        fill_rounded_rect(painter, pill, height / 2, QColor(pair.background))
        painter.setFont(font)
        painter.setPen(QColor(pair.text))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, line.state_label)
        painter.setFont(fonts.font())
        when = fonts.scaled(_TIME_WIDTH)
        left = inner.right() + 1 - when if mirrored else inner.left()
        painter.setPen(theme_color("muted"))
        first = QRect(left, inner.top(), when - pad, inner.height())
        metrics = painter.fontMetrics()
        painter.drawText(first, _LEADING, metrics.elidedText(line.time_text, _ELIDE, first.width()))
        painter.setPen(theme_color("text" if line.id else "muted"))
        rest = inner.width() - when - width - fonts.scaled(12)
        start = inner.left() + width + fonts.scaled(12) if mirrored else inner.left() + when
        middle = QRect(start, inner.top(), rest, inner.height())
        painter.drawText(middle, _LEADING, metrics.elidedText(line.summary, _ELIDE, rest))
        if self.hasFocus():
            draw_focus_ring(painter, box, radius)

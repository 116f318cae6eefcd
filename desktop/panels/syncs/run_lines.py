"""Runs as lines: when, what came of it, and how it ended as a chip."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.parts.paint import fill, focus_ring, painter_on
from desktop.panels.parts.tip import set_tip
from desktop.panels.theme import fonts
from desktop.panels.theme.current import color, tokens
from desktop.viewmodels.syncs.history import RunLine

_WHEN = 104
_CHIP = 78
_ELIDE = Qt.TextElideMode.ElideRight
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter


class RunLines(QWidget):
    """Lines that may be chosen; coming runs are told only."""

    chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self._lines: list[RunButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_lines(self, lines: tuple[RunLine, ...], chosen: str = "") -> None:
        """Show these; lines that stay keep their widget."""
        while len(self._lines) < len(lines):
            button = RunButton(self)
            button.picked.connect(self.chosen)
            self._lines.append(button)
            self._column.addWidget(button)
        for place, button in enumerate(self._lines):
            button.setVisible(place < len(lines))
            if place < len(lines):
                line = lines[place]
                button.show_line(line, chosen=bool(line.id) and line.id == chosen)


class RunButton(QAbstractButton):
    """One line."""

    picked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._line = RunLine("", "", "", "", "", "neutral")
        self._chosen = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    def show_line(self, line: RunLine, *, chosen: bool) -> None:
        """Show one run."""
        self._line, self._chosen = line, chosen
        self.setAccessibleName(f"{line.when}: {line.words}. {line.chip}")
        self.setObjectName(f"Run {line.id}" if line.id else "Coming run")
        set_tip(self, f"{line.when_tip}\n{line.words}")
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
        painter = painter_on(self)
        line, box, radius = self._line, self.rect(), fonts.scaled(4)
        if self._chosen:
            fill(painter, QRectF(box), radius, color("accentbg"))
        elif self.underMouse() and line.id:
            fill(painter, QRectF(box), radius, color("raised"))
        pad, mirrored = fonts.scaled(6), self.isRightToLeft()
        inner = box.adjusted(pad, 0, -pad, 0)
        font = fonts.font(12, QFont.Weight.Medium)
        words = QFontMetrics(font).horizontalAdvance(line.chip) + fonts.scaled(20)
        width, height = max(fonts.scaled(_CHIP), words), fonts.scaled(19)
        x = inner.left() if mirrored else inner.right() + 1 - width
        pill = QRectF(x, box.top() + (box.height() - height) / 2, width, height)
        pair = tokens().chips[line.tone]
        fill(painter, pill, height / 2, QColor(pair.ground))
        painter.setFont(font)
        painter.setPen(QColor(pair.ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, line.chip)
        painter.setFont(fonts.font())
        when = fonts.scaled(_WHEN)
        left = inner.right() + 1 - when if mirrored else inner.left()
        painter.setPen(color("muted"))
        first = QRect(left, inner.top(), when - pad, inner.height())
        metrics = painter.fontMetrics()
        painter.drawText(first, _LEADING, metrics.elidedText(line.when, _ELIDE, first.width()))
        painter.setPen(color("text" if line.id else "muted"))
        rest = inner.width() - when - width - fonts.scaled(12)
        start = inner.left() + width + fonts.scaled(12) if mirrored else inner.left() + when
        middle = QRect(start, inner.top(), rest, inner.height())
        painter.drawText(middle, _LEADING, metrics.elidedText(line.words, _ELIDE, rest))
        if self.hasFocus():
            focus_ring(painter, box, radius)

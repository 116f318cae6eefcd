"""A sync as a card in the list: painted in one piece, a radio button to screen readers."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.panels.parts.paint import fill, focus_ring, outline, painter_on
from desktop.panels.parts.tip import set_tip
from desktop.panels.theme import fonts
from desktop.panels.theme.current import color, tokens
from desktop.panels.theme.icon import pixmap
from desktop.panels.theme.tokens import RADIUS_CARD
from desktop.viewmodels.syncs.card import CardView

_HEIGHT = 80
_STEPS = {
    int(Qt.Key.Key_Down): 1,
    int(Qt.Key.Key_Up): -1,
    int(Qt.Key.Key_Right): 1,
    int(Qt.Key.Key_Left): -1,
}
_ELIDE = Qt.TextElideMode.ElideRight
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter


class SyncCard(QAbstractButton):
    """Checked means: this sync is shown beside the list."""

    picked = Signal(str)
    moved = Signal(str, int)

    def __init__(self, view: CardView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._showing = False
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._on_toggled)
        self.show_view(view)

    def view(self) -> CardView:
        """What it shows."""
        return self._view

    def show_view(self, view: CardView) -> None:
        """Show how the sync stands now."""
        self._view = view
        self.setAccessibleName(view.title)
        self.setObjectName(view.title)
        set_tip(self, view.tip, describe=False)
        self.setAccessibleDescription(view.spoken)
        self.update()

    def show_checked(self, checked: bool) -> None:
        """Show whether it is the chosen one, without asking for it."""
        self._showing = True
        self.setChecked(checked)
        self._showing = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if checked else Qt.FocusPolicy.ClickFocus)

    def nextCheckState(self) -> None:
        """Choosing again keeps the choice."""
        self.picked.emit(self._view.goal)

    def sizeHint(self) -> QSize:
        """Three lines."""
        return QSize(fonts.scaled(260), fonts.scaled(_HEIGHT))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbours; Enter works like Space."""
        if event.key() in _STEPS:
            self.moved.emit(self._view.goal, _STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_toggled(self, _checked: bool) -> None:
        if not self._showing:
            self.show_checked(not self.isChecked())
            self.picked.emit(self._view.goal)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, border, the three lines and the chip."""
        painter = painter_on(self)
        box, radius = QRectF(self.rect()), fonts.scaled(RADIUS_CARD)
        chosen = self.isChecked()
        ground = "raised" if self.underMouse() and not chosen else "surface"
        fill(painter, box, radius, color(ground))
        outline(painter, box, radius, color("accent" if chosen else "line"), 2 if chosen else 1)
        side = fonts.scaled(14)
        inner = self.rect().adjusted(side, fonts.scaled(9), -side, -fonts.scaled(9))
        third = inner.height() // 3
        first = QRect(inner.left(), inner.top(), inner.width(), third)
        self._first(painter, first)
        self._second(painter, first.translated(0, third))
        self._third(painter, first.translated(0, 2 * third))
        if self.hasFocus():
            inset = 3 if chosen else 0
            focus_ring(painter, box.adjusted(inset, inset, -inset, -inset), radius - inset)

    def _first(self, painter: QPainter, box: QRect) -> None:
        view, font = self._view, fonts.font(12, QFont.Weight.Medium)
        width = QFontMetrics(font).horizontalAdvance(view.chip) + fonts.scaled(20)
        height = fonts.scaled(20)
        x = box.left() if self.isRightToLeft() else box.right() + 1 - width
        pill = QRectF(x, box.top() + (box.height() - height) / 2, width, height)
        pair = tokens().chips[view.chip_tone]
        fill(painter, pill, height / 2, QColor(pair.ground))
        painter.setFont(font)
        painter.setPen(QColor(pair.ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, view.chip)
        rest = self._without(box, width + fonts.scaled(8), at_end=True)
        if view.favourite:
            size = fonts.scaled(14)
            star = pixmap("star-filled", color("warn"), size, self.devicePixelRatioF())
            left = rest.right() - size + 1 if self.isRightToLeft() else rest.left()
            painter.drawPixmap(left, rest.top() + (rest.height() - size) // 2, star)
            rest = self._without(rest, size + fonts.scaled(5), at_end=False)
        painter.setFont(fonts.font(weight=QFont.Weight.DemiBold))
        painter.setPen(color("text"))
        title = painter.fontMetrics().elidedText(view.title, _ELIDE, rest.width())
        painter.drawText(rest, _LEADING, title)

    def _second(self, painter: QPainter, box: QRect) -> None:
        view = self._view
        painter.setFont(fonts.font())
        metrics, gap, size = painter.fontMetrics(), fonts.scaled(8), fonts.scaled(14)
        target = min(metrics.horizontalAdvance(view.target), box.width() * 2 // 5)
        room = box.width() - target - size - 2 * gap
        source = metrics.elidedText(view.source, _ELIDE, room)
        painter.setPen(color("muted"))
        painter.drawText(box, _LEADING, source)
        past = metrics.horizontalAdvance(source) + gap
        rest = self._without(box, past, at_end=False)
        arrow = pixmap("arrow-right", color("accent"), size, self.devicePixelRatioF())
        left = rest.right() - size + 1 if self.isRightToLeft() else rest.left()
        painter.drawPixmap(left, rest.top() + (rest.height() - size) // 2, arrow)
        rest = self._without(rest, size + gap, at_end=False)
        painter.drawText(rest, _LEADING, metrics.elidedText(view.target, _ELIDE, rest.width()))

    def _third(self, painter: QPainter, box: QRect) -> None:
        view = self._view
        painter.setFont(fonts.font(11))
        metrics = painter.fontMetrics()
        last, following = third_line(view, metrics, box.width(), fonts.scaled(8))
        painter.setPen(color("muted"))
        painter.drawText(box, _TRAILING, following)
        painter.setPen(color("text"))
        painter.drawText(box, _LEADING, last)

    def _without(self, box: QRect, width: int, *, at_end: bool) -> QRect:
        """The rest of a line beside something that is drawn."""
        if at_end != self.isRightToLeft():
            return box.adjusted(0, 0, -width, 0)
        return box.adjusted(width, 0, 0, 0)


def third_line(view: CardView, metrics: QFontMetrics, width: int, gap: int) -> tuple[str, str]:
    """What it did last and when it runs next, as much as goes into this width.

    What is vital is whole before anything else is; then the time of the next run is.
    """
    # With the sign that there is more.
    vital = view.vital if view.vital in ("", view.last) else f"{view.vital}, …"
    after = metrics.horizontalAdvance(view.following)
    if metrics.horizontalAdvance(vital) + 1 + gap + after > width:
        return _cut(view.last, metrics, width), ""
    return _cut(view.last, metrics, width - after - gap), view.following


def _cut(text: str, metrics: QFontMetrics, width: int) -> str:
    """Shorter by whole parts: a number that is cut reads as another number."""
    parts, shown = text.split(", "), text
    while len(parts) > 1 and metrics.horizontalAdvance(shown) > width:
        del parts[-1]
        shown = f"{', '.join(parts)}, …"
    return metrics.elidedText(shown, _ELIDE, width)

"""Radio button as a whole row: text bold when selected, small note at the right."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QRadioButton, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.shape_painting import create_painter, draw_focus_ring, draw_text
from desktop.panels.widgets.tooltip import set_tooltip

_CIRCLE, _GAP = 15, 10  # px at the base font
# A painter mirrors these by itself where the language runs right to left.
_LEADING = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RadioRow(QRadioButton):
    """A radio button widget; Qt moves with the arrow keys within the rows of one parent."""

    chosen = Signal(str)  # the key, by a person

    def __init__(
        self, key: str, text: str, *, note: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._label = text
        self._note = ""
        self._waiting = False
        self._is_updating = False
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        # The whole row is the target, not the circle alone.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_note(note)
        # Not clicked: assistive technology toggles without a click.
        self.toggled.connect(self._on_toggled)

    @property
    def key(self) -> str:
        """Key of the choice that this radio row stands for."""
        return self._key

    def set_note(self, note: str) -> None:
        """Show in small in a radio row what the choice means, or how far its change is."""
        if note == self._note:
            return
        self._note = note
        self.setAccessibleDescription(note)
        self.updateGeometry()
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Select the radio row without emitting `chosen`; in a group none need be."""
        # An exclusive button refuses to be unchecked.
        exclusive = self.autoExclusive()
        self.setAutoExclusive(False)
        self._is_updating = True
        self.setChecked(selected)
        self._is_updating = False
        self.setAutoExclusive(exclusive)

    def set_waiting(self, waiting: bool) -> None:
        """Draw the radio row's value as wanted, not confirmed; the note says so in words."""
        if waiting != self._waiting:
            self._waiting = waiting
            self.update()

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the radio row, or disable it with the reason in tool tip and description."""
        self.setEnabled(enabled)
        set_tooltip(self, "" if enabled else reason, describe=not enabled)
        if enabled:
            self.setAccessibleDescription(self._note)

    def sizeHint(self) -> QSize:
        text = QFontMetrics(self._font(True)).horizontalAdvance(self._label)
        note = QFontMetrics(fonts.font(11)).horizontalAdvance(self._note)
        # Measured bold: choosing a row must not widen it.
        width = fonts.scaled(_CIRCLE + _GAP) + 4 + text + (note + fonts.scaled(12) if note else 0)
        return QSize(width, max(fonts.scaled(25), 24))

    def minimumSizeHint(self) -> QSize:
        # The note may be cut.
        return QSize(fonts.scaled(120), self.sizeHint().height())

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        self._draw_circle(painter)
        bold = self._font(self.isChecked())
        metrics = QFontMetrics(bold)
        left = 4 + fonts.scaled(_CIRCLE + _GAP) - 3
        room = self.width() - left
        text = metrics.elidedText(self._label, Qt.TextElideMode.ElideRight, room)
        painter.setFont(bold)
        painter.setPen(theme_color("text" if self.isEnabled() else "muted"))
        draw_text(painter, self._mirrored_rect(left, room), _LEADING, text)
        note_room = room - metrics.horizontalAdvance(text) - fonts.scaled(12)
        # Below that only an ellipsis would show; the description has the note in any case.
        if self._note and note_room > fonts.scaled(24):
            small = fonts.font(11)
            painter.setFont(small)
            painter.setPen(theme_color("muted"))
            note = QFontMetrics(small).elidedText(
                self._note, Qt.TextElideMode.ElideRight, note_room
            )
            draw_text(
                painter,
                self._mirrored_rect(self.width() - note_room, note_room),
                _TRAILING,
                note,
            )
        if self.hasFocus():
            # Round the words and not the row: the note ends at the row's edge, as in other rows.
            ring = self._mirrored_rect(left - 5, metrics.horizontalAdvance(text) + 10)
            draw_focus_ring(painter, ring, 5)

    def _draw_circle(self, painter: QPainter) -> None:
        size = fonts.scaled(_CIRCLE)
        x = self.width() - size / 2 - 3 if self.isRightToLeft() else size / 2 + 3
        center = QPointF(x - 2 if not self.isRightToLeft() else x + 2, self.height() / 2)
        active = self.isChecked() and self.isEnabled()
        pen = QPen(theme_color("accent" if active else "control"), 1.6)
        if self._waiting:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([2.0, 1.5])
        painter.setPen(pen)
        painter.setBrush(theme_color("surface"))
        painter.drawEllipse(center, size / 2 - 0.8, size / 2 - 0.8)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(center, size / 4, size / 4)

    def _mirrored_rect(self, x: float, width: float) -> QRectF:
        left = self.width() - x - width if self.isRightToLeft() else x
        return QRectF(left, 0, width, self.height())

    def _font(self, bold: bool) -> QFont:
        return fonts.font(weight=QFont.Weight.DemiBold if bold else QFont.Weight.Normal)

    def _on_toggled(self, on: bool) -> None:
        if on and not self._is_updating:
            self.chosen.emit(self._key)

"""Switch widget: on or off at once, with a waiting state for an unconfirmed value."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_rounded_outline,
    fill_rounded_rect,
)
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.form import FieldValue

_WIDTH, _HEIGHT = 30, 16  # the track; the target around it is larger
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Switch(QAbstractButton):
    """A check box to keyboard and screen readers, drawn as a sliding switch."""

    chosen = Signal(bool)  # by a person, never by set_value

    def __init__(self, name: str, *, on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting = False  # wanted and sent, and not read back from the service yet
        self._is_updating = False
        self._tip = ""
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # A switch that grows with its row would make the whole row a target.
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        # Not clicked: assistive technology toggles without a click.
        self.toggled.connect(self._on_toggled)

    def value(self) -> FieldValue:
        """Return whether the switch widget is on."""
        return self.isChecked()

    def set_value(self, value: FieldValue) -> None:
        """Show the switch widget on or off without emitting."""
        self._is_updating = True
        self.setChecked(bool(value))
        self._is_updating = False

    def is_waiting(self) -> bool:
        """Return whether the switch draws its value as wanted and not confirmed."""
        return self._waiting

    def set_waiting(self, waiting: bool, description: str = "") -> None:
        """Draw the switch's value as wanted, not confirmed; `description` says it in words."""
        if (waiting, description) == (self._waiting, self._tip):
            return
        self._waiting = waiting
        self._tip = description
        set_tooltip(self, description)
        self.update()

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the switch, or disable it with the reason in tool tip and description."""
        self.setEnabled(enabled)
        set_tooltip(self, self._tip if enabled else reason)

    def sizeHint(self) -> QSize:
        # The track and the room for its focus ring; WCAG 2.2 asks for targets of 24 x 24.
        return QSize(fonts.scaled(_WIDTH) + 4, max(fonts.scaled(_HEIGHT) + 8, 24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Qt toggles a button with Space only.
        if event.key() in _KEYS:
            self.click()
            return
        super().keyPressEvent(event)

    def _on_toggled(self, on: bool) -> None:
        if not self._is_updating:
            self.chosen.emit(on)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        width, height = fonts.scaled(_WIDTH), fonts.scaled(_HEIGHT)
        x = 2.0 if self.isRightToLeft() else self.width() - width - 2.0
        track = QRectF(x, round((self.height() - height) / 2), width, height)
        on, enabled = self.isChecked(), self.isEnabled()
        ink = theme_color("accent" if on and enabled else "control")
        knob = theme_color("on_accent" if on and enabled else "surface")
        if self._waiting:
            # Wanted: an outline with the knob already there, dashed until it is confirmed.
            fill_rounded_rect(painter, track, height / 2, theme_color("accentbg"))
            pen = QPen(theme_color("accent"), 1.5, Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([2.4, 1.8])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(track.adjusted(1, 1, -1, -1), height / 2 - 1, height / 2 - 1)
            knob = theme_color("accent")
        elif on:
            fill_rounded_rect(painter, track, height / 2, ink)
        else:
            fill_rounded_rect(
                painter, track, height / 2, theme_color("raised" if not enabled else "surface")
            )
            draw_rounded_outline(painter, track, height / 2, theme_color("control"), 1.5)
            knob = theme_color("control")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(knob)
        radius = height / 2 - (3 if on or self._waiting else 4)
        # On is at the end of the reading direction.
        at_right = on != self.isRightToLeft()
        center_x = track.right() - height / 2 if at_right else track.left() + height / 2
        painter.drawEllipse(QPointF(center_x, track.center().y()), radius, radius)
        if self.hasFocus():
            draw_focus_ring(painter, track.adjusted(-2, -3, 2, 3), height / 2 + 3)

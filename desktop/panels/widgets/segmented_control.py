"""A segmented control: one of a few, or none yet. Arrows move, Space or Enter chooses."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

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

_HEIGHT = 30
_RADIUS = 7


class SegmentedControl(QWidget):
    """A group of radio buttons to screen readers, drawn as one box."""

    chosen = Signal(str)  # by a person, never by set_value

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]] = (),
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._segments: dict[str, SegmentButton] = {}
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self.set_options(options)

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these (key, text); the value is none afterwards."""
        for segment in self._segments.values():
            self._row.removeWidget(segment)
            segment.deleteLater()
        self._segments = {}
        for key, text in options:
            segment = SegmentButton(key, text, self)
            segment.picked.connect(self._on_picked)
            segment.arrow_pressed.connect(self._on_arrow_pressed)
            self._segments[key] = segment
            self._row.addWidget(segment, 1)
        self._update_tab_stop()

    def value(self) -> str | None:
        """Return the key of the selected segment, or None."""
        return next((key for key, part in self._segments.items() if part.isChecked()), None)

    def set_value(self, key: FieldValue | None) -> None:
        """Select a segment, or none for "not set"."""
        if key == self.value():
            return
        for name, segment in self._segments.items():
            segment.show_checked(name == key)
        self._update_tab_stop()
        self.update()

    def set_waiting(self, waiting: bool, description: str = "") -> None:
        """Mark the selected value as wanted, not confirmed."""
        for segment in self._segments.values():
            waits = waiting and segment.isChecked()
            set_tooltip(segment, description if waits else "")
            if waits != segment.is_waiting:
                segment.is_waiting = waits
                segment.update()

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable, or disable with the reason in tool tip and description."""
        self.setEnabled(enabled)
        set_tooltip(self, "" if enabled else reason)
        for segment in self._segments.values():
            set_tooltip(segment, "" if enabled else reason)

    def segment(self, key: str) -> "SegmentButton":
        """Return one segment."""
        return self._segments[key]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the box around the segments."""
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(_RADIUS)
        fill_rounded_rect(
            painter, box, radius, theme_color("surface" if self.isEnabled() else "raised")
        )
        draw_rounded_outline(painter, box, radius, theme_color("control"))

    def _on_picked(self, key: str) -> None:
        changed = key != self.value()
        self.set_value(key)
        if changed:
            self.set_waiting(False)
            self.chosen.emit(key)

    def _on_arrow_pressed(self, key: str, step: int) -> None:
        # Moving does not choose: a choice here may be written to a service at once.
        keys = list(self._segments)
        place = (keys.index(key) + step) % len(keys)
        self._segments[keys[place]].setFocus(Qt.FocusReason.TabFocusReason)

    def _update_tab_stop(self) -> None:
        # One tab stop for the group: the selected segment, or the first.
        stop = self.value() or next(iter(self._segments), None)
        for key, segment in self._segments.items():
            segment.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if key == stop else Qt.FocusPolicy.ClickFocus
            )


class SegmentButton(QAbstractButton):
    """One choice; SegmentedControl makes them."""

    picked = Signal(str)
    arrow_pressed = Signal(str, int)

    def __init__(self, key: str, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._key = key
        self._label = text
        self.is_waiting = False
        self._is_updating = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCheckable(True)
        # Assistive technology toggles without a click.
        self.toggled.connect(self._on_toggled)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_checked(self, checked: bool) -> None:
        """Show whether it is the value, without asking for it."""
        self._is_updating = True
        self.setChecked(checked)
        self._is_updating = False

    def _on_toggled(self, _checked: bool) -> None:
        if not self._is_updating:
            self.show_checked(not self.isChecked())
            self.picked.emit(self._key)

    def nextCheckState(self) -> None:
        """Choosing again keeps the choice; the group sets the others."""
        self.picked.emit(self._key)

    def sizeHint(self) -> QSize:
        """Room for the text in its bolder weight."""
        width = QFontMetrics(fonts.font(weight=QFont.Weight.Medium)).horizontalAdvance(self._label)
        return QSize(width + fonts.scaled(26), max(fonts.scaled(_HEIGHT), 24))

    def minimumSizeHint(self) -> QSize:
        """Narrow windows cut the air, not the text."""
        return QSize(self.sizeHint().width() - fonts.scaled(18), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move along the group; Enter works like Space."""
        forward = -1 if self.isRightToLeft() else 1
        steps = {
            int(Qt.Key.Key_Right): forward,
            int(Qt.Key.Key_Left): -forward,
            int(Qt.Key.Key_Down): 1,
            int(Qt.Key.Key_Up): -1,
        }
        if event.key() in steps:
            self.arrow_pressed.emit(self._key, steps[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, mark and text."""
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(_RADIUS)
        checked = self.isChecked()
        if checked:
            fill_rounded_rect(painter, box, radius, theme_color("accentbg"))
            ink = theme_color("accent" if self.isEnabled() else "control")
            if self.is_waiting:
                pen = QPen(ink, 2, Qt.PenStyle.CustomDashLine)
                pen.setDashPattern([2.2, 1.6])
                painter.setPen(pen)
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), radius - 1, radius - 1)
            else:
                draw_rounded_outline(painter, box, radius, ink, 2)
        elif self.underMouse() and self.isEnabled():
            fill_rounded_rect(
                painter, box.adjusted(2, 2, -2, -2), radius - 2, theme_color("raised")
            )
        painter.setFont(fonts.font(weight=QFont.Weight.Medium if checked else QFont.Weight.Normal))
        painter.setPen(theme_color("text" if self.isEnabled() else "muted"))
        word = painter.fontMetrics().elidedText(
            self._label, Qt.TextElideMode.ElideRight, self.width() - 6
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
        if self.hasFocus():
            draw_focus_ring(painter, box.adjusted(4, 4, -4, -4), max(radius - 3, 2))

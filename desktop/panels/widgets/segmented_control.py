"""Segmented control: buttons in one box, of which one or none is the value."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.option_group import OptionButton, OptionGroup
from desktop.panels.widgets.shape_painting import (
    create_painter,
    draw_focus_ring,
    draw_rounded_outline,
    draw_text,
    fill_rounded_rect,
)
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.form import FieldValue

_HEIGHT = 30
_RADIUS = 7
_MIN_WIDTH = 270
_MAX_LINES = 2


class SegmentedControl(QFrame):
    """Segment buttons drawn as one box; to screen readers a group of radio buttons."""

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
        self._waiting_note = self._disabled_reason = ""
        self._is_waiting = False
        self._group = OptionGroup(self)
        self._group.chosen.connect(self._on_chosen)
        self.setAccessibleName(name)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        # The segments touch: the box around them is drawn by the control.
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._columns = 0
        self.set_options(options)

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these (key, text) choices as segments; none is chosen afterwards."""
        self._group.clear()
        self._segments = {}
        for key, text in options:
            segment = SegmentButton(key, text, self)
            self._segments[key] = segment
            self._group.add(segment)
        self._columns = 0
        self._place_segments()

    def set_text(self, key: str, text: str) -> None:
        """Show another text on a segment, such as one with a count."""
        self._segments[key].set_text(text)
        self._place_segments()

    def value(self) -> str | None:
        """Return the key of the selected segment, or None."""
        return self._group.value()

    def set_value(self, key: FieldValue | None) -> None:
        """Select the segment of this key; None selects none (“not set”)."""
        # Refreshes come often: nothing is repainted, and a waiting mark stays.
        if key == self.value():
            return
        self._group.set_value(key)
        self._explain_segments()
        self.update()

    def set_waiting(self, waiting: bool, description: str = "") -> None:
        """Draw the selected segment as wanted, not confirmed."""
        self._is_waiting, self._waiting_note = waiting, description
        self._explain_segments()

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the segments, or disable them with the reason in tool tip and description."""
        self.setEnabled(enabled)
        set_tooltip(self, "" if enabled else reason)
        self._disabled_reason = "" if enabled else reason
        self._explain_segments()

    def _explain_segments(self) -> None:
        for segment in self._segments.values():
            waits = self._is_waiting and segment.isChecked()
            # A disabled parent shows no tool tip of its own over its children.
            segment.set_explanation(self._disabled_reason or (self._waiting_note if waits else ""))
            if waits != segment.is_waiting:
                segment.is_waiting = waits
                segment.update()

    def segment(self, key: str) -> "SegmentButton":
        """Return the segment's button of a choice by its key."""
        return self._segments[key]

    def sizeHint(self) -> QSize:
        hints = [segment.sizeHint() for segment in self._segments.values()]
        return QSize(sum(hint.width() for hint in hints), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        # Below that the words are cut: a page must not become wider than its window for them.
        least = sum(segment.minimumSizeHint().width() for segment in self._segments.values())
        height = super().minimumSizeHint().height()
        return QSize(min(least, fonts.scaled(_MIN_WIDTH)), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_segments()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._place_segments()

    def _place_segments(self) -> None:
        """Put the segments in as few lines as their words need: none is cut where two fit."""
        segments = list(self._segments.values())
        widths = [segment.minimumSizeHint().width() for segment in segments]
        counts = [-(-len(segments) // lines) for lines in range(1, _MAX_LINES + 1)]
        room = self.width()
        columns = (
            next(
                (n for n in counts if sum(max(widths[i::n]) for i in range(n)) <= room), counts[-1]
            )
            if segments
            else 0
        )
        if columns == self._columns:
            return
        self._columns = columns
        for place, segment in enumerate(segments):
            # No stretch: with one, a long word would only get its least width beside short ones.
            self._grid.addWidget(segment, place // columns, place % columns)
        self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(_RADIUS)
        fill_rounded_rect(
            painter, box, radius, theme_color("surface" if self.isEnabled() else "raised")
        )
        draw_rounded_outline(painter, box, radius, theme_color("control"))

    def _on_chosen(self, key: str) -> None:
        self.set_waiting(False)
        self.update()
        self.chosen.emit(key)


class SegmentButton(OptionButton):
    """One choice of a segmented control; `is_waiting`: wanted, and not confirmed yet."""

    def __init__(self, key: str, text: str, parent: QWidget) -> None:
        super().__init__(key, text, parent)
        self._label, self._explanation = text, ""
        self._size_hint: QSize | None = None  # asked for at every refresh of a sheet
        self.is_waiting = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        """Show another text on the segment; a screen reader says it too."""
        if text != self._label:
            self._label = text
            self._size_hint = None
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._size_hint = None
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        if self._size_hint is None:
            # Measured in the bolder weight, so that choosing moves nothing.
            metrics = QFontMetrics(fonts.font(weight=QFont.Weight.Medium))
            width = metrics.horizontalAdvance(self._label)
            self._size_hint = QSize(width + fonts.scaled(26), max(fonts.scaled(_HEIGHT), 24))
        return self._size_hint

    def minimumSizeHint(self) -> QSize:
        # A narrow window cuts the padding, not the text.
        return QSize(self.sizeHint().width() - fonts.scaled(18), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_tooltip()

    def set_explanation(self, text: str) -> None:
        """Say in tool tip and description what holds of this choice: a state, or why it is off."""
        if text != self._explanation:
            self._explanation = text
            self.setAccessibleDescription(text)
            self._update_tooltip()

    def _update_tooltip(self) -> None:
        # Without anything to explain it says the whole of a word that is cut.
        is_cut = self.width() < self.minimumSizeHint().width()
        words = self._explanation or (self._label if is_cut else "")
        set_tooltip(self, words, describe=False)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = create_painter(self)
        box, radius = QRectF(self.rect()), fonts.scaled(_RADIUS)
        checked = self.isChecked()
        if checked:
            fill_rounded_rect(painter, box, radius, theme_color("accentbg"))
            ink = theme_color("accent" if self.isEnabled() else "control")
            if self.is_waiting:
                pen = QPen(ink, 2, Qt.PenStyle.CustomDashLine)
                # Dashed is wanted, solid is confirmed: told apart without colour.
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
        draw_text(painter, box, Qt.AlignmentFlag.AlignCenter, word)
        if self.hasFocus():
            draw_focus_ring(painter, box.adjusted(4, 4, -4, -4), max(radius - 3, 2))

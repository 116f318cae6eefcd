"""The text field of a trigger: a fixed-width line that underlines what is wrong with it."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF, QPaintEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import theme_color
from desktop.panels.widgets.fixed_font import use_fixed_font
from desktop.panels.widgets.shape_painting import create_painter
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.events.event_action_view import TriggerFault
from desktop.viewmodels.form import FieldValue

_MAX_LENGTH = 4_000
_THICKNESS = 2


class TriggerField(TextField):
    """The field of an action's trigger; its description says what is wrong, and where."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, 'type = "track"', max_length=_MAX_LENGTH, parent=parent)
        self._fault: TriggerFault | None = None
        use_fixed_font(self)

    def set_value(self, value: FieldValue) -> None:
        """Show a trigger from its beginning, unless somebody is typing it."""
        is_other = self.text() != str(value)
        super().set_value(value)
        if is_other and not self.hasFocus():
            self.setCursorPosition(0)

    def show_fault(self, fault: TriggerFault | None) -> None:
        """Mark the place of a fault in the text, or take the mark away."""
        if fault == self._fault:
            return
        self._fault = fault
        is_error = fault is not None and not fault.is_hint
        set_style_properties(self, invalid=is_error)
        where = f"At character {fault.start + 1}: {fault.text}" if fault is not None else ""
        set_tooltip(self, where)
        self.update()

    def marked_span(self) -> tuple[int, int] | None:
        """Return first character and length of what is underlined, or None."""
        fault = self._fault
        return (fault.start, max(fault.length, 1)) if fault is not None else None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if (span := self.marked_span()) is None or self._fault is None:
            return
        metrics = QFontMetricsF(self.font())
        text, at = self.text(), self.cursorPosition()
        # The line scrolls with its cursor, whose place on screen is known.
        cursor = self.cursorRect()
        origin = cursor.x() + cursor.width() / 2 - metrics.horizontalAdvance(text[:at])
        left = origin + metrics.horizontalAdvance(text[: span[0]])
        word = text[span[0] : span[0] + span[1]] or " "
        line = QRectF(
            left,
            cursor.bottom() - fonts.scaled(_THICKNESS),
            metrics.horizontalAdvance(word),
            fonts.scaled(_THICKNESS),
        )
        inside = QRectF(self.rect()).adjusted(4, 0, -4, 0)
        painter = create_painter(self)
        painter.fillRect(
            line.intersected(inside), theme_color("warn" if self._fault.is_hint else "bad")
        )

"""Number and time widgets: the wheel scrolls the page unless the field has the keyboard."""

from PySide6.QtCore import QSignalBlocker, Qt, QTime, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QSpinBox, QTimeEdit, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.tooltip import DisabledReasonMixin
from desktop.viewmodels.form import FieldValue


class NumberField(DisabledReasonMixin, QSpinBox):
    """A QSpinBox with bounds, a unit after the number, and an accessible name."""

    chosen = Signal(object)  # the number, by a person, never by set_value

    def __init__(
        self,
        name: str,
        minimum: int,
        maximum: int,
        *,
        suffix: str = "",
        minimum_text: str = "",
        reports_on_leave: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setRange(minimum, maximum)
        self.setSuffix(suffix)
        self.setSpecialValueText(minimum_text)
        self.setAccessibleName(name)
        self.setObjectName(name)
        # Qt's WheelFocus would take the keyboard when the page is scrolled over the field.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        pad_spin_box_text(self)
        signal = self.editingFinished if reports_on_leave else self.valueChanged
        signal.connect(self._on_edited)

    def set_value(self, value: FieldValue) -> None:
        """Show a number in the spin box without emitting; anything else shows the minimum."""
        # setValue emits valueChanged as a person would.
        with QSignalBlocker(self):
            self.setValue(value if isinstance(value, int) else self.minimum())

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Without the keyboard here the wheel scrolls the page.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _on_edited(self, *_number: int) -> None:
        self.chosen.emit(self.value())


class TimeField(DisabledReasonMixin, QTimeEdit):
    """A time-of-day widget in 24 hours; its value is minutes after midnight."""

    chosen = Signal(object)

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDisplayFormat("HH:mm")
        self.setAccessibleName(name)
        self.setObjectName(name)
        pad_spin_box_text(self)
        self.timeChanged.connect(self._on_edited)

    def value(self) -> FieldValue:
        """Return the time field's minutes after midnight."""
        return self.time().hour() * 60 + self.time().minute()

    def set_value(self, value: FieldValue) -> None:
        """Show minutes after midnight in the time field without emitting."""
        if isinstance(value, int):
            with QSignalBlocker(self):
                self.setTime(QTime(value // 60, value % 60))

    def _on_edited(self, *_time: QTime) -> None:
        self.chosen.emit(self.value())


def pad_spin_box_text(box: QAbstractSpinBox) -> None:
    """Give a spin, date or time box the left padding that Qt's style sheets leave out."""
    field = box.findChild(QLineEdit)
    if isinstance(field, QLineEdit):
        field.setTextMargins(fonts.scaled(8), 0, 0, 0)

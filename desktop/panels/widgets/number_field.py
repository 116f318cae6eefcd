"""Number and time widgets: the wheel scrolls the page unless the field has the keyboard."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QSpinBox, QWidget

from desktop.model.sync_schedule import parse_time_of_day
from desktop.panels.theme import fonts
from desktop.panels.widgets.tooltip import DisabledReasonMixin
from desktop.viewmodels.form import FieldValue

_STEP_MINUTES = 15


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


class TimeField(NumberField):
    """A time-of-day widget in 24 hours; its value is minutes after midnight.

    Times are typed as people write them (`0700`, `6:30 pm`, `7`) and taken when the field is left
    or on Enter; the arrows go by a quarter of an hour.
    """

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(name, 0, 24 * 60 - 1, parent=parent)
        # While it is typed `0700` would be midnight first, and then seven o'clock.
        self.setKeyboardTracking(False)
        self.setWrapping(True)

    def stepBy(self, steps: int) -> None:
        # Around midnight: Qt would stop a minute before it.
        self.setValue((self.value() + _STEP_MINUTES * steps) % (24 * 60))

    def textFromValue(self, value: int) -> str:
        return f"{value // 60:02}:{value % 60:02}"

    def valueFromText(self, text: str) -> int:
        minutes = parse_time_of_day(text)
        return self.value() if minutes is None else minutes

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        # Anything may become a time while it is typed; what is none in the end is put back.
        state = QValidator.State
        is_time = parse_time_of_day(text) is not None
        return (state.Acceptable if is_time else state.Intermediate, text, position)

    def fixup(self, _text: str) -> str:
        return self.textFromValue(self.value())


def pad_spin_box_text(box: QAbstractSpinBox) -> None:
    """Give a spin, date or time box the left padding that Qt's style sheets leave out."""
    field = box.findChild(QLineEdit)
    if isinstance(field, QLineEdit):
        field.setTextMargins(fonts.scaled(8), 0, 0, 0)

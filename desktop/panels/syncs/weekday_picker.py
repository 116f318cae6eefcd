"""Form control of seven buttons that picks a schedule's weekdays."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.viewmodels.form import FieldValue

_DAYS = (
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
)


class WeekdayPicker(QWidget):
    """A row of weekday buttons; any number of days may be picked."""

    chosen = Signal(tuple)  # 0 is Monday

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Weekdays")
        self.setObjectName("Weekdays")
        row = FlowLayout(fonts.scaled(4), fonts.scaled(4), self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._buttons: list[Button] = []
        for short, name in _DAYS:
            button = Button(short, name=name)
            button.setCheckable(True)
            button.setFixedWidth(fonts.scaled(37))
            button.setStyleSheet("QPushButton { padding: 0; }")
            button.clicked.connect(self._on_clicked)
            self._buttons.append(button)
            row.addWidget(button)

    def value(self) -> FieldValue:
        """Return the weekdays picked on the buttons, 0 is Monday."""
        return tuple(n for n, button in enumerate(self._buttons) if button.isChecked())

    def set_value(self, value: FieldValue) -> None:
        """Check the buttons of the picked weekdays."""
        days = value if isinstance(value, tuple) else ()
        for place, button in enumerate(self._buttons):
            button.setChecked(place in days)
            button.set_kind("primary" if place in days else "secondary")

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the weekday buttons, or disable them with the reason in their tool tips."""
        for button in self._buttons:
            button.set_enabled(enabled, reason)

    def _on_clicked(self) -> None:
        self.chosen.emit(self.value())

"""How often a sync may reach the same person: so many times a week, month or quarter."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.stage import Pressure, Touch, Window
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.parts.number_field import NumberField
from desktop.panels.syncs.form import check_box, form
from desktop.panels.theme import fonts

_WINDOWS = (
    (Window.WEEK.value, "a week"),
    (Window.MONTH.value, "a month"),
    (Window.QUARTER.value, "a quarter"),
)
_TOUCHES = (
    (Touch.SENT.value, "every time it writes to them"),
    (Touch.OPENED.value, "only if they opened e-mail since"),
    (Touch.CLICKED.value, "only if they clicked in e-mail since"),
)
_NOTE = (
    "Who was reached that often is left out, and looked at again when the time has passed. Sailthru"
    " tells only the last open and the last click, of whatever e-mail."
)


class PressureRows(QWidget):
    """`edited`: read `pressure`."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._showing = False
        self.capped = check_box("Reach nobody too often")
        self.most = NumberField("At most so many times", 1, 1000, suffix=" times")
        self.window_field = ChoiceField("Within", _WINDOWS)
        self.counting = ChoiceField("What counts", _TOUCHES)
        self.note = label(_NOTE, "note", wrap=True)
        self._rows = form()
        self._rows.addRow(label("At most"), self.most)
        self._rows.addRow(label("within"), self.window_field)
        self._rows.addRow(label("Counts"), self.counting)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addWidget(self.capped, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._rows)
        column.addWidget(self.note)
        for field in (self.window_field, self.counting):
            field.may_shrink()
            field.setMaximumWidth(fonts.scaled(300))
            field.chosen.connect(self._on_edited)
        self.most.setMaximumWidth(fonts.scaled(140))
        self.most.valueChanged.connect(self._on_edited)
        self.capped.clicked.connect(self._on_edited)

    def show_pressure(self, pressure: Pressure | None) -> None:
        """Show a cap, or that there is none."""
        self._showing = True
        self.capped.setChecked(pressure is not None)
        shown = pressure or Pressure()
        self.most.setValue(shown.most)
        self.window_field.set_value(shown.window.value)
        self.counting.set_value(shown.event.value)
        for field in (self.most, self.window_field, self.counting):
            self._rows.setRowVisible(field, pressure is not None)
        self.note.setVisible(pressure is not None)
        self._showing = False

    def pressure(self) -> Pressure | None:
        """The cap as it stands there."""
        if not self.capped.isChecked():
            return None
        window, event = Window(self.window_field.value()), Touch(self.counting.value())
        return Pressure(self.most.value(), window, event)

    def _on_edited(self, *_what: object) -> None:
        if not self._showing:
            self.edited.emit()

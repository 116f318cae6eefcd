"""A line edit with a button beside it that opens a dialog to choose from: one control."""

from abc import abstractmethod

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FieldValue


class PickerRow(QWidget):
    """A form control typed into `field`, or picked in the dialog that `choose_button` opens.

    `chosen` reports the value that a person has typed or picked.
    """

    chosen = Signal(object)

    def __init__(self, field: TextField, choose_button: Button) -> None:
        super().__init__()
        self.field = field
        self.choose_button = choose_button
        row = hbox(field, choose_button)
        row.setStretchFactor(field, 1)
        self.setLayout(row)
        self.setFocusProxy(field)
        field.chosen.connect(self.chosen)
        choose_button.clicked.connect(self._on_choose)

    def value(self) -> FieldValue:
        """Return the value typed or picked in the picker's line."""
        return self.field.value()

    def set_value(self, value: FieldValue) -> None:
        """Show a value in the picker's line without emitting."""
        self.field.set_value(value)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the picker's line and button, or disable them with the reason."""
        self.field.set_enabled(enabled, reason)
        self.choose_button.set_enabled(enabled, reason)

    @abstractmethod
    def _on_choose(self) -> None:
        """Open the picker's dialog; what is picked there goes to `_on_picked`."""

    def _on_picked(self, value: FieldValue) -> None:
        self.set_value(value)
        self.chosen.emit(value)

"""A check box whose accessible and object name is its text."""

from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.tooltip import DisabledReasonMixin
from desktop.panels.widgets.wrapped_text import WrappedCheckBox
from desktop.viewmodels.form import FieldValue


class CheckBox(DisabledReasonMixin, WrappedCheckBox):
    """A check box whose names are its text; `chosen` carries whether it is ticked."""

    chosen = Signal(bool)

    def __init__(self, text: str, *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.let_wrap()
        self.show_whole_text(text)
        self.setAccessibleName(name or text)
        self.setObjectName(name or text)
        # Not clicked: assistive technology toggles without a click.
        self.toggled.connect(self.chosen)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.show_whole_text(self._whole_text)

    def value(self) -> FieldValue:
        """Return whether the check box is ticked."""
        return self.isChecked()

    def set_value(self, value: FieldValue) -> None:
        """Tick or untick the check box without emitting `chosen`."""
        # `toggled` does not tell a person from setChecked.
        with QSignalBlocker(self):
            self.setChecked(bool(value))

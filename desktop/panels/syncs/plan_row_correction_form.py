"""The form that corrects a source record of a preview row."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.model.field_catalogue import field_title
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label


class PlanRowCorrectionForm(QWidget):
    """Form widget in the details of a preview row that needs correction."""

    corrected = Signal(str, str)  # field, value

    def __init__(self, fields: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current_values = dict(fields)
        self._field = DropdownField(
            "Field to correct", [(key, field_title(key)) for key, _ in fields]
        )
        self._value = QLineEdit(fields[0][1])
        self._value.setAccessibleName("Correct value")
        self._value.setObjectName("Correct value")
        # The longest e-mail address (RFC 3696 errata: 254), with room.
        self._value.setMaxLength(320)
        self._save = secondary_button("Use this value", name="Use this value")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addWidget(label("Fix here", "title"))
        column.addWidget(self._field)
        column.addWidget(self._value)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._save)
        column.addLayout(row)
        note = "The next preview uses this value. The services keep theirs."
        column.addWidget(label(note, "note", wrap=True))
        self._field.chosen.connect(self._on_field)
        self._save.clicked.connect(self._on_save)
        self._value.returnPressed.connect(self._on_save)

    def take_focus(self) -> None:
        """Put the keyboard into the correction form's value, with all of it selected."""
        self._value.setFocus()
        self._value.selectAll()

    @property
    def has_unsaved_text(self) -> bool:
        """Whether the correction form's typed value would be lost."""
        return self._value.text() != self._current_values.get(self._field.value() or "", "")

    def _on_field(self, key: str) -> None:
        self._value.setText(self._current_values.get(key, ""))

    def _on_save(self) -> None:
        self.corrected.emit(self._field.value() or "", self._value.text())

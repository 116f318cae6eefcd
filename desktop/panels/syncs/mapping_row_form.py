"""The form of the chosen mapping row: where from, how, where to, and who wins."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from desktop.model.field_catalogue import source_prefix
from desktop.model.field_mapping import MappingRow
from desktop.model.service import Service
from desktop.panels.syncs.field_picker import FieldPicker
from desktop.panels.theme import fonts
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.label import label
from desktop.viewmodels.form import FormState, read_values
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorView
from desktop.viewmodels.syncs.mapping_row_view import (
    ROW_FIELDS,
    ROW_RULE_FIELDS,
    row_rule_choices,
    takes_field,
)


class MappingRowForm(QWidget):
    """Form widget of one mapping row; `edited` carries its attribute and the value given."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source_picker = FieldPicker("Source field")
        self.target_picker = FieldPicker("Target field")
        pickers = {"source": self.source_picker, "target": self.target_picker}
        self._forms = [
            Form(fields, FormLayout.COMPACT, controls=pickers)
            for fields in (ROW_FIELDS, ROW_RULE_FIELDS)
        ]
        self.error_label = label("", wrap=True, tone="bad")
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(fonts.scaled(24))
        for form in self._forms:
            self._halves.addWidget(form, 1)
            form.edited.connect(self.edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addLayout(self._halves)
        column.addWidget(self.error_label)

    def show_row(self, row: MappingRow | None, wrong: str, view: MappingEditorView) -> None:
        """Draw a mapping row with its error, offering both sides' fields; None hides the form."""
        self.setVisible(row is not None)
        if row is None:
            return
        for path, options in row_rule_choices(view.sync, row).items():
            dropdown = self._forms[1].control(path, DropdownField)
            if [dropdown.itemText(place) for place in range(dropdown.count())] != [
                text for _, text in options
            ]:
                dropdown.set_options(options)
        self.source_picker.set_takes_fields(takes_field(row.type))
        self.source_picker.set_choices(view.source_fields, source_prefix(view.sync.source.kind))
        is_to_sailthru = view.sync.target_service is Service.SAILTHRU
        self.target_picker.set_choices(view.target_fields, "vars." if is_to_sailthru else "")
        state = FormState(
            read_values((*ROW_FIELDS, *ROW_RULE_FIELDS), row),
            notes={} if row.keep_decimals else {"keep_decimals": view.rounding_note},
        )
        for form in self._forms:
            form.show_state(state)
        self.error_label.setText(wrong)
        self.error_label.setVisible(bool(wrong))

    def set_wide(self, wide: bool) -> None:
        """Put the two halves of the mapping row's form beside, or below each other."""
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def take_focus(self) -> None:
        """Put the keyboard into the mapping row's source field."""
        self.source_picker.field.setFocus()

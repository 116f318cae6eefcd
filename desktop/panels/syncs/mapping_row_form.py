"""The form of the chosen mapping row: where from, how, where to, and who wins."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QCompleter,
    QVBoxLayout,
    QWidget,
)

from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.panels.syncs.form_fields import create_check_box, create_form_layout, create_text_field
from desktop.panels.theme import fonts
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.viewmodels.syncs.mapping_row_view import (
    OPERATOR_LABELS,
    PREFER_LABELS,
    PROTECTION_LABELS,
    SOURCE_TYPE_LABELS,
)


class MappingRowForm(QWidget):
    """Shows one MappingRow and emits it as it is changed."""

    edited = Signal(object)  # MappingRow

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: MappingRow | None = None
        self._is_updating = False
        self.type_dropdown = DropdownField(
            "Kind of source", [(kind.value, words) for kind, words in SOURCE_TYPE_LABELS]
        )
        self.source_field = create_text_field("Source field")
        self.operator_dropdown = DropdownField(
            "How", [(kind.value, words) for kind, words in OPERATOR_LABELS]
        )
        self.target_field = create_text_field("Target field")
        self.decimals_box = create_check_box("Keep decimals")
        self.prefer_dropdown = DropdownField(
            "If both sides changed", [(k.value, w) for k, w in PREFER_LABELS]
        )
        self.protection_dropdown = DropdownField(
            "The target field", [(k.value, w) for k, w in PROTECTION_LABELS]
        )
        self.error_label = label("", wrap=True, tone="bad")
        self.rounding_note = label("", "note", wrap=True)
        self._source_label = label("Reads")
        first, second = create_form_layout(), create_form_layout()
        first.addRow(label("Kind"), self.type_dropdown)
        first.addRow(self._source_label, self.source_field)
        first.addRow(label("How"), self.operator_dropdown)
        first.addRow(label("Writes"), self.target_field)
        second.addRow(label("If both changed"), self.prefer_dropdown)
        second.addRow(label("The target"), self.protection_dropdown)
        second.addRow("", self.decimals_box)
        second.addRow("", self.rounding_note)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(fonts.scaled(24))
        self._halves.addLayout(first, 1)
        self._halves.addLayout(second, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addLayout(self._halves)
        column.addWidget(self.error_label)
        self.source_field.textEdited.connect(self._on_edited)
        self.target_field.textEdited.connect(self._on_edited)
        for choice in (
            self.type_dropdown,
            self.operator_dropdown,
            self.prefer_dropdown,
            self.protection_dropdown,
        ):
            choice.allow_shrinking()
            choice.chosen.connect(self._on_edited)
        self.decimals_box.toggled.connect(self._on_edited)

    def show_row(self, row: MappingRow | None, wrong: str, rounding: str) -> None:
        """Show a mapping row with its error and the note on rounding; None hides the form."""
        self.setVisible(row is not None)
        self._row = row
        if row is None:
            return
        self._is_updating = True
        self.type_dropdown.set_value(row.type.value)
        self.operator_dropdown.set_value(row.operator.value)
        self.prefer_dropdown.set_value(row.prefer.value)
        self.protection_dropdown.set_value(row.protection.value)
        self.decimals_box.setChecked(row.keep_decimals)
        for field, text in ((self.source_field, row.source), (self.target_field, row.target)):
            if field.text() != text:
                field.setText(text)
        named = row.type in (SourceType.LISTS, SourceType.STAGES)
        words = {SourceType.TEXT: "The text", SourceType.IDENTIFIER: "Identifier"}
        self._source_label.setText("Only these" if named else words.get(row.type, "Reads"))
        self.error_label.setText(wrong)
        self.error_label.setVisible(bool(wrong))
        self.rounding_note.setText("" if row.keep_decimals else rounding)
        self.rounding_note.setVisible(not row.keep_decimals)
        self._is_updating = False

    def set_wide(self, wide: bool) -> None:
        """Put the two halves of the form beside each other, or below each other."""
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def set_completions(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> None:
        """Complete field names while somebody types."""
        for field, names in ((self.source_field, sources), (self.target_field, targets)):
            # A new completer closes the list that is open under the typing.
            if field.property("offered") == "\n".join(names):
                continue
            field.setProperty("offered", "\n".join(names))
            completer = QCompleter(list(names), field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated.connect(self._on_completed)
            field.setCompleter(completer)

    def take_focus(self) -> None:
        """Put the keyboard into the source field."""
        self.source_field.setFocus()

    def _on_completed(self, _text: str) -> None:
        self._on_edited()

    def _on_edited(self, *_what: object) -> None:
        if self._is_updating or self._row is None:
            return
        self.edited.emit(
            replace(
                self._row,
                type=SourceType(self.type_dropdown.value()),
                source=self.source_field.text().strip(),
                operator=MappingOperator(self.operator_dropdown.value()),
                target=self.target_field.text().strip(),
                keep_decimals=self.decimals_box.isChecked(),
                prefer=ConflictPreference(self.prefer_dropdown.value()),
                protection=FieldProtection(self.protection_dropdown.value()),
            )
        )

"""The chosen row of a mapping, field by field."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QCompleter,
    QVBoxLayout,
    QWidget,
)

from desktop.model.mapping import MappingRow, Operator, Prefer, Protection, SourceType
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.syncs.form import check_box, form, text_field
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.mapping_view import OPERATORS, PREFERS, PROTECTIONS, TYPES


class MappingForm(QWidget):
    """`edited` carries the row as it is wanted now."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: MappingRow | None = None
        self._showing = False
        self.type = ChoiceField("Kind of source", [(kind.value, words) for kind, words in TYPES])
        self.source = text_field("Source field")
        self.operator = ChoiceField("How", [(kind.value, words) for kind, words in OPERATORS])
        self.target = text_field("Target field")
        self.decimals = check_box("Keep decimals")
        self.prefer = ChoiceField("If both sides changed", [(k.value, w) for k, w in PREFERS])
        self.protection = ChoiceField("The target field", [(k.value, w) for k, w in PROTECTIONS])
        self.wrong = label("", wrap=True, tone="bad")
        self.rounding = label("", "note", wrap=True)
        self._source_label = label("Reads")
        first, second = form(), form()
        first.addRow(label("Kind"), self.type)
        first.addRow(self._source_label, self.source)
        first.addRow(label("How"), self.operator)
        first.addRow(label("Writes"), self.target)
        second.addRow(label("If both changed"), self.prefer)
        second.addRow(label("The target"), self.protection)
        second.addRow("", self.decimals)
        second.addRow("", self.rounding)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(fonts.scaled(24))
        self._halves.addLayout(first, 1)
        self._halves.addLayout(second, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addLayout(self._halves)
        column.addWidget(self.wrong)
        self.source.textEdited.connect(self._on_edited)
        self.target.textEdited.connect(self._on_edited)
        for choice in (self.type, self.operator, self.prefer, self.protection):
            choice.may_shrink()
            choice.chosen.connect(self._on_edited)
        self.decimals.toggled.connect(self._on_edited)

    def show_row(self, row: MappingRow | None, wrong: str, rounding: str) -> None:
        """Show a row; None: there is none."""
        self.setVisible(row is not None)
        self._row = row
        if row is None:
            return
        self._showing = True
        self.type.set_value(row.type.value)
        self.operator.set_value(row.operator.value)
        self.prefer.set_value(row.prefer.value)
        self.protection.set_value(row.protection.value)
        self.decimals.setChecked(row.keep_decimals)
        for field, text in ((self.source, row.source), (self.target, row.target)):
            if field.text() != text:
                field.setText(text)
        named = row.type in (SourceType.LISTS, SourceType.STAGES)
        words = {SourceType.TEXT: "The text", SourceType.IDENTIFIER: "Identifier"}
        self._source_label.setText("Only these" if named else words.get(row.type, "Reads"))
        self.wrong.setText(wrong)
        self.wrong.setVisible(bool(wrong))
        self.rounding.setText("" if row.keep_decimals else rounding)
        self.rounding.setVisible(not row.keep_decimals)
        self._showing = False

    def set_wide(self, wide: bool) -> None:
        """Two halves beside each other, or one below the other."""
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def suggest(self, sources: tuple[str, ...], targets: tuple[str, ...]) -> None:
        """Offer these names while somebody types."""
        for field, names in ((self.source, sources), (self.target, targets)):
            if field.property("offered") == "\n".join(names):
                continue
            field.setProperty("offered", "\n".join(names))
            completer = QCompleter(list(names), field)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated.connect(self._on_completed)
            field.setCompleter(completer)

    def take_focus(self) -> None:
        """Put the keyboard into the source."""
        self.source.setFocus()

    def _on_completed(self, _text: str) -> None:
        self._on_edited()

    def _on_edited(self, *_what: object) -> None:
        if self._showing or self._row is None:
            return
        self.edited.emit(
            replace(
                self._row,
                type=SourceType(self.type.value()),
                source=self.source.text().strip(),
                operator=Operator(self.operator.value()),
                target=self.target.text().strip(),
                keep_decimals=self.decimals.isChecked(),
                prefer=Prefer(self.prefer.value()),
                protection=Protection(self.protection.value()),
            )
        )

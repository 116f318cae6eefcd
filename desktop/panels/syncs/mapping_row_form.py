"""The form of the chosen mapping row: where from, how, where to, and who wins."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from desktop.model.field_mapping import MappingRow
from desktop.panels.theme import fonts
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FormState, read_values
from desktop.viewmodels.syncs.mapping_row_view import ROW_FIELDS, ROW_RULE_FIELDS


class MappingRowForm(QWidget):
    """Shows one MappingRow; `edited` carries an attribute of it and the value given."""

    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._forms = [Form(fields, FormLayout.COMPACT) for fields in (ROW_FIELDS, ROW_RULE_FIELDS)]
        self.source_field = self._forms[0].control("source", TextField)
        self.target_field = self._forms[0].control("target", TextField)
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

    def show_row(
        self,
        row: MappingRow | None,
        wrong: str,
        rounding: str,
        completions: dict[str, tuple[str, ...]],
    ) -> None:
        """Show a row with its error, the note on rounding and field names to complete.

        None hides the form.
        """
        self.setVisible(row is not None)
        if row is None:
            return
        state = FormState(
            read_values((*ROW_FIELDS, *ROW_RULE_FIELDS), row),
            notes={} if row.keep_decimals else {"keep_decimals": rounding},
            completions=completions,
        )
        for form in self._forms:
            form.show_state(state)
        self.error_label.setText(wrong)
        self.error_label.setVisible(bool(wrong))

    def set_wide(self, wide: bool) -> None:
        """Put the two halves of the form beside each other, or below each other."""
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def take_focus(self) -> None:
        """Put the keyboard into the source field."""
        self.source_field.setFocus()

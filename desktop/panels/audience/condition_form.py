"""Form of one condition: which field, which test, which value; a wrong value says why."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.kit.errors import AppError
from desktop.model.audience_condition import (
    AudienceCondition,
    AudienceField,
    AudienceFieldKind,
    AudienceOperator,
)
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.audience.audience_page_model import AudiencePageModel, build_condition
from desktop.viewmodels.audience.condition_view import (
    OPERATOR_WORDS,
    ConditionPath,
    value_words,
)

_O = AudienceOperator
_PLACEHOLDERS = {
    _O.WITHIN: "Days, such as 30",
    _O.OLDER: "Days, such as 90",
    _O.BEFORE: "Day, such as 2026-01-31",
    _O.AFTER: "Day, such as 2026-01-31",
    _O.CONTAINS: "Words, such as refund or refund*",
    _O.CONTAINS_NOT: "Words, such as refund or refund*",
}


class ConditionForm(QWidget):
    """Widget of the form that adds a condition or changes one."""

    # The path that is changed (None: added), the group it goes into, the condition.
    submitted = Signal(object, object, object)
    closed = Signal()

    def __init__(self, model: AudiencePageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._path: ConditionPath | None = None
        self._into: ConditionPath = ()
        self._fields: dict[str, AudienceField] = {}
        self.setAccessibleName("Condition")
        self.setObjectName("Condition")
        self.field_dropdown = DropdownField("Field of the condition")
        self.operator_dropdown = DropdownField("Test of the condition")
        self.choice_dropdown = DropdownField("Value to choose")
        self.value_edit = TextField("Value of the condition")
        self.apply_button = secondary_button("Add", name="Add the condition")
        self.cancel_button = quiet_button("Cancel", name="Cancel the condition")
        self.error_label = label("", "small", tone="bad", wrap=True)
        self.error_label.hide()
        for part in (self.choice_dropdown, self.value_edit):
            part.setMinimumWidth(fonts.scaled(190))
        self._lay_out()
        self.field_dropdown.chosen.connect(self._on_field)
        self.operator_dropdown.chosen.connect(self._on_operator)
        self.value_edit.returnPressed.connect(self._on_apply)
        self.value_edit.chosen.connect(lambda _text: self._show_error(""))
        self.apply_button.clicked.connect(self._on_apply)
        self.cancel_button.clicked.connect(self.closed)
        model.changed.connect(self._update_completions)

    def open_new(self, into: ConditionPath) -> None:
        """Ask for a new condition that goes into the group at a path, () for the outermost."""
        self._open(None, into, None)

    def open_condition(self, path: ConditionPath, condition: AudienceCondition) -> None:
        """Ask for another field, test or value of a condition."""
        self._open(path, (), condition)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
            return
        super().keyPressEvent(event)

    def _open(
        self, path: ConditionPath | None, into: ConditionPath, condition: AudienceCondition | None
    ) -> None:
        self._path, self._into = path, into
        self._fields = {field.name: field for field in self._model.fields()}
        self.field_dropdown.set_options(
            [(name, field.label) for name, field in self._fields.items()]
        )
        self.field_dropdown.set_value(condition.field if condition else "open_tickets")
        self._on_field()
        if condition is not None:
            self.operator_dropdown.set_value(condition.operator.value)
            self._on_operator()
            self.choice_dropdown.set_value(str(condition.value))
            self.value_edit.setText(_typed(condition))
        self.apply_button.set_text("Add" if path is None else "Change")
        self._show_error("")
        self.show()
        self.field_dropdown.setFocus()

    def _lay_out(self) -> None:
        holder = QWidget()
        flow = FlowLayout(fonts.scaled(8), fonts.scaled(6), holder)
        for part in (
            self.field_dropdown,
            self.operator_dropdown,
            self.choice_dropdown,
            self.value_edit,
            self.apply_button,
            self.cancel_button,
        ):
            flow.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(4))
        row = QHBoxLayout()
        row.addWidget(holder, 1)
        column.addLayout(row)
        column.addWidget(self.error_label)

    def _field(self) -> AudienceField:
        return self._fields[self.field_dropdown.value() or "open_tickets"]

    def _operator(self) -> AudienceOperator:
        return AudienceOperator(self.operator_dropdown.value() or self._field().operators[0].value)

    def _on_field(self, *_key: str) -> None:
        field = self._field()
        self.operator_dropdown.set_options(
            [(one.value, OPERATOR_WORDS[one]) for one in field.operators]
        )
        if self.operator_dropdown.value() is None:
            self.operator_dropdown.set_value(field.operators[0].value)
        self.choice_dropdown.set_options(list(field.choices.items()))
        if self.choice_dropdown.value() is None and field.choices:
            self.choice_dropdown.set_value(next(iter(field.choices)))
        self.value_edit.clear()
        self._model.values_of(field.name)
        self._on_operator()

    def _on_operator(self, *_key: str) -> None:
        field, operator = self._field(), self._operator()
        is_choice = bool(field.choices)
        self.choice_dropdown.setVisible(operator.takes_value and is_choice)
        self.value_edit.setVisible(operator.takes_value and not is_choice)
        is_phrase = field.kind is AudienceFieldKind.PHRASE or operator not in (
            _O.CONTAINS,
            _O.CONTAINS_NOT,
        )
        self.value_edit.setPlaceholderText(
            _PLACEHOLDERS.get(operator, "Value") if is_phrase else "Text"
        )
        self._update_completions()
        self._show_error("")

    def _update_completions(self) -> None:
        if self.isHidden() or not self._fields:
            return
        self.value_edit.set_completions(self._model.values_of(self._field().name))

    def _on_apply(self) -> None:
        field, operator = self._field(), self._operator()
        text = (self.choice_dropdown.value() or "") if field.choices else self.value_edit.text()
        try:
            condition = build_condition(field, operator, text)
        except AppError as error:
            hint = f" {error.hint}" if error.hint else ""
            self._show_error(f"{error.title}{hint}")
            announce(self, error.title)
            self.value_edit.setFocus()
            return
        self.submitted.emit(self._path, self._into, condition)

    def _show_error(self, sentence: str) -> None:
        self.error_label.setText(sentence)
        self.error_label.setVisible(bool(sentence))
        self.value_edit.setProperty("invalid", "true" if sentence else "false")
        self.value_edit.style().polish(self.value_edit)


def _typed(condition: AudienceCondition) -> str:
    """Return a condition's value as it is typed: a number without a thousands separator."""
    if isinstance(condition.value, float):
        return f"{condition.value:.15g}"
    return (
        str(condition.value or "") if not condition.definition.choices else value_words(condition)
    )

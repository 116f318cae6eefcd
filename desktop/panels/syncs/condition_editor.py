"""Edit a sync's conditions as rows of field, test and value."""

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.json_value import Json
from desktop.panels.syncs.field_picker import FieldPicker
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import icon_button, quiet_button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.syncs.field_choices import FieldChoice

_TESTS = (
    (ConditionOperator.IS, "is"),
    (ConditionOperator.IS_NOT, "is not"),
    (ConditionOperator.AT_LEAST, "is at least"),
    (ConditionOperator.AT_MOST, "is at most"),
    (ConditionOperator.HAS, "includes"),
    (ConditionOperator.HAS_NOT, "does not include"),
    (ConditionOperator.SET, "has a value"),
    (ConditionOperator.NOT_SET, "has no value"),
    (ConditionOperator.WITHIN_DAYS, "is in the last … days"),
    (ConditionOperator.BEFORE_DAYS, "is over … days ago"),
)
# Narrower than this the test stands below its field.
_SIDE_BY_SIDE_MIN_WIDTH = 380
_TESTS_WITHOUT_VALUE = (ConditionOperator.SET, ConditionOperator.NOT_SET)
_BOOLEAN_WORDS = {"yes": True, "true": True, "no": False, "false": False}


def format_value(value: Json) -> str:
    """Format a value for the condition editor as it is typed: yes, no, a number or a text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def parse_value(text: str) -> Json:
    """Parse a value typed into the condition editor: yes and no, a number, else the text."""
    plain = text.strip()
    if plain.lower() in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[plain.lower()]
    try:
        found = json.loads(plain)
    except ValueError:
        return plain
    # Ids of more digits would lose their last ones as JSON numbers.
    return found if isinstance(found, int | float) and abs(found) < 1e15 else plain


class ConditionEditor(QWidget):
    """Widget with a row for each condition of a sync, and a button that adds one."""

    edited = Signal(tuple)  # every condition, as it stands now
    choices_wanted = Signal()  # a list of fields opens

    def __init__(
        self,
        name: str,
        add: str,
        *,
        add_name: str = "",
        naming: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._naming = naming  # placeholder of a name before each condition; empty: no names
        self._rows: list[ConditionEditorRow] = []
        self._choices: tuple[FieldChoice, ...] = ()
        self._add_button = quiet_button(add, name=add_name or add)
        self._add_button.set_icon("plus")
        self._add_button.clicked.connect(self._on_add)
        self._column = QVBoxLayout()
        self._column.setSpacing(fonts.scaled(6))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(fonts.scaled(4))
        outer.addLayout(self._column)
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.addWidget(self._add_button)
        row.addStretch(1)
        outer.addLayout(row)

    def show_conditions(
        self, conditions: tuple[FieldCondition, ...], names: tuple[str, ...] = ()
    ) -> None:
        """Draw the condition editor's rows and their names; what is being typed stays."""
        # Rows are reused, so that the one that is typed in keeps the keyboard.
        while len(self._rows) > len(conditions):
            row = self._rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(conditions):
            self._append_row()
        for place, (row, condition) in enumerate(zip(self._rows, conditions, strict=True)):
            row.show_condition(condition, names[place] if names else "")

    def set_choices(self, choices: tuple[FieldChoice, ...]) -> None:
        """Offer these fields in each row of the condition editor."""
        self._choices = choices
        for row in self._rows:
            row.field_picker.set_choices(choices, "")

    def _append_row(self) -> "ConditionEditorRow":
        row = ConditionEditorRow(f"{self._name} {len(self._rows) + 1}", self._naming)
        row.edited.connect(self._on_edited)
        row.removed.connect(self._on_removed)
        row.field_picker.choices_wanted.connect(self.choices_wanted)
        row.field_picker.set_choices(self._choices, "")
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def conditions(self) -> tuple[FieldCondition, ...]:
        """Return the conditions that the editor's rows hold now."""
        return tuple(row.condition() for row in self._rows)

    def names(self) -> tuple[str, ...]:
        """Return the conditions' names that the editor's rows hold now."""
        return tuple(row.name_edit.text().strip() for row in self._rows)

    def _on_add(self) -> None:
        row = self._append_row()
        (row.name_edit if self._naming else row.field_picker).setFocus()
        self.edited.emit(self.conditions())

    def _on_edited(self) -> None:
        self.edited.emit(self.conditions())

    def _on_removed(self) -> None:
        row = self.sender()
        if isinstance(row, ConditionEditorRow):
            self._rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
            self.edited.emit(self.conditions())


class ConditionEditorRow(QWidget):
    """The controls of one sync condition, with the button that removes it."""

    edited = Signal()
    removed = Signal()

    def __init__(self, name: str, naming: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = FieldCondition("", ConditionOperator.IS, "")
        self.name_edit = TextField(f"{name}: name", naming)
        self.name_edit.setVisible(bool(naming))
        self.field_picker = FieldPicker(f"{name}: field", "Field")
        self.test_dropdown = DropdownField(
            f"{name}: test", [(test.value, words) for test, words in _TESTS]
        )
        self.value_edit = TextField(f"{name}: value", "Value")
        for part in (self.name_edit, self.field_picker, self.value_edit):
            part.setMinimumWidth(fonts.scaled(40))
            part.chosen.connect(self._on_edited)
        remove = icon_button("trash", f"Remove {name.lower()}")
        remove.clicked.connect(self.removed)
        self.test_dropdown.chosen.connect(self._on_edited)
        self.test_dropdown.allow_shrinking()
        self._asked = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._asked.setSpacing(fonts.scaled(6))
        self._asked.addWidget(self.test_dropdown, 5)
        self._asked.addWidget(self.value_edit, 2)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(fonts.scaled(6))
        if naming:
            self._parts.addWidget(self.name_edit, 2)
        self._parts.addWidget(self.field_picker, 2)
        self._parts.addLayout(self._asked, 3)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(6))
        row.addLayout(self._parts, 1)
        row.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        direction = QBoxLayout.Direction
        for part in (self._parts, self._asked):
            part.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def show_condition(self, condition: FieldCondition, name: str = "") -> None:
        """Draw a condition in its editor row, and its name; what is being typed stays."""
        # Half typed (“1.”) a value reads as one that is written otherwise (1.0).
        if condition != self.condition():
            self._shown = condition
            self.field_picker.set_value(condition.field)
            self.value_edit.set_value(format_value(condition.value))
        self.name_edit.set_value(name)
        self.test_dropdown.set_value(condition.test.value)
        self.value_edit.setVisible(condition.test not in _TESTS_WITHOUT_VALUE)

    def condition(self) -> FieldCondition:
        """Return the condition that the row's controls hold now."""
        test = ConditionOperator(self.test_dropdown.value() or ConditionOperator.IS.value)
        text, value = self.value_edit.text(), self._shown.value
        # A value that nobody touched stays what it is: the text “5” is no number, a list no text.
        if test in _TESTS_WITHOUT_VALUE:
            value = None
        elif text != format_value(value):
            value = parse_value(text)
        return FieldCondition(str(self.field_picker.value()).strip(), test, value)

    def _on_edited(self, *_what: object) -> None:
        self.value_edit.setVisible(
            ConditionOperator(self.test_dropdown.value()) not in _TESTS_WITHOUT_VALUE
        )
        self.edited.emit()

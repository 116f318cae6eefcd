"""Conditions as rows of field, test and value, to add and to take away."""

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from desktop.model.condition import Condition, Test
from desktop.model.json_value import Json
from desktop.panels.parts.button import icon_button, quiet
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.theme import fonts

_TESTS = (
    (Test.IS, "is"),
    (Test.IS_NOT, "is not"),
    (Test.AT_LEAST, "is at least"),
    (Test.AT_MOST, "is at most"),
    (Test.HAS, "has"),
    (Test.HAS_NOT, "does not have"),
    (Test.SET, "has a value"),
    (Test.NOT_SET, "has no value"),
    (Test.WITHIN_DAYS, "is in the last … days"),
    (Test.BEFORE_DAYS, "is over … days ago"),
)
_BESIDE_FROM = 380
_BARE = (Test.SET, Test.NOT_SET)
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def said(value: Json) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def meant(text: str) -> Json:
    """What somebody typed: yes and no, a number, else the text."""
    plain = text.strip()
    if plain.lower() in _TRUTHS:
        return _TRUTHS[plain.lower()]
    try:
        found = json.loads(plain)
    except ValueError:
        return plain
    return found if isinstance(found, int | float) and abs(found) < 1e15 else plain


class ConditionRows(QWidget):
    """`edited` carries all conditions."""

    edited = Signal(tuple)

    def __init__(
        self, name: str, add: str, *, add_name: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name = name
        self._rows: list[ConditionRow] = []
        self._add = quiet(add, name=add_name or add)
        self._add.set_icon("plus")
        self._add.clicked.connect(self._on_add)
        self._column = QVBoxLayout()
        self._column.setSpacing(fonts.scaled(6))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(fonts.scaled(4))
        outer.addLayout(self._column)
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.addWidget(self._add)
        row.addStretch(1)
        outer.addLayout(row)

    def show_conditions(self, conditions: tuple[Condition, ...]) -> None:
        """Show these; what is being typed is not disturbed."""
        if conditions == self.conditions():
            return
        while len(self._rows) > len(conditions):
            row = self._rows.pop()
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(conditions):
            self._append()
        for row, condition in zip(self._rows, conditions, strict=True):
            row.show_condition(condition)

    def _append(self) -> "ConditionRow":
        row = ConditionRow(f"{self._name} {len(self._rows) + 1}")
        row.edited.connect(self._on_edited)
        row.removed.connect(self._on_removed)
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def conditions(self) -> tuple[Condition, ...]:
        """What stands there now."""
        return tuple(row.condition() for row in self._rows)

    def _on_add(self) -> None:
        self._append().field.setFocus()
        self.edited.emit(self.conditions())

    def _on_edited(self) -> None:
        self.edited.emit(self.conditions())

    def _on_removed(self) -> None:
        row = self.sender()
        if isinstance(row, ConditionRow):
            self._rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
            self.edited.emit(self.conditions())


class ConditionRow(QWidget):
    """One condition."""

    edited = Signal()
    removed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Field")
        self.test = ChoiceField(f"{name}: test", [(test.value, words) for test, words in _TESTS])
        self.value = QLineEdit()
        self.value.setPlaceholderText("Value")
        for part, what in ((self.field, "field"), (self.value, "value")):
            part.setAccessibleName(f"{name}: {what}")
            part.setObjectName(f"{name}: {what}")
            part.setMaxLength(200)
            part.setMinimumWidth(fonts.scaled(40))
            part.textEdited.connect(self._on_edited)
        remove = icon_button("trash", f"Remove {name.lower()}")
        remove.clicked.connect(self.removed)
        self.test.chosen.connect(self._on_edited)
        self.test.may_shrink()
        asked = QHBoxLayout()
        asked.setSpacing(fonts.scaled(6))
        asked.addWidget(self.test, 5)
        asked.addWidget(self.value, 2)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setSpacing(fonts.scaled(6))
        self._parts.addWidget(self.field, 2)
        self._parts.addLayout(asked, 3)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(6))
        row.addLayout(self._parts, 1)
        row.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is asked stands beside the field, or below it where the room is short."""
        super().resizeEvent(event)
        wide = self.width() >= fonts.scaled(_BESIDE_FROM)
        direction = QBoxLayout.Direction
        self._parts.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def show_condition(self, condition: Condition) -> None:
        """Show one."""
        for part, text in ((self.field, condition.field), (self.value, said(condition.value))):
            if part.text() != text:
                part.setText(text)
                part.setCursorPosition(0)
        self.test.set_value(condition.test.value)
        self.value.setVisible(condition.test not in _BARE)

    def condition(self) -> Condition:
        """What stands there."""
        test = Test(self.test.value() or Test.IS.value)
        value = None if test in _BARE else meant(self.value.text())
        return Condition(self.field.text().strip(), test, value)

    def _on_edited(self, *_what: object) -> None:
        self.value.setVisible(Test(self.test.value()) not in _BARE)
        self.edited.emit()

"""Lifecycle stages as local rules, and the one that a sync is kept to."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.model.goal import Goal
from desktop.model.stage import Stage
from desktop.panels.parts.button import icon_button, quiet
from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.syncs.condition_rows import ConditionRows
from desktop.panels.syncs.form import form, text_field
from desktop.panels.theme import fonts

_ANY = "everybody, in a stage or not"
_ABOUT = (
    "A person is in a stage while every one of its conditions holds, by fields, tickets and dates."
    " A row of the mapping may write the stages; without conditions a stage holds everybody."
)


class StagesCard(Card):
    """`edited`: read `stages` and `only`."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Lifecycle stages", parent=parent)
        self._rows: list[StageRow] = []
        self._only: StageRow | None = None
        self.add_button = quiet("Add a stage", name="Add a stage")
        self.add_button.set_icon("plus")
        self.only_field = ChoiceField("Only who is in", [("", _ANY)])
        self.only_field.may_shrink()
        self.only_field.setMaximumWidth(fonts.scaled(300))
        self._column = QVBoxLayout()
        self._column.setSpacing(fonts.scaled(10))
        self._below = form()
        self._below.addRow(label("Only who is in"), self.only_field)
        below = QHBoxLayout()
        below.addWidget(self.add_button)
        below.addStretch(1)
        self.body.setSpacing(fonts.scaled(6))
        self.add(label(_ABOUT, "note", wrap=True))
        self.add(self._column)
        self.add(below)
        self.add(self._below)
        self.add_button.clicked.connect(self._on_add)
        self.only_field.chosen.connect(self._on_only)

    def stages(self) -> tuple[Stage, ...]:
        """The stages as they stand there."""
        return tuple(row.stage() for row in self._rows)

    def only(self) -> str:
        """The name of the stage the sync is kept to; empty: none."""
        return self._only.stage().name if self._only is not None else ""

    def show_goal(self, goal: Goal) -> None:
        """Show a draft; what is being typed is not disturbed."""
        while len(self._rows) > len(goal.stages):
            self._drop(self._rows[-1])
        while len(self._rows) < len(goal.stages):
            self._append()
        for row, stage in zip(self._rows, goal.stages, strict=True):
            row.show_stage(stage)
        if goal.source.stage != self.only():
            named = (row for row in self._rows if row.stage().name == goal.source.stage)
            self._only = next(named, None) if goal.source.stage else None
        self._offer()

    def _offer(self) -> None:
        """The stages by their place: one that is called otherwise stays chosen."""
        names = [(str(place), row.stage().name) for place, row in enumerate(self._rows)]
        self.only_field.set_options(
            [("", _ANY), *((n, name or "no name yet") for n, name in names)]
        )
        chosen = str(self._rows.index(self._only)) if self._only in self._rows else ""
        self.only_field.set_value(chosen)
        self._below.setRowVisible(self.only_field, bool(self._rows))

    def _append(self) -> "StageRow":
        row = StageRow(f"Stage {len(self._rows) + 1}")
        row.edited.connect(self._on_edited)
        row.removed.connect(self._on_removed)
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def _drop(self, row: "StageRow") -> None:
        self._rows.remove(row)
        if row is self._only:
            self._only = None
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _on_add(self) -> None:
        self._append().name.setFocus()
        self._on_edited()

    def _on_removed(self) -> None:
        row = self.sender()
        if isinstance(row, StageRow):
            self._drop(row)
            self._on_edited()

    def _on_only(self, place: str) -> None:
        self._only = self._rows[int(place)] if place else None
        self.edited.emit()

    def _on_edited(self) -> None:
        self._offer()
        self.edited.emit()


class StageRow(QWidget):
    """One stage: its name over its conditions."""

    edited = Signal()
    removed = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = text_field(f"{what}: name", "Name of the stage", longest=60)
        self.where = ConditionRows(
            f"{what}: condition",
            "Add a condition",
            add_name=f"Add a condition to {what.lower()}",
        )
        remove = icon_button("trash", f"Remove {what.lower()}")
        line = QFrame()
        line.setProperty("ground", "line")
        line.setFixedHeight(1)
        head = QHBoxLayout()
        head.setSpacing(fonts.scaled(6))
        head.addWidget(self.name, 1)
        head.addWidget(remove)
        inner = QVBoxLayout()
        inner.setContentsMargins(fonts.scaled(16), 0, 0, 0)
        inner.addWidget(self.where)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addLayout(head)
        column.addLayout(inner)
        column.addWidget(line)
        self.name.textEdited.connect(self.edited)
        self.where.edited.connect(self.edited)
        remove.clicked.connect(self.removed)

    def show_stage(self, stage: Stage) -> None:
        """Show one."""
        if self.name.text().strip() != stage.name:
            self.name.setText(stage.name)
            self.name.setCursorPosition(0)
        self.where.show_conditions(stage.where)

    def stage(self) -> Stage:
        """What stands there."""
        return Stage(self.name.text().strip(), self.where.conditions())

"""The card of a sync's lifecycle stages, and of the one stage it is limited to."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import Sync
from desktop.panels.syncs.condition_editor import ConditionEditor
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import icon_button, quiet_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.syncs.field_choices import FieldChoice

_ANY_STAGE = "Everybody"
_EXPLANATION = (
    "People are in a stage while they meet all of its conditions. A stage without conditions"
    " includes everybody. A mapping row can write the stages."
)


class LifecycleStagesCard(Card):
    """Card widget with a row for each lifecycle stage, and a choice of the required one."""

    edited = Signal()  # read stages() and required_stage()
    choices_wanted = Signal()  # a list of fields opens

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Lifecycle stages", parent=parent)
        self._rows: list[LifecycleStageRow] = []
        self._required_row: LifecycleStageRow | None = None
        self.add_button = quiet_button("Add a stage", name="Add a stage")
        self.add_button.set_icon("plus")
        self.required_stage_dropdown = DropdownField("Only people in stage", [("", _ANY_STAGE)])
        self.required_stage_dropdown.allow_shrinking()
        self.required_stage_dropdown.setMaximumWidth(fonts.scaled(300))
        self._column = QVBoxLayout()
        self._column.setSpacing(fonts.scaled(10))
        self._required_stage = QWidget()
        required = hbox(label("Only people in stage"), self.required_stage_dropdown, 1, spacing=12)
        required.setStretchFactor(self.required_stage_dropdown, 1000)
        self._required_stage.setLayout(required)
        below = QHBoxLayout()
        below.addWidget(self.add_button)
        below.addStretch(1)
        self.body.setSpacing(fonts.scaled(6))
        self.add(label(_EXPLANATION, "note", wrap=True))
        self.add(self._column)
        self.add(below)
        self.add(self._required_stage)
        self.add_button.clicked.connect(self._on_add)
        self.required_stage_dropdown.chosen.connect(self._on_required_stage)

    def stages(self) -> tuple[LifecycleStage, ...]:
        """Return the lifecycle stages that the card's rows hold now."""
        return tuple(row.stage() for row in self._rows)

    def required_stage(self) -> str:
        """Return the lifecycle stage the sync is limited to, as chosen on the card; empty: none."""
        return self._required_row.stage().name if self._required_row is not None else ""

    def show_sync(self, sync: Sync, choices: tuple[FieldChoice, ...]) -> None:
        """Draw a draft's lifecycle stages, and offer fields; what is being typed stays."""
        # Rows are reused, so that the one that is typed in keeps the keyboard.
        while len(self._rows) > len(sync.stages):
            self._remove_row(self._rows[-1])
        while len(self._rows) < len(sync.stages):
            self._append_row()
        for row, stage in zip(self._rows, sync.stages, strict=True):
            row.show_stage(stage)
            row.conditions.set_choices(choices)
        if sync.source.stage != self.required_stage():
            named = (row for row in self._rows if row.stage().name == sync.source.stage)
            self._required_row = next(named, None) if sync.source.stage else None
        self._update_stage_options()

    def _update_stage_options(self) -> None:
        """Offer the card's lifecycle stages as the required one."""
        # By their place, not by their name: one that is renamed stays chosen.
        names = [(str(place), row.stage().name) for place, row in enumerate(self._rows)]
        self.required_stage_dropdown.set_options(
            [("", _ANY_STAGE), *((n, name or "no name yet") for n, name in names)]
        )
        chosen = (
            str(self._rows.index(self._required_row)) if self._required_row in self._rows else ""
        )
        self.required_stage_dropdown.set_value(chosen)
        self._required_stage.setVisible(bool(self._rows))

    def _append_row(self) -> "LifecycleStageRow":
        row = LifecycleStageRow(f"Stage {len(self._rows) + 1}")
        row.edited.connect(self._on_edited)
        row.removed.connect(self._on_removed)
        row.conditions.choices_wanted.connect(self.choices_wanted)
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def _remove_row(self, row: "LifecycleStageRow") -> None:
        self._rows.remove(row)
        if row is self._required_row:
            self._required_row = None
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _on_add(self) -> None:
        self._append_row().name_field.setFocus()
        self._on_edited()

    def _on_removed(self) -> None:
        row = self.sender()
        if isinstance(row, LifecycleStageRow):
            self._remove_row(row)
            self._on_edited()

    def _on_required_stage(self, place: str) -> None:
        self._required_row = self._rows[int(place)] if place else None
        self.edited.emit()

    def _on_edited(self) -> None:
        self._update_stage_options()
        self.edited.emit()


class LifecycleStageRow(QWidget):
    """The controls of one lifecycle stage: its name over its conditions."""

    edited = Signal()
    removed = Signal()

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name_field = TextField(f"{what}: name", "Name of the stage", max_length=60)
        self.conditions = ConditionEditor(
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
        head.addWidget(self.name_field, 1)
        head.addWidget(remove)
        inner = QVBoxLayout()
        inner.setContentsMargins(fonts.scaled(16), 0, 0, 0)
        inner.addWidget(self.conditions)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        column.addLayout(head)
        column.addLayout(inner)
        column.addWidget(line)
        self.name_field.chosen.connect(self.edited)
        self.conditions.edited.connect(self.edited)
        remove.clicked.connect(self.removed)

    def show_stage(self, stage: LifecycleStage) -> None:
        """Draw a lifecycle stage in its row; what is being typed stays."""
        self.name_field.set_value(stage.name)
        self.conditions.show_conditions(stage.where)

    def stage(self) -> LifecycleStage:
        """Return the lifecycle stage that the row's controls hold now."""
        return LifecycleStage(self.name_field.text().strip(), self.conditions.conditions())

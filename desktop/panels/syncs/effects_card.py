"""Whom a sync means, what it does beyond its fields, and what holds it back."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.consent import Purpose
from desktop.model.edit import Service
from desktop.model.goal import Flows, Goal, Identifier, SourceKind
from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.parts.number_field import NumberField
from desktop.panels.syncs.condition_rows import ConditionRows
from desktop.panels.syncs.form import check_box, form, names_in, show_names, text_field
from desktop.panels.syncs.pressure_rows import PressureRows
from desktop.panels.syncs.stages_card import StagesCard
from desktop.panels.theme import fonts

_IDENTITIES = {
    "sid": (Identifier.SID, "who was paired before"),
    "email": (Identifier.EMAIL, "e-mail address"),
    "external_id": (Identifier.EXTERNAL_ID, "external id"),
    "phone": (Identifier.PHONE, "phone"),
}
_NOBODY = "nothing more"
_FLOWS = (
    (Flows.NOT_STARTED.value, "It starts no e-mail flows"),
    (Flows.MAY_START.value, "It may start e-mail flows in Sailthru"),
)


class EffectsCards(QWidget):
    """Four cards; `edited` carries the whole draft as it is wanted now."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goal: Goal | None = None
        self._showing = False
        self.lists = text_field("Sailthru lists read", "Every natural list", longest=1000)
        self.where = ConditionRows("Condition", "Add a condition")
        self.identity = [
            ChoiceField(f"Recognised by, {nth}", [("", _NOBODY), *_identities()])
            for nth in ("first", "second", "third")
        ]
        self.create_missing = check_box("Create who is not there yet")
        self.add_lists = text_field("Lists to add them to", "No list", longest=1000)
        self.remove = check_box("Off again when gone from the source")
        self.tags = text_field("Tags to give", "No tag", longest=1000)
        self.untag = check_box("Take the tag away when gone")
        self.flows = ChoiceField("E-mail flows", _FLOWS)
        self.flows_note = label("", "note", wrap=True)
        self.purposes = ConditionRows("Consent", "Ask for consent")
        self.stages = StagesCard()
        self.pressure = PressureRows()
        self.people = NumberField("Limit in people", 1, 1_000_000, suffix=" people")
        self.percent = NumberField("Limit in per cent", 0, 100, suffix=" %")
        self._lay_out()
        self._connect()

    def show_goal(self, goal: Goal) -> None:
        """Show a draft."""
        self._goal = goal
        self._showing = True
        effects, to_sailthru = goal.effects, goal.target is Service.SAILTHRU
        self._who.setRowVisible(self.lists, goal.source.kind is SourceKind.SAILTHRU_LISTS)
        show_names(self.lists, goal.source.lists)
        self.where.show_conditions(goal.source.where)
        for place, choice in enumerate(self.identity):
            there = goal.identity[place].value if place < len(goal.identity) else ""
            choice.set_value(there)
        self.create_missing.setChecked(effects.create_missing)
        show_names(self.add_lists, effects.add_to_lists)
        self.remove.setChecked(effects.remove_when_gone)
        show_names(self.tags, effects.add_tags)
        self.untag.setChecked(effects.untag_when_gone)
        for part in (self.add_lists, self.flows):
            self._does.setRowVisible(part, to_sailthru)
        self._does.setRowVisible(self.tags, not to_sailthru)
        self.remove.setVisible(to_sailthru)
        self.untag.setVisible(not to_sailthru)
        self.flows_note.setVisible(to_sailthru)
        self.flows.set_value(goal.flows.value)
        single = goal.flows is Flows.MAY_START
        self.flows_note.setText(
            "People are written one by one; a list they join may start its flow."
            if single
            else "People are written as one job, which starts no flow, as far as is known."
        )
        self.purposes.show_conditions(tuple(purpose.evidence for purpose in goal.purposes))
        self.stages.show_goal(goal)
        self.pressure.show_pressure(goal.pressure)
        self.people.setValue(goal.limits.people)
        self.percent.setValue(goal.limits.percent)
        self._showing = False

    def _lay_out(self) -> None:
        self._who = form()
        self._who.addRow(label("Lists"), self.lists)
        identity = form()
        for nth, choice in zip(("Recognised by", "else by", "else by"), self.identity, strict=True):
            identity.addRow(label(nth), choice)
        self._does = form()
        self._does.addRow("", self.create_missing)
        self._does.addRow(label("Adds to lists"), self.add_lists)
        self._does.addRow("", self.remove)
        self._does.addRow(label("Gives tags"), self.tags)
        self._does.addRow("", self.untag)
        self._does.addRow(label("E-mail flows"), self.flows)
        self._does.addRow("", self.flows_note)
        holds = form()
        holds.addRow(label("Limit"), self.people)
        holds.addRow(label("or"), self.percent)
        note = label(
            "A run stops before it writes when more people than the larger of these would start"
            " or stop getting e-mail, join or leave a list, or lose a value.",
            "note",
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(12))
        consent = label("Only with consent for", "muted")
        for title, parts in (
            ("Whom it means", (self._who, label("Only who", "muted"), self.where, identity)),
            ("What it does", (self._does,)),
            ("What holds it back", (consent, self.purposes, self.pressure, holds, note)),
        ):
            card = Card(title)
            card.body.setSpacing(fonts.scaled(6))
            for part in parts:
                card.add(part)
            column.addWidget(card)
        column.insertWidget(1, self.stages)

    def _connect(self) -> None:
        self.where.edited.connect(self._on_edited)
        for part in (self.purposes, self.stages, self.pressure):
            part.edited.connect(self._on_edited)
        for field in (self.lists, self.add_lists, self.tags):
            field.textEdited.connect(self._on_edited)
        for choice in (*self.identity, self.flows):
            choice.may_shrink()
            choice.setMaximumWidth(fonts.scaled(300))
            choice.chosen.connect(self._on_edited)
        for box in (self.create_missing, self.remove, self.untag):
            box.toggled.connect(self._on_edited)
        for number in (self.people, self.percent):
            number.setMaximumWidth(fonts.scaled(180))
            number.valueChanged.connect(self._on_edited)

    def _on_edited(self, *_what: object) -> None:
        goal = self._goal
        if self._showing or goal is None:
            return
        names = dict.fromkeys(choice.value() or "" for choice in self.identity)
        identity = tuple(_IDENTITIES[name][0] for name in names if name)
        effects = replace(
            goal.effects,
            create_missing=self.create_missing.isChecked(),
            add_to_lists=names_in(self.add_lists),
            remove_when_gone=self.remove.isChecked(),
            add_tags=names_in(self.tags),
            untag_when_gone=self.untag.isChecked(),
        )
        source = replace(
            goal.source,
            lists=names_in(self.lists),
            where=self.where.conditions(),
            stage=self.stages.only(),
        )
        self.edited.emit(
            replace(
                goal,
                source=source,
                identity=identity,
                effects=effects,
                flows=Flows(self.flows.value()),
                stages=self.stages.stages(),
                pressure=self.pressure.pressure(),
                purposes=tuple(
                    Purpose(evidence.field, evidence) for evidence in self.purposes.conditions()
                ),
                limits=replace(
                    goal.limits, people=self.people.value(), percent=self.percent.value()
                ),
            )
        )


def _identities() -> list[tuple[str, str]]:
    return [(key, words) for key, (_, words) in _IDENTITIES.items()]

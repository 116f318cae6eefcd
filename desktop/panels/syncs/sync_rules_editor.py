"""Edit the rules of a sync: its source, matching, effects, consent, cap and limit."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.consent_check import ConsentPurpose
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy, MatchIdentifier, SourceKind, Sync
from desktop.panels.syncs.condition_editor import ConditionEditor
from desktop.panels.syncs.form_fields import (
    create_check_box,
    create_form_layout,
    create_text_field,
    parse_names,
    show_names,
)
from desktop.panels.syncs.frequency_cap_form import FrequencyCapForm
from desktop.panels.syncs.lifecycle_stages_card import LifecycleStagesCard
from desktop.panels.theme import fonts
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField

_IDENTITIES = {
    "sid": (MatchIdentifier.SID, "who was paired before"),
    "email": (MatchIdentifier.EMAIL, "e-mail address"),
    "external_id": (MatchIdentifier.EXTERNAL_ID, "external id"),
    "phone": (MatchIdentifier.PHONE, "phone"),
}
_NO_FURTHER_IDENTIFIER = "nothing more"
_FLOW_OPTIONS = (
    (FlowPolicy.NOT_STARTED.value, "It starts no e-mail flows"),
    (FlowPolicy.MAY_START.value, "It may start e-mail flows in Sailthru"),
)


class SyncRulesEditor(QWidget):
    """Four cards over one draft."""

    edited = Signal(object)  # the whole Sync as it is wanted now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sync: Sync | None = None
        self._is_updating = False
        self.source_lists_field = create_text_field(
            "Sailthru lists read", "Every natural list", max_length=1000
        )
        self.source_conditions = ConditionEditor("Condition", "Add a condition")
        self.identity_dropdowns = [
            DropdownField(
                f"Recognised by, {nth}", [("", _NO_FURTHER_IDENTIFIER), *_identity_options()]
            )
            for nth in ("first", "second", "third")
        ]
        self.create_missing_box = create_check_box("Create who is not there yet")
        self.add_to_lists_field = create_text_field(
            "Lists to add them to", "No list", max_length=1000
        )
        self.remove_from_lists_box = create_check_box("Off again when gone from the source")
        self.add_tags_field = create_text_field("Tags to give", "No tag", max_length=1000)
        self.remove_tags_box = create_check_box("Take the tag away when gone")
        self.flows_dropdown = DropdownField("E-mail flows", _FLOW_OPTIONS)
        self.flows_note = label("", "note", wrap=True)
        self.consent_conditions = ConditionEditor("Consent", "Ask for consent")
        self.stages_card = LifecycleStagesCard()
        self.frequency_cap_form = FrequencyCapForm()
        self.limit_people_field = NumberField("Limit in people", 1, 1_000_000, suffix=" people")
        self.limit_percent_field = NumberField("Limit in per cent", 0, 100, suffix=" %")
        self._lay_out()
        self._connect()

    def show_sync(self, sync: Sync) -> None:
        """Show the rules of a draft."""
        self._sync = sync
        self._is_updating = True
        effects, to_sailthru = sync.effects, sync.target_service is Service.SAILTHRU
        self._source_form.setRowVisible(
            self.source_lists_field, sync.source.kind is SourceKind.SAILTHRU_LISTS
        )
        show_names(self.source_lists_field, sync.source.lists)
        self.source_conditions.show_conditions(sync.source.where)
        for place, choice in enumerate(self.identity_dropdowns):
            there = sync.identity[place].value if place < len(sync.identity) else ""
            choice.set_value(there)
        self.create_missing_box.setChecked(effects.create_missing)
        show_names(self.add_to_lists_field, effects.add_to_lists)
        self.remove_from_lists_box.setChecked(effects.remove_when_gone)
        show_names(self.add_tags_field, effects.add_tags)
        self.remove_tags_box.setChecked(effects.untag_when_gone)
        for part in (self.add_to_lists_field, self.flows_dropdown):
            self._effects_form.setRowVisible(part, to_sailthru)
        self._effects_form.setRowVisible(self.add_tags_field, not to_sailthru)
        self.remove_from_lists_box.setVisible(to_sailthru)
        self.remove_tags_box.setVisible(not to_sailthru)
        self.flows_note.setVisible(to_sailthru)
        self.flows_dropdown.set_value(sync.flows.value)
        # Sailthru starts flows for single posts; none was seen to start for a job.
        single = sync.flows is FlowPolicy.MAY_START
        self.flows_note.setText(
            "People are written one by one; a list they join may start its flow."
            if single
            else "People are written as one job, which starts no flow, as far as is known."
        )
        self.consent_conditions.show_conditions(
            tuple(purpose.evidence for purpose in sync.purposes)
        )
        self.stages_card.show_sync(sync)
        self.frequency_cap_form.show_frequency_cap(sync.pressure)
        self.limit_people_field.setValue(sync.limits.people)
        self.limit_percent_field.setValue(sync.limits.percent)
        self._is_updating = False

    def _lay_out(self) -> None:
        self._source_form = create_form_layout()
        self._source_form.addRow(label("Lists"), self.source_lists_field)
        identity = create_form_layout()
        for nth, choice in zip(
            ("Recognised by", "else by", "else by"), self.identity_dropdowns, strict=True
        ):
            identity.addRow(label(nth), choice)
        self._effects_form = create_form_layout()
        self._effects_form.addRow("", self.create_missing_box)
        self._effects_form.addRow(label("Adds to lists"), self.add_to_lists_field)
        self._effects_form.addRow("", self.remove_from_lists_box)
        self._effects_form.addRow(label("Gives tags"), self.add_tags_field)
        self._effects_form.addRow("", self.remove_tags_box)
        self._effects_form.addRow(label("E-mail flows"), self.flows_dropdown)
        self._effects_form.addRow("", self.flows_note)
        holds = create_form_layout()
        holds.addRow(label("Limit"), self.limit_people_field)
        holds.addRow(label("or"), self.limit_percent_field)
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
            (
                "Whom it means",
                (self._source_form, label("Only who", "muted"), self.source_conditions, identity),
            ),
            ("What it does", (self._effects_form,)),
            (
                "What holds it back",
                (consent, self.consent_conditions, self.frequency_cap_form, holds, note),
            ),
        ):
            card = Card(title)
            card.body.setSpacing(fonts.scaled(6))
            for part in parts:
                card.add(part)
            column.addWidget(card)
        column.insertWidget(1, self.stages_card)

    def _connect(self) -> None:
        self.source_conditions.edited.connect(self._on_edited)
        for part in (self.consent_conditions, self.stages_card, self.frequency_cap_form):
            part.edited.connect(self._on_edited)
        for field in (self.source_lists_field, self.add_to_lists_field, self.add_tags_field):
            field.textEdited.connect(self._on_edited)
        for choice in (*self.identity_dropdowns, self.flows_dropdown):
            choice.allow_shrinking()
            choice.setMaximumWidth(fonts.scaled(300))
            choice.chosen.connect(self._on_edited)
        for box in (self.create_missing_box, self.remove_from_lists_box, self.remove_tags_box):
            box.toggled.connect(self._on_edited)
        for number in (self.limit_people_field, self.limit_percent_field):
            number.setMaximumWidth(fonts.scaled(180))
            number.valueChanged.connect(self._on_edited)

    def _on_edited(self, *_what: object) -> None:
        sync = self._sync
        if self._is_updating or sync is None:
            return
        # Each identifier counts once, in the order of the drop-downs.
        names = dict.fromkeys(choice.value() or "" for choice in self.identity_dropdowns)
        identity = tuple(_IDENTITIES[name][0] for name in names if name)
        effects = replace(
            sync.effects,
            create_missing=self.create_missing_box.isChecked(),
            add_to_lists=parse_names(self.add_to_lists_field),
            remove_when_gone=self.remove_from_lists_box.isChecked(),
            add_tags=parse_names(self.add_tags_field),
            untag_when_gone=self.remove_tags_box.isChecked(),
        )
        source = replace(
            sync.source,
            lists=parse_names(self.source_lists_field),
            where=self.source_conditions.conditions(),
            stage=self.stages_card.required_stage(),
        )
        self.edited.emit(
            replace(
                sync,
                source=source,
                identity=identity,
                effects=effects,
                flows=FlowPolicy(self.flows_dropdown.value()),
                stages=self.stages_card.stages(),
                pressure=self.frequency_cap_form.frequency_cap(),
                purposes=tuple(
                    ConsentPurpose(evidence.field, evidence)
                    for evidence in self.consent_conditions.conditions()
                ),
                limits=replace(
                    sync.limits,
                    people=self.limit_people_field.value(),
                    percent=self.limit_percent_field.value(),
                ),
            )
        )


def _identity_options() -> list[tuple[str, str]]:
    return [(key, words) for key, (_, words) in _IDENTITIES.items()]

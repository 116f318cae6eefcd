"""Editor widget of a sync's rules: source, matching, effects, consent, cap and limit."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.consent_check import ConsentPurpose
from desktop.model.sync import SourceKind, Sync
from desktop.panels.syncs.condition_editor import ConditionEditor
from desktop.panels.syncs.lifecycle_stages_card import LifecycleStagesCard
from desktop.panels.syncs.list_picker import ListPicker
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.number_field import NumberField
from desktop.viewmodels.form import FieldKind, FormField, FormState
from desktop.viewmodels.syncs.field_choices import FieldChoice
from desktop.viewmodels.syncs.mapping_editor_model import MappingEditorModel
from desktop.viewmodels.syncs.sync_rule_fields import (
    CAP_FIELDS,
    EFFECT_FIELDS,
    IDENTITY_FIELDS,
    LIMIT_FIELDS,
    OPT_IN_FIELDS,
    SOURCE_FIELDS,
    rule_disabled_reasons,
    rule_notes,
    rule_values,
)

_FIELD_WIDTH = 340
_LABEL_WIDTH = 92


class SyncRulesEditor(QWidget):
    """Widget of four cards over a sync's draft; each edit replaces one of its rules."""

    def __init__(self, model: MappingEditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._forms = [
            Form(
                fields,
                FormLayout.COMPACT,
                label_width=_LABEL_WIDTH,
                control_width=_FIELD_WIDTH,
                controls={
                    field.path: _create_list_picker(field, model)
                    for field in fields
                    if field.kind is FieldKind.CUSTOM
                },
            )
            for fields in (
                SOURCE_FIELDS,
                IDENTITY_FIELDS,
                EFFECT_FIELDS,
                OPT_IN_FIELDS,
                CAP_FIELDS,
                LIMIT_FIELDS,
            )
        ]
        source, identity, effects, opt_in, cap, limits = self._forms
        self._identity_form = identity
        self._limits = limits
        self.source_conditions = ConditionEditor("Condition", "Add a condition")
        self.stages_card = LifecycleStagesCard()
        self.purposes = ConditionEditor("Consent", "Require consent", naming="Purpose")
        self._condition_label = label("Only people whose…", "muted")
        included = (source, self._condition_label, self.source_conditions, identity)
        self._consent_label = label("Only with consent for", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(CARD_GAP))
        cards: list[Card] = []
        for title, parts in (
            ("Who is included", included),
            ("What it does", (effects, opt_in)),
            ("Safeguards", (self._consent_label, self.purposes, cap, limits)),
        ):
            card = Card(title)
            cards.append(card)
            column.addWidget(card)
            card.body.setSpacing(fonts.scaled(6))
            for part in parts:
                card.add(part)
        column.insertWidget(1, self.stages_card)
        self.source_card, self._effects_card, _ = cards
        for form in self._forms:
            form.edited.connect(model.change_rule)
        self.source_conditions.edited.connect(model.change_conditions)
        self.purposes.edited.connect(self._on_purposes)
        self.stages_card.edited.connect(self._on_stages)
        for conditions in (self.source_conditions, self.purposes, self.stages_card):
            conditions.choices_wanted.connect(model.read_fields)

    def show_sync(
        self, sync: Sync, choices: tuple[FieldChoice, ...], segments: tuple[str, ...] = ()
    ) -> None:
        """Draw a draft's rules on the cards; `choices`: the fields its source tells.

        `segments` are the saved ones that a rule can be limited to.
        """
        is_of_optouts = sync.is_of_optouts
        title = "Who is opted out" if is_of_optouts else "Who is included"
        title = "Which products" if sync.is_of_products else title
        self.source_card.set_title("When, and to whom" if sync.is_rule else title)
        # Not in the form's table: it says what is counted.
        many = sync.noun[1]
        limit = self._limits.control("limits.people", NumberField)
        limit.setSuffix(f" {many}")
        limit.setAccessibleName(f"Limit in {many}")
        limit.setObjectName(f"Limit in {many}")
        self._condition_label.setText(
            "Opted in only if a person agrees, and only people whose…"
            if is_of_optouts
            else f"Only {many} whose…"
        )
        # Nothing holds an opt-out back, and it has no effect besides.
        self.stages_card.setVisible(not (sync.is_rule or is_of_optouts or sync.is_of_products))
        # Products are nobody: they are found by their address, and consent to nothing.
        self._identity_form.setVisible(not sync.is_of_products)
        self._effects_card.setVisible(
            not sync.is_of_products
            and (sync.source.kind is not SourceKind.SELL_OPTOUTS or bool(sync.partner))
        )
        for part in (self._consent_label, self.purposes):
            part.setVisible(not (is_of_optouts or sync.is_of_products))
        state = FormState(
            rule_values(sync),
            disabled_reasons=rule_disabled_reasons(sync),
            notes=rule_notes(sync),
            completions={"source.segment": segments},
        )
        for form in self._forms:
            form.show_state(state)
        for editor in (self.source_conditions, self.purposes):
            editor.set_choices(choices)
        self.source_conditions.show_conditions(sync.source.where)
        self.purposes.show_conditions(
            tuple(purpose.evidence for purpose in sync.purposes),
            tuple(purpose.name for purpose in sync.purposes),
        )
        self.stages_card.show_sync(sync, choices)

    def _on_purposes(self) -> None:
        pairs = zip(self.purposes.names(), self.purposes.conditions(), strict=True)
        self._model.change_purposes(
            tuple(ConsentPurpose(name, evidence) for name, evidence in pairs)
        )

    def _on_stages(self) -> None:
        card = self.stages_card
        self._model.change_stages(card.stages(), card.required_stage())


def _create_list_picker(field: FormField, model: MappingEditorModel) -> ListPicker:
    # A smart list can be read; only Sailthru decides who is on it.
    takes_smart = field.path == "source.lists"
    return ListPicker(field.accessible_name, field.placeholder, model, takes_smart=takes_smart)

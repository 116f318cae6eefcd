"""View of mapping rows in words: source, operator, target, what is wrong, a trial's result."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from desktop.model.field_catalogue import field_title
from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.model.instant import FieldValue
from desktop.model.mapping_validation import validate_mapping
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlanRow
from desktop.model.target_record import OPTOUT_FIELD
from desktop.model.value_conversion import loses_decimals
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.syncs.field_choices import AccountFields
from desktop.viewmodels.syncs.field_text import readable_value
from desktop.viewmodels.syncs.sync_labels import FATE_LABELS

_SOURCE_TYPE_LABELS = (
    (SourceType.FIELD, "Field"),
    (SourceType.IDENTIFIER, "Identifier"),
    (SourceType.LISTS, "Lists they are on"),
    (SourceType.STAGES, "Stages they are in"),
    (SourceType.SEEN, "Seen tickets"),
    (SourceType.OPTOUT, "Opt-out"),
    (SourceType.TEXT, "Fixed text"),
    (SourceType.TEMPLATE, "Template"),
)
_OPERATOR_LABELS = (
    (MappingOperator.SET, "Set"),
    (MappingOperator.SET_IF_EMPTY, "Set if empty"),
    (MappingOperator.ADD, "Add to the list"),
    (MappingOperator.SUM, "Add to the number"),
)
_SOURCE_TYPE_LABEL_BY_TYPE = dict(_SOURCE_TYPE_LABELS)
_OPERATOR_LABEL_BY_OPERATOR = dict(_OPERATOR_LABELS)
_ADDABLE_TYPES = (SourceType.FIELD, SourceType.LISTS, SourceType.STAGES, SourceType.SEEN)
_SOURCE_FIELD_LABELS = {
    SourceType.LISTS.value: "Only these",
    SourceType.STAGES.value: "Only these",
    SourceType.TEXT.value: "The text",
    SourceType.TEMPLATE.value: "Liquid",
    SourceType.IDENTIFIER.value: "Identifier",
}


def _choices(labels: Iterable[tuple[Enum, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((member.value, text) for member, text in labels)


# Paths are attributes of MappingRow.
ROW_FIELDS = (
    FormField(
        "type",
        "Kind",
        FieldKind.CHOICE,
        name="Kind of source",
        choices=_choices(_SOURCE_TYPE_LABELS),
    ),
    FormField(
        "source",
        "Reads",
        FieldKind.CUSTOM,
        name="Source field",
        label_when=lambda values: _SOURCE_FIELD_LABELS.get(str(values["type"]), "Reads"),
    ),
    FormField("operator", "How", FieldKind.CHOICE, choices=_choices(_OPERATOR_LABELS)),
    FormField("target", "Writes", FieldKind.CUSTOM, name="Target field"),
)
ROW_RULE_FIELDS = (
    FormField(
        "prefer",
        "If both changed",
        FieldKind.CHOICE,
        name="If both sides changed",
        choices=_choices((each, "") for each in ConflictPreference),
    ),
    FormField(
        "protection",
        "Existing value",
        FieldKind.CHOICE,
        name="The target field",
        choices=_choices((each, "") for each in FieldProtection),
    ),
    FormField("keep_decimals", "Keep decimals", FieldKind.CHECK_BOX),
)


@dataclass(frozen=True)
class MappingRowView:
    """A mapping row in words; `result` is what it would do to the customer that is tried.

    `empties_field`: that is to empty the field.
    """

    is_on: bool
    source: str
    operator: str
    target: str
    result: str
    result_tone: str
    problem: str
    empties_field: bool = False


def build_mapping_row(
    row: MappingRow, sync: Sync, tried: "MappingTrialResult | None", own: AccountFields
) -> MappingRowView:
    """Build a row of the mapping editor, with its result where a customer was tried.

    `own` are the names of the account's own fields, by path.
    """
    # Nobody is told what is wrong with a row before they have begun it.
    is_blank = row == blank_mapping_row(sync)
    wrong = "" if is_blank else " ".join(validate_mapping((row,), sync.target_type))
    result, tone = ("", "muted")
    if tried is not None and row.on and not wrong and not is_blank:
        result, tone = tried.row_result(row)
    return MappingRowView(
        is_on=row.on,
        source=own[row.source][0] if row.source in own else mapping_source_label(row),
        operator=_OPERATOR_LABEL_BY_OPERATOR[row.operator],
        target=own[row.target][0] if row.target in own else field_title(row.target) or "Not chosen",
        result=result,
        result_tone=tone,
        problem=wrong,
    )


def blank_mapping_row(sync: Sync) -> MappingRow:
    """Return a new mapping row that nobody has filled in."""
    return MappingRow("", "vars." if sync.target_service is Service.SAILTHRU else "")


def change_source_type(row: MappingRow, kind: SourceType) -> MappingRow:
    """Change a mapping row's kind of source in the editor, dropping the old field or text."""
    # A text, an identifier or an opt-out level can be set, not added to what is there.
    fits = kind in _ADDABLE_TYPES or row.operator is MappingOperator.SET_IF_EMPTY
    operator = row.operator if fits else MappingOperator.SET
    return replace(row, type=kind, source="", operator=operator, keep_decimals=False)


def change_target(row: MappingRow, target: str) -> MappingRow:
    """Change a mapping row's target in the editor; of opt-outs the stricter wins at first."""
    prefer = row.prefer
    if target == OPTOUT_FIELD and prefer is ConflictPreference.SOURCE:
        prefer = ConflictPreference.STRICTER
    elif target != OPTOUT_FIELD and prefer is ConflictPreference.STRICTER:
        prefer = ConflictPreference.SOURCE
    return replace(row, target=target, prefer=prefer)


def row_rule_choices(sync: Sync, row: MappingRow) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return a mapping row's choices: which side wins, and what becomes of the target's value."""
    source, target = direction_labels(sync)
    # Of two other values neither is stricter; a row that says so all the same shows it.
    is_level = row.target == OPTOUT_FIELD or row.prefer is ConflictPreference.STRICTER
    stricter = ((ConflictPreference.STRICTER.value, "The stricter opt-out wins"),)
    return {
        "prefer": (
            (ConflictPreference.SOURCE.value, f"{source} wins"),
            (ConflictPreference.TARGET.value, f"{target} wins"),
            (ConflictPreference.ASK.value, "Ask me"),
            *(stricter if is_level else ()),
        ),
        "protection": (
            (FieldProtection.OPEN.value, f"Overwrite {target}"),
            (FieldProtection.IF_EMPTY.value, "Fill only when empty"),
            (FieldProtection.NEVER.value, "Never write"),
        ),
    }


def takes_field(kind: SourceType) -> bool:
    """Whether the source of a mapping row is a field, not a text or names of lists or stages."""
    return kind is SourceType.FIELD


def mapping_source_label(row: MappingRow) -> str:
    """Name where a mapping row's value comes from."""
    if row.type is SourceType.TEXT:
        return f"“{row.source}”"
    if row.type is SourceType.TEMPLATE:
        return row.source or "Not written yet"
    if row.type in (SourceType.FIELD, SourceType.IDENTIFIER):
        return field_title(row.source) or "Not chosen"
    return _SOURCE_TYPE_LABEL_BY_TYPE[row.type]


@dataclass(frozen=True)
class MappingTrialResult:
    """The customer a mapping was tried on: name, planned row, and the fields on both sides."""

    customer_name: str
    plan_row: PlanRow
    source_fields: Mapping[str, FieldValue]
    target_fields: Mapping[str, FieldValue]
    sync: Sync

    @property
    def text(self) -> str:
        """Say what the tried mapping would do to the customer as a whole."""
        why = f": {self.plan_row.why}" if self.plan_row.why else ""
        return f"{self.customer_name}: {FATE_LABELS[self.plan_row.fate].lower()}{why}"

    def row_result(self, mapped: MappingRow) -> tuple[str, str]:
        """Say what one mapping row would do to the tried customer, with the tone of the text."""
        change = next((c for c in self.plan_row.changes if c.field == mapped.target), None)
        if change is None:
            value = self.target_fields.get(mapped.target)
            if mapped.source not in self.source_fields and mapped.type is SourceType.FIELD:
                return "empty at the source", "muted"
            if value is None:
                return "nothing to write", "muted"
            return f"{readable_value(value, mapped.target)}, no change", "muted"
        return _change_result(change, mapped, self.source_fields)


def _change_result(
    change: FieldChange, mapped: MappingRow, fields: Mapping[str, FieldValue]
) -> tuple[str, str]:
    old, new = readable_value(change.old, change.field), readable_value(change.new, change.field)
    # A conflict writes nothing until somebody picks a side.
    if change.conflict:
        return f"conflict: {old} or {new}", "bad"
    if not change.applies:
        return change.reason or f"{old}, kept", "muted"
    # Rounded to whole numbers unless the row keeps decimals: what is lost is said beforehand.
    cents = loses_decimals(fields.get(mapped.source)) and not mapped.keep_decimals
    words = new if change.old is None else f"{old} → {new}"
    if cents:
        return (
            f"{words} (rounded from {readable_value(fields.get(mapped.source), mapped.source)})",
            "warn",
        )
    return words, "text"


def direction_labels(sync: Sync) -> tuple[str, str]:
    """Name the two services of a sync for the mapping's headings, the source first."""
    return sync.source.kind.service.title, sync.target_service.title

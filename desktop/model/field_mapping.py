"""Applies one mapping row to one record: new value, whether it is written, and why not; pure."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from enum import Enum

from desktop.model.field_value import as_list, is_empty, parse_number
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.mapping_template import render_template, template_fields
from desktop.model.optout_level import OptOutLevel, is_loosening
from desktop.model.service import Service
from desktop.model.value_conversion import UnconvertibleValue
from desktop.model.value_equivalence import equivalent


class MappingOperator(Enum):
    """How a mapping row combines the source's value with the target's old one."""

    SET = "set"
    SET_IF_EMPTY = "set_if_empty"
    ADD = "add"
    SUM = "sum"

    @property
    def label(self) -> str:
        """The mapping operator as the editor shows it."""
        return _OPERATOR_LABELS[self]


_OPERATOR_LABELS = {
    MappingOperator.SET: "set",
    MappingOperator.SET_IF_EMPTY: "set if empty",
    MappingOperator.ADD: "add to the list",
    MappingOperator.SUM: "add to the number",
}


class SourceType(Enum):
    """The origin of a mapping row's value (S2-44 to S2-50)."""

    FIELD = "field"
    IDENTIFIER = "identifier"
    LISTS = "lists"
    STAGES = "stages"
    SEEN = "seen"
    OPTOUT = "optout"
    TEXT = "text"
    TEMPLATE = "template"


# Source fields that count events, each once: what else a record tells is its state, and would be
# added whole at every change.
EVENT_FIELDS = frozenset({"ticket_count", "ticket_ids"})


class ConflictPreference(Enum):
    """A mapping row's preferred side, where both sides have a value of their own.

    STRICTER is for opt-out levels alone: whichever lets less e-mail through.
    """

    ASK = "ask"
    SOURCE = "source"
    TARGET = "target"
    STRICTER = "stricter"


class FieldProtection(Enum):
    """How a sync protects a mapped target field: open, only if empty, or never (S1-11)."""

    OPEN = "open"
    IF_EMPTY = "if_empty"
    NEVER = "never"


class AbsentValue(Enum):
    """Type of ABSENT, the value of a field that a record lacks: neither null nor ""."""

    ABSENT = "absent"


ABSENT = AbsentValue.ABSENT


@dataclass(frozen=True)
class MappingRow:
    """One row of a mapping: a source value, a target field and an operator.

    `source` is a field of the source record, the constant for TEXT, and for LISTS and STAGES the
    names that count, separated by commas (empty: all); of a TEMPLATE it is Liquid over the
    record's fields. SEEN and OPTOUT read the fields `seen`
    and `optout` unless `source` names another.
    """

    source: str
    target: str
    operator: MappingOperator = MappingOperator.SET
    type: SourceType = SourceType.FIELD
    keep_decimals: bool = False
    prefer: ConflictPreference = ConflictPreference.SOURCE
    protection: FieldProtection = FieldProtection.OPEN
    on: bool = True


@dataclass(frozen=True)
class MappingResult:
    """What one mapping row makes of one record; becomes a `FieldChange` of the plan.

    `field` is the row's target. `reason` is empty where there is nothing to explain: the value
    is simply set, or is there already. `known` is the last value both sides had; `exact` the total
    of an increment where `new` is rounded.
    """

    field: str
    old: Json
    new: Json
    applies: bool
    reason: str
    conflict: bool = False
    known: Json = None
    exact: Json = None


ValueConverter = Callable[[FieldValue, MappingRow], Json]


def read_source_value(
    row: MappingRow, source: Mapping[str, FieldValue]
) -> FieldValue | AbsentValue:
    """Read a mapping row's value from the source record, or ABSENT where it has none."""
    if row.type is SourceType.TEXT:
        return row.source
    if row.type is SourceType.TEMPLATE:
        # What says nothing of somebody writes nothing.
        return render_template(row.source, source) or ABSENT
    if row.type in (SourceType.LISTS, SourceType.STAGES):
        return _filter_names(source.get(row.type.value, ABSENT), row.source)
    return source.get(row.source or row.type.value, ABSENT)


def source_field_of(row: MappingRow) -> str:
    """Return the source field a mapping row reads; empty for a constant or a template."""
    if row.type in (SourceType.TEXT, SourceType.TEMPLATE):
        return ""
    if row.type in (SourceType.LISTS, SourceType.STAGES):
        return str(row.type.value)
    name: str = row.source or row.type.value
    return _DERIVED_NAME_FIELDS.get(name, name)


def source_fields_of(row: MappingRow) -> tuple[str, ...]:
    """Return every source field a mapping row reads, several of a template."""
    if row.type is SourceType.TEMPLATE:
        return tuple(_DERIVED_NAME_FIELDS.get(name, name) for name in template_fields(row.source))
    name = source_field_of(row)
    return (name,) if name else ()


# What the app itself makes of one field (model.person_name).
_DERIVED_NAME_FIELDS = {"first_name": "name", "last_name": "name"}


def apply_mapping_row(
    row: MappingRow,
    source: Mapping[str, FieldValue],
    target: Mapping[str, FieldValue],
    *,
    convert: ValueConverter,
    known: Json | AbsentValue = ABSENT,
    service: Service | None = None,
) -> MappingResult | None:
    """Apply a mapping row to source and target record; None: nothing to do.

    `convert` gives a value the form of the target. `known` is the last value both sides had, in
    that form; with it SET is a three-way comparison, so that what was changed in the target alone
    is kept. `service` is the target's, for the words. For SUM the source field must hold the sum
    of the events not yet applied: which those are, the caller's ledger knows, and applying a row
    twice with the same sum adds it twice. `known` is then the last total before it was rounded,
    to which is added while nobody changed the target. Raises UnconvertibleValue where a value does
    not fit.
    """
    value = read_source_value(row, source)
    if not row.on or isinstance(value, AbsentValue):
        return None
    # What is absent in the target is empty for every operator.
    there = target.get(row.target)
    old: Json = convert(there, row) if isinstance(there, Instant) else there
    if row.operator is MappingOperator.SUM:
        return _increment(row, old, value, convert, known)
    new = _OPERATORS[row.operator](old, value, row, convert)
    if _unchanged(row, old, new):
        return MappingResult(row.target, old, old, applies=False, reason="")
    refusal = _keep_reason(row, old)
    if refusal:
        return MappingResult(row.target, old, new, applies=False, reason=refusal)
    if row.operator is MappingOperator.SET:
        return _three_way_compare(row, old, new, known, service)
    return MappingResult(row.target, old, new, applies=True, reason=_OPERATOR_EFFECTS[row.operator])


def _filter_names(held: FieldValue | AbsentValue, names: str) -> FieldValue | AbsentValue:
    """Return a record's lists or stages that a mapping row names; quoted if with a comma."""
    if isinstance(held, (AbsentValue, str)) or not isinstance(held, Sequence) or not names.strip():
        return held
    # List names may hold commas, so they are written as a CSV row.
    wanted = {name.strip() for name in next(csv.reader([names], skipinitialspace=True))}
    return [name for name in held if name in wanted]


def _set(old: Json, value: FieldValue, row: MappingRow, convert: ValueConverter) -> Json:
    del old
    return convert(value, row)


def _add(old: Json, value: FieldValue, row: MappingRow, convert: ValueConverter) -> Json:
    if isinstance(old, Mapping):
        raise UnconvertibleValue(f"{row.target} holds named values, so nothing can be added.")
    return _merge_into_list(old, None if is_empty(value) else convert(value, row))


def _merge_into_list(old: Json, parts: Json) -> list[Json]:
    """Merge a mapped list: old values in their order, then the new ones, each once."""
    merged = as_list(old)
    for part in as_list(parts):
        if not is_empty(part) and not any(equivalent("", part, other) for other in merged):
            merged.append(part)
    return merged


# Beyond any number that JSON's readers keep.
_LARGEST_EXPONENT = 308


def _increment(
    row: MappingRow,
    old: Json,
    value: FieldValue,
    convert: ValueConverter,
    known: Json | AbsentValue,
) -> MappingResult:
    """Compute a mapped increment on the exact total; only what is written is rounded."""
    base = old
    if not isinstance(known, AbsentValue) and parse_number(known) is not None:
        # Ours as long as nobody changed what it was rounded to.
        base = known if equivalent(row.target, convert(known, row), old) else old
    exact = _sum(base, value, row)
    if exact is base:
        return MappingResult(row.target, old, old, applies=False, reason="")
    # Also where rounding hides it: the event counts, and the next one goes on from this total.
    new = convert(exact, row)
    remembered = None if equivalent(row.target, exact, new) else exact
    refusal = _keep_reason(row, old)
    if refusal:
        return MappingResult(row.target, old, new, applies=False, reason=refusal)
    effect = _OPERATOR_EFFECTS[row.operator]
    return MappingResult(row.target, old, new, applies=True, reason=effect, exact=remembered)


def _sum(base_value: Json, value: FieldValue, row: MappingRow) -> Json:
    """Return a mapped increment's exact sum, or its base unchanged."""
    if is_empty(value):
        return base_value
    base = Decimal(0) if is_empty(base_value) else parse_number(base_value)
    amount = parse_number(value)
    if base is None or amount is None:
        wrong = base_value if base is None else value
        raise UnconvertibleValue(
            f"“{str(wrong)[:40]}” is no number, so {row.target} cannot be summed.",
            "",
            "Correct the value, or use another operator.",
        )
    if amount == 0:
        return base_value
    try:
        total = base + amount
        # Such as 1e9999999 in a text: a number, and none that any service holds.
        small = total.adjusted() <= _LARGEST_EXPONENT
    except DecimalException:
        small = False
    if not small:
        raise UnconvertibleValue(f"The sum for {row.target} is too large.")
    return int(total) if total == total.to_integral_value() else float(total)


_OPERATORS: dict[
    MappingOperator, Callable[[Json, FieldValue, MappingRow, ValueConverter], Json]
] = {
    MappingOperator.SET: _set,
    MappingOperator.SET_IF_EMPTY: _set,
    MappingOperator.ADD: _add,
}


def _unchanged(row: MappingRow, old: Json, new: Json) -> bool:
    if row.operator is MappingOperator.ADD:
        return len(as_list(new)) == len(as_list(old))
    return equivalent(row.target, new, old)


def _keep_reason(row: MappingRow, old: Json) -> str:
    """Return why a mapping row keeps the old value whatever the source holds, or ""."""
    # Asked before the operator: protection holds whatever a row does.
    if row.protection is FieldProtection.NEVER:
        return "protected: no sync changes it"
    fills_only = (
        row.operator is MappingOperator.SET_IF_EMPTY or row.protection is FieldProtection.IF_EMPTY
    ) and not is_empty(old)
    if fills_only:
        return f"kept “{_short(old)}” (fills only if empty)"
    return ""


def _short(value: Json) -> str:
    text = ", ".join(map(str, as_list(value)))
    return f"{text[:40]}…" if len(text) > 40 else text


_OPERATOR_EFFECTS = {
    MappingOperator.SET_IF_EMPTY: "fills what is empty",
    MappingOperator.ADD: "adds to the list",
    MappingOperator.SUM: "adds to the number",
}


def _three_way_compare(
    row: MappingRow, old: Json, new: Json, known: Json | AbsentValue, service: Service | None
) -> MappingResult:
    """Compare old, new and last known value of a mapped field: the side that changed wins."""
    if isinstance(known, AbsentValue):
        # A preference for the target also keeps it from being emptied; a question is only asked
        # where there is a choice between two values.
        # Nothing is remembered of the last common value, so nobody knows who changed it.
        theirs = not is_empty(old) and (
            row.prefer is ConflictPreference.TARGET or not is_empty(new)
        )
        return _resolve_preference(row, old, new, None, both=theirs, service=service)
    if equivalent(row.target, new, known):
        reason = f"changed in {_service_name(service)} since; kept"
        return MappingResult(row.target, old, new, applies=False, reason=reason, known=known)
    both = not equivalent(row.target, known, old)
    return _resolve_preference(row, old, new, known, both=both, service=service)


def _resolve_preference(
    row: MappingRow, old: Json, new: Json, known: Json, *, both: bool, service: Service | None
) -> MappingResult:
    if both and row.prefer is ConflictPreference.ASK:
        reason = "both sides have a value of their own"
        return MappingResult(
            row.target, old, new, applies=False, reason=reason, conflict=True, known=known
        )
    if both and row.prefer is ConflictPreference.TARGET:
        reason = f"kept: {_service_name(service)} goes first"
        return MappingResult(row.target, old, new, applies=False, reason=reason, known=known)
    if both and row.prefer is ConflictPreference.STRICTER and _loosens(old, new):
        reason = f"kept: {_service_name(service)} has the stricter level"
        return MappingResult(row.target, old, new, applies=False, reason=reason, known=known)
    reason = "empties it" if is_empty(new) else ""
    return MappingResult(row.target, old, new, applies=True, reason=reason, known=known)


def _loosens(old: Json, new: Json) -> bool:
    """Whether a mapped opt-out level lets more e-mail through than the old; unknown may."""
    levels = {level.value: level for level in OptOutLevel}
    wanted = levels.get(str(new))
    return wanted is None or is_loosening(levels.get(str(old)), wanted)


def _service_name(service: Service | None) -> str:
    return service.title if service else "the target"

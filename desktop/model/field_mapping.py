"""What a mapping row makes of one field: what is written, what is kept, and why. Pure."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from enum import Enum

from desktop.kit.errors import InvalidInput
from desktop.model.field_value import (
    as_list,
    is_empty,
    is_list,
    is_same_stored_value,
    merge_into_list,
    parse_number,
)
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.sailthru_naming_rules import validate_list_name, validate_var_name
from desktop.model.service import Service
from desktop.model.value_conversion import UnconvertibleValue


class MappingOperator(Enum):
    """How a value meets the one that is there."""

    SET = "set"
    SET_IF_EMPTY = "set_if_empty"
    ADD = "add"
    SUM = "sum"

    @property
    def label(self) -> str:
        """What the mapping editor says."""
        return _OPERATOR_LABELS[self]


_OPERATOR_LABELS = {
    MappingOperator.SET: "set",
    MappingOperator.SET_IF_EMPTY: "set if empty",
    MappingOperator.ADD: "add to the list",
    MappingOperator.SUM: "add to the number",
}


class SourceType(Enum):
    """Where a row's value comes from (S2-44 to S2-50)."""

    FIELD = "field"
    IDENTIFIER = "identifier"
    LISTS = "lists"
    STAGES = "stages"
    SEEN = "seen"
    OPTOUT = "optout"
    TEXT = "text"


class ConflictPreference(Enum):
    """Whose value stands where both sides have one of their own."""

    ASK = "ask"
    SOURCE = "source"
    TARGET = "target"


class FieldProtection(Enum):
    """What a sync may do to the target field at all (S1-11)."""

    OPEN = "open"
    IF_EMPTY = "if_empty"
    NEVER = "never"


class AbsentValue(Enum):
    """A value that is not there, which is neither null nor ""."""

    ABSENT = "absent"


ABSENT = AbsentValue.ABSENT


@dataclass(frozen=True)
class MappingRow:
    """One row of a mapping.

    `source` is a field of the source record, the constant for TEXT, and for LISTS and STAGES the
    names that count, separated by commas (empty: all). SEEN and OPTOUT read the fields `seen`
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
    """What one row does to one record; becomes `plan.FieldChange`.

    `field` is the row's target. `reason` is empty where there is nothing to explain: the value
    is simply set, or is there already. `known` is the last value both sides had.
    """

    field: str
    old: Json
    new: Json
    applies: bool
    reason: str
    conflict: bool = False
    known: Json = None


ValueConverter = Callable[[FieldValue, MappingRow], Json]


def read_source_value(
    row: MappingRow, source: Mapping[str, FieldValue]
) -> FieldValue | AbsentValue:
    """The value a row begins with, or ABSENT where the record says nothing about it."""
    if row.type is SourceType.TEXT:
        return row.source
    if row.type in (SourceType.LISTS, SourceType.STAGES):
        return _filter_names(source.get(row.type.value, ABSENT), row.source)
    return source.get(row.source or row.type.value, ABSENT)


def source_field_of(row: MappingRow) -> str:
    """The source's field that a row's value comes from; empty for a constant."""
    if row.type is SourceType.TEXT:
        return ""
    if row.type in (SourceType.LISTS, SourceType.STAGES):
        return str(row.type.value)
    name: str = row.source or row.type.value
    return _DERIVED_NAME_FIELDS.get(name, name)


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
    """What `row` makes of the target field; None: the source says nothing, so nothing is done.

    `convert` gives a value the form of the target. `known` is the last value both sides had, in
    that form; with it SET is a three-way comparison, so that what was changed in the target alone
    is kept. `service` is the target's, for the words. For SUM the source field must hold the sum
    of the events not yet applied: which those are, the caller's ledger knows, and applying a row
    twice with the same sum adds it twice. Raises UnconvertibleValue where a value does not fit.
    """
    value = read_source_value(row, source)
    if not row.on or isinstance(value, AbsentValue):
        return None
    there = target.get(row.target)
    old: Json = convert(there, row) if isinstance(there, Instant) else there
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
    """The lists or stages a person has, of those that count; a name with a comma is quoted."""
    if isinstance(held, (AbsentValue, str)) or not isinstance(held, Sequence) or not names.strip():
        return held
    wanted = {name.strip() for name in next(csv.reader([names], skipinitialspace=True))}
    return [name for name in held if name in wanted]


def _set(old: Json, value: FieldValue, row: MappingRow, convert: ValueConverter) -> Json:
    del old
    return convert(value, row)


def _add(old: Json, value: FieldValue, row: MappingRow, convert: ValueConverter) -> Json:
    if isinstance(old, Mapping):
        text = "{field} holds named values, so nothing can be added."
        raise UnconvertibleValue(text.format(field=row.target))
    return merge_into_list(old, None if is_empty(value) else convert(value, row))


# Beyond any number that JSON's readers keep.
_LARGEST_EXPONENT = 308


def _sum(old: Json, value: FieldValue, row: MappingRow, convert: ValueConverter) -> Json:
    if is_empty(value):
        return old
    base = Decimal(0) if is_empty(old) else parse_number(old)
    amount = parse_number(value)
    if base is None or amount is None:
        wrong = old if base is None else value
        raise UnconvertibleValue(
            "“{value}” is no number, so {field} cannot be summed.".format(
                value=str(wrong)[:40], field=row.target
            ),
            "",
            "Correct the value, or use another operator.",
        )
    if amount == 0:
        return old
    try:
        total = base + amount
        # Such as 1e9999999 in a text: a number, and none that any service holds.
        small = total.adjusted() <= _LARGEST_EXPONENT
    except DecimalException:
        small = False
    if not small:
        text = "The sum for {field} is too large."
        raise UnconvertibleValue(text.format(field=row.target))
    return convert(int(total) if total == total.to_integral_value() else float(total), row)


_OPERATORS: dict[
    MappingOperator, Callable[[Json, FieldValue, MappingRow, ValueConverter], Json]
] = {
    MappingOperator.SET: _set,
    MappingOperator.SET_IF_EMPTY: _set,
    MappingOperator.ADD: _add,
    MappingOperator.SUM: _sum,
}


def _unchanged(row: MappingRow, old: Json, new: Json) -> bool:
    if row.operator is MappingOperator.ADD:
        return len(as_list(new)) == len(as_list(old))
    return is_same_field_value(row.target, old, new)


def is_same_field_value(field: str, left: Json, right: Json) -> bool:
    """Whether two values of a field are the same, in whatever form the service keeps them.

    Zendesk keeps no order of tags and options.
    """
    if is_empty(left) and is_empty(right):
        return True
    unordered = field == "tags" or field.startswith("user_fields.")
    if unordered and is_list(left) and is_list(right):
        return is_same_stored_value(sorted(left, key=str), sorted(right, key=str))
    return is_same_stored_value(left, right)


def _keep_reason(row: MappingRow, old: Json) -> str:
    """Why what is there is kept whatever the source says; empty: it need not be."""
    if row.protection is FieldProtection.NEVER:
        return "protected: no sync changes it"
    fills_only = (
        row.operator is MappingOperator.SET_IF_EMPTY or row.protection is FieldProtection.IF_EMPTY
    ) and not is_empty(old)
    if fills_only:
        return "kept “{old}” (fills only if empty)".format(old=_short(old))
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
    """SET where the two sides differ: who has changed it decides, then the row's preference."""
    if isinstance(known, AbsentValue):
        # A preference for the target also keeps it from being emptied; a question is only asked
        # where there is a choice between two values.
        theirs = not is_empty(old) and (
            row.prefer is ConflictPreference.TARGET or not is_empty(new)
        )
        return _resolve_preference(row, old, new, None, both=theirs, service=service)
    if is_same_field_value(row.target, new, known):
        text = "changed in {service} since; kept"
        reason = text.format(service=_service_name(service))
        return MappingResult(row.target, old, new, applies=False, reason=reason, known=known)
    both = not is_same_field_value(row.target, old, known)
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
        text = "kept: {service} goes first"
        reason = text.format(service=_service_name(service))
        return MappingResult(row.target, old, new, applies=False, reason=reason, known=known)
    reason = "empties it" if is_empty(new) else ""
    return MappingResult(row.target, old, new, applies=True, reason=reason, known=known)


def _service_name(service: Service | None) -> str:
    return service.title if service else "the target"


# `cookie` is a login token, and keys say who somebody is: no mapping writes either.
RESERVED_FIELDS = frozenset({"cookie", "cookies", "keys", "sid", "email", "extid"})
_ZENDESK_FIELDS = frozenset({"name", "phone", "external_id", "notes", "details", "tags"})
FIELD_KEY_PATTERN = re.compile(r"(?=.*[^0-9])[A-Za-z0-9_]+")
_ONLY_SET = (MappingOperator.SET, MappingOperator.SET_IF_EMPTY)


def validate_mapping(rows: Sequence[MappingRow], target: Service) -> tuple[str, ...]:
    """What is wrong with a mapping, a sentence each; empty: nothing.

    Rows that are off are not looked at.
    """
    wrong: list[str] = []
    seen: set[str] = set()
    check = _sailthru_problems if target is Service.SAILTHRU else _zendesk_problems
    for row in (row for row in rows if row.on):
        if row.target in seen:
            text = "Two rows write {field}: keep one of them."
            wrong.append(text.format(field=row.target))
        seen.add(row.target)
        if not row.source and row.type in (SourceType.FIELD, SourceType.IDENTIFIER):
            text = "The row for {field} does not say what it reads."
            wrong.append(text.format(field=row.target))
        wrong.extend(check(row))
    return tuple(dict.fromkeys(wrong))


def _sailthru_problems(row: MappingRow) -> Iterator[str]:
    kind, _, name = row.target.partition(".")
    if kind in RESERVED_FIELDS or (kind == "vars" and name in RESERVED_FIELDS):
        text = "{field} says who somebody is; a mapping does not write it."
        yield text.format(field=row.target)
    elif kind == "vars":
        yield from _check_errors(validate_var_name, name)
    elif kind == "lists":
        yield from _check_errors(validate_list_name, name)
        yield from _operator_problem(row, _ONLY_SET)
    elif row.target == "optout":
        yield from _operator_problem(row, (MappingOperator.SET,))
    else:
        yield _unknown_field_message(row, Service.SAILTHRU)


def _zendesk_problems(row: MappingRow) -> Iterator[str]:
    kind, _, key = row.target.partition(".")
    if kind == "user_fields":
        if not FIELD_KEY_PATTERN.fullmatch(key):
            text = (
                "“{key}” cannot be the key of a Zendesk field: letters, digits and underscores,"
                " not digits alone."
            )
            yield text.format(key=key)
    elif row.target == "tags":
        # Setting the tags would take away those that other people gave.
        yield from _operator_problem(row, (MappingOperator.ADD,))
    elif row.target in _ZENDESK_FIELDS:
        yield from _operator_problem(row, _ONLY_SET)
    else:
        yield _unknown_field_message(row, Service.ZENDESK)


def _check_errors(check: Callable[[str], str], name: str) -> Iterator[str]:
    try:
        check(name)
    except InvalidInput as error:
        yield str(error)


def _operator_problem(row: MappingRow, allowed: tuple[MappingOperator, ...]) -> Iterator[str]:
    if row.operator not in allowed:
        text = "{field} cannot take “{operator}”."
        yield text.format(field=row.target, operator=row.operator.label)


def _unknown_field_message(row: MappingRow, service: Service) -> str:
    text = "{service} has no field “{field}” that a mapping can write."
    return text.format(service=service.title, field=row.target)

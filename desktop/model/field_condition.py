"""Conditions on one field, used by sync sources, lifecycle stages and consent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.model.field_value import (
    is_empty,
    is_list,
    parse_boolean,
    parse_number,
    parse_timestamp,
)
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json

_DAY_S = 86_400.0
# A day written without its hour may be tomorrow where the clock is ahead of UTC.
_CLOCK_TOLERANCE_S = _DAY_S


class ConditionOperator(Enum):
    """The test of a condition on a field. HAS: a list holds the value, or a text contains it."""

    IS = "is"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    HAS = "has"
    HAS_NOT = "has_not"
    SET = "set"
    NOT_SET = "not_set"
    BEFORE_DAYS = "before_days"
    WITHIN_DAYS = "within_days"

    # pytest would collect a class of this name.
    __test__ = False


@dataclass(frozen=True)
class FieldCondition:
    """A condition on one field of a record; `value` is compared, or is a number of days."""

    field: str
    test: ConditionOperator
    value: Json = None


def is_condition_met(
    condition: FieldCondition, fields: Mapping[str, FieldValue], now: float
) -> bool | None:
    """Evaluate a field's condition at `now` (Unix seconds); None where the field is absent.

    SET and NOT_SET always answer. A value that a test cannot read (a text that is no number)
    does not pass it.
    """
    present = condition.field in fields
    value = fields.get(condition.field)
    if condition.test is ConditionOperator.SET:
        return present and not is_empty(value)
    if condition.test is ConditionOperator.NOT_SET:
        return not present or is_empty(value)
    if not present:
        return None
    return _EVALUATORS[condition.test](value, condition.value, now)


def are_all_conditions_met(
    conditions: Sequence[FieldCondition], fields: Mapping[str, FieldValue], now: float
) -> bool | None:
    """Evaluate all conditions on a record: false if one fails, else None if one is unknown."""
    answers = [is_condition_met(condition, fields, now) for condition in conditions]
    if False in answers:
        return False
    return None if None in answers else True


def describe_condition(condition: FieldCondition) -> str:
    """Format a field's condition as part of a sentence: “score is at least 4”."""
    text = _DESCRIPTIONS[condition.test]
    return text.format(field=condition.field, value=_format_value(condition.value))


def _format_value(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "empty"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _at_least(value: FieldValue, wanted: Json, now: float) -> bool:
    del now
    ordered = _compare(value, wanted)
    return ordered is not None and ordered >= 0


def _at_most(value: FieldValue, wanted: Json, now: float) -> bool:
    del now
    ordered = _compare(value, wanted)
    return ordered is not None and ordered <= 0


def _compare(value: FieldValue, wanted: Json) -> int | None:
    """Compare a condition's values as numbers, else as timestamps: -1, 0, 1; None: no order."""
    # As numbers first: “9” is less than “10”, and both may be texts.
    numbers = parse_number(value), parse_number(wanted)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    moments = parse_timestamp(value), parse_timestamp(wanted)
    if moments[0] is not None and moments[1] is not None:
        return (moments[0] > moments[1]) - (moments[0] < moments[1])
    return None


def matches_typed_value(left: FieldValue, right: FieldValue) -> bool:
    """Whether a record's value is the one typed into a condition: "TRUE", true and 1 are.

    Looser than `equivalent`, which compares what was written with what was read back: a person
    types "true" or "07" without knowing how the service stores it.
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            matches_typed_value(left[k], right[k]) for k in left
        )
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(matches_typed_value, left, right))
    if _is_boolean_like(left) or _is_boolean_like(right):
        truth = parse_boolean(left)
        return truth is not None and truth is parse_boolean(right)
    numbers = parse_number(left), parse_number(right)
    if None not in numbers and not (isinstance(left, str) and isinstance(right, str)):
        return numbers[0] == numbers[1]
    return left == right


def _is_boolean_like(value: FieldValue) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, str) and value.strip().lower() in ("true", "false")
    )


def _has(value: FieldValue, wanted: Json) -> bool:
    if isinstance(value, str):
        # People type “vip” and mean “VIP”.
        return isinstance(wanted, str) and wanted.casefold() in value.casefold()
    if isinstance(value, (Mapping, Sequence)):
        return any(matches_typed_value(part, wanted) for part in value)
    return False


def _before_days(value: FieldValue, days: Json, now: float) -> bool:
    moment, span = parse_timestamp(value), parse_number(days)
    return moment is not None and span is not None and now - moment > float(span) * _DAY_S


def _within_days(value: FieldValue, days: Json, now: float) -> bool:
    moment, span = parse_timestamp(value), parse_number(days)
    if moment is None or span is None:
        return False
    return -_CLOCK_TOLERANCE_S <= now - moment <= float(span) * _DAY_S


_EVALUATORS: dict[ConditionOperator, Callable[[FieldValue, Json, float], bool]] = {
    ConditionOperator.IS: lambda value, wanted, _: matches_typed_value(value, wanted),
    ConditionOperator.IS_NOT: lambda value, wanted, _: not matches_typed_value(value, wanted),
    ConditionOperator.AT_LEAST: _at_least,
    ConditionOperator.AT_MOST: _at_most,
    ConditionOperator.HAS: lambda value, wanted, _: _has(value, wanted),
    ConditionOperator.HAS_NOT: lambda value, wanted, _: not _has(value, wanted),
    ConditionOperator.BEFORE_DAYS: _before_days,
    ConditionOperator.WITHIN_DAYS: _within_days,
}

_DESCRIPTIONS = {
    ConditionOperator.IS: "{field} is {value}",
    ConditionOperator.IS_NOT: "{field} is not {value}",
    ConditionOperator.AT_LEAST: "{field} is at least {value}",
    ConditionOperator.AT_MOST: "{field} is at most {value}",
    ConditionOperator.HAS: "{field} has {value}",
    ConditionOperator.HAS_NOT: "{field} does not have {value}",
    ConditionOperator.SET: "{field} has a value",
    ConditionOperator.NOT_SET: "{field} has no value",
    ConditionOperator.BEFORE_DAYS: "{field} is more than {value} days ago",
    ConditionOperator.WITHIN_DAYS: "{field} is within the last {value} days",
}

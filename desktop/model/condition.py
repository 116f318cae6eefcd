"""A condition on one field, as sources, stages and consent ask it, and its words for people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.kit.text import translate
from desktop.model.field_value import alike, is_empty, moment_in, number_in
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json

_DAY_S = 86_400.0
# A day written without its hour may be tomorrow where the clock is ahead of UTC.
_AHEAD_S = _DAY_S


class Test(Enum):
    """What is asked of a field. HAS: a list or tags hold it, or a text contains it."""

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
class Condition:
    """One test of one field; `value` is what it is compared with, or a number of days."""

    field: str
    test: Test
    value: Json = None


def holds(condition: Condition, fields: Mapping[str, FieldValue], now: float) -> bool | None:
    """Whether it holds at `now` (Unix seconds); None: the field is absent, so it cannot be said.

    SET and NOT_SET always answer. A value that a test cannot read (a text that is no number)
    does not pass it.
    """
    present = condition.field in fields
    value = fields.get(condition.field)
    if condition.test is Test.SET:
        return present and not is_empty(value)
    if condition.test is Test.NOT_SET:
        return not present or is_empty(value)
    if not present:
        return None
    return _TESTS[condition.test](value, condition.value, now)


def all_hold(
    conditions: Sequence[Condition], fields: Mapping[str, FieldValue], now: float
) -> bool | None:
    """Whether every one holds: false if one does not, else None if one cannot be said."""
    answers = [holds(condition, fields, now) for condition in conditions]
    if False in answers:
        return False
    return None if None in answers else True


def words(condition: Condition) -> str:
    """The condition as part of a sentence: “score is at least 4”."""
    text = _WORDS[condition.test]
    return text.format(field=condition.field, value=_said(condition.value))


def _said(value: Json) -> str:
    if isinstance(value, bool):
        return translate("Condition", "yes") if value else translate("Condition", "no")
    if value is None:
        return translate("Condition", "empty")
    return f"“{value}”" if isinstance(value, str) else str(value)


def _at_least(value: FieldValue, wanted: Json, now: float) -> bool:
    del now
    ordered = _order(value, wanted)
    return ordered is not None and ordered >= 0


def _at_most(value: FieldValue, wanted: Json, now: float) -> bool:
    del now
    ordered = _order(value, wanted)
    return ordered is not None and ordered <= 0


def _order(value: FieldValue, wanted: Json) -> int | None:
    """-1, 0 or 1 as numbers, else as moments; None where they cannot be put in order."""
    numbers = number_in(value), number_in(wanted)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    moments = moment_in(value), moment_in(wanted)
    if moments[0] is not None and moments[1] is not None:
        return (moments[0] > moments[1]) - (moments[0] < moments[1])
    return None


def _has(value: FieldValue, wanted: Json) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted.casefold() in value.casefold()
    if isinstance(value, (Mapping, Sequence)):
        return any(alike(part, wanted) for part in value)
    return False


def _before_days(value: FieldValue, days: Json, now: float) -> bool:
    moment, span = moment_in(value), number_in(days)
    return moment is not None and span is not None and now - moment > float(span) * _DAY_S


def _within_days(value: FieldValue, days: Json, now: float) -> bool:
    moment, span = moment_in(value), number_in(days)
    if moment is None or span is None:
        return False
    return -_AHEAD_S <= now - moment <= float(span) * _DAY_S


_TESTS: dict[Test, Callable[[FieldValue, Json, float], bool]] = {
    Test.IS: lambda value, wanted, _: alike(value, wanted),
    Test.IS_NOT: lambda value, wanted, _: not alike(value, wanted),
    Test.AT_LEAST: _at_least,
    Test.AT_MOST: _at_most,
    Test.HAS: lambda value, wanted, _: _has(value, wanted),
    Test.HAS_NOT: lambda value, wanted, _: not _has(value, wanted),
    Test.BEFORE_DAYS: _before_days,
    Test.WITHIN_DAYS: _within_days,
}

_WORDS = {
    Test.IS: translate("Condition", "{field} is {value}"),
    Test.IS_NOT: translate("Condition", "{field} is not {value}"),
    Test.AT_LEAST: translate("Condition", "{field} is at least {value}"),
    Test.AT_MOST: translate("Condition", "{field} is at most {value}"),
    Test.HAS: translate("Condition", "{field} has {value}"),
    Test.HAS_NOT: translate("Condition", "{field} does not have {value}"),
    Test.SET: translate("Condition", "{field} has a value"),
    Test.NOT_SET: translate("Condition", "{field} has no value"),
    Test.BEFORE_DAYS: translate("Condition", "{field} is more than {value} days ago"),
    Test.WITHIN_DAYS: translate("Condition", "{field} is within the last {value} days"),
}

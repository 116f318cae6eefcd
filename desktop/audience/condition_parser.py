"""Parses and writes the expressions that pick people: `open_tickets >= 1 and health is frustrated`.

    expression = item (joiner item)*             one joiner at a level
    item       = "(" expression ")"  |  condition
    condition  = field operator [value]
    joiner     = "and" | "or"                    in any case
    field      = a name of the table in model/audience_condition.py, or "field." and a key
    operator   = is | is not | = | != | < | <= | > | >= | contains | does not contain
               | begins with | before | after | within | older than
               | is set | is not set | is read | is not read
    value      = "text" | word | number | YYYY-MM-DD | number "days"

Every error names the place, and what could stand there.
"""

import re
from datetime import date
from difflib import get_close_matches

from desktop.model.audience_condition import (
    AUDIENCE_FIELDS,
    CUSTOM_PREFIX,
    EVERYBODY,
    AudienceCondition,
    AudienceField,
    AudienceFieldKind,
    AudienceGroup,
    AudienceOperator,
    find_field,
)
from desktop.model.expression_parser import (
    JOINERS,
    ExpressionError,
    ExpressionParser,
    ExpressionToken,
    unquote,
)

MAX_EXPRESSION_LENGTH = 8000
_MAX_DEPTH = 4
_MAX_CONDITIONS = 50
_MIXED_HINT = "Add parentheses: tag is vip and (health is frustrated or rating is bad)"
_QUOTES_HINT = 'A value of several words stands in quotes: subject contains "late parcel"'
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<day>\d{4}-\d\d-\d\d)(?![\w.-])
  | (?P<number>-?\d+(?:\.\d+)?)(?![\w.-])
  | (?P<word>[^\s()"<>=!,]+)
  | (?P<sign><=|>=|!=|[=<>()])
  | (?P<end>$)
  )""",
    re.VERBOSE,
)
_O = AudienceOperator
# Words of operators, the longest first.
_WORD_OPERATORS: tuple[tuple[tuple[str, ...], AudienceOperator], ...] = (
    (("is", "not", "set"), _O.NOT_SET),
    (("is", "not", "read"), _O.NOT_READ),
    (("does", "not", "contain"), _O.CONTAINS_NOT),
    (("is", "not"), _O.IS_NOT),
    (("is", "set"), _O.SET),
    (("is", "read"), _O.READ),
    (("begins", "with"), _O.BEGINS),
    (("older", "than"), _O.OLDER),
    (("is",), _O.IS),
    (("contains",), _O.CONTAINS),
    (("before",), _O.BEFORE),
    (("after",), _O.AFTER),
    (("within",), _O.WITHIN),
)
_SIGN_OPERATORS = {
    "=": _O.IS, "!=": _O.IS_NOT, "<": _O.LESS, "<=": _O.AT_MOST, ">": _O.MORE, ">=": _O.AT_LEAST,
}  # fmt: skip


class ConditionError(ExpressionError):
    """The error of an audience condition; `position` counts characters from 0."""


def parse_expression(text: str) -> AudienceGroup:
    """Parse an expression that picks people, an empty one everybody. Raises ConditionError."""
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise ConditionError("The expression is too long.", MAX_EXPRESSION_LENGTH)
    if not text.strip():
        return EVERYBODY
    return _ConditionParser(text).parse()


def format_expression(group: AudienceGroup) -> str:
    """Write conditions as an expression that `parse_expression` reads back."""
    joiner = " or " if group.is_any else " and "
    return joiner.join(
        f"({format_expression(item)})" if isinstance(item, AudienceGroup) else _format(item)
        for item in group.items
    )


def check_value(
    field: AudienceField, operator: AudienceOperator, text: str, at: int = 0
) -> str | float:
    """Return a condition's value as typed by a person, checked. Raises ConditionError."""
    if operator in (_O.WITHIN, _O.OLDER):
        days = re.sub(r"\s*days?$", "", text.strip(), flags=re.IGNORECASE)
        if not re.fullmatch(r"\d{1,5}", days):
            raise ConditionError(
                f"“{text}” is no number of days.", at, f"For example: {field.name} within 30 days"
            )
        return float(days)
    if field.kind is AudienceFieldKind.DATE:
        return _check_day(field, text, at)
    is_number = field.kind is AudienceFieldKind.NUMBER
    if is_number or operator in (_O.LESS, _O.AT_MOST, _O.MORE, _O.AT_LEAST):
        return _check_number(field, text, at)
    if field.choices:
        return _check_choice(field, text, at)
    if not text.strip():
        raise ConditionError("The value is empty.", at, f"Or write: {field.name} is not set")
    return text.strip()


def _check_day(field: AudienceField, text: str, at: int) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ConditionError(
            f"“{text}” is no day.", at, f"For example: {field.name} before 2026-01-31"
        ) from None


def _check_number(field: AudienceField, text: str, at: int) -> float:
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text.strip()):
        raise ConditionError(f"“{text}” is no number.", at, f"For example: {field.name} >= 3")
    return float(text)


def _check_choice(field: AudienceField, text: str, at: int) -> str:
    wanted = text.strip().casefold()
    for value, label in field.choices.items():
        if wanted in (value, label.casefold()):
            return value
    names = ", ".join(field.choices)
    raise ConditionError(f"{field.label} is never “{text}”.", at, f"There are {names}.")


def _format(condition: AudienceCondition) -> str:
    words = f"{condition.field} {condition.operator.value}"
    value = condition.value
    if value is None:
        return words
    if condition.operator in (_O.WITHIN, _O.OLDER):
        days = float(value)
        return f"{words} {days:.0f} day{'' if days == 1 else 's'}"
    if isinstance(value, float):
        return f"{words} {value:.15g}"
    is_plain = re.fullmatch(r"[\w.@+-]+", value) and value.lower() not in (*JOINERS, *_RESERVED)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{words} {value}" if is_plain else f'{words} "{escaped}"'


_RESERVED = ("set", "read", "not")


class _ConditionParser(ExpressionParser):
    def __init__(self, text: str) -> None:
        super().__init__(
            *(text, _TOKEN, ConditionError), subject="The expression", mixed_hint=_MIXED_HINT
        )
        self._count = 0

    def parse(self) -> AudienceGroup:
        """Parse a whole expression that picks people."""
        found = self._group(0)
        self.take_end()
        return found

    def _group(self, depth: int) -> AudienceGroup:
        items, joiner = self.joined(lambda: self._item(depth))
        return AudienceGroup(tuple(items), is_any=joiner == "or")

    def _item(self, depth: int) -> AudienceCondition | AudienceGroup:
        if not self.here.is_sign("("):
            return self._condition()
        token = self.take()
        if depth + 1 >= _MAX_DEPTH:
            raise ConditionError("Too many parentheses within each other.", token.at)
        found = self._group(depth + 1)
        self.take_sign(")")
        # Parentheses around one condition say nothing.
        return found.items[0] if len(found.items) == 1 else found

    def _condition(self) -> AudienceCondition:
        token = self.take()
        self._count += 1
        if self._count > _MAX_CONDITIONS:
            raise ConditionError(f"More than {_MAX_CONDITIONS} conditions.", token.at)
        if token.kind != "word":
            raise self.unexpected("a field such as open_tickets or tag", token)
        field = _find(token)
        operator_at = self.here.at
        operator = self._operator(field)
        if operator not in field.operators:
            allowed = ", ".join(f"“{one.value}”" for one in field.operators)
            raise ConditionError(
                f"“{operator.value}” does not go with {field.label}.",
                operator_at,
                f"{field.label} takes {allowed}.",
            )
        value = self._value(field, operator) if operator.takes_value else None
        return AudienceCondition(field.name, operator, value)

    def _operator(self, field: AudienceField) -> AudienceOperator:
        if self.here.kind == "sign" and self.here.text in _SIGN_OPERATORS:
            return _SIGN_OPERATORS[self.take().text]
        for words, operator in _WORD_OPERATORS:
            if self.take_words(words):
                return operator
        allowed = ", ".join(f"“{one.value}”" for one in field.operators)
        raise self.unexpected(f"one of {allowed}")

    def _value(self, field: AudienceField, operator: AudienceOperator) -> str | float:
        token = self.take()
        if token.kind == "string":
            return check_value(field, operator, unquote(token.text), token.at)
        if token.kind not in ("word", "number", "day") or (
            token.kind == "word" and token.text.lower() in JOINERS
        ):
            raise self.unexpected("a value", token)
        value = check_value(field, operator, token.text, token.at)
        unit = self.here
        if operator in (_O.WITHIN, _O.OLDER) and unit.kind == "word":
            if unit.text.lower() in ("day", "days"):
                self.take()
            elif unit.text.lower() not in JOINERS:
                raise self.unexpected("“days”", unit)
        return value

    def _hint_at(self, token: ExpressionToken) -> str:
        return _QUOTES_HINT if token.kind in ("word", "number", "day") else ""


def _find(token: ExpressionToken) -> AudienceField:
    name = token.text.lower() if not token.text.startswith(CUSTOM_PREFIX) else token.text
    try:
        return find_field(name)
    except KeyError:
        close = get_close_matches(name, AUDIENCE_FIELDS, n=1)
        known = ", ".join((*AUDIENCE_FIELDS, f"{CUSTOM_PREFIX}KEY"))
        hint = f"Did you mean {close[0]}? " if close else ""
        raise ConditionError(
            f"There is no field “{token.text}”.", token.at, f"{hint}There are {known}."
        ) from None

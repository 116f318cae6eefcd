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
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from desktop.kit.errors import InvalidInput
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

MAX_EXPRESSION_LENGTH = 8000
_MAX_DEPTH = 4
_MAX_CONDITIONS = 50
# What word processors make of straight quotes.
_TYPOGRAPHIC = str.maketrans("“”„‟", '""""')
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
_JOINERS = ("and", "or")


class ConditionError(InvalidInput):
    """The exception for an expression that cannot be used; `position` counts characters from 0."""

    def __init__(self, title: str, position: int, hint: str = "") -> None:
        super().__init__(title, f"At character {position + 1}.", hint)
        self.position = position


@dataclass(frozen=True)
class _ExpressionToken:
    kind: str
    text: str
    at: int


def parse_expression(text: str) -> AudienceGroup:
    """Parse an expression that picks people, an empty one everybody. Raises ConditionError."""
    if len(text) > MAX_EXPRESSION_LENGTH:
        raise ConditionError("The expression is too long.", MAX_EXPRESSION_LENGTH)
    if not text.strip():
        return EVERYBODY
    return _ConditionParser(text.translate(_TYPOGRAPHIC)).parse()


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
    is_plain = re.fullmatch(r"[\w.@+-]+", value) and value.lower() not in (*_JOINERS, *_RESERVED)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{words} {value}" if is_plain else f'{words} "{escaped}"'


_RESERVED = ("set", "read", "not")


class _ConditionParser:
    """A recursive-descent parser over an expression's tokens, one method for each rule."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokenize(text)
        self._next = 0
        self._count = 0

    def parse(self) -> AudienceGroup:
        """Parse the whole expression."""
        found = self._joined(0)
        if self._here.kind != "end":
            raise self._unexpected('"and", "or" or the end')
        return found

    @property
    def _here(self) -> _ExpressionToken:
        return self._tokens[self._next]

    def _take(self) -> _ExpressionToken:
        token = self._here
        self._next += token.kind != "end"
        return token

    def _joined(self, depth: int) -> AudienceGroup:
        items, joiner = [self._item(depth)], ""
        while self._here.kind == "word" and self._here.text.lower() in _JOINERS:
            token = self._take()
            word = token.text.lower()
            if joiner and word != joiner:
                raise ConditionError(
                    "“and” and “or” mixed.",
                    token.at,
                    "Add parentheses: tag is vip and (health is frustrated or rating is bad)",
                )
            if self._here.kind == "end" or self._here.text == ")":
                raise ConditionError(f"A condition is missing after “{token.text}”.", token.at)
            joiner = word
            items.append(self._item(depth))
        return AudienceGroup(tuple(items), is_any=joiner == "or")

    def _item(self, depth: int) -> AudienceCondition | AudienceGroup:
        if self._here.kind != "sign" or self._here.text != "(":
            return self._condition()
        token = self._take()
        if depth + 1 >= _MAX_DEPTH:
            raise ConditionError("Too many parentheses within each other.", token.at)
        found = self._joined(depth + 1)
        if self._here.text != ")" or self._here.kind != "sign":
            raise self._unexpected('")"')
        self._take()
        # Parentheses around one condition say nothing.
        return found.items[0] if len(found.items) == 1 else found

    def _condition(self) -> AudienceCondition:
        token = self._take()
        self._count += 1
        if self._count > _MAX_CONDITIONS:
            raise ConditionError(f"More than {_MAX_CONDITIONS} conditions.", token.at)
        if token.kind != "word":
            raise self._unexpected("a field such as open_tickets or tag", token)
        field = _find(token)
        operator_at = self._here.at
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
        if self._here.kind == "sign" and self._here.text in _SIGN_OPERATORS:
            return _SIGN_OPERATORS[self._take().text]
        for words, operator in _WORD_OPERATORS:
            ahead = self._tokens[self._next : self._next + len(words)]
            if (
                all(t.kind == "word" for t in ahead)
                and tuple(t.text.lower() for t in ahead) == words
            ):
                self._next += len(words)
                return operator
        allowed = ", ".join(f"“{one.value}”" for one in field.operators)
        raise self._unexpected(f"one of {allowed}")

    def _value(self, field: AudienceField, operator: AudienceOperator) -> str | float:
        token = self._take()
        if token.kind == "string":
            return check_value(field, operator, _unquote(token.text), token.at)
        if token.kind not in ("word", "number", "day") or (
            token.kind == "word" and token.text.lower() in _JOINERS
        ):
            raise self._unexpected("a value", token)
        value = check_value(field, operator, token.text, token.at)
        unit = self._here
        if operator in (_O.WITHIN, _O.OLDER) and unit.kind == "word":
            if unit.text.lower() in ("day", "days"):
                self._take()
            elif unit.text.lower() not in _JOINERS:
                raise self._unexpected("“days”", unit)
        return value

    def _unexpected(self, wanted: str, token: _ExpressionToken | None = None) -> ConditionError:
        found = token or self._here
        if found.kind == "end":
            return ConditionError(f"The expression ends where {wanted} is missing.", found.at)
        hint = ""
        if found.kind in ("word", "number", "day"):
            hint = 'A value of several words stands in quotes: subject contains "late parcel"'
        return ConditionError(f"“{found.text}” stands where {wanted} is needed.", found.at, hint)


def _find(token: _ExpressionToken) -> AudienceField:
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


def _tokenize(text: str) -> list[_ExpressionToken]:
    found: list[_ExpressionToken] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            if text[start] == '"':
                raise ConditionError("A quote is not closed.", start)
            raise ConditionError(f"“{text[start]}” has no meaning here.", start)
        kind = match.lastgroup or "end"
        found.append(_ExpressionToken(kind, match.group(kind), match.start(kind)))
        at = match.end()
    return found


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])

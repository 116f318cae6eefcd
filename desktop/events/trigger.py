"""Compiles the trigger of an action: an expression of Segment's language that picks events.

    trigger   = group (joiner group)*            one joiner for all of them
    group     = "(" condition (joiner condition)* ")"  |  condition
    condition = field ("=" | "!=" | "<" | "<=" | ">" | ">=") value
              | ["!"] ("contains" | "match") "(" field "," string ")"
    joiner    = "and" | "or"                      in any case
    field     = "type" | "event" | "name" | "userId"
              | ("properties" | "traits" | "context") ("." key)+
    value     = string | number | "true" | "false" | "null"

Where the original guesses or never matches without a word, this raises TriggerError with the
place: mixed joiners, unknown fields, other quotes, a dangling joiner, nested parentheses
(docs/events.md 3).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt

from desktop.events.trigger_conditions import (
    EventTest,
    FieldGetter,
    all_of,
    any_of,
    differs,
    equals,
    exists,
    get_deeper,
    get_in_one,
    has_text,
    orders,
)
from desktop.model.expression_parser import (
    ExpressionError,
    ExpressionParser,
    ExpressionToken,
    unquote,
)
from desktop.model.json_value import Json

_PLAIN_FIELDS = ("type", "event", "name", "userId")
_ROOTS = ("properties", "traits", "context")
_ORDERINGS = {"<": lt, "<=": le, ">": gt, ">=": ge}
FIELDS = (*_PLAIN_FIELDS, *_ROOTS)
EVENT_TYPES = ("identify", "track", "group", "page", "screen", "alias")
_WORDS = {"true": True, "false": False, "null": None}
_MIXED_HINT = 'Add parentheses, for example: type = "track" and (event = "A" or event = "B")'
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
  | (?P<word>[A-Za-z_](?:[\w.$@:-]|\\.)*)
  | (?P<sign><=|>=|!=|[=<>!(),])
  | (?P<end>$)
  )""",
    re.VERBOSE,
)


class TriggerError(ExpressionError):
    """The exception for a trigger that cannot be used; `position` counts characters from 0."""


@dataclass(frozen=True)
class Trigger:
    """A compiled trigger: `matches` decides on an event's object; `hints` are what looks wrong.

    `conditions` are the texts and tests that all have to hold; one for a trigger joined by "or".
    """

    text: str
    matches: EventTest
    hints: tuple[str, ...] = ()
    conditions: tuple[tuple[str, EventTest], ...] = ()

    def find_failing(self, event: Mapping[str, Json]) -> str:
        """Return the text of the first condition that does not hold for an event, or ""."""
        return next((text for text, test in self.conditions if not test(event)), "")


def compile_trigger(text: str) -> Trigger:
    """Compile a trigger's text to a function of some microseconds. Raises TriggerError."""
    parser = _TriggerParser(text)
    test = parser.parse()
    return Trigger(text, test, tuple(parser.hints), tuple(parser.conditions))


class _TriggerParser(ExpressionParser):
    def __init__(self, text: str) -> None:
        super().__init__(
            *(text, _TOKEN, TriggerError), subject="The trigger", mixed_hint=_MIXED_HINT
        )
        self.hints: list[str] = []
        self.conditions: list[tuple[str, EventTest]] = []

    def parse(self) -> EventTest:
        """Parse a whole trigger expression of an event action."""
        if self.here.kind == "end":
            raise TriggerError("The trigger is empty.", 0, 'Write for example: type = "track"')
        tests, joiner = self.joined(self._outer_group)
        test = _join(tests, joiner)
        if joiner == "or":
            self.conditions = [(self.text.strip(), test)]
        self.take_end()
        return test

    def _outer_group(self) -> EventTest:
        start = self.here.at
        test = self._group()
        self.conditions.append((self.text[start : self.here.at].strip(), test))
        return test

    def _group(self) -> EventTest:
        if not self.here.is_sign("("):
            return self._condition()
        self.take()
        test = _join(*self.joined(self._condition))
        self.take_sign(")")
        return test

    def _condition(self) -> EventTest:
        token = self.take()
        if token.is_sign("!"):
            return self._function(self.take(), is_negated=True)
        if token.is_sign("("):
            raise TriggerError("Parentheses within parentheses.", token.at, "One level is allowed.")
        if token.kind != "word":
            raise self.unexpected("a field such as type or traits.email", token)
        if token.text in ("contains", "match"):
            return self._function(token, is_negated=False)
        get = _getter(token)
        operator = self.take()
        if operator.kind != "sign" or operator.text not in ("=", "!=", *_ORDERINGS):
            raise self.unexpected("=, !=, <, <=, > or >=", operator)
        return self._comparison(token, get, operator)

    def _comparison(
        self, field: ExpressionToken, get: FieldGetter, operator: ExpressionToken
    ) -> EventTest:
        token = self.take()
        value = self._value(token)
        if operator.text in _ORDERINGS:
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise TriggerError(f"“{operator.text}” compares numbers.", token.at)
            return orders(get, _ORDERINGS[operator.text], value)
        if field.text == "type" and isinstance(value, str) and value not in EVENT_TYPES:
            self._hint_at_case(value)
        if value is None:
            return exists(get, is_wanted=operator.text == "!=")
        return equals(get, value) if operator.text == "=" else differs(get, value)

    def _hint_at_case(self, value: str) -> None:
        known = f"“{value.lower()}”" if value.lower() in EVENT_TYPES else ", ".join(EVENT_TYPES)
        self.hints.append(f"No event has the type “{value}”: capitals count. There is {known}.")

    def _value(self, token: ExpressionToken) -> Json:
        if token.kind == "string":
            return unquote(token.text)
        if token.kind == "number":
            return float(token.text) if re.search(r"[.eE]", token.text) else int(token.text)
        if token.kind == "word" and token.text in _WORDS:
            return _WORDS[token.text]
        raise self.unexpected('a "text", a number, true, false or null', token)

    def _function(self, name: ExpressionToken, *, is_negated: bool) -> EventTest:
        if name.text not in ("contains", "match"):
            raise self.unexpected("contains(…) or match(…)", name)
        self.take_sign("(")
        field = self.take()
        if field.kind != "word":
            raise self.unexpected("a field such as event", field)
        get = _getter(field)
        self.take_sign(",")
        argument = self.take()
        if argument.kind != "string":
            raise self.unexpected('a "text"', argument)
        self.take_sign(")")
        value = unquote(argument.text)
        if name.text == "contains":
            return has_text(get, lambda text: value in text, is_negated=is_negated)
        if value.count("*") != 1 or not (value.startswith("*") or value.endswith("*")):
            raise TriggerError(
                "match() takes one star, at the beginning or the end.",
                argument.at,
                'match(event,"Ticket*") begins with Ticket, match(event,"*Ticket") ends with it.',
            )
        part = value.strip("*")
        if value.endswith("*"):
            return has_text(get, lambda text: text.startswith(part), is_negated=is_negated)
        return has_text(get, lambda text: text.endswith(part), is_negated=is_negated)


def _join(tests: list[EventTest], joiner: str) -> EventTest:
    if len(tests) == 1:
        return tests[0]
    return all_of(tests) if joiner == "and" else any_of(tests)


def _getter(token: ExpressionToken) -> FieldGetter:
    """Return the function that gets a field of an event; a missing one is None, as null is."""
    name = token.text
    if name in _PLAIN_FIELDS:
        return lambda event: event.get(name)
    root, *keys = _split_path(name)
    if root not in _ROOTS:
        close = next((one for one in FIELDS if one.lower() == root.lower()), "")
        hint = f"Did you mean {close}? Capitals count." if close else ""
        fields = ", ".join((*_PLAIN_FIELDS, *(f"{one}.…" for one in _ROOTS)))
        raise TriggerError(f"Unknown field “{name}”.", token.at, hint or f"There are {fields}.")
    if not keys or not all(keys):
        raise TriggerError(f"“{name}” lacks a key, as in {root}.email.", token.at)
    if len(keys) == 1:
        return get_in_one(root, keys[0])
    return get_deeper((root, *keys))


def _split_path(name: str) -> list[str]:
    """Split a field at its dots; a backslash before a blank is dropped, before a dot kept."""
    return [part.replace("\\ ", " ") for part in re.split(r"\.", name)]

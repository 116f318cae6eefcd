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
from collections.abc import Callable, Mapping
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
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json

_PLAIN_FIELDS = ("type", "event", "name", "userId")
_ROOTS = ("properties", "traits", "context")
_ORDERINGS = {"<": lt, "<=": le, ">": gt, ">=": ge}
FIELDS = (*_PLAIN_FIELDS, *_ROOTS)
EVENT_TYPES = ("identify", "track", "group", "page", "screen", "alias")
_WORDS = {"true": True, "false": False, "null": None}
# Word processors and S4's own page print these for straight quotes.
_TYPOGRAPHIC = str.maketrans("“”„‟", '""""')
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


class TriggerError(InvalidInput):
    """The exception for a trigger that cannot be used; `position` counts characters from 0."""

    def __init__(self, title: str, position: int, hint: str = "") -> None:
        super().__init__(title, f"At character {position + 1}.", hint)
        self.position = position


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


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def compile_trigger(text: str) -> Trigger:
    """Compile a trigger's text to a function of some microseconds. Raises TriggerError."""
    parser = _TriggerParser(text.translate(_TYPOGRAPHIC))
    test = parser.parse()
    return Trigger(text, test, tuple(parser.hints), tuple(parser.conditions))


class _TriggerParser:
    """A recursive-descent parser over a trigger's tokens, one method for each rule."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokenize(text)
        self._next = 0
        self.hints: list[str] = []
        self.conditions: list[tuple[str, EventTest]] = []
        self._outer_joiner = ""

    def parse(self) -> EventTest:
        """Parse the whole trigger."""
        if self._here.kind == "end":
            raise TriggerError("The trigger is empty.", 0, 'Write for example: type = "track"')
        test = self._joined(self._outer_group)
        if len(self.conditions) > 1 and self._outer_joiner == "or":
            self.conditions = [(self._text.strip(), test)]
        if self._here.kind != "end":
            raise self._unexpected('"and", "or" or the end')
        return test

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._here
        self._next += token.kind != "end"
        return token

    def _take_sign(self, sign: str) -> None:
        if self._here.text != sign or self._here.kind != "sign":
            raise self._unexpected(f'"{sign}"')
        self._take()

    def _joined(self, parse_one: Callable[[], EventTest]) -> EventTest:
        tests, joiner = [parse_one()], ""
        while self._here.kind == "word" and self._here.text.lower() in ("and", "or"):
            token = self._take()
            word = token.text.lower()
            if joiner and word != joiner:
                raise TriggerError(
                    "“and” and “or” mixed.",
                    token.at,
                    'Add parentheses, for example: type = "track" and (event = "A" or event = "B")',
                )
            if self._here.kind == "end" or self._here.text == ")":
                raise TriggerError(f"A condition is missing after “{token.text}”.", token.at)
            joiner = word
            if parse_one == self._outer_group:
                self._outer_joiner = word
            tests.append(parse_one())
        if len(tests) == 1:
            return tests[0]
        return all_of(tests) if joiner == "and" else any_of(tests)

    def _outer_group(self) -> EventTest:
        start = self._here.at
        test = self._group()
        self.conditions.append((self._text[start : self._here.at].strip(), test))
        return test

    def _group(self) -> EventTest:
        if self._here.text != "(" or self._here.kind != "sign":
            return self._condition()
        self._take()
        test = self._joined(self._condition)
        self._take_sign(")")
        return test

    def _condition(self) -> EventTest:
        token = self._take()
        if token.kind == "sign" and token.text == "!":
            return self._function(self._take(), is_negated=True)
        if token.kind == "sign" and token.text == "(":
            raise TriggerError("Parentheses within parentheses.", token.at, "One level is allowed.")
        if token.kind != "word":
            raise self._unexpected("a field such as type or traits.email", token)
        if token.text in ("contains", "match"):
            return self._function(token, is_negated=False)
        get = _getter(token)
        operator = self._take()
        if operator.kind != "sign" or operator.text not in ("=", "!=", *_ORDERINGS):
            raise self._unexpected("=, !=, <, <=, > or >=", operator)
        return self._comparison(token, get, operator)

    def _comparison(self, field: _Token, get: FieldGetter, operator: _Token) -> EventTest:
        token = self._take()
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

    def _value(self, token: _Token) -> Json:
        if token.kind == "string":
            return _unquote(token.text)
        if token.kind == "number":
            return float(token.text) if re.search(r"[.eE]", token.text) else int(token.text)
        if token.kind == "word" and token.text in _WORDS:
            return _WORDS[token.text]
        raise self._unexpected('a "text", a number, true, false or null', token)

    def _function(self, name: _Token, *, is_negated: bool) -> EventTest:
        if name.text not in ("contains", "match"):
            raise self._unexpected("contains(…) or match(…)", name)
        self._take_sign("(")
        field = self._take()
        if field.kind != "word":
            raise self._unexpected("a field such as event", field)
        get = _getter(field)
        self._take_sign(",")
        argument = self._take()
        if argument.kind != "string":
            raise self._unexpected('a "text"', argument)
        self._take_sign(")")
        value = _unquote(argument.text)
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

    def _unexpected(self, wanted: str, token: _Token | None = None) -> TriggerError:
        found = token or self._here
        if found.kind == "end":
            return TriggerError(f"The trigger ends where {wanted} is missing.", found.at)
        return TriggerError(f"“{found.text}” stands where {wanted} is needed.", found.at)


def _tokenize(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            if text[start] in "'‘’":
                raise TriggerError("Texts stand in double quotes.", start, 'Write "track".')
            if text[start] == '"':
                raise TriggerError("A quote is not closed.", start)
            raise TriggerError(f"“{text[start]}” has no meaning here.", start)
        kind = match.lastgroup or "end"
        found.append(_Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    return found


def _getter(token: _Token) -> FieldGetter:
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


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])

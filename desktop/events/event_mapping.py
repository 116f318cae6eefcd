"""Compiles an action's mapping: JSON whose directives take values from an event (docs/events.md 4).

    {"@path": "$.traits.email"}                     a value; `$.` may be left out, lists by [i]
    {"@template": "{{traits.first}} {{traits.last}}"}   a text; what is missing is empty
    {"@literal": …}                                 a value as it stands
    {"@if": {"exists": …, "then": …, "else": …}}    null is not there; "" and false are
    {"@if": {"blank": …, "then": …, "else": …}}     `then` where it is NOT blank, as Segment does
    {"@case": {"operator": "lower" | "upper", "value": …}}
    {"@arrayPath": [path, {shape}]}                 a list, each item in this shape
    {"@excludeWhenNull": …}                         leaves the field out where the value is null

Everything else is a raw value. A field without a value is left out, while null is kept: it empties
the field in Zendesk.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import ABSENT, AbsentValue
from desktop.model.json_value import Json

_Value = Json | AbsentValue
_Source = Callable[[Json], _Value]

# Of Segment's own; taken for a mistyped one they would be hard to find.
_OTHER_DIRECTIVES = ["@replace", "@merge", "@transform", "@flatten", "@json", "@liquid"]
_PLACEHOLDER = re.compile(r"\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}")
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_PATH = re.compile(r"(?:[^.\[\]]+(?:\[\d+\])*)(?:\.[^.\[\]]+(?:\[\d+\])*)*")


class MappingError(InvalidInput):
    """The exception for a mapping that cannot be used; its message names the field."""


@dataclass(frozen=True)
class EventMapping:
    """A compiled mapping of an action; `paths` are the event's paths that it reads."""

    fields: Mapping[str, _Source]
    paths: frozenset[str]

    def apply(self, event: Mapping[str, Json]) -> dict[str, Json]:
        """Return the mapped fields of an event; those without a value are left out."""
        return _without_absent({name: source(event) for name, source in self.fields.items()})


def parse_mapping(text: str) -> EventMapping:
    """Compile the JSON text of a mapping. Raises MappingError."""
    try:
        parsed = parse_event_json(text).value
    except BadJsonError as error:
        raise MappingError(f"The mapping is no JSON: {error}.") from None
    return compile_mapping(parsed)


def compile_mapping(mapping: Json) -> EventMapping:
    """Compile a mapping of field to raw value or directive. Raises MappingError."""
    if not isinstance(mapping, Mapping) or any(key.startswith("@") for key in mapping):
        raise MappingError("A mapping is an object of field and value.")
    compiler = _MappingCompiler()
    try:
        fields = {name: compiler.compile(value, name) for name, value in mapping.items()}
    except RecursionError:
        raise MappingError("The mapping is nested too deeply.") from None
    return EventMapping(fields, frozenset(compiler.paths))


class _MappingCompiler:
    """Compiles the values of one mapping to functions and collects the paths they read."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self._directives: Mapping[str, Callable[[Json, str], _Source]] = {
            "@path": self._path,
            "@template": self._template,
            "@literal": self.compile,
            "@if": self._if,
            "@case": self._case,
            "@arrayPath": self._array_path,
            "@excludeWhenNull": self._exclude_when_null,
        }

    def compile(self, value: Json, where: str) -> _Source:
        """Compile one value or directive of an event mapping; `where` is its place, for errors."""
        if isinstance(value, Mapping):
            directives = [key for key in value if key.startswith("@")]
            if directives:
                return self._directive(value, directives[0], where)
            return _object_of({k: self.compile(v, f"{where}.{k}") for k, v in value.items()})
        if isinstance(value, Sequence) and not isinstance(value, str):
            return _list_of([self.compile(item, where) for item in value])
        return lambda _event: value

    def _directive(self, value: Mapping[str, Json], name: str, where: str) -> _Source:
        if len(value) > 1:
            raise MappingError(
                f"{where}: {name} stands beside other keys.", "A directive stands alone."
            )
        known = ", ".join(self._directives)
        if name in _OTHER_DIRECTIVES:
            raise MappingError(f"{where}: {name} is not supported here.", f"There are {known}.")
        if name not in self._directives:
            raise MappingError(f"{where}: there is no directive {name}.", f"There are {known}.")
        return self._directives[name](value[name], where)

    def _path(self, value: Json, where: str) -> _Source:
        text = _require_text(value, "@path", where)
        return self._getter(text, where)

    def _getter(self, text: str, where: str) -> _Source:
        path = text.strip().removeprefix("$").removeprefix(".")
        if path and not _PATH.fullmatch(path):
            raise MappingError(
                f"{where}: “{text[:60]}” is not a path.",
                "Keys stand between dots, places of a list in brackets: $.traits.items[0].id",
            )
        self.paths.add(path)
        return _get_along(
            [int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(path)]
        )

    def _template(self, value: Json, where: str) -> _Source:
        text = _require_text(value, "@template", where)
        pieces: list[str | _Source] = []
        at = 0
        for found in _PLACEHOLDER.finditer(text):
            pieces += [text[at : found.start()], self._getter(found[1] or found[2], where)]
            at = found.end()
        pieces.append(text[at:])
        if any("{{" in piece or "}}" in piece for piece in pieces if isinstance(piece, str)):
            raise MappingError(
                f"{where}: a placeholder of @template is empty or not closed.",
                "A path stands between two braces: {{traits.email}}.",
            )
        return lambda event: "".join(
            piece if isinstance(piece, str) else _as_text(piece(event)) for piece in pieces
        )

    def _if(self, value: Json, where: str) -> _Source:
        parts = _require_keys(value, {"exists", "blank", "then", "else"}, "@if", where)
        asked = [key for key in ("exists", "blank") if key in parts]
        if len(asked) != 1:
            raise MappingError(f"{where}: @if takes either “exists” or “blank”.")
        condition = self.compile(parts[asked[0]], where)
        then, other = (
            self.compile(parts[key], where) if key in parts else _nothing
            for key in ("then", "else")
        )
        if asked[0] == "exists" and parts.get("then", _nothing) == parts["exists"]:
            # The first of several values that is there: looked up once, not twice.
            return lambda event: found if _exists(found := condition(event)) else other(event)
        # Named `blank`, and true for what is not: measured, against its own description.
        holds = _exists if asked[0] == "exists" else _is_not_blank
        return lambda event: (then if holds(condition(event)) else other)(event)

    def _case(self, value: Json, where: str) -> _Source:
        parts = _require_keys(value, {"operator", "value"}, "@case", where)
        change = {"lower": str.lower, "upper": str.upper}.get(str(parts.get("operator")))
        if change is None or "value" not in parts:
            raise MappingError(f"{where}: @case takes the operator lower or upper, and a value.")
        source = self.compile(parts["value"], where)

        def get(event: Json) -> _Value:
            found = source(event)
            return change(found) if isinstance(found, str) else found

        return get

    def _array_path(self, value: Json, where: str) -> _Source:
        if isinstance(value, str) or not isinstance(value, Sequence) or not 1 <= len(value) <= 2:
            raise MappingError(f"{where}: @arrayPath takes a list of path and shape.")
        source = (
            self._getter(value[0], where)
            if isinstance(value[0], str)
            else self.compile(value[0], where)
        )
        # The shape's paths begin at the item, not at the event.
        shape = _MappingCompiler().compile(value[1], where) if value[1:] and value[1] else None

        def get(event: Json) -> _Value:
            root = source(event)
            if shape is None or not isinstance(root, Mapping | list):
                return root
            items = root if isinstance(root, list) else [root]
            made = (shape(item) for item in items)
            return [item for item in made if not isinstance(item, AbsentValue)]

        return get

    def _exclude_when_null(self, value: Json, where: str) -> _Source:
        source = self.compile(value, where)
        return lambda event: ABSENT if (found := source(event)) is None else found


def _nothing(_event: Json) -> _Value:
    return ABSENT


def _exists(value: _Value) -> bool:
    return not isinstance(value, AbsentValue) and value is not None


def _is_not_blank(value: _Value) -> bool:
    # 0 and false count as blank: measured.
    return _exists(value) and value not in ("", 0, False)


def _require_text(value: Json, name: str, where: str) -> str:
    if not isinstance(value, str):
        raise MappingError(f"{where}: {name} takes a text.")
    return value


def _require_keys(value: Json, known: set[str], name: str, where: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping) or set(value) - known:
        raise MappingError(f"{where}: {name} takes an object of {', '.join(sorted(known))}.")
    return value


def _object_of(sources: Mapping[str, _Source]) -> _Source:
    def get(event: Json) -> _Value:
        return _without_absent({key: source(event) for key, source in sources.items()})

    return get


def _without_absent(values: Mapping[str, _Value]) -> dict[str, Json]:
    return {key: value for key, value in values.items() if not isinstance(value, AbsentValue)}


def _list_of(sources: Sequence[_Source]) -> _Source:
    def get(event: Json) -> _Value:
        found = (source(event) for source in sources)
        return [value for value in found if not isinstance(value, AbsentValue)]

    return get


def _get_along(steps: Sequence[str | int]) -> _Source:
    def get(event: Json) -> _Value:
        found: Json = event
        for step in steps:
            if isinstance(found, dict) and step in found:
                found = found[step]
            elif isinstance(found, list) and str(step).isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                return ABSENT
        return found

    return get


def _as_text(value: _Value) -> str:
    """Return an event's value as a mapping's template prints it: "" for null, 5 for 5.0."""
    if value is None or isinstance(value, AbsentValue):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping | list):
        # Segment writes “[object Object]”, of which nobody has any use.
        return ""
    return str(value)

"""A mapping of events as rows of a form, and the way back to its JSON (docs/events.md 4)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop.events.event_action import MAPPED_FIELDS, ActionKind, EventAction
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.events.event_mapping import MappingError, compile_mapping
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json

# Fields of an action that hold fields of their own.
_NESTED = ("user", "user_fields", "organization_fields", "properties")
_USER_KEYS = ("zendesk_user_id", "email", "external_id")


class ValueKind(Enum):
    """Where the value of an event mapping's row comes from."""

    PATH = "path"
    FIRST = "first"
    TEMPLATE = "template"
    LITERAL = "literal"
    IF = "if"
    CASE = "case"
    TRAIT = "trait"
    JSON = "json"

    @property
    def label(self) -> str:
        """The kind of value as the form shows it."""
        return _KIND_LABELS[self]


_KIND_LABELS = {
    ValueKind.PATH: "Value at a path",
    ValueKind.FIRST: "First of several paths",
    ValueKind.TEMPLATE: "Text with values",
    ValueKind.LITERAL: "Fixed value",
    ValueKind.IF: "If … then … else",
    ValueKind.CASE: "Lower or upper case",
    ValueKind.TRAIT: "Trait of that name",
    ValueKind.JSON: "Advanced (JSON)",
}


@dataclass(frozen=True)
class EventMappingRow:
    """One row: `target` is a field of the action, or `user_fields.points` for one within.

    `value` is a path, paths with commas, a template, a fixed value or JSON, by `kind`. `then`,
    `then_2` and `otherwise` are written as `$.traits.name`, `{{traits.first}} …`, or a text.
    `skips_null` leaves the field out where the value is null, which would empty it in Zendesk.
    """

    target: str = ""
    kind: ValueKind = ValueKind.PATH
    value: str = ""
    condition: str = ""
    then: str = ""
    condition_2: str = ""
    then_2: str = ""
    otherwise: str = ""
    case: str = "lower"
    operator: MappingOperator = MappingOperator.SET
    skips_null: bool = False


def target_choices(kind: ActionKind) -> tuple[str, ...]:
    """Return the fields that an action's mapping may fill, those within others too."""
    found: list[str] = []
    for name in sorted(MAPPED_FIELDS[kind]):
        found += [f"user.{key}" for key in _USER_KEYS] if name == "user" else [name]
    return tuple(found)


def operator_choices(kind: ActionKind, target: str) -> tuple[MappingOperator, ...]:
    """Return how a field's value may join the one in Zendesk; one choice: it is always set."""
    root = target.partition(".")[0]
    every = tuple(MappingOperator)
    if kind is ActionKind.UPSERT_USER:
        names = {"name", "external_id", "phone", "time_zone", "tags", "notes", "details"}
        return every if root in names or target.startswith("user_fields.") else every[:1]
    if kind is ActionKind.UPSERT_ORG:
        names = {"name", "domain_names", "tags", "notes", "details"}
        is_own = root in names or target.startswith("organization_fields.")
        return (
            tuple(one for one in every if one is not MappingOperator.SUM) if is_own else every[:1]
        )
    if target == "tags":
        return (MappingOperator.SET, MappingOperator.ADD)
    return every[:1]


def rows_of(action: EventAction) -> tuple[EventMappingRow, ...]:
    """Return an action's mapping as rows, at the end fields within that have an operator alone."""
    rows = [
        _row_of(target, value, action.operators.get(target, MappingOperator.SET))
        for target, value in _flatten(action.mapping)
    ]
    known = {row.target for row in rows}
    rows += [
        EventMappingRow(target, ValueKind.TRAIT, operator=operator)
        for target, operator in action.operators.items()
        if target not in known and target.partition(".")[0] in known
    ]
    return tuple(rows)


def operators_without_row(action: EventAction) -> dict[str, MappingOperator]:
    """Return the operators of fields that the mapping does not fill: they count once it does."""
    targets = {row.target for row in rows_of(action)}
    return {name: one for name, one in action.operators.items() if name not in targets}


def mapping_of(
    rows: Sequence[EventMappingRow],
) -> tuple[dict[str, Json], dict[str, MappingOperator]]:
    """Return the mapping and operators of rows. Raises MappingError for what is no value."""
    mapping: dict[str, Json] = {}
    for row in rows:
        if row.kind is ValueKind.TRAIT:
            continue
        value = value_of(row)
        root, dot, key = row.target.partition(".")
        if not dot:
            mapping[root] = value
            continue
        inside = mapping.setdefault(root, {})
        if isinstance(inside, dict):
            inside[key] = value
    operators = {
        row.target: row.operator
        for row in rows
        if row.operator is not MappingOperator.SET or row.kind is ValueKind.TRAIT
    }
    return mapping, operators


def value_of(row: EventMappingRow) -> Json:
    """Return the JSON of a row's value. Raises MappingError."""
    value = _bare_value(row)
    return {"@excludeWhenNull": value} if row.skips_null else value


def find_row_problems(kind: ActionKind, rows: Sequence[EventMappingRow]) -> Mapping[int, str]:
    """Return what is wrong with rows, by their places; a row without any is left out."""
    problems: dict[int, str] = {}
    seen: set[str] = set()
    whole = {row.target for row in rows if "." not in row.target}
    for place, row in enumerate(rows):
        problem = _find_problem(kind, row, seen, whole)
        if problem:
            problems[place] = problem
        seen.add(row.target)
    return problems


def describe_value(row: EventMappingRow) -> str:
    """Describe where a row's value comes from, in one line."""
    match row.kind:
        case ValueKind.IF:
            first = f"if {row.condition}: {row.then}"
            second = f", if {row.condition_2}: {row.then_2}" if row.condition_2 else ""
            return f"{first}{second}, else {row.otherwise or 'nothing'}"
        case ValueKind.CASE:
            return f"{row.value} in {row.case} case"
        case ValueKind.TRAIT:
            return "trait of that name"
        case ValueKind.FIRST:
            return " or ".join(_paths(row.value))
        case _:
            return row.value


def _find_problem(kind: ActionKind, row: EventMappingRow, seen: set[str], whole: set[str]) -> str:
    root, dot, key = row.target.partition(".")
    if root not in MAPPED_FIELDS[kind] or (dot and (root not in _NESTED or not key)):
        return f"There is no field “{row.target}”." if row.target else "Choose a field."
    if root == "user" and dot and key not in _USER_KEYS:
        return f"A user is found by {', '.join(_USER_KEYS)}."
    if row.target in seen:
        return f"{row.target} is filled by another row already."
    if dot and root in whole and row.kind is not ValueKind.TRAIT:
        return f"{root} is filled as a whole by another row: choose “Trait of that name”."
    if row.operator not in operator_choices(kind, row.target):
        return f"{row.target} can't be joined like that."
    if row.kind is ValueKind.TRAIT:
        return "" if dot and root in whole else f"Only for one field of {root} as a whole."
    try:
        compile_mapping({"value": value_of(row)})
    except MappingError as error:
        return str(error).replace("value: ", "")
    return ""


def _bare_value(row: EventMappingRow) -> Json:
    match row.kind:
        case ValueKind.PATH:
            return _path(row.value)
        case ValueKind.FIRST:
            return _first_of(_paths(row.value))
        case ValueKind.TEMPLATE:
            return {"@template": row.value}
        case ValueKind.LITERAL:
            return _literal(row.value)
        case ValueKind.CASE:
            return {"@case": {"operator": row.case, "value": _simple(row.value)}}
        case ValueKind.IF:
            return _condition(row)
        case _:
            try:
                return parse_event_json(row.value).value
            except BadJsonError as error:
                raise MappingError(f"This is no JSON: {error}.") from None


def _condition(row: EventMappingRow) -> Json:
    otherwise: Json = _simple(row.otherwise) if row.otherwise else None
    if row.condition_2:
        parts: dict[str, Json] = {
            "exists": _first_of(_paths(row.condition_2)),
            "then": _simple(row.then_2),
        }
        if row.otherwise:
            parts["else"] = otherwise
        otherwise = {"@if": parts}
    whole: dict[str, Json] = {
        "exists": _first_of(_paths(row.condition)),
        "then": _simple(row.then),
    }
    if row.otherwise or row.condition_2:
        whole["else"] = otherwise
    return {"@if": whole}


def _path(text: str) -> Json:
    if not text.strip():
        raise MappingError("A path is missing, such as $.traits.email.")
    return {"@path": text.strip()}


def _paths(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _first_of(paths: Sequence[str]) -> Json:
    if not paths:
        raise MappingError("A path is missing, such as $.traits.email.")
    first, *rest = paths
    if not rest:
        return _path(first)
    return {"@if": {"exists": _path(first), "then": _path(first), "else": _first_of(rest)}}


def _simple(text: str) -> Json:
    """Return the value of a short text: a path, a template, or a fixed value."""
    if text.strip().startswith("$"):
        return _path(text)
    return {"@template": text} if "{{" in text else _literal(text)


def _literal(text: str) -> Json:
    """Return a fixed value: a number, true, false, null or a quoted text as JSON, else the text."""
    try:
        found = parse_event_json(text).value
    except BadJsonError:
        return text
    return text if isinstance(found, Mapping | list) else found


def _flatten(mapping: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, value in mapping.items():
        is_plain = isinstance(value, Mapping) and not any(key.startswith("@") for key in value)
        if name in _NESTED and is_plain and isinstance(value, Mapping) and value:
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def _row_of(target: str, value: Json, operator: MappingOperator) -> EventMappingRow:
    inner = _only(value, "@excludeWhenNull")
    skips_null = inner is not None
    bare = inner if skips_null else value
    found = _decode(bare)
    kind, parts = found if found is not None else (ValueKind.JSON, {"value": to_json(bare)})
    row = EventMappingRow(target, kind, operator=operator, skips_null=skips_null, **parts)
    # What a row can't say exactly stays JSON.
    if value_of(row) != value:
        return EventMappingRow(target, ValueKind.JSON, to_json(value), operator=operator)
    return row


def _decode(value: Json) -> tuple[ValueKind, dict[str, str]] | None:
    if isinstance(path := _only(value, "@path"), str):
        return ValueKind.PATH, {"value": path}
    if isinstance(template := _only(value, "@template"), str):
        return ValueKind.TEMPLATE, {"value": template}
    case = _only(value, "@case")
    if isinstance(case, Mapping):
        text = _as_simple(case.get("value"))
        if text is not None:
            return ValueKind.CASE, {"value": text, "case": str(case.get("operator"))}
    paths = _as_first_of(value)
    if paths:
        return ValueKind.FIRST, {"value": ", ".join(paths)}
    if (parts := _as_condition(value)) is not None:
        return ValueKind.IF, parts
    if not isinstance(value, Mapping | list):
        return ValueKind.LITERAL, {"value": _as_literal(value)}
    return None


def _as_condition(value: Json) -> dict[str, str] | None:
    parts = _only(value, "@if")
    if not isinstance(parts, Mapping) or set(parts) - {"exists", "then", "else"}:
        return None
    condition, then = _as_first_of(parts.get("exists")), _as_simple(parts.get("then"))
    if not condition or then is None:
        return None
    found = {"condition": ", ".join(condition), "then": then}
    if "else" not in parts:
        return found
    otherwise = _as_simple(parts["else"])
    if otherwise is not None:
        return {**found, "otherwise": otherwise}
    second = _as_condition(parts["else"])
    if second is None or "condition_2" in second:
        return None
    return {
        **found,
        "condition_2": second["condition"],
        "then_2": second["then"],
        "otherwise": second.get("otherwise", ""),
    }


def _as_first_of(value: Json) -> list[str]:
    if isinstance(path := _only(value, "@path"), str):
        return [path]
    parts = _only(value, "@if")
    if not isinstance(parts, Mapping) or set(parts) != {"exists", "then", "else"}:
        return []
    path = _only(parts["exists"], "@path")
    if not isinstance(path, str) or parts["then"] != parts["exists"]:
        return []
    rest = _as_first_of(parts["else"])
    return [path, *rest] if rest else []


def _as_simple(value: Json) -> str | None:
    if isinstance(path := _only(value, "@path"), str):
        return path if path.startswith("$") else f"$.{path}"
    if isinstance(template := _only(value, "@template"), str):
        return template
    return None if isinstance(value, Mapping | list) or value is None else _as_literal(value)


def _as_literal(value: Json) -> str:
    """Return the text by which a form shows a fixed value; a text like 5 or null is quoted."""
    if not isinstance(value, str):
        return to_json(value)
    is_itself = _literal(value) == value and not value.startswith("$") and "{{" not in value
    return value if is_itself and value else to_json(value)


def _only(value: Json, directive: str) -> Json:
    """Return what stands under a value's only key, where that is this directive; else None."""
    return value[directive] if isinstance(value, Mapping) and set(value) == {directive} else None


def to_json(value: Json) -> str:
    """Return a value as compact JSON for a form's field."""
    return json.dumps(value, ensure_ascii=False)

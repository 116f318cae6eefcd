"""Goals as one TOML file that people can read: written in a stable order, read with suspicion.

What does not travel: whether a goal is on and checked, and consent that somebody attested.
"""

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec
import tomli_w

from desktop.kit.errors import BadInput
from desktop.kit.text import translate
from desktop.model.condition import Condition
from desktop.model.goal import GOAL_NAME_LENGTH, Goal
from desktop.model.json_value import Json
from desktop.sync.goals import problems
from desktop.sync.spelling import check_spelling

FORMAT = 1
LARGEST_BYTES = 1_000_000
STAYS = frozenset({"on", "checked_at", "version", "opt_in"})
# What a condition compares with, where TOML has no word for it (a null inside a list).
_AS_JSON = "value_json"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_WHOLE = 2**63
_HEAD = f"""\
# Syncs of Fairlead, format {FORMAT}. `fairlead sync import FILE` takes them in, all or none.
# What is not said has its usual value. What arrives is off, and has to be checked first;
# consent that somebody attested does not travel.
"""


def export_goals(goals: Sequence[Goal]) -> str:
    """The text of the file, goals by name."""
    tables = [_dump(goal) for goal in sorted(goals, key=lambda goal: goal.name)]
    return f"{_HEAD}\n{tomli_w.dumps({'version': FORMAT, 'sync': tables})}"


def import_goals(text: str) -> tuple[Goal, ...]:
    """The goals of a file, off and unchecked, none stored yet.

    Raises BadInput that names the key which cannot be, with the nearest one that can.
    """
    tables = _tables(_parsed(text))
    goals = tuple(_goal(table, f"sync[{n}]") for n, table in enumerate(tables))
    names = [goal.name for goal in goals]
    for name in names:
        if names.count(name) > 1:
            raise _refused(f"“{name}” stands in it {names.count(name)} times.")
    return goals


def _dump(value: Any) -> Any:
    """A value as TOML has it; what a dataclass leaves at its default is left out."""
    if isinstance(value, Condition):
        return _dump_condition(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_dump(part) for part in value]
    if not dataclasses.is_dataclass(value):
        return value
    found: dict[str, Any] = {}
    for part in dataclasses.fields(value):
        held = getattr(value, part.name)
        if not (isinstance(value, Goal) and part.name in STAYS) and held != _default(part):
            found[part.name] = _dump(held)
    return found


def _default(part: "dataclasses.Field[Any]") -> Any:
    if part.default_factory is not dataclasses.MISSING:
        return part.default_factory()
    return part.default


def _dump_condition(condition: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {"field": condition.field, "test": condition.test.value}
    if _toml_can(condition.value):
        found["value"] = condition.value
    elif condition.value is not None:
        found[_AS_JSON] = json.dumps(condition.value, ensure_ascii=False)
    return found


def _toml_can(value: Json) -> bool:
    if isinstance(value, Mapping):
        return all(_toml_can(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_toml_can(part) for part in value)
    return value is not None


def _parsed(text: str) -> Mapping[str, Any]:
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise _refused("It is larger than a file of syncs can be.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        # RecursionError speaks of Python, not of the file.
        why = str(error) if isinstance(error, ValueError) else "It is nested too deeply."
        raise _refused("It is no TOML.", why) from error


def _tables(document: Mapping[str, Any]) -> Sequence[Any]:
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _refused("It does not say its format.", "A file of syncs begins with `version = 1`.")
    if version > FORMAT:
        raise BadInput(
            translate("Transfer", "A newer Fairlead wrote this file."),
            f"It has format {version}; this Fairlead reads up to {FORMAT}. Nothing was imported.",
            translate("Transfer", "Update Fairlead, then import it again."),
        )
    if version < 1:
        raise _refused(f"There is no format {version}.")
    check_spelling(_File, document, "")
    tables = document.get("sync", [])
    if not isinstance(tables, list):
        raise _refused("`sync` must be a list of tables.", "Each begins with [[sync]].")
    if not tables:
        raise _refused("There is no sync in it.")
    return tables


@dataclasses.dataclass(frozen=True)
class _File:
    """The top of the file, for the spelling of its keys."""

    version: int
    sync: tuple[Any, ...]


def _goal(table: Any, path: str) -> Goal:
    check_spelling(Goal, table, path, without=STAYS, besides={Condition: (_AS_JSON,)})
    try:
        goal = msgspec.convert(_readable(table, path), Goal)
    except msgspec.ValidationError as error:
        raise _mistyped(str(error), path) from error
    if not _NAME.fullmatch(goal.name) or len(goal.name) > GOAL_NAME_LENGTH:
        raise _refused(
            f"`{path}.name`: “{goal.name[:80]}” cannot be the name of a sync.",
            f"It has up to {GOAL_NAME_LENGTH} small letters, digits, hyphens and underscores.",
        )
    if not goal.title.strip():
        raise _refused(f"`{path}.title` is empty.")
    wrong = problems(goal)
    if wrong:
        raise _refused(f"“{goal.title}” cannot be saved like this.", " ".join(wrong))
    return goal


def _readable(value: Any, path: str) -> Any:
    """The parsed value as msgspec reads it; raises BadInput for what JSON does not have."""
    if isinstance(value, Mapping):
        found = {key: _readable(part, f"{path}.{key}") for key, part in value.items()}
        if _AS_JSON in found and "test" in found:
            found["value"] = _json(found.pop(_AS_JSON), f"{path}.{_AS_JSON}")
        return found
    if isinstance(value, list):
        return [_readable(part, f"{path}[{n}]") for n, part in enumerate(value)]
    if isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
        raise _refused(f"`{path}`: the number is too large.")
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused(f"`{path}`: that is no number that can be compared.")
    if not isinstance(value, str | int | float | bool):
        raise _refused(f"`{path}`: write dates and times as texts, in quotes.")
    return value


def _json(text: Any, path: str) -> Json:
    try:
        found: Json = msgspec.json.decode(text if isinstance(text, str) else "")
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused(f"`{path}` holds no JSON.", str(error)) from error
    return found


_TYPES = {
    "str": translate("Transfer", "a text"),
    "int": translate("Transfer", "a whole number"),
    "float": translate("Transfer", "a number"),
    "bool": translate("Transfer", "true or false"),
    "array": translate("Transfer", "a list"),
    "object": translate("Transfer", "a table"),
}
_AT = re.compile(r" - at `\$?(?P<place>[^`]*)`$")
_EXPECTED = re.compile(r"Expected `(?P<wanted>\w+)[^`]*`, got `(?P<found>\w+)`")
_MISSING = re.compile(r"Object missing required field `(?P<key>\w+)`")


def _mistyped(said: str, path: str) -> BadInput:
    """The words of msgspec as a sentence with the key's path."""
    at = _AT.search(said)
    place = path + (at["place"] if at else "")
    expected, missing = _EXPECTED.search(said), _MISSING.search(said)
    if missing:
        return _refused(f"`{place}.{missing['key']}` is missing.")
    if expected:
        wanted, found = (_TYPES.get(word, word) for word in expected.group("wanted", "found"))
        return _refused(f"`{place}` must be {wanted}, not {found}.")
    return _refused(f"`{place}`: {_AT.sub('', said)}.")


def _refused(what: str, why: str = "") -> BadInput:
    nothing = translate("Transfer", "Nothing was imported.")
    return BadInput(what, f"{why} {nothing}".strip())

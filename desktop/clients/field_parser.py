"""Reads single fields of an answer; a wrong one is left out and noted, the rest stays.

`None` and an absent field are alike: services use both. Notes hold where and why, never values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec

from desktop.clients.json_parsing import MAX_INT
from desktop.kit.text import is_valid_unicode
from desktop.model.json_value import Json


@dataclass(frozen=True)
class FieldProblem:
    """One quarantined field: `where` is its path, `why` a short reason."""

    path: str
    reason: str


S = TypeVar("S", bound=msgspec.Struct)

OnFieldProblems = Callable[[tuple[FieldProblem, ...]], None]


class FieldParser:
    """Collects what had to be left out of one answer."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def add_problem(self, where: str, why: str) -> None:
        """Quarantine the field at `where`."""
        self.problems.append(FieldProblem(where, why))

    def text(self, value: object, where: str) -> str | None:
        """A string that can be encoded."""
        if value is None:
            return None
        if isinstance(value, str):
            if is_valid_unicode(value):
                return value
            self.add_problem(where, "not valid Unicode")
        else:
            self.add_problem(where, "not a text")
        return None

    def integer(self, value: object, where: str) -> int | None:
        """An integer; digits in quotes count."""
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_INT:
            return value
        self.add_problem(where, "not a whole number")
        return None

    def identifier(self, value: object, where: str) -> int | None:
        """A positive 64-bit integer."""
        number = self.integer(value, where)
        if number is not None and not 0 < number < 2**63:
            self.add_problem(where, "not an id")
            return None
        return number

    def number(self, value: object, where: str) -> float | None:
        """A finite number; one in quotes counts."""
        if value is None:
            return None
        if isinstance(value, str) and len(value) < 40:
            try:
                value = float(value)
            except ValueError:
                self.add_problem(where, "not a number")
                return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(value, int | float) and is_number and abs(value) < 1e300:
            return float(value)
        self.add_problem(where, "not a number")
        return None

    def flag(self, value: object, where: str, *, default: bool = False) -> bool:
        """True or false; 1 and 0 count."""
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value in (0, 1):
            return value == 1
        self.add_problem(where, "neither true nor false")
        return default

    def struct(self, document: Mapping[str, object], kind: type[S], where: str = "answer") -> S:
        """The fields that `kind` names; others are ignored."""
        try:
            return msgspec.convert(document, kind)
        except UnicodeEncodeError:
            return msgspec.convert(self.mapping(document, where), kind)

    def mapping(self, value: object, where: str) -> Mapping[str, object]:
        """An object; null and an empty array (PHP's empty map) count as an empty one."""
        if value is None or value == []:
            return {}
        if not isinstance(value, dict):
            self.add_problem(where, "not an object")
            return {}
        usable = {key: item for key, item in value.items() if is_valid_unicode(key)}
        for _ in range(len(value) - len(usable)):
            self.add_problem(where, "a name that is not valid Unicode")
        return usable

    def sequence(self, value: object, where: str) -> Sequence[object]:
        """An array; null and an empty object count as an empty one."""
        if value is None or value == {}:
            return ()
        if isinstance(value, list):
            return value
        self.add_problem(where, "not an array")
        return ()

    def json(self, value: object, where: str) -> tuple[Json] | None:
        """Any JSON, in a tuple; None when something in it cannot be kept."""
        try:
            if _usable(value):
                return (cast("Json", value),)
        except RecursionError:
            self.add_problem(where, "nested too deeply")
            return None
        self.add_problem(where, "holds a number or text that cannot be kept")
        return None

    def json_map(self, value: object, where: str) -> dict[str, Json]:
        """An object's usable entries."""
        kept: dict[str, Json] = {}
        for name, item in self.mapping(value, where).items():
            if (found := self.json(item, f"{where}.{_short(name)}")) is not None:
                kept[name] = found[0]
        return kept


def _usable(value: object) -> bool:
    if value is None or isinstance(value, bool | float):
        return True
    if isinstance(value, str):
        return is_valid_unicode(value)
    if isinstance(value, int):
        return abs(value) < MAX_INT
    if isinstance(value, list):
        return all(_usable(item) for item in value)
    if isinstance(value, dict):
        return all(is_valid_unicode(key) and _usable(item) for key, item in value.items())
    return False


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:39] + "…"

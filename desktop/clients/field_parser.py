"""Parses single fields of a service's JSON answer; an invalid one is left out and noted.

`None` and an absent field are alike: services use both. Notes hold where and why, never values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast

import msgspec

from desktop.clients.json_parsing import MAX_INT
from desktop.kit.text import is_valid_unicode
from desktop.model.json_value import Json


@dataclass(frozen=True)
class FieldProblem:
    """A field left out of a service's answer: `path` says where, `reason` why, never its value."""

    path: str
    reason: str


class WireRecord(msgspec.Struct):
    """A record in a service's JSON, which has an id."""

    id: object = None


S = TypeVar("S", bound=msgspec.Struct)
R = TypeVar("R", bound=WireRecord)

OnFieldProblems = Callable[[tuple[FieldProblem, ...]], None]


class FieldParser:
    """Parses the fields of one JSON answer and collects the problems."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def add_problem(self, where: str, why: str) -> None:
        """Note that an answer's field at `where` is left out."""
        self.problems.append(FieldProblem(where, why))

    def text(self, value: object, where: str) -> str | None:
        """Parse an answer's text field; None where it is no valid Unicode."""
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
        """Parse an answer's integer field, also one in quotes, else None."""
        if value is None:
            return None
        # PHP and CSV imports quote numbers; 64 bits have at most 19 digits.
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        # Beyond 2^53 a float does not tell neighbouring integers apart.
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MAX_INT:
            return value
        self.add_problem(where, "not a whole number")
        return None

    def identifier(self, value: object, where: str) -> int | None:
        """Parse an answer's id, a positive 64-bit integer, else None."""
        number = self.integer(value, where)
        if number is not None and not 0 < number < 2**63:
            self.add_problem(where, "not an id")
            return None
        return number

    def number(self, value: object, where: str) -> float | None:
        """Parse an answer's field as a finite number, also one in quotes, else None."""
        if value is None:
            return None
        # A longer text is no number that somebody meant.
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

    def iso_time(self, value: object, where: str) -> float | None:
        """Parse an answer's ISO 8601 time, in UTC unless it says so, to Unix seconds, else None."""
        text = self.text(value, where)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            self.add_problem(where, "not a time")
            return None

    def flag(self, value: object, where: str, *, default: bool = False) -> bool:
        """Parse an answer's boolean field, also from 1 and 0, else `default`."""
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value in (0, 1):
            return value == 1
        self.add_problem(where, "neither true nor false")
        return default

    def struct(self, document: Mapping[str, object], kind: type[S], where: str = "answer") -> S:
        """Parse an answer's object into the msgspec struct `kind`; other fields are ignored."""
        try:
            return msgspec.convert(document, kind)
        # msgspec refuses the whole struct for one lone surrogate; the mapping leaves it out
        # alone.
        except UnicodeEncodeError:
            return msgspec.convert(self.mapping(document, where), kind)

    def mapping(self, value: object, where: str) -> Mapping[str, object]:
        """Parse an answer's object; null and an empty array (PHP's empty map) are an empty one."""
        if value is None or value == []:
            return {}
        if not isinstance(value, dict):
            self.add_problem(where, "not an object")
            return {}
        if all(map(str.isascii, value)):
            return value
        usable = {key: item for key, item in value.items() if is_valid_unicode(key)}
        for _ in range(len(value) - len(usable)):
            self.add_problem(where, "a name that is not valid Unicode")
        return usable

    def sequence(self, value: object, where: str) -> Sequence[object]:
        """Parse an answer's array; null and an empty object count as an empty one."""
        if value is None or value == {}:
            return ()
        if isinstance(value, list):
            return value
        self.add_problem(where, "not an array")
        return ()

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        """Parse an answer's array of texts; empty ones and what is no text are left out."""
        listed = self.sequence(value, where)
        read = (self.text(item, f"{where}[{place}]") for place, item in enumerate(listed))
        return tuple(text for text in read if text)

    def record(self, item: object, kind: type[R], where: str) -> tuple[R, int] | None:
        """Parse a record's fields and its id; None, with a note, without object or id."""
        if not isinstance(item, dict):
            self.add_problem(where, "missing" if item is None else "not an object")
            return None
        wire = self.struct(item, kind, where)
        found = self.identifier(wire.id, f"{where}.id")
        if found is None:
            if wire.id is None:
                self.add_problem(f"{where}.id", "missing")
            return None
        return wire, found

    def json(self, value: object, where: str) -> tuple[Json] | None:
        """Parse any JSON value in an answer, as a tuple of one; None where it cannot be stored."""
        try:
            if _usable(value):
                return (cast("Json", value),)
        except RecursionError:
            self.add_problem(where, "nested too deeply")
            return None
        self.add_problem(where, "holds a number or text that cannot be kept")
        return None

    def json_map(self, value: object, where: str) -> dict[str, Json]:
        """Parse those entries of an answer's object that can be stored."""
        kept: dict[str, Json] = {}
        for name, item in self.mapping(value, where).items():
            # Nearly all are so, and a profile of 5,000 vars is parsed in Qt's thread.
            if _is_plain(item):
                kept[name] = cast("Json", item)
            elif (found := self.json(item, f"{where}.{_short(name)}")) is not None:
                kept[name] = found[0]
        return kept


def _is_plain(value: object) -> bool:
    """Whether a value is obviously usable, found out in a fifth of the time."""
    return (type(value) is str and value.isascii()) or (type(value) is int and abs(value) < MAX_INT)


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

"""What a field's value says: nothing, a number, a truth, a moment; and when two say the same."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeGuard

from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json

_BOOLEAN_WORDS = {"true": True, "false": False, "1": True, "0": False}


def is_empty(value: FieldValue) -> bool:
    """Null, "" and [] are empty; 0 and false are values. Missing is the caller's to see."""
    return value is None or value in ("", [], ())


def parse_number(value: FieldValue) -> Decimal | None:
    """The finite number that a number or a text is; None for all else, booleans among them."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _is_plain_number(value):
        return None
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_plain_number(text: str) -> bool:
    # Decimal also takes "1_000" and digits of other scripts, which no service means as a number.
    return text.isascii() and "_" not in text and bool(text.strip())


def parse_boolean(value: FieldValue) -> bool | None:
    """True for true, "true", "1" and 1, false for their opposites, None for all else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _BOOLEAN_WORDS.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


def parse_timestamp(value: FieldValue) -> float | None:
    """Unix seconds of an Instant, an ISO date or date-time (UTC if unsaid), or Unix seconds."""
    if isinstance(value, Instant):
        return value.timestamp if math.isfinite(value.timestamp) else None
    number = parse_number(value)
    if number is not None:
        return float(number)
    return _parse_iso_timestamp(value) if isinstance(value, str) else None


def _parse_iso_timestamp(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def as_list(value: Json) -> list[Json]:
    """A list as it is, anything else as a list of one; what is empty as none."""
    if is_list(value):
        return list(value)
    return [] if is_empty(value) else [value]


def is_list(value: FieldValue) -> TypeGuard[Sequence[Json]]:
    """Whether it has several values; a text is one."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def merge_into_list(old: Json, parts: Json) -> list[Json]:
    """The old values in their order, then those of `parts` that are new, each once."""
    held = as_list(old)
    for part in as_list(parts):
        if not is_empty(part) and not any(is_same_stored_value(part, other) for other in held):
            held.append(part)
    return held


def is_same_stored_value(left: Json, right: Json) -> bool:
    """Whether two stored values are the same but for the form a service keeps them in.

    "4" and 4, "true" and true, 2026-11-03 and its midnight UTC are; "007" and 7 are not, nor
    are true and 1.
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            is_same_stored_value(left[k], right[k]) for k in left
        )
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(is_same_stored_value, left, right))
    if isinstance(left, str) and isinstance(right, str):
        return left == right or left in _midnight_forms(right) or right in _midnight_forms(left)
    if isinstance(left, str):
        return left in _text_forms(right)
    if isinstance(right, str):
        return right in _text_forms(left)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _midnight_forms(text: str) -> tuple[str, ...]:
    if len(text) != len("2026-11-03") or _parse_iso_timestamp(text) is None:
        return ()
    return tuple(f"{text}T00:00:00{end}" for end in ("Z", "+00:00", ".000Z"))


def _text_forms(value: Json) -> tuple[str, ...]:
    """How a number or a truth is written as text."""
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    if isinstance(value, float) and value.is_integer():
        return repr(value), str(int(value))
    return (str(value),) if isinstance(value, (int, float)) else ()


def is_equivalent_value(left: FieldValue, right: FieldValue) -> bool:
    """Whether two values say the same to a person who compares them: "true", true and 1 do."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(
            is_equivalent_value(left[k], right[k]) for k in left
        )
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(map(is_equivalent_value, left, right))
    if _is_boolean_like(left) or _is_boolean_like(right):
        told = parse_boolean(left)
        return told is not None and told is parse_boolean(right)
    numbers = parse_number(left), parse_number(right)
    if None not in numbers and not (isinstance(left, str) and isinstance(right, str)):
        return numbers[0] == numbers[1]
    return left == right


def _is_boolean_like(value: FieldValue) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, str) and value.strip().lower() in ("true", "false")
    )

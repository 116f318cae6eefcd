"""Parses a record's field value: as a number, a boolean, a timestamp or a list."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeGuard

from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json

_BOOLEAN_WORDS = {"true": True, "false": False, "1": True, "0": False}


def is_empty(value: FieldValue) -> bool:
    """Whether a field value is null, "" or []; 0 and false are values."""
    return value is None or value in ("", [], ())


def parse_number(value: FieldValue) -> Decimal | None:
    """Parse a field value as a finite number, from a number or a text; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _is_plain_number(value):
        return None
    try:
        # Of a float its shortest text: Decimal(0.1) would have 55 digits.
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_plain_number(text: str) -> bool:
    # Decimal also takes "1_000" and digits of other scripts, which no service means as a number.
    return text.isascii() and "_" not in text and bool(text.strip())


def parse_boolean(value: FieldValue) -> bool | None:
    """Parse a field value as a boolean: true, "true", "1", 1 and their opposites; else None."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _BOOLEAN_WORDS.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


def parse_timestamp(value: FieldValue) -> float | None:
    """Parse a field value as Unix seconds: an Instant, an ISO date (UTC if unsaid), a number."""
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
    """Return a field value as a list: any other value is a list of one, an empty one none."""
    if is_list(value):
        return list(value)
    return [] if is_empty(value) else [value]


def is_list(value: FieldValue) -> TypeGuard[Sequence[Json]]:
    """Whether a field value is a sequence of values; a text is one value."""
    return isinstance(value, Sequence) and not isinstance(value, str)


# Of a value in a sentence.
_MAX_SHOWN_LENGTH = 80


def shorten_value(value: Json) -> str:
    """Format a field value for a sentence, at most 80 characters long."""
    text = "not set" if value is None else str(value)
    return text if len(text) <= _MAX_SHOWN_LENGTH else text[: _MAX_SHOWN_LENGTH - 1] + "…"

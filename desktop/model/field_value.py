"""What a field's value says: nothing, a number, a truth, a moment; and when two say the same.

Services give back what they were given in a form of their own ("4" for 4, true for "true"), and a
difference of form is no change.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from desktop.model.instant import FieldValue, Instant

_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


def is_empty(value: FieldValue) -> bool:
    """Null, "" and [] are empty; 0 and false are values. Missing is the caller's to see."""
    return value is None or value in ("", [], ())


def number_in(value: FieldValue) -> Decimal | None:
    """The finite number that a number or a text is; None for all else, booleans among them."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not _plain_number(value):
        return None
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain_number(text: str) -> bool:
    # Decimal also takes "1_000" and digits of other scripts, which no service means as a number.
    return text.isascii() and "_" not in text and bool(text.strip())


def truth_in(value: FieldValue) -> bool | None:
    """True for true, "true", "1" and 1, false for their opposites, None for all else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _TRUTHS.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


def moment_in(value: FieldValue) -> float | None:
    """Unix seconds of an Instant, an ISO date or date-time (UTC if unsaid), or Unix seconds."""
    if isinstance(value, Instant):
        return value.at if math.isfinite(value.at) else None
    number = number_in(value)
    if number is not None:
        return float(number)
    return _iso_moment(value) if isinstance(value, str) else None


def _iso_moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def alike(left: FieldValue, right: FieldValue) -> bool:
    """Whether two values say the same in perhaps another form."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(alike(left[k], right[k]) for k in left)
    if _is_list(left) and _is_list(right):
        return _all_alike(left, right)
    if _says_truth(left) or _says_truth(right):
        told = truth_in(left)
        return told is not None and told is truth_in(right)
    numbers = number_in(left), number_in(right)
    if None not in numbers and not (isinstance(left, str) and isinstance(right, str)):
        return numbers[0] == numbers[1]
    return left == right


def _says_truth(value: FieldValue) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, str) and value.strip().lower() in ("true", "false")
    )


def _is_list(value: FieldValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _all_alike(left: FieldValue, right: FieldValue) -> bool:
    if not isinstance(left, Sequence) or not isinstance(right, Sequence):
        return False
    return len(left) == len(right) and all(map(alike, left, right))

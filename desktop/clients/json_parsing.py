"""Reads a service's JSON: strict and fast, and once more tolerantly where that fails.

What no later reader could use (NaN, a number beyond 64-bit floats, half a surrogate pair) does
not cost the document: it stands in the result as `UNUSABLE_VALUE` or as text that cannot be encoded,
and `field.Notes` quarantines it.
"""

import json
import math
from typing import Final

import msgspec


class InvalidJsonError(ValueError):
    """Not JSON at all; never leaves this room."""


class _Unusable:
    def __repr__(self) -> str:
        return "UNUSABLE"


UNUSABLE_VALUE: Final = _Unusable()

# The last integer every reader keeps exact enough to compare; ids are 64-bit (contract zendesk 14).
MAX_INT = 2**64


def parse_json(body: bytes) -> object:
    """The document. Raises InvalidJsonError."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _parse_tolerantly(body)


def _parse_tolerantly(body: bytes) -> object:
    try:
        # Bytes that are no UTF-8 become lone surrogates, which are quarantined like any other.
        text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        return json.loads(
            text,
            strict=False,
            parse_int=_whole,
            parse_float=_number,
            parse_constant=lambda _: UNUSABLE_VALUE,
        )
    except (ValueError, RecursionError):
        raise InvalidJsonError from None


def _whole(digits: str) -> object:
    return int(digits) if len(digits) <= 20 else UNUSABLE_VALUE


def _number(text: str) -> object:
    value = float(text)
    return value if math.isfinite(value) else UNUSABLE_VALUE

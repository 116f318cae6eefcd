"""Reads a service's JSON: strict and fast, and once more tolerantly where that fails.

What no later reader could use (NaN, a number beyond 64-bit floats, half a surrogate pair) does
not cost the document: it stands in the result as `UNUSABLE` or as text that cannot be encoded,
and `field.Notes` quarantines it.
"""

import json
import math
from typing import Final

import msgspec


class Unreadable(ValueError):
    """Not JSON at all; never leaves this room."""


class _Unusable:
    def __repr__(self) -> str:
        return "UNUSABLE"


UNUSABLE: Final = _Unusable()

# The last integer every reader keeps exact enough to compare; ids are 64-bit (contract zendesk 14).
LARGEST_INT = 2**64


def parse(body: bytes) -> object:
    """The document. Raises Unreadable."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _tolerantly(body)


def _tolerantly(body: bytes) -> object:
    try:
        # Bytes that are no UTF-8 become lone surrogates, which are quarantined like any other.
        text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        return json.loads(
            text,
            strict=False,
            parse_int=_whole,
            parse_float=_number,
            parse_constant=lambda _: UNUSABLE,
        )
    except (ValueError, RecursionError):
        raise Unreadable from None


def _whole(digits: str) -> object:
    return int(digits) if len(digits) <= 20 else UNUSABLE


def _number(text: str) -> object:
    value = float(text)
    return value if math.isfinite(value) else UNUSABLE

"""Parses an event's JSON, strictly first and then mended: typographic quotes, trailing commas."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from desktop.model.json_value import Json

# Where JSON has a string begin or end; within one they are letters, as in “say “hi””.
_TYPOGRAPHIC_QUOTE = re.compile(r"([{\[,:]\s*)[“”„‟]|[“”„‟](?=\s*[,:}\]])")
# A string is matched whole, so that a comma within it is left alone.
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')
# Longer numbers are refused: int() takes quadratic time for them.
_LONGEST_NUMBER = 40


class ParsedJson(NamedTuple):
    """An event's JSON value, and sentences on what had to be mended to read it."""

    value: Json
    warnings: tuple[str, ...]


class BadJsonError(ValueError):
    """The exception for an event's text that is no JSON; its text says why and where.

    `position` counts characters from 0; None where no place can be named.
    """

    def __init__(self, text: str, position: int | None = None) -> None:
        super().__init__(text)
        self.position = position


def parse_event_json(text: str) -> ParsedJson:
    """Parse the JSON of one event. Raises BadJsonError where mending does not help either."""
    try:
        return _parse(text, ())
    except BadJsonError as error:
        for mended, warnings in _mendings(text):
            try:
                return _parse(mended, warnings)
            except BadJsonError:
                continue
        raise error from None


def _mendings(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the texts to try instead of an event's broken JSON, each with what was mended."""
    found: list[tuple[str, tuple[str, ...]]] = []
    without_commas = _drop_trailing_commas(text)
    if without_commas != text:
        found.append((without_commas, ("A comma after the last value was left out.",)))
    straight = _TYPOGRAPHIC_QUOTE.sub(lambda found: f'{found[1] or ""}"', text)
    if straight != text:
        words = ("Typographic quotes were read as straight ones.",)
        found += [(straight, words), (_drop_trailing_commas(straight), words)]
    return found


def _drop_trailing_commas(text: str) -> str:
    bare = text.strip()
    bare = bare.removesuffix(",") if bare.endswith(("},", "],")) else text
    return _TRAILING_COMMA.sub(lambda found: found.group(1) or "", bare)


class _DoubledNameError(Exception):
    """The exception for an event's JSON object in which a name stands twice."""


def _parse(text: str, warnings: tuple[str, ...]) -> ParsedJson:
    """Parse a text that is JSON. Raises BadJsonError."""
    doubled: list[str] = []
    try:
        value = _decode(text, doubled)
    except json.JSONDecodeError as error:
        raise BadJsonError(f"{error.msg}, at character {error.pos + 1}", error.pos) from None
    except RecursionError:
        raise BadJsonError("it is nested too deeply") from None
    # Half of a surrogate pair could not be stored or sent.
    if "\\u" in text and "\\ud" in text.lower() and _has_half_letter(value):
        raise BadJsonError("a \\u escape names half of a letter")
    words = [f"“{name}” stands twice; the last one counts." for name in doubled]
    return ParsedJson(value, (*warnings, *words))


def _decode(text: str, doubled: list[str]) -> Any:
    """Decode a JSON text; `doubled` takes the names that stand twice in one object."""
    try:
        return _PLAIN_DECODER.decode(text)
    except _DoubledNameError:
        pass

    def make_object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        counts = Counter(name for name, _ in pairs)
        doubled.extend(name for name, count in counts.items() if count > 1)
        return dict(pairs)

    return _make_decoder(make_object).decode(text)


def _make_object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _DoubledNameError
    return made


def _refuse_constant(name: str) -> Json:
    raise BadJsonError(f"{name} is no JSON value")


def _parse_whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise BadJsonError("a number is too long")
    return int(digits)


def _parse_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJsonError("a number is too large")
    return value


def _make_decoder(
    make_object: Callable[[list[tuple[str, Json]]], dict[str, Json]],
) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=make_object,
        parse_constant=_refuse_constant,
        parse_int=_parse_whole,
        parse_float=_parse_number,
    )


# Made once: `json.loads` makes one for each text.
_PLAIN_DECODER = _make_decoder(_make_object)


def _has_half_letter(value: Json) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False

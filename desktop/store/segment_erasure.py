"""Erases the saved segments that tell who somebody is, by their conditions or their name."""

import re
import sqlite3
from collections.abc import Iterable, Iterator

from desktop.kit.text import fold_text

# An operator with a value, as an expression is saved: `name is "Ana Lopez"`.
_TESTS = r'(?:is not|is|contains|does not contain|begins with) "?'


def erase_segments_of(
    connection: sqlite3.Connection,
    addresses: Iterable[str],
    names: Iterable[str],
    phones: Iterable[str],
    external_ids: Iterable[str],
) -> int:
    """Delete the segments that name a person; returns how many.

    A name of one word and an external id may be any word: they count where their field is asked.
    """
    patterns = tuple(map(re.compile, _list_patterns(addresses, names, phones, external_ids)))
    told = [
        row["name"]
        for row in connection.execute("SELECT name, expression FROM segment").fetchall()
        if any(
            pattern.search(fold_text(text))
            for pattern in patterns
            for text in (row["name"], row["expression"])
        )
    ]
    connection.executemany("DELETE FROM segment WHERE name = ?", [(name,) for name in told])
    return len(told)


def _list_patterns(
    addresses: Iterable[str],
    names: Iterable[str],
    phones: Iterable[str],
    external_ids: Iterable[str],
) -> Iterator[str]:
    for address in addresses:
        yield re.escape(fold_text(address))
    for name in names:
        yield from _word_patterns("name", name, is_telling=len(name.split()) > 1)
    for phone in phones:
        yield from _word_patterns("phone", phone, is_telling=len(phone) > 5)
    for external_id in external_ids:
        yield from _word_patterns("external_id", external_id, is_telling=False)


def _word_patterns(field: str, value: str, *, is_telling: bool) -> Iterator[str]:
    """Yield the patterns of a value: wherever it stands, if `is_telling`, or of its field."""
    word = re.escape(fold_text(value.replace("\\", "\\\\").replace('"', '\\"')).strip())
    if not word:
        return
    if is_telling:
        yield rf"(?<!\w){word}(?!\w)"
    else:
        yield rf'(?<![\w.]){field} {_TESTS}{word}(?:[")]|\s|$)'

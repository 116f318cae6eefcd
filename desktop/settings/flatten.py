"""Turns nested documents (`{"permissions": {"agent": {…}}}`) into the table's dotted keys."""

from collections.abc import Iterator, Mapping

from desktop.model.json_value import Json
from desktop.settings.table import BY_KEY


def flatten(document: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Json]]:
    """Pairs of key and value; stops at a key of the table, since a value may be an object too."""
    for name, value in document.items():
        key = f"{prefix}{name}"
        if key not in BY_KEY and isinstance(value, Mapping):
            yield from flatten(value, f"{key}.")
        else:
            yield key, value

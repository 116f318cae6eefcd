"""Flattens nested settings (`{"permissions": {"agent": {…}}}`) to the table's dotted keys."""

from collections.abc import Iterator, Mapping

from desktop.model.json_value import Json
from desktop.settings.settings_table import SETTINGS_BY_KEY


def flatten_to_dotted_keys(
    document: Mapping[str, Json], prefix: str = ""
) -> Iterator[tuple[str, Json]]:
    """Yield a setting's dotted key and value; stops at a key of the table, even with an object."""
    for name, value in document.items():
        key = f"{prefix}{name}"
        # `value.segment_lists` is a setting whose value is an object.
        if key not in SETTINGS_BY_KEY and isinstance(value, Mapping):
            yield from flatten_to_dotted_keys(value, f"{key}.")
        else:
            yield key, value

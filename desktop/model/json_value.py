"""The type of a JSON document's values, and the one text that equal values have."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
else:
    # A recursive alias is for the type checker; msgspec, which decodes what was kept, takes any.
    Json = Any


def canonical_json(value: Json) -> str:
    """Return a value's JSON with its keys sorted, so that equal values are equal texts."""
    # Imported here: no window needs it before its first paint, nor what it imports itself.
    import msgspec

    return msgspec.json.encode(value, order="sorted").decode()

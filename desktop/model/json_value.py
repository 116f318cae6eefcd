"""The type of a JSON document's values, and the one text that equal values have."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
else:
    # A recursive alias is for the type checker; msgspec, which decodes what was kept, takes any.
    Json = Any


def canonical_json(value: Json) -> str:
    """Return a value's JSON with its keys sorted, so that equal values are equal texts."""
    return msgspec.json.encode(value, order="sorted").decode()

"""What a JSON document can hold."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
else:
    # A recursive alias is for the type checker; msgspec, which decodes what was kept, takes any.
    Json = Any

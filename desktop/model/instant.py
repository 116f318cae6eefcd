"""A date-time among field values, so that it is told apart from a number."""

from dataclasses import dataclass

from desktop.model.json_value import Json


@dataclass(frozen=True, order=True)
class Instant:
    """A moment; `at` is Unix seconds (UTC)."""

    timestamp: float


# What a field of a record can hold. A field that is not in the mapping is absent, which is
# neither null nor "".
FieldValue = Json | Instant

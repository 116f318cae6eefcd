"""`Instant`, the type of date-times among field values, and `FieldValue`, which holds it."""

from dataclasses import dataclass

from desktop.model.json_value import Json


@dataclass(frozen=True, order=True)
class Instant:
    """A field value's moment in Unix seconds (UTC), told from a number by its type."""

    timestamp: float


# What a field of a record can hold. A field that is not in the mapping is absent, which is
# neither null nor "".
FieldValue = Json | Instant

"""Values of mapped fields as people read them in a preview: a `_time` field as a date."""

from desktop.model.field_value import parse_timestamp
from desktop.model.instant import FieldValue, Instant
from desktop.sync.field_labels import format_value
from desktop.viewmodels import time_format

# Below, a number is a count or a span: 1973 and later are moments.
_EARLIEST_MOMENT = 100_000_000


def readable_value(value: FieldValue, field: str) -> str:
    """Format a previewed field's value; moments as `29 Nov 2026 15:28`, days `29 Nov 2026`."""
    if isinstance(value, Instant):
        return time_format.format_full_date_and_time(value.timestamp)
    name = field.rpartition(".")[2]
    if name.endswith(("_time", "_at")) and _is_moment(value):
        at = parse_timestamp(value)
        return time_format.format_full_date_and_time(at) if at is not None else str(value)
    return format_value(value, field)


def _is_moment(value: FieldValue) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value >= _EARLIEST_MOMENT
    return isinstance(value, str) and "T" in value

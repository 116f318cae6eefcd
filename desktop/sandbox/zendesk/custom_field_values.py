"""Values of custom fields in the Zendesk sandbox: by the field's type; unknown keys are dropped.

Facts: docs/zendesk.md 3.
"""

from collections.abc import Iterable
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.zendesk.error_responses import validation_error


def store_custom_values(
    fields: Iterable[JsonObject], stored: JsonObject, given: Any, longest_text: int
) -> None:
    """Write the values sent for fields that exist into a sandbox record's `stored` values.

    Zendesk discards what names no field, without a word. A 422 where a value does not fit.
    """
    if not isinstance(given, dict):
        return
    types = {field["key"]: field["type"] for field in fields}
    for key, value in given.items():
        if key in types:
            new = _value_of_type(types[key], key, value)
            is_cut = longest_text and types[key] in ("text", "textarea") and isinstance(new, str)
            stored[key] = new[:longest_text] if is_cut else new


def _value_of_type(kind: str, key: str, value: Any) -> Any:
    if value is None:
        # A checkbox has no third state: null unticks it.
        return False if kind == "checkbox" else None
    if kind == "checkbox":
        return value in (True, 1, "1", "true")
    try:
        if kind == "integer":
            return int(value)
        if kind == "decimal":
            return float(value)
    except (TypeError, ValueError) as error:
        raise validation_error(key, f"{key}: {value} is not valid") from error
    return value if kind == "multiselect" else str(value)

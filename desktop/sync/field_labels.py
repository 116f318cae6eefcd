"""Labels of a plan's fields and values, for the window and the terminal."""

from collections.abc import Mapping

from desktop.model.json_value import Json

UNSET_LABEL = "not set"


def format_field_name(field: str) -> str:
    """Return a plan field's label: `vars.phone` is “phone”, `tags.vip` the tag vip."""
    kind, dot, name = field.partition(".")
    if not dot:
        return {"optout": "opt-out"}.get(field, field)
    return {
        "lists": f"list {name}",
        "tags": f"tag {name}",
    }.get(kind, name)


def format_value(value: Json, field: str = "") -> str:
    """Format a plan's value on one line; null is “not set”."""
    if field.startswith(("lists.", "tags.")):
        return "on" if value else "off"
    if value is None or value == "":
        return UNSET_LABEL
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {format_value(part)}" for key, part in value.items())[:400]
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)[:400] or UNSET_LABEL
    return " ".join(str(value).split())[:400]

"""The type of a Sailthru profile field, by the JSON value it holds: a change keeps it."""

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json

# By type: what such a value is called, and one as it is typed.
PROFILE_FIELD_TYPES = {
    "text": ("a text", '"two words"'),
    "number": ("a number", "42 or 3.5"),
    "yes/no": ("yes or no", "true or false"),
    "list": ("a list", '["red", "blue"]'),
    "object": ("an object", '{"size": 42}'),
}


class FieldTypeDiffers(InvalidInput):
    """A value is of another type than the profile field that is to hold it."""


def profile_field_type(value: Json) -> str:
    """Return the type of a profile field with this value, or "none" where it has none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes/no"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list | tuple) else "object"


def require_same_type(name: str, kept: Json, value: Json) -> None:
    """Raise FieldTypeDiffers for a value of another type than the field's own.

    Campaigns and smart lists compare by it: "7" is not 7. A field without a value takes any type,
    and any field may be emptied.
    """
    if kept is None or value is None:
        return
    own = profile_field_type(kept)
    if profile_field_type(value) != own:
        what, example = PROFILE_FIELD_TYPES[own]
        raise FieldTypeDiffers(
            f"“{name}” holds {what}, and stays one: the new value is"
            f" {PROFILE_FIELD_TYPES[profile_field_type(value)][0]}.",
            "Nothing was changed.",
            f"Give one like {example}, or empty the field first.",
        )

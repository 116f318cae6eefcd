"""Sailthru's rules for the names of vars and lists (contract sailthru 5)."""

import re

from desktop.kit.errors import BadInput
from desktop.model.json_value import Json

LONGEST_NAME = 32
_LARGEST_VALUE = 100_000


def check_var_name(name: str) -> str:
    """The name, or BadInput with the rule it breaks."""
    if not name or name != name.strip():
        raise BadInput("A field needs a name without spaces around it.")
    if len(name) > LONGEST_NAME:
        raise BadInput(
            f"“{name[:40]}…” is {len(name)} characters long.",
            f"Sailthru takes at most {LONGEST_NAME} for the name of a field.",
            "Shorten it.",
        )
    if name[0].isdigit() or re.search(r"[%\-.$\s]", name) or not name.isprintable():
        raise BadInput(
            f"“{name}” cannot be the name of a field in Sailthru.",
            "Names do not begin with a digit and hold no spaces and none of % - . $",
            "Use letters, digits and underscores.",
        )
    return name


def check_var_value(value: Json) -> Json:
    """The value, or BadInput when it is too large to be meant."""
    if len(repr(value)) > _LARGEST_VALUE:
        raise BadInput(
            "That value is too long.", "Sailthru advises at most 140 characters.", "Shorten it."
        )
    return value


def check_list_name(name: str) -> str:
    """The name, or BadInput: `$` is the one character a list may not have."""
    if not name.strip() or "$" in name or not name.isprintable():
        raise BadInput(
            f"“{name[:60]}” cannot be the name of a list in Sailthru.", "It must not hold a $."
        )
    return name

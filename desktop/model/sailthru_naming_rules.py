"""Sailthru's rules for names and values of vars and names of lists (docs/sailthru.md 5)."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from unicodedata import category, normalize

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_valid_unicode
from desktop.model.json_value import Json

# docs/sailthru.md 5.
MAX_VAR_NAME_LENGTH = 32
# Characters. Sailthru advises 140; this only keeps a request small.
_MAX_VALUE_LENGTH = 100_000
# PHP's json_decode stops at 512, Python's recursion at 1,000; data is never this deep.
_MAX_DEPTH = 50
_QUOTES = "\"'`“”„‘’«»"
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’‚´", "'"), **dict.fromkeys("‐‑‒–—−", "-")}
)
# Controls, halves of characters, line and paragraph separators.
_NO_TEXT = ("Cc", "Cs", "Zl", "Zp")


def validate_var_name(name: str) -> str:
    """Check a Sailthru var's name. Raises InvalidInput with the rule it breaks."""
    if not name or name != name.strip():
        raise InvalidInput("A field needs a name without spaces around it.")
    if len(name) > MAX_VAR_NAME_LENGTH:
        raise InvalidInput(
            f"“{name[:40]}…” is {len(name)} characters long.",
            f"Sailthru takes at most {MAX_VAR_NAME_LENGTH} for the name of a field.",
            "Shorten it.",
        )
    if name[0].isdigit() or re.search(r"[%\-.$\s]", name) or not name.isprintable():
        raise InvalidInput(
            f"“{name}” cannot be the name of a field in Sailthru.",
            "Names do not begin with a digit and hold no spaces and none of % - . $",
            "Use letters, digits and underscores.",
        )
    return name


def validate_var_value(value: Json) -> Json:
    """Check a Sailthru var's value. Raises InvalidInput where it is too large or no JSON."""
    _check_part(value, 0)
    if len(repr(value)) > _MAX_VALUE_LENGTH:
        raise InvalidInput(
            "That value is too long.", "Sailthru advises at most 140 characters.", "Shorten it."
        )
    return value


def _check_part(value: Json, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise InvalidInput(
            "That value is nested too deeply.", f"At most {_MAX_DEPTH} levels are sent."
        )
    if isinstance(value, str):
        if not is_valid_unicode(value):
            raise InvalidInput("That value holds half a character.", "", "Type it again.")
    elif isinstance(value, Mapping):
        for name, part in value.items():
            _check_part(name, depth)
            _check_part(part, depth + 1)
    elif isinstance(value, Sequence):
        for part in value:
            _check_part(part, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput("That number is too large.", "JSON has no infinity.")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidInput(
            "That number is too large.", "At most 19 digits are sent.", "Make it text."
        )


def validate_list_name(name: str) -> str:
    """Check a Sailthru list's name. Raises InvalidInput for `$`, which no list may have."""
    # A list is named as it is at Sailthru: with joiners, no-break spaces and invisible marks.
    if not name.strip() or "$" in name or any(category(c) in _NO_TEXT for c in name):
        raise InvalidInput(
            f"“{name[:60]}” cannot be the name of a list in Sailthru.", "It must not hold a $."
        )
    return name


def find_list_name(typed: str, names: Iterable[str]) -> str | None:
    """Find a typed list name among Sailthru's spellings; None for no or no certain one.

    A keyboard has no no-break space, and a paste may decompose accents, bring quotes along or
    replace them and hyphens: where no name is exactly as typed, the only one that differs in
    nothing else is meant.
    """
    known = tuple(dict.fromkeys(names))
    if typed in known:
        return typed
    wanted = (_typed_form(typed), _typed_form(typed.strip().strip(_QUOTES)))
    alike = [name for name in known if _typed_form(name) in wanted]
    return alike[0] if len(alike) == 1 else None


def _typed_form(name: str) -> str:
    visible = "".join(c for c in name.translate(_TYPOGRAPHY) if category(c) != "Cf")
    return " ".join(normalize("NFC", visible).split())

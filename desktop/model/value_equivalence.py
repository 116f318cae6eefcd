"""The one comparison of a value wanted in a service's field with the value read back."""

import re
from collections.abc import Mapping
from decimal import Decimal
from unicodedata import normalize

from desktop.model.field_value import is_list
from desktop.model.json_value import Json

# "007", "+7" and "1_0" are codes or phone numbers: no service writes a number like that.
_WRITTEN_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# How Zendesk gives back a date field that was written as a date alone.
_MIDNIGHT_ENDINGS = ("T00:00:00Z", "T00:00:00+00:00", "T00:00:00.000Z")
_MEMBERSHIP_PREFIXES = ("lists.", "tags.", "addresses.")


def equivalent(field: str, wanted: Json, seen: Json) -> bool:
    """Whether the value `seen` in a service's field equals `wanted`, but for its stored form.

    `field` is named as in a plan (`vars.x`, `tags`, `user_fields.x`, `lists.Name`): tags and the
    options of a user field have no order, and a list or tag that is absent is false. These are
    equal: 4, 4.0 and "4"; true and "true"; a text and the same with spaces around it, or with CR LF
    at the ends of its lines; null, a missing key, "", [] and {}; a day and its midnight in UTC. A
    seen 1 is a wanted true (PHP stores it so), but a seen true is no wanted 1. Not equal: 7 and
    "007", 1 and "true", an item of a list in another place. A change of form alone ("1" to true) is
    therefore no difference here: compare with `is_same_json` where it is one.
    """
    if field.startswith(_MEMBERSHIP_PREFIXES):
        wanted, seen = wanted or False, seen or False
    unordered = field == "tags" or field.startswith("user_fields.")
    if unordered and is_list(wanted) and is_list(seen):
        return _same(sorted(wanted, key=str), sorted(seen, key=str))
    return _same(wanted, seen)


def is_stored_form(wanted: Json, seen: Json) -> bool:
    """Whether `seen` is a service's form of `wanted`: cut off, in another case, or rounded.

    What is neither may as well be somebody else's value.
    """
    if _is_void(seen):
        return False
    if isinstance(wanted, str) and isinstance(seen, str):
        texts = (normalize("NFKC", text.strip().replace("\r\n", "\n")) for text in (wanted, seen))
        whole, part = (text.casefold() for text in texts)
        return whole.startswith(part)
    if is_list(wanted) and is_list(seen):
        return sorted(map(str, wanted)) == sorted(map(str, seen)) or (
            len(wanted) == len(seen)
            and all(_same(w, s) or is_stored_form(w, s) for w, s in zip(wanted, seen, strict=True))
        )
    whole_number, rounded = _number(wanted), _number(seen)
    if whole_number is None or rounded is None:
        return False
    # A service that keeps a number as a float loses the last digits of a large one.
    return abs(whole_number - rounded) < 1 or float(whole_number) == float(rounded)


def _same(wanted: Json, seen: Json) -> bool:
    # Most values are equal texts or numbers; what follows takes up to fifteen times as long.
    if type(wanted) is type(seen) and isinstance(wanted, (str, int, float)) and wanted == seen:
        return True
    # Sailthru is written in PHP, whose one empty array is [] in JSON, for objects too; Zendesk
    # answers null for a user field that was set to "".
    if _is_void(wanted) or _is_void(seen):
        return _is_void(wanted) and _is_void(seen)
    if isinstance(wanted, Mapping) and isinstance(seen, Mapping):
        keys = wanted.keys() | seen.keys()
        return all(_same(wanted.get(key), seen.get(key)) for key in keys)
    if is_list(wanted) and is_list(seen):
        return len(wanted) == len(seen) and all(map(_same, wanted, seen))
    if isinstance(wanted, bool):
        written = seen.strip() if isinstance(seen, str) else seen
        forms = (1, "1") if wanted else (0, "0")
        return _parse_boolean(seen) is wanted or (not isinstance(seen, bool) and written in forms)
    if isinstance(seen, bool):
        return _parse_boolean(wanted) is seen
    if isinstance(wanted, str) and isinstance(seen, str):
        return _same_text(wanted.strip(), seen.strip())
    number = _number(wanted)
    return number is not None and number == _number(seen)


def _is_void(value: Json) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Mapping) and not value) or value in ([], ())


def _parse_boolean(value: Json) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _same_text(wanted: str, seen: str) -> bool:
    if wanted == seen:
        return True
    if "\r" in wanted or "\r" in seen:
        # Forms of the web end their lines with CR LF, and services keep what they were sent.
        return wanted.replace("\r\n", "\n") == seen.replace("\r\n", "\n")
    day = _day(wanted)
    return day is not None and day == _day(seen)


def _day(text: str) -> str | None:
    """Return the day of a compared text that is a day or its midnight in UTC."""
    day = text[:10]
    is_day = bool(_DATE.fullmatch(day)) and (len(text) == 10 or text[10:] in _MIDNIGHT_ENDINGS)
    return day if is_day else None


def _number(value: Json) -> Decimal | None:
    if not isinstance(value, (int, float, str)):
        return None
    text = value.strip() if isinstance(value, str) else repr(value)
    return Decimal(text) if _WRITTEN_NUMBER.fullmatch(text) else None

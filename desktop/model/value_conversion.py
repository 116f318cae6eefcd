"""Converts values between Sailthru vars and Zendesk field types (S2-38 to S2-43)."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from desktop.kit.errors import InvalidInput
from desktop.model.field_value import as_list, is_empty, is_list, parse_boolean, parse_number
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.sailthru_naming_rules import validate_var_value
from desktop.model.time_zone import local_time, parse_time_zone

ROUNDING_EXPLANATION = "Decimals become whole numbers; half is rounded away from zero."

# What a Zendesk tag may hold; everything else becomes an underscore. Digits stay: without them
# “plan 1” and “plan 2” would be one tag.
_INVALID_TAG_CHARACTERS = re.compile(r"[^\w\-/:]+")
_WRITTEN_DAY = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?P<midnight>T00:00:00(?:\.0+)?(?:Z|\+00:00))?"
)
_MAX_OPTIONS_SHOWN = 8
# Besides true and 1, as forms and spreadsheets write it.
_YES = frozenset({"yes", "on"})
_NO = frozenset({"no", "off"})


class UnconvertibleValue(InvalidInput):
    """The error for a value that does not fit its target field's type or size."""

    code = "unfit"


def convert_for_sailthru(
    value: FieldValue, name: str, zone: str, *, keep_decimals: bool = False
) -> Json:
    """Convert a source's value to what a Sailthru var takes.

    `name` is the var's: its ending says what becomes of a moment, a Unix second for `_time`, a
    day in the account's `zone` (IANA) for `_date`. So it does of a text that is a day, as Zendesk's
    date fields are; a day is the same in every zone. Numbers become integers unless
    `keep_decimals`, lists become lists of one type, everything else text; null stays null.
    Raises UnconvertibleValue where it cannot be said in JSON or is too large.
    """
    if isinstance(value, Instant):
        return _format_timestamp(value.timestamp, name, zone)
    written = _written_day(value) if isinstance(value, str) else None
    if written is not None and (name.endswith(("_date", "_time")) or written.is_midnight):
        # In UTC, and not in the account's zone: somebody born on the 12th was born on the 12th.
        return _format_timestamp(written.timestamp, name, "UTC")
    return _checked_json_value(
        _sailthru_form(_checked_json_value(value), keep_decimals=keep_decimals)
    )


def loses_decimals(value: FieldValue) -> bool:
    """Whether converting to whole numbers would change a value or an item of it."""
    if isinstance(value, float):
        return math.isfinite(value) and not value.is_integer()
    return is_list(value) and any(map(loses_decimals, value))


def convert_for_zendesk(value: FieldValue, field_type: str, zone: str) -> Json:
    """Convert a source's value to a Zendesk field of `field_type`; null empties the field.

    `field_type` is Zendesk's for user fields (docs/zendesk.md 3), or `name`, `phone`, `tags`.
    `zone` gives a moment its day in a date field. A number with decimals is rounded in an
    integer field. Raises UnconvertibleValue with a sentence where the value does not fit the type.
    """
    convert = _ZENDESK_CONVERTERS.get(field_type)
    if convert is None:
        raise UnconvertibleValue(
            f"Fairlead does not know Zendesk's field type “{field_type}”.",
            "The field was left as it is.",
            "Map another field.",
        )
    if value is None or (field_type in _TYPES_WITHOUT_EMPTY_TEXT and _is_blank(value)):
        return _null_value(field_type)
    source_value = value if isinstance(value, Instant) else _checked_json_value(value)
    return _checked_json_value(convert(source_value, zone))


@dataclass(frozen=True)
class _WrittenDay:
    """A value's day written as text: `timestamp` of its midnight in UTC, if written."""

    timestamp: float
    is_midnight: bool


def _written_day(text: str) -> _WrittenDay | None:
    """Parse a value's day, `1985-06-12` or Zendesk's `1985-06-12T00:00:00Z`."""
    found = _WRITTEN_DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        return None
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return _WrittenDay(midnight.timestamp(), bool(found["midnight"]))


def choose_options(value: Json, options: Sequence[tuple[str, str]]) -> Json:
    """Convert a source's option labels to the values of a Zendesk drop-down or multi-select.

    `options` are (value, label); without any, nothing is known of them and all pass. Raises
    UnconvertibleValue for a text that is neither: Zendesk would keep nothing of it.
    """
    if not options or value is None:
        return value
    if is_list(value):
        return [_choose_option(str(part), options) for part in value]
    return _choose_option(str(value), options)


def _choose_option(text: str, options: Sequence[tuple[str, str]]) -> str:
    if any(text == value for value, _ in options):
        return text
    wanted = text.strip().casefold()
    found = [value for value, label in options if label.strip().casefold() == wanted]
    if len(found) == 1:
        return found[0]
    known = ", ".join(label for _, label in options[:_MAX_OPTIONS_SHOWN])
    more = ", …" if len(options) > _MAX_OPTIONS_SHOWN else ""
    raise UnconvertibleValue(
        f"{_quote_value(text)} is no option of the Zendesk field.",
        f"It has: {known}{more}.",
        "Correct the value, or add the option in Zendesk.",
    )


def _checked_json_value(value: Json) -> Json:
    """Check a value to convert. Raises UnconvertibleValue where it is no JSON or too large."""
    try:
        return validate_var_value(value)
    except InvalidInput as error:
        raise UnconvertibleValue(error.title) from error


def _sailthru_form(value: Json, *, keep_decimals: bool) -> Json:
    if value is None:
        return None
    if is_list(value):
        return _uniform_list([part for part in value if part is not None], keep_decimals)
    if _is_number(value):
        return _number(value, keep_decimals=keep_decimals)
    return _text(value)


def _uniform_list(parts: Sequence[Json], keep_decimals: bool) -> list[Json]:
    """Convert to a Sailthru list of numbers where all items are, else a list of texts."""
    if all(map(_is_number, parts)):
        return [_number(part, keep_decimals=keep_decimals) for part in parts]
    return [_text(part) for part in parts]


def _is_number(value: FieldValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Json, *, keep_decimals: bool) -> Json:
    if isinstance(value, float) and not keep_decimals:
        return _round_half_up(Decimal(value))
    return value


def _round_half_up(number: Decimal) -> int:
    # The decimal module's HALF_UP rounds away from zero; round() would go to the even neighbour.
    return int(number.to_integral_value(ROUND_HALF_UP))


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (Mapping, Sequence)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _format_timestamp(at: float, name: str, zone: str) -> Json:
    if name.endswith("_date"):
        return _format_day(at, zone)
    moment = _local_time(at, parse_time_zone("UTC"))
    if name.endswith("_time"):
        return math.floor(at)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _format_day(at: float, zone: str) -> str:
    return _local_time(at, parse_time_zone(zone)).date().isoformat()


def _local_time(at: float, zone: ZoneInfo) -> datetime:
    try:
        return local_time(at, zone)
    except InvalidInput as error:
        raise UnconvertibleValue(error.title) from error


def _is_blank(value: FieldValue) -> bool:
    """Whether a value to convert is blank: Sailthru shows an emptied var as "", {} as []."""
    return is_empty(value) or (isinstance(value, str) and not value.strip())


def _null_value(field_type: str) -> Json:
    if field_type == "name":
        raise _unconvertible(None, "a name, which Zendesk always needs")
    return [] if field_type == "tags" else None


def _unconvertible(value: FieldValue, wanted: str) -> UnconvertibleValue:
    return UnconvertibleValue(
        f"{_quote_value(value)} does not fit: the Zendesk field takes {wanted}.",
        "",
        "Correct the value, or map the field to one of another type.",
    )


def _quote_value(value: FieldValue) -> str:
    if isinstance(value, Instant):
        return "A date"
    if value is None:
        return "No value"
    text = _text(value)
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _as_text(value: FieldValue, zone: str) -> Json:
    if isinstance(value, Instant):
        return _format_timestamp(value.timestamp, "", zone)
    if isinstance(value, Mapping):
        raise _unconvertible(value, "a text")
    if is_list(value):
        return ", ".join(_text(part) for part in value if part is not None)
    return _text(value)


def _as_checkbox(value: FieldValue, zone: str) -> Json:
    del zone
    truth = parse_boolean(value)
    if truth is not None:
        return truth
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise _unconvertible(value, "yes or no")


def _as_date(value: FieldValue, zone: str) -> Json:
    """Convert to Zendesk's ISO day; a text keeps the day it is written with.

    A number is refused, since a Unix second and 20261103 look alike.
    """
    if isinstance(value, Instant):
        return _format_day(value.timestamp, zone)
    try:
        written = datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        raise _unconvertible(value, "a date like 2026-11-03") from None
    return written.date().isoformat()


def _as_integer(value: FieldValue, zone: str) -> Json:
    del zone
    number = parse_number(value)
    # Zendesk's integer fields are 64-bit.
    if number is None or not -(2**63) <= number < 2**63:
        raise _unconvertible(value, "a whole number")
    return _round_half_up(number)


def _as_decimal(value: FieldValue, zone: str) -> Json:
    del zone
    number = parse_number(value)
    if number is None or not math.isfinite(float(number)):
        raise _unconvertible(value, "a number")
    return int(number) if number == number.to_integral_value() else float(number)


def _as_dropdown_option(value: FieldValue, zone: str) -> Json:
    """Convert to a Zendesk drop-down's option; a list of one counts as that one."""
    del zone
    texts = _as_text_list(value, "one option")
    if len(texts) > 1:
        raise _unconvertible(value, "one option")
    return texts[0] if texts else None


def _as_multiselect_options(value: FieldValue, zone: str) -> Json:
    del zone
    return _as_text_list(value, "a list of options")


def _as_text_list(value: FieldValue, wanted: str) -> list[str]:
    """Convert a value to a list of distinct texts. Raises UnconvertibleValue."""
    if isinstance(value, (Instant, Mapping)):
        raise _unconvertible(value, wanted)
    return list(dict.fromkeys(_text(part) for part in as_list(value) if not is_empty(part)))


def _as_lookup(value: FieldValue, zone: str) -> Json:
    """Convert to a Zendesk look-up field: the id of another record, as a text."""
    text = _as_text(value, zone)
    if not isinstance(text, str) or not text.isascii() or (text and not text.isdigit()):
        raise _unconvertible(value, "the number of a record")
    return text or None


def _as_name(value: FieldValue, zone: str) -> Json:
    name = " ".join(str(_as_text(value, zone)).split())
    if not name:
        raise _unconvertible(value, "a name, which Zendesk always needs")
    return name


def _as_phone(value: FieldValue, zone: str) -> Json:
    phone = str(_as_text(value, zone)).strip()
    if phone and not any(map(str.isdigit, phone)):
        raise _unconvertible(value, "a phone number")
    return phone or None


def _as_tags(value: FieldValue, zone: str) -> Json:
    del zone
    tags = map(zendesk_tag_from, _as_text_list(value, "tags"))
    return list(dict.fromkeys(tag for tag in tags if tag))


def zendesk_tag_from(text: str) -> str:
    """Convert a text to a Zendesk tag; empty where nothing is left."""
    return "_".join(_INVALID_TAG_CHARACTERS.sub(" ", text.lower()).split())


# Null empties these; a text can be "".
_TYPES_WITHOUT_EMPTY_TEXT = frozenset({"checkbox", "date", "integer", "decimal", "lookup"})
_ZENDESK_CONVERTERS: dict[str, Callable[[FieldValue, str], Json]] = {
    "text": _as_text,
    "textarea": _as_text,
    "regexp": _as_text,
    "checkbox": _as_checkbox,
    "date": _as_date,
    "integer": _as_integer,
    "decimal": _as_decimal,
    "dropdown": _as_dropdown_option,
    "multiselect": _as_multiselect_options,
    "lookup": _as_lookup,
    "name": _as_name,
    "phone": _as_phone,
    "tags": _as_tags,
}

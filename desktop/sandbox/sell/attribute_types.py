"""Attribute types of the Sell sandbox: which values a payload may hold, and how they are kept.

Facts: docs/zendesk-sell.md 3 and 5: decimals are texts, times are ISO 8601 in UTC.
"""

import re
from collections.abc import Callable
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.timestamps import format_iso_utc, parse_iso

_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
ADDRESS_KEYS = frozenset({"line1", "city", "postal_code", "state", "country"})


class WrongValue(ValueError):
    """Raised for a value of a payload; `code` is the code of the sandbox's Sell."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise WrongValue("invalid_type", "must be a string")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue("invalid_type", "must be an integer")
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool):
        raise WrongValue("invalid_type", "must be a boolean")
    return value


def _decimal(value: Any) -> Any:
    """Keep a decimal as a text, whether it came as a number or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise WrongValue("invalid_type", "must be a decimal")
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        raise WrongValue("incorrect_value", "must be a decimal")
    return text


def _percentage(value: Any) -> Any:
    number = _whole(value)
    if not 0 <= number <= 100:
        raise WrongValue("incorrect_value", "must be between 0 and 100")
    return number


def _time(value: Any) -> Any:
    at = parse_iso(_text(value))
    if at is None:
        raise WrongValue("incorrect_value", "must be an ISO 8601 date and time")
    return format_iso_utc(at)


def _day(value: Any) -> Any:
    if not _DAY.fullmatch(_text(value)) or parse_iso(value) is None:
        raise WrongValue("incorrect_value", "must be a date, YYYY-MM-DD")
    return value


def _tags(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise WrongValue("invalid_type", "must be an array of strings")
    if any(not tag.strip() for tag in value):
        raise WrongValue("blank", "a tag can't be blank")
    return list(dict.fromkeys(value))


def _address(value: Any) -> Any:
    if not isinstance(value, dict):
        raise WrongValue("invalid_type", "must be an object")
    if unknown := set(value) - ADDRESS_KEYS:
        raise WrongValue("unknown", f"no such part of an address: {sorted(unknown)[0]}")
    if not all(part is None or isinstance(part, str) for part in value.values()):
        raise WrongValue("invalid_type", "parts of an address are strings")
    return {key: value.get(key) for key in sorted(ADDRESS_KEYS)}


def _prices(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(price, dict) for price in value):
        raise WrongValue("invalid_type", "must be an array of objects")
    return [
        {
            "amount": _decimal(price.get("amount")),
            "currency": _text(price.get("currency")),
        }
        for price in value
    ]


def _custom_fields(value: Any) -> Any:
    if not isinstance(value, dict):
        raise WrongValue("invalid_type", "must be an object")
    return value


# Name of a type → from the value sent to the value kept; raises WrongValue.
ATTRIBUTE_TYPES: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "id": _whole,
    "whole": _whole,
    "flag": _flag,
    "decimal": _decimal,
    "percentage": _percentage,
    "time": _time,
    "day": _day,
    "tags": _tags,
    "address": _address,
    "prices": _prices,
    "custom_fields": _custom_fields,
}
# What a record holds where nothing was ever sent.
EMPTY_VALUES: dict[str, Any] = {"tags": [], "custom_fields": {}, "prices": []}


def convert_value(kind: str, value: Any, choices: tuple[str, ...] = ()) -> Any:
    """Convert a value sent to the sandbox's Sell; raises WrongValue. Null empties any attribute."""
    if value is None:
        return EMPTY_VALUES.get(kind)
    kept = ATTRIBUTE_TYPES[kind](value)
    if choices and kept not in choices:
        raise WrongValue("incorrect_value", f"must be one of {', '.join(choices)}")
    return kept


# Types of custom fields → the JSON types a value may have.
_CUSTOM_TYPES: dict[str, tuple[type, ...]] = {
    "number": (str, int, float),
    "bool": (bool,),
    "boolean": (bool,),
    "address": (dict,),
    "multi_select_list": (list,),
}


def check_custom_value(definition: JsonObject, value: Any) -> None:
    """Raise WrongValue where a custom field's value does not fit its definition in the sandbox."""
    if value is None:
        return
    if type(value) not in _CUSTOM_TYPES.get(definition["type"], (str,)):
        raise WrongValue("invalid_type", f"{definition['name']} is a {definition['type']}")
    names = {choice["name"] for choice in definition["choices"] or ()}
    if definition["type"] == "list" and value not in names:
        raise WrongValue("incorrect_value", f"{definition['name']}: no such choice")
    if definition["type"] == "multi_select_list" and not all(one in names for one in value):
        raise WrongValue("incorrect_value", f"{definition['name']}: no such choice")

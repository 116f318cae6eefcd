"""Reads JSON into the types settings have; BadInput says in one sentence what is wrong."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.model.value import Prediction, read_customer_type

_LONGEST = 500


def flag(value: Json) -> bool:
    """True or false, nothing that only looks like it."""
    if isinstance(value, bool):
        return value
    raise BadInput("It must be true or false.")


def number(least: int, most: int) -> Callable[[Json], int]:
    """Whole numbers from `least` to `most`."""

    def read(value: Json) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadInput(f"It must be a whole number from {least} to {most}.")
        if not least <= value <= most:
            raise BadInput(f"It must be from {least} to {most}; {value} is not.")
        return value

    return read


def text(value: Json) -> str:
    """One line without control characters, trimmed; empty means not set."""
    if not isinstance(value, str):
        raise BadInput("It must be a text.")
    trimmed = value.strip()
    if len(trimmed) > _LONGEST:
        raise BadInput(f"It is longer than {_LONGEST} characters.")
    if not trimmed.isprintable():
        raise BadInput("It holds a line break or another control character.")
    return trimmed


def choice(*allowed: str) -> Callable[[Json], str]:
    """One of the given words; case and surrounding space do not matter."""

    def read(value: Json) -> str:
        word = text(value).lower()
        if word not in allowed:
            raise BadInput(f"It must be one of {', '.join(allowed)}.")
        return word

    return read


def customer_type(value: Json) -> str:
    """Give `ecommerce` or `publisher`, tolerating “Ecommerce ” (S0-19)."""
    kind = read_customer_type(text(value))
    if kind is None:
        raise BadInput("The customer type is either ecommerce or publisher.")
    return kind.value


def timezone(value: Json) -> str:
    """A name of the IANA time zone database, such as `Europe/Berlin`."""
    name = text(value)
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        # Unknown names raise a KeyError, odd ones a ValueError or what the file system says.
        pass
    raise BadInput(
        f"“{name}” is not a time zone.",
        hint="Use a name such as America/New_York; Sailthru shows it under Settings › Business.",
    )


def currency(value: Json) -> str:
    """An ISO 4217 code, such as USD."""
    code = text(value).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise BadInput("A currency is three letters, such as USD or EUR.")
    return code


def name(value: Json) -> str:
    """Give the name of a var, list, field or tag: it cannot be empty."""
    found = text(value)
    if not found:
        raise BadInput("It cannot be empty.")
    return found


def var_name(value: Json) -> str:
    """Give the name of a Sailthru var or a Zendesk field key: letters, digits, underscore."""
    found = name(value)
    if not re.fullmatch(r"[A-Za-z0-9_]{1,100}", found) or found.isdigit():
        raise BadInput(f"“{found}” may hold only letters, digits and underscores.")
    return found


def link(value: Json) -> str:
    """Give an http(s) address with a host, or an empty text."""
    address = text(value)
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or " " in address:
        raise BadInput("It must be a link that starts with https:// .")
    return address


def host(value: Json) -> str:
    """Give the name or address of a computer, without port and path; or an empty text."""
    found = text(value).lower()
    if found and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+", found):
        raise BadInput(
            f"“{found}” is not the name of a computer.", hint="For example smtp.example.com."
        )
    return found


def email(value: Json) -> str:
    """An address with one @, or an empty text."""
    address = text(value)
    if address and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise BadInput("That is not an e-mail address.")
    return address


def file_path(value: Json) -> str:
    """Give an absolute path of a file, or an empty text; whether it exists is seen on use."""
    path = text(value)
    if path and not Path(path).is_absolute():
        raise BadInput("It must be a whole path, from the root of the disk.")
    return path


def segment_lists(value: Json) -> Mapping[str, int]:
    """Give `{"list name": segment}`, segments 1 to 4."""
    if not isinstance(value, Mapping):
        raise BadInput("It must be an object of list names and segments from 1 to 4.")
    rank = number(1, 4)
    return MappingProxyType({name(key): rank(segment) for key, segment in value.items()})


def predictions(value: Json) -> tuple[Prediction, ...]:
    """`[{"var", "unit", "horizon_days"}]`, at most 10; empty = by the customer type."""
    if isinstance(value, str) or not isinstance(value, list | tuple) or len(value) > 10:
        raise BadInput("It must be a list of at most 10 objects with var, unit, horizon_days.")
    return tuple(_prediction(item) for item in value)


def _prediction(item: Json) -> Prediction:
    if not isinstance(item, Mapping):
        raise BadInput("Each entry must be an object with var, unit, horizon_days.")
    return Prediction(
        var_name(item.get("var")),
        name(item.get("unit")),
        number(1, 3650)(item.get("horizon_days")),
    )

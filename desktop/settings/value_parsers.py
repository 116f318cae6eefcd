"""Parsers from JSON to the types of settings; InvalidInput says in one sentence what is wrong."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import msgspec

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_text_character, is_valid_unicode
from desktop.model import email_address
from desktop.model.customer_value import PredictionField, parse_customer_type
from desktop.model.data_source import DataSourceKind, DataSourceRecord
from desktop.model.json_value import Json
from desktop.model.pasted_text import strip_around
from desktop.model.sailthru_naming_rules import validate_var_name
from desktop.model.text_template import (
    MAX_REASONS,
    MAX_TEMPLATES,
    NoteTemplate,
    validate_note_template,
    validate_reason,
)
from desktop.model.time_zone import parse_time_zone
from desktop.model.zendesk_naming_rules import ZENDESK_FIELD_KEY

# Characters; more is a pasted document, not a setting.
_LONGEST = 500

# An account has at most 2,000 (docs/sailthru.md 5); each is an export of its own.
_MAX_LISTS = 200
# Each is a line in one chart.
_MAX_PHRASES = 6


def parse_flag(value: Json) -> bool:
    """Parse an on/off setting: true or false alone, nothing that only looks like it."""
    if isinstance(value, bool):
        return value
    raise InvalidInput("It must be true or false.")


def integer_parser(least: int, most: int) -> Callable[[Json], int]:
    """Return a parser of a setting's whole numbers from `least` to `most`."""

    def read(value: Json) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidInput(f"It must be a whole number from {least} to {most}.")
        if not least <= value <= most:
            raise InvalidInput(f"It must be from {least} to {most}; {value} is not.")
        return value

    return read


def parse_text(value: Json) -> str:
    """Parse a text setting: one trimmed line without control characters; empty is not set."""
    if not isinstance(value, str):
        raise InvalidInput("It must be a text.")
    trimmed = value.strip()
    if len(trimmed) > _LONGEST:
        raise InvalidInput(f"It is longer than {_LONGEST} characters.")
    if not all(map(is_text_character, trimmed)):
        raise InvalidInput("It holds a line break or another control character.")
    return trimmed


def parse_user_ids(value: Json) -> str:
    """Parse a setting of Zendesk user ids with commas between; each once, in order."""
    parts = [part.strip() for part in parse_text(value).split(",") if part.strip()]
    if any(not part.isdecimal() for part in parts):
        raise InvalidInput("It must be Zendesk user ids: numbers with commas between.")
    return ", ".join(dict.fromkeys(parts))


def choice_parser(*allowed: str) -> Callable[[Json], str]:
    """Return a parser of a setting's choices; case and surrounding space do not matter."""

    def read(value: Json) -> str:
        word = parse_text(value).lower()
        if word not in allowed:
            raise InvalidInput(f"It must be one of {', '.join(allowed)}.")
        return word

    return read


def parse_customer_type_setting(value: Json) -> str:
    """Parse the setting of customer type, `ecommerce` or `publisher`, also “Ecommerce ” (S0-19)."""
    kind = parse_customer_type(parse_text(value))
    if kind is None:
        raise InvalidInput("The customer type is either ecommerce or publisher.")
    return kind.value


def parse_time_zone_name(value: Json) -> str:
    """Parse a setting's IANA time zone, such as `Europe/Berlin`."""
    return parse_time_zone(parse_text(value)).key


def parse_currency(value: Json) -> str:
    """Parse a setting's ISO 4217 currency code, such as USD."""
    code = parse_text(value).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise InvalidInput("A currency is three letters, such as USD or EUR.")
    return code


def parse_name(value: Json) -> str:
    """Parse a setting's name of a list or tag, which cannot be empty."""
    found = parse_text(value)
    if not found:
        raise InvalidInput("It cannot be empty.")
    return found


def parse_var_name(value: Json) -> str:
    """Parse a setting's Sailthru var name, of ASCII letters, digits and underscores."""
    return validate_var_name(parse_zendesk_field_key(value))


def parse_zendesk_field_key(value: Json) -> str:
    """Parse a setting's Zendesk user field key: ASCII letters, digits and underscores."""
    found = parse_name(value)
    if not ZENDESK_FIELD_KEY.fullmatch(found):
        raise InvalidInput(f"“{found}” may hold only letters, digits and underscores.")
    return found


def parse_link(value: Json) -> str:
    """Parse a setting's http(s) address with a host, or an empty text."""
    address = parse_text(value)
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or " " in address:
        raise InvalidInput("It must be a link that starts with https:// .")
    return address


def parse_host(value: Json) -> str:
    """Parse a setting's host name or address without port and path, or an empty text."""
    found = strip_around(parse_text(value)).lower()
    if found and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+", found):
        raise InvalidInput(
            f"“{found}” is not the name of a computer.", hint="For example smtp.example.com."
        )
    return found


def parse_email(value: Json) -> str:
    """Parse a setting's e-mail address, or an empty text."""
    text = parse_text(value)
    address = email_address.parse_email(text)
    if text and not address:
        raise InvalidInput("That is not an e-mail address.")
    return address


def parse_token_email(value: Json) -> str:
    """Parse the setting of a Zendesk API token's address, also `ADDRESS/token`; may be empty."""
    return parse_email(email_address.strip_token_suffix(parse_text(value)))


def parse_file_path(value: Json) -> str:
    """Parse a setting's absolute file path, or an empty text; it need not exist yet."""
    path = parse_text(value)
    # Relative to what? A run by the system's timer starts in another folder.
    if path and not Path(path).is_absolute():
        raise InvalidInput("It must be a whole path, from the root of the disk.")
    return path


def parse_segment_lists(value: Json) -> Mapping[str, int]:
    """Parse the setting `{"list name": segment}`, segments 1 to 4."""
    if not isinstance(value, Mapping):
        raise InvalidInput("It must be an object of list names and segments from 1 to 4.")
    # Prediction Manager has four segments (docs/sailthru.md 6).
    rank = integer_parser(1, 4)
    return MappingProxyType({parse_name(key): rank(segment) for key, segment in value.items()})


def parse_value_thresholds(value: Json) -> Mapping[int, float]:
    """Parse the setting `{"segment": least amount}`, segments 2 to 4, amounts that rise."""
    if not isinstance(value, Mapping):
        raise InvalidInput("It must be an object of segments from 2 to 4 and numbers.")
    # Everybody below the least of them belongs to segment 1.
    found = {_threshold_segment(key): _threshold_amount(least) for key, least in value.items()}
    ordered = dict(sorted(found.items()))
    amounts = list(ordered.values())
    if any(low >= high for low, high in pairwise(amounts)):
        raise InvalidInput("A higher segment must begin at a higher number.")
    return MappingProxyType(ordered)


def _threshold_segment(key: Json) -> int:
    if str(key).strip() not in ("2", "3", "4"):
        raise InvalidInput(f"“{str(key)[:40]}” is not a segment from 2 to 4.")
    return int(str(key))


def _threshold_amount(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**15:
        raise InvalidInput(f"“{str(value)[:40]}” is not a number of 0 or more.")
    return float(value)


def parse_reasons(value: Json) -> tuple[str, ...]:
    """Parse the setting of prepared reasons, a list of different lines."""
    if not isinstance(value, list | tuple) or len(value) > MAX_REASONS:
        raise InvalidInput(f"It must be a list of at most {MAX_REASONS} lines.")
    reasons = tuple(validate_reason(_require_text(each)) for each in value)
    if len(set(reasons)) < len(reasons):
        raise InvalidInput("One reason stands there twice.")
    return reasons


def parse_list_names(value: Json) -> tuple[str, ...]:
    """Parse a setting of different names of lists."""
    if not isinstance(value, list | tuple) or len(value) > _MAX_LISTS:
        raise InvalidInput(f"It must be a list of at most {_MAX_LISTS} names.")
    names = tuple(parse_name(each) for each in value)
    if len(set(names)) < len(names):
        raise InvalidInput("One list stands there twice.")
    return names


def parse_emails(value: Json) -> tuple[str, ...]:
    """Parse a setting of different e-mail addresses."""
    if not isinstance(value, list | tuple) or len(value) > _MAX_LISTS:
        raise InvalidInput(f"It must be a list of at most {_MAX_LISTS} addresses.")
    found = tuple(filter(None, map(parse_email, value)))
    if len({one.casefold() for one in found}) < len(found):
        raise InvalidInput("One address stands there twice.")
    return found


def parse_phrases(value: Json) -> tuple[str, ...]:
    """Parse a setting of different phrases that are looked for, each with a letter or digit."""
    if not isinstance(value, list | tuple) or len(value) > _MAX_PHRASES:
        raise InvalidInput(f"It must be a list of at most {_MAX_PHRASES} phrases.")
    phrases = tuple(" ".join(parse_name(each).split()) for each in value)
    if any(not any(character.isalnum() for character in one) for one in phrases):
        raise InvalidInput("A phrase needs a letter or a digit.")
    if len({one.casefold() for one in phrases}) < len(phrases):
        raise InvalidInput("One phrase stands there twice.")
    return phrases


def parse_note_templates(value: Json) -> tuple[NoteTemplate, ...]:
    """Parse the setting of note templates, `[{"title", "text"}]` with different titles."""
    if not isinstance(value, list | tuple) or len(value) > MAX_TEMPLATES:
        raise InvalidInput(f"It must be a list of at most {MAX_TEMPLATES} objects.")
    found = tuple(_note_template(each) for each in value)
    titles = [each.title.casefold() for each in found]
    if len(set(titles)) < len(titles):
        raise InvalidInput("Two templates have the same title.")
    return found


def _note_template(item: Json) -> NoteTemplate:
    if not isinstance(item, Mapping):
        raise InvalidInput("Each template must be an object with title and text.")
    return validate_note_template(_require_text(item.get("title")), _require_text(item.get("text")))


def _require_text(value: Json) -> str:
    if not isinstance(value, str) or not is_valid_unicode(value):
        raise InvalidInput("It must be a text.")
    return value


def parse_predictions(value: Json) -> tuple[PredictionField, ...]:
    """Parse the setting `[{"var", "unit", "horizon_days"}]` of predictions, at most 10."""
    if isinstance(value, str) or not isinstance(value, list | tuple) or len(value) > 10:
        raise InvalidInput("It must be a list of at most 10 objects with var, unit, horizon_days.")
    return tuple(_prediction(item) for item in value)


def _prediction(item: Json) -> PredictionField:
    if not isinstance(item, Mapping):
        raise InvalidInput("Each entry must be an object with var, unit, horizon_days.")
    return PredictionField(
        parse_var_name(item.get("var")),
        parse_name(item.get("unit")),
        integer_parser(1, 3650)(item.get("horizon_days")),
    )


def parse_source_records(value: Json) -> Mapping[DataSourceKind, DataSourceRecord]:
    """Parse what is stored of data sources, by their kind. Raises InvalidInput."""
    if not isinstance(value, Mapping):
        raise InvalidInput("This is not a table of data sources.")
    try:
        return {
            DataSourceKind(kind): msgspec.convert(record, DataSourceRecord)
            for kind, record in value.items()
        }
    except (ValueError, msgspec.ValidationError) as error:
        raise InvalidInput("This is not a table of data sources.") from error

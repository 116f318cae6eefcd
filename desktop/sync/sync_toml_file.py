"""Exports syncs as one TOML file in a stable order, and imports such a file strictly.

What does not travel: whether a sync is on and checked, and consent that somebody attested.
"""

import dataclasses
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec
import tomli_w

from desktop.kit.errors import InvalidInput
from desktop.model.field_condition import FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingRow
from desktop.model.json_value import Json
from desktop.model.sync import SYNC_NAME_MAX_LENGTH, Sync
from desktop.model.sync_validation import validate_sync_form
from desktop.model.target_record import OPTOUT_FIELD
from desktop.sync.schema_check import check_schema

FORMAT_VERSION = 1
MAX_FILE_BYTES = 1_000_000
NOT_EXPORTED_FIELDS = frozenset(
    {"on", "switched_on_by", "checked_at", "version", "opt_in", "armed_at"}
)
# What a condition compares with, where TOML has no word for it (a null inside a list).
_JSON_VALUE_KEY = "value_json"
_SYNC_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]*")
_INTEGER_LIMIT = 2**63
_FILE_HEADER = (
    f"# Syncs of Fairlead, format {FORMAT_VERSION}."
    " `fairlead sync import FILE` takes them in, all or none.\n"
    "# What is not said has its usual value. What arrives is off, and has to be checked first;\n"
    "# consent that somebody attested does not travel.\n"
)


def export_syncs_toml(syncs: Sequence[Sync]) -> str:
    """Return syncs as the text of a TOML file, ordered by name."""
    tables = [_to_toml_value(sync) for sync in sorted(syncs, key=lambda sync: sync.name)]
    return f"{_FILE_HEADER}\n{tomli_w.dumps({'version': FORMAT_VERSION, 'sync': tables})}"


def import_syncs_toml(text: str) -> tuple[Sync, ...]:
    """Parse the syncs of a TOML file: off, unchecked and not saved yet.

    Raises InvalidInput that names the key which cannot be, with the nearest one that can.
    """
    tables = _sync_tables(_parse_toml(text))
    syncs = tuple(_decode_sync(table, f"sync[{n}]") for n, table in enumerate(tables))
    names = [sync.name for sync in syncs]
    for name in names:
        if names.count(name) > 1:
            raise _import_error(f"“{name}” stands in it {names.count(name)} times.")
    return syncs


def _to_toml_value(value: Any) -> Any:
    """Convert a sync's value for TOML, without the fields a dataclass has at their defaults."""
    if isinstance(value, FieldCondition):
        return _dump_condition(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_to_toml_value(part) for part in value]
    if not dataclasses.is_dataclass(value):
        return value
    found: dict[str, Any] = {}
    for part in dataclasses.fields(value):
        held = getattr(value, part.name)
        if not (isinstance(value, Sync) and part.name in NOT_EXPORTED_FIELDS) and held != _default(
            part
        ):
            found[part.name] = _to_toml_value(held)
    if isinstance(value, MappingRow) and value.target == OPTOUT_FIELD:
        # Left out, it would be read as the stricter one.
        found["prefer"] = value.prefer.value
    return found


def _default(part: "dataclasses.Field[Any]") -> Any:
    if part.default_factory is not dataclasses.MISSING:
        return part.default_factory()
    return part.default


def _dump_condition(condition: FieldCondition) -> dict[str, Any]:
    found: dict[str, Any] = {"field": condition.field, "test": condition.test.value}
    if _is_toml_value(condition.value):
        found["value"] = condition.value
    elif condition.value is not None:
        found[_JSON_VALUE_KEY] = json.dumps(condition.value, ensure_ascii=False)
    return found


def _is_toml_value(value: Json) -> bool:
    if isinstance(value, Mapping):
        return all(_is_toml_value(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_is_toml_value(part) for part in value)
    return value is not None


def _parse_toml(text: str) -> Mapping[str, Any]:
    if len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise _import_error("It is larger than a file of syncs can be.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        # RecursionError speaks of Python, not of the file.
        why = str(error) if isinstance(error, ValueError) else "It is nested too deeply."
        raise _import_error("It is no TOML.", why) from error


def _sync_tables(document: Mapping[str, Any]) -> Sequence[Any]:
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _import_error(
            "It does not say its format.", "A file of syncs begins with `version = 1`."
        )
    if version > FORMAT_VERSION:
        raise InvalidInput(
            "A newer Fairlead wrote this file.",
            f"It has format {version}; this Fairlead reads up to {FORMAT_VERSION}."
            " Nothing was imported.",
            "Update Fairlead, then import it again.",
        )
    if version < 1:
        raise _import_error(f"There is no format {version}.")
    check_schema(_SyncFileSchema, document, "")
    tables = document.get("sync", [])
    if not isinstance(tables, list):
        raise _import_error("`sync` must be a list of tables.", "Each begins with [[sync]].")
    if not tables:
        raise _import_error("There is no sync in it.")
    return tables


@dataclasses.dataclass(frozen=True)
class _SyncFileSchema:
    """The top table of a file of syncs in TOML, for checking its keys."""

    version: int
    sync: tuple[Any, ...]


def _decode_sync(table: Any, path: str) -> Sync:
    check_schema(
        Sync, table, path, without=NOT_EXPORTED_FIELDS, besides={FieldCondition: (_JSON_VALUE_KEY,)}
    )
    try:
        sync = msgspec.convert(_with_stricter_optouts(_to_msgspec_value(table, path)), Sync)
    except msgspec.ValidationError as error:
        raise _type_error(str(error), path) from error
    if not _SYNC_NAME_PATTERN.fullmatch(sync.name) or len(sync.name) > SYNC_NAME_MAX_LENGTH:
        raise _import_error(
            f"`{path}.name`: “{sync.name[:80]}” cannot be the name of a sync.",
            f"It has up to {SYNC_NAME_MAX_LENGTH} small letters, digits, hyphens and underscores.",
        )
    if not sync.title.strip():
        raise _import_error(f"`{path}.title` is empty.")
    # Whether its fields exist is asked when it is stored, with the catalogue.
    wrong = validate_sync_form(sync)
    if wrong:
        raise _import_error(f"“{sync.title}” cannot be saved like this.", " ".join(wrong))
    return sync


def _with_stricter_optouts(table: Any) -> Any:
    """Return a sync's TOML table with the stricter opt-out winning, where it does not say who."""
    rows = table.get("mapping", ()) if isinstance(table, dict) else ()
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("target") == OPTOUT_FIELD:
            row.setdefault("prefer", ConflictPreference.STRICTER.value)
    return table


def _to_msgspec_value(value: Any, path: str) -> Any:
    """Convert parsed TOML for msgspec; raises InvalidInput for what JSON does not have."""
    if isinstance(value, Mapping):
        found = {key: _to_msgspec_value(part, f"{path}.{key}") for key, part in value.items()}
        if _JSON_VALUE_KEY in found and "test" in found:
            found["value"] = _decode_json_value(
                found.pop(_JSON_VALUE_KEY), f"{path}.{_JSON_VALUE_KEY}"
            )
        return found
    if isinstance(value, list):
        return [_to_msgspec_value(part, f"{path}[{n}]") for n, part in enumerate(value)]
    if isinstance(value, int) and not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise _import_error(f"`{path}`: the number is too large.")
    if isinstance(value, float) and not math.isfinite(value):
        raise _import_error(f"`{path}`: that is no number that can be compared.")
    if not isinstance(value, str | int | float | bool):
        raise _import_error(f"`{path}`: write dates and times as texts, in quotes.")
    return value


def _decode_json_value(text: Any, path: str) -> Json:
    try:
        found: Json = msgspec.json.decode(text if isinstance(text, str) else "")
    except (msgspec.DecodeError, RecursionError) as error:
        raise _import_error(f"`{path}` holds no JSON.", str(error)) from error
    return found


_TYPE_LABELS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_ERROR_PATH_PATTERN = re.compile(r" - at `\$?(?P<place>[^`]*)`$")
_WRONG_TYPE_PATTERN = re.compile(r"Expected `(?P<wanted>\w+)[^`]*`, got `(?P<found>\w+)`")
_MISSING_FIELD_PATTERN = re.compile(r"Object missing required field `(?P<key>\w+)`")


def _type_error(said: str, path: str) -> InvalidInput:
    """Convert msgspec's error on a file of syncs to one with the key's path."""
    at = _ERROR_PATH_PATTERN.search(said)
    place = path + (at["place"] if at else "")
    expected, missing = _WRONG_TYPE_PATTERN.search(said), _MISSING_FIELD_PATTERN.search(said)
    if missing:
        return _import_error(f"`{place}.{missing['key']}` is missing.")
    if expected:
        wanted, found = (_TYPE_LABELS.get(word, word) for word in expected.group("wanted", "found"))
        return _import_error(f"`{place}` must be {wanted}, not {found}.")
    return _import_error(f"`{place}`: {_ERROR_PATH_PATTERN.sub('', said)}.")


def _import_error(what: str, why: str = "") -> InvalidInput:
    nothing = "Nothing was imported."
    return InvalidInput(what, f"{why} {nothing}".strip())

"""A sync's fields as text, as the command line takes and prints them: `on`, `A, B`, `7`, JSON."""

import csv
import io
import json
from typing import Any

import msgspec

from desktop.kit.errors import InvalidInput
from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import FieldCondition
from desktop.model.field_mapping import MappingRow
from desktop.model.field_value import parse_boolean
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import Sync
from desktop.model.sync_fields import SyncField, SyncFieldKind, read_sync_field
from desktop.model.sync_schedule import parse_schedule_rule
from desktop.sync.schema_check import check_schema

_JSON_SHAPES: dict[str, Any] = {
    "source.where": tuple[FieldCondition, ...],
    "stages": tuple[LifecycleStage, ...],
    "mapping": tuple[MappingRow, ...],
    "purposes": tuple[ConsentPurpose, ...],
}
_SWITCH_WORDS = {"on": True, "yes": True, "off": False, "no": False}
_NOTHING_CHANGED = "Nothing was changed."


def parse_field_text(field: SyncField, text: str) -> Any:
    """Parse the text of a sync's field for `replace_sync_field`. Raises InvalidInput."""
    text = text.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _wrong(field, "it holds bytes that are no text") from None
    if field.path == "schedule":
        return parse_schedule_rule(text).serialized
    if field.kind is SyncFieldKind.SWITCH:
        return _parse_switch(field, text)
    if field.kind is SyncFieldKind.NUMBER:
        return _parse_number(field, text)
    if field.kind is SyncFieldKind.CHOICE:
        return _require_choice(field, text)
    if field.kind is SyncFieldKind.NAMES:
        names = _parse_names(field, text)
        return tuple(_require_choice(field, name) for name in names) if field.choices else names
    if field.kind is SyncFieldKind.JSON:
        return _parse_json(field, text)
    if field.path == "title" and not text:
        raise _wrong(field, "a sync needs a name")
    return text


def field_to_json(sync: Sync, field: SyncField) -> Any:
    """Convert a sync's field to JSON, for `fairlead sync`."""
    return msgspec.to_builtins(read_sync_field(sync, field.path))


def format_field(sync: Sync, field: SyncField) -> str:
    """Format a sync's field as text that `parse_field_text` reads."""
    value = field_to_json(sync, field)
    if field.kind is SyncFieldKind.SWITCH:
        return "on" if value else "off"
    if field.kind is SyncFieldKind.JSON:
        return json.dumps(value, ensure_ascii=False)
    if field.kind is SyncFieldKind.NAMES:
        line = io.StringIO()
        # A name may hold a comma; then it is quoted.
        csv.writer(line, lineterminator="").writerow(value)
        return line.getvalue()
    return "off" if field.path == "schedule" and not value else str(value)


def _parse_switch(field: SyncField, text: str) -> bool:
    value = _SWITCH_WORDS.get(text.lower(), parse_boolean(text))
    if value is None:
        raise _wrong(field, f"“{text[:40]}” is neither on nor off")
    return value


def _parse_number(field: SyncField, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if not field.minimum <= number <= field.maximum:
        bounds = f"{field.minimum} to {field.maximum}"
        raise _wrong(field, f"“{text[:40]}” is no whole number from {bounds}")
    return number


def _require_choice(field: SyncField, text: str) -> str:
    keys = [key for key, _ in field.choices]
    if text not in keys:
        raise _wrong(field, f"“{text[:40]}” is none of {', '.join(keys)}")
    return text


def _parse_names(field: SyncField, text: str) -> tuple[str, ...]:
    """Parse a sync field's names between commas; one with a comma is quoted, or all are JSON."""
    if text.startswith("["):
        names = _decode(field, text, tuple[str, ...])
    else:
        try:
            names = next(csv.reader([text], skipinitialspace=True, strict=True), [])
        except csv.Error as error:
            raise _wrong(field, "a quote is not closed") from error
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def _parse_json(field: SyncField, text: str) -> Any:
    return _decode(field, text, _JSON_SHAPES[field.path])


def _decode(field: SyncField, text: str, shape: Any) -> Any:
    try:
        value = msgspec.json.decode(text)
        check_schema(shape, value, field.path)
        return msgspec.convert(value, shape)
    except InvalidInput as error:
        raise InvalidInput(error.title, _NOTHING_CHANGED, error.hint) from error
    except (msgspec.MsgspecError, RecursionError) as error:
        why = str(error) if isinstance(error, msgspec.MsgspecError) else "it is nested too deeply"
        raise _wrong(field, why.rstrip(".")) from error


def _wrong(field: SyncField, why: str) -> InvalidInput:
    hint = f"{field.path}: {field.kind.value}. {field.help}"
    return InvalidInput(f"{field.path} cannot be set like this: {why}.", _NOTHING_CHANGED, hint)

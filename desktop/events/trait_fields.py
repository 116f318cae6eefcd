"""The traits of an event that become custom fields of a Zendesk user or organisation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from desktop.model.field_value import is_list
from desktop.model.json_value import Json
from desktop.model.value_conversion import (
    UnconvertibleValue,
    choose_options,
    convert_for_zendesk,
)
from desktop.model.zendesk_user import UserFieldDefinition

_CAPITAL_AFTER_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Dates of events are moments in UTC.
_ZONE = "UTC"


class TraitField(NamedTuple):
    """One trait of an event for a custom field; `definition` is None where Zendesk has none such.

    `refusal` is why the value does not fit the field; it is left out then.
    """

    key: str
    value: Json
    definition: UserFieldDefinition | None
    refusal: str = ""


# A source has the same few traits in each of its events.
@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """Return a trait's name as a field key: `shoeSize` and `Shoe size` become `shoe_size`."""
    words = _CAPITAL_AFTER_WORD.sub("_", name.strip())
    return re.sub(r"[^A-Za-z0-9_]+", "_", words).strip("_").lower()


def trait_fields(
    traits: Mapping[str, Json],
    mapped: frozenset[str],
    definitions: Sequence[UserFieldDefinition] | None,
) -> Iterator[TraitField]:
    """Yield the custom field of each trait that the mapping does not read by name.

    A field is found by the trait's own spelling, then in snake_case. Objects become no field, a
    list only one of several options. Without `definitions` (offline) every trait counts as known.
    """
    known = {field.key: field for field in definitions or () if field.active}
    for name, value in traits.items():
        key = name if name in known else snake_case(name)
        if name in mapped or not key or isinstance(value, dict):
            continue
        if definitions is None:
            yield TraitField(key, value, UserFieldDefinition(0, key, key, "text"))
            continue
        definition = known.get(key)
        if definition is None:
            yield TraitField(key, value, None)
        elif is_list(value) and definition.type != "multiselect":
            yield TraitField(key, value, definition, f"{key} takes one value, not a list")
        else:
            yield _convert(key, value, definition)


def _convert(key: str, value: Json, definition: UserFieldDefinition) -> TraitField:
    try:
        converted = convert_for_zendesk(value, definition.type, _ZONE)
        return TraitField(key, choose_options(converted, definition.options), definition)
    except UnconvertibleValue as error:
        return TraitField(key, value, definition, f"{key}: {error.title}")

"""Rules of writable fields in the Zendesk sandbox: required, unique, choices.

A resource lists its rules in order; the first rule that a request breaks answers it. Fields
without a rule are ignored, as Zendesk ignores attributes it does not know.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.zendesk.error_responses import validation_error

# (field name, value) → the record that has this value already, or None.
OwnerFinder = Callable[[str, Any], JsonObject | None]


@dataclass(frozen=True)
class FieldRule:
    """How a field of the sandbox's Zendesk may be written and how its value is stored."""

    name: str
    convert: Callable[[Any], Any] | None = None
    is_required: bool = False
    choices: tuple[Any, ...] = ()
    # A value that is none of the choices is then ignored instead of refused.
    ignores_other_values: bool = False
    pattern: str = ""
    # The description of the error when another record has the value; `{value}` is filled in.
    taken_message: str = ""

    def checked_value(
        self, given: Any, record: JsonObject, find_owner: OwnerFinder | None = None
    ) -> Any:
        """Return a field's value as the sandbox's Zendesk stores it; a 422 where refused."""
        value = self.convert(given) if self.convert else given
        label = self.name.capitalize()
        if self.is_required and not value:
            raise validation_error(self.name, f"{label}: cannot be blank", "BlankValue")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise validation_error(self.name, f"{label}: is not valid", "InvalidFormat")
        if self.choices and value not in self.choices:
            raise validation_error(self.name, f"{label}: {value} is not valid")
        if self.taken_message and value and find_owner:
            owner = find_owner(self.name, value)
            if owner is not None and owner["id"] != record["id"]:
                message = self.taken_message.format(value=value)
                raise validation_error(self.name, message, "DuplicateValue")
        return value


def plain_fields(names: str) -> tuple[FieldRule, ...]:
    """Make the sandbox's rules for fields stored as they come, by names between blanks."""
    return tuple(map(FieldRule, names.split()))


def apply_field_rules(
    rules: Iterable[FieldRule],
    record: JsonObject,
    given: JsonObject,
    *,
    is_new: bool = False,
    find_owner: OwnerFinder | None = None,
) -> None:
    """Write the fields sent to a draft of the sandbox's record; new ones need all required."""
    for rule in rules:
        if rule.name not in given and not (is_new and rule.is_required):
            continue
        value = given.get(rule.name)
        if rule.ignores_other_values and value not in rule.choices:
            continue
        record[rule.name] = rule.checked_value(value, record, find_owner)


def strip_text(value: Any) -> str:
    """Convert a value sent to the sandbox's Zendesk to stripped text; null is empty."""
    return str(value or "").strip()


def text_or_none(value: Any) -> str | None:
    """Convert a value sent to the sandbox's Zendesk to text; what is empty becomes null."""
    return str(value) if value else None


def normalise_tags(tags: Any) -> list[str]:
    """Convert tags sent to the sandbox's Zendesk to lower case, each once; blanks separate."""
    words = (word for tag in tags or [] for word in str(tag).lower().split())
    return list(dict.fromkeys(words))

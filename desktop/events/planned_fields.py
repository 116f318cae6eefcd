"""Fields that somebody lets Zendesk create for events: named with their type, never silently."""

from collections.abc import Iterable
from dataclasses import dataclass

from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.kit.errors import InvalidInput
from desktop.model.zendesk_user import UserFieldDefinition

FIELD_TYPES = ("text", "textarea", "checkbox", "date", "integer", "decimal")


@dataclass(frozen=True)
class PlannedField:
    """A missing custom field of Zendesk users or organisations, and the type it is created with."""

    key: str
    type: str

    @property
    def title(self) -> str:
        """What Zendesk shows the field as: `shoe_size` becomes “Shoe size”."""
        return self.key.replace("_", " ").capitalize()

    @property
    def option(self) -> str:
        """The field as the options of `fairlead events` take it."""
        return f"{self.key}={self.type}"


def parse_planned_field(text: str) -> PlannedField:
    """Parse KEY=TYPE of a Zendesk field to be created for events. Raises InvalidInput."""
    key, _, kind = text.partition("=")
    is_key = key.isascii() and key.replace("_", "").isalnum() and not key.isdigit()
    if not is_key or kind not in FIELD_TYPES:
        raise InvalidInput(
            f"“{text[:60]}” is not KEY=TYPE.",
            "Nothing was created.",
            f"A key has letters, digits and _; a type is one of {', '.join(FIELD_TYPES)}.",
        )
    return PlannedField(key, kind)


def plan_with_fields(
    directory: ZendeskDirectory,
    user_fields: Iterable[PlannedField],
    organization_fields: Iterable[PlannedField],
) -> None:
    """Have a directory answer as if these fields were there."""
    directory.organization_fields = (
        *(directory.organization_fields or ()),
        *map(_definition, organization_fields),
    )
    if directory.user_fields is not None:
        directory.user_fields = (*directory.user_fields, *map(_definition, user_fields))


def _definition(field: PlannedField) -> UserFieldDefinition:
    return UserFieldDefinition(0, field.key, field.title, field.type)

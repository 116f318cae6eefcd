"""The options that create missing fields in Zendesk: each named with its type, never silently."""

import argparse

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_event_calls
from desktop.events.live_directory import LiveDirectory
from desktop.events.zendesk_directory import ZendeskDirectory
from desktop.kit.errors import InvalidInput
from desktop.model.zendesk_user import UserFieldDefinition

_TYPES = ("text", "textarea", "checkbox", "date", "integer", "decimal")


def add_field_options(parser: argparse.ArgumentParser) -> None:
    """Add `--create-field` for organisations and `--create-user-field`, each repeatable."""
    for name, whose in (("--create-field", "organisation"), ("--create-user-field", "user")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="KEY=TYPE",
            help=f"a missing {whose} field to create: {', '.join(_TYPES)}",
        )


def take_planned_fields(directory: ZendeskDirectory, options: argparse.Namespace) -> None:
    """Plan as if the fields named by the options were there. Raises InvalidInput."""
    directory.organization_fields = (
        *(directory.organization_fields or ()),
        *_parse_fields(options.create_field),
    )
    if directory.user_fields is not None:
        directory.user_fields = (*directory.user_fields, *_parse_fields(options.create_user_field))


async def create_fields(
    services: WorkspaceServices, directory: LiveDirectory, options: argparse.Namespace
) -> None:
    """Create the fields named by the options that are missing. Raises Forbidden but for admins."""
    calls = build_event_calls(services)
    known = {field.key for field in directory.organization_fields or ()}
    for field in _parse_fields(options.create_field):
        if field.key not in known:
            await calls.create_organization_field(field.key, field.title, field.type)
    known = {field.key for field in directory.user_fields or ()}
    for field in _parse_fields(options.create_user_field):
        if field.key not in known:
            await calls.client.create_user_field(field.key, field.title, kind=field.type)
    if options.create_field or options.create_user_field:
        await directory.load_fields()


def _parse_fields(texts: list[str]) -> tuple[UserFieldDefinition, ...]:
    return tuple(map(_parse_field, texts))


def _parse_field(text: str) -> UserFieldDefinition:
    key, _, kind = text.partition("=")
    is_key = key.isascii() and key.replace("_", "").isalnum() and not key.isdigit()
    if not is_key or kind not in _TYPES:
        raise InvalidInput(
            f"“{text[:60]}” is not KEY=TYPE.",
            "Nothing was created.",
            f"A key has letters, digits and _; a type is one of {', '.join(_TYPES)}.",
        )
    return UserFieldDefinition(0, key, key.replace("_", " ").capitalize(), kind)

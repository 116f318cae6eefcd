"""The options that create missing fields in Zendesk: each named with its type, never silently."""

import argparse

from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_event_calls
from desktop.events.live_zendesk_directory import LiveZendeskDirectory
from desktop.events.planned_fields import (
    FIELD_TYPES,
    PlannedField,
    parse_planned_field,
    plan_with_fields,
)
from desktop.events.zendesk_directory import ZendeskDirectory


def add_field_options(parser: argparse.ArgumentParser) -> None:
    """Add `--create-field` for organisations and `--create-user-field`, each repeatable."""
    for name, whose in (("--create-field", "organisation"), ("--create-user-field", "user")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            metavar="KEY=TYPE",
            help=f"a missing {whose} field to create: {', '.join(FIELD_TYPES)}",
        )


def check_field_options(options: argparse.Namespace) -> None:
    """Read the options before anything is stored. Raises InvalidInput."""
    _parse_fields([*options.create_field, *options.create_user_field])


def take_planned_fields(directory: ZendeskDirectory, options: argparse.Namespace) -> None:
    """Plan as if the fields named by the options were there. Raises InvalidInput."""
    plan_with_fields(
        directory, _parse_fields(options.create_user_field), _parse_fields(options.create_field)
    )


async def create_fields(
    services: WorkspaceServices, directory: LiveZendeskDirectory, options: argparse.Namespace
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


def _parse_fields(texts: list[str]) -> tuple[PlannedField, ...]:
    return tuple(map(parse_planned_field, texts))

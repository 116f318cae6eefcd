"""`fairlead events source`: named sources of events, and which are delivered by themselves."""

import argparse
from collections.abc import Iterator
from typing import Any

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.events.trait_fields import snake_case
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.event_source import (
    DEFAULT_HOURLY_LIMIT,
    EventSource,
    EventSourceKind,
    UnattendedSwitch,
)

_ACTIONS = ("list", "add", "rename", "remove", "unattended", "key")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list", help="what to do")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the source")
    parser.add_argument(
        "value", nargs="?", metavar="NEW|on|off", help="rename: its new name; unattended: on or off"
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in EventSourceKind],
        help="add: how its events come in",
    )
    parser.add_argument("--folder", metavar="DIR", default="", help="add: the folder to watch")
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help=f"unattended: events an hour, {DEFAULT_HOURLY_LIMIT} unless said",
    )
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="TRAIT",
        help="unattended: a trait without a field in Zendesk that may be left out",
    )


@in_workspace()
async def _work_on_sources(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    sources = services.event_sources
    if options.action == "list":
        found = await sources.list_sources()
        return _emit_sources(found, options)
    if not options.name:
        raise InvalidInput("Name the source.", "Nothing was changed.")
    if options.action != "key" and (error := services.session.connection_error) is not None:
        # Nobody can say who may while Zendesk is away.
        raise error
    if options.action == "add":
        kind = EventSourceKind(options.kind or ("folder" if options.folder else "file"))
        return _emit_sources([await sources.add(options.name, kind, options.folder)], options)
    if options.action == "rename":
        if not options.value:
            raise InvalidInput("Name the source's new name.", "Nothing was changed.")
        return _emit_sources([await sources.rename(options.name, options.value)], options)
    if options.action == "remove":
        await sources.remove(options.name)
        return emit(
            {"removed": options.name},
            [f"“{options.name}” is no source any more. Its events and files stay."],
            as_json=options.json,
        )
    if options.action == "key":
        return await _make_key(services, options)
    return await _switch(services, options)


async def _make_key(services: WorkspaceServices, options: argparse.Namespace) -> int:
    key = await services.event_sources.make_write_key(options.name)
    where = services.event_sources.write_keys.location_label
    lines = [
        f"Write key of “{options.name}”: {key}",
        f"The keys are {where}. The one before counts no more once `events serve` starts anew.",
    ]
    return emit({"source": options.name, "write_key": key}, lines, as_json=options.json)


async def _switch(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.value not in ("on", "off"):
        raise InvalidInput("Say on or off.", "Nothing was switched.")
    switch = None
    if options.value == "on":
        limit = DEFAULT_HOURLY_LIMIT if options.limit is None else options.limit
        left_out = sorted({snake_case(one) for one in options.leave_out} - {""})
        switch = UnattendedSwitch(limit, tuple(left_out))
    source = await services.event_sources.set_unattended(options.name, switch)
    await services.keep_audit_head()
    return _emit_sources([source], options)


def _emit_sources(
    sources: "tuple[EventSource, ...] | list[EventSource]", options: argparse.Namespace
) -> int:
    lines = (line for source in sources for line in _describe(source))
    document = {"sources": [source_as_json(one) for one in sources]}
    return emit(document, lines if sources else ["No source yet."], as_json=options.json)


def source_as_json(source: EventSource) -> dict[str, Any]:
    """Return a source as `events source` prints it."""
    switch = source.switch
    return {
        "source": source.name,
        "kind": source.kind.value,
        "folder": source.folder,
        "unattended": switch is not None,
        "limit": switch.hourly_limit if switch else None,
        "leave_out": list(switch.left_out) if switch else [],
        "switched_by": source.switched_by,
        "distrust": source.distrust,
        "used_this_hour": source.used_this_hour,
        "waiting": source.waiting,
        "to_correct": source.to_correct,
        "last_event_at": source.last_event_at,
        "trouble": source.trouble,
    }


def _describe(source: EventSource) -> Iterator[str]:
    where = f" {source.folder}" if source.folder else ""
    waits = format_count(source.waiting, "event waits", "events wait")
    last = f", last {iso_timestamp(source.last_event_at)}" if source.last_event_at else ""
    counts = f"{waits}, {source.to_correct:,} to correct{last}"
    yield f"{source.name} ({source.kind.label}{where}): {counts}"
    if source.switch is not None:
        yield (
            f"  delivered by itself, at most {source.switch.hourly_limit:,} events an hour,"
            f" {source.used_this_hour:,} in the last one; switched on by {source.switched_by}"
        )
    for text in filter(None, (source.distrust, source.trouble)):
        yield f"  {text}"


COMMANDS = {"source": CliCommand(_add_arguments, _work_on_sources)}

"""`fairlead events replay`: sends delivered events once more, where Zendesk lacks what they did."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.deliver import (
    add_confirm_options,
    deliver_and_emit,
)
from desktop.app.commands.events_subcommands.event_selection import (
    add_selection_options,
    read_selection,
)
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.view_permission import rows_to_show
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import preview_replay
from desktop.kit.text import format_count
from desktop.sync.event_replay import ReplayRow


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_selection_options(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be sent, send nothing"
    )
    parser.add_argument("--removals", action="store_true", help="send removals of members too")
    parser.add_argument("--quiet", action="store_true", help="print counts alone, no customer")
    add_confirm_options(parser)


@in_workspace(for_runs=True)
async def _replay(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=not options.dry_run)
    found = await preview_replay(services, read_selection(options))
    sending = found.sent_events
    document: dict[str, Any] = {
        "events": found.events,
        "sent_again": len(sending),
        "overtaken": found.overtaken,
    }
    if options.dry_run:
        document["rows"] = await rows_to_show(services, map(_as_json, found.rows))
        lines = _describe(document, () if options.quiet else document["rows"])
        return emit(document, lines, as_json=options.json)
    document["replayed"] = await services.store.events.replay(
        sending, services.session.actor.signature, services.context.clock.now()
    )
    if not sending:
        return emit(document, _describe(document, ()), as_json=options.json)
    # Removals of these events alone were ticked.
    options.event = sending
    return await deliver_and_emit(services, options, None, document)


def _as_json(row: ReplayRow) -> dict[str, Any]:
    return {
        "event": row.stored.id,
        "source": row.stored.source_name,
        "line": row.stored.line,
        "action": row.planned.action.value,
        "state": row.state,
        "text": row.text,
    }


def _describe(document: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    chosen = format_count(document["events"], "delivered event", "delivered events")
    yield f"{chosen}, {document['sent_again']:,} would send something again."
    if document["overtaken"]:
        people = format_count(document["overtaken"], "user has", "users have")
        yield f"{people} later events too: what those gave anew is left out."
    for row in rows:
        where = f", {row['source']} line {row['line']}: {row['text']}" if "text" in row else ""
        yield f"  event {row['event']}{where}"


COMMANDS = {"replay": CliCommand(_add_arguments, _replay)}

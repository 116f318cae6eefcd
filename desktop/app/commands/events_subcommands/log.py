"""`fairlead events log`: every stored event with its deliveries, newest first."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.deliver import rows_as_json
from desktop.app.commands.events_subcommands.event_source import open_event_source
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.events.event import Event
from desktop.events.event_intake import DuplicateEvent, read_events
from desktop.events.event_storage_form import stored_form
from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState

_DEFAULT_LIMIT = 200


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="only the events of this file")
    parser.add_argument("--source", type=int, metavar="ID", help="only those of one delivery")
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[state.value for state in DeliveryState],
        help="only events with a delivery in this state",
    )
    parser.add_argument(
        "--causes", action="store_true", help="group what waits for a person by its cause"
    )
    parser.add_argument("--limit", type=int, default=_DEFAULT_LIMIT, help="how many events")


@in_workspace(connect=False)
async def _log(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    ids: list[str] | None = None
    if options.file is not None:
        with open_event_source(options.file) as source:
            ids = [
                stored_form(item).message_id
                for item in read_events(source)
                if isinstance(item, Event | DuplicateEvent)
            ]
    found = await services.store.events.list_newest(
        options.limit,
        source_id=options.source,
        message_ids=ids,
        states=[DeliveryState(state) for state in options.state],
    )
    rows = [row for event in found for row in rows_as_json(event)]
    if options.causes:
        return _emit_causes(rows, as_json=options.json)
    lines = (
        f"{row['event']:>6} {row['source']} line {row['line']}: {row['action']}"
        f" {row['state']}: {row['detail']}{_describe_answer(row)}"
        for row in rows
    )
    return emit({"rows": rows}, lines, as_json=options.json)


def _emit_causes(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> int:
    """Print what waits for a person by cause, the most frequent first, with its events."""
    found: dict[str, list[int]] = {}
    for row in rows:
        if row["state"] in ("parked", "skipped", "invalid"):
            # “no user: Zendesk has nobody for …”: whose it is stands behind the colon.
            found.setdefault(row["detail"].partition(":")[0], []).append(row["event"])
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    causes = [{"cause": cause, "count": len(ids), "events": ids} for cause, ids in ordered]
    lines = (f"{len(ids):>6,} × {cause}" for cause, ids in ordered)
    return emit({"causes": causes}, lines, as_json=as_json)


def _describe_answer(row: Mapping[str, Any]) -> str:
    """Describe how often a delivery was tried, and what Zendesk answered last."""
    if not row.get("attempts"):
        return ""
    parts = [format_count(row["attempts"], "try", "tries"), row["answer"]]
    parts.append(f"request id {row['request_id']}" if row["request_id"] else "")
    return f" ({', '.join(filter(None, parts))})"


COMMANDS = {"log": CliCommand(_add_arguments, _log)}

"""`fairlead events rollback`: takes back what delivered events changed, as far as that can be."""

import argparse
from collections import Counter
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_selection import (
    add_selection_options,
    read_selection,
)
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.view_permission import rows_to_show
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_rollback
from desktop.model.event_delivery import DeliveryState
from desktop.sync.event_rollback import RollbackState, RollbackStep


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_selection_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what would be undone")
    parser.add_argument("--quiet", action="store_true", help="print counts alone, no customer")


@in_workspace(for_runs=True)
async def _roll_back(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=not options.dry_run)
    states = [state.value for state in DeliveryState]
    ids = await services.store.event_writes.select_events(read_selection(options), states)
    steps = await (await build_rollback(services)).run(ids, dry_run=options.dry_run)
    totals = Counter(step.state for step in steps)
    document: dict[str, Any] = {
        "events": len(ids),
        "totals": {state.value: totals[state] for state in RollbackState},
        "rows": await rows_to_show(services, map(_as_json, steps)),
    }
    counts = "; ".join(
        f"{totals[state]:,} {state.label}" for state in RollbackState if totals[state]
    )
    lines = [counts or "Nothing was sent for these events."]
    lines += [] if options.quiet else map(_row_line, document["rows"])
    failed = totals[RollbackState.FAILED]
    code = ExitCode.NEEDS_PERSON if failed else ExitCode.DONE
    return emit(document, lines, as_json=options.json, exit_code=code)


def _as_json(step: RollbackStep) -> dict[str, Any]:
    return {
        "event": step.write.event_id,
        "source": step.write.source_name,
        "line": step.write.line,
        "action": step.write.action,
        "state": step.state.value,
        "text": step.text,
    }


def _row_line(row: dict[str, Any]) -> str:
    text = f": {row['text']}" if "text" in row else f": event {row['event']}"
    return f"  {RollbackState(row['state']).label}{text}"


COMMANDS = {"rollback": CliCommand(_add_arguments, _roll_back)}

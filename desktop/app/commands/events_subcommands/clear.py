"""`fairlead events clear`: clears delivered events by age; an open window does it each day."""

import argparse

from desktop.app.background.retention import DAY_S, clear_old_events
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.settings import settings_table


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--older-than", type=int, metavar="DAYS", help="how old; the setting's days unless said"
    )
    parser.add_argument("--dry-run", action="store_true", help="count them, clear nothing")


@in_workspace()
async def _clear(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    days = options.older_than
    if days is None:
        days = services.session.values.get(settings_table.EVENT_DAYS)
    if not 0 <= days <= 36_500:
        raise InvalidInput("--older-than is a number of days from 0 on.", "Nothing was cleared.")
    now = services.context.clock.now()
    kept = await services.store.events.count_kept(now - days * DAY_S)
    cleared = 0 if options.dry_run else await clear_old_events(services, days)
    age = f"older than {format_count(days, 'day', 'days')}"
    lines = [
        f"{format_count(kept.kept, 'event is', 'events are')} kept;"
        f" {format_count(kept.expired, 'was delivered and is', 'were delivered and are')} {age}.",
    ]
    if kept.old_waiting:
        waits = format_count(kept.old_waiting, "event", "events")
        lines.append(f"{waits} as old wait to be sent or corrected: they stay.")
    if not options.dry_run:
        lines.append(f"{cleared:,} cleared. The same events are still known, and not sent again.")
    document = {
        "days": days,
        "kept": kept.kept,
        "expired": kept.expired,
        "old_waiting": kept.old_waiting,
        "cleared": cleared,
    }
    return emit(document, lines, as_json=options.json)


COMMANDS = {"clear": CliCommand(_add_arguments, _clear)}

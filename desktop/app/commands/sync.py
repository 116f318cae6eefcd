"""`fairlead sync`: goals, plans, runs and what is due, without a window."""

import argparse
import asyncio
from collections.abc import Sequence
from importlib import import_module

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.sync_subcommands.subcommand import SyncSubcommand

# Each module has ACTS.
_SUBCOMMAND_MODULES = (
    "configure",
    "plans",
    "runs",
    "history",
    "scheduled_runs",
    "notification_settings",
    "export_import",
)


def _load_subcommands() -> Sequence[SyncSubcommand]:
    found: list[SyncSubcommand] = []
    for name in _SUBCOMMAND_MODULES:
        module = import_module(f"desktop.app.commands.sync_subcommands.{name}")
        found += module.SUBCOMMANDS
    return found


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    for act in _load_subcommands():
        sub = acts.add_parser(
            act.name, help=act.summary, description=act.summary, allow_abbrev=False
        )
        # Here too, since people put them last; what stands before the act is not undone.
        sub.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document"
        )
        sub.add_argument(
            "--workspace", metavar="NAME", default=argparse.SUPPRESS, help="which workspace"
        )
        act.add_arguments(sub)
        sub.set_defaults(act_run=act.run)


def _run(context: AppContext, options: argparse.Namespace) -> int:
    code: int = asyncio.run(options.act_run(context, options))
    return code


COMMAND = CliCommand(
    "sync", "preview, run and schedule syncs between Zendesk and Sailthru", _add_arguments, _run
)

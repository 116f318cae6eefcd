"""`fairlead data`: what is kept of customers on this computer, and its erasure."""

import argparse

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import find_workspace
from desktop.connect.local_databases import LocalDatabases
from desktop.connect.stored_data_inventory import describe_kept_data
from desktop.kit.clock import iso_timestamp


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["status", "erase"], help="say what is kept, or erase it")


async def _work_on_kept_data(context: AppContext, options: argparse.Namespace) -> int:
    local = LocalDatabases(find_workspace(context, options.workspace))
    kept = await local.summarize_kept()
    if options.action == "erase":
        await local.erase_kept()
        line = f"Erased from this computer: {describe_kept_data(kept)}."
    else:
        since = f", last read {iso_timestamp(kept.read_at)}" if kept.read_at else ""
        line = f"Kept on this computer: {describe_kept_data(kept)}{since}."
    return emit(
        {
            "customers": kept.customers,
            "records": kept.records,
            "read_at": kept.read_at,
            "erased": options.action == "erase",
        },
        [line],
        as_json=options.json,
    )


COMMANDS = {"data": CliCommand(_add_arguments, _work_on_kept_data)}

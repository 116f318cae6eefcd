"""`fairlead undo EDIT`: take one change back."""

import argparse
import asyncio

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, print_edits
from desktop.app.commands.open_workspace import open_workspace


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edit", help="the number that `fairlead edit` or `outbox` printed")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    return asyncio.run(_undo(context, options))


async def _undo(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        edit = await house.undo.undo(options.edit, wait_for_undo=False)
        ended = await deliver_and_wait(house, [edit])
    return print_edits([e.as_json() for e in ended], as_json=options.json)


COMMAND = CliCommand("undo", "take one change back", _add_arguments, _run)

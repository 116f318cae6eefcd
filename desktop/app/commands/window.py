"""`fairlead [WHAT]`: the command that opens the window and looks an argument up there."""

import argparse
import gc

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_named_workspace
from desktop.kit.errors import StorageError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
    # The window's own way to a new workspace; typed names that are not there are mistakes.
    parser.add_argument("--new", action="store_true", help=argparse.SUPPRESS)


def _open_window(context: AppContext, options: argparse.Namespace) -> int:
    context.paths.create_folders()
    workspaces = context.workspaces
    name = options.workspace or workspaces.current_name()
    if options.new or not workspaces.names():
        workspace = workspaces.open_or_create(name)
    else:
        workspace = open_named_workspace(context, name)
    # What is imported for a window stays: looking through it again and again is a part of the
    # start that is felt. Once the window stands, GuiThreadGarbageCollector takes over.
    gc.disable()
    try:
        from desktop.app.startup.launcher import open_window
        from desktop.app.startup.startup_window import LaunchOptions
    except ImportError as error:
        raise StorageError(
            "A window cannot be opened here.",
            f"{error.name or 'Qt'} is not installed.",
            "Install PySide6-Essentials and qasync, or use the command line: `fairlead --help`.",
        ) from error
    launch_options = LaunchOptions(
        argument=options.what, exit_after_first_paint=options.exit_after_first_paint
    )
    return open_window(context, workspace, launch_options)


COMMANDS = {"window": CliCommand(_add_arguments, _open_window)}

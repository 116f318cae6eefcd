"""`fairlead [WHAT]`: open the window; an argument is looked up."""

import argparse
import gc

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.workspace_option import open_named_workspace
from desktop.kit.errors import StorageError
from desktop.settings.workspace import WorkspaceRegistry


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
    # The window's own way to a new workspace; typed names that are not there are mistakes.
    parser.add_argument("--new", action="store_true", help=argparse.SUPPRESS)


def _run(context: AppContext, options: argparse.Namespace) -> int:
    context.paths.create_folders()
    workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
    name = options.workspace or workspaces.current_name()
    if options.new or not workspaces.names():
        workspace = workspaces.open_or_create(name)
    else:
        workspace = open_named_workspace(workspaces, name)
    # What is imported for a window stays: looking through it again and again is a part of the
    # start that is felt. Once the window stands, the collector takes over.
    gc.disable()
    try:
        from desktop.app.startup.launch_options import LaunchOptions
        from desktop.app.startup.launcher import open_window
    except ImportError as error:
        raise StorageError(
            "A window cannot be opened here.",
            f"{error.name or 'Qt'} is not installed.",
            "Install PySide6-Essentials and qasync, or use the command line: `fairlead --help`.",
        ) from error
    start = LaunchOptions(
        argument=options.what, exit_after_first_paint=options.exit_after_first_paint
    )
    return open_window(context, workspace, workspaces, start)


COMMAND = CliCommand("window", "open the window (the default)", _add_arguments, _run)

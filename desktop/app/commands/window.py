"""`fairlead [WHAT]`: the command that opens the window and looks an argument up there."""

import argparse
import gc
import os
import sys

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_named_workspace
from desktop.kit.errors import AppError, StorageError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
    # The window's own way to a new workspace; typed names that are not there are mistakes.
    parser.add_argument("--new", action="store_true", help=argparse.SUPPRESS)


def _run_window(context: AppContext, options: argparse.Namespace) -> int:
    try:
        return _open_window(context, options)
    except AppError as error:
        if not options.exit_after_first_paint and _is_started_without_terminal():
            from desktop.app.startup.launcher import show_start_error

            show_start_error(error)
        # Printed as well, and the exit code says it to scripts.
        raise


def _is_started_without_terminal() -> bool:
    """Whether a person sees a screen, and nothing that is printed: started by an icon or a link."""
    if sys.stderr.isatty() or os.environ.get("QT_QPA_PLATFORM", "") in {"offscreen", "minimal"}:
        return False
    # Without one Qt ends the process.
    has_display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return has_display or sys.platform in {"win32", "darwin"}


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


COMMANDS = {"window": CliCommand(_add_arguments, _run_window)}

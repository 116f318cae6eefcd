"""`fairlead [WHAT]`: open the window; an argument is looked up."""

import argparse
import gc

from desktop.app.ground import Ground
from desktop.app.named import named_workspace
from desktop.app.verbs.verb import Verb
from desktop.kit.errors import StoreKnown
from desktop.settings.workspace import Workspaces


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--exit-after-first-paint", action="store_true", help=argparse.SUPPRESS)
    # The window's own way to a new workspace; typed names that are not there are mistakes.
    parser.add_argument("--new", action="store_true", help=argparse.SUPPRESS)


def _run(ground: Ground, options: argparse.Namespace) -> int:
    ground.paths.prepare()
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    name = options.workspace or workspaces.current()
    if options.new or not workspaces.names():
        workspace = workspaces.open_or_create(name)
    else:
        workspace = named_workspace(workspaces, name)
    # What is imported for a window stays: looking through it again and again is a part of the
    # start that is felt. Once the window stands, the collector takes over.
    gc.disable()
    try:
        from desktop.app.gui import open_window
        from desktop.app.start import Start
    except ImportError as error:
        raise StoreKnown(
            "A window cannot be opened here.",
            f"{error.name or 'Qt'} is not installed.",
            "Install PySide6-Essentials and qasync, or use the command line: `fairlead --help`.",
        ) from error
    start = Start(argument=options.what, first_paint=options.exit_after_first_paint)
    return open_window(ground, workspace, workspaces, start)


VERB = Verb("window", "open the window (the default)", _arguments, _run)

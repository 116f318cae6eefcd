"""What an act of `fairlead sync` is to the command line."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from desktop.app.bootstrap import AppContext
from desktop.app.container import WorkspaceServices


@dataclass(frozen=True)
class SyncSubcommand:
    """`arguments` adds its own to a parser; `run` returns the exit code."""

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[AppContext, argparse.Namespace], Awaitable[int]]


def add_sync_argument(parser: argparse.ArgumentParser) -> None:
    """Add the name of a goal."""
    parser.add_argument("sync", metavar="SYNC", help="which sync, by its name")


def parse_count(text: str) -> int:
    """How many, for an option; argparse tells who gives something else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text[:40]} is not a number from 0 to 9999999")
    return number


def require_sync_permission(services: WorkspaceServices) -> None:
    """Who is at work may run syncs. Raises why not: a service that is away comes first."""
    trouble = services.session.connection_error
    if trouble is not None:
        raise trouble
    services.syncs.require_permission()


def add_no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""
    del parser

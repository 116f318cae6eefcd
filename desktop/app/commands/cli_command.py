"""The type of every command of `fairlead` and of every subcommand of `fairlead sync`."""

import argparse
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desktop.app.bootstrap import AppContext
    from desktop.app.commands.command_parser import CommandParser


def add_no_arguments(parser: argparse.ArgumentParser) -> None:
    """Leave the parser as it is, for a command that takes only the common options."""
    del parser


@dataclass(frozen=True)
class CliCommand:
    """One command of `fairlead`: how to fill its argument parser, and how to run it.

    `run` is a coroutine function wherever a service or a database is asked; a plain function
    where an event loop of its own follows (the window) or none is needed. None: a command that
    only groups subcommands.
    """

    add_arguments: "Callable[[CommandParser], None]" = add_no_arguments
    run: "Callable[[AppContext, argparse.Namespace], int | Coroutine[Any, Any, int]] | None" = None
    # Off for `sandbox` alone, which hands every option on to a process of its own.
    has_common_options: bool = True

"""What an act of `fairlead sync` is to the command line."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from desktop.app.ground import Ground


@dataclass(frozen=True)
class Act:
    """`arguments` adds its own to a parser; `run` returns the exit code."""

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Ground, argparse.Namespace], Awaitable[int]]


def goal_argument(parser: argparse.ArgumentParser) -> None:
    """Add the name of a goal."""
    parser.add_argument("goal", metavar="GOAL", help="which sync, by its name")


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""
    del parser

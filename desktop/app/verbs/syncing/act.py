"""What an act of `fairlead sync` is to the command line."""

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from desktop.app.ground import Ground
from desktop.app.wiring import House


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


def count(text: str) -> int:
    """How many, for an option; argparse tells who gives something else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text[:40]} is not a number from 0 to 9999999")
    return number


def require_signed_in(house: House) -> None:
    """Who is at work may run syncs. Raises why not: a service that is away comes first."""
    trouble = house.live.trouble
    if trouble is not None:
        raise trouble
    house.goals.require()


def no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing."""
    del parser

"""What a verb is to the command line."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from desktop.app.bootstrap import AppContext


@dataclass(frozen=True)
class CliCommand:
    """`arguments` adds its own to a parser, `run` returns the exit code.

    `common`: it takes `--json` and `--workspace` like all that print something.
    """

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[AppContext, argparse.Namespace], int]
    has_common_options: bool = True

"""What a verb is to the command line."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from desktop.app.ground import Ground


@dataclass(frozen=True)
class Verb:
    """`arguments` adds its own to a parser, `run` returns the exit code.

    `common`: it takes `--json` and `--workspace` like all that print something.
    """

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Ground, argparse.Namespace], int]
    common: bool = True

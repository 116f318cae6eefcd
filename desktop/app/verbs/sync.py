"""`fairlead sync`: goals, plans, runs and what is due, without a window."""

import argparse
import asyncio
from collections.abc import Sequence
from importlib import import_module

from desktop.app.ground import Ground
from desktop.app.verbs.syncing.act import Act
from desktop.app.verbs.verb import Verb

# Each module has ACTS.
_MODULES = ("goals", "plans", "runs", "history", "due", "mail", "transfer")


def _acts() -> Sequence[Act]:
    found: list[Act] = []
    for name in _MODULES:
        module = import_module(f"desktop.app.verbs.syncing.{name}")
        found += module.ACTS
    return found


def _arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    for act in _acts():
        sub = acts.add_parser(
            act.name, help=act.summary, description=act.summary, allow_abbrev=False
        )
        # Here too, since people put them last; what stands before the act is not undone.
        sub.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document"
        )
        sub.add_argument(
            "--workspace", metavar="NAME", default=argparse.SUPPRESS, help="which workspace"
        )
        act.arguments(sub)
        sub.set_defaults(act_run=act.run)


def _run(ground: Ground, options: argparse.Namespace) -> int:
    code: int = asyncio.run(options.act_run(ground, options))
    return code


VERB = Verb(
    "sync", "preview, run and schedule syncs between Zendesk and Sailthru", _arguments, _run
)

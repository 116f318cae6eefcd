"""`fairlead doctor`: test every connection and permission, and name what is refused."""

import argparse
import asyncio

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.session import find_workspace
from desktop.app.verbs.checks import print_checks
from desktop.app.verbs.verb import Verb
from desktop.app.wiring import make_desk
from desktop.connect.doctor import examine
from desktop.settings.workspace import Workspaces


def _arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def _run(ground: Ground, options: argparse.Namespace) -> int:
    return asyncio.run(_examine(ground, options))


async def _examine(ground: Ground, options: argparse.Namespace) -> int:
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    workspace = find_workspace(workspaces, options.workspace)
    report = await examine(make_desk(ground, workspace, workspaces))
    if options.json:
        output.print_json({"workspace": workspace.name, **report.as_json()})
    else:
        print_checks(report.checks)
    return output.DONE if report.ok else output.FAILED


VERB = Verb("doctor", "test every connection and permission", _arguments, _run)

"""`fairlead undo EDIT`: take one change back."""

import argparse
import asyncio

from desktop.app.ground import Ground
from desktop.app.session import session
from desktop.app.verbs.edits import finish, print_edits
from desktop.app.verbs.verb import Verb


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edit", help="the number that `fairlead edit` or `outbox` printed")


def _run(ground: Ground, options: argparse.Namespace) -> int:
    return asyncio.run(_undo(ground, options))


async def _undo(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        edit = await house.undo.undo(options.edit, wait_for_undo=False)
        ended = await finish(house, [edit])
    return print_edits([e.as_json() for e in ended], as_json=options.json)


VERB = Verb("undo", "take one change back", _arguments, _run)

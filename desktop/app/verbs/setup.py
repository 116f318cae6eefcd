"""`fairlead setup --from FILE`: connect a workspace without a window."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.verbs.checks import print_checks
from desktop.app.verbs.verb import Verb
from desktop.app.wiring import make_desk
from desktop.connect.setup import run_setup
from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.settings.workspace import DEFAULT_NAME, Workspaces

_LARGEST = 1_000_000


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="source", required=True, metavar="FILE", help="a JSON object; - is stdin"
    )


def _run(ground: Ground, options: argparse.Namespace) -> int:
    document = _read(options.source)
    return asyncio.run(_set_up(ground, options, document))


async def _set_up(ground: Ground, options: argparse.Namespace, document: dict[str, Json]) -> int:
    ground.paths.prepare()
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    name = options.workspace or (workspaces.current() if workspaces.names() else DEFAULT_NAME)
    workspace = workspaces.open_or_create(name)
    report = await run_setup(document, make_desk(ground, workspace, workspaces))
    if report.ok:
        workspaces.remember(workspace.name)
    if options.json:
        output.print_json({"workspace": workspace.name, **report.as_json()})
    else:
        print(f"Workspace {plain(workspace.name)}")
        print_checks(report.checks)
        for note in report.notes:
            print(plain(note))
    return output.DONE if report.ok else output.FAILED


def _read(source: str) -> dict[str, Json]:
    try:
        if source == "-":
            text = _typed()
        else:
            path = Path(source)
            if path.stat().st_size > _LARGEST:
                raise BadInput(f"{source} is too large for a set-up file.")
            text = path.read_bytes()
        document = json.loads(text)
    except OSError as error:
        raise BadInput(f"{source} cannot be read.", f"{error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{source} is not a JSON object.",
            "",
            "It is the object that `fairlead sandbox` prints.",
        ) from error
    if not isinstance(document, dict):
        raise BadInput(f"{source} is not a JSON object.", "It holds something else.")
    return document


def _typed() -> bytes:
    """Standard input until it is a whole object: who prints it may keep the pipe open."""
    text = b""
    while len(text) < _LARGEST:
        chunk = os.read(sys.stdin.fileno(), 65_536)
        if not chunk:
            break
        text += chunk
        # Only where an object may end: decoding a large one after each chunk takes long.
        if text.rstrip().endswith(b"}") and _whole(text):
            break
    return text


def _whole(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


VERB = Verb("setup", "connect a workspace from a JSON object", _arguments, _run)

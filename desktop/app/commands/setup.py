"""`fairlead setup --from FILE`: connect a workspace without a window."""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import print_checks
from desktop.app.container import build_connection_config
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.settings.workspace import DEFAULT_NAME, WorkspaceRegistry

_MAX_BYTES = 1_000_000


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="source", required=True, metavar="FILE", help="a JSON object; - is stdin"
    )


def _run(context: AppContext, options: argparse.Namespace) -> int:
    document = _read_document(options.source)
    return asyncio.run(_set_up(context, options, document))


async def _set_up(
    context: AppContext, options: argparse.Namespace, document: dict[str, Json]
) -> int:
    context.paths.create_folders()
    workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
    name = options.workspace or (workspaces.current_name() if workspaces.names() else DEFAULT_NAME)
    workspace = workspaces.open_or_create(name)
    report = await set_up_workspace(
        document, build_connection_config(context, workspace, workspaces)
    )
    if report.is_ok:
        workspaces.set_current(workspace.name)
    if options.json:
        cli_output.print_json({"workspace": workspace.name, **report.as_json()})
    else:
        print(f"Workspace {terminal_safe(workspace.name)}")
        print_checks(report.checks)
        for note in report.notes:
            print(terminal_safe(note))
    return cli_output.EXIT_DONE if report.is_ok else cli_output.EXIT_FAILED


def _read_document(source: str) -> dict[str, Json]:
    try:
        if source == "-":
            text = _read_stdin_object()
        else:
            path = Path(source)
            if path.stat().st_size > _MAX_BYTES:
                raise InvalidInput(f"{source} is too large for a set-up file.")
            text = path.read_bytes()
        document = json.loads(text)
    except OSError as error:
        raise InvalidInput(f"{source} cannot be read.", f"{error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"{source} is not a JSON object.",
            "",
            "It is the object that `fairlead sandbox` prints.",
        ) from error
    if not isinstance(document, dict):
        raise InvalidInput(f"{source} is not a JSON object.", "It holds something else.")
    return document


def _read_stdin_object() -> bytes:
    """Standard input until it is a whole object: who prints it may keep the pipe open."""
    text = b""
    while len(text) < _MAX_BYTES:
        chunk = os.read(sys.stdin.fileno(), 65_536)
        if not chunk:
            break
        text += chunk
        # Only where an object may end: decoding a large one after each chunk takes long.
        if text.rstrip().endswith(b"}") and _is_complete_json(text):
            break
    return text


def _is_complete_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


COMMAND = CliCommand("setup", "connect a workspace from a JSON object", _add_arguments, _run)

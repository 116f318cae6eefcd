"""`fairlead setup --from FILE`: connect a workspace from a JSON object, without a window."""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import connection_check_lines
from desktop.app.container import build_connection_config
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.setup_document import MOVE_ACCOUNT_KEY
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.workspace import DEFAULT_NAME

# The object is some 2 kB; the limit keeps a wrong file name from filling the memory.
_MAX_BYTES = 1_000_000


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="source", required=True, metavar="FILE", help="a JSON object; - is stdin"
    )
    parser.add_argument(
        "--move-account",
        action="store_true",
        help="move the workspace to another account, and drop what waits for the former one",
    )


async def _set_up_workspace(context: AppContext, options: argparse.Namespace) -> int:
    document = _read_document(options.source)
    if options.move_account:
        document[MOVE_ACCOUNT_KEY] = True
    context.paths.create_folders()
    workspaces = context.workspaces
    name = options.workspace or (workspaces.current_name() if workspaces.names() else DEFAULT_NAME)
    known = workspaces.names()
    workspace = workspaces.open_or_create(name)
    config = build_connection_config(context, workspace)
    days_before = config.settings_file.load().values.get(settings_table.CACHE_DAYS)
    try:
        report = await set_up_workspace(document, config)
    except (InvalidInput, UserDecisionNeeded):
        # Refused before anything was stored: no empty workspace is left in the list. By its own
        # name: what was typed may be another spelling of one that is there.
        if workspace.name not in known:
            workspaces.remove(workspace)
        raise
    # Only now: a set-up that failed leaves the workspace in use as it was.
    if report.is_ok:
        workspaces.set_current(workspace.name)
    report = replace(report, notes=(*report.notes, *await _lost_by_days(config, days_before)))
    done = ExitCode.NEEDS_PERSON if report.has_refused_settings else ExitCode.DONE
    return emit(
        {"workspace": workspace.name, **report.as_json()},
        (
            f"Workspace {workspace.name}",
            *connection_check_lines(report.checks),
            *report.notes,
        ),
        as_json=options.json,
        exit_code=done if report.is_ok else ExitCode.FAILED,
    )


async def _lost_by_days(config: ConnectionConfig, days_before: int) -> tuple[str, ...]:
    """Say how many kept customers go because they are kept for fewer days from now on."""
    days = config.settings_file.load().values.get(settings_table.CACHE_DAYS)
    if days >= days_before:
        return ()
    before = config.clock.now() - days * 86_400.0
    lost = await LocalDataService(config.workspace).count_not_opened_since(before)
    kept_for = f"Opened customers are kept for {format_count(days, 'day', 'days')} from now on"
    if not lost:
        return (f"{kept_for}.",)
    gone = format_count(lost, "customer", "customers")
    return (f"{kept_for}: {gone} not opened since then will be erased from this computer.",)


def _read_document(source: str) -> dict[str, Json]:
    """Read the JSON of `fairlead setup --from FILE` (`-`: stdin). Raises InvalidInput."""
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
    """Read stdin until it is a whole JSON object: `fairlead sandbox |` keeps the pipe open."""
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


COMMANDS = {"setup": CliCommand(_add_arguments, _set_up_workspace)}

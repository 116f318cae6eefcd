"""`fairlead doctor`: test every connection and permission, and name what a service refuses.

`--save FILE` writes a report for a maintainer instead, with versions, checks, counts and the log.
"""

import argparse
import asyncio
from pathlib import Path

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit, write_utf_8
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import connection_check_lines
from desktop.app.commands.open_workspace import find_workspace
from desktop.app.container import build_connection_config
from desktop.connect.diagnostics_report import build_diagnostics_report
from desktop.connect.doctor import run_doctor
from desktop.settings.json_file import write_text_atomically
from desktop.settings.workspace import Workspace


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--save",
        metavar="FILE",
        help="write a report for a maintainer, without personal data; “-” prints it",
    )


async def _check_connections(context: AppContext, options: argparse.Namespace) -> int:
    # No database is opened: a damaged one must not keep the doctor from looking.
    workspace = find_workspace(context, options.workspace)
    if options.save:
        return await _save_report(context, workspace, options)
    report = await run_doctor(build_connection_config(context, workspace))
    return emit(
        {"workspace": workspace.name, **report.as_json()},
        connection_check_lines(report.checks),
        as_json=options.json,
        exit_code=ExitCode.DONE if report.is_ok else ExitCode.FAILED,
    )


async def _save_report(
    context: AppContext, workspace: Workspace, options: argparse.Namespace
) -> int:
    config = build_connection_config(context, workspace)
    report = await build_diagnostics_report(config, context.paths.logs)
    if options.save == "-" and not options.json:
        write_utf_8(report)
        return ExitCode.DONE
    if options.save == "-":
        return emit({"report": report}, (), as_json=True)
    path = await asyncio.to_thread(_write_report, options.save, report)
    return emit(
        {"saved": str(path)},
        (f"Saved the report to {path}. Read it before you send it.",),
        as_json=options.json,
    )


def _write_report(name: str, report: str) -> Path:
    path = Path(name).expanduser().absolute()
    write_text_atomically(path, report)
    return path


COMMANDS = {"doctor": CliCommand(_add_arguments, _check_connections)}

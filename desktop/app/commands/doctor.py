"""`fairlead doctor`: test every connection and permission, and name what a service refuses."""

import argparse

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import connection_check_lines
from desktop.app.commands.open_workspace import find_workspace
from desktop.app.container import build_connection_config
from desktop.connect.doctor import run_doctor


async def _check_connections(context: AppContext, options: argparse.Namespace) -> int:
    # No database is opened: a damaged one must not keep the doctor from looking.
    workspace = find_workspace(context, options.workspace)
    report = await run_doctor(build_connection_config(context, workspace))
    return emit(
        {"workspace": workspace.name, **report.as_json()},
        connection_check_lines(report.checks),
        as_json=options.json,
        exit_code=ExitCode.DONE if report.is_ok else ExitCode.FAILED,
    )


COMMANDS = {"doctor": CliCommand(run=_check_connections)}

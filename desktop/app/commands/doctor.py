"""`fairlead doctor`: test every connection and permission, and name what is refused."""

import argparse
import asyncio

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import print_checks
from desktop.app.commands.open_workspace import find_workspace
from desktop.app.container import build_connection_config
from desktop.connect.doctor import run_doctor
from desktop.settings.workspace import WorkspaceRegistry


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def _run(context: AppContext, options: argparse.Namespace) -> int:
    return asyncio.run(_examine(context, options))


async def _examine(context: AppContext, options: argparse.Namespace) -> int:
    workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
    workspace = find_workspace(workspaces, options.workspace)
    report = await run_doctor(build_connection_config(context, workspace, workspaces))
    if options.json:
        cli_output.print_json({"workspace": workspace.name, **report.as_json()})
    else:
        print_checks(report.checks)
    return cli_output.EXIT_DONE if report.is_ok else cli_output.EXIT_FAILED


COMMAND = CliCommand("doctor", "test every connection and permission", _add_arguments, _run)

"""`fairlead worker`: run what is due of a team's syncs on a server, until it is stopped."""

import argparse
import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.sync_subcommands.scheduled_runs import DueRunResult, run_due_syncs
from desktop.app.container import WorkspaceServices
from desktop.app.team_approvals import TeamApprovals
from desktop.kit.errors import AppError, UserDecisionNeeded

log = logging.getLogger(__name__)

# The shortest schedule is every five minutes.
_POLL_S = 15.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="run what is due now, then end")


async def _work(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as services:
        require_sync_permission(services)
        if await services.team.find_membership() is None:
            raise UserDecisionNeeded(
                "A worker needs a team store.",
                "Nothing was started: without one nobody can say whether another computer runs the"
                " same syncs.",
                "`fairlead team join -` first; for one computer alone: `fairlead sync due`.",
            )
        if options.once:
            results, paused = await run_due_syncs(services)
            await services.team.hand_in_audit()
            lines = [line for result in results for line in result.text_lines()]
            lines += [f"{one.sync.name} is paused. {one.message}" for one in paused]
            document = {"due": [result.as_json() for result in results]}
            code = max((result.exit_code for result in results), default=ExitCode.DONE)
            return emit(
                document, lines or ["Nothing is due."], as_json=options.json, exit_code=code
            )
        await _work_until_stopped(services)
    return emit({"stopped": True}, ["Stopped."], as_json=options.json)


async def _work_until_stopped(services: WorkspaceServices) -> None:
    """Run what is due each quarter of a minute; SIGTERM ends it after the run under way."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Windows' loop has no such handlers: there Ctrl+C ends the process, and the run goes on
        # with the next one.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopping.set)
    told = ""
    while not stopping.is_set():
        try:
            results, _paused = await run_due_syncs(services)
            await services.team.hand_in_audit()
            await TeamApprovals(services).exchange()
            _log_results(results)
            told = ""
        except AppError as error:
            if error.title != told:
                log.warning("Nothing was started: %s", error)
            told = error.title
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _POLL_S)


def _log_results(results: Sequence[DueRunResult]) -> None:
    for result in results:
        for line in result.text_lines():
            log.info("%s", line)


COMMANDS = {"worker": CliCommand(_add_arguments, _work)}

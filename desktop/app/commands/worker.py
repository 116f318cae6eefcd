"""`fairlead worker`: run what is due of a team's syncs on a server, until it is stopped."""

import argparse
import asyncio
import contextlib
import logging
from dataclasses import replace

from desktop.app.background.team_notification_listener import RETRY_S, hear_notices
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.sync_subcommands.scheduled_runs import (
    DueResults,
    describe_paused,
    do_what_is_due,
)
from desktop.app.container import WorkspaceServices
from desktop.app.sailthru_relay_worker import SailthruRelayWorker
from desktop.app.team_approvals import TeamApprovals
from desktop.app.team_queue_runner import TeamQueueRunner
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.kit.termination_signals import call_at_termination

log = logging.getLogger(__name__)

# The shortest schedule is every five minutes.
_POLL_S = 15.0
# As often as a window and the system's timer: each look asks the services.
_CUSTOMERS_S = 300.0


class TeamWorker:
    """One desk without a window: what is due, its customers, its record, its approvals."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._queue = TeamQueueRunner(services)
        self._next_customers_at = float("-inf")
        self._paused: dict[str, str] = {}
        self._refused: set[str] = set()
        self._error = ""
        self._notes: tuple[str, ...] = ()

    async def do_what_is_due(self) -> DueResults:
        """Do what `sync due` does, run what waits in the team's queue, exchange with other desks.

        Exchanged are the record, rows and approvals. Where something cannot be started, or the team
        store is away, that is the results' `error`, beside what was done.
        """
        done = await self._run_due()
        try:
            await self._services.team.hand_in_audit()
            await self._services.team.exchange_rows()
            await TeamApprovals(self._services).exchange()
            return replace(done, notes=tuple(await self._queue.describe_left_out()))
        except AppError as error:
            return replace(done, error=done.error or error)

    async def _run_due(self) -> DueResults:
        clock = self._services.context.clock
        with_customers = clock.monotonic() >= self._next_customers_at
        try:
            await self._queue.announce()
            done = await do_what_is_due(
                self._services,
                with_customers=with_customers,
                is_stopped=lambda: self._queue.is_stopped,
            )
        except AppError as error:
            return DueResults(error=error)
        if with_customers:
            self._next_customers_at = clock.monotonic() + _CUSTOMERS_S
        queued, stopped_by = await self._queue.run_waiting({one.sync.name for one in done.paused})
        return replace(done, runs=(*done.runs, *queued), error=stopped_by)

    def stop(self) -> None:
        """Begin nothing more; the run under way goes on to its end."""
        self._queue.stop()

    def log_results(self, done: DueResults) -> None:
        """Log every run, and what is refused, paused or no longer paused since the last time."""
        refused: set[str] = set()
        for result in done.runs:
            for line in result.text_lines():
                if result.run is None:
                    refused.add(line)
                if line not in self._refused:
                    log.info("%s", line)
        self._refused = refused
        self._log_notes(done)
        if done.error is not None and str(done.error) != self._error:
            log.warning("Not all was done: %s", done.error)
        self._error = "" if done.error is None else str(done.error)
        if done.error is not None and not done.paused:
            # Which are paused was not looked at.
            return
        paused = {one.sync.name: describe_paused(one) for one in done.paused}
        for name, line in paused.items():
            if self._paused.get(name) != line:
                log.warning("%s", line)
        for name in self._paused.keys() - paused.keys():
            log.info("%s is no longer paused.", name)
        self._paused = paused

    def _log_notes(self, done: DueResults) -> None:
        """Log what the worker leaves to others, where it is not what it was."""
        for note in done.notes:
            if note not in self._notes:
                log.warning("%s", note)
        if done.error is None:
            self._notes = done.notes


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
        worker = TeamWorker(services)
        answerer = SailthruRelayWorker(services)
        if options.once:
            done = await worker.do_what_is_due()
            if done.error is not None and not done.runs:
                raise done.error
            await answerer.answer_open()
            await answerer.finish()
            return emit(
                done.as_json(), done.text_lines(), as_json=options.json, exit_code=done.exit_code
            )
        answering = asyncio.create_task(answer_desks(services, answerer))
        try:
            await _work_until_stopped(worker)
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            await answerer.finish()
    return emit({"stopped": True}, ["Stopped."], as_json=options.json)


async def answer_desks(services: WorkspaceServices, answerer: SailthruRelayWorker) -> None:
    """Answer desks without a key at once, also while a sync runs; where this one may."""
    asked = asyncio.Event()

    async def answer_when_asked() -> None:
        while True:
            asked.clear()
            await answerer.answer_open()
            await asked.wait()

    while True:
        try:
            store = await services.team.open()
            if store is None or not await store.requests.may_answer():
                return
            await store.requests.delete_old()
            async with asyncio.TaskGroup() as group:
                answering = group.create_task(answer_when_asked())
                await hear_notices(services, {"request": asked.set})
                answering.cancel()
        except* AppError as errors:
            log.warning("Desks without a key are not answered: %s", errors.exceptions[0])
        await services.context.clock.sleep(RETRY_S)


async def _work_until_stopped(worker: TeamWorker) -> None:
    """Do what is due each quarter of a minute; SIGTERM ends it after the run under way."""
    stopping = asyncio.Event()

    # Where Ctrl+C ends the process, on Windows, the run goes on with the next one.
    def stop() -> None:
        stopping.set()
        worker.stop()

    call_at_termination(stop)
    while not stopping.is_set():
        worker.log_results(await worker.do_what_is_due())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _POLL_S)


COMMANDS = {"worker": CliCommand(_add_arguments, _work)}

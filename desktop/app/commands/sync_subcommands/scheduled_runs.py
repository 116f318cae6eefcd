"""Scheduled runs on the command line: run what is due, install the timer, switch this computer."""

import argparse
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit, exit_code_for
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.sync_subcommands.run_and_plan_output import format_totals, run_exit_code
from desktop.app.container import WorkspaceServices
from desktop.app.report_mail import send_due_report_mail
from desktop.app.run_notifications import (
    follow_changed_addresses,
    notify_run_ended,
    run_and_notify,
)
from desktop.app.runner_factory import build_due_sync_finder
from desktop.app.system_timer.timer_installation import WorkspaceTimer
from desktop.app.team_runs import claim_due_run, require_team_store
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError, AuthenticationError, InternalError
from desktop.model.edit import EditState
from desktop.model.json_value import Json
from desktop.model.sync_run import Run, RunState
from desktop.settings import sync_settings
from desktop.store.team.team_errors import TeamStoreAway, TeamStoreRefused
from desktop.sync.due_syncs import DueSync, PausedSync
from desktop.sync.sync_runner import RunRequest

log = logging.getLogger(__name__)

# Of several syncs the worst result counts: a failure before a person, a person before a wait.
_EXIT_CODES_WORST_FIRST = (ExitCode.FAILED, ExitCode.NEEDS_PERSON, ExitCode.SERVICE_AWAY)


@dataclass(frozen=True)
class DueRunResult:
    """What `fairlead sync due` did for one sync: its run, or why it could not start."""

    due_sync: DueSync
    run: Run | None = None
    error: AppError | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of one due sync: of its run's end, or of its error."""
        if self.error is not None:
            return exit_code_for(self.error)
        return ExitCode.DONE if self.run is None else run_exit_code(self.run)

    def as_json(self) -> dict[str, Json]:
        """One object of `due` in the JSON of `fairlead sync due`."""
        document: dict[str, Json] = {
            "sync": self.due_sync.sync.name,
            "due_at": self.due_sync.due_at,
        }
        if self.run is not None:
            document |= self.run.as_json()
        if self.error is not None:
            document["error"] = self.error.as_json()
        return document

    def text_lines(self) -> Iterator[str]:
        """The lines of `fairlead sync due` for one run: its state, totals and error."""
        due = f"{self.due_sync.sync.name}, due {iso_timestamp(self.due_sync.due_at)}"
        if self.run is not None:
            totals = format_totals(self.run.totals)
            yield f"{due}: run {self.run.id} {self.run.state.value}. {totals}."
            if self.run.error:
                yield f"  {self.run.error}"
        elif self.error is not None:
            yield f"{due}: {self.error}"


@dataclass(frozen=True)
class DueResults:
    """What came of everything that was due, and which syncs wait for a person instead.

    `error`: what kept the rest from starting. `notes`: what a worker leaves to others, a line each.
    """

    runs: tuple[DueRunResult, ...] = ()
    paused: tuple[PausedSync, ...] = ()
    error: AppError | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The worst exit code of all that was due; a paused sync needs a person."""
        codes = {result.exit_code for result in self.runs}
        if self.paused:
            codes.add(ExitCode.NEEDS_PERSON)
        if self.error is not None:
            codes.add(exit_code_for(self.error))
        return next((code for code in _EXIT_CODES_WORST_FIRST if code in codes), ExitCode.DONE)

    def as_json(self) -> dict[str, Json]:
        """The members `due`, `paused` and `error` of the JSON of `sync due` and `worker --once`."""
        document: dict[str, Json] = {
            "due": [result.as_json() for result in self.runs],
            "paused": [
                {"sync": one.sync.name, "code": one.code, "message": one.message}
                for one in self.paused
            ],
        }
        if self.notes:
            document["notes"] = list(self.notes)
        if self.error is not None:
            document["error"] = self.error.as_json()
        return document

    def text_lines(self) -> list[str]:
        """The lines of each due run, of each paused sync, or that nothing is due."""
        lines = [line for result in self.runs for line in result.text_lines()]
        lines += [describe_paused(one) for one in self.paused]
        if self.error is not None:
            lines.append(f"Not all was done: {self.error}")
        return [*(lines or ["Nothing is due."]), *self.notes]


def describe_paused(paused: PausedSync) -> str:
    """Say in a line that a sync is paused, and why."""
    return f"{paused.sync.name} is paused. {paused.message}"


def _add_due_arguments(parser: argparse.ArgumentParser) -> None:
    timer = parser.add_mutually_exclusive_group()
    timer.add_argument(
        "--install", action="store_true", help="have the system do it every five minutes"
    )
    timer.add_argument("--remove", action="store_true", help="the system does it no more")


async def _run_due(context: AppContext, options: argparse.Namespace) -> int:
    if options.install or options.remove:
        return await _change_timer(context, options)
    async with open_workspace(context, options.workspace, connect=False) as services:
        if not services.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE):
            return emit(
                {"here": False, "due": [], "paused": []},
                ["Scheduled syncs don't run on this computer. To change: `fairlead sync here on`."],
                as_json=options.json,
            )
        done = await do_what_is_due(services)
    return emit(
        {"here": True, **done.as_json()},
        done.text_lines(),
        as_json=options.json,
        exit_code=done.exit_code,
    )


async def do_what_is_due(
    services: WorkspaceServices,
    *,
    with_customers: bool = True,
    is_stopped: Callable[[], bool] = lambda: False,
) -> DueResults:
    """Run every due sync, then look after customers; what `sync due` and a worker do each time.

    Nothing more is begun once `is_stopped` says so. Raises like `run_due_syncs`.
    """
    results, paused = await run_due_syncs(services, is_stopped)
    if with_customers and not is_stopped():
        await _look_after_customers(services)
    return DueResults(tuple(results), tuple(paused))


async def _look_after_customers(services: WorkspaceServices) -> None:
    """End pauses that are over, set opt-outs again after a repaired bounce, follow addresses.

    As a window does: none may be open for days.
    """
    store = services.store
    pauses = await services.pauses.list_active()
    # Queued by an earlier pass, or by a person, while the service was away: nobody else sends it.
    on_way = (EditState.QUEUED, EditState.UNKNOWN)
    ends = [one.end for one in pauses if one.end and one.end.state in on_way]
    is_waiting = (
        bool(ends)
        or any(pause.end is None for pause in pauses)
        or await store.bounce_repairs.list_open()
        or await store.address_differences.list_to_check(1)
        or await store.email_changes.list_waiting_for_sell(1)
    )
    if not is_waiting:
        return
    try:
        if not services.session.is_connected:
            await services.session.connect()
        ends += await services.pauses.queue_due()
        await deliver_and_wait(services, [*ends, *await services.bounce_repairs.check_all()])
        await follow_changed_addresses(services)
    except AppError as error:
        log.info("Customers could not be looked after: %s", error.code)


async def _change_timer(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as services:
        require_sync_permission(services)
        timer = WorkspaceTimer(services)
        message = timer.install() if options.install else timer.remove()
        here = services.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    lines = [message]
    # The timer starts `sync due`, which does nothing on a computer that is not switched on.
    if options.install and not here:
        lines.append(
            "Nothing runs by itself yet: `fairlead sync here on` switches this computer on."
        )
    return emit(
        {"installed": options.install, "here": here, "message": message},
        lines,
        as_json=options.json,
    )


async def run_due_syncs(
    services: WorkspaceServices, is_stopped: Callable[[], bool] = lambda: False
) -> tuple[Sequence[DueRunResult], Sequence[PausedSync]]:
    """Run every due sync, one after another, each at most once; also return the paused ones.

    Raises what keeps all of them from running, such as a service that is away; nothing is
    claimed then, so that the next call finds them due again. A team store that goes away after the
    first is the next one's result.
    """
    store, finder = services.store, build_due_sync_finder(services)
    await send_due_report_mail(services)
    found = await store.run(finder.find)
    if not found.due:
        return (), found.paused
    # Only where something is due: a timer looks every five minutes, mostly for nothing.
    refusal = await connect_for_due_runs(services)
    results: dict[str, DueRunResult] = {}
    while True:
        # Looked at again each time: the runs before may have taken hours.
        found = await store.run(finder.find)
        due = next((one for one in found.due if one.sync.name not in results), None)
        if due is None or is_stopped():
            return tuple(results.values()), found.paused
        # Where another process claims it first, it is not due any more.
        try:
            ticket = await claim_due_run(services, finder, due)
        except TeamStoreRefused as error:
            # Of this sync alone: those that are due after it still run.
            results[due.sync.name] = DueRunResult(due, error=error)
            continue
        except TeamStoreAway as error:
            if not results:
                raise
            # What was done before is told all the same.
            return (*results.values(), DueRunResult(due, error=error)), found.paused
        if ticket is not None:
            results[due.sync.name] = await run_due_sync(services, due, ticket, refusal)


async def connect_for_due_runs(services: WorkspaceServices) -> AuthenticationError | None:
    """Connect to the services for scheduled runs; returns their refusal of the sign-in, if any.

    Raises what keeps all runs from starting: a service or the team store that is away, or that
    whoever is at work may run no syncs.
    """
    await services.session.connect(for_runs=True)
    await require_team_store(services)
    error = services.session.connection_error
    if error is not None and error.is_retryable:
        raise error
    if isinstance(error, AuthenticationError):
        return error
    services.syncs.require_permission()
    return None


async def run_due_sync(
    services: WorkspaceServices, due: DueSync, ticket: str, refusal: AuthenticationError | None
) -> DueRunResult:
    """Run one claimed due sync; an error is its result, and the next sync still runs.

    `refusal`: that of the sign-in, which is recorded as the run's end.
    """
    sync, actor = due.sync, services.session.actor
    try:
        if refusal is not None:
            run = await _record_refused_sign_in(services, sync.name, refusal)
            return DueRunResult(due, await notify_run_ended(services, sync, run))
        request = RunRequest(
            sync.name, actor.name, due_ticket=ticket, approver_id=actor.approver_id
        )
        return DueRunResult(due, await run_and_notify(services, sync, request))
    except AppError as error:
        return DueRunResult(due, error=error)
    except Exception:
        log.exception("The sync %s failed unexpectedly", sync.name)
        return DueRunResult(due, error=await _record_unexpected_failure(services, sync.name))


async def _record_refused_sign_in(
    services: WorkspaceServices, sync: str, error: AuthenticationError
) -> Run:
    """Store a failed run for a refused sign-in; it pauses the due sync until somebody signs in."""
    runs, now = services.store.runs, services.context.clock.now()
    run = await runs.begin(sync, "schedule", services.session.actor.name, now)
    return await runs.end(run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code)


async def _record_unexpected_failure(services: WorkspaceServices, sync: str) -> InternalError:
    """End a due sync's run that an unexpected exception left as running; return its error."""
    error = InternalError(
        "The sync failed unexpectedly.", "That is Fairlead's mistake; its log says more."
    )
    runs = services.store.runs
    # Left as running it would block the sync until this process has ended.
    for run in await runs.list_runs(sync, 1):
        if run.state is RunState.RUNNING:
            now = services.context.clock.now()
            await runs.end(
                run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code
            )
    return error


def _add_here_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", nargs="?", choices=["on", "off"], help="without: how it stands")


async def _switch_this_computer(context: AppContext, options: argparse.Namespace) -> int:
    state = options.state
    async with open_workspace(context, options.workspace, connect=state is not None) as services:
        if state is not None:
            require_sync_permission(services)
            services.session.change_settings({sync_settings.RUN_DUE_SYNCS_HERE.key: state == "on"})
        here = services.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    line = f"This computer {'runs' if here else 'does not run'} scheduled syncs."
    return emit({"here": here}, [line], as_json=options.json)


COMMANDS = {
    "due": CliCommand(_add_due_arguments, _run_due),
    "here": CliCommand(_add_here_arguments, _switch_this_computer),
}

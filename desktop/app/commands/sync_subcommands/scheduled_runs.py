"""What runs by itself, on the command line: due, here."""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.runs import run_exit_code
from desktop.app.commands.sync_subcommands.subcommand import SyncSubcommand, require_sync_permission
from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import notify_run_ended
from desktop.app.runner_factory import build_due_sync_finder, build_runner
from desktop.app.system_timer.timer_installation import install_timer, remove_timer
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError, AuthenticationError, InternalError
from desktop.model.json_value import Json
from desktop.model.sync_run import RUN_OUTCOMES, Run, RunState
from desktop.settings import sync_settings
from desktop.sync.due_syncs import DueSync, PausedSync
from desktop.sync.sync_runner import RunRequest

log = logging.getLogger(__name__)

# The worst first.
_EXIT_CODES_WORST_FIRST = (
    cli_output.EXIT_FAILED,
    cli_output.EXIT_NEEDS_PERSON,
    cli_output.EXIT_SERVICE_AWAY,
)


@dataclass(frozen=True)
class _DueRunResult:
    """What became of one goal: its run, or what kept it from beginning."""

    due_sync: DueSync
    run: Run | None = None
    error: AppError | None = None

    @property
    def exit_code(self) -> int:
        """The exit code it stands for."""
        if self.error is not None:
            return cli_output.exit_code_for(self.error)
        return cli_output.EXIT_DONE if self.run is None else run_exit_code(self.run)

    def as_json(self) -> dict[str, Json]:
        """One object of `due`."""
        found: dict[str, Json] = {"sync": self.due_sync.sync.name, "due_at": self.due_sync.due_at}
        if self.run is not None:
            found |= self.run.as_json()
        if self.error is not None:
            found["error"] = self.error.as_json()
        return found


def _add_due_arguments(parser: argparse.ArgumentParser) -> None:
    timer = parser.add_mutually_exclusive_group()
    timer.add_argument(
        "--install", action="store_true", help="have the system do it every five minutes"
    )
    timer.add_argument("--remove", action="store_true", help="the system does it no more")


async def _due(context: AppContext, options: argparse.Namespace) -> int:
    if options.install or options.remove:
        return await _change_timer(context, options)
    async with open_workspace(context, options.workspace, connect=False) as house:
        if not house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE):
            return _print_not_this_computer(as_json=options.json)
        outcomes, paused = await run_due_syncs(house)
    if options.json:
        cli_output.print_json(
            {
                "here": True,
                "due": [one.as_json() for one in outcomes],
                "paused": [
                    {"sync": one.sync.name, "code": one.code, "message": one.message}
                    for one in paused
                ],
            }
        )
    else:
        _print_results(outcomes, paused)
    codes = {one.exit_code for one in outcomes} | (
        {cli_output.EXIT_NEEDS_PERSON} if paused else set()
    )
    return next((code for code in _EXIT_CODES_WORST_FIRST if code in codes), cli_output.EXIT_DONE)


async def _change_timer(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, connect=options.install) as house:
        said = install_timer(house) if options.install else remove_timer(house)
        here = house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    if options.json:
        cli_output.print_json({"installed": options.install, "here": here, "message": said})
        return cli_output.EXIT_DONE
    print(said)
    if options.install and not here:
        print("Nothing runs by itself yet: `fairlead sync here on` switches this computer on.")
    return cli_output.EXIT_DONE


async def run_due_syncs(
    services: WorkspaceServices,
) -> tuple[Sequence[_DueRunResult], Sequence[PausedSync]]:
    """Run what is due, one after another, each at most once; and say what is paused.

    Raises what keeps all of them from running; nothing is claimed then.
    """
    due = build_due_sync_finder(services)
    if not due.find().due:
        return (), due.find().paused
    await services.session.connect(for_runs=True)
    trouble = services.session.connection_error
    if trouble is not None and trouble.is_retryable:
        raise trouble
    refused = trouble if isinstance(trouble, AuthenticationError) else None
    if refused is None:
        services.syncs.require_permission()
    outcomes: dict[str, _DueRunResult] = {}
    while True:
        # Looked at again each time: the runs before may have taken hours.
        waiting = [one for one in due.find().due if one.sync.name not in outcomes]
        if not waiting:
            break
        one = waiting[0]
        if not due.claim(one):
            # Another process was faster; it is not due any more.
            continue
        outcomes[one.sync.name] = await _run_due_sync(services, one, refused)
    return tuple(outcomes.values()), due.find().paused


async def _run_due_sync(
    services: WorkspaceServices, one: DueSync, refused: AuthenticationError | None
) -> _DueRunResult:
    """Run one goal; whatever happens to it is its own affair."""
    goal, actor = one.sync, services.session.actor
    try:
        if refused is not None:
            run = _record_refused_sign_in(services, one, refused)
        else:
            person = str(actor.id or actor.name)
            asked = RunRequest(goal.name, actor.name, why="schedule", approver_id=person)
            run = await build_runner(services, goal.name).run(goal, asked)
    except AppError as error:
        return _DueRunResult(one, error=error)
    except Exception:
        log.exception("The sync %s failed unexpectedly", goal.name)
        return _DueRunResult(one, error=_record_unexpected_failure(services, one))
    return _DueRunResult(one, await notify_run_ended(services, goal, run))


def _record_refused_sign_in(
    services: WorkspaceServices, one: DueSync, error: AuthenticationError
) -> Run:
    """The history says why it did not run, and that pauses it until somebody has signed in."""
    runs, now = services.store.runs, services.context.clock.now()
    run = runs.begin.blocking(one.sync.name, "schedule", services.session.actor.name, now)
    return runs.end.blocking(
        run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code
    )


def _record_unexpected_failure(services: WorkspaceServices, one: DueSync) -> InternalError:
    error = InternalError(
        "The sync failed unexpectedly.", "That is Fairlead's mistake; its log says more."
    )
    runs = services.store.runs
    for run in runs.list_runs.blocking(one.sync.name, 1):
        if run.state is RunState.RUNNING:
            now = services.context.clock.now()
            runs.end.blocking(
                run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code
            )
    return error


def _print_not_this_computer(*, as_json: bool) -> int:
    if as_json:
        cli_output.print_json({"here": False, "due": [], "paused": []})
    else:
        print("This computer does not run what is due. `fairlead sync here on` changes that.")
    return cli_output.EXIT_DONE


def _print_results(outcomes: Sequence[_DueRunResult], paused: Sequence[PausedSync]) -> None:
    for one in outcomes:
        name, at = terminal_safe(one.due_sync.sync.name), iso_timestamp(one.due_sync.due_at)
        if one.run is not None:
            totals = ", ".join(f"{one.run.totals.get(name, 0)} {name}" for name in RUN_OUTCOMES)
            print(f"{name}, due {at}: run {one.run.id} {one.run.state.value}. {totals}.")
            if one.run.error:
                print(f"  {terminal_safe(one.run.error)}")
        elif one.error is not None:
            print(f"{name}, due {at}: {terminal_safe(one.error)}")
    for waiting in paused:
        print(f"{terminal_safe(waiting.sync.name)} is paused. {terminal_safe(waiting.message)}")
    if not outcomes and not paused:
        print("Nothing is due.")


def _add_here_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", nargs="?", choices=["on", "off"], help="without: how it stands")


async def _here(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(
        context, options.workspace, connect=options.state is not None
    ) as house:
        if options.state is not None:
            require_sync_permission(house)
            house.session.change_settings(
                {sync_settings.RUN_DUE_SYNCS_HERE.key: options.state == "on"}
            )
        here = house.session.values.get(sync_settings.RUN_DUE_SYNCS_HERE)
    if options.json:
        cli_output.print_json({"here": here})
    else:
        print("This computer runs what is due." if here else "This computer does not.")
    return cli_output.EXIT_DONE


SUBCOMMANDS = (
    SyncSubcommand("due", "run every sync whose time has come", _add_due_arguments, _due),
    SyncSubcommand("here", "whether this computer runs what is due", _add_here_arguments, _here),
)

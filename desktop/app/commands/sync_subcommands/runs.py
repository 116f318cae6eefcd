"""Runs on the command line: run, cancel, retry."""

import argparse

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.plans import print_plan
from desktop.app.commands.sync_subcommands.progress_reporter import progress_reporter
from desktop.app.commands.sync_subcommands.subcommand import (
    SyncSubcommand,
    add_sync_argument,
    parse_count,
    require_sync_permission,
)
from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import notify_run_ended
from desktop.app.runner_factory import build_runner, build_sync_context
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.json_value import Json
from desktop.model.sync import Sync
from desktop.model.sync_run import RUN_OUTCOMES, Run, RunState
from desktop.sync.limits import require_known_limits
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_runner import RunRequest

_SERVICE_AWAY_ERROR_CODES = ("offline", "timed_out", "rate_limited", "service_trouble")
_NEEDS_PERSON_ERROR_CODES = ("auth_lost", "forbidden", "conflict", "needs_person")


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--plan", metavar="PLAN", help="apply exactly this plan")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="LIMIT", help="let a limit pass once"
    )
    parser.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with a run that stopped"
    )
    parser.add_argument("--full", action="store_true", help="look at everything again")
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")
    parser.add_argument(
        "--why", choices=["hand", "schedule"], default="hand", help=argparse.SUPPRESS
    )


async def _run(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as house:
        require_sync_permission(house)
        if options.allow:
            require_known_limits(options.allow)
            house.syncs.require_admin()
        goal = house.store.syncs.get.blocking(options.sync)
        _require_switched_on(house, goal)
        actor = house.session.actor
        asked = RunRequest(
            sync=goal.name,
            actor=actor.name,
            why=options.why,
            plan_id=options.plan,
            is_full=options.full,
            resume_run_id=_run_to_resume(house, goal, options.resume),
            allowed_limits=tuple(options.allow),
            approver_id=str(actor.id or actor.name),
        )
        runner = build_runner(house, goal.name, progress_reporter(options.progress))
        run = await notify_run_ended(house, goal, await runner.run(goal, asked))
        return print_run(run, as_json=options.json)


def _require_switched_on(services: WorkspaceServices, sync: Sync) -> None:
    for missing in services.syncs.find_run_blockers(sync, connected=True):
        if missing.code in ("unsaved", "unchecked", "off"):
            raise UserDecisionNeeded(
                f"“{sync.title}” does not run: {missing.message}",
                "Nothing was written.",
                f"`fairlead sync on {sync.name}` checks it and switches it on.",
            )


def _run_to_resume(services: WorkspaceServices, sync: Sync, asked: str | None) -> str | None:
    if asked is None:
        return None
    if asked:
        run = services.store.runs.get.blocking(asked)
    else:
        latest = services.store.runs.list_runs.blocking(sync.name, 1)
        if not latest:
            raise InvalidInput(f"“{sync.title}” has no run to go on with.")
        run = latest[0]
    if run.sync != sync.name:
        raise InvalidInput(f"Run {run.id} is one of {run.sync}.")
    if not run.state.is_resumable:
        raise InvalidInput(
            f"Run {run.id} is {run.state.value}.", "", "Only a run that stopped can go on."
        )
    return run.id


def print_run(run: Run, *, as_json: bool) -> int:
    """What became of a run; gives the exit code."""
    if as_json:
        cli_output.print_json(run.as_json())
    else:
        totals = ", ".join(f"{run.totals.get(name, 0)} {name}" for name in RUN_OUTCOMES)
        print(f"Run {run.id} of {terminal_safe(run.sync)}: {run.state.value}. {totals}.")
        if run.error:
            print(terminal_safe(run.error))
    return run_exit_code(run)


def run_exit_code(run: Run) -> int:
    """The exit code of how a run ended."""
    if run.state is RunState.DONE:
        if run.totals.get("failed"):
            return cli_output.EXIT_FAILED
        return cli_output.EXIT_NEEDS_PERSON if run.totals.get("parked") else cli_output.EXIT_DONE
    if run.state is RunState.FAILED:
        if run.error_code in _SERVICE_AWAY_ERROR_CODES:
            return cli_output.EXIT_SERVICE_AWAY
        return (
            cli_output.EXIT_NEEDS_PERSON
            if run.error_code in _NEEDS_PERSON_ERROR_CODES
            else cli_output.EXIT_FAILED
        )
    return cli_output.EXIT_NEEDS_PERSON


def _add_cancel_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")


async def _cancel(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        if house.session.connection_error is None:
            # While Zendesk is away nobody can say who may; a run that stops can go on.
            house.syncs.require_permission()
        run = house.store.runs.request_cancel.blocking(options.run)
        if options.json:
            cli_output.print_json({**run.as_json(), "cancel_asked": run.is_cancel_requested})
        elif run.state is RunState.RUNNING:
            print(f"Run {run.id} stops within a second.")
        else:
            print(f"Run {run.id} has ended: {run.state.value}.")
    return cli_output.EXIT_DONE


def _add_retry_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("row", nargs="?", metavar="ROW", help="one row of the last plan; else all")
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _retry(context: AppContext, options: argparse.Namespace) -> int:
    from desktop.sync.plan_row_decisions import PlanRowDecisions

    async with open_workspace(context, options.workspace, for_runs=True) as house:
        require_sync_permission(house)
        goal = house.store.syncs.get.blocking(options.sync)
        _require_switched_on(house, goal)
        sources = PlanRowDecisions(house.store, context.clock).list_sources_to_retry(
            goal.name, options.row
        )
        if not sources:
            raise InvalidInput(f"Nothing of “{goal.title}” waits for another try.")
        asked = RunRequest(goal.name, house.session.actor.name, why="retry", source_ids=sources)
        run = await build_runner(house, goal.name, progress_reporter(options.progress)).run(
            goal, asked
        )
        run = await notify_run_ended(house, goal, run)
        return print_run(run, as_json=options.json)


def _add_rollback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--dry-run", action="store_true", help="show what it would restore")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="LIMIT", help="let a limit pass once"
    )
    parser.add_argument("--rows", type=parse_count, default=20, metavar="N")
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _rollback(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as house:
        require_sync_permission(house)
        if options.allow:
            require_known_limits(options.allow)
            house.syncs.require_admin()
        actor = house.session.actor
        rollback = RollbackPlanner(build_sync_context(house))
        plan = await rollback.build_plan(options.run, actor.name)
        losses = await rollback.list_losses(plan.id)
        if options.dry_run:
            lost: list[Json] = [{"rows": loss.row_count, "why": loss.reason} for loss in losses]
            more: dict[str, Json] = {"not_restored": lost}
            print_plan(plan, house.store, rows=options.rows, as_json=options.json, more=more)
            if not options.json:
                for loss in losses:
                    print(f"  Not as it was: {loss.row_count:,} × {loss.reason}.")
            return cli_output.EXIT_DONE
        asked = RunRequest(
            plan.sync,
            actor.name,
            why="rollback",
            plan_id=plan.id,
            allowed_limits=tuple(options.allow),
            approver_id=str(actor.id or actor.name),
        )
        goal = house.store.plans.get_planned_sync.blocking(plan.id)
        runner = build_runner(house, plan.sync, progress_reporter(options.progress))
        run = await notify_run_ended(house, goal, await runner.run(goal, asked))
        return print_run(run, as_json=options.json)


SUBCOMMANDS = (
    SyncSubcommand("run", "run a sync now", _add_run_arguments, _run),
    SyncSubcommand("cancel", "stop a run; it can go on later", _add_cancel_arguments, _cancel),
    SyncSubcommand("rollback", "take back what a run wrote", _add_rollback_arguments, _rollback),
    SyncSubcommand(
        "retry", "try what was refused or corrected again", _add_retry_arguments, _retry
    ),
)

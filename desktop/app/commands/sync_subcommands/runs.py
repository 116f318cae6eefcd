"""Runs on the command line: run a sync, cancel a run, retry rows, roll a run back."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import (
    add_allow_option,
    add_progress_option,
    add_sync_argument,
    parse_count,
    require_sync_permission,
)
from desktop.app.commands.sync_subcommands.progress_reporter import make_progress_reporter
from desktop.app.commands.sync_subcommands.run_and_plan_output import emit_plan, emit_run
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import run_and_notify
from desktop.app.runner_factory import build_sync_context
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.kit.shell_quoting import pasteable
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanState
from desktop.model.sync_run import RunState
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.rollback_planner import RollbackPlanner
from desktop.sync.sync_runner import RunRequest


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--plan", metavar="PLAN", help="apply exactly this plan")
    add_allow_option(parser)
    parser.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with a run that stopped"
    )
    parser.add_argument("--full", action="store_true", help="look at everything again")
    add_progress_option(parser)
    # Given by a window that starts what is due: a row of its claim, which no person can make.
    parser.add_argument("--due-ticket", default="", help=argparse.SUPPRESS)


@in_workspace(for_runs=True)
async def _run_sync(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, options.allow)
    sync = await services.store.syncs.get(options.sync)
    _require_switched_on(services, sync)
    actor = services.session.actor
    request = RunRequest(
        sync=sync.name,
        actor=actor.name,
        due_ticket=options.due_ticket,
        plan_id=options.plan,
        is_full=options.full,
        resume_run_id=await _run_to_resume(services, sync, options.resume),
        allowed_limits=tuple(options.allow),
        approver_id=actor.approver_id,
        approver_credential=actor.credential,
        actor_key=actor.key,
    )
    preview = None
    if request.plan_id is None and request.resume_run_id is None:
        preview = await services.store.plans.find_latest(sync.name, PlanState.READY)
    reporter = make_progress_reporter(options.progress)
    run = await run_and_notify(services, sync, request, reporter)
    return emit_run(run, unused_preview=preview.id if preview else "", as_json=options.json)


def _require_switched_on(services: WorkspaceServices, sync: Sync) -> None:
    # Other blockers (a service that is away) are found by the run itself, and told as its end.
    for missing in services.syncs.find_run_blockers(sync, connected=True):
        if missing.code in ("unsaved", "unchecked", "off"):
            raise UserDecisionNeeded(
                f"“{sync.title}” does not run: {missing.message}",
                "Nothing was written.",
                f"{pasteable('sync', 'on', sync.name)} checks it and switches it on.",
            )


async def _run_to_resume(services: WorkspaceServices, sync: Sync, run_id: str | None) -> str | None:
    """Return the run that `fairlead sync run --resume` means: the named one, else the latest.

    Raises InvalidInput for a run of another sync, or one that has not stopped halfway.
    """
    if run_id is None:
        return None
    if run_id:
        run = await services.store.runs.get(run_id)
    else:
        latest = await services.store.runs.list_runs(sync.name, 1)
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


def _add_cancel_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")


@in_workspace()
async def _cancel_run(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if services.session.connection_error is None:
        # While Zendesk is away nobody can say who may; a run that stops can go on.
        services.syncs.require_configuration_permission()
    run = await services.store.runs.request_cancel(options.run)
    if run.state is RunState.RUNNING:
        line = f"Run {run.id} stops within a second."
    else:
        line = f"Run {run.id} has ended: {run.state.value}."
    document = {**run.as_json(), "cancel_asked": run.is_cancel_requested}
    return emit(document, [line], as_json=options.json)


def _add_retry_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("row", nargs="?", metavar="ROW", help="one row of the last plan; else all")
    add_progress_option(parser)


@in_workspace(for_runs=True)
async def _retry_rows(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services)
    await require_view_permission(services)
    sync = await services.store.syncs.get(options.sync)
    _require_switched_on(services, sync)
    decisions = PlanRowDecisions(services.store, services.context.clock)
    sources = decisions.list_sources_to_retry(sync.name, options.row)
    if not sources:
        raise InvalidInput(f"Nothing of “{sync.title}” waits for another try.")
    actor = services.session.actor
    request = RunRequest(
        sync.name, actor.name, why="retry", source_ids=sources, actor_key=actor.key
    )
    reporter = make_progress_reporter(options.progress)
    run = await run_and_notify(services, sync, request, reporter)
    return emit_run(run, as_json=options.json)


def _add_rollback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--dry-run", action="store_true", help="show what it would restore")
    add_allow_option(parser)
    parser.add_argument("--rows", type=parse_count, default=20, metavar="N")
    add_progress_option(parser)


@in_workspace(for_runs=True)
async def _roll_back(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, options.allow)
    if options.dry_run:
        await require_view_permission(services)
    actor = services.session.actor
    planner = RollbackPlanner(build_sync_context(services))
    plan = await planner.build_plan(options.run, actor.name)
    if options.dry_run:
        # Said before anything is sent: a var becomes null, a created profile stays.
        losses = await planner.list_losses(plan.id)
        return await emit_plan(
            plan,
            services.store,
            services.context.clock.now(),
            row_count=options.rows,
            as_json=options.json,
            confirmed_over=services.current_settings.confirmed_over(),
            more={"not_restored": [{"rows": n.row_count, "why": n.reason} for n in losses]},
            more_lines=[f"  Can't be fully undone: {n.row_count:,} × {n.reason}." for n in losses],
        )
    request = RunRequest(
        plan.sync,
        actor.name,
        why="rollback",
        plan_id=plan.id,
        allowed_limits=tuple(options.allow),
        approver_id=actor.approver_id,
        approver_credential=actor.credential,
        actor_key=actor.key,
    )
    # The sync as it was planned with: its mapping may have been changed since.
    sync = await services.store.plans.get_planned_sync(plan.id)
    reporter = make_progress_reporter(options.progress)
    run = await run_and_notify(services, sync, request, reporter)
    return emit_run(run, as_json=options.json)


COMMANDS = {
    "run": CliCommand(_add_run_arguments, _run_sync),
    "cancel": CliCommand(_add_cancel_arguments, _cancel_run),
    "rollback": CliCommand(_add_rollback_arguments, _roll_back),
    "retry": CliCommand(_add_retry_arguments, _retry_rows),
}

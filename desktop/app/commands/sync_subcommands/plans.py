"""Plans on the command line: make a plan, tick its rows, resolve its conflicts."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import (
    add_progress_option,
    add_sync_argument,
    parse_count,
    require_sync_permission,
)
from desktop.app.commands.sync_subcommands.progress_reporter import make_progress_reporter
from desktop.app.commands.sync_subcommands.run_and_plan_output import emit_plan, plan_row_to_json
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.kit.errors import InvalidInput
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.sync.plan_row_decisions import PlanRowDecisions
from desktop.sync.sell_plan_row_decisions import SellPlanRowDecisions, may_be_matched


def _add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--full", action="store_true", help="look at everything again")
    parser.add_argument(
        "--rows", type=parse_count, default=20, metavar="N", help="how many rows to print"
    )
    parser.add_argument(
        "--skipped", action="store_true", help="also print who is left out, and why"
    )
    add_progress_option(parser)


@in_workspace(for_runs=True)
async def _make_plan(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    sync = await services.store.syncs.get(options.sync)
    runner = build_runner(services, sync.name, make_progress_reporter(options.progress))
    plan = await runner.preview(sync, services.session.actor.name, full=options.full)
    return await emit_plan(
        plan,
        services.store,
        services.context.clock.now(),
        row_count=options.rows,
        with_skipped=options.skipped,
        as_json=options.json,
        confirmed_over=services.current_settings.confirmed_over(),
    )


def _add_tick_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN")
    parser.add_argument("row", metavar="ROW", help="a row's number, or ROW.FIELD, or all")
    parser.add_argument("state", choices=["on", "off"])


@in_workspace()
async def _tick(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    plans, on = services.store.plans, options.state == "on"
    decisions = PlanRowDecisions(services.store, services.context.clock)
    number, _, field = options.row.partition(".")
    if options.row == "all":
        changed = await plans.set_all_ticked(options.plan, PlanRowFilter(), on=on)
    elif field:
        # One field of a row: the rest of the row is still written.
        row = decisions.find_row(options.plan, number)
        decisions.set_field_ticked(options.plan, row.row, field, on=on)
        changed = 1
    else:
        row = decisions.find_row(options.plan, number)
        changed = await plans.set_rows_ticked(options.plan, [row.row], on=on)
    ticked = await plans.count_ticked(options.plan)
    return emit(
        {"plan": options.plan, "changed": changed, "ticked": ticked},
        [f"{ticked} rows of plan {options.plan} are ticked."],
        as_json=options.json,
    )


def _add_resolve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("row", metavar="ROW", help="a row's number, or PLAN:ROW")
    parser.add_argument(
        "picks",
        nargs="+",
        metavar="FIELD=zendesk|sailthru|sell",
        help="match=ID chooses which of several in Zendesk Sell is synced",
    )
    parser.add_argument("--always", action="store_true", help="from now on without asking")


@in_workspace()
async def _resolve(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    decisions = PlanRowDecisions(services.store, services.context.clock)
    plan_id, _, number = options.row.rpartition(":")
    match = options.picks[0].removeprefix("match=") if len(options.picks) == 1 else ""
    if match and match != options.picks[0]:
        plan_id = plan_id or decisions.find_plan_with_row(number, "to match", may_be_matched)
        return await _choose_match(services, options, plan_id, match)
    plan_id = plan_id or decisions.find_plan_with_row(
        number, "with a conflict", lambda row: row.fate is PlannedOutcome.CONFLICT
    )
    row = decisions.find_row(plan_id, number)
    picks = [_parse_pick(pick) for pick in options.picks]
    # All or none: a mistyped second field leaves the first undecided.
    decisions.require_conflicting_fields(plan_id, row.row, [field for field, _ in picks])
    for field, side in picks:
        row = decisions.resolve_conflict(plan_id, row.row, field, side)
        if options.always:
            decisions.set_preferred_side(plan_id, field, side, services.session.actor)
    return emit(
        {"plan": plan_id, **plan_row_to_json(row)},
        [f"Row {row.row} of plan {plan_id}: {row.fate.value}."],
        as_json=options.json,
    )


async def _choose_match(
    services: WorkspaceServices, options: argparse.Namespace, plan_id: str, match: str
) -> int:
    store = services.store
    row = PlanRowDecisions(store, services.context.clock).find_row(
        plan_id, options.row.rpartition(":")[2]
    )
    sync = store.plans.get_planned_sync.blocking(plan_id)
    decisions = SellPlanRowDecisions(store, services.context.clock)
    decisions.choose(sync, row, match, services.session.actor.name)
    return emit(
        {"plan": plan_id, "match": match, **plan_row_to_json(row)},
        [f"Row {row.row} of plan {plan_id} is matched with {match}. The next plan goes by it."],
        as_json=options.json,
    )


def _parse_pick(text: str) -> tuple[str, str]:
    field, _, side = text.rpartition("=")
    # A field may be a list, whose name may hold `=`: the last one splits.
    if not field or side not in {service.value for service in Service}:
        raise InvalidInput(f"{text[:80]}: say FIELD=zendesk, FIELD=sailthru or FIELD=sell.")
    return field, side


COMMANDS = {
    "plan": CliCommand(_add_plan_arguments, _make_plan),
    "tick": CliCommand(_add_tick_arguments, _tick),
    "resolve": CliCommand(_add_resolve_arguments, _resolve),
}

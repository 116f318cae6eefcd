"""Plans on the command line: plan, tick, resolve."""

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.progress_reporter import progress_reporter
from desktop.app.commands.sync_subcommands.subcommand import (
    SyncSubcommand,
    add_sync_argument,
    parse_count,
    require_sync_permission,
)
from desktop.app.runner_factory import build_runner
from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow
from desktop.store.plan_row_filter import PlanRowFilter
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.field_labels import format_value
from desktop.sync.limits import find_limit_breaches
from desktop.sync.plan_row_decisions import PlanRowDecisions


def _add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--full", action="store_true", help="look at everything again")
    parser.add_argument(
        "--rows", type=parse_count, default=20, metavar="N", help="how many rows to print"
    )
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _plan(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as house:
        require_sync_permission(house)
        goal = house.store.syncs.get.blocking(options.sync)
        runner = build_runner(house, goal.name, progress_reporter(options.progress))
        plan = await runner.preview(goal, house.session.actor.name, full=options.full)
        print_plan(plan, house.store, rows=options.rows, as_json=options.json)
    return cli_output.EXIT_DONE


def print_plan(
    plan: Plan,
    store: WorkspaceStore,
    *,
    rows: int,
    as_json: bool,
    more: Mapping[str, Json] = MappingProxyType({}),
) -> None:
    """The plan with its first rows; `more` goes into the JSON beside it."""
    chosen = PlanRowFilter(
        fates=(
            PlannedOutcome.CREATE,
            PlannedOutcome.UPDATE,
            PlannedOutcome.CORRECTION,
            PlannedOutcome.CONFLICT,
        )
    )
    shown = store.plans.list_rows.blocking(plan.id, chosen, limit=rows)
    if as_json:
        document = {**plan.as_json(), **more}
        document["ticked"] = store.plans.count_ticked.blocking(plan.id)
        document["rows"] = [plan_row_to_json(row) for row in shown]
        cli_output.print_json(document)
        return
    totals = ", ".join(f"{number} {name}" for name, number in plan.totals.items())
    print(f"Plan {plan.id} of {terminal_safe(plan.sync)}: {totals}. Nothing was written.")
    for noticed in plan.consequence_counts:
        words = noticed.consequence.label.format(name=noticed.name)
        print(f"  {noticed.people:,} {terminal_safe(words)}")
    for breach in find_limit_breaches(store, store.plans.get_planned_sync.blocking(plan.id), plan):
        print(f"  {terminal_safe(breach.message)}")
    for row in shown:
        print(
            f"{row.row:>6}  {row.fate.value:<10} {terminal_safe(row.label)}  {terminal_safe(row.why)}"  # noqa: E501
        )
        for change in row.changes:
            mark = " " if change.applies and change.ticked else "·"
            print(
                f"        {mark} {terminal_safe(change.field)}: {_format_value(change.field, change.old)}"  # noqa: E501
                f" → {_format_value(change.field, change.new)}  {terminal_safe(change.reason)}"
            )


def _format_value(field: str, value: Json) -> str:
    return terminal_safe(format_value(value, field))


def plan_row_to_json(row: PlanRow) -> dict[str, Json]:
    """One row as scripts see it."""
    return {
        "row": row.row,
        "fate": row.fate.value,
        "source": row.source_id,
        "target": row.target_id or None,
        "customer": row.label,
        "why": row.why,
        "evidence": row.evidence,
        "ticked": row.ticked,
        "state": row.state.value,
        "detail": row.detail,
        "changes": [
            {
                "field": c.field,
                "old": c.old,
                "new": c.new,
                "applies": c.applies and c.ticked,
                "reason": c.reason,
                "conflict": c.conflict and not c.choice,
            }
            for c in row.changes
        ],
        "consequences": [{"kind": k.value, "name": name} for k, name in row.consequences],
    }


def _add_tick_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN")
    parser.add_argument("row", metavar="ROW", help="a row's number, or ROW.FIELD, or all")
    parser.add_argument("state", choices=["on", "off"])


async def _tick(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        require_sync_permission(house)
        plans, on = house.store.plans, options.state == "on"
        decisions = PlanRowDecisions(house.store, house.context.clock)
        number, _, field = options.row.partition(".")
        if options.row == "all":
            changed = plans.set_all_ticked.blocking(options.plan, PlanRowFilter(), on=on)
        elif field:
            row = decisions.find_row(options.plan, number)
            decisions.set_field_ticked(options.plan, row.row, field, on=on)
            changed = 1
        else:
            row = decisions.find_row(options.plan, number)
            changed = plans.set_rows_ticked.blocking(options.plan, [row.row], on=on)
        ticked = plans.count_ticked.blocking(options.plan)
        if options.json:
            cli_output.print_json({"plan": options.plan, "changed": changed, "ticked": ticked})
        else:
            print(f"{ticked} rows of plan {options.plan} are ticked.")
    return cli_output.EXIT_DONE


def _add_resolve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("row", metavar="ROW", help="a row's number, or PLAN:ROW")
    parser.add_argument("picks", nargs="+", metavar="FIELD=zendesk|sailthru")
    parser.add_argument("--always", action="store_true", help="from now on without asking")


async def _resolve(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        require_sync_permission(house)
        decisions = PlanRowDecisions(house.store, house.context.clock)
        plan_id, _, number = options.row.rpartition(":")
        plan_id = plan_id or decisions.find_plan_with_conflict(number)
        row = decisions.find_row(plan_id, number)
        picks = [_parse_pick(pick) for pick in options.picks]
        # All or none: a mistyped second field leaves the first undecided.
        decisions.require_conflicting_fields(plan_id, row.row, [field for field, _ in picks])
        for field, side in picks:
            row = decisions.resolve_conflict(plan_id, row.row, field, side)
            if options.always:
                decisions.set_preferred_side(plan_id, field, side)
        if options.json:
            cli_output.print_json({"plan": plan_id, **plan_row_to_json(row)})
        else:
            print(f"Row {row.row} of plan {plan_id}: {row.fate.value}.")
    return cli_output.EXIT_DONE


def _parse_pick(text: str) -> tuple[str, str]:
    field, _, side = text.rpartition("=")
    if not field or side not in ("zendesk", "sailthru"):
        raise InvalidInput(f"{text[:80]}: say FIELD=zendesk or FIELD=sailthru.")
    return field, side


SUBCOMMANDS = (
    SyncSubcommand(
        "plan", "show what a run would change; nothing is written", _add_plan_arguments, _plan
    ),
    SyncSubcommand(
        "tick",
        "leave a row or field of a plan out, or take it in again",
        _add_tick_arguments,
        _tick,
    ),
    SyncSubcommand(
        "resolve", "pick a side where both have changed", _add_resolve_arguments, _resolve
    ),
)

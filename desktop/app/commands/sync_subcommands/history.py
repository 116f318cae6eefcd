"""Past runs on the command line: the history of runs, and one run row by row."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import parse_count
from desktop.app.commands.sync_subcommands.run_and_plan_output import (
    format_left_off,
    format_totals,
    plan_row_to_json,
)
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RUN_OUTCOMES, Run
from desktop.store.limit_approval_repository import LimitApproval
from desktop.store.plan_row_filter import PlanRowFilter

# Some customers to look up by hand after a run.
_LAST_WRITTEN_ROWS = 5
_WRITTEN_ROWS = PlanRowFilter(
    fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
    states=(PlanRowState.DONE, PlanRowState.ACCEPTED),
)
_PARKED_ROWS = PlanRowFilter(states=(PlanRowState.PARKED, PlanRowState.FAILED))


def _add_history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sync", nargs="?", metavar="SYNC", help="one sync only")
    parser.add_argument("--limit", type=parse_count, default=50, metavar="N")


@in_workspace(connect=False)
async def _print_history(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    store = services.store
    runs = await store.runs.list_runs(options.sync, options.limit)
    if options.sync and not runs:
        # Raises for a name that is no sync: an empty history would hide the mistake. One that was
        # removed has its runs.
        await store.syncs.get(options.sync)
    exchanged = await store.sync_state.count_exchanged_profiles(options.sync)
    scheduled = [
        {"sync": state.sync.name, "at": state.next_run_at}
        for state in services.syncs.list_states()
        if state.next_run_at is not None and options.sync in (None, state.sync.name)
    ]
    approvals = await store.plans.approvals.list_of_plans(run.plan for run in runs if run.plan)
    rows: list[Json] = []
    lines: list[str] = []
    for run in runs:
        given = approvals.get(run.plan or "", ())
        rows.append(run.as_json() | {"approvals": [approval.as_json() for approval in given]})
        lines += [_run_line(run), *map(_approval_line, given)]
    known = {sync.name: sync for sync in await store.syncs.list_all()}
    noun = known[options.sync].noun if options.sync in known else ("person", "people")
    return emit(
        {"runs": rows, "scheduled": scheduled, "exchanged": exchanged},
        (*lines, f"{format_count(exchanged, *noun)} synced so far."),
        as_json=options.json,
    )


def _run_line(run: Run) -> str:
    # Only what happened: five zeros a line hide the number that counts.
    totals = format_totals(run.totals, [name for name in RUN_OUTCOMES if run.totals.get(name)])
    return (
        f"{run.id:>5}  {iso_timestamp(run.started_at)}  {run.sync:<22} {run.state.value:<11}"
        f" {totals or '-'}  {run.error}"
    )


def _add_show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--rows", type=parse_count, default=20, metavar="N")


@in_workspace(connect=False)
async def _show_run(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    plans, run = services.store.plans, await services.store.runs.get(options.run)
    rows: tuple[PlanRow, ...] = ()
    last: list[PlanRow] = []
    parked: tuple[PlanRow, ...] = ()
    row_count = parked_count = 0
    approvals: tuple[LimitApproval, ...] = ()
    if run.plan is not None:
        approvals = await plans.approvals.list_of_plan(run.plan)
        rows = await plans.list_rows(run.plan, limit=options.rows)
        row_count = await plans.count_rows(run.plan)
        parked_count = await plans.count_rows(run.plan, _PARKED_ROWS)
        written = await plans.list_row_numbers(run.plan, _WRITTEN_ROWS)
        last = [await plans.get_row(run.plan, number) for number in written[-_LAST_WRITTEN_ROWS:]]
        parked = await plans.list_rows(run.plan, _PARKED_ROWS)
    lists = {"rows": rows, "last": last, "parked": parked}
    document = run.as_json() | {
        name: [plan_row_to_json(row) for row in found] for name, found in lists.items()
    }
    document["approvals"] = [approval.as_json() for approval in approvals]
    lines = (
        f"Run {run.id} of {run.sync}: {run.state.value}. {run.error}",
        *map(_approval_line, approvals),
        # What needs a person comes first, however many rows were written.
        *(("Refused, or waiting for a person:",) if parked else ()),
        *map(_row_line, parked[: options.rows]),
        *format_left_off(parked_count, options.rows),
        *(("All rows:",) if parked else ()),
        *map(_row_line, rows),
        *format_left_off(row_count, options.rows),
    )
    return emit(document, lines, as_json=options.json)


def _approval_line(approval: LimitApproval) -> str:
    return f"  {iso_timestamp(approval.approved_at)}  {approval.words}"


def _row_line(row: PlanRow) -> str:
    state = f"{row.fate.value:<10} {row.state.value:<9}"
    return f"{row.row:>6}  {state} {row.label}  {row.detail or row.why}"


COMMANDS = {
    "history": CliCommand(_add_history_arguments, _print_history),
    "show": CliCommand(_add_show_arguments, _show_run),
}

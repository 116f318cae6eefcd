"""What runs have done: history, show."""

import argparse

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.plans import plan_row_to_json
from desktop.app.commands.sync_subcommands.subcommand import SyncSubcommand, parse_count
from desktop.kit.clock import iso_timestamp
from desktop.model.sync_plan import PlannedOutcome, PlanRow, PlanRowState
from desktop.model.sync_run import RUN_OUTCOMES
from desktop.store.plan_row_filter import PlanRowFilter

_LAST_WRITTEN_ROWS = 5


def _add_history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sync", nargs="?", metavar="SYNC", help="one sync only")
    parser.add_argument("--limit", type=parse_count, default=50, metavar="N")


async def _history(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, connect=False) as house:
        if options.sync:
            house.store.syncs.get.blocking(options.sync)
        runs = house.store.runs.list_runs.blocking(options.sync, options.limit)
        scheduled = [
            {"sync": state.sync.name, "at": state.next_run_at}
            for state in house.syncs.list_states()
            if state.next_run_at is not None and options.sync in (None, state.sync.name)
        ]
        exchanged = house.store.sync_state.count_exchanged_profiles.blocking(options.sync)
        if options.json:
            cli_output.print_json(
                {
                    "runs": [run.as_json() for run in runs],
                    "scheduled": scheduled,
                    "exchanged": exchanged,
                }
            )
            return cli_output.EXIT_DONE
        for run in runs:
            totals = ", ".join(
                f"{run.totals[name]} {name}" for name in RUN_OUTCOMES if run.totals.get(name)
            )
            print(
                f"{run.id:>5}  {iso_timestamp(run.started_at)}  {terminal_safe(run.sync):<22} {run.state.value:<11}"  # noqa: E501
                f" {totals or '-'}  {terminal_safe(run.error)}"
            )
        print(f"{exchanged:,} people exchanged so far.")
    return cli_output.EXIT_DONE


def _add_show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--rows", type=parse_count, default=20, metavar="N")


async def _show(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, connect=False) as house:
        run = house.store.runs.get.blocking(options.run)
        plans = house.store.plans
        rows: tuple[PlanRow, ...] = ()
        last: tuple[PlanRow, ...] = ()
        parked: tuple[PlanRow, ...] = ()
        if run.plan is not None:
            rows = plans.list_rows.blocking(run.plan, limit=options.rows)
            written = PlanRowFilter(
                fates=(PlannedOutcome.CREATE, PlannedOutcome.UPDATE),
                states=(PlanRowState.DONE, PlanRowState.ACCEPTED),
            )
            numbers = plans.list_row_numbers.blocking(run.plan, written)[-_LAST_WRITTEN_ROWS:]
            last = tuple(plans.get_row.blocking(run.plan, number) for number in numbers)
            parked = plans.list_rows.blocking(
                run.plan, PlanRowFilter(states=(PlanRowState.PARKED, PlanRowState.FAILED))
            )
        if options.json:
            cli_output.print_json(
                {
                    **run.as_json(),
                    "rows": [plan_row_to_json(row) for row in rows],
                    "last": [plan_row_to_json(row) for row in last],
                    "parked": [plan_row_to_json(row) for row in parked],
                }
            )
            return cli_output.EXIT_DONE
        print(
            f"Run {run.id} of {terminal_safe(run.sync)}: {run.state.value}. {terminal_safe(run.error)}"  # noqa: E501
        )
        for row in rows:
            print(
                f"{row.row:>6}  {row.fate.value:<10} {row.state.value:<9} {terminal_safe(row.label)}"  # noqa: E501
                f"  {terminal_safe(row.detail or row.why)}"
            )
    return cli_output.EXIT_DONE


SUBCOMMANDS = (
    SyncSubcommand("history", "past and coming runs", _add_history_arguments, _history),
    SyncSubcommand("show", "one run, row by row", _add_show_arguments, _show),
)

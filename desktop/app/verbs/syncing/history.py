"""What runs have done: history, show."""

import argparse

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.session import session
from desktop.app.verbs.syncing.act import Act, count
from desktop.app.verbs.syncing.plans import row_json
from desktop.kit.clock import iso
from desktop.model.plan import Fate, PlanRow, RowState
from desktop.model.run import OUTCOMES
from desktop.store.plan_filter import RowFilter

_LAST = 5


def _history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("goal", nargs="?", metavar="GOAL", help="one sync only")
    parser.add_argument("--limit", type=count, default=50, metavar="N")


async def _history(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=False) as house:
        if options.goal:
            house.store.goals.get(options.goal)
        runs = house.store.runs.of_goal(options.goal, options.limit)
        scheduled = [
            {"goal": state.goal.name, "at": state.next_at}
            for state in house.goals.states()
            if state.next_at is not None and options.goal in (None, state.goal.name)
        ]
        exchanged = house.store.memory.exchanged(options.goal)
        if options.json:
            output.print_json(
                {
                    "runs": [run.as_json() for run in runs],
                    "scheduled": scheduled,
                    "exchanged": exchanged,
                }
            )
            return output.DONE
        for run in runs:
            totals = ", ".join(
                f"{run.totals[name]} {name}" for name in OUTCOMES if run.totals.get(name)
            )
            print(
                f"{run.id:>5}  {iso(run.started_at)}  {plain(run.goal):<22} {run.state.value:<11}"
                f" {totals or '-'}  {plain(run.error)}"
            )
        print(f"{exchanged:,} people exchanged so far.")
    return output.DONE


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--rows", type=count, default=20, metavar="N")


async def _show(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=False) as house:
        run = house.store.runs.get(options.run)
        plans = house.store.plans
        rows: tuple[PlanRow, ...] = ()
        last: tuple[PlanRow, ...] = ()
        parked: tuple[PlanRow, ...] = ()
        if run.plan is not None:
            rows = plans.rows(run.plan, limit=options.rows)
            written = RowFilter(
                fates=(Fate.CREATE, Fate.UPDATE), states=(RowState.DONE, RowState.ACCEPTED)
            )
            numbers = plans.row_numbers(run.plan, written)[-_LAST:]
            last = tuple(plans.row(run.plan, number) for number in numbers)
            parked = plans.rows(run.plan, RowFilter(states=(RowState.PARKED, RowState.FAILED)))
        if options.json:
            output.print_json(
                {
                    **run.as_json(),
                    "rows": [row_json(row) for row in rows],
                    "last": [row_json(row) for row in last],
                    "parked": [row_json(row) for row in parked],
                }
            )
            return output.DONE
        print(f"Run {run.id} of {plain(run.goal)}: {run.state.value}. {plain(run.error)}")
        for row in rows:
            print(
                f"{row.row:>6}  {row.fate.value:<10} {row.state.value:<9} {plain(row.label)}"
                f"  {plain(row.detail or row.why)}"
            )
    return output.DONE


ACTS = (
    Act("history", "past and coming runs", _history_arguments, _history),
    Act("show", "one run, row by row", _show_arguments, _show),
)

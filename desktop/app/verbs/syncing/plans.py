"""Plans on the command line: plan, tick, resolve."""

import argparse
from collections.abc import Mapping
from types import MappingProxyType

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.runs import runner_of
from desktop.app.session import session
from desktop.app.verbs.syncing.act import Act, count, goal_argument, require_signed_in
from desktop.app.verbs.syncing.progress import teller
from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.model.plan import Fate, Plan, PlanRow
from desktop.store.plan_filter import RowFilter
from desktop.store.store import Store
from desktop.sync.decide import Decisions
from desktop.sync.guarding import found_in
from desktop.sync.wording import value_words


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
    parser.add_argument("--full", action="store_true", help="look at everything again")
    parser.add_argument(
        "--rows", type=count, default=20, metavar="N", help="how many rows to print"
    )
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _plan(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, for_runs=True) as house:
        require_signed_in(house)
        goal = house.store.goals.get(options.goal)
        runner = runner_of(house, goal.name, teller(options.progress))
        plan = await runner.preview(goal, house.live.actor.name, full=options.full)
        print_plan(plan, house.store, rows=options.rows, as_json=options.json)
    return output.DONE


def print_plan(
    plan: Plan,
    store: Store,
    *,
    rows: int,
    as_json: bool,
    more: Mapping[str, Json] = MappingProxyType({}),
) -> None:
    """The plan with its first rows; `more` goes into the JSON beside it."""
    chosen = RowFilter(fates=(Fate.CREATE, Fate.UPDATE, Fate.CORRECTION, Fate.CONFLICT))
    shown = store.plans.rows(plan.id, chosen, limit=rows)
    if as_json:
        document = {**plan.as_json(), **more}
        document["ticked"] = store.plans.ticked(plan.id)
        document["rows"] = [row_json(row) for row in shown]
        output.print_json(document)
        return
    totals = ", ".join(f"{number} {name}" for name, number in plan.totals.items())
    print(f"Plan {plan.id} of {plain(plan.goal)}: {totals}. Nothing was written.")
    for noticed in plan.noticed:
        words = noticed.consequence.words.format(name=noticed.name)
        print(f"  {noticed.people:,} {plain(words)}")
    for breach in found_in(store, store.plans.goal_of(plan.id), plan):
        print(f"  {plain(breach.words)}")
    for row in shown:
        print(f"{row.row:>6}  {row.fate.value:<10} {plain(row.label)}  {plain(row.why)}")
        for change in row.changes:
            mark = " " if change.applies and change.ticked else "·"
            print(
                f"        {mark} {plain(change.field)}: {_value(change.field, change.old)}"
                f" → {_value(change.field, change.new)}  {plain(change.reason)}"
            )


def _value(field: str, value: Json) -> str:
    return plain(value_words(value, field))


def row_json(row: PlanRow) -> dict[str, Json]:
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


def _tick_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN")
    parser.add_argument("row", metavar="ROW", help="a row's number, or ROW.FIELD, or all")
    parser.add_argument("state", choices=["on", "off"])


async def _tick(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        require_signed_in(house)
        plans, on = house.store.plans, options.state == "on"
        decisions = Decisions(house.store, house.ground.clock)
        number, _, field = options.row.partition(".")
        if options.row == "all":
            changed = plans.tick_all(options.plan, RowFilter(), on=on)
        elif field:
            row = decisions.row_named(options.plan, number)
            decisions.tick_field(options.plan, row.row, field, on=on)
            changed = 1
        else:
            row = decisions.row_named(options.plan, number)
            changed = plans.tick(options.plan, [row.row], on=on)
        ticked = plans.ticked(options.plan)
        if options.json:
            output.print_json({"plan": options.plan, "changed": changed, "ticked": ticked})
        else:
            print(f"{ticked} rows of plan {options.plan} are ticked.")
    return output.DONE


def _resolve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("row", metavar="ROW", help="a row's number, or PLAN:ROW")
    parser.add_argument("picks", nargs="+", metavar="FIELD=zendesk|sailthru")
    parser.add_argument("--always", action="store_true", help="from now on without asking")


async def _resolve(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        require_signed_in(house)
        decisions = Decisions(house.store, house.ground.clock)
        plan_id, _, number = options.row.rpartition(":")
        plan_id = plan_id or decisions.plan_with_conflict(number)
        row = decisions.row_named(plan_id, number)
        picks = [_pick(pick) for pick in options.picks]
        # All or none: a mistyped second field leaves the first undecided.
        decisions.require_conflicts(plan_id, row.row, [field for field, _ in picks])
        for field, side in picks:
            row = decisions.pick(plan_id, row.row, field, side)
            if options.always:
                decisions.always_prefer(plan_id, field, side)
        if options.json:
            output.print_json({"plan": plan_id, **row_json(row)})
        else:
            print(f"Row {row.row} of plan {plan_id}: {row.fate.value}.")
    return output.DONE


def _pick(text: str) -> tuple[str, str]:
    field, _, side = text.rpartition("=")
    if not field or side not in ("zendesk", "sailthru"):
        raise BadInput(f"{text[:80]}: say FIELD=zendesk or FIELD=sailthru.")
    return field, side


ACTS = (
    Act("plan", "show what a run would change; nothing is written", _plan_arguments, _plan),
    Act("tick", "leave a row or field of a plan out, or take it in again", _tick_arguments, _tick),
    Act("resolve", "pick a side where both have changed", _resolve_arguments, _resolve),
)

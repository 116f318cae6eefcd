"""Runs on the command line: run, cancel, retry."""

import argparse

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.runs import runner_of, tools_of
from desktop.app.session import session
from desktop.app.tell import tell
from desktop.app.verbs.syncing.act import Act, count, goal_argument, require_signed_in
from desktop.app.verbs.syncing.plans import print_plan
from desktop.app.verbs.syncing.progress import teller
from desktop.app.wiring import House
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.goal import Goal
from desktop.model.json_value import Json
from desktop.model.run import OUTCOMES, Run, RunState
from desktop.sync.guarding import require_limits
from desktop.sync.rollback import Rollback
from desktop.sync.run import Asked

_AWAY = ("offline", "timed_out", "rate_limited", "service_trouble")
_PERSON = ("auth_lost", "forbidden", "conflict", "needs_person")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
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


async def _run(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, for_runs=True) as house:
        require_signed_in(house)
        if options.allow:
            require_limits(options.allow)
            house.goals.require_admin()
        goal = house.store.goals.get(options.goal)
        _require_ready(house, goal)
        actor = house.live.actor
        asked = Asked(
            goal=goal.name,
            actor=actor.name,
            why=options.why,
            plan=options.plan,
            full=options.full,
            resume=_resumed(house, goal, options.resume),
            allow=tuple(options.allow),
            person=str(actor.id or actor.name),
        )
        runner = runner_of(house, goal.name, teller(options.progress))
        run = await tell(house, goal, await runner.run(goal, asked))
        return print_run(run, as_json=options.json)


def _require_ready(house: House, goal: Goal) -> None:
    for missing in house.goals.missing(goal, connected=True):
        if missing.code in ("unsaved", "unchecked", "off"):
            raise NeedsPerson(
                f"“{goal.title}” does not run: {missing.words}",
                "Nothing was written.",
                f"`fairlead sync on {goal.name}` checks it and switches it on.",
            )


def _resumed(house: House, goal: Goal, asked: str | None) -> str | None:
    if asked is None:
        return None
    if asked:
        run = house.store.runs.get(asked)
    else:
        latest = house.store.runs.of_goal(goal.name, 1)
        if not latest:
            raise BadInput(f"“{goal.title}” has no run to go on with.")
        run = latest[0]
    if run.goal != goal.name:
        raise BadInput(f"Run {run.id} is one of {run.goal}.")
    if not run.state.resumable:
        raise BadInput(
            f"Run {run.id} is {run.state.value}.", "", "Only a run that stopped can go on."
        )
    return run.id


def print_run(run: Run, *, as_json: bool) -> int:
    """What became of a run; gives the exit code."""
    if as_json:
        output.print_json(run.as_json())
    else:
        totals = ", ".join(f"{run.totals.get(name, 0)} {name}" for name in OUTCOMES)
        print(f"Run {run.id} of {plain(run.goal)}: {run.state.value}. {totals}.")
        if run.error:
            print(plain(run.error))
    return code_of(run)


def code_of(run: Run) -> int:
    """The exit code of how a run ended."""
    if run.state is RunState.DONE:
        if run.totals.get("failed"):
            return output.FAILED
        return output.PERSON if run.totals.get("parked") else output.DONE
    if run.state is RunState.FAILED:
        if run.error_code in _AWAY:
            return output.AWAY
        return output.PERSON if run.error_code in _PERSON else output.FAILED
    return output.PERSON


def _cancel_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")


async def _cancel(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        if house.live.trouble is None:
            # While Zendesk is away nobody can say who may; a run that stops can go on.
            house.goals.require()
        run = house.store.runs.ask_cancel(options.run)
        if options.json:
            output.print_json({**run.as_json(), "cancel_asked": run.cancel_asked})
        elif run.state is RunState.RUNNING:
            print(f"Run {run.id} stops within a second.")
        else:
            print(f"Run {run.id} has ended: {run.state.value}.")
    return output.DONE


def _retry_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
    parser.add_argument("row", nargs="?", metavar="ROW", help="one row of the last plan; else all")
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _retry(ground: Ground, options: argparse.Namespace) -> int:
    from desktop.sync.decide import Decisions

    async with session(ground, options.workspace, for_runs=True) as house:
        require_signed_in(house)
        goal = house.store.goals.get(options.goal)
        _require_ready(house, goal)
        sources = Decisions(house.store, ground.clock).to_retry(goal.name, options.row)
        if not sources:
            raise BadInput(f"Nothing of “{goal.title}” waits for another try.")
        asked = Asked(goal.name, house.live.actor.name, why="retry", only=sources)
        run = await runner_of(house, goal.name, teller(options.progress)).run(goal, asked)
        run = await tell(house, goal, run)
        return print_run(run, as_json=options.json)


def _rollback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--dry-run", action="store_true", help="show what it would restore")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="LIMIT", help="let a limit pass once"
    )
    parser.add_argument("--rows", type=count, default=20, metavar="N")
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


async def _rollback(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, for_runs=True) as house:
        require_signed_in(house)
        if options.allow:
            require_limits(options.allow)
            house.goals.require_admin()
        actor = house.live.actor
        rollback = Rollback(tools_of(house))
        plan = await rollback.plan(options.run, actor.name)
        losses = await rollback.losses(plan.id)
        if options.dry_run:
            lost: list[Json] = [{"rows": loss.rows, "why": loss.words} for loss in losses]
            more: dict[str, Json] = {"not_restored": lost}
            print_plan(plan, house.store, rows=options.rows, as_json=options.json, more=more)
            if not options.json:
                for loss in losses:
                    print(f"  Not as it was: {loss.rows:,} × {loss.words}.")
            return output.DONE
        asked = Asked(
            plan.goal,
            actor.name,
            why="rollback",
            plan=plan.id,
            allow=tuple(options.allow),
            person=str(actor.id or actor.name),
        )
        goal = house.store.plans.goal_of(plan.id)
        runner = runner_of(house, plan.goal, teller(options.progress))
        run = await tell(house, goal, await runner.run(goal, asked))
        return print_run(run, as_json=options.json)


ACTS = (
    Act("run", "run a sync now", _run_arguments, _run),
    Act("cancel", "stop a run; it can go on later", _cancel_arguments, _cancel),
    Act("rollback", "take back what a run wrote", _rollback_arguments, _rollback),
    Act("retry", "try what was refused or corrected again", _retry_arguments, _retry),
)

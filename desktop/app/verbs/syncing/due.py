"""What runs by itself, on the command line: due, here."""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.runs import due_of, runner_of
from desktop.app.schedule_install import install, remove
from desktop.app.session import session
from desktop.app.tell import tell
from desktop.app.verbs.syncing.act import Act, require_signed_in
from desktop.app.verbs.syncing.runs import code_of
from desktop.app.wiring import House
from desktop.kit.clock import iso
from desktop.kit.errors import AppError, AuthLost, Bug
from desktop.model.json_value import Json
from desktop.model.run import OUTCOMES, Run, RunState
from desktop.settings import sync_settings
from desktop.sync.due import DueGoal, PausedGoal
from desktop.sync.run import Asked

log = logging.getLogger(__name__)

# The worst first.
_BY_WEIGHT = (output.FAILED, output.PERSON, output.AWAY)


@dataclass(frozen=True)
class _Outcome:
    """What became of one goal: its run, or what kept it from beginning."""

    one: DueGoal
    run: Run | None = None
    error: AppError | None = None

    @property
    def code(self) -> int:
        """The exit code it stands for."""
        if self.error is not None:
            return output.exit_code(self.error)
        return output.DONE if self.run is None else code_of(self.run)

    def as_json(self) -> dict[str, Json]:
        """One object of `due`."""
        found: dict[str, Json] = {"goal": self.one.goal.name, "due_at": self.one.at}
        if self.run is not None:
            found |= self.run.as_json()
        if self.error is not None:
            found["error"] = self.error.as_json()
        return found


def _due_arguments(parser: argparse.ArgumentParser) -> None:
    timer = parser.add_mutually_exclusive_group()
    timer.add_argument(
        "--install", action="store_true", help="have the system do it every five minutes"
    )
    timer.add_argument("--remove", action="store_true", help="the system does it no more")


async def _due(ground: Ground, options: argparse.Namespace) -> int:
    if options.install or options.remove:
        return await _timer(ground, options)
    async with session(ground, options.workspace, connect=False) as house:
        if not house.live.values.get(sync_settings.RUN_HERE):
            return _print_elsewhere(as_json=options.json)
        outcomes, paused = await run_due(house)
    if options.json:
        output.print_json(
            {
                "here": True,
                "due": [one.as_json() for one in outcomes],
                "paused": [
                    {"goal": one.goal.name, "code": one.code, "words": one.words} for one in paused
                ],
            }
        )
    else:
        _print(outcomes, paused)
    codes = {one.code for one in outcomes} | ({output.PERSON} if paused else set())
    return next((code for code in _BY_WEIGHT if code in codes), output.DONE)


async def _timer(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=options.install) as house:
        said = install(house) if options.install else remove(house)
        here = house.live.values.get(sync_settings.RUN_HERE)
    if options.json:
        output.print_json({"installed": options.install, "here": here, "words": said})
        return output.DONE
    print(said)
    if options.install and not here:
        print("Nothing runs by itself yet: `fairlead sync here on` switches this computer on.")
    return output.DONE


async def run_due(house: House) -> tuple[Sequence[_Outcome], Sequence[PausedGoal]]:
    """Run what is due, one after another, each at most once; and say what is paused.

    Raises what keeps all of them from running; nothing is claimed then.
    """
    due = due_of(house)
    if not due.look().due:
        return (), due.look().paused
    await house.live.connect(for_runs=True)
    trouble = house.live.trouble
    if trouble is not None and trouble.retryable:
        raise trouble
    refused = trouble if isinstance(trouble, AuthLost) else None
    if refused is None:
        house.goals.require()
    outcomes: dict[str, _Outcome] = {}
    while True:
        # Looked at again each time: the runs before may have taken hours.
        waiting = [one for one in due.look().due if one.goal.name not in outcomes]
        if not waiting:
            break
        one = waiting[0]
        if not due.claim(one):
            # Another process was faster; it is not due any more.
            continue
        outcomes[one.goal.name] = await _run_one(house, one, refused)
    return tuple(outcomes.values()), due.look().paused


async def _run_one(house: House, one: DueGoal, refused: AuthLost | None) -> _Outcome:
    """Run one goal; whatever happens to it is its own affair."""
    goal, actor = one.goal, house.live.actor
    try:
        if refused is not None:
            run = _refused_run(house, one, refused)
        else:
            person = str(actor.id or actor.name)
            asked = Asked(goal.name, actor.name, why="schedule", person=person)
            run = await runner_of(house, goal.name).run(goal, asked)
    except AppError as error:
        return _Outcome(one, error=error)
    except Exception:
        log.exception("The sync %s failed unexpectedly", goal.name)
        return _Outcome(one, error=_broken(house, one))
    return _Outcome(one, await tell(house, goal, run))


def _refused_run(house: House, one: DueGoal, error: AuthLost) -> Run:
    """The history says why it did not run, and that pauses it until somebody has signed in."""
    runs, now = house.store.runs, house.ground.clock.now()
    run = runs.begin(one.goal.name, "schedule", house.live.actor.name, now)
    return runs.end(run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code)


def _broken(house: House, one: DueGoal) -> Bug:
    error = Bug("The sync failed unexpectedly.", "That is Fairlead's mistake; its log says more.")
    runs = house.store.runs
    for run in runs.of_goal(one.goal.name, 1):
        if run.state is RunState.RUNNING:
            now = house.ground.clock.now()
            runs.end(run.id, RunState.FAILED, now, {}, error=str(error), error_code=error.code)
    return error


def _print_elsewhere(*, as_json: bool) -> int:
    if as_json:
        output.print_json({"here": False, "due": [], "paused": []})
    else:
        print("This computer does not run what is due. `fairlead sync here on` changes that.")
    return output.DONE


def _print(outcomes: Sequence[_Outcome], paused: Sequence[PausedGoal]) -> None:
    for one in outcomes:
        name, at = plain(one.one.goal.name), iso(one.one.at)
        if one.run is not None:
            totals = ", ".join(f"{one.run.totals.get(name, 0)} {name}" for name in OUTCOMES)
            print(f"{name}, due {at}: run {one.run.id} {one.run.state.value}. {totals}.")
            if one.run.error:
                print(f"  {plain(one.run.error)}")
        elif one.error is not None:
            print(f"{name}, due {at}: {plain(one.error)}")
    for waiting in paused:
        print(f"{plain(waiting.goal.name)} is paused. {plain(waiting.words)}")
    if not outcomes and not paused:
        print("Nothing is due.")


def _here_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", nargs="?", choices=["on", "off"], help="without: how it stands")


async def _here(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=options.state is not None) as house:
        if options.state is not None:
            require_signed_in(house)
            house.live.change({sync_settings.RUN_HERE.key: options.state == "on"})
        here = house.live.values.get(sync_settings.RUN_HERE)
    if options.json:
        output.print_json({"here": here})
    else:
        print("This computer runs what is due." if here else "This computer does not.")
    return output.DONE


ACTS = (
    Act("due", "run every sync whose time has come", _due_arguments, _due),
    Act("here", "whether this computer runs what is due", _here_arguments, _here),
)

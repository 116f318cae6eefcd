"""The goals on the command line: list, add, on, off, schedule, remove, check."""

import argparse

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.runs import sync_names, tools_of
from desktop.app.session import session
from desktop.app.verbs.syncing.act import Act, goal_argument, no_arguments
from desktop.app.wiring import House
from desktop.kit.clock import iso
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.goal import Goal, GoalState
from desktop.model.json_value import Json
from desktop.model.schedule import next_times, read_rule
from desktop.settings import table
from desktop.sync.goals import Absence
from desktop.sync.presets import PRESETS


def state_json(state: GoalState, house: House) -> dict[str, Json]:
    """One goal as scripts see it."""
    goal = state.goal
    missing = house.goals.missing(goal, connected=True if house.live.connected else None)
    return {
        "goal": goal.name,
        "title": goal.title,
        "on": goal.on,
        "checked": goal.checked_at > 0,
        "preset": goal.preset or None,
        "from": goal.source.kind.service.value,
        "to": goal.target.value,
        "schedule": goal.schedule,
        "next_at": state.next_at,
        "paused": state.paused or None,
        "last_run": state.last_run,
        "last_state": state.last_state or None,
        "last_at": state.last_at,
        "waiting": state.waiting,
        "missing": [{"code": m.code, "words": m.words} for m in missing],
    }


async def _list(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=False) as house:
        states = house.goals.states()
        if options.json:
            output.print_json({"goals": [state_json(s, house) for s in states]})
            return output.DONE
        for state in states:
            print(_line(state))
        if not states:
            print(f"There is no sync yet. Presets: {', '.join(PRESETS)}.")
    return output.DONE


def _line(state: GoalState) -> str:
    goal = state.goal
    switch = "on " if goal.on else "off"
    last = f"last {iso(state.last_at)} {state.last_state}" if state.last_at else "never run"
    following = f", next {iso(state.next_at)}" if state.next_at else ""
    following = f", paused: {plain(state.paused)}" if state.paused else following
    return f"{switch}  {plain(goal.name):<24} {last}{following}"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", required=True, metavar="NAME", help=", ".join(PRESETS))
    parser.add_argument("--on", action="store_true", help="check it and switch it on")
    parser.add_argument("--create", action="store_true", help="make what is missing (admins)")


async def _add(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, for_runs=True) as house:
        goal = house.goals.add(options.preset, sync_names(house))
        absences: tuple[Absence, ...] = ()
        if options.on or options.create:
            goal, absences = await _checked(house, goal, create=options.create)
        if options.on:
            goal = _switched_on(house, goal, absences)
        return _print_goal(house, goal, absences, as_json=options.json)


def _switch_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
    parser.add_argument("--create", action="store_true", help="make what is missing (admins)")


async def _on(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, for_runs=True) as house:
        goal = house.store.goals.get(options.goal)
        goal, absences = await _checked(house, goal, create=options.create)
        goal = _switched_on(house, goal, absences)
        return _print_goal(house, goal, absences, as_json=options.json)


async def _off(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        goal = house.goals.switch(options.goal, on=False)
        return _print_goal(house, goal, (), as_json=options.json)


async def _remove(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        house.goals.remove(options.goal)
        if options.json:
            output.print_json({"goal": options.goal, "removed": True})
        else:
            print(f"{plain(options.goal)} is gone; its history stays.")
    return output.DONE


def _schedule_arguments(parser: argparse.ArgumentParser) -> None:
    goal_argument(parser)
    parser.add_argument("rule", metavar="RULE", help="such as “weekdays 07:00”, hourly or off")


async def _schedule(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace) as house:
        goal = house.goals.reschedule(options.goal, options.rule)
        zone = house.live.values.get(table.TIMEZONE)
        times = next_times(read_rule(goal.schedule), ground.clock.now(), zone, 5)
        if options.json:
            output.print_json(
                {"goal": goal.name, "schedule": goal.schedule, "zone": zone, "next": list(times)}
            )
        else:
            print(f"{plain(goal.name)}: {read_rule(goal.schedule).words} ({zone})")
            for at in times:
                print(f"  {iso(at)}")
    return output.DONE


async def _checked(house: House, goal: Goal, *, create: bool) -> tuple[Goal, tuple[Absence, ...]]:
    tools = tools_of(house)
    clients = tools.sailthru.client, tools.zendesk.client
    goal, absences = await house.goals.check(goal.name, *clients)
    if create and absences:
        await house.goals.make(absences, sync_names(house), *clients)
        goal, absences = await house.goals.check(goal.name, *clients)
    return goal, absences


def _switched_on(house: House, goal: Goal, absences: tuple[Absence, ...]) -> Goal:
    if not goal.checked_at:
        raise NeedsPerson(
            " ".join(absence.words for absence in absences) or "Something is missing.",
            f"“{goal.title}” stays off.",
            "`--create` makes what is missing; only an admin may.",
        )
    return house.goals.switch(goal.name, on=True)


def _print_goal(house: House, goal: Goal, absences: tuple[Absence, ...], *, as_json: bool) -> int:
    if as_json:
        document = state_json(house.goals.state(goal), house)
        document["absent"] = [a.words for a in absences]
        output.print_json(document)
    else:
        print(_line(house.goals.state(goal)))
        for absence in absences:
            print(f"     {plain(absence.words)}")
    return output.DONE


def require_known(text: str, known: tuple[str, ...], what: str) -> None:
    """Raises BadInput for a word that is none of these."""
    if text not in known:
        raise BadInput(f"“{text[:40]}” is no {what}.", "", f"There are: {', '.join(known)}.")


ACTS = (
    Act("list", "every sync and how it stands", no_arguments, _list),
    Act("add", "make a sync from a preset", _add_arguments, _add),
    Act("on", "check a sync and switch it on", _switch_arguments, _on),
    Act("off", "switch a sync off", goal_argument, _off),
    Act("remove", "take a sync away; its history stays", goal_argument, _remove),
    Act("schedule", "say when a sync runs", _schedule_arguments, _schedule),
)

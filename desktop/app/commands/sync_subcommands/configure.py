"""The goals on the command line: list, add, on, off, schedule, remove, check."""

import argparse

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sync_subcommands.subcommand import (
    SyncSubcommand,
    add_no_arguments,
    add_sync_argument,
)
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_sync_context
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.json_value import Json
from desktop.model.sync import Sync, SyncStatus
from desktop.model.sync_schedule import next_run_times, parse_schedule_rule
from desktop.settings import settings_table
from desktop.sync.sync_presets import PRESETS
from desktop.sync.sync_service import MissingResource


def sync_state_to_json(state: SyncStatus, services: WorkspaceServices) -> dict[str, Json]:
    """One goal as scripts see it."""
    goal = state.sync
    missing = services.syncs.find_run_blockers(
        goal, connected=True if services.session.is_connected else None
    )
    return {
        "sync": goal.name,
        "title": goal.title,
        "on": goal.on,
        "checked": goal.checked_at > 0,
        "preset": goal.preset or None,
        "from": goal.source.kind.service.value,
        "to": goal.target_service.value,
        "schedule": goal.schedule,
        "next_at": state.next_run_at,
        "paused": state.pause_reason or None,
        "last_run": state.last_run,
        "last_state": state.last_run_state or None,
        "last_at": state.last_run_at,
        "waiting": state.waiting_count,
        "missing": [{"code": m.code, "message": m.message} for m in missing],
    }


async def _list(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, connect=False) as house:
        states = house.syncs.list_states()
        if options.json:
            cli_output.print_json({"syncs": [sync_state_to_json(s, house) for s in states]})
            return cli_output.EXIT_DONE
        for state in states:
            print(_sync_line(state))
        if not states:
            print(f"There is no sync yet. Presets: {', '.join(PRESETS)}.")
    return cli_output.EXIT_DONE


def _sync_line(state: SyncStatus) -> str:
    goal = state.sync
    switch = "on " if goal.on else "off"
    last = (
        f"last {iso_timestamp(state.last_run_at)} {state.last_run_state}"
        if state.last_run_at
        else "never run"
    )
    following = f", next {iso_timestamp(state.next_run_at)}" if state.next_run_at else ""
    following = (
        f", paused: {terminal_safe(state.pause_reason)}" if state.pause_reason else following
    )
    return f"{switch}  {terminal_safe(goal.name):<24} {last}{following}"


def _add_add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", required=True, metavar="NAME", help=", ".join(PRESETS))
    parser.add_argument("--on", action="store_true", help="check it and switch it on")
    parser.add_argument("--create", action="store_true", help="make what is missing (admins)")


async def _add(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as house:
        goal = house.syncs.add_preset(options.preset, build_preset_names(house))
        absences: tuple[MissingResource, ...] = ()
        if options.on or options.create:
            goal, absences = await _check_sync(house, goal, create=options.create)
        if options.on:
            goal = _switch_on(house, goal, absences)
        return _print_sync(house, goal, absences, as_json=options.json)


def _add_switch_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("--create", action="store_true", help="make what is missing (admins)")


async def _on(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, for_runs=True) as house:
        goal = house.store.syncs.get.blocking(options.sync)
        goal, absences = await _check_sync(house, goal, create=options.create)
        goal = _switch_on(house, goal, absences)
        return _print_sync(house, goal, absences, as_json=options.json)


async def _off(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        goal = house.syncs.set_enabled(options.sync, on=False)
        return _print_sync(house, goal, (), as_json=options.json)


async def _remove(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        house.syncs.remove_sync(options.sync)
        if options.json:
            cli_output.print_json({"sync": options.sync, "removed": True})
        else:
            print(f"{terminal_safe(options.sync)} is gone; its history stays.")
    return cli_output.EXIT_DONE


def _add_schedule_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("rule", metavar="RULE", help="such as “weekdays 07:00”, hourly or off")


async def _schedule(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace) as house:
        goal = house.syncs.set_schedule(options.sync, options.rule)
        zone = house.session.values.get(settings_table.TIMEZONE)
        times = next_run_times(parse_schedule_rule(goal.schedule), context.clock.now(), zone, 5)
        if options.json:
            cli_output.print_json(
                {"sync": goal.name, "schedule": goal.schedule, "zone": zone, "next": list(times)}
            )
        else:
            print(
                f"{terminal_safe(goal.name)}: {parse_schedule_rule(goal.schedule).description} ({zone})"  # noqa: E501
            )
            for at in times:
                print(f"  {iso_timestamp(at)}")
    return cli_output.EXIT_DONE


async def _check_sync(
    services: WorkspaceServices, sync: Sync, *, create: bool
) -> tuple[Sync, tuple[MissingResource, ...]]:
    tools = build_sync_context(services)
    clients = tools.sailthru.client, tools.zendesk.client
    sync, absences = await services.syncs.check_resources(sync.name, *clients)
    if create and absences:
        await services.syncs.create_missing_resources(
            absences, build_preset_names(services), *clients
        )
        sync, absences = await services.syncs.check_resources(sync.name, *clients)
    return sync, absences


def _switch_on(
    services: WorkspaceServices, sync: Sync, absences: tuple[MissingResource, ...]
) -> Sync:
    if not sync.checked_at:
        raise UserDecisionNeeded(
            " ".join(absence.message for absence in absences) or "Something is missing.",
            f"“{sync.title}” stays off.",
            "`--create` makes what is missing; only an admin may.",
        )
    return services.syncs.set_enabled(sync.name, on=True)


def _print_sync(
    services: WorkspaceServices, sync: Sync, absences: tuple[MissingResource, ...], *, as_json: bool
) -> int:
    if as_json:
        document = sync_state_to_json(services.syncs.get_state(sync), services)
        document["absent"] = [a.message for a in absences]
        cli_output.print_json(document)
    else:
        print(_sync_line(services.syncs.get_state(sync)))
        for absence in absences:
            print(f"     {terminal_safe(absence.message)}")
    return cli_output.EXIT_DONE


def require_known(text: str, known: tuple[str, ...], what: str) -> None:
    """Raises InvalidInput for a word that is none of these."""
    if text not in known:
        raise InvalidInput(f"“{text[:40]}” is no {what}.", "", f"There are: {', '.join(known)}.")


SUBCOMMANDS = (
    SyncSubcommand("list", "every sync and how it stands", add_no_arguments, _list),
    SyncSubcommand("add", "make a sync from a preset", _add_add_arguments, _add),
    SyncSubcommand("on", "check a sync and switch it on", _add_switch_arguments, _on),
    SyncSubcommand("off", "switch a sync off", add_sync_argument, _off),
    SyncSubcommand("remove", "take a sync away; its history stays", add_sync_argument, _remove),
    SyncSubcommand("schedule", "say when a sync runs", _add_schedule_arguments, _schedule),
)

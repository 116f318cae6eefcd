"""The syncs of a workspace on the command line: list, add, set, on, off, schedule, remove."""

import argparse
from collections.abc import Sequence

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace, open_workspace
from desktop.app.commands.sync_subcommands.arguments import add_sync_argument
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_preset_names, build_sync_context
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.json_value import Json
from desktop.model.sync import SourceKind, Sync, SyncStatus, TargetType
from desktop.model.sync_fields import SYNC_FIELDS, SyncField, SyncFieldKind, sync_fields_of
from desktop.model.sync_schedule import next_run_times, parse_schedule_rule
from desktop.settings import settings_table
from desktop.sync.missing_resources import MissingResource
from desktop.sync.rule_text import stuck_pause_text
from desktop.sync.sync_field_text import field_to_json, format_field
from desktop.sync.sync_presets import ALL_PRESETS

# Enough to see a weekend or the end of a month in between.
_PREVIEWED_RUN_TIMES = 5


@in_workspace(connect=False)
async def _list_syncs(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    states = services.syncs.list_states()
    past = await services.store.runs.list_runs_of_removed_syncs()
    removed = {run.sync: run for run in reversed(past)}.values()
    document = {
        "syncs": [sync_state_to_json(state, services) for state in states],
        "removed": [run.as_json() for run in removed],
    }
    lines = [sync_line(state) for state in states]
    lines += [f"gone {run.sync:<24} last run {run.id} {run.state.value}" for run in removed]
    if not states:
        lines.append(f"There is no sync yet. Presets: {', '.join(ALL_PRESETS)}.")
    return emit(document, lines, as_json=options.json)


def _add_add_arguments(parser: argparse.ArgumentParser) -> None:
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--preset", metavar="NAME", help=", ".join(ALL_PRESETS))
    kinds = [kind.value for kind in SourceKind]
    start.add_argument("--from", dest="kind", choices=kinds, help="a blank sync of this source")
    targets = [kind.value for kind in TargetType]
    parser.add_argument(
        "--to", dest="target", choices=targets, help="what a blank sync writes, if not the usual"
    )
    start.add_argument("--copy", metavar="SYNC", help="a copy of a sync")
    parser.add_argument("--title", metavar="TEXT", help="what a blank sync or a copy is called")
    parser.add_argument("--on", action="store_true", help="check it and switch it on")
    _add_create_option(parser)


@in_workspace(for_runs=True)
async def _add_sync(services: WorkspaceServices, options: argparse.Namespace) -> int:
    sync = _make_sync(services, options)
    missing: tuple[MissingResource, ...] = ()
    if options.on or options.create:
        # `--create` alone checks too: what it made is told, and the sync stays off.
        sync, missing = await _check_resources(services, sync, create=options.create)
    if options.on:
        sync = _switch_on(services, sync, missing)
    return emit_sync(services, sync, missing, as_json=options.json)


def _make_sync(services: WorkspaceServices, options: argparse.Namespace) -> Sync:
    syncs = services.syncs
    if options.preset is not None:
        if options.title is not None:
            raise InvalidInput(
                "A preset's sync has its own name.",
                "Nothing was added.",
                "`fairlead sync set SYNC title=TEXT` gives it another.",
            )
        return syncs.add_preset(options.preset, build_preset_names(services))
    title = options.title or ""
    if options.copy is not None:
        return syncs.duplicate_sync(options.copy, title)
    target = TargetType(options.target) if options.target else None
    return syncs.add_blank(title, SourceKind(options.kind), target)


def _add_on_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    _add_create_option(parser)


def _add_create_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--create", action="store_true", help="make what is missing (admins)")


@in_workspace(for_runs=True)
async def _check_and_switch_on(services: WorkspaceServices, options: argparse.Namespace) -> int:
    sync = await services.store.syncs.get(options.sync)
    sync, missing = await _check_resources(services, sync, create=options.create)
    sync = _switch_on(services, sync, missing)
    return emit_sync(services, sync, missing, as_json=options.json)


@in_workspace()
async def _switch_off(services: WorkspaceServices, options: argparse.Namespace) -> int:
    sync = services.syncs.set_enabled(options.sync, on=False)
    return emit_sync(services, sync, (), as_json=options.json)


@in_workspace()
async def _remove_sync(services: WorkspaceServices, options: argparse.Namespace) -> int:
    stopped = services.syncs.remove_sync(options.sync)
    return emit(
        {"sync": options.sync, "removed": True, "stopped": [run.id for run in stopped]},
        [
            *(f"Run {run.id} stops within a second." for run in stopped),
            f"{options.sync} is gone; its history stays.",
        ],
        as_json=options.json,
    )


def _add_schedule_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument("rule", metavar="RULE", help="such as “weekdays 07:00”, hourly or off")


@in_workspace()
async def _set_schedule(services: WorkspaceServices, options: argparse.Namespace) -> int:
    sync = services.syncs.set_schedule(options.sync, options.rule)
    zone = services.session.values.get(settings_table.TIMEZONE)
    rule = parse_schedule_rule(sync.schedule)
    times = next_run_times(rule, services.context.clock.now(), zone, _PREVIEWED_RUN_TIMES)
    return emit(
        {"sync": sync.name, "schedule": sync.schedule, "zone": zone, "next": list(times)},
        (
            f"{sync.name}: {rule.description} ({zone})",
            *(f"  {iso_timestamp(at)}" for at in times),
        ),
        as_json=options.json,
    )


def _add_set_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument(
        "changes", nargs="*", metavar="FIELD=VALUE", help="what to set; none: show the fields"
    )
    # One line for each field: wrapped, they would run into each other.
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(("fields:", *map(_field_help, SYNC_FIELDS)))


def _field_help(field: SyncField) -> str:
    words = field.kind.value
    if field.choices:
        words = f"{words}: {', '.join(key for key, _ in field.choices)}"
    elif field.kind is SyncFieldKind.NUMBER:
        words = f"{field.minimum} to {field.maximum}"
    only = ""
    if len(field.sources) < len(SourceKind):
        only = f" Only from {', '.join(kind.value for kind in field.sources)}."
    return f"  {field.path:<24} {field.help} ({words}){only}"


async def _set_fields(context: AppContext, options: argparse.Namespace) -> int:
    changes = [_split_change(text) for text in options.changes]
    async with open_workspace(context, options.workspace, connect=bool(changes)) as services:
        await require_view_permission(services)
        sync = await services.store.syncs.get(options.sync)
        was_checked = sync.checked_at > 0
        if changes:
            sync = services.syncs.change_fields(sync.name, changes)
    paths = {path for path, _ in changes}
    fields = [field for field in sync_fields_of(sync) if not paths or field.path in paths]
    lines = [f"{field.path}={format_field(sync, field)}" for field in fields]
    if was_checked and not sync.checked_at:
        lines.append(f"What it means has changed: `fairlead sync on {sync.name}` checks it again.")
    return emit(
        {
            "sync": sync.name,
            "on": sync.on,
            "checked": sync.checked_at > 0,
            "fields": {field.path: field_to_json(sync, field) for field in fields},
        },
        lines,
        as_json=options.json,
    )


def _split_change(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"“{text[:60]}” is not FIELD=VALUE.", "Nothing was changed.")
    return path.strip(), value


async def _check_resources(
    services: WorkspaceServices, sync: Sync, *, create: bool
) -> tuple[Sync, tuple[MissingResource, ...]]:
    """Ask both services for what a sync names; `--create` makes missing lists and fields.

    Returns the sync as it is stored then, and what is still missing.
    """
    context = build_sync_context(services)
    clients = context.sailthru.client, context.zendesk.client
    sync, missing = await services.syncs.check_resources(sync.name, *clients, context.sell)
    if create and missing:
        names = build_preset_names(services)
        await services.syncs.create_missing_resources(missing, names, *clients)
        # Checked again rather than assumed: a service may refuse or rename what was made.
        sync, missing = await services.syncs.check_resources(sync.name, *clients, context.sell)
    return sync, missing


def _switch_on(services: WorkspaceServices, sync: Sync, missing: Sequence[MissingResource]) -> Sync:
    # `check_resources` sets it only when nothing required is missing.
    if not sync.checked_at:
        raise UserDecisionNeeded(
            " ".join(resource.message for resource in missing) or "Something is missing.",
            f"“{sync.title}” {'does not run' if sync.on else 'stays off'}.",
            "`--create` makes what is missing; only an admin may."
            if all(resource.is_creatable for resource in missing)
            else f"`fairlead sync set {sync.name} FIELD=VALUE` changes what it names.",
        )
    return services.syncs.set_enabled(sync.name, on=True)


def emit_sync(
    services: WorkspaceServices,
    sync: Sync,
    missing: Sequence[MissingResource],
    *,
    as_json: bool,
    more_lines: Sequence[str] = (),
) -> int:
    """Print a sync and how it stands, and what it lacks at the services."""
    state = services.syncs.get_state(sync)
    messages = [resource.message for resource in missing]
    stuck = stuck_pause_text(state)
    return emit(
        {**sync_state_to_json(state, services), "absent": messages},
        (
            sync_line(state),
            *more_lines,
            *(f"     {message}" for message in (*messages, stuck) if message),
        ),
        as_json=as_json,
    )


def sync_state_to_json(state: SyncStatus, services: WorkspaceServices) -> dict[str, Json]:
    """Build a row of `fairlead sync list` in JSON; times are Unix seconds."""
    sync = state.sync
    # Unknown rather than False while nothing was connected: `list` asks no service.
    is_connected = True if services.session.is_connected else None
    blockers = services.syncs.find_run_blockers(sync, connected=is_connected)
    return {
        "sync": sync.name,
        "title": sync.title,
        "on": sync.on,
        "checked": sync.checked_at > 0,
        "favourite": sync.favourite,
        "labels": list(sync.labels),
        "description": sync.description,
        "preset": sync.preset or None,
        "kind": sync.source.kind.value,
        "from": sync.source.kind.service.value,
        "to": sync.target_service.value,
        "schedule": sync.schedule,
        "next_at": state.next_run_at,
        "paused": state.pause_reason or None,
        "last_run": state.last_run,
        "last_state": state.last_run_state or None,
        "last_at": state.last_run_at,
        "waiting": state.waiting_count,
        "missing": [{"code": blocker.code, "message": blocker.message} for blocker in blockers],
    }


def sync_line(state: SyncStatus) -> str:
    """Say in one line of the command line how a sync stands."""
    last = "never run"
    if state.last_run_at:
        last = f"last {iso_timestamp(state.last_run_at)} {state.last_run_state}"
    following = ""
    if state.pause_reason:
        following = f", paused: {state.pause_reason}"
    elif state.next_run_at:
        following = f", next {iso_timestamp(state.next_run_at)}"
    if state.sync.on and not state.sync.checked_at:
        following = f", runs only once `fairlead sync on {state.sync.name}` has checked it"
    return f"{'on ' if state.sync.on else 'off'}  {state.sync.name:<24} {last}{following}"


COMMANDS = {
    "list": CliCommand(run=_list_syncs),
    "add": CliCommand(_add_add_arguments, _add_sync),
    "set": CliCommand(_add_set_arguments, _set_fields),
    "on": CliCommand(_add_on_arguments, _check_and_switch_on),
    "off": CliCommand(add_sync_argument, _switch_off),
    "remove": CliCommand(add_sync_argument, _remove_sync),
    "schedule": CliCommand(_add_schedule_arguments, _set_schedule),
}

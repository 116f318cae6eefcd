"""`fairlead events deliver FILE`: stores events, then sends them to Zendesk; `retry` goes on."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desktop.app.cli_output import ExitCode, emit, exit_code_for
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import open_event_source
from desktop.app.commands.events_subcommands.field_options import (
    add_field_options,
    check_field_options,
    create_fields,
)
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.commands.view_permission import rows_to_show
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import (
    build_deliverer,
    open_live_directory,
    require_events_connected,
)
from desktop.events.event import Event
from desktop.events.event_action import ActionKind
from desktop.events.event_intake import read_events
from desktop.events.event_storage_form import stored_steps
from desktop.kit.errors import AppError, InvalidInput, StopsRun, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.event_delivery import DeliveryState, StoredEvent
from desktop.model.event_source import EventSource
from desktop.model.workspace_kind import needs_confirmation
from desktop.sync.event_collection import store_stream

_ROWS_SHOWN = 1_000
_WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def _add_deliver_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="events; - is stdin; without: what waits here"
    )
    parser.add_argument("--name", metavar="NAME", help="what the source is called; the file's name")
    parser.add_argument(
        "--source", type=int, metavar="ID", help="without FILE: send only its removals, count it"
    )
    parser.add_argument(
        "--leave-out",
        metavar="LINE:ACTION,…",
        default="",
        help="actions that are not delivered, as `simulate` names line and action",
    )
    _add_common_arguments(parser)


def _add_retry_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="the corrected events; without: as they are"
    )
    parser.add_argument("--name", metavar="NAME", help="the source whose bad lines are corrected")
    parser.add_argument(
        "--event", type=int, action="append", metavar="ID", help="only this one, as `log` names it"
    )
    parser.add_argument(
        "--left-out", action="store_true", help="send what was left out of a delivery too"
    )
    _add_common_arguments(parser)


def _add_ignore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--event", type=int, action="append", required=True, metavar="ID", help="as `log` names it"
    )
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why it is never sent")


def _add_common_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--removals", action="store_true", help="send removals of members too")
    parser.add_argument("--quiet", action="store_true", help="print counts alone, no customer")
    add_confirm_options(parser)
    add_field_options(parser)


def add_confirm_options(parser: argparse.ArgumentParser) -> None:
    """Add what says that somebody was asked before events of many customers are sent."""
    parser.add_argument(
        "--confirm", type=int, metavar="COUNT", help="of how many customers, where production asks"
    )
    # The window asks by itself, before it starts this.
    parser.add_argument("--from-window", action="store_true", help=argparse.SUPPRESS)


@in_workspace(for_runs=True)
async def _deliver(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services)
    check_field_options(options)
    stored: dict[str, Any] = {}
    source_id: int | None = options.source
    if options.file is not None:
        source_id, stored = await _store(services, options)
    return await deliver_and_emit(services, options, source_id, stored)


@in_workspace(for_runs=True)
async def _retry(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services)
    check_field_options(options)
    if options.file is None:
        count = await services.store.events.retry(
            options.event,
            with_left_out=options.left_out,
            actor=services.session.actor.signature,
            at=services.context.clock.now(),
        )
        return await deliver_and_emit(services, options, None, {"retried": count})
    corrected, by = 0, (services.session.actor.signature, services.context.clock.now())
    with open_event_source(options.file) as source:
        usable = (item for item in read_events(source) if isinstance(item, Event))
        for step in stored_steps(usable):
            name = _source_name(options)
            corrected += len(await services.store.events.correct_events(name, step, *by))
    return await deliver_and_emit(services, options, None, {"retried": corrected})


@in_workspace()
async def _ignore(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services)
    reason = options.reason.strip()
    if not reason:
        raise InvalidInput("Say why, with --reason.", "Nothing was changed.")
    detail = f"Ignored by {services.session.actor.signature}: {reason}"
    count = await services.store.events.ignore(options.event, detail, services.context.clock.now())
    line = f"{format_count(count, 'event is', 'events are')} never sent; later ones go on."
    return emit({"ignored": count}, [line], as_json=options.json)


async def _store(
    services: WorkspaceServices, options: argparse.Namespace
) -> tuple[int, dict[str, Any]]:
    """Store the events of a file before anything is sent; what is stored already is left alone."""
    events, now = services.store.events, services.context.clock.now()
    left_out = _parse_left_out(options.leave_out)
    named = await find_named_source(services, options.name)
    if named is not None:
        require_events_connected(services)
    # Opened first: without a file there is no intake.
    with open_event_source(options.file) as stream:
        if named is not None:
            file_name = "" if options.file == "-" else Path(options.file).name
            source_id = await services.store.event_sources.add_intake(named.id, file_name, now)
        else:
            source_id = await events.add_source(_source_name(options), now)
        counts = await store_stream(services.store, source_id, stream, now, left_out)
    duplicates = counts.lines - counts.stored
    return source_id, {"source": source_id, "lines": counts.lines, "duplicates": duplicates}


def _parse_left_out(text: str) -> dict[int, tuple[str, ...]]:
    """Parse "3:org_membership,7:upsert_user" to actions by line. Raises InvalidInput."""
    found: dict[int, tuple[str, ...]] = {}
    kinds = {kind.value for kind in ActionKind}
    for part in filter(None, text.split(",")):
        line, _, action = part.strip().partition(":")
        if not (line.isascii() and line.isdigit()) or action not in kinds:
            raise InvalidInput(
                f"“{part[:60]}” is not LINE:ACTION.",
                "Nothing was stored or sent.",
                f"An action is one of {', '.join(sorted(kinds))}.",
            )
        found[int(line)] = (*found.get(int(line), ()), action)
    return found


def _source_name(options: argparse.Namespace) -> str:
    return options.name or ("stdin" if options.file == "-" else Path(options.file).name)


async def find_named_source(services: WorkspaceServices, name: str | None) -> EventSource | None:
    """Return the named source that `--name` means, or None where there is none of this name."""
    if name is None:
        return None
    found = await services.event_sources.list_sources()
    return next((one for one in found if one.name.lower() == name.strip().lower()), None)


async def deliver_and_emit(
    services: WorkspaceServices,
    options: argparse.Namespace,
    source_id: int | None,
    stored: dict[str, Any],
) -> int:
    """Deliver all that waits, also of other sources: a user's events keep their order."""
    error: AppError | None = None
    try:
        await _require_confirmed(services, options, source_id)
        directory = await open_live_directory(services)
        if hasattr(options, "create_field"):
            await create_fields(services, directory, options)
        deliverer = await build_deliverer(
            services,
            directory,
            removals=options.removals,
            removal_source=source_id,
            removal_events=getattr(options, "event", None) or (),
        )
        await deliverer.deliver()
    except (StopsRun, UserDecisionNeeded) as stopped:
        error = stopped
    counts = await services.store.events.count_states(source_id)
    invalid = counts.get("invalid", 0)
    waiting = sum(counts.get(state.value, 0) for state in _WAITING) + counts.get("not begun", 0)
    totals = {state.value: counts.get(state.value, 0) for state in DeliveryState if state.has_ended}
    open_rows = await services.store.events.list_newest(
        _ROWS_SHOWN, source_id=source_id, states=[DeliveryState.PARKED, *_WAITING]
    )
    document = {
        **stored,
        "totals": {**totals, "waiting": waiting, "invalid": invalid},
        "rows": await rows_to_show(
            services, (row for event in reversed(open_rows) for row in rows_as_json(event))
        ),
        **({"error": error.as_json()} if error is not None else {}),
    }
    # A window's process writes its lines to a log file, where no customer belongs.
    lines = _describe(document, error, with_rows=not options.quiet)
    # What failed and is tried again by the next delivery: the service, and no person.
    code = ExitCode.SERVICE_AWAY if any(one.failures for one in open_rows) else ExitCode.DONE
    code = ExitCode.NEEDS_PERSON if totals["parked"] or invalid else code
    if error is not None:
        code = ExitCode(exit_code_for(error))
    return emit(document, lines, as_json=options.json, exit_code=code)


async def _require_confirmed(
    services: WorkspaceServices, options: argparse.Namespace, source_id: int | None
) -> None:
    """Raise UserDecisionNeeded where production asks once more and the number was not typed."""
    if options.from_window:
        return
    count = await services.store.event_queries.count_unsent_users()
    kind = services.current_settings.workspace_kind()
    if not needs_confirmation(kind, count) or options.confirm == count:
        return
    only = "" if source_id is None else f" --source {source_id}"
    raise UserDecisionNeeded(
        f"This is production: events of {count:,} customers wait to be sent to Zendesk.",
        "They are stored, and nothing was sent.",
        f"Confirm their number, with the other options as they were: `fairlead events deliver{only}"
        f" --confirm {count}`.",
    )


def rows_as_json(event: StoredEvent) -> Iterator[dict[str, Any]]:
    """Yield each delivery of a stored event as `events deliver` and `events log` print it."""
    about = {
        "event": event.id,
        "source": event.source_name,
        "line": event.line,
        "message_id": event.message_id,
        **({"waits_for": event.waits_for} if event.waits_for else {}),
        **({"holds_later": True} if event.is_held else {}),
        **({"next_try": event.not_before} if event.failures and not event.is_held else {}),
    }
    if event.reason:
        yield {**about, "action": "", "state": "invalid", "detail": event.reason}
    elif not event.deliveries:
        detail = "No action fires." if event.is_opened else _waiting_text(event)
        state = "none" if event.is_opened else "waiting"
        yield {**about, "action": "", "state": state, "detail": detail}
    for one in event.deliveries:
        yield {
            **about,
            "action": one.action,
            "state": one.state.value,
            "detail": one.detail,
            "request": one.request,
            "request_id": one.request_id,
            "answer": one.answer,
            "attempts": one.attempts,
            "actor": one.actor,
            "at": one.updated_at,
        }


def _waiting_text(event: StoredEvent) -> str:
    if event.waits_for:
        return f"Waits for event {event.waits_for} of the same user."
    return "Stored; not delivered yet."


def _describe(
    document: dict[str, Any], error: AppError | None, *, with_rows: bool
) -> Iterator[str]:
    if "lines" in document:
        yield (
            f"{format_count(document['lines'], 'line', 'lines')} read,"
            f" {document['duplicates']:,} stored before."
        )
    if "replayed" in document:
        yield f"{format_count(document['replayed'], 'event', 'events')} sent once more."
    if "retried" in document:
        yield f"{format_count(document['retried'], 'event', 'events')} queued again."
    yield ", ".join(f"{count:,} {name}" for name, count in document["totals"].items())
    for row in document["rows"] if with_rows else ():
        detail = f": {row['detail']}" if "detail" in row else ""
        yield f"  line {row['line']} {row['action']} {row['state']}{detail}"
    if error is not None:
        yield str(error)


COMMANDS = {
    "deliver": CliCommand(_add_deliver_arguments, _deliver),
    "retry": CliCommand(_add_retry_arguments, _retry),
    "ignore": CliCommand(_add_ignore_arguments, _ignore),
}

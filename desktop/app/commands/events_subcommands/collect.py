"""`fairlead events collect`: takes events of named sources in, and sends what may go by itself.

For cron, and for a window, which starts it when there is something to do.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit, exit_code_for
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import open_event_source
from desktop.app.commands.open_workspace import open_workspace, require_set_up
from desktop.app.container import WorkspaceServices
from desktop.app.event_intake_permission import EventIntakePermission, is_switched
from desktop.app.event_services import (
    build_deliverer,
    open_live_directory,
    require_events_connected,
)
from desktop.app.event_source_permissions import EventSourcePermissions
from desktop.kit.errors import AppError, InvalidInput
from desktop.kit.text import format_count
from desktop.model.event_source import EventSource, EventSourceKind
from desktop.settings.data_source_records import why_events_stay
from desktop.sync.event_collection import SETTLE_S, FolderCollector, FolderResult, store_stream


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="only this source")
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="events to take in as this source; - is stdin"
    )
    parser.add_argument(
        "--settle",
        type=float,
        default=SETTLE_S,
        metavar="SECONDS",
        help=f"how long a file must look the same before it is taken; {SETTLE_S:g} unless said",
    )
    parser.add_argument("--quiet", action="store_true", help="print counts alone")


async def _collect(context: AppContext, options: argparse.Namespace) -> int:
    if not 0 <= options.settle <= 3_600:
        raise InvalidInput("--settle is a number of seconds from 0 to 3600.", "Nothing was read.")
    # Storing asks no service: what came in is kept also while Zendesk is away.
    async with open_workspace(
        context, options.workspace, connect=False, signs_audit=True
    ) as services:
        require_set_up(services)
        require_events_connected(services)
        sources = await _choose_sources(services, options.name)
        document: dict[str, Any] = {}
        results: list[FolderResult] = []
        if options.file is not None:
            is_attended = not await _may_go_unattended(services, sources[0])
            document |= await _take_stream(services, sources[0], options.file, is_attended)
        else:
            results = await _collect_folders(services, sources, options.settle)
        document["folders"] = [_folder_as_json(one) for one in results]
        document["delivered"], error = await _deliver(services)
        after = await services.event_sources.list_sources()
    document["waiting"] = {one.name: one.waiting for one in after if one.waiting}
    document["to_correct"] = {one.name: one.to_correct for one in after if one.to_correct}
    if error is not None:
        document["error"] = error.as_json()
    needs_person = (
        document["to_correct"]
        or document["delivered"].get("refused")
        or any(one.trouble or one.failed for one in results)
    )
    code = int(ExitCode.NEEDS_PERSON if needs_person else ExitCode.DONE)
    if error is not None:
        code = exit_code_for(error)
    lines = _describe(document, error, is_quiet=options.quiet)
    return emit(document, lines, as_json=options.json, exit_code=code)


async def _choose_sources(services: WorkspaceServices, name: str | None) -> Sequence[EventSource]:
    if name is not None:
        return [await services.event_sources.get(name)]
    return await services.event_sources.list_sources()


async def _may_go_unattended(services: WorkspaceServices, source: EventSource) -> bool:
    """Whether what comes in now may be delivered by itself, as far as whoever feeds it goes.

    Raises NotPermitted where somebody who may deliver nothing feeds what is delivered by itself.
    While nobody can say who is at work what comes in is kept for a person to deliver.
    """
    if not is_switched(source):
        return False
    right = EventIntakePermission(services)
    if await right.ask(for_runs=True) is None:
        services.syncs.require_permission()
    return right.is_given


async def _take_stream(
    services: WorkspaceServices,
    source: EventSource,
    file: str,
    is_attended: bool,
) -> dict[str, Any]:
    file_name = "" if file == "-" else Path(file).name
    now = services.context.clock.now()
    with open_event_source(file) as stream:
        intake = await services.store.event_sources.add_intake(source.id, file_name, now)
        counts = await store_stream(services.store, intake, stream, now, is_attended=is_attended)
    left = counts.stored if is_attended and is_switched(source) else 0
    return {
        "source": intake,
        "lines": counts.lines,
        "stored": counts.stored,
        "left_to_people": left,
    }


async def _collect_folders(
    services: WorkspaceServices, sources: Sequence[EventSource], settle_s: float
) -> list[FolderResult]:
    """Take whole files in; where some have just come, look once more when they are settled."""
    folders = [one for one in sources if one.kind is EventSourceKind.FOLDER]
    collector = FolderCollector(services.store, services.context.clock, settle_s)
    results = [await collector.collect(one) for one in folders]
    if any(one.unsettled for one in results):
        await services.context.clock.sleep(settle_s)
        for place, before in enumerate(results):
            if before.unsettled:
                again = await collector.collect(before.source)
                results[place] = FolderResult(
                    before.source,
                    (*before.taken, *again.taken),
                    (*before.failed, *again.failed),
                    again.unsettled,
                    again.trouble,
                )
    return results


async def _deliver(services: WorkspaceServices) -> tuple[dict[str, Any], AppError | None]:
    """Deliver what may go by itself; returns what was refused, and what kept it from going."""
    sources = await services.event_sources.list_sources()
    if not any(one.is_unattended and one.waiting for one in sources):
        return {}, None
    if reason := why_events_stay(services.session.values):
        return {"events": 0, "refused": {"Zendesk": reason}, "at_limit": []}, None
    try:
        if not services.session.is_connected:
            await services.session.connect(for_runs=True)
        if (lost := services.session.connection_error) is not None:
            raise lost
        services.syncs.require_permission()
        # Read anew: only now are the keys here that prove a switch.
        sources = await services.event_sources.list_sources()
        before = {one.name: one.waiting for one in sources if one.is_unattended}
        refusals = await EventSourcePermissions(services).find_refusals()
        directory = await open_live_directory(services)
        await (await build_deliverer(services, directory, is_unattended=True)).deliver()
    except AppError as error:
        return {}, error
    after = {one.name: one for one in await services.event_sources.list_sources()}
    distrusted = {one.name: one.distrust for one in sources if one.distrust}
    refused = {one.name: refusals[one.id] for one in sources if refusals.get(one.id)}
    return {
        "events": sum(before[name] - after[name].waiting for name in before if name in after),
        "refused": {**distrusted, **refused},
        "at_limit": [
            name
            for name, one in after.items()
            if one.is_unattended and one.waiting and not one.left_this_hour
        ],
    }, None


def _folder_as_json(result: FolderResult) -> dict[str, Any]:
    return {
        "source": result.source.name,
        "folder": result.source.folder,
        "taken": [
            {"file": one.name, "lines": one.lines, "stored": one.stored} for one in result.taken
        ],
        "failed": [{"file": one.name, "reason": one.reason} for one in result.failed],
        "unsettled": [one.name for one in result.unsettled],
        "trouble": result.trouble,
    }


def _describe(document: dict[str, Any], error: AppError | None, *, is_quiet: bool) -> Iterator[str]:
    if "lines" in document:
        lines = format_count(document["lines"], "line", "lines")
        yield f"{lines} read, {document['stored']:,} stored."
        if document["left_to_people"]:
            yield "Who sent them is not certain: they wait until somebody delivers them."
    for folder in document["folders"]:
        yield from _describe_folder(folder, is_quiet=is_quiet)
    delivered = document["delivered"]
    if delivered:
        yield f"{format_count(delivered['events'], 'event', 'events')} delivered by themselves."
        for name, reason in delivered["refused"].items():
            yield f"  {name}: {reason}"
        for name in delivered["at_limit"]:
            yield f"  {name}: its limit of this hour is reached; the rest waits."
    for name, count in document["waiting"].items():
        yield f"{name}: {format_count(count, 'event waits', 'events wait')}."
    for name, count in document["to_correct"].items():
        yield f"{name}: {format_count(count, 'event needs', 'events need')} a person."
    if error is not None:
        yield str(error)


def _describe_folder(folder: dict[str, Any], *, is_quiet: bool) -> Iterator[str]:
    taken = format_count(len(folder["taken"]), "file", "files")
    yield f"{folder['source']}: {taken} taken in."
    for one in () if is_quiet else folder["taken"]:
        yield f"  {one['file']}: {one['lines']:,} lines, {one['stored']:,} stored"
    for one in folder["failed"]:
        yield f"  {one['file']}: {one['reason']}"
    if folder["unsettled"]:
        count = format_count(len(folder["unsettled"]), "file is", "files are")
        yield f"  {count} still being written, or just came."
    if folder["trouble"]:
        yield f"  {folder['trouble']}"


COMMANDS = {"collect": CliCommand(_add_arguments, _collect)}

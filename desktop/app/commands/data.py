"""`fairlead data`: what is kept of customers here, its reading, its retention, its erasure."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.data_activity import add_activity_arguments, run_activity
from desktop.app.commands.data_fields import run_fields
from desktop.app.commands.data_retention import run_purge, run_retention
from desktop.app.commands.data_sources import run_source, run_sources
from desktop.app.commands.json_lines_printer import JsonLinesPrinter
from desktop.app.commands.open_workspace import (
    find_workspace,
    in_workspace,
    open_workspace,
    require_set_up,
)
from desktop.app.commands.view_permission import require_admin
from desktop.app.container import WorkspaceServices
from desktop.audience.data_service import ALL_SOURCES, DataStatus
from desktop.audience.data_workspace_lock import hold_data_workspace_lock
from desktop.connect.local_data_service import LocalDataService, RunUnderWay
from desktop.connect.stored_data_inventory import describe_kept_data
from desktop.customer.erasure_report import count_words
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError
from desktop.kit.text import format_count, format_duration
from desktop.model.json_value import Json
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query
from desktop.model.sailthru_naming_rules import find_list_name
from desktop.settings import settings_table
from desktop.store.customer_erasure import ErasedCounts
from desktop.store.data_source_repository import ReadingState
from desktop.store.data_workspace_store import DATA_FILE

_ACTIONS = (
    "status", "on", "off", "refresh", "retention", "purge", "activity", "sources", "source",
    "fields", "erase",
)  # fmt: skip


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=_ACTIONS,
        help="say what is kept; keep everybody's data here, or no more; read it; say how long"
        " activity is kept; drop what is older; list what customers did; list the data"
        " sources, or show or leave one; list every field with its coverage; erase it (copies of"
        " customers you opened: anybody's; everybody's data: an admin's alone, else it stays, and"
        " the exit code is 3)",
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="WORD",
        help="with “retention”: TYPE=DAYS to say what a change does; of tickets, texts, ratings;"
        " with “fields” and “sources”: words to search by; with “source”: which one (support,"
        " sailthru, events, sell), and what to do: rename NAME, disconnect, archive, delete,"
        " connect, erase",
    )
    parser.add_argument(
        "--confirm",
        metavar="ROWS",
        help="with “retention”: make the change that drops so many rows; with “source … erase”:"
        " erase so many records",
    )
    parser.add_argument(
        "--customer",
        metavar="WHO",
        help="erase one customer alone, also from the record of changes and the sync history; with"
        " “activity”: what they did alone",
    )
    add_activity_arguments(parser)
    parser.add_argument(
        "--list",
        metavar="NAME",
        action="append",
        dest="lists",
        help="with “on”: a Sailthru list to read too; several times for several",
    )
    parser.add_argument(
        "--only",
        metavar="WHAT",
        action="append",
        choices=ALL_SOURCES,
        help=f"with “refresh”: only one of {', '.join(ALL_SOURCES)}",
    )
    parser.add_argument(
        "--full", action="store_true", help="with “refresh”: read everything from the beginning"
    )
    parser.add_argument(
        "--progress",
        choices=["jsonl"],
        help="with “refresh” and “purge”: print each page, or piece, as a JSON line",
    )


async def _erase_kept(
    context: AppContext, options: argparse.Namespace, local: LocalDataService, people: int
) -> bool:
    """Erase what is kept here; returns whether everybody's data stayed, for want of an admin."""
    if await local.has_everybody():
        # Only what Zendesk says now makes somebody an admin; away, the person's own copies go.
        async with open_workspace(context, options.workspace, connect=False) as services:
            session, failure = services.session, None
            try:
                require_set_up(services)
                await session.connect()
                failure = session.connection_error
            except AppError as error:
                failure = error
            may_erase = failure is None and await services.data.note_erasure(people)
            try:
                await local.erase_kept(may_stop_runs=False, with_everybody=may_erase)
            except RunUnderWay:
                if failure is None:
                    services.syncs.require_configuration_permission()
                await local.erase_kept(with_everybody=may_erase)
        return not may_erase
    try:
        await local.erase_kept(may_stop_runs=False)
    except RunUnderWay:
        # Asked of Zendesk only now: copies alone are erased without a connection.
        async with open_workspace(context, options.workspace) as services:
            if services.session.connection_error is None:
                services.syncs.require_configuration_permission()
        await local.erase_kept()
    return False


async def _work_on_kept_data(context: AppContext, options: argparse.Namespace) -> int:
    if options.action == "erase" and options.customer:
        return await _erase_customer(context, options)
    if options.action in ("on", "off"):
        return await _switch(context, options)
    if options.action in _ACTS:
        return await _ACTS[options.action](context, options)
    local = LocalDataService(find_workspace(context, options.workspace))
    kept = await local.summarize_kept()
    everybody_stays = False
    if options.action == "erase":
        everybody_stays = await _erase_kept(context, options, local, kept.people)
        erased = replace(kept, people=0) if everybody_stays else kept
        line = f"Erased from this computer: {describe_kept_data(erased)}."
    else:
        since = f", last read {iso_timestamp(kept.read_at)}" if kept.read_at else ""
        line = f"Kept on this computer: {describe_kept_data(kept)}{since}."
    document: dict[str, Json] = {}
    lines: list[str] = []
    if options.action == "erase":
        document = {"people": erased.people, "everybody_stays": everybody_stays}
        if everybody_stays:
            people = format_count(kept.people, "person", "people")
            lines = [f"Everybody's data ({people}) stays: only an admin may erase it."]
    else:
        document, lines = await _describe_everybody(context, options)
    return emit(
        {
            "customers": kept.customers,
            "records": kept.records,
            "events": kept.events,
            "read_at": kept.read_at,
            "erased": options.action == "erase",
            **document,
        },
        [line, *lines],
        as_json=options.json,
        exit_code=ExitCode.NEEDS_PERSON if everybody_stays else ExitCode.DONE,
    )


async def _spell_lists(
    services: WorkspaceServices, typed: Sequence[str] | None
) -> Sequence[str] | None:
    """Return typed names of lists as Sailthru spells them; one that it has not stays as typed."""
    sailthru = services.session.clients.sailthru
    if not typed or sailthru is None:
        return typed
    known = [one.name for one in await sailthru.list_lists()]
    return [find_list_name(name, known) or name for name in typed]


# Signed in: only what Zendesk says now makes somebody an admin.
@in_workspace()
async def _switch(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_admin(services, "decide what this computer keeps of everybody")
    session = services.session
    if options.action == "off":
        kept = session.values.get(settings_table.DATA_LISTS)
        was_on = session.values.get(settings_table.KEEP_EVERYTHING)
        await services.data.note_switch(was_on=was_on, is_on=False, lists=kept)
        session.change_settings({settings_table.KEEP_EVERYTHING.key: False})
        return emit(
            {"on": False, "lists": list(kept)},
            [
                "This computer reads everybody's data no more. What is kept stays until you erase"
                " it with `fairlead data erase`."
            ],
            as_json=options.json,
        )
    await services.keep_everybody(await _spell_lists(services, options.lists))
    lists = session.values.get(settings_table.DATA_LISTS)
    estimate = await services.data.estimate()
    return emit(
        {
            "on": True,
            "lists": list(lists),
            "estimate": {
                "users": estimate.users,
                "tickets": estimate.tickets,
                "organizations": estimate.organizations,
                "hours": None if estimate.hours is None else round(estimate.hours, 2),
            },
        },
        [
            "This computer keeps everybody's data from now on.",
            estimate.text,
            "`fairlead data refresh` begins; it goes on where it was cut short.",
        ],
        as_json=options.json,
    )


@in_workspace(for_runs=True)
async def _refresh(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if services.session.connection_error is not None:
        raise services.session.connection_error
    services.data.require_on()
    report = partial(_print_page, JsonLinesPrinter()) if options.progress else lambda _state: None
    async with hold_data_workspace_lock(services.workspace.lock_path("data")):
        states = await services.data.refresh(
            tuple(options.only or ALL_SOURCES), is_full=options.full, on_page=report
        )
        await services.reports.note_looked_up()
    # On a server no window does it.
    await services.retention.purge()
    refused = [state for state in states if state.refused]
    document, lines = await _status_of(services)
    return emit(
        document,
        lines,
        as_json=options.json,
        exit_code=ExitCode.NEEDS_PERSON if refused else ExitCode.DONE,
    )


def _print_page(printer: JsonLinesPrinter, state: ReadingState) -> None:
    printer.print_line({"source": state.name, "rows": state.rows_read, "expected": state.expected})


async def _describe_everybody(
    context: AppContext, options: argparse.Namespace
) -> tuple[dict[str, Json], list[str]]:
    """Describe what is kept of everybody, without a connection."""
    async with open_workspace(context, options.workspace, connect=False) as services:
        return await _status_of(services)


async def _status_of(services: WorkspaceServices) -> tuple[dict[str, Json], list[str]]:
    is_on, now = services.current_settings.keeps_everybody(), services.context.clock.now()
    document: dict[str, Json] = {"everybody": {"on": is_on}}
    if not (services.workspace.folder / DATA_FILE).exists():
        off = "This computer does not keep everybody's data (`fairlead data on`)."
        on = "Everybody's data was never read (`fairlead data refresh`)."
        return document, [on if is_on else off]
    status = await services.data.status()
    per_person = status.bytes / status.people if status.people else None
    document["everybody"] = {
        "on": is_on,
        "people": status.people,
        "archived": status.archived,
        "tickets": status.tickets,
        "bytes": status.bytes,
        "bytes_per_person": None if per_person is None else round(per_person),
        "comments_due": status.comments_due,
        "sources": [
            _source_document(state, now) | _use_document(status, state) for state in status.sources
        ],
    }
    archived = f" ({status.archived:,} archived)" if status.archived else ""
    lines = [
        "" if is_on else "This computer reads everybody's data no more.",
        f"{format_count(status.people, 'person', 'people')}{archived},"
        f" {format_count(status.tickets, 'ticket', 'tickets')},"
        f" {status.bytes / 1e6:,.1f} MB.",
        *(
            f"  {_source_line(state, now)}"
            + (f"; {text}" if (text := status.use_text(state.list_name or "")) else "")
            for state in status.sources
        ),
        f"  comments: of {format_count(status.comments_due, 'ticket', 'tickets')} still to be read"
        if status.comments_due
        else "",
    ]
    return document, [line for line in lines if line]


def _source_document(state: ReadingState, now: float) -> dict[str, Json]:
    return {
        "name": state.name,
        "rows": state.rows_read,
        "expected": state.expected,
        "complete": state.is_complete,
        "read_at": state.ended_at,
        "age_s": None if state.ended_at is None else round(now - state.ended_at),
        "page_at": state.page_at,
        "refused": state.refused or None,
    }


def _use_document(status: DataStatus, state: ReadingState) -> dict[str, Json]:
    name = state.list_name
    return {"used_by": list(status.list_uses.get(name, ()))} if name is not None else {}


def _source_line(state: ReadingState, now: float) -> str:
    if state.refused:
        return f"{state.name}: {state.refused}"
    of_all = f" of about {state.expected:,}" if state.expected and not state.is_complete else ""
    if not state.is_complete:
        return f"{state.name}: {state.rows_read:,}{of_all} read so far"
    age = format_duration(max(now - (state.whole_from or now), 0.0))
    return f"{state.name}: as of {age} ago, {state.rows_read:,} in the last reading"


# Signed in: what the record of changes says of somebody is erased by an admin alone.
@in_workspace()
async def _erase_customer(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_admin(services, "erase a customer, also from the record of changes")
    query = parse_lookup_query(options.customer)
    await services.lookup.require_own_link(query)
    sheet = services.lookup.cached_sheet(query)
    if sheet.matches:
        lines = ["Several customers match; nothing was erased:"]
        lines += [f"  {match.query:<14} {match.title}  {match.subtitle}" for match in sheet.matches]
        matches = [{"query": m.query, "name": m.title} for m in sheet.matches]
        return emit(
            {"matches": matches}, lines, as_json=options.json, exit_code=ExitCode.NEEDS_PERSON
        )
    is_id = query.kind in (LookupQueryKind.SID, LookupQueryKind.ZENDESK_ID)
    local = LocalDataService(services.workspace)
    erased = await local.erase_customer(
        (*sheet.target_ids, *((query.value,) if is_id else ())),
        services.session.actor.signature,
        services.context.clock.now(),
        services.store.audit.signer,
    )
    document: dict[str, Any] = {"erased": not erased.is_nothing, **msgspec.to_builtins(erased)}
    return emit(document, _erased_lines(erased), as_json=options.json)


def _erased_lines(erased: ErasedCounts) -> Iterator[str]:
    parts = count_words(erased.erased_rows, "This computer")
    yield f"Erased from this computer: {', '.join(parts)}." if parts else "Nothing was kept."
    if parts:
        yield "Zendesk and Sailthru keep the customer; a backup of this computer may too."
    if erased.waiting_edits:
        waiting = format_count(erased.waiting_edits, "change", "changes")
        yield f"{waiting} still to be sent: erase once more when it has ended."
    if erased.standing_pauses:
        yield "Their marketing is paused, and the pause ends by itself: erase once more then."
    if erased.waiting_rows:
        rows = format_count(erased.waiting_rows, "row", "rows")
        yield f"{rows} of a run under way: erase once more when it has ended."


_ACTS = {
    "refresh": _refresh,
    "retention": run_retention,
    "purge": run_purge,
    "activity": run_activity,
    "sources": run_sources,
    "source": run_source,
    "fields": run_fields,
}
COMMANDS = {"data": CliCommand(_add_arguments, _work_on_kept_data)}

"""`fairlead data`: what is kept of customers on this computer, and its erasure."""

import argparse
from collections.abc import Iterator
from typing import Any

import msgspec

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import find_workspace, in_workspace, open_workspace
from desktop.app.commands.view_permission import require_admin
from desktop.app.container import WorkspaceServices
from desktop.connect.local_databases import LocalDatabases, RunUnderWay
from desktop.connect.stored_data_inventory import describe_kept_data
from desktop.customer.erasure_report import count_words
from desktop.kit.clock import iso_timestamp
from desktop.kit.text import format_count
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query
from desktop.store.customer_erasure import ErasedCounts


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["status", "erase"], help="say what is kept, or erase it")
    parser.add_argument(
        "--customer",
        metavar="WHO",
        help="erase one customer alone, also from the record of changes and the sync history",
    )


async def _erase_kept(
    context: AppContext, options: argparse.Namespace, local: LocalDatabases
) -> None:
    try:
        await local.erase_kept(may_stop_runs=False)
    except RunUnderWay:
        # Asked of Zendesk only now: copies alone are erased without a connection.
        async with open_workspace(context, options.workspace) as services:
            if services.session.connection_error is None:
                services.syncs.require_configuration_permission()
        await local.erase_kept()


async def _work_on_kept_data(context: AppContext, options: argparse.Namespace) -> int:
    if options.action == "erase" and options.customer:
        return await _erase_customer(context, options)
    local = LocalDatabases(find_workspace(context, options.workspace))
    kept = await local.summarize_kept()
    if options.action == "erase":
        await _erase_kept(context, options, local)
        line = f"Erased from this computer: {describe_kept_data(kept)}."
    else:
        since = f", last read {iso_timestamp(kept.read_at)}" if kept.read_at else ""
        line = f"Kept on this computer: {describe_kept_data(kept)}{since}."
    return emit(
        {
            "customers": kept.customers,
            "records": kept.records,
            "events": kept.events,
            "read_at": kept.read_at,
            "erased": options.action == "erase",
        },
        [line],
        as_json=options.json,
    )


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
    local = LocalDatabases(services.workspace)
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


COMMANDS = {"data": CliCommand(_add_arguments, _work_on_kept_data)}

"""`fairlead pause WHO`: hold marketing back while a ticket is open; end and list pauses."""

import argparse
from collections.abc import Mapping
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import parse_ticket_number, require_one_customer
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.customer.customer_lookup import relevant_ticket
from desktop.customer.edit_factory import EditFactory
from desktop.kit.errors import InvalidInput
from desktop.model.edit import EditKind
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.marketing_pause import DEFAULT_PAUSE_DAYS, pause_until


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", nargs="?", help="e-mail, #ticket, id or anything that names one")
    parser.add_argument(
        "--days", type=int, default=DEFAULT_PAUSE_DAYS, help="at most; 14 unless said"
    )
    parser.add_argument("--ticket", metavar="N", help="the ticket it belongs to")
    parser.add_argument("--end", action="store_true", help="end the pause of WHO now")
    parser.add_argument("--list", action="store_true", help="list the pauses made here that go on")
    parser.add_argument("--release", action="store_true", help="end the pauses that are over")


async def _pause(context: AppContext, options: argparse.Namespace) -> int:
    if options.list and options.release:
        raise InvalidInput("Say either --list or --release.", "Nothing was changed.")
    if options.list or options.release:
        async with open_workspace(context, options.workspace) as services:
            await require_view_permission(services)
            return await (_release if options.release else _list_pauses)(services, options)
    if not options.who:
        raise InvalidInput("Say whose marketing to pause, or --list or --release.")
    query = parse_lookup_query(options.who)
    async with open_workspace(context, options.workspace, connect=False) as services:
        sheet = await look_up_during_sign_in(services, query, signs_audit=True)
        require_one_customer(sheet, options.who)
        opened = relevant_ticket(sheet)
        ticket = parse_ticket_number(options.ticket) if options.ticket else None
        factory = EditFactory(
            sheet,
            services.session.account_names(),
            ticket=ticket or (opened.id if opened is not None else None),
        )
        until = pause_until(context.clock.now(), options.days)
        request = factory.end_pause() if options.end else factory.pause(until)
        edits = await services.editor.submit([request], wait_for_undo=False)
        closed = await deliver_and_wait(services, edits)
    return emit_edits(closed, as_json=options.json)


async def _list_pauses(services: WorkspaceServices, options: argparse.Namespace) -> int:
    pauses = await services.pauses.list_active()
    rows: list[dict[str, Any]] = [
        {
            "edit": pause.edit.id,
            "customer": pause.edit.request.target.label,
            "until": pause.terms.until.isoformat(),
            "actor": pause.edit.actor,
            "overdue": pause.is_overdue,
            "end": pause.end.as_json() if pause.end is not None else None,
        }
        for pause in pauses
    ]
    lines = [_pause_line(row) for row in rows]
    return emit({"pauses": rows}, lines, as_json=options.json, exit_code=ExitCode.DONE)


def _pause_line(row: Mapping[str, Any]) -> str:
    overdue = "  OVERDUE" if row["overdue"] else ""
    end = f"  its end is {row['end']['state']}: {row['end']['detail']}" if row["end"] else ""
    return f"{row['customer']}  until {row['until']}  by {row['actor']}{overdue}{end}"


async def _release(services: WorkspaceServices, options: argparse.Namespace) -> int:
    made = await services.pauses.queue_due()
    # What an earlier release could not send, as while changes were off, is tried again.
    earlier = [
        edit
        for edit in await services.store.outbox.list_recent(-1, open_only=True)
        if edit.request.kind is EditKind.PAUSE and edit.request.undoes is not None
    ]
    edits = {edit.id: edit for edit in (*made, *earlier)}
    closed = await deliver_and_wait(services, tuple(edits.values()))
    return emit_edits(closed, as_json=options.json)


COMMANDS = {"pause": CliCommand(_add_arguments, _pause)}

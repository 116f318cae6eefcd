"""`fairlead edit WHO …`: change fields of one customer, send them now, and print each result."""

import argparse
import json

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.edit_email import (
    add_email_arguments,
    change_email,
    require_email_given,
)
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.team_lead_request_output import emit_lead_requests
from desktop.app.container import WorkspaceServices
from desktop.customer.customer_lookup import relevant_ticket
from desktop.customer.edit_factory import EditFactory
from desktop.customer.edit_service import has_effect
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model import sheet_overlay
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import Edit, EditRequest
from desktop.model.json_value import Json
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", help="e-mail, #ticket, id or anything that names one customer")
    parser.add_argument("--optout", choices=["none", "basic", "all"])
    parser.add_argument("--list", action="append", default=[], metavar="NAME=on|off")
    parser.add_argument("--health", help="neutral, happy or frustrated; none takes it away")
    parser.add_argument("--sync-to-sailthru", choices=["on", "off"])
    parser.add_argument("--sync-to-zendesk", choices=["on", "off"])
    parser.add_argument("--high-value", choices=["on", "off"], help="the tag in Zendesk")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--create", action="store_true", help="make the missing profile")
    add_email_arguments(parser)
    parser.add_argument("--reason", required=True)
    parser.add_argument("--ticket", metavar="N", help="the ticket it belongs to")
    parser.add_argument("--dry-run", action="store_true", help="show, change nothing")
    parser.add_argument("--ask", action="store_true", help="ask somebody with the right to do it")
    parser.add_argument(
        "--ask-note", action="store_true", help="with --ask: also as an internal note on the ticket"
    )


async def _edit_customer(context: AppContext, options: argparse.Namespace) -> int:
    require_email_given(options)
    _require_askable_options(options)
    query = parse_lookup_query(options.who)
    ticket = parse_ticket_number(options.ticket) if options.ticket is not None else None
    async with open_workspace(context, options.workspace, connect=False) as services:
        sheet = await look_up_during_sign_in(services, query, signs_audit=True)
        require_one_customer(sheet, options.who, creates=options.create)
        if options.email is not None:
            return await change_email(services, sheet, options, _ticket_of(sheet, ticket))
        names = [entry.rpartition("=")[0] for entry in options.list]
        sheet = await services.lookup.reread_lists(sheet, names)
        requests = _requested_edits(services, sheet, options, ticket)
        if not requests:
            raise InvalidInput(
                "There is nothing to change.", "", "Say what: --optout, --list, --health, --var …"
            )
        if options.ask:
            return await _ask_lead(services, sheet, requests, options)
        for request in requests:
            services.editor.require_allowed(request)
        if options.dry_run:
            unsent = [_unsent_edit_json(request) for request in requests]
            return emit_edits((), unsent=unsent, as_json=options.json, is_dry_run=True)
        # While another edit waits, wanting what stands there now means to take that one back.
        wanted = [
            request
            for request in requests
            if has_effect(request)
            or sheet_overlay.pending_edit(sheet, request.kind, request.name) is not None
        ]
        unsent = [
            _unsent_edit_json(request, "done", "It was so already.")
            for request in requests
            if request not in wanted
        ]
        # A command never waits for the ten seconds in which a window offers Undo.
        edits = await services.editor.submit(wanted, wait_for_undo=False)
        closed = await deliver_and_wait(services, edits)
    return emit_edits(closed, unsent=unsent, as_json=options.json)


def _require_askable_options(options: argparse.Namespace) -> None:
    if options.ask_note and not options.ask:
        raise InvalidInput("--ask-note belongs to --ask.", "Nothing was changed.")
    if options.ask and options.email is not None:
        raise InvalidInput("A lead can't be asked for a change of address.", "Nothing was asked.")
    if options.ask and options.dry_run:
        raise InvalidInput("Say either --ask or --dry-run.", "Nothing was asked.")


async def _ask_lead(
    services: WorkspaceServices,
    sheet: CustomerSheet,
    requests: list[EditRequest],
    options: argparse.Namespace,
) -> int:
    """Leave a request for each edit that is refused to who runs `fairlead edit --ask`."""
    for request in requests:
        services.team_lead_requests.require_may_ask(request)
    notes: list[Edit] = []
    for request in requests:
        notes += await services.team_lead_requests.ask(sheet, request, adds_note=options.ask_note)
    if notes:
        await deliver_and_wait(services, notes)
    targets = [request.target.id for request in requests]
    asked = await services.store.team_lead_requests.list_open(targets)
    return emit_lead_requests(asked, as_json=options.json)


def require_one_customer(sheet: CustomerSheet, who: str, *, creates: bool = False) -> None:
    """Raise UserDecisionNeeded unless `fairlead edit WHO` found one, or why it was not read."""
    if sheet.matches:
        raise UserDecisionNeeded(
            f"Several customers match “{who}”.",
            ", ".join(f"{m.title} ({m.query})" for m in sheet.matches[:10]),
            "Name one of them by e-mail address or id.",
        )
    if sheet.is_found or (creates and sheet.profile.state is SheetPartState.ABSENT):
        return
    for part in (sheet.user, sheet.profile):
        if part.state is SheetPartState.FAILED and part.error is not None:
            raise part.error
    raise UserDecisionNeeded(
        f"Nobody found for “{who}”.",
        "Nothing was changed.",
        "Check the spelling; `fairlead lookup` shows what is known.",
    )


def _ticket_of(sheet: CustomerSheet, given: int | None) -> int | None:
    """Return `fairlead edit`'s `--ticket`, else the ticket by which the customer was found."""
    opened = relevant_ticket(sheet) if sheet.ticket is not None else None
    return given if given is not None else (opened.id if opened else None)


def _requested_edits(
    services: WorkspaceServices,
    sheet: CustomerSheet,
    options: argparse.Namespace,
    ticket: int | None,
) -> list[EditRequest]:
    edits = EditFactory(
        sheet,
        services.session.account_names(),
        reason=options.reason,
        ticket=_ticket_of(sheet, ticket),
    )
    requests = []
    if options.create:
        requests.append(edits.create(sheet.address or sheet.query.value))
    if options.optout:
        requests.append(edits.optout(OptOutLevel(options.optout)))
    for entry in options.list:
        # List names may hold `=` themselves: the last one splits.
        name, equals, state = entry.rpartition("=")
        if not equals or state not in ("on", "off"):
            raise InvalidInput(f"--list {entry}: say NAME=on or NAME=off.")
        requests.append(edits.list_membership(name, member=state == "on"))
    if options.health:
        requests.append(edits.health(parse_health(options.health)))
    if options.sync_to_sailthru:
        requests.append(edits.sync_checkbox(on=options.sync_to_sailthru == "on"))
    if options.sync_to_zendesk:
        requests.append(edits.sync_mark(on=options.sync_to_zendesk == "on"))
    if options.high_value:
        requests.append(edits.high_value_tag(on=options.high_value == "on"))
    for entry in options.var:
        # JSON texts hold `=` more often than names of vars: the first one splits.
        name, equals, value = entry.partition("=")
        if not equals:
            raise InvalidInput(f"--var {entry}: say NAME=JSON.")
        requests.append(edits.var(name, parse_json_value(name, value)))
    return requests


def parse_json_value(name: str, text: str) -> Json:
    """Parse the JSON of `--var NAME=JSON`. Raises InvalidInput."""
    try:
        value: Json = json.loads(text, parse_constant=_reject_json_constant)
    except (ValueError, RecursionError):
        raise InvalidInput(
            f"--var {name}: “{text[:60]}” is not JSON.",
            "",
            "Text needs quotes, e.g. --var 'city=\"Lisbon\"'.",
        ) from None
    return value


def _reject_json_constant(name: str) -> None:
    # Python's parser takes NaN and Infinity, which are no JSON and no service accepts.
    raise ValueError(name)


def parse_health(text: str) -> CustomerHealth | None:
    """Parse `--health`; “none” takes it away. Raises InvalidInput."""
    if text == "none":
        return None
    try:
        return CustomerHealth(text)
    except ValueError:
        raise InvalidInput(
            f"“{text[:40]}” is no health.", "", "Choose neutral, happy, frustrated or none."
        ) from None


def parse_ticket_number(text: str) -> int:
    """Parse `--ticket`: digits, with or without #. Raises InvalidInput."""
    digits = text.lstrip("#")
    # Zendesk's ids are 64-bit integers.
    if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 2**63:
        raise InvalidInput(f"“{text[:40]}” is not a ticket number.", "", "Use digits, e.g. 48213.")
    return int(digits)


def _unsent_edit_json(
    request: EditRequest, state: str = "queued", detail: str = ""
) -> dict[str, Json]:
    """Build the JSON row of `fairlead edit` for a change that was never in the outbox: no id."""
    target = request.target
    return {
        "id": None,
        "kind": request.kind.value,
        "service": target.service.value,
        "target": target.id,
        "customer": target.label,
        "name": request.name,
        "old": request.old,
        "new": request.new,
        "state": state,
        "detail": detail,
    }


COMMANDS = {"edit": CliCommand(_add_arguments, _edit_customer)}

"""`fairlead edit WHO …`: change what may be changed, now, and say how far it got."""

import argparse
import asyncio
import json

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, print_edits
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.container import WorkspaceServices
from desktop.customer.customer_lookup import relevant_ticket
from desktop.customer.edit_factory import EditFactory
from desktop.customer.edit_service import has_effect
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model import sheet_overlay
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import EditRequest
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
    parser.add_argument("--var", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--create", action="store_true", help="make the missing profile")
    parser.add_argument("--reason", required=True)
    parser.add_argument("--ticket", metavar="N", help="the ticket it belongs to")
    parser.add_argument("--dry-run", action="store_true", help="show, change nothing")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    return asyncio.run(_edit(context, options))


async def _edit(context: AppContext, options: argparse.Namespace) -> int:
    query = parse_lookup_query(options.who)
    ticket = _parse_ticket_number(options.ticket)
    async with open_workspace(context, options.workspace) as house:
        sheet = await house.lookup.look_up_query(query)
        if sheet.matches:
            raise UserDecisionNeeded(
                f"Several customers match “{options.who}”.",
                ", ".join(f"{m.title} ({m.query})" for m in sheet.matches[:10]),
                "Name one of them by e-mail address or id.",
            )
        if not sheet.is_found and not (
            options.create and sheet.profile.state is SheetPartState.ABSENT
        ):
            _raise_read_error(sheet)
            raise UserDecisionNeeded(
                f"Nobody found for “{options.who}”.",
                "Nothing was changed.",
                "Check the spelling; `fairlead lookup` shows what is known.",
            )
        intents = _requested_edits(house, sheet, options, ticket)
        if not intents:
            raise InvalidInput(
                "There is nothing to change.", "", "Say what: --optout, --list, --health, --var …"
            )
        for intent in intents:
            house.editor.require_allowed(intent)
        if options.dry_run:
            return print_edits(
                [_unsent_edit_json(i) for i in intents], as_json=options.json, dry_run=True
            )
        # While another change waits, wanting what stands there now means to take that one back.
        wanted = [
            i
            for i in intents
            if has_effect(i) or sheet_overlay.pending_edit(sheet, i.kind, i.name) is not None
        ]
        same = [
            _unsent_edit_json(i, "done", "It was so already.") for i in intents if i not in wanted
        ]
        edits = await house.editor.submit(wanted, wait_for_undo=False)
        ended = await deliver_and_wait(house, edits)
        return print_edits([*same, *(e.as_json() for e in ended)], as_json=options.json)


def _requested_edits(
    services: WorkspaceServices,
    sheet: CustomerSheet,
    options: argparse.Namespace,
    ticket: int | None,
) -> list[EditRequest]:
    opened = relevant_ticket(sheet) if sheet.ticket is not None else None
    number = ticket if ticket is not None else (opened.id if opened else None)
    wishes = EditFactory(
        sheet, services.session.account_names(), reason=options.reason, ticket=number
    )
    intents = []
    if options.create:
        intents.append(wishes.create(sheet.address or sheet.query.value))
    if options.optout:
        intents.append(wishes.optout(OptOutLevel(options.optout)))
    for entry in options.list:
        # List names may hold `=` themselves: the last one splits.
        name, equals, state = entry.rpartition("=")
        if not equals or state not in ("on", "off"):
            raise InvalidInput(f"--list {entry}: say NAME=on or NAME=off.")
        intents.append(wishes.list_membership(name, member=state == "on"))
    if options.health:
        intents.append(wishes.health(_parse_health(options.health)))
    if options.sync_to_sailthru:
        intents.append(wishes.sync_checkbox(on=options.sync_to_sailthru == "on"))
    if options.sync_to_zendesk:
        intents.append(wishes.sync_mark(on=options.sync_to_zendesk == "on"))
    for entry in options.var:
        name, equals, value = entry.partition("=")
        if not equals:
            raise InvalidInput(f"--var {entry}: say NAME=JSON.")
        intents.append(wishes.var(name, _parse_json(name, value)))
    return intents


def _parse_json(name: str, text: str) -> Json:
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
    raise ValueError(name)


def _parse_health(text: str) -> CustomerHealth | None:
    if text == "none":
        return None
    try:
        return CustomerHealth(text)
    except ValueError:
        raise InvalidInput(
            f"“{text[:40]}” is no health.", "", "Choose neutral, happy, frustrated or none."
        ) from None


def _parse_ticket_number(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.lstrip("#")
    if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 2**63:
        raise InvalidInput(f"“{text[:40]}” is not a ticket number.", "", "Use digits, e.g. 48213.")
    return int(digits)


def _raise_read_error(sheet: CustomerSheet) -> None:
    for part in (sheet.user, sheet.profile):
        if part.state is SheetPartState.FAILED and part.error is not None:
            raise part.error


def _unsent_edit_json(
    intent: EditRequest, state: str = "queued", detail: str = ""
) -> dict[str, Json]:
    target = intent.target
    return {
        "id": None,
        "kind": intent.kind.value,
        "service": target.service.value,
        "target": target.id,
        "customer": target.label,
        "name": intent.name,
        "old": intent.old,
        "new": intent.new,
        "state": state,
        "detail": detail,
    }


COMMAND = CliCommand("edit", "change one customer", _add_arguments, _run)

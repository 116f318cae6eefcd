"""`fairlead note WHO --ticket N`: put an internal note for colleagues on a ticket."""

import argparse

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import parse_ticket_number, require_one_customer
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.container import WorkspaceServices
from desktop.customer.edit_factory import EditFactory
from desktop.customer.handover_note_text import compose_handover_note
from desktop.customer.text_template_values import build_text_template_values, fill_note_template
from desktop.kit.errors import InvalidInput
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.lookup_query import parse_lookup_query
from desktop.settings import settings_table
from desktop.settings.permission_rules import customer_value_source_from


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", help="e-mail, #ticket, id or anything that names one customer")
    parser.add_argument("--ticket", metavar="N", required=True, help="a ticket of theirs")
    parser.add_argument("--text", help="the note; without it, what was changed here and why")
    parser.add_argument("--template", metavar="TITLE", help="a prepared note, filled for WHO")


async def _add_note(context: AppContext, options: argparse.Namespace) -> int:
    if options.text is not None and options.template is not None:
        raise InvalidInput("Say either --text or --template.", "Nothing was sent.")
    query = parse_lookup_query(options.who)
    ticket = parse_ticket_number(options.ticket)
    async with open_workspace(context, options.workspace, connect=False) as services:
        sheet = await look_up_during_sign_in(services, query, signs_audit=True)
        require_one_customer(sheet, options.who)
        sheet = await services.lookup.with_ticket(sheet, ticket)
        text = options.text
        if text is None:
            text = await compose_handover_note(services.store, sheet, context.clock.now(), ticket)
            if options.template is None and not text:
                raise InvalidInput(
                    f"There is nothing to add to #{ticket}.",
                    "Nothing was changed here within 12 hours that it does not say already."
                    " Nothing was sent.",
                    "Say with --text what colleagues should know.",
                )
            if options.template is not None:
                text = _fill_template(services, sheet, options.template, ticket, text)
        factory = EditFactory(sheet, services.session.account_names(), ticket=ticket)
        edits = await services.editor.submit([factory.note(text)], wait_for_undo=False)
        closed = await deliver_and_wait(services, edits)
    return emit_edits(closed, as_json=options.json)


def _fill_template(
    services: WorkspaceServices, sheet: CustomerSheet, title: str, ticket: int, changes: str
) -> str:
    """Fill the prepared note of this title for `fairlead note`. Raises InvalidInput."""
    settings = services.session.values
    templates = settings.get(settings_table.NOTE_TEMPLATES)
    wanted = title.strip().casefold()
    chosen = next((each for each in templates if each.title.casefold() == wanted), None)
    if chosen is None:
        titles = ", ".join(f"“{each.title}”" for each in templates) or "none"
        raise InvalidInput(
            f"There is no note template “{title[:60]}”.",
            "Nothing was sent.",
            f"There are: {titles}.",
        )
    values = build_text_template_values(
        sheet,
        health_var=services.session.account_names().health_var,
        value_source=customer_value_source_from(settings),
        agent=services.session.actor.name,
        ticket=ticket,
        changes=changes,
    )
    return fill_note_template(chosen, values)


COMMANDS = {"note": CliCommand(_add_arguments, _add_note)}

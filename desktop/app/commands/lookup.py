"""`fairlead lookup QUERY`: one customer's sheet."""

import argparse
import asyncio

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.sheet_output import sheet_to_json, sheet_to_text_lines
from desktop.kit.errors import NotPermitted
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.permission import Permission, check_permission
from desktop.settings.permission_rules import customer_value_source_from


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help="e-mail, #ticket, ticket URL, phone, id, sid or name")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    return asyncio.run(_look_up(context, options))


async def _look_up(context: AppContext, options: argparse.Namespace) -> int:
    query = parse_lookup_query(options.query)
    async with open_workspace(context, options.workspace) as house:
        verdict = check_permission(Permission.VIEW, house.session.actor, house.session.rules)
        if not verdict.is_allowed:
            raise NotPermitted("Looking customers up is not allowed.", verdict.reason)
        sheet = await house.lookup.look_up_query(query)
        source = customer_value_source_from(house.session.values)
        document = sheet_to_json(sheet, house.session.account_names(), source, context.clock.now())
    if options.json:
        cli_output.print_json(document)
    else:
        for line in sheet_to_text_lines(document):
            print(line)
    return _exit_code(sheet)


def _exit_code(sheet: CustomerSheet) -> int:
    failed = [
        part.error
        for part in (sheet.user, sheet.profile, sheet.tickets)
        if part.state is SheetPartState.FAILED and part.error is not None
    ]
    if failed:
        return max(cli_output.exit_code_for(error) for error in failed)
    return cli_output.EXIT_NEEDS_PERSON if sheet.matches else cli_output.EXIT_DONE


COMMAND = CliCommand("lookup", "show one customer's sheet", _add_arguments, _run)

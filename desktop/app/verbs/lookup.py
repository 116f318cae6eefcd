"""`fairlead lookup QUERY`: one customer's sheet."""

import argparse
import asyncio

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.session import session
from desktop.app.verbs.sheet_json import sheet_json, sheet_text
from desktop.app.verbs.verb import Verb
from desktop.kit.errors import NotPermitted
from desktop.model.permission import Permission, check
from desktop.model.query import recognise
from desktop.model.sheet import PartState, Sheet
from desktop.settings.rules import value_source


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", help="e-mail, #ticket, ticket URL, phone, id, sid or name")


def _run(ground: Ground, options: argparse.Namespace) -> int:
    return asyncio.run(_look_up(ground, options))


async def _look_up(ground: Ground, options: argparse.Namespace) -> int:
    query = recognise(options.query)
    async with session(ground, options.workspace) as house:
        verdict = check(Permission.VIEW, house.live.actor, house.live.rules)
        if not verdict.allowed:
            raise NotPermitted("Looking customers up is not allowed.", verdict.reason)
        sheet = await house.lookup.look_up_query(query)
        source = value_source(house.live.values)
        document = sheet_json(sheet, house.live.names(), source, ground.clock.now())
    if options.json:
        output.print_json(document)
    else:
        for line in sheet_text(document):
            print(line)
    return _code(sheet)


def _code(sheet: Sheet) -> int:
    failed = [
        part.error
        for part in (sheet.person, sheet.profile, sheet.tickets)
        if part.state is PartState.FAILED and part.error is not None
    ]
    if failed:
        return max(output.exit_code(error) for error in failed)
    return output.PERSON if sheet.matches else output.DONE


VERB = Verb("lookup", "show one customer's sheet", _arguments, _run)

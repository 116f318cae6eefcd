"""`fairlead edit WHO …`: change what may be changed, now, and say how far it got."""

import argparse
import asyncio
import json

from desktop.app.ground import Ground
from desktop.app.session import session
from desktop.app.verbs.edits import finish, print_edits
from desktop.app.verbs.verb import Verb
from desktop.app.wiring import House
from desktop.customer.edit import changes_something
from desktop.customer.lookup import ticket_of
from desktop.customer.wish import Wishes
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model import overlay
from desktop.model.edit import Intent
from desktop.model.health import Health
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.query import recognise
from desktop.model.sheet import PartState, Sheet


def _arguments(parser: argparse.ArgumentParser) -> None:
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


def _run(ground: Ground, options: argparse.Namespace) -> int:
    return asyncio.run(_edit(ground, options))


async def _edit(ground: Ground, options: argparse.Namespace) -> int:
    query = recognise(options.who)
    ticket = _ticket(options.ticket)
    async with session(ground, options.workspace) as house:
        sheet = await house.lookup.look_up_query(query)
        if sheet.matches:
            raise NeedsPerson(
                f"Several customers match “{options.who}”.",
                ", ".join(f"{m.title} ({m.query})" for m in sheet.matches[:10]),
                "Name one of them by e-mail address or id.",
            )
        if not sheet.found and not (options.create and sheet.profile.state is PartState.ABSENT):
            _raise_if_away(sheet)
            raise NeedsPerson(
                f"Nobody found for “{options.who}”.",
                "Nothing was changed.",
                "Check the spelling; `fairlead lookup` shows what is known.",
            )
        intents = _intents(house, sheet, options, ticket)
        if not intents:
            raise BadInput(
                "There is nothing to change.", "", "Say what: --optout, --list, --health, --var …"
            )
        for intent in intents:
            house.editor.check(intent)
        if options.dry_run:
            return print_edits([_planned(i) for i in intents], as_json=options.json, dry_run=True)
        # While another change waits, wanting what stands there now means to take that one back.
        wanted = [
            i
            for i in intents
            if changes_something(i) or overlay.pending(sheet, i.kind, i.name) is not None
        ]
        same = [_planned(i, "done", "It was so already.") for i in intents if i not in wanted]
        edits = await house.editor.submit(wanted, wait_for_undo=False)
        ended = await finish(house, edits)
        return print_edits([*same, *(e.as_json() for e in ended)], as_json=options.json)


def _intents(
    house: House, sheet: Sheet, options: argparse.Namespace, ticket: int | None
) -> list[Intent]:
    opened = ticket_of(sheet) if sheet.ticket is not None else None
    number = ticket if ticket is not None else (opened.id if opened else None)
    wishes = Wishes(sheet, house.live.names(), reason=options.reason, ticket=number)
    intents = []
    if options.create:
        intents.append(wishes.create(sheet.address or sheet.query.value))
    if options.optout:
        intents.append(wishes.optout(OptOut(options.optout)))
    for entry in options.list:
        # List names may hold `=` themselves: the last one splits.
        name, equals, state = entry.rpartition("=")
        if not equals or state not in ("on", "off"):
            raise BadInput(f"--list {entry}: say NAME=on or NAME=off.")
        intents.append(wishes.list_member(name, member=state == "on"))
    if options.health:
        intents.append(wishes.health(_health(options.health)))
    if options.sync_to_sailthru:
        intents.append(wishes.box(on=options.sync_to_sailthru == "on"))
    if options.sync_to_zendesk:
        intents.append(wishes.mark(on=options.sync_to_zendesk == "on"))
    for entry in options.var:
        name, equals, value = entry.partition("=")
        if not equals:
            raise BadInput(f"--var {entry}: say NAME=JSON.")
        intents.append(wishes.var(name, _json(name, value)))
    return intents


def _json(name: str, text: str) -> Json:
    try:
        value: Json = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadInput(
            f"--var {name}: “{text[:60]}” is not JSON.",
            "",
            "Text needs quotes, e.g. --var 'city=\"Lisbon\"'.",
        ) from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _health(text: str) -> Health | None:
    if text == "none":
        return None
    try:
        return Health(text)
    except ValueError:
        raise BadInput(
            f"“{text[:40]}” is no health.", "", "Choose neutral, happy, frustrated or none."
        ) from None


def _ticket(text: str | None) -> int | None:
    if text is None:
        return None
    digits = text.lstrip("#")
    if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 2**63:
        raise BadInput(f"“{text[:40]}” is not a ticket number.", "", "Use digits, e.g. 48213.")
    return int(digits)


def _raise_if_away(sheet: Sheet) -> None:
    for part in (sheet.person, sheet.profile):
        if part.state is PartState.FAILED and part.error is not None:
            raise part.error


def _planned(intent: Intent, state: str = "queued", detail: str = "") -> dict[str, Json]:
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


VERB = Verb("edit", "change one customer", _arguments, _run)

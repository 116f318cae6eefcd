"""`fairlead audit`: who changed what, when and why; and whether the record is whole."""

import argparse
import asyncio

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.session import session
from desktop.app.verbs.verb import Verb
from desktop.kit.clock import iso
from desktop.model.query import recognise


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--customer", metavar="WHO", help="only this customer's")
    parser.add_argument("--verify", action="store_true", help="walk the chain of hashes")


def _run(ground: Ground, options: argparse.Namespace) -> int:
    return asyncio.run(_audit(ground, options))


async def _audit(ground: Ground, options: argparse.Namespace) -> int:
    async with session(ground, options.workspace, connect=False) as house:
        targets: tuple[str, ...] = ()
        if options.customer:
            sheet = house.lookup.kept(recognise(options.customer))
            profile, person = sheet.profile.value, sheet.person.value
            ids = [profile.sid] if profile else []
            ids += [str(person.id), *person.emails] if person else []
            targets = (*ids, options.customer.strip().lower())
        rows = house.store.audit.rows(targets=targets)
        verification = house.store.audit.verify() if options.verify else None
    whole = verification is None or verification.broken_at is None
    if options.json:
        document: dict[str, object] = {"rows": [row.as_json() for row in rows]}
        if verification is not None:
            document["verified"] = whole
            document["checked"] = verification.rows
            document["broken_at"] = verification.broken_at
        output.print_json(document)
        return output.DONE if whole else output.FAILED
    for row in rows:
        what = f"{row.kind} {row.name}".strip()
        print(
            f"{iso(row.at)}  {plain(row.actor)}  {plain(row.label)}  {plain(what)}"
            f"  {plain(row.old)} → {plain(row.new)}  {row.result}  {plain(row.reason)}"
        )
    if verification is not None:
        if whole:
            print(f"The record is whole: {verification.rows} rows.")
        else:
            print(f"The record was changed at row {verification.broken_at}.")
    return output.DONE if whole else output.FAILED


VERB = Verb("audit", "show or verify the record of changes", _arguments, _run)

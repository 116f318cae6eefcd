"""`fairlead audit`: who changed what, when and why; and whether the record is whole."""

import argparse
import asyncio

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import open_workspace
from desktop.kit.clock import iso_timestamp
from desktop.model.lookup_query import parse_lookup_query


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--customer", metavar="WHO", help="only this customer's")
    parser.add_argument("--verify", action="store_true", help="walk the chain of hashes")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    return asyncio.run(_audit(context, options))


async def _audit(context: AppContext, options: argparse.Namespace) -> int:
    async with open_workspace(context, options.workspace, connect=False) as house:
        targets: tuple[str, ...] = ()
        if options.customer:
            sheet = house.lookup.cached_sheet(parse_lookup_query(options.customer))
            profile, person = sheet.profile.value, sheet.user.value
            ids = [profile.sid] if profile else []
            ids += [str(person.id), *person.emails] if person else []
            targets = (*ids, options.customer.strip().lower())
        rows = house.store.audit.list_entries.blocking(targets=targets)
        verification = house.store.audit.verify_chain.blocking() if options.verify else None
    whole = verification is None or verification.first_broken_seq is None
    if options.json:
        document: dict[str, object] = {"rows": [row.as_json() for row in rows]}
        if verification is not None:
            document["verified"] = whole
            document["checked"] = verification.row_count
            document["broken_at"] = verification.first_broken_seq
        cli_output.print_json(document)
        return cli_output.EXIT_DONE if whole else cli_output.EXIT_FAILED
    for row in rows:
        what = f"{row.kind} {row.name}".strip()
        print(
            f"{iso_timestamp(row.at)}  {terminal_safe(row.actor)}  {terminal_safe(row.label)}  {terminal_safe(what)}"  # noqa: E501
            f"  {terminal_safe(row.old)} → {terminal_safe(row.new)}  {row.result}  {terminal_safe(row.reason)}"  # noqa: E501
        )
    if verification is not None:
        if whole:
            print(f"The record is whole: {verification.row_count} rows.")
        else:
            print(f"The record was changed at row {verification.first_broken_seq}.")
    return cli_output.EXIT_DONE if whole else cli_output.EXIT_FAILED


COMMAND = CliCommand("audit", "show or verify the record of changes", _add_arguments, _run)

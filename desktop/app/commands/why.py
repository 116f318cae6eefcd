"""`fairlead why WHO`: explain a customer's opt-out, with what cannot be known."""

import argparse
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import require_one_customer
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.mail_output import mail_lines, read_mail
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.customer.optout_explanation import OptOutCause, explain_optout
from desktop.kit.clock import iso_timestamp
from desktop.model.lookup_query import parse_lookup_query


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "who", type=parse_lookup_query, help="e-mail, #ticket, id or anything that names a customer"
    )


@in_workspace(connect=False)
async def _explain(services: WorkspaceServices, options: argparse.Namespace) -> int:
    sheet = await look_up_during_sign_in(services, options.who)
    require_one_customer(sheet, options.who.value)
    found = await explain_optout(services.store, sheet)
    trail = await read_mail(services, sheet)
    document: dict[str, Any] = {
        "level": found.level.value if found.level is not None else None,
        "answer": found.answer,
        "causes": [cause.as_json() for cause in found.causes],
        "unknown": list(found.unknown),
        "mail": trail.as_json() if trail is not None else None,
    }
    lines = [found.answer, *map(_cause_line, found.causes)]
    lines += [f"Not known: {sentence}" for sentence in found.unknown]
    lines += mail_lines(trail)
    return emit(document, lines, as_json=options.json, exit_code=ExitCode.DONE)


def _cause_line(cause: OptOutCause) -> str:
    at = iso_timestamp(cause.at) if cause.at is not None else "at an unknown time"
    who = f" by {cause.who}" if cause.who else ""
    return f"{at}  {cause.source}: {cause.what}{who}"


COMMANDS = {"why": CliCommand(_add_arguments, _explain)}

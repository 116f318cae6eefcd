"""`fairlead lookup QUERY`: print one customer's sheet, read from both services."""

import argparse

from desktop.app.cli_output import ExitCode, emit, exit_code_for
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.mail_output import mail_lines, read_mail
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sheet_output import sheet_to_json, sheet_to_text_lines
from desktop.app.container import WorkspaceServices
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.lookup_query import parse_lookup_query
from desktop.settings.permission_rules import customer_value_source_from


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    # Parsed with the arguments: a query that can mean nothing asks no service.
    parser.add_argument(
        "query",
        type=parse_lookup_query,
        help="e-mail, #ticket, ticket URL, phone, id, sid or name",
    )
    parser.add_argument(
        "--mail", action="store_true", help="ask Sailthru for the last e-mails as well"
    )


@in_workspace(connect=False)
async def _look_up(services: WorkspaceServices, options: argparse.Namespace) -> int:
    session = services.session
    sheet = await look_up_during_sign_in(services, options.query)
    source, now = customer_value_source_from(session.values), services.context.clock.now()
    document = sheet_to_json(sheet, session.account_names(), source, now)
    trail = await read_mail(services, sheet) if options.mail else None
    document["mail"] = trail.as_json() if trail is not None else None
    lines = [*sheet_to_text_lines(document), *mail_lines(trail)]
    difference = await services.address_watch.note_sheet(sheet)
    if difference is not None:
        document["address_difference"] = difference.as_json()
        profile = sheet.profile.value
        is_shown = profile is not None and profile.sid == difference.sid
        lines.append(
            f"Zendesk has the new address, Sailthru the old one: {difference.old}. To change it"
            f" there: fairlead edit {difference.old} --email {difference.new}"
            if is_shown
            else f"Sailthru has a profile at {difference.old} too, which may be theirs. What would"
            f" become of both: fairlead edit {difference.old} --email {difference.new} --dry-run;"
            f" to let it be: fairlead addresses --leave {difference.user_id}"
        )
    return emit(document, lines, as_json=options.json, exit_code=_sheet_exit_code(sheet))


def _sheet_exit_code(sheet: CustomerSheet) -> int:
    """Return the exit code of `fairlead lookup`: a part not read counts, even if cached."""
    failed = [
        part.error
        for part in (sheet.user, sheet.profile, sheet.tickets)
        if part.state is SheetPartState.FAILED and part.error is not None
    ]
    if failed:
        return max(exit_code_for(error) for error in failed)
    return ExitCode.NEEDS_PERSON if sheet.matches else ExitCode.DONE


COMMANDS = {"lookup": CliCommand(_add_arguments, _look_up)}

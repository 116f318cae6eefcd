"""`fairlead requests`: list what leads were asked for, and do, decline or withdraw one of it."""

import argparse

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.team_lead_request_output import emit_lead_requests
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="also those that are answered")
    what.add_argument("--do", metavar="ID", help="make the change, by your own right")
    what.add_argument("--decline", metavar="ID", help="end it without the change")
    what.add_argument("--withdraw", metavar="ID", help="take your own request back")
    parser.add_argument("--reason", default="", help="with --decline: why")


@in_workspace()
async def _answer_requests(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    if options.reason and options.decline is None:
        raise InvalidInput("--reason belongs to --decline.", "Nothing was changed.")
    if options.do is not None:
        # A command never waits for the ten seconds in which a window offers Undo.
        edits = await services.team_lead_requests.do(options.do, wait_for_undo=False)
        closed = await deliver_and_wait(services, edits)
        return emit_edits(closed, as_json=options.json)
    if options.decline is not None:
        ended = await services.team_lead_requests.decline(options.decline, options.reason)
        return emit_lead_requests((ended,), as_json=options.json)
    if options.withdraw is not None:
        ended = await services.team_lead_requests.withdraw(options.withdraw)
        return emit_lead_requests((ended,), as_json=options.json)
    requests = services.store.team_lead_requests
    found = await (requests.list_recent() if options.all else requests.list_open())
    return emit_lead_requests(found, as_json=options.json)


COMMANDS = {"requests": CliCommand(_add_arguments, _answer_requests)}

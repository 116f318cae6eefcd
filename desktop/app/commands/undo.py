"""`fairlead undo EDIT`: take one change back by sending the value that stood there before."""

import argparse

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.edit_email import deliver_email_change
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edit", help="the number that `fairlead edit` or `outbox` printed")


@in_workspace()
async def _undo_edit(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    change = (await services.store.outbox.get_edit(options.edit)).email_change
    if change is not None:
        # One step alone would leave the two services with different addresses.
        back = (await services.email_changes.take_back(change)).change
        return await deliver_email_change(services, back.id, as_json=options.json)
    # A command never waits for the ten seconds in which a window offers Undo.
    edit = await services.undo.undo(options.edit, wait_for_undo=False)
    closed = await deliver_and_wait(services, [edit])
    return emit_edits(closed, as_json=options.json)


COMMANDS = {"undo": CliCommand(_add_arguments, _undo_edit)}

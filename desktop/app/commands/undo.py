"""`fairlead undo EDIT|--batch ID`: take a change, or a whole batch, back to what stood before."""

import argparse

from desktop.app.bootstrap import AppContext
from desktop.app.commands.bulk_output import add_quiet_option, emit_batch
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.edit_email import deliver_email_change
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "edit", nargs="?", help="the number that `fairlead edit` or `outbox` printed"
    )
    parser.add_argument("--batch", metavar="ID", help="undo all of a batch of the last 24 hours")
    parser.add_argument(
        "--confirm",
        type=int,
        metavar="COUNT",
        help="with --batch: how many are set back, where production asks",
    )
    add_quiet_option(parser)


async def _undo(context: AppContext, options: argparse.Namespace) -> int:
    if (options.edit is None) == (options.batch is None):
        raise InvalidInput("Say either EDIT or --batch ID.", "Nothing was undone.")
    if options.confirm is not None and options.batch is None:
        raise InvalidInput("--confirm belongs to --batch.", "Nothing was undone.")
    is_batch = options.batch is not None
    async with open_workspace(context, options.workspace, for_runs=is_batch) as services:
        await require_view_permission(services)
        return await (_undo_batch if is_batch else _undo_edit)(services, options)


async def _undo_edit(services: WorkspaceServices, options: argparse.Namespace) -> int:
    change = (await services.store.outbox.get_edit(options.edit)).email_change
    if change is not None:
        # One step alone would leave the two services with different addresses.
        back = (await services.email_changes.take_back(change)).change
        return await deliver_email_change(services, back.id, as_json=options.json)
    # A command never waits for the ten seconds in which a window offers Undo.
    edit = await services.undo.undo(options.edit, wait_for_undo=False)
    closed = await deliver_and_wait(services, [edit])
    return emit_edits(closed, as_json=options.json)


async def _undo_batch(services: WorkspaceServices, options: argparse.Namespace) -> int:
    batch = await services.store.edit_batches.get(options.batch)
    # One that was stopped halfway goes on: what is undone already stays so.
    if batch.undo_asked_at is None or batch.undone_at is not None:
        batch = await services.edit_batches.request_undo(batch.id, confirmed=options.confirm)
    batch = await services.build_batch_runner().go_on(batch.id)
    return await emit_batch(services, batch, as_json=options.json, is_quiet=options.quiet)


COMMANDS = {"undo": CliCommand(_add_arguments, _undo)}

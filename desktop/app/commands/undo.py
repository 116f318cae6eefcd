"""`fairlead undo EDIT|--batch ID`: take a change, a batch or a part of it back."""

import argparse
from collections.abc import Collection

from desktop.app.bootstrap import AppContext
from desktop.app.commands.bulk import read_pasted_file
from desktop.app.commands.bulk_output import add_quiet_option, emit_batch
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.edit_email import deliver_email_change
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.privacy import take_answers_of_team
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.edit_batch import EditBatch
from desktop.model.pasted_addresses import decode_pasted, parse_pasted_addresses


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "edit", nargs="?", help="the number that `fairlead edit` or `outbox` printed"
    )
    parser.add_argument("--batch", metavar="ID", help="undo all of a batch of the last 24 hours")
    parser.add_argument(
        "--opened", action="store_true",
        help="of a batch: only for whom it opted out within 7 days of opening an e-mail",
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="FILE", help="of a batch: only for these addresses; - reads stdin"
    )
    parser.add_argument(
        "--note", default="", help="of a part: why, for the admin who has to approve it"
    )
    parser.add_argument("--dry-run", action="store_true", help="of a part: show, change nothing")
    parser.add_argument(
        "--approve",
        action="store_true",
        help="as another admin: approve the part that --batch is,"
        " with --confirm; with --dry-run: show it",
    )
    parser.add_argument(
        "--confirm",
        type=int,
        metavar="COUNT",
        help="with --batch: how many are set back, where a limit, production or --approve asks",
    )
    add_quiet_option(parser)


async def _undo(context: AppContext, options: argparse.Namespace) -> int:
    if (options.edit is None) == (options.batch is None):
        raise InvalidInput("Say either EDIT or --batch ID.", "Nothing was undone.")
    if options.confirm is not None and options.batch is None:
        raise InvalidInput("--confirm belongs to --batch.", "Nothing was undone.")
    is_batch = options.batch is not None
    if options.opened and options.only is not None:
        raise InvalidInput("Say either --opened or --only FILE.", "Nothing was undone.")
    asks = options.opened or options.only is not None or options.dry_run or options.approve
    if asks and not is_batch:
        raise InvalidInput("These options belong to --batch ID.", "Nothing was undone.")
    if options.note and not options.opened and options.only is None:
        raise InvalidInput(
            "--note belongs to a part of a batch.",
            "Nothing was undone.",
            "Say whom with --opened or --only FILE.",
        )
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
    not_changed: Collection[str] = ()
    if options.approve:
        return await _approve(services, batch, options)
    if options.opened or options.only is not None:
        sids, not_changed = await _find_chosen(services, batch, options)
        batch = await services.edit_batches.create_part_undo(batch.id, sids, options.note)
    if batch.undone_batch:
        return await _go_on_with_part(services, batch, options, not_changed)
    if options.dry_run:
        raise InvalidInput(
            "--dry-run belongs to a part of a batch.",
            "Nothing was undone.",
            "Say whom with --opened or --only FILE.",
        )
    # One that was stopped halfway goes on: what is undone already stays so.
    if batch.undo_asked_at is None or batch.undone_at is not None:
        batch = await services.edit_batches.request_undo(batch.id, confirmed=options.confirm)
    batch = await services.build_batch_runner().go_on(batch.id)
    return await emit_batch(services, batch, as_json=options.json, is_quiet=options.quiet)


async def _approve(
    services: WorkspaceServices, batch: EditBatch, options: argparse.Namespace
) -> int:
    """Approve a part as another admin, who says how many it is for; a dry run shows it alone."""
    rows_hash = await services.store.batch_approvals.hash_rows(batch.id)
    people = await services.edit_batches.count_to_approve(batch.id)
    if not options.dry_run:
        if options.confirm != people:
            typed = "--approve takes --confirm COUNT."
            if options.confirm is not None:
                typed = f"{options.confirm:,} is not how many would have an opt-out loosened."
            raise InvalidInput(
                typed,
                "Whoever approves has to know for how many. Nothing was approved.",
                f"`fairlead undo --batch {batch.id} --approve --dry-run` shows who it is.",
            )
        await services.session.recheck_actor(at_once=True)
        await services.edit_batches.approve(batch.id, services.session.actor, rows_hash=rows_hash)
    return await emit_batch(services, batch, as_json=options.json, is_dry_run=True)


async def _find_chosen(
    services: WorkspaceServices, batch: EditBatch, options: argparse.Namespace
) -> tuple[Collection[str], Collection[str]]:
    """Find the sids of those of a batch who are chosen, and the addresses that it has not changed.

    Raises InvalidInput for nobody.
    """
    if options.opened:
        sids: Collection[str] = await services.reports.find_opened_of_batch(batch.id)
        if not sids:
            raise InvalidInput(
                f"Of batch {batch.id} nobody had opened an e-mail in the 7 days before.",
                "As far as everybody's data on this computer tell. Nothing was undone.",
            )
        return sids, ()
    pasted = parse_pasted_addresses(decode_pasted(read_pasted_file(options.only)))
    wanted = {one.address for one in pasted if one.address}
    rows = await services.store.edit_batches.list_profiles(batch.id)
    found = await services.store.edit_batches.get_rows(batch.id, [one.row for one in rows])
    chosen = [one for one in found if one.address in wanted and one.edit_id is not None]
    left = wanted - {one.address for one in chosen}
    return [one.found.sid for one in chosen], sorted(left)


async def _go_on_with_part(
    services: WorkspaceServices,
    batch: EditBatch,
    options: argparse.Namespace,
    not_changed: Collection[str],
) -> int:
    """Preview what chosen customers get back, and give it to them unless it is a dry run."""
    runner = services.build_batch_runner()
    batch = await runner.go_on(batch.id)
    await take_answers_of_team(services)
    is_new = batch.applied_at is None and not options.dry_run
    if is_new and (await services.edit_batches.find_gate(batch.id)).changes:
        try:
            await services.edit_batches.apply(
                batch.id, confirmed=options.confirm, wait_for_undo=False
            )
        except AppError as error:
            # What is asked now is seen by the admins of a team's other computers.
            await take_answers_of_team(services)
            return await emit_batch(
                services, batch, as_json=options.json, error=error, not_changed=not_changed
            )
        batch = await runner.go_on(batch.id)
    return await emit_batch(
        services,
        batch,
        as_json=options.json,
        is_dry_run=options.dry_run,
        is_quiet=options.quiet,
        not_changed=not_changed,
    )


COMMANDS = {"undo": CliCommand(_add_arguments, _undo)}

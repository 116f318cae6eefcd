"""`fairlead outbox`: list the edits that wait and how far they are; deliver, retry or discard."""

import argparse
from dataclasses import replace

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, emit_edits
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.view_permission import check_view_permission, require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.edit import Edit, not_sent_detail, sending_refusal
from desktop.model.permission import CHANGES_OFF_REASON

# More than any desk has open at once; the list is for a person, and bounded for a script.
_MAX_OPEN_EDITS = 10_000


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=["deliver", "retry", "discard"])
    parser.add_argument("edit", nargs="?", help="which edit, for retry and discard")


async def _work_on_outbox(context: AppContext, options: argparse.Namespace) -> int:
    action, edit_id = options.action, options.edit
    # argparse cannot say that an argument depends on another.
    if action in ("retry", "discard") and not edit_id:
        raise InvalidInput(f"The edit to {action} is missing.", "", "`fairlead outbox` lists them.")
    sends = action in ("deliver", "retry")
    async with open_workspace(context, options.workspace, connect=action is not None) as services:
        if action != "deliver":
            await require_view_permission(services)
        if action is None:
            edits = await _list_edits(services)
            return emit(
                {"rows": [edit.as_json() for edit in edits]},
                [_outbox_line(edit) for edit in edits] or ["The outbox is empty."],
                as_json=options.json,
            )
        error = services.session.connection_error
        if sends and isinstance(error, UserDecisionNeeded):
            # Connected to another account: a waiting edit must not look merely slow.
            raise error
        if action == "deliver":
            closed = await _deliver_all(services)
            decision = await check_view_permission(services)
            # What waits is sent whoever asks; whose it is, only some may see.
            return emit_edits(closed, as_json=options.json, hides_customers=not decision.is_allowed)
        if action == "retry":
            closed = await _retry_edit(services, edit_id)
        else:
            closed = (await _discard_edit(services, edit_id),)
        return emit_edits(closed, as_json=options.json)


async def _list_edits(services: WorkspaceServices) -> list[Edit]:
    """Return the rows of `fairlead outbox`: every open edit, the latest closed ones, newest first.

    Those that the rules refuse say so, also where nobody has tried to send them since.
    """
    outbox = services.store.outbox
    opened = await outbox.list_recent(_MAX_OPEN_EDITS, open_only=True)
    shown = {edit.id: edit for edit in (*opened, *await outbox.list_recent())}
    rules = services.current_settings.read_rules()
    told = []
    for edit in shown.values():
        # The key that proves rows was not asked for here; whoever sends them asks.
        named = replace(edit, is_author_proven=True)
        reason = "" if edit.state.is_final else sending_refusal(named, None, rules)
        if reason:
            told.append(replace(edit, detail=not_sent_detail(reason)))
        elif edit.not_sent_reason == CHANGES_OFF_REASON:
            told.append(replace(edit, detail=""))
        else:
            told.append(edit)
    return sorted(told, key=lambda edit: -int(edit.id))


async def _deliver_all(services: WorkspaceServices) -> tuple[Edit, ...]:
    outbox = services.store.outbox
    opened = await outbox.list_recent(_MAX_OPEN_EDITS, open_only=True)
    await services.build_edit_sender().send_due()
    return tuple([await outbox.get_edit(edit.id) for edit in opened])


async def _retry_edit(services: WorkspaceServices, edit_id: str) -> tuple[Edit, ...]:
    return await deliver_and_wait(services, [await services.editor.retry(edit_id)])


async def _discard_edit(services: WorkspaceServices, edit_id: str) -> Edit:
    withdrawn = await services.undo.withdraw(edit_id, "Discarded before it was sent.")
    if withdrawn is None:
        raise UserDecisionNeeded(
            f"Edit {edit_id} cannot be discarded any more.",
            "It is being sent, or has ended.",
            f"`fairlead undo {edit_id}` takes a change back.",
        )
    return withdrawn


def _outbox_line(edit: Edit) -> str:
    request = edit.request
    what = f"{request.kind.value} {request.name}".strip()
    return f"{edit.id:>5}  {edit.state.value:<9} {request.target.label}  {what}  {edit.detail}"


COMMANDS = {"outbox": CliCommand(_add_arguments, _work_on_outbox)}

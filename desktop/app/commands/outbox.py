"""`fairlead outbox`: what is wanted and how far it is; send, retry or discard."""

import argparse
import asyncio

from desktop.app import cli_output
from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import deliver_and_wait, print_edits
from desktop.app.commands.open_workspace import open_workspace
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.edit import EditState


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", nargs="?", choices=["deliver", "retry", "discard"])
    parser.add_argument("edit", nargs="?", help="which edit, for retry and discard")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    if options.act in ("retry", "discard") and not options.edit:
        raise InvalidInput(
            f"The edit to {options.act} is missing.", "", "`fairlead outbox` lists them."
        )
    return asyncio.run(_outbox(context, options))


async def _outbox(context: AppContext, options: argparse.Namespace) -> int:
    sends = options.act in ("deliver", "retry")
    async with open_workspace(context, options.workspace, connect=sends) as house:
        outbox, now = house.store.outbox, context.clock.now()
        if options.act == "deliver":
            opened = [e.id for e in outbox.list_recent.blocking(10_000, open_only=True)]
            await house.build_edit_sender().send_due()
            ended = [outbox.get_edit.blocking(edit_id) for edit_id in opened]
            return print_edits([e.as_json() for e in ended], as_json=options.json)
        if options.act == "retry":
            if outbox.get_edit.blocking(options.edit).state is EditState.FAILED:
                # It begins anew: what was allowed then may be refused now.
                house.editor.require_allowed(outbox.get_edit.blocking(options.edit).request)
            ended = list(await deliver_and_wait(house, [outbox.retry.blocking(options.edit, now)]))
            return print_edits([e.as_json() for e in ended], as_json=options.json)
        if options.act == "discard":
            gone = await house.undo.withdraw(options.edit, "Discarded before it was sent.")
            if gone is None:
                raise UserDecisionNeeded(
                    f"Edit {options.edit} cannot be discarded any more.",
                    "It is being sent, or has ended.",
                    f"`fairlead undo {options.edit}` takes a change back.",
                )
            return print_edits([gone.as_json()], as_json=options.json)
        # Whatever is open, however old, and the latest of the rest.
        shown = {
            e.id: e
            for e in (
                *outbox.list_recent.blocking(10_000, open_only=True),
                *outbox.list_recent.blocking(),
            )
        }
        rows = sorted(shown.values(), key=lambda edit: -int(edit.id))
    if options.json:
        cli_output.print_json({"rows": [edit.as_json() for edit in rows]})
        return cli_output.EXIT_DONE
    for edit in rows:
        what = f"{edit.request.kind.value} {edit.request.name}".strip()
        who = terminal_safe(edit.request.target.label)
        print(
            f"{edit.id:>5}  {edit.state.value:<9} {who}  {terminal_safe(what)}  {terminal_safe(edit.detail)}"  # noqa: E501
        )
    if not rows:
        print("The outbox is empty.")
    return cli_output.EXIT_DONE


COMMAND = CliCommand("outbox", "list, send, retry or discard wanted changes", _add_arguments, _run)

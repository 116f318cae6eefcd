"""`fairlead outbox`: what is wanted and how far it is; send, retry or discard."""

import argparse
import asyncio

from desktop.app import output
from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.session import session
from desktop.app.verbs.edits import finish, print_edits
from desktop.app.verbs.verb import Verb
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.edit import EditState


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", nargs="?", choices=["deliver", "retry", "discard"])
    parser.add_argument("edit", nargs="?", help="which edit, for retry and discard")


def _run(ground: Ground, options: argparse.Namespace) -> int:
    if options.act in ("retry", "discard") and not options.edit:
        raise BadInput(
            f"The edit to {options.act} is missing.", "", "`fairlead outbox` lists them."
        )
    return asyncio.run(_outbox(ground, options))


async def _outbox(ground: Ground, options: argparse.Namespace) -> int:
    sends = options.act in ("deliver", "retry")
    async with session(ground, options.workspace, connect=sends) as house:
        outbox, now = house.store.outbox, ground.clock.now()
        if options.act == "deliver":
            opened = [e.id for e in outbox.recent(10_000, open_only=True)]
            await house.deliverer().deliver_due()
            ended = [outbox.get(edit_id) for edit_id in opened]
            return print_edits([e.as_json() for e in ended], as_json=options.json)
        if options.act == "retry":
            if outbox.get(options.edit).state is EditState.FAILED:
                # It begins anew: what was allowed then may be refused now.
                house.editor.check(outbox.get(options.edit).intent)
            ended = list(await finish(house, [outbox.retry(options.edit, now)]))
            return print_edits([e.as_json() for e in ended], as_json=options.json)
        if options.act == "discard":
            gone = await house.undo.withdraw(options.edit, "Discarded before it was sent.")
            if gone is None:
                raise NeedsPerson(
                    f"Edit {options.edit} cannot be discarded any more.",
                    "It is being sent, or has ended.",
                    f"`fairlead undo {options.edit}` takes a change back.",
                )
            return print_edits([gone.as_json()], as_json=options.json)
        # Whatever is open, however old, and the latest of the rest.
        shown = {e.id: e for e in (*outbox.recent(10_000, open_only=True), *outbox.recent())}
        rows = sorted(shown.values(), key=lambda edit: -int(edit.id))
    if options.json:
        output.print_json({"rows": [edit.as_json() for edit in rows]})
        return output.DONE
    for edit in rows:
        what = f"{edit.intent.kind.value} {edit.intent.name}".strip()
        who = plain(edit.intent.target.label)
        print(f"{edit.id:>5}  {edit.state.value:<9} {who}  {plain(what)}  {plain(edit.detail)}")
    if not rows:
        print("The outbox is empty.")
    return output.DONE


VERB = Verb("outbox", "list, send, retry or discard wanted changes", _arguments, _run)

"""`fairlead sync leave-out`: the people whom a sync always leaves out; list, add, remove."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import (
    add_sync_argument,
    require_sync_permission,
)
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.kit.errors import InvalidInput, NotFound
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.model.sync_state import LeftOutPerson
from desktop.sync.mapping_trial import read_left_out_person
from desktop.sync.plan_row_decisions import PlanRowDecisions


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--add", metavar="WHO", help="an e-mail address or id: leave them out")
    change.add_argument("--remove", metavar="WHO", help="take somebody off the list again")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; required with --add")


@in_workspace()
async def _leave_out(services: WorkspaceServices, options: argparse.Namespace) -> int:
    # No service is written to, so it works with changes off; the names are customers'.
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    sync = await services.store.syncs.get(options.sync)
    decisions = PlanRowDecisions(services.store, services.context.clock)
    document: dict[str, Json] = {"sync": sync.name}
    lines: list[str] = []
    if options.add is not None:
        if not options.reason.strip():
            raise InvalidInput("Give the reason to leave them out.", "", "--reason TEXT")
        context = build_sync_context(services)
        actor = services.session.actor.name
        person = await read_left_out_person(context, sync, options.add, options.reason, actor)
        changed = decisions.leave_out(sync.name, [person])
        document |= {"added": person.as_json(), "rows_changed": changed}
        lines.append(f"{sync.name} leaves {person.label} out from now on.")
        if changed:
            lines.append(f"{format_count(changed, 'row', 'rows')} of open plans changed.")
    elif options.remove is not None:
        people = await services.store.sync_state.list_left_out(sync.name)
        person = _find_entry(people, options.remove)
        decisions.no_longer_leave_out(sync.name, person.key)
        document |= {"removed": person.as_json()}
        lines.append(f"{sync.name} includes {person.label} again, from the next plan on.")
    people = await services.store.sync_state.list_left_out(sync.name)
    document["left_out"] = [person.as_json() for person in people]
    if not lines:
        lines = [f"{each.key:<26} {each.label}: {each.reason}, by {each.actor}" for each in people]
    return emit(document, lines or ["Nobody is always left out."], as_json=options.json)


def _find_entry(people: tuple[LeftOutPerson, ...], text: str) -> LeftOutPerson:
    wanted = text.strip().lower()
    found = [
        person
        for person in people
        if wanted in (person.key, person.source_id, person.target_id, person.label.lower())
    ]
    if len(found) == 1:
        return found[0]
    raise NotFound(
        f"“{text[:80]}” is not left out." if not found else f"Several are called “{text[:80]}”.",
        "Nothing was changed.",
        "Name one by the id that `fairlead sync leave-out SYNC` lists.",
    )


COMMANDS = {"leave-out": CliCommand(_add_arguments, _leave_out)}
"""By the name of the subcommand."""

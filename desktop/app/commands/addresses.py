"""`fairlead addresses`: whose address was changed, and not in every service yet."""

import argparse

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import require_one_customer
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.errors import InvalidInput
from desktop.model.address_difference import AddressDifference
from desktop.model.edit import Edit
from desktop.model.lookup_query import parse_lookup_query

# A person waits for the answer; a window asks twenty at a time.
_MAX_CHECKS = 500


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="ask the services about those known here first"
    )
    parser.add_argument(
        "--leave", metavar="WHO", help="let the difference of one customer be, also Zendesk Sell's"
    )


async def _run(context: AppContext, options: argparse.Namespace) -> int:
    if options.check and options.leave:
        raise InvalidInput("Say either --check or --leave.", "Nothing was changed.")
    if options.leave:
        return await _leave(context, options)
    async with open_workspace(context, options.workspace) as services:
        await require_view_permission(services)
        made: tuple[Edit, ...] = ()
        if options.check:
            changes = await services.address_watch.check_all(_MAX_CHECKS)
            steps = [step.edit for one in changes for step in one.steps if step.edit is not None]
            made = await deliver_and_wait(services, steps)
        return await _emit(services, made, as_json=options.json)


async def _leave(context: AppContext, options: argparse.Namespace) -> int:
    query = parse_lookup_query(options.leave)
    async with open_workspace(context, options.workspace, connect=False) as services:
        sheet = await look_up_during_sign_in(services, query)
        require_one_customer(sheet, options.leave)
        user, profile = sheet.user.value, sheet.profile.value
        await services.address_watch.leave_all(
            user.id if user is not None else None, profile.sid if profile is not None else ""
        )
        return await _emit(services, (), as_json=options.json)


async def _emit(services: WorkspaceServices, made: tuple[Edit, ...], *, as_json: bool) -> int:
    found = await services.store.address_differences.list_open()
    in_sell = await services.store.email_changes.list_waiting_for_sell(_MAX_CHECKS)
    document = {
        "differences": [one.as_json() for one in found],
        "waiting_for_sell": [
            {"email_change": one.id, "customer": one.label, "old": one.old, "new": one.new}
            for one in in_sell
        ],
        "edits": [edit.as_json() for edit in made],
    }
    lines = [
        *(f"{edit.request.target.label}  taken over: {edit.state.value}" for edit in made),
        *map(_line, found),
        *(f"{one.label}  Zendesk Sell still to get {one.new}, had {one.old}" for one in in_sell),
    ]
    is_done = all(edit.state.is_final for edit in made)
    code = ExitCode.DONE if is_done else ExitCode.SERVICE_AWAY
    nothing = ["Zendesk and Sailthru are not known to differ."]
    return emit(document, lines or nothing, as_json=as_json, exit_code=code)


def _line(found: AddressDifference) -> str:
    why = f": {found.obstacle}" if found.obstacle else ""
    return f"{found.name}  Zendesk {found.new}, Sailthru {found.old}{why}"


COMMANDS = {"addresses": CliCommand(_add_arguments, _run)}

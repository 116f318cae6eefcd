"""`fairlead bounce WHO`: go through the repair of a hard bounce, and keep the opt-out level."""

import argparse
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import require_one_customer
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.lookup_during_sign_in import look_up_during_sign_in
from desktop.app.commands.open_workspace import open_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.customer.bounce_repair_service import BounceCheck
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.bounce_repair import BounceRepairState, repair_steps
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.sailthru_profile import SailthruProfile

_EXIT_CODES = {
    BounceRepairState.NOT_NEEDED: ExitCode.DONE,
    BounceRepairState.BOUNCED: ExitCode.NEEDS_PERSON,
    BounceRepairState.WAITING: ExitCode.NEEDS_PERSON,
    # Its edit is queued, and goes out later.
    BounceRepairState.APPLYING: ExitCode.SERVICE_AWAY,
    BounceRepairState.DONE: ExitCode.DONE,
    BounceRepairState.LEFT: ExitCode.NEEDS_PERSON,
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", nargs="?", help="e-mail, #ticket, id or anything that names one")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="remember the opt-out; again, once the address is Valid: set it again",
    )
    parser.add_argument("--forget", action="store_true", help="give the repair of WHO up")
    parser.add_argument("--list", action="store_true", help="list the repairs that go on")


async def _bounce(context: AppContext, options: argparse.Namespace) -> int:
    if options.list:
        async with open_workspace(context, options.workspace) as services:
            await require_view_permission(services)
            return await _list_repairs(services, as_json=options.json)
    if not options.who or (options.repair and options.forget):
        raise InvalidInput("Say whose bounce, and either --repair or --forget; or --list.")
    query = parse_lookup_query(options.who)
    async with open_workspace(context, options.workspace, connect=False) as services:
        sheet = await look_up_during_sign_in(services, query, signs_audit=True)
        require_one_customer(sheet, options.who)
        profile = sheet.profile.value
        if profile is None:
            raise UserDecisionNeeded("This customer has no Sailthru profile.")
        if options.forget:
            await services.bounce_repairs.forget(profile.sid)
        label = sheet.address or profile.email or profile.sid
        found = await _go_on(services, profile, label, repairs=options.repair)
    return _emit_check(found, profile, as_json=options.json)


async def _go_on(
    services: WorkspaceServices, profile: SailthruProfile, label: str, *, repairs: bool
) -> BounceCheck:
    """Check a bounce; with `repairs` begin its repair, and set the level again where it is time."""
    service = services.bounce_repairs
    if not repairs:
        repair = await services.store.bounce_repairs.find_open(profile.sid)
        if repair is not None:
            return BounceCheck(BounceRepairState.WAITING, profile.optout, repair)
        return await service.check(profile.sid)
    found = await service.begin(profile, label)
    if found.edit is not None:
        (edit,) = await deliver_and_wait(services, [found.edit])
        if edit.state.is_final:
            found = await service.check(profile.sid)
    return found


def _emit_check(found: BounceCheck, profile: SailthruProfile, *, as_json: bool) -> int:
    address = profile.email or profile.sid
    level = found.repair.level if found.repair is not None else found.level
    steps = repair_steps(address, level)
    document: dict[str, Any] = {
        "state": found.state.value,
        "level": found.level.value if found.level is not None else None,
        "repair": found.repair.as_json() if found.repair is not None else None,
        "steps": list(steps),
    }
    lines = {
        BounceRepairState.NOT_NEEDED: ["Mail to this customer does not bounce."],
        BounceRepairState.BOUNCED: [
            "Mail to this customer has bounced for good. To repair it, say --repair:",
            *(f"{number}. {step}" for number, step in enumerate(steps, start=1)),
        ],
        BounceRepairState.WAITING: [f"Remembered. {steps[1]}", "Then say --repair again."],
        BounceRepairState.APPLYING: [f"The level is being set again. {steps[2]}"],
        BounceRepairState.DONE: [f"Repaired: {steps[2]} Done."],
        BounceRepairState.LEFT: ["Somebody has chosen another level since; it was left as it is."],
    }[found.state]
    return emit(document, lines, as_json=as_json, exit_code=_EXIT_CODES[found.state])


async def _list_repairs(services: WorkspaceServices, *, as_json: bool) -> int:
    found = await services.store.bounce_repairs.list_open()
    lines = [f"{one.label}  keeps {one.level.value}, by {one.actor}" for one in found]
    document = {"repairs": [one.as_json() for one in found]}
    return emit(document, lines, as_json=as_json, exit_code=ExitCode.DONE)


COMMANDS = {"bounce": CliCommand(_add_arguments, _bounce)}

"""`fairlead team`: join, leave or prepare the team store, and what stands between its desks."""

import argparse
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_admin, require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.team_approvals import TeamApprovals
from desktop.connect.team_connection import check_team_address, require_team_admin
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError, InvalidInput, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.json_value import Json
from desktop.model.team import (
    ApprovalKind,
    ApprovalRequest,
    TeamDesk,
    TeamMembership,
    describe_approval_request,
)
from desktop.model.team_address import TeamAddress
from desktop.settings import settings_table
from desktop.sync.run_lease import why_at_its_desk
from desktop.vault.secret import Secret

if TYPE_CHECKING:
    from desktop.store.team.team_database import TeamDatabase

T = TypeVar("T")

_STDIN_HINT = "the address; - reads it from standard input, where no list of processes shows it"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="status",
        choices=sorted(_ACTIONS),
        help="status (the default); join a team store, leave; invite one more desk by a one-time"
        " code, revoke one; share rows of syncs and customers (on, off); take a sync over; list"
        " and give approvals; as the owner of the database: migrate it, or name the admin for"
        " whom a desk acts",
    )
    parser.add_argument("what", nargs="?", metavar="DSN|NAME|SYNC|ID", help=_STDIN_HINT)
    parser.add_argument("--confirm", help="what is approved: the address, or the number of people")
    parser.add_argument("--desk", help="admin: the name or id of the computer that acts for them")
    parser.add_argument(
        "--person",
        type=int,
        help="admin: their Zendesk user id; invite: whose computer it is, without a Sailthru key",
    )
    parser.add_argument(
        "--worker", action="store_true", help="invite: it reaches Sailthru for those without a key"
    )


@in_workspace()
async def _work_on_team(services: WorkspaceServices, options: argparse.Namespace) -> int:
    return await _ACTIONS[options.action](services, options)


async def _show_status(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    membership = await services.store.team.get()
    if membership is None:
        # Raises where something is left half way.
        await services.team.find_membership()
        line = "This computer works alone. To join a team store: `fairlead team join`."
        return emit({"joined": False}, [line], as_json=options.json)
    document: dict[str, Any] = {
        "joined": True,
        "store": membership.store_label,
        "desk": membership.desk_id,
        "waiting": await services.team.count_waiting(),
    }
    lines = [f"Team store: {membership.store_label}"]
    try:
        store = await services.team.open()
        await services.team.hand_in_audit()
        await services.team.exchange_rows()
        assert store is not None  # noqa: S101 - it is a member
        document["shares_rows"] = await store.shared_rows.is_on()
        desks, leases = await store.desks.list_all(), await store.leases.list_all()
    except AppError as error:
        waiting = format_count(document["waiting"], "change", "changes")
        lines += [str(error), f"{waiting} not handed in yet."]
        document |= {"error": error.as_json()}
        away = ExitCode.SERVICE_AWAY if error.is_retryable else ExitCode.FAILED
        return emit(document, lines, as_json=options.json, exit_code=away)
    document |= {
        "waiting": await services.team.count_waiting(),
        "desks": [desk.as_json() for desk in desks],
        "syncs": [
            {
                "sync": one.sync,
                "desk": one.desk_name,
                "epoch": one.epoch,
                "has_memory": one.has_memory,
            }
            for one in leases
        ],
    }
    lines += [
        f"  {desk.name}{' (this computer)' if desk.id == membership.desk_id else ''}:"
        f" {format_count(desk.entry_count, 'change', 'changes')}, {_describe_presence(desk)}"
        for desk in desks
    ]
    here = {one.name: one for one in await services.store.syncs.list_all()}
    for one in leases:
        why = why_at_its_desk(here[one.sync]) if one.sync in here else ""
        may_move = ", and may move" if one.has_memory and not why else ""
        lines.append(f"  {one.sync} runs at {one.desk_name}{may_move}. {why}".rstrip())
    lines.append(f"Rows are {'' if document['shares_rows'] else 'not '}shared.")
    return emit(document, lines, as_json=options.json)


async def _join(services: WorkspaceServices, options: argparse.Namespace) -> int:
    text = _read_secret(options)
    if text is None:
        text = services.context.environment_secrets.secrets.get(Secret.TEAM_DSN)
    if text is None:
        raise InvalidInput(
            "Say which team store.", "", "`fairlead team join -` reads its address from stdin."
        )
    membership = await services.team.join(text, services.session.actor)
    count = await services.team.hand_in_audit()
    is_relayed = await services.team.use_worker(services.session.change_settings)
    lines = [
        f"Joined the team store at {membership.store_label}.",
        f"{format_count(count, 'change', 'changes')} of this computer's record handed in.",
        "One more computer joins with the code that `fairlead team invite NAME` prints.",
    ]
    if is_relayed:
        lines.append("Without a Sailthru key it reaches Sailthru through your team's worker.")
    document = {**_membership_json(membership), "handed_in": count, "through_team": is_relayed}
    return emit(document, lines, as_json=options.json)


async def _invite(services: WorkspaceServices, options: argparse.Namespace) -> int:
    code = await services.team.invite(
        options.what or "",
        services.session.actor,
        person=str(options.person or ""),
        is_worker=options.worker,
    )
    # Printed as it is: whoever asks is an admin, and the code is of no use masked.
    lines = [
        code,
        f"This code is for {options.what}: `fairlead team join -` there, within a day. It counts"
        " once; until then it is as secret as a password.",
    ]
    return emit({"code": code, "for": options.what}, lines, as_json=options.json)


async def _revoke(services: WorkspaceServices, options: argparse.Namespace) -> int:
    desk, login = await services.team.revoke(options.what or "", services.session.actor)
    lines = [
        f"{desk.name} is out of the team. {login.sentence}",
        "Its syncs are free: `fairlead team take SYNC` moves one to this computer.",
    ]
    document = {"desk": desk.id, "name": desk.name, "login": login.value or "ended"}
    return emit(document, lines, as_json=options.json)


async def _name_admin(services: WorkspaceServices, options: argparse.Namespace) -> int:
    from desktop.store.team.enrolment_repository import name_admin

    require_team_admin(services.session.actor)
    zendesk = services.session.clients.zendesk
    if not options.desk or options.person is None or zendesk is None:
        raise InvalidInput(
            "Say which computer acts for whom.",
            "",
            "`fairlead team admin - --desk NAME --person ZENDESK-ID`, signed in to Zendesk.",
        )
    user = await zendesk.show_user(options.person)
    if user.role != "admin":
        raise InvalidInput(f"{user.name} is no admin in Zendesk.", "Nothing was changed.")
    desk = await _as_owner(services, options, name_admin, options.desk, str(user.id))
    lines = [f"{desk} answers approvals for {user.name}, and may invite and revoke computers."]
    return emit({"desk": desk, "person": user.id}, lines, as_json=options.json)


async def _leave(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await services.team.leave(services.session.actor)
    lines = [
        "This computer works alone again. What it handed in stays in the team store.",
        "Scheduled syncs may start here again: see that they don't run elsewhere as well.",
    ]
    return emit({"joined": False}, lines, as_json=options.json)


async def _share(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.what not in ("on", "off"):
        raise InvalidInput("Say on or off.", "", "`fairlead team share on`, or off.")
    is_on = options.what == "on"
    await services.team.share_rows(is_on=is_on, actor=services.session.actor)
    line = (
        "The team shares who is whom, who is left out, segments, syncs, and what syncs remember."
        " Ids and values of customers lie in the team store from now on."
        if is_on
        else "What the team shared is deleted from the team store; each computer keeps its own."
    )
    return emit({"shares_rows": is_on}, [line], as_json=options.json)


async def _take(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_admin(services, "move a sync to this computer")
    if not options.what:
        raise InvalidInput("Say which sync.", "", "`fairlead sync list` names them.")
    lease = await services.take_sync_over(options.what)
    lines = [f"{lease.sync} runs on this computer from now on."]
    lines.append(
        "What it remembers of its records comes with the next run."
        if lease.has_memory
        else "What the other one remembered of its records is not here: look at a preview first."
    )
    return emit({"sync": lease.sync, "epoch": lease.epoch}, lines, as_json=options.json)


async def _list_approvals(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    requests = await TeamApprovals(services).list_open()
    lines = [f"{one.id[:8]}  {describe_approval_request(one)}" for one in requests]
    if requests:
        lines.append("To approve: `fairlead team approve ID --confirm ADDRESS|NUMBER`")
    document = {"requests": [one.as_json() for one in requests]}
    return emit(document, lines or ["No approval is asked for."], as_json=options.json)


async def _approve(services: WorkspaceServices, options: argparse.Namespace) -> int:
    approvals = TeamApprovals(services)
    request = await _find_request(approvals, options.what or "")
    if options.confirm is None:
        hint = (
            "Add --confirm with the address of who is to be erased, as you know it from whoever"
            " asks."
            if request.kind is ApprovalKind.ERASURE
            else f"Add --confirm {request.text('people')}, the number of people."
        )
        raise UserDecisionNeeded(describe_approval_request(request), "Nothing was approved.", hint)
    answered = await approvals.answer(request.id, options.confirm)
    lines = [f"Approved. {request.desk_name} goes on by itself as soon as it hears of it."]
    return emit(answered.as_json(), lines, as_json=options.json)


async def _find_request(approvals: TeamApprovals, begin: str) -> ApprovalRequest:
    found = [one for one in await approvals.list_open() if begin and one.id.startswith(begin)]
    if len(found) != 1:
        raise InvalidInput(
            f"No approval “{begin[:40]}” is asked for.", "", "`fairlead team approvals` lists them."
        )
    return found[0]


async def _migrate(services: WorkspaceServices, options: argparse.Namespace) -> int:
    from desktop.store.team.enrolment_repository import invite_first
    from desktop.store.team.team_migrations import migrate_team_store

    def migrate_and_invite(database: "TeamDatabase") -> tuple[int, int, TeamAddress | None]:
        before, after = migrate_team_store(database)
        return before, after, invite_first(database)

    before, after, code = await _as_owner(services, options, migrate_and_invite)
    lines = [
        f"The team store has version {after}"
        + (", as before." if before == after else f"; it had {before}."),
    ]
    document: dict[str, Json] = {"before": before, "version": after}
    if code is not None:
        document["code"] = code.text
        lines += ["The first computer joins with this code, within a day:", code.text]
    return emit(document, lines, as_json=options.json)


async def _as_owner(
    services: WorkspaceServices, options: argparse.Namespace, act: Callable[..., T], *args: str
) -> T:
    """Run `act` on the database at the owner's address, which is used once and not kept."""
    from desktop.store.team.team_database import TeamDatabase

    require_team_admin(services.session.actor)
    address = _owner_address(services, options)
    ca_file = services.session.values.get(settings_table.CA_FILE)
    database = TeamDatabase(address, ca_file=ca_file)
    try:
        return await database.thread.run(act, database, *args)
    finally:
        database.close()


def _owner_address(services: WorkspaceServices, options: argparse.Namespace) -> TeamAddress:
    text = _read_secret(options)
    if text is None:
        raise InvalidInput(
            "Say which database, with its owner's login.",
            "It is used once and not kept.",
            f"`fairlead team {options.action} -` reads the address from stdin.",
        )
    # Before the owner's password goes anywhere.
    config = services.session.connection_config
    return check_team_address(config, text, services.context.redactor.add_secrets)


def _read_secret(options: argparse.Namespace) -> str | None:
    return sys.stdin.readline().strip() if options.what == "-" else options.what


def _describe_presence(desk: TeamDesk) -> str:
    if desk.revoked_at is not None:
        return f"revoked {iso_timestamp(desk.revoked_at)} by {desk.revoked_by}"
    acts = f", acts for admin {', '.join(desk.acts_for)}" if desk.acts_for else ""
    return f"seen {iso_timestamp(desk.seen_at)}, joined by {desk.joined_by}{acts}"


def _membership_json(membership: TeamMembership) -> dict[str, Json]:
    return {
        "joined": True,
        "store": membership.store_label,
        "team": membership.team_id,
        "desk": membership.desk_id,
    }


_ACTIONS: dict[str, Callable[[WorkspaceServices, argparse.Namespace], Coroutine[Any, Any, int]]] = {
    "status": _show_status,
    "join": _join,
    "invite": _invite,
    "revoke": _revoke,
    "admin": _name_admin,
    "leave": _leave,
    "share": _share,
    "take": _take,
    "approvals": _list_approvals,
    "approve": _approve,
    "migrate": _migrate,
}

COMMANDS = {"team": CliCommand(_add_arguments, _work_on_team)}

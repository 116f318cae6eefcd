"""`fairlead audit`: print the record of changes, and verify its chain of hashes."""

import argparse
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit_delivery import change_text
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import (
    require_admin,
    require_team_record_permission,
    require_view_permission,
)
from desktop.app.container import WorkspaceServices
from desktop.connect.audit_key import keep_audit_head
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query

_TEAM_ROWS = 500


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--customer", metavar="WHO", help="only this customer's")
    parser.add_argument(
        "--verify",
        action="store_true",
        help="check that nothing was changed, and say what that proves",
    )
    parser.add_argument(
        "--new-segment",
        action="store_true",
        help="note that the last entries are lost, after a copy was restored (admins)",
    )
    parser.add_argument("--reason", default="", help="why, for --new-segment")
    parser.add_argument(
        "--team", action="store_true", help="every desk's, from the team store, with their people"
    )


# Offline: the record is this computer's, and may be read while both services are away.
@in_workspace(connect=False)
async def _print_audit(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.new_segment:
        await services.session.connect()
        return await _begin_segment(services, options)
    await require_view_permission(services)
    if options.team:
        if not options.customer:
            # What colleagues did with one customer is for whoever looks after them.
            await require_team_record_permission(services)
        return await _print_team_record(services, options)
    targets = await _customer_targets(services, options.customer) if options.customer else ()
    rows = await services.store.audit.list_entries(targets=targets)
    chain = None
    if options.verify:
        await services.session.load_audit_key()
        chain = await services.store.audit.verify_chain()
    document: dict[str, Any] = {"rows": [row.as_json() for row in rows]}
    lines = [
        f"{iso_timestamp(row.at)}  {row.actor}  {row.label}  {change_text(row.as_json())}"
        f"  {row.result}  {row.reason}"
        for row in rows
    ]
    if chain is not None:
        document |= chain.as_json()
        lines += [chain.summary, *chain.lines]
    is_broken = chain is not None and not chain.is_whole
    exit_code = ExitCode.FAILED if is_broken else ExitCode.DONE
    return emit(document, lines, as_json=options.json, exit_code=exit_code)


async def _print_team_record(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """Print what every desk recorded; of customers only the one asked for is named."""
    await services.session.load_audit_key()
    store = await services.team.open()
    if store is None:
        raise InvalidInput("This computer works alone.", "", "`fairlead team join` joins a team.")
    await services.team.hand_in_audit()
    targets = await _customer_targets(services, options.customer) if options.customer else ()
    entries = await store.audit.list_entries(people=targets, limit=_TEAM_ROWS)
    document: dict[str, Any] = {"rows": [entry.as_json() for entry in entries]}
    lines = [
        f"{iso_timestamp(one.at)}  {one.actor} at {one.desk_name}"
        f"  {f'{one.kind} {one.name}'.strip()}  {one.result}"
        f"{'' if one.is_proven else '  NOT PROVEN: written by nobody of the team'}"
        for one in entries
    ]
    broken: list[tuple[str, int]] = []
    if options.verify:
        count, broken = await store.audit.find_broken()
        document |= {"verified": not broken, "checked": count}
        document["broken_at"] = [{"desk": desk, "seq": seq} for desk, seq in broken]
        lines.append(_describe_chains(count, broken))
    exit_code = ExitCode.FAILED if broken else ExitCode.DONE
    return emit(document, lines, as_json=options.json, exit_code=exit_code)


def _describe_chains(count: int, broken: list[tuple[str, int]]) -> str:
    if broken:
        desk, seq = broken[0]
        places = format_count(len(broken), "entry does", "entries do")
        return (
            f"The team's record was changed: {places} not fit, the first is {seq} of desk {desk}."
        )
    whole = format_count(count, "entry", "entries")
    return (
        f"The team's record is whole: {whole}, none changed or taken out of the middle. Not proven:"
        " that none was cut off at a desk's end; what somebody did who has the team's key."
    )


async def _begin_segment(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if not options.reason.strip():
        raise InvalidInput("A new segment needs a reason.", "", "Add --reason TEXT.")
    require_admin(services, "begin a new segment of the record of changes")
    found = await services.store.audit.begin_segment(
        actor=services.session.actor.signature,
        reason=options.reason.strip(),
        now=services.context.clock.now(),
    )
    await keep_audit_head(services.session.connection_config, services.store.audit, replaces=True)
    lines = [found.summary, "A new segment has begun; the record says so for good."]
    document = {"missing": [found.first_broken_seq, found.cut_off_to]}
    return emit(document, lines, as_json=options.json)


async def _customer_targets(services: WorkspaceServices, who: str) -> tuple[str, ...]:
    """Return every id by which `fairlead audit` finds a customer: sid, user id, addresses."""
    query = parse_lookup_query(who)
    await services.lookup.require_own_link(query)
    ids = services.lookup.cached_sheet(query).target_ids
    # Who is not cached any more stays findable by address and id.
    is_id = query.kind in (LookupQueryKind.SID, LookupQueryKind.ZENDESK_ID)
    return (*ids, query.value if is_id else who.strip().lower())


COMMANDS = {"audit": CliCommand(_add_arguments, _print_audit)}

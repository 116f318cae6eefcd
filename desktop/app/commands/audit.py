"""`fairlead audit`: print the record of changes, and verify its chain of hashes."""

import argparse
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_admin, require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.connect.audit_key import keep_audit_head
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.model.lookup_query import LookupQueryKind, parse_lookup_query


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


# Offline: the record is this computer's, and may be read while both services are away.
@in_workspace(connect=False)
async def _print_audit(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.new_segment:
        await services.session.connect()
        return await _begin_segment(services, options)
    await require_view_permission(services)
    targets = await _customer_targets(services, options.customer) if options.customer else ()
    rows = await services.store.audit.list_entries(targets=targets)
    chain = None
    if options.verify:
        await services.session.load_audit_key()
        chain = await services.store.audit.verify_chain()
    document: dict[str, Any] = {"rows": [row.as_json() for row in rows]}
    lines = [
        f"{iso_timestamp(row.at)}  {row.actor}  {row.label}  {f'{row.kind} {row.name}'.strip()}"
        f"  {row.old} → {row.new}  {row.result}  {row.reason}"
        for row in rows
    ]
    if chain is not None:
        document |= chain.as_json()
        lines += [chain.summary, *chain.lines]
    is_broken = chain is not None and not chain.is_whole
    exit_code = ExitCode.FAILED if is_broken else ExitCode.DONE
    return emit(document, lines, as_json=options.json, exit_code=exit_code)


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

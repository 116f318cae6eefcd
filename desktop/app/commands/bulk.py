"""`fairlead bulk FILE|-`: look many pasted addresses up, and change all those customers at once."""

import argparse
import sys
from pathlib import Path

from desktop.app.cli_output import terminal_safe
from desktop.app.commands.bulk_output import add_quiet_option, emit_batch, emit_batches
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import parse_health, parse_json_value, parse_ticket_number
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.customer.edit_batch.batch_lookup import estimate_lookup_s, zendesk_limit
from desktop.kit.errors import AppError, InvalidInput
from desktop.kit.text import format_count
from desktop.model.edit import EditKind
from desktop.model.edit_batch import BatchAction, BatchOutcome, EditBatch
from desktop.model.pasted_addresses import MAX_PASTED_BYTES

# Shorter look-ups are over before anybody has read how long they take.
_TELL_ESTIMATE_OVER_S = 10.0


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="a file with e-mail addresses in it; - reads stdin"
    )
    parser.add_argument("--optout", choices=["none", "basic", "all"])
    parser.add_argument("--list", action="append", default=[], metavar="NAME=on|off")
    parser.add_argument("--health", help="neutral, happy or frustrated; none takes it away")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument("--reason", default="", help="why; an opt-out needs it")
    parser.add_argument("--ticket", metavar="N", help="the ticket it belongs to")
    parser.add_argument("--dry-run", action="store_true", help="show, change nothing")
    parser.add_argument(
        "--confirm", type=int, metavar="COUNT", help="how many are changed, where a limit asks"
    )
    parser.add_argument(
        "--known-only", action="store_true", help="change those found so far; look nobody else up"
    )
    parser.add_argument("--batch", metavar="ID", help="go on with a batch that has stopped")
    parser.add_argument("--cancel", metavar="ID", help="stop a batch; its look-up can go on later")
    parser.add_argument("--batches", action="store_true", help="list the newest batches")
    add_quiet_option(parser)


@in_workspace(for_runs=True)
async def _bulk(services: WorkspaceServices, options: argparse.Namespace) -> int:
    asked = [options.file, options.batch, options.cancel, options.batches or None]
    if sum(one is not None for one in asked) != 1:
        raise InvalidInput(
            "Say one of FILE, --batch, --cancel and --batches.",
            "Nothing was looked up.",
            "`fairlead bulk -` reads the addresses from the terminal's input.",
        )
    action = _parse_action(options)
    if action is not None and (options.cancel is not None or options.batches):
        raise InvalidInput("A change belongs to FILE or --batch.", "Nothing was changed.")
    if options.dry_run and action is None and options.file is None:
        raise InvalidInput("--dry-run belongs to a change.", "Nothing was changed.")
    await require_view_permission(services)
    _require_signed_in(services)
    batches = services.store.edit_batches
    if options.batches:
        services.edit_batches.require_permission()
        return await emit_batches(services, as_json=options.json)
    if options.cancel is not None:
        batch = await services.edit_batches.cancel(options.cancel)
        return await emit_batch(services, batch, as_json=options.json)
    if options.file is not None:
        batch = await services.edit_batches.create(read_pasted_file(options.file))
    else:
        batch = await batches.get(options.batch)
    return await _go_on(services, batch, action, options)


async def _go_on(
    services: WorkspaceServices,
    batch: EditBatch,
    action: BatchAction | None,
    options: argparse.Namespace,
) -> int:
    """Look up what is left of a batch, preview the change, and apply it unless it is a dry run."""
    service, runner = services.edit_batches, services.build_batch_runner()
    if action is not None:
        ticket = parse_ticket_number(options.ticket) if options.ticket is not None else None
        batch = await service.set_action(batch.id, action, options.reason, ticket)
    if not options.known_only:
        await _tell_estimate(services, batch)
    batch = await runner.go_on(batch.id, known_only=options.known_only)
    is_applied_now = action is not None and not options.dry_run and batch.planned_at is not None
    if is_applied_now and (await service.find_gate(batch.id)).changes:
        try:
            # A command never waits for the ten seconds in which a window offers Undo.
            await service.apply(batch.id, confirmed=options.confirm, wait_for_undo=False)
        except AppError as error:
            return await emit_batch(services, batch, as_json=options.json, error=error)
        batch = await runner.go_on(batch.id)
    return await emit_batch(
        services,
        batch,
        as_json=options.json,
        is_dry_run=options.dry_run,
        is_quiet=options.quiet,
    )


async def _tell_estimate(services: WorkspaceServices, batch: EditBatch) -> None:
    """Say on stderr, before a long look-up begins, how long it takes and why."""
    counts = await services.store.edit_batches.count(batch.id)
    left, clients = counts.of(BatchOutcome.WAITING), services.session.clients
    seconds = estimate_lookup_s(clients, left)
    if batch.applied_at is None and left and seconds > _TELL_ESTIMATE_OVER_S:
        known = format_count(counts.kept, "address is", "addresses are")
        line = (
            f"Batch {batch.id}: {known} known on this computer."
            f" Looking up the other {left:,} takes about {_duration_text(seconds)}"
        )
        if clients.zendesk is not None:
            line += (
                f": Zendesk answers one at a time, {zendesk_limit(clients):,} calls a minute,"
                " and a quarter is left to people at work"
            )
        print(terminal_safe(f"{line}."), file=sys.stderr, flush=True)


def _duration_text(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return format_count(round(seconds), "second", "seconds")
    return format_count(minutes, "minute", "minutes")


def _parse_action(options: argparse.Namespace) -> BatchAction | None:
    """Parse the one change that `fairlead bulk` is to make of everybody; None: only a look-up."""
    wanted: list[BatchAction] = []
    if options.optout is not None:
        wanted.append(BatchAction(EditKind.OPTOUT, "", options.optout))
    if options.health is not None:
        health = parse_health(options.health)
        wanted.append(BatchAction(EditKind.HEALTH, "", health.value if health else None))
    wanted += map(_parse_list, options.list)
    wanted += map(_parse_var, options.var)
    if len(wanted) > 1:
        raise InvalidInput(
            "A batch makes one change.",
            "Nothing was looked up.",
            "Say one of --optout, --list, --health and --var.",
        )
    if not wanted and (options.reason or options.ticket or options.confirm is not None):
        raise InvalidInput(
            "There is nothing to change.", "", "Say what: --optout, --list, --health or --var."
        )
    return wanted[0] if wanted else None


def _parse_list(entry: str) -> BatchAction:
    name, equals, state = entry.rpartition("=")
    if not equals or state not in ("on", "off"):
        raise InvalidInput(f"--list {entry}: say NAME=on or NAME=off.")
    return BatchAction(EditKind.LIST, name, state == "on")


def _parse_var(entry: str) -> BatchAction:
    name, equals, value = entry.partition("=")
    if not equals:
        raise InvalidInput(f"--var {entry}: say NAME=JSON.")
    return BatchAction(EditKind.VAR, name, parse_json_value(name, value))


def read_pasted_file(name: str) -> bytes:
    """Read a file, or stdin for `-`, as far as it may be long. Raises InvalidInput."""
    # One byte more tells that it is too large, without reading all of it.
    if name == "-":
        return sys.stdin.buffer.read(MAX_PASTED_BYTES + 1)
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_PASTED_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read.", str(error.strerror or "")) from error


def _require_signed_in(services: WorkspaceServices) -> None:
    error = services.session.connection_error
    if error is not None:
        raise error


COMMANDS = {"bulk": CliCommand(_add_arguments, _bulk)}

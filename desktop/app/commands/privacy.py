"""`fairlead privacy`: export or erase everything known of one person, and what was erased."""

import argparse
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.edit import require_one_customer
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.customer.erasure_check import ErasureCheck
from desktop.customer.erasure_report import (
    KEPT_TEXTS,
    STEP_TEXTS,
    build_erasure_report,
    describe_counts,
    render_erasure_report,
)
from desktop.customer.erasure_service import require_confirmed
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.email_address import parse_email
from desktop.model.erased_people import person_keys
from desktop.model.erasure import ErasureState
from desktop.model.erasure_steps import ErasureProgress, planned_steps
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, parse_lookup_query
from desktop.viewmodels.file_export import format_json, write_private_files


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=["export", "erase", "status", "cancel", "allow"],
        help="export or erase a person; show, or cancel, erasures; allow an erased person again",
    )
    parser.add_argument("who", nargs="?", help="e-mail, id or anything that names one; an erasure")
    parser.add_argument("--to", metavar="DIR", type=Path, help="write the files into this folder")
    parser.add_argument("--confirm", metavar="ADDRESS", help="the address of who is to be erased")
    parser.add_argument(
        "--close-tickets",
        action="store_true",
        help="close their tickets first: Zendesk deletes nobody with one that is not closed",
    )


@in_workspace()
async def _work_on_privacy(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if services.session.connection_error is not None:
        raise services.session.connection_error
    act = _ACTIONS[options.action]
    return await act(services, options)


async def _export(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.to is None:
        raise InvalidInput("Say where to: --to DIR.", "Nothing was exported.")
    sheet = await _look_up_one(services, options)
    export = await services.person_export.read(sheet)
    files = {"person.json": format_json(export.document), "person.html": export.render_page()}
    written = await write_private_files(options.to, files)
    document = {"files": [str(path) for path in written], "counts": export.counts}
    lines = [f"Saved {path}" for path in written]
    return emit(document, [*lines, *export.notes], as_json=options.json)


async def _erase(services: WorkspaceServices, options: argparse.Namespace) -> int:
    services.erasures.require_right()
    query = await _parse_own_query(services, options)
    # Asked first: half erased, nobody may be found at a service any more.
    progress = await services.erasures.find_of_customer(
        [] if query.kind is LookupQueryKind.TICKET else [query.value]
    )
    if progress is None:
        sheet = await _look_up_one(services, options)
        progress = await services.erasures.find_of_customer(sheet.target_ids)
        if progress is None:
            return await _request(services, sheet, options)
    return await _go_on(services, progress, options)


async def _request(
    services: WorkspaceServices, sheet: CustomerSheet, options: argparse.Namespace
) -> int:
    check = await services.erasures.check(sheet)
    if options.confirm is None:
        return _emit_check(check, options)
    progress = await services.erasures.request(
        check, options.confirm, closes_tickets=options.close_tickets
    )
    await take_answers_of_team(services)
    return _emit_progress(progress, options, check)


async def _go_on(
    services: WorkspaceServices, progress: ErasureProgress, options: argparse.Namespace
) -> int:
    """Go on with an erasure: approve it as the second admin, send its steps, or resume it."""
    erasure, erasures = progress.erasure, services.erasures
    if options.confirm is None or erasure.subject is None:
        return _emit_progress(progress, options)
    require_confirmed(erasure.subject, options.confirm)
    if not erasure.is_approved and await take_answers_of_team(services):
        progress = await erasures.get_progress(erasure.id)
        erasure = progress.erasure
    actor = services.session.actor
    has_approved = any(
        one.user_id == actor.approver_id and one.is_proven for one in erasure.approvals
    )
    if not erasure.is_approved:
        if has_approved:
            return _emit_progress(progress, options)
        progress = await erasures.approve(erasure.id, actor)
    elif progress.stopped_at is not None:
        progress = await erasures.resume(erasure.id)
    return await _send(services, progress, options)


async def take_answers_of_team(services: WorkspaceServices) -> int:
    """Take in what admins at other desks approved; returns how many answers that were."""
    from desktop.app.team_approvals import TeamApprovals

    try:
        return await TeamApprovals(services).exchange()
    except AppError:
        # Away: an admin may still approve it here.
        return 0


async def _send(
    services: WorkspaceServices, progress: ErasureProgress, options: argparse.Namespace
) -> int:
    """Send an erasure's steps as far as they go, and end it; prints how far it is then."""
    erasure_id, store = progress.erasure.id, services.store.erasures
    while progress.erasure.state is ErasureState.RUNNING and progress.stopped_at is None:
        before = await store.list_edits(erasure_id)
        await deliver_and_wait(services, before)
        progress = await services.erasures.finish(erasure_id)
        # Nothing has moved: a service is away, or the rules hold it back.
        if await store.list_edits(erasure_id) == before:
            break
    return _emit_progress(progress, options)


async def _show_status(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if options.who and not options.who.isdecimal():
        return await _show_whether_erased(services, options)
    if options.who:
        progress = await services.erasures.get_progress(options.who)
        if options.to is not None:
            return await _save_report(progress, options)
        return _emit_progress(progress, options)
    found = await services.erasures.list_progress()
    rows = [build_erasure_report(one) for one in found]
    lines = [f"{row['erasure']:>4}  {row['state']:<10} {row['requested_at']}" for row in rows]
    return emit({"erasures": rows}, lines or ["Nobody was erased."], as_json=options.json)


async def _show_whether_erased(services: WorkspaceServices, options: argparse.Namespace) -> int:
    services.person_export.require_right()
    people = await services.store.erased_people.load()
    is_erased = people.is_erased(await _read_keys(services, options))
    line = "Erased: nothing makes them again." if is_erased else "Not known as erased here."
    return emit({"erased": is_erased}, [line], as_json=options.json)


async def _cancel(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await services.erasures.cancel(_require_who(options))
    line = "Cancelled. Nothing was erased, and whose it was is forgotten."
    return emit({"cancelled": True}, [line], as_json=options.json)


async def _allow(services: WorkspaceServices, options: argparse.Namespace) -> int:
    services.erasures.require_right()
    keys, actor = await _read_keys(services, options), services.session.actor.signature
    now = services.context.clock.now()
    count = await services.store.erased_people.allow_again(keys, actor, now)
    line = "They may be made again from now on." if count else "Not known as erased here."
    return emit({"allowed": bool(count)}, [line], as_json=options.json)


_ACTIONS: dict[str, Callable[[WorkspaceServices, argparse.Namespace], Coroutine[Any, Any, int]]] = {
    "export": _export,
    "erase": _erase,
    "status": _show_status,
    "cancel": _cancel,
    "allow": _allow,
}


def _require_who(options: argparse.Namespace) -> str:
    if not options.who:
        raise InvalidInput("Say who.", "Nothing was done.", "An e-mail address or an id.")
    return str(options.who)


async def _parse_own_query(services: WorkspaceServices, options: argparse.Namespace) -> LookupQuery:
    """Parse who a privacy command is about. Raises a refusal for a link of another account."""
    query = parse_lookup_query(_require_who(options))
    await services.lookup.require_own_link(query)
    return query


async def _read_keys(services: WorkspaceServices, options: argparse.Namespace) -> frozenset[str]:
    """Return the keys that a typed address or id may stand for."""
    query = await _parse_own_query(services, options)
    if query.kind is LookupQueryKind.EMAIL:
        return person_keys(addresses=(parse_email(query.value) or query.value,))
    if query.kind is LookupQueryKind.TICKET:
        raise InvalidInput(
            "A ticket says not who was erased.", "Nothing was done.", "Give an address or an id."
        )
    value = query.value
    return person_keys(user_ids=(value,), sids=(value,), external_ids=(value,))


async def _look_up_one(services: WorkspaceServices, options: argparse.Namespace) -> CustomerSheet:
    services.person_export.require_right()
    query = await _parse_own_query(services, options)
    sheet = await services.lookup.look_up_query(query)
    require_one_customer(sheet, _require_who(options))
    return sheet


async def _save_report(progress: ErasureProgress, options: argparse.Namespace) -> int:
    name = f"erasure-{progress.erasure.id}"
    report = build_erasure_report(progress)
    page = render_erasure_report(progress)
    files = {f"{name}.json": format_json(report), f"{name}.html": page}
    written = await write_private_files(options.to, files)
    document = {**report, "files": [str(path) for path in written]}
    return emit(document, [f"Saved {path}" for path in written], as_json=options.json)


def _emit_check(check: ErasureCheck, options: argparse.Namespace) -> int:
    """Print what there is of a person and what would be done; nothing is stored yet."""
    obstacle = check.find_obstacle(closes_tickets=options.close_tickets)
    document = {
        "confirm": check.subject.confirmation,
        "counts": check.counts,
        "unclosed_tickets": list(check.unclosed_tickets),
        "obstacle": str(obstacle) if obstacle is not None else None,
        "steps": [step.as_json() for step in planned_steps(check.subject)],
        "kept": list(KEPT_TEXTS),
    }
    lines = [
        *_count_lines(check.counts),
        *(f"Stays: {text}" for text in KEPT_TEXTS),
        *(f"Left, only the phone number is the same: {one}" for one in check.other_addresses),
        f"Export it first: fairlead privacy export {check.subject.confirmation} --to DIR",
        str(obstacle)
        if obstacle is not None
        else f"Nothing was erased. To go on: --confirm {check.subject.confirmation}",
    ]
    return emit(document, lines, as_json=options.json, exit_code=ExitCode.NEEDS_PERSON)


def _emit_progress(
    progress: ErasureProgress, options: argparse.Namespace, check: ErasureCheck | None = None
) -> int:
    document = build_erasure_report(progress)
    if check is not None:
        document["unclosed_tickets"] = list(check.unclosed_tickets)
    stopped = progress.stopped_at
    document["detail"] = _detail_of(progress)
    document["stopped_at"] = stopped.step.value if stopped is not None else None
    return emit(
        document,
        _progress_lines(progress),
        as_json=options.json,
        exit_code=_exit_code(progress),
    )


def _count_lines(counts: dict[str, int]) -> Iterator[str]:
    for text, count in describe_counts(counts):
        yield f"{text}: {count:,}"


def _progress_lines(progress: ErasureProgress) -> Iterator[str]:
    erasure = progress.erasure
    yield from _count_lines(dict(erasure.counts))
    for step in progress.steps:
        mark = "x" if step.state.value == "done" else " "
        detail = f": {step.detail}" if step.detail and step.state.value != "done" else ""
        yield f"[{mark}] {STEP_TEXTS[step.step]}{detail}"
    if erasure.state is ErasureState.DONE:
        yield from (f"Stays: {text}" for text in KEPT_TEXTS)
        yield f"Evidence: fairlead privacy status {erasure.id} --to DIR"
    elif detail := _detail_of(progress):
        yield detail


def _detail_of(progress: ErasureProgress) -> str:
    """Say what an open erasure waits for; "" for one that has ended."""
    erasure = progress.erasure
    if not erasure.is_open:
        return ""
    if not erasure.is_approved:
        names = ", ".join(one.name for one in erasure.approvals if one.is_proven)
        return (
            f"Erasure {erasure.id} waits for another admin; approved by {names or 'nobody'}. They"
            " run the same command signed in as themselves, or `fairlead team approvals` at another"
            " desk of the team."
        )
    if progress.stopped_at is not None:
        return f"Stopped: {progress.stopped_at.detail} Run the same command again to resume."
    if progress.is_ready_to_end:
        return (
            "Gone from both services. This computer's copies go once a run that writes them, or a"
            " change that is being sent, has ended: run the same command again then."
        )
    return "Not finished: run the same command again to go on."


def _exit_code(progress: ErasureProgress) -> int:
    if not progress.erasure.is_open:
        return ExitCode.DONE
    if not progress.erasure.is_approved or progress.stopped_at is not None:
        return ExitCode.NEEDS_PERSON
    if progress.is_ready_to_end:
        return ExitCode.NEEDS_PERSON
    refused = any(step.detail.startswith("Not sent: ") for step in progress.steps)
    return ExitCode.NEEDS_PERSON if refused else ExitCode.SERVICE_AWAY


COMMANDS = {"privacy": CliCommand(_add_arguments, _work_on_privacy)}

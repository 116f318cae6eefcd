"""`fairlead edit WHO --email NEW`: change, resume or check a customer's e-mail address."""

import argparse
from collections.abc import Iterable
from typing import Any

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.container import WorkspaceServices
from desktop.customer.email_change_plan import EmailChangeChoices, plan_email_change
from desktop.customer.new_address_check import AddressState, EmailCheck
from desktop.kit.errors import InvalidInput
from desktop.kit.text import format_count
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind, EditState
from desktop.model.email_address import parse_email
from desktop.model.email_change import (
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    StepProgress,
    StepState,
)

_OTHER_CHANGES = (
    *("optout", "list", "health", "sync_to_sailthru", "sync_to_zendesk", "var", "create"),
)


def add_email_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `--email NEW`, an address change, to `fairlead edit`."""
    parser.add_argument("--email", metavar="NEW", help="change the e-mail address in both services")
    parser.add_argument(
        "--conflict",
        choices=[policy.value for policy in EmailConflictPolicy],
        help="with --email: what becomes of another Sailthru profile at NEW; merge makes one of"
        " both for good, keep changes Zendesk alone",
    )
    parser.add_argument(
        "--remove-old", action="store_true", help="with --email: remove the old address in Zendesk"
    )


# Its contact or lead is not known until Sell answers.
_WAITS_FOR_SELL = StepProgress(EmailChangeStep.MOVE_CONTACT, StepState.WAITING)


def require_email_given(options: argparse.Namespace) -> None:
    """Refuse an option of an address change without its `--email`. Raises InvalidInput."""
    if options.email is None and (options.remove_old or options.conflict):
        given = "--remove-old" if options.remove_old else "--conflict"
        raise InvalidInput(
            f"{given} belongs to --email.", "Nothing was changed.", "Say the new address as well."
        )


async def change_email(
    services: WorkspaceServices,
    sheet: CustomerSheet,
    options: argparse.Namespace,
    ticket: int | None,
) -> int:
    """Run `fairlead edit --email`: check, queue and send, or go on; returns the exit code."""
    if any(getattr(options, name) for name in _OTHER_CHANGES):
        raise InvalidInput(
            "--email stands alone.",
            "Nothing was changed.",
            "Make other changes by another command.",
        )
    changes, sell_note = services.email_changes, ""
    policy = EmailConflictPolicy(options.conflict) if options.conflict else None
    progress = await changes.find_of_customer(sheet)
    is_same = progress is not None and progress.change.new == parse_email(options.email)
    if progress is not None and progress.change.ended_at is None and is_same:
        if options.dry_run:
            return _emit_progress(progress, as_json=options.json, is_dry_run=True)
        removes_old = options.remove_old and progress.change.keeps_old
        if progress.stopped_at is not None:
            progress = await changes.resume(
                progress.change.id, sheet, policy, removes_old=removes_old
            )
        elif removes_old:
            progress = await changes.remove_old(progress.change.id, sheet)
    else:
        check = await changes.check(sheet, options.email)
        choices = EmailChangeChoices(policy, not options.remove_old, options.reason, ticket)
        if options.dry_run:
            requests = plan_email_change(sheet, check, choices)
            return _emit_check(check, policy, requests, as_json=options.json)
        progress = await changes.submit(sheet, check, choices)
        sell_note = check.sell_note if check.sell_error is not None else ""
    change_id = progress.change.id
    return await deliver_email_change(
        services, change_id, as_json=options.json, sell_note=sell_note
    )


async def deliver_email_change(
    services: WorkspaceServices, change_id: str, *, as_json: bool, sell_note: str = ""
) -> int:
    """Send an address change's steps for `fairlead edit`, print how far it is; returns the code.

    `sell_note` says why Sell's step waits, where it could not be planned.
    """
    read = services.store.email_changes.get_progress
    progress = await read(change_id)
    await deliver_and_wait(services, _edits_of(progress))
    await services.email_changes.finish(change_id)
    # An opt-out that came out looser is set again by an edit of its own, which waits for nobody.
    opened = await services.store.outbox.list_recent(open_only=True)
    await deliver_and_wait(services, [e for e in opened if _is_optout_of(e, progress.change.sid)])
    return _emit_progress(await read(change_id), as_json=as_json, sell_note=sell_note)


def _is_optout_of(edit: Edit, sid: str) -> bool:
    return edit.request.kind is EditKind.OPTOUT and edit.request.target.id == sid


def _edits_of(progress: EmailChangeProgress) -> list[Edit]:
    return [step.edit for step in progress.steps if step.edit is not None]


def _emit_progress(
    progress: EmailChangeProgress,
    *,
    as_json: bool,
    is_dry_run: bool = False,
    sell_note: str = "",
) -> int:
    found = progress.change.verification
    document: dict[str, Any] = {
        "email_change": progress.change.id,
        "edits": [edit.as_json() for edit in _edits_of(progress)],
        "steps": [step.as_json() for step in progress.steps],
        "sell_note": sell_note or None,
        "verification": found.as_json() if found is not None else None,
    }
    if is_dry_run:
        document["dry_run"] = True
    lines = [*_step_lines(progress.steps), progress.half_done_text, sell_note]
    exit_code = ExitCode.DONE if is_dry_run else _exit_code(progress)
    return emit(document, filter(None, lines), as_json=as_json, exit_code=exit_code)


def _emit_check(
    check: EmailCheck,
    policy: EmailConflictPolicy | None,
    steps: Iterable[EmailChangeStep],
    *,
    as_json: bool,
) -> int:
    ready = [StepProgress(step, StepState.READY) for step in steps]
    if check.sell_error is not None:
        ready.append(_WAITS_FOR_SELL)
    obstacle = check.find_obstacle(policy)
    document: dict[str, Any] = {
        "dry_run": True,
        "edits": [],
        "steps": [step.as_json() for step in ready],
        "check": _check_json(check),
        "obstacle": str(obstacle) if obstacle is not None else None,
    }
    lines = [
        f"Zendesk: {check.zendesk.value}{_owner_text(check)}",
        f"Sailthru: {check.sailthru.value}{_other_profile_text(check)}",
    ]
    if check.sell is not AddressState.OFF:
        who = ", ".join(one.record_id for one in check.sell_people)
        lines.append(f"Zendesk Sell: {who or check.sell_note or check.sell.value}")
    lines += [str(obstacle)] if obstacle is not None else _step_lines(ready)
    return emit(document, lines, as_json=as_json, exit_code=ExitCode.DONE)


def _owner_text(check: EmailCheck) -> str:
    owner = check.zendesk_owner
    return f" by {owner.name} (user {owner.id})" if owner is not None else ""


def _other_profile_text(check: EmailCheck) -> str:
    """Say what another profile at the new address has: what a merge would join, or keep apart."""
    other = check.other_profile
    if other is None or check.sailthru is not AddressState.OTHER_PROFILE:
        return ""
    lists = f"on {', '.join(sorted(other.lists))}" if other.lists else "on no list"
    level = other.optout.value if other.optout is not None else "not known"
    return f", {lists}, opt-out {level}, {format_count(len(other.vars), 'field', 'fields')}"


def _step_lines(steps: Iterable[StepProgress]) -> list[str]:
    return [
        f"{step.step.key}: {step.state.value}" + (f" ({step.detail})" if step.detail else "")
        for step in steps
    ]


def _exit_code(progress: EmailChangeProgress) -> int:
    stopped = progress.stopped_at
    if stopped is not None and not progress.is_given_up:
        is_failed = stopped.edit is None or stopped.edit.state is EditState.FAILED
        return ExitCode.FAILED if is_failed else ExitCode.NEEDS_PERSON
    is_left = progress.change.is_left_in_sell
    if is_left or any(edit.not_sent_reason for edit in _edits_of(progress)):
        return ExitCode.NEEDS_PERSON
    return ExitCode.DONE if progress.change.ended_at is not None else ExitCode.SERVICE_AWAY


def _check_json(check: EmailCheck) -> dict[str, Any]:
    owner, other = check.zendesk_owner, check.other_profile
    return {
        "old": check.old,
        "new": check.new,
        "zendesk": check.zendesk.value,
        "sailthru": check.sailthru.value,
        "taken_by": None if owner is None else {"id": owner.id, "name": owner.name},
        "other_profile": None
        if other is None or check.sailthru is not AddressState.OTHER_PROFILE
        else {
            "sid": other.sid,
            "lists": sorted(other.lists),
            "optout": other.optout.value if other.optout is not None else None,
        },
        "sell": [one.record_id for one in check.sell_people],
        "sell_note": check.sell_note or None,
        "refusal": check.refusal or None,
    }

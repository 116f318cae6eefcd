"""Prints a batch of `fairlead bulk` and `fairlead undo --batch`: who was found, and each edit."""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from desktop.app.cli_output import ExitCode, emit, exit_code_for
from desktop.app.commands.edit_delivery import edit_exit_code, edit_line
from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import AppError
from desktop.model.batch_approval import BatchApproval
from desktop.model.edit import Edit
from desktop.model.edit_batch import BatchAction, BatchCounts, BatchOutcome, BatchRow, EditBatch
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import PlannedOutcome

_JSON_KEYS = {
    **{one: one.value for one in BatchOutcome},
    BatchOutcome.DUPLICATE: "duplicates",
    BatchOutcome.WAITING: "not_looked_up",
}
_NAMES = {BatchOutcome.WAITING: "not looked up"}
_UNSETTLED = (BatchOutcome.WAITING, BatchOutcome.FAILED)


def add_quiet_option(parser: argparse.ArgumentParser) -> None:
    """Add what a window gives its batch processes: their output is a log, which names nobody."""
    parser.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)


async def emit_batch(
    services: WorkspaceServices,
    batch: EditBatch,
    *,
    as_json: bool,
    is_dry_run: bool = False,
    is_quiet: bool = False,
    error: AppError | None = None,
    not_changed: Collection[str] = (),
) -> int:
    """Print a batch with its rows and edits; returns the exit code.

    `error`: why the change was not made after all; it is printed with what was found. `is_quiet`:
    print counts alone. `not_changed`: addresses asked for that the undone batch has not changed.
    """
    store, now = services.store, services.context.clock.now()
    counts = await store.edit_batches.count(batch.id)
    numbers = await store.edit_batches.list_row_numbers(batch.id)
    rows = await store.edit_batches.get_rows(batch.id, numbers)
    edits = await store.outbox.list_of_batch(batch.id)
    is_part = bool(batch.undone_batch)
    own = [edit.as_json() for edit in edits if is_part or edit.request.undoes is None]
    undone = await store.outbox.list_of_batch(batch.undone_batch) if is_part else ()
    planned = [] if own else list(_planned_edits(batch, rows, undone))
    document = _batch_json(batch, counts, rows, now) | {"edits": [*own, *planned]}
    if batch.undo_asked_at is not None:
        document |= _undo_json(edits, rows)
    approvals = await services.edit_batches.list_approvals(batch)
    if is_part:
        document["undoes"] = batch.undone_batch
        document["not_changed"] = list(not_changed)
        document["approvals"] = [one.as_json() for one in approvals]
    if is_dry_run:
        document["dry_run"] = True
    if error is not None:
        document["error"] = error.as_json()
    code = exit_code_for(error) if error is not None else _exit_code(batch, counts, edits)
    lines = iter((_count_line(batch, counts),))
    if is_part:
        lines = chain(lines, _part_lines(batch, counts, approvals))
    if not is_quiet:
        left = [f"{one}  not changed by batch {batch.undone_batch}" for one in not_changed]
        lines = chain(lines, left, _lines(counts, rows, edits, error))
    if is_dry_run and error is None:
        code = ExitCode.DONE
    return emit(document, lines, as_json=as_json, exit_code=code)


async def emit_batches(services: WorkspaceServices, *, as_json: bool) -> int:
    """Print the newest batches of the workspace."""
    found = []
    for batch in await services.store.edit_batches.list_recent():
        counts = await services.store.edit_batches.count(batch.id)
        found.append(_summary_json(batch, counts))
    lines = [
        f"{one['batch']}  {one['pasted_at']}  {one['by']}  {one['state']}"
        f"  {one['totals']['found']} found, {one['totals']['edits']} changes"
        for one in found
    ]
    return emit({"batches": found}, lines, as_json=as_json)


def batch_state(batch: EditBatch, counts: BatchCounts) -> str:
    """Return in one word how far a batch is, for scripts."""
    if batch.undo_asked_at is not None:
        return "undone" if batch.undone_at is not None and not counts.open_edits else "undoing"
    if batch.applied_at is not None:
        if counts.open_edits:
            return "sending"
        return "stopped" if batch.stopped_at is not None else "done"
    if batch.undone_batch and batch.stopped_at is not None:
        return "stopped"
    if counts.of(BatchOutcome.WAITING):
        return "looking_up" if batch.is_at_work else "interrupted"
    return "previewed" if batch.planned_at is not None else "looked_up"


def _summary_json(batch: EditBatch, counts: BatchCounts) -> dict[str, Any]:
    totals: dict[str, Any] = {_JSON_KEYS[one]: counts.of(one) for one in BatchOutcome}
    totals |= {
        "profiles": counts.profiles,
        "known_here": counts.kept,
        "change": counts.changes,
        "unchanged": counts.fates.get(PlannedOutcome.UNCHANGED.value, 0),
        "skipped": counts.fates.get(PlannedOutcome.SKIPPED.value, 0),
        "edits": sum(counts.edit_states.values()),
    }
    return {
        "batch": batch.id,
        "state": batch_state(batch, counts),
        "by": batch.actor,
        "pasted_at": iso_timestamp(batch.created_at),
        "action": batch.action.as_json() if batch.action is not None else None,
        "reason": batch.reason,
        "totals": totals,
        "levels": {name or "not_known": count for name, count in sorted(counts.levels.items())},
        "consequences": [
            {"kind": one.consequence.value, "name": one.name, "people": one.people}
            for one in counts.consequences
        ],
    }


def _batch_json(
    batch: EditBatch, counts: BatchCounts, rows: Sequence[BatchRow], now: float
) -> dict[str, Any]:
    by_outcome: dict[str, list[dict[str, Json]]] = {_JSON_KEYS[one]: [] for one in BatchOutcome}
    for row in rows:
        by_outcome[_JSON_KEYS[row.found.outcome]].append(_row_json(row, now))
    return _summary_json(batch, counts) | by_outcome


def _row_json(row: BatchRow, now: float) -> dict[str, Json]:
    found = row.found
    if found.outcome in (BatchOutcome.INVALID, BatchOutcome.DUPLICATE):
        return {"line": found.row, "text": row.text, "address": row.address or None}
    said: dict[str, Json] = {"line": found.row, "text": row.text, "address": row.address}
    if found.outcome is BatchOutcome.FOUND:
        said |= {
            "label": found.label,
            "zendesk_id": found.user_id,
            "sid": found.sid or None,
            "optout": found.optout or None,
        }
    if found.outcome is not BatchOutcome.WAITING:
        said["found_on"] = "this computer" if found.is_kept else "the services"
        said["age_s"] = round(now - found.read_at, 1) if found.read_at is not None else None
    if found.detail:
        said["detail"] = found.detail
    if row.plan is not None:
        said |= {"outcome": row.plan.fate.value, "why": row.plan.why or None}
    if row.not_undone:
        said["not_undone"] = row.not_undone
    return said


def _part_lines(
    batch: EditBatch, counts: BatchCounts, approvals: Sequence[BatchApproval]
) -> Iterator[str]:
    """Yield how many get back what stood before, how many stay, and who has approved it."""
    of = counts.fates.get
    left = {
        "changed since or undone already, stay as they are": of(PlannedOutcome.UNCHANGED.value, 0),
        "can't be undone": of(PlannedOutcome.SKIPPED.value, 0),
    }
    parts = [f"{counts.changes:,} restorable"]
    parts += [f"{count:,} {words}" for words, count in left.items() if count]
    yield f"A part of batch {batch.undone_batch}: {', '.join(parts)}."
    for one in approvals:
        yield f"{one.name} {'approved it' if one.is_admin else 'asked for approval'}."


def _planned_edits(
    batch: EditBatch, rows: Sequence[BatchRow], undone: Sequence[Edit]
) -> Iterator[dict[str, Json]]:
    """Yield the changes of a batch's plan as rows of `edits` that were never queued: no id."""
    action: BatchAction | None = batch.action
    before = {
        edit.request.target.id: edit.request.old for edit in undone if not edit.request.undoes
    }
    for row in rows:
        if action is None or row.plan is None or row.plan.fate is not PlannedOutcome.UPDATE:
            continue
        yield {
            "id": None,
            "kind": action.kind.value,
            "service": Service.SAILTHRU.value,
            "target": row.found.sid,
            "customer": row.address,
            "name": action.name,
            "old": row.plan.old,
            "new": before.get(row.found.sid) if action.undoes else action.new,
            "state": "queued",
        }


def _undo_json(edits: Sequence[Edit], rows: Sequence[BatchRow]) -> dict[str, Any]:
    undos = [edit for edit in edits if edit.request.undoes is not None]
    left = {row.edit_id: row.not_undone for row in rows if row.not_undone}
    failed = {
        undo.request.undoes: undo.detail
        for undo in undos
        if undo.state.value in ("conflict", "failed")
    }
    by_id = {edit.id: edit for edit in edits}
    return {
        "undo_edits": [edit.as_json() for edit in undos],
        "not_undone": [
            {
                "edit": edit_id,
                "customer": by_id[edit_id].request.target.label if edit_id in by_id else None,
                "why": why,
            }
            for edit_id, why in (left | failed).items()
        ],
    }


def _exit_code(batch: EditBatch, counts: BatchCounts, edits: Sequence[Edit]) -> int:
    # An edit that was undone is told by its undo.
    codes = [edit_exit_code(edit.as_json()) for edit in edits]
    if batch.undo_asked_at is not None and counts.not_undone:
        codes.append(ExitCode.NEEDS_PERSON)
    if counts.of(*_UNSETTLED) and batch.applied_at is None:
        codes.append(ExitCode.NEEDS_PERSON)
    return max(codes, default=ExitCode.DONE)


def _count_line(batch: EditBatch, counts: BatchCounts) -> str:
    told = [
        f"{counts.of(one):,} {_NAMES.get(one, one.value)}" for one in BatchOutcome if counts.of(one)
    ]
    return f"Batch {batch.id}: {', '.join(told)}"


def _lines(
    counts: BatchCounts,
    rows: Sequence[BatchRow],
    edits: Sequence[Edit],
    error: AppError | None,
) -> Iterator[str]:
    for row in rows:
        if row.found.outcome is not BatchOutcome.FOUND:
            words = f": {row.found.detail}" if row.found.detail else ""
            outcome = _NAMES.get(row.found.outcome, row.found.outcome.value)
            yield f"{row.found.row}  {row.address or row.text}  {outcome}{words}"
        elif not edits:
            yield f"{row.found.row}  {row.address}  {_found_text(row)}"
    for one in counts.consequences:
        yield one.consequence.label.format(name=one.name).join((f"{one.people:,} ", ""))
    for edit in edits:
        yield edit_line(edit.as_json())
    for row in rows:
        if row.not_undone:
            yield f"{row.address}  not undone: {row.not_undone}"
    if error is not None:
        yield str(error)


def _found_text(row: BatchRow) -> str:
    where: Mapping[str, object] = {"Zendesk": row.found.user_id, "Sailthru": row.found.sid}
    words = " and ".join(name for name, there in where.items() if there)
    kept = ", saved on this computer" if row.found.is_kept else ""
    plan = ""
    if row.plan is not None:
        plan = f"  {row.plan.fate.value}" + (f": {row.plan.why}" if row.plan.why else "")
    return f"{row.found.label} in {words}{kept}{plan}"

"""View of a batch without its rows: counts, progress, what happened, and what can be done."""

from dataclasses import dataclass
from enum import StrEnum

from desktop.kit.text import format_count
from desktop.model.edit import UNDO_WINDOW_S, EditState
from desktop.model.edit_batch import (
    BATCH_UNDO_S,
    BatchCounts,
    BatchGate,
    BatchOutcome,
    BatchStage,
    EditBatch,
)
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel
from desktop.model.sync_plan import ConsequenceCount, PlannedOutcome
from desktop.viewmodels import time_format
from desktop.viewmodels.batches.batch_words import (
    change_label,
    done_text,
    people_text,
    waits_before_sending,
)
from desktop.viewmodels.syncs.plan_view import (
    PlanCountView,
    WriteConfirmation,
    consequence_text,
)
from desktop.viewmodels.syncs.sync_header_view import RunProgressView, SyncMessageView
from desktop.viewmodels.syncs.sync_labels import duration_text

# Fewer are undone more quickly than a question is read.
_CONFIRM_OVER = 50
_STAGE_WORDS = {
    BatchStage.LOOKUP: "Looking up",
    BatchStage.PLAN: "Making the preview",
    BatchStage.SEND: "Sending",
    BatchStage.UNDO: "Undoing",
}


class BatchMessageAction(StrEnum):
    """What a message on the page Many at once offers to do."""

    LOOK_UP = "look up"
    RESUME = "resume"
    UNDO = "undo"
    SHOW_NOT_MADE = "show not made"
    APPROVE = "approve"
    CANCEL = "cancel"
    SHOW_NOT_UNDONE = "show not undone"


@dataclass(frozen=True)
class BatchInputs:
    """What the view of a batch depends on besides the batch and its counts.

    `estimate_s`: how long looking up the rest takes, at `zendesk_limit` calls a minute (0: Zendesk
    is not connected). `started`: a process was started for it that has written nothing yet.
    `refusal`: why the person at work may not, or "". `account`: the workspace's name.
    """

    now: float
    estimate_s: float
    zendesk_limit: int
    started: BatchStage | None
    start_error: str
    refusal: str
    missing: str
    gate: BatchGate
    undo_gate: BatchGate
    account: str


@dataclass(frozen=True)
class BatchPageView:
    """All texts of a batch on the page Many at once, but those of its rows.

    `stop_label` is the button beside the progress; empty: nothing can be stopped. `apply_label` is
    empty before a preview, `done_change` before it was applied.
    """

    note: str
    summary: str
    list_title: str
    counts: tuple[PlanCountView, ...]
    message: SyncMessageView | None
    progress: RunProgressView | None
    stop_label: str
    done_change: str
    form_disabled_reason: str
    preview_disabled_reason: str
    consequences: tuple[str, ...]
    apply_label: str
    apply_disabled_reason: str
    confirmation: WriteConfirmation | None
    undo_confirmation: WriteConfirmation


def build_batch_view(batch: EditBatch, counts: BatchCounts, inputs: BatchInputs) -> BatchPageView:
    """Build the view of a batch on the page Many at once."""
    progress = _progress(batch, counts, inputs)
    is_applied = batch.applied_at is not None
    busy = "It is under way." if progress is not None else ""
    applied = "The change was made. Paste addresses for another one." if is_applied else ""
    # Whom it gives back what stood before is chosen: there is no change to choose.
    applied = applied or (_PART_REASON if batch.undone_batch else "")
    is_planned = batch.planned_at is not None and batch.action is not None
    nobody = "" if counts.profiles else "Nobody was found in Sailthru."
    return BatchPageView(
        note=_note(batch, counts, inputs.now),
        # Whom a part is about was found by the batch that it undoes.
        summary="" if batch.undone_batch else _summary(counts),
        list_title="Chosen customers" if batch.undone_batch else "Pasted addresses",
        counts=_counts(batch, counts),
        message=None if progress is not None else _message(batch, counts, inputs),
        progress=progress,
        stop_label=_stop_label(batch, progress),
        done_change=_done_change(batch, counts) if is_applied or batch.undone_batch else "",
        form_disabled_reason=inputs.refusal or busy or applied,
        preview_disabled_reason=inputs.refusal or busy or applied or nobody or inputs.missing,
        consequences=_consequences(counts.consequences) if is_planned else (),
        apply_label=change_label(batch.action, counts.changes)
        if is_planned and batch.action is not None and not is_applied
        else "",
        apply_disabled_reason=inputs.refusal
        or busy
        or batch.part_refusal(inputs.now)
        or inputs.gate.refusal
        or (_SECOND_PERSON if inputs.gate.needs_second else "")
        or ("" if counts.changes else "Nobody would change."),
        confirmation=_confirmation(batch, counts, inputs),
        undo_confirmation=_undo_confirmation(batch, inputs.undo_gate),
    )


def approval_text(batch: EditBatch, gate: BatchGate) -> str:
    """Say what another admin is to approve of a batch: for how many, of which batch, and why."""
    note = f" Why: {batch.reason}" if batch.reason else ""
    return f"{gate.message} They get back what stood before batch {batch.undone_batch}.{note}"


def _note(batch: EditBatch, counts: BatchCounts, now: float) -> str:
    if batch.undone_batch:
        at = time_format.format_date_and_time(batch.created_at, now)
        return f"A part of batch {batch.undone_batch}, {at} by {batch.actor}"
    pasted = format_count(counts.addresses, "address", "addresses")
    at = time_format.format_date_and_time(batch.created_at, now)
    return f"{pasted}, pasted {at} by {batch.actor}"


def _summary(counts: BatchCounts) -> str:
    """Say where the people of a batch were found, and with which opt-outs."""
    if not counts.of(BatchOutcome.FOUND):
        return ""
    parts = []
    if counts.profiles:
        levels = [
            f"{counts.levels[one.value]:,} {_level_text(one, counts.levels[one.value])}"
            for one in OptOutLevel
            if counts.levels.get(one.value)
        ]
        if counts.levels.get(""):
            levels.append(f"{counts.levels['']:,} {LEVEL_NOT_KNOWN_LABEL.lower()}")
        parts.append(f"{counts.profiles:,} in Sailthru: {', '.join(levels)}")
    only = counts.of(BatchOutcome.FOUND) - counts.profiles
    if only:
        parts.append(f"{only:,} in Zendesk only")
    if counts.kept:
        parts.append(f"{counts.kept:,} known on this computer")
    return " · ".join(parts)


def _level_text(level: OptOutLevel, count: int) -> str:
    if level is OptOutLevel.NONE:
        return "gets everything" if count == 1 else "get everything"
    return level.label[:1].lower() + level.label[1:]


def _counts(batch: EditBatch, counts: BatchCounts) -> tuple[PlanCountView, ...]:
    def of(outcome: BatchOutcome, label: str, tone: str) -> PlanCountView:
        return PlanCountView(outcome.value, counts.of(outcome), label, tone)

    total = sum(counts.outcomes.values())
    found = [PlanCountView("", total, "chosen" if batch.undone_batch else "pasted", "text")]
    if batch.planned_at is None:
        found.append(of(BatchOutcome.FOUND, "found", "text"))
    else:
        unchanged = counts.fates.get(PlannedOutcome.UNCHANGED.value, 0)
        skipped = counts.fates.get(PlannedOutcome.SKIPPED.value, 0)
        change = "changes" if batch.applied_at is not None else "will change"
        found += [
            PlanCountView(PlannedOutcome.UPDATE.value, counts.changes, change, "text"),
            PlanCountView(PlannedOutcome.UNCHANGED.value, unchanged, "stay as they are", "muted"),
            PlanCountView(PlannedOutcome.SKIPPED.value, skipped, "can't change", "warn"),
        ]
    if counts.of(BatchOutcome.WAITING):
        found.append(of(BatchOutcome.WAITING, "not looked up", "warn"))
    # Whom a batch takes back were found by the one before.
    if not batch.undone_batch:
        found += [
            of(BatchOutcome.MISSING, "missing", "muted"),
            of(BatchOutcome.AMBIGUOUS, "ambiguous", "warn"),
        ]
        if counts.of(BatchOutcome.FAILED):
            found.append(of(BatchOutcome.FAILED, "not read", "bad"))
        found += [
            of(BatchOutcome.INVALID, "invalid", "bad"),
            of(BatchOutcome.DUPLICATE, "duplicates", "muted"),
        ]
    if not_made := _not_made(counts):
        found.append(PlanCountView("conflict", not_made, "not made", "bad"))
    if counts.not_undone:
        found.append(PlanCountView("not_undone", counts.not_undone, "not undone", "warn"))
    return tuple(found)


def _not_made(counts: BatchCounts) -> int:
    states = (EditState.CONFLICT, EditState.FAILED)
    return sum(counts.edit_states.get(state.value, 0) for state in states)


def _progress(batch: EditBatch, counts: BatchCounts, inputs: BatchInputs) -> RunProgressView | None:
    goes_on = "keeps running if you close the window"
    if inputs.started is not None and not batch.is_at_work:
        return RunProgressView("", f"{_STAGE_WORDS[inputs.started]}…", goes_on, None, False)
    if not batch.is_at_work:
        return None
    done, total = batch.done, batch.total
    if batch.stage is BatchStage.SEND:
        done = max(0, total - counts.open_edits)
    words = _STAGE_WORDS.get(batch.stage, "Starting")
    waits_s = _undo_wait_s(batch, counts, inputs.now)
    if waits_s > 0:
        return RunProgressView(
            batch.id,
            "You have 10 s to undo.",
            "Then Sailthru may start e-mail flows.",
            1 - waits_s / UNDO_WINDOW_S,
            batch.is_cancel_requested,
        )
    share = min(1.0, done / total) if total else None
    detail = f"{done:,} of {total:,}" if total else goes_on
    if batch.begun_at is not None and 0 < done < total:
        elapsed_s = max(0.0, inputs.now - batch.begun_at)
        left_s = elapsed_s / done * (total - done)
        if left_s >= 1:
            detail += f", {duration_text(left_s)} left"
    return RunProgressView(batch.id, words, detail, share, batch.is_cancel_requested, goes_on)


def _undo_wait_s(batch: EditBatch, counts: BatchCounts, now: float) -> float:
    """Return how many seconds a batch's changes still wait for an undo; 0: they are being sent."""
    if batch.action is None or batch.applied_at is None or batch.undo_asked_at is not None:
        return 0.0
    if not counts.edit_states.get(EditState.WAITING.value):
        return 0.0
    return max(0.0, batch.applied_at + UNDO_WINDOW_S - now)


def _stop_label(batch: EditBatch, progress: RunProgressView | None) -> str:
    if progress is None or batch.stage is BatchStage.UNDO or batch.undo_asked_at is not None:
        return ""
    return "Stop" if batch.applied_at is not None else "Cancel"


def _message(batch: EditBatch, counts: BatchCounts, inputs: BatchInputs) -> SyncMessageView | None:
    if inputs.start_error:
        return SyncMessageView("bad", "It did not start.", inputs.start_error, _RESUME_ACTIONS)
    if batch.error:
        return SyncMessageView("bad", "It has stopped.", batch.error, _RESUME_ACTIONS)
    if batch.undo_asked_at is not None:
        return _undone_message(batch, counts)
    if batch.applied_at is not None:
        return _applied_message(batch, counts, inputs.now)
    if waiting := counts.of(BatchOutcome.WAITING):
        return _waiting_message(batch, counts, waiting, inputs)
    if refusal := batch.part_refusal(inputs.now):
        return SyncMessageView("info", refusal, "Nothing was changed. Undo the part once more.")
    if inputs.gate.needs_second and not inputs.gate.refusal:
        return SyncMessageView("warn", inputs.gate.message, _SECOND_PERSON, _APPROVE_ACTIONS)
    if inputs.gate.second is not None:
        words = inputs.gate.second.words
        title = f"{words[:1].upper()}{words[1:]}."
        return SyncMessageView("info", title, "You can undo it now. Both names are recorded.")
    if inputs.gate.message and batch.planned_at is not None:
        text = inputs.gate.refusal.removeprefix(inputs.gate.message).strip()
        return SyncMessageView(
            "warn", inputs.gate.message, text or "You can let it pass once, by their number."
        )
    return None


_SECOND_PERSON = "It takes a second person: an admin who is somebody else has to approve it."
_PART_REASON = "It gives back what stood before. Paste addresses for another change."
_APPROVE_ACTIONS = (
    (BatchMessageAction.APPROVE, "Ask another admin…"),
    (BatchMessageAction.CANCEL, "Cancel the undo"),
)
_RESUME_ACTIONS = ((BatchMessageAction.RESUME, "Resume"),)


def _waiting_message(
    batch: EditBatch, counts: BatchCounts, waiting: int, inputs: BatchInputs
) -> SyncMessageView:
    others = "the other " if counts.kept else ""
    takes = duration_text(inputs.estimate_s)
    text = "Sailthru answers some hundred a second."
    if inputs.zendesk_limit:
        text = (
            f"Zendesk answers one address at a time, {inputs.zendesk_limit:,} calls a minute;"
            " a quarter is left to people at work."
        )
    if batch.stage is BatchStage.LOOKUP:
        title = f"The look-up was stopped. The other {waiting:,} take {takes}."
        return SyncMessageView("info", title, text, _RESUME_ACTIONS)
    count = format_count(waiting, "address", "addresses")
    return SyncMessageView(
        "info",
        f"Looking up {others}{count} takes {takes}.",
        text,
        ((BatchMessageAction.LOOK_UP, f"Look up {waiting:,}"),),
    )


def _applied_message(batch: EditBatch, counts: BatchCounts, now: float) -> SyncMessageView:
    action = batch.action
    done = counts.edit_states.get(EditState.DONE.value, 0)
    title = f"{done_text(action, done)}." if action is not None else ""
    parts = []
    actions: list[tuple[str, str]] = []
    tone = "info"
    if _undo_wait_s(batch, counts, now):
        parts.append("You have 10 s to undo. Then Sailthru may start e-mail flows.")
    elif counts.open_edits:
        parts.append(f"{counts.open_edits:,} {_wait(counts.open_edits)} to be sent.")
    if withdrawn := counts.edit_states.get(EditState.UNDONE.value, 0):
        parts.append(f"{people_text(withdrawn)} stopped or undone before.")
    if not_made := _not_made(counts):
        tone = "warn"
        parts.append(f"{format_count(not_made, 'change was', 'changes were')} not made.")
        actions.append((BatchMessageAction.SHOW_NOT_MADE, "Show them"))
    if not batch.undo_refusal(now):
        until = time_format.format_date_and_time((batch.applied_at or now) + BATCH_UNDO_S, now)
        parts.append(f"You can undo all of it until {until}.")
        actions.append((BatchMessageAction.UNDO, "Undo all"))
    else:
        parts.append("You can undo single changes on the Activity page.")
    return SyncMessageView(
        "warn" if tone == "warn" else "info", title, " ".join(parts), tuple(actions)
    )


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"


def _undone_message(batch: EditBatch, counts: BatchCounts) -> SyncMessageView:
    if batch.undone_at is None:
        return SyncMessageView("warn", "The undo has stopped halfway.", "", _RESUME_ACTIONS)
    undone = counts.edit_states.get(EditState.UNDONE.value, 0)
    if counts.open_edits:
        words = format_count(counts.open_edits, "undo waits", "undos wait")
        return SyncMessageView("info", f"{words} to be sent.")
    title = f"Undone for {people_text(undone)}."
    if not counts.not_undone:
        return SyncMessageView("info", title)
    left = f"{people_text(counts.not_undone)} changed since then and stay as they are."
    actions = ((BatchMessageAction.SHOW_NOT_UNDONE, "Show them"),)
    return SyncMessageView("warn", title, left, actions)


def _done_change(batch: EditBatch, counts: BatchCounts) -> str:
    """Describe the change of an applied batch: what, why, and for which ticket."""
    if batch.action is None:
        return ""
    made = sum(counts.edit_states.values()) if batch.applied_at is not None else counts.changes
    lines = [change_label(batch.action, made)]
    if batch.reason:
        lines.append(f"Why: {batch.reason}")
    if batch.ticket is not None:
        lines.append(f"Ticket: #{batch.ticket}")
    if batch.undone_batch:
        lines.append("Each gets back what stood before; who was changed since stays as they are.")
    lines.append("Paste addresses again for another change.")
    return "\n".join(lines)


def _consequences(found: tuple[ConsequenceCount, ...]) -> tuple[str, ...]:
    return tuple(
        f"{one.people:,} {consequence_text(one.consequence, one.name, one.people)}" for one in found
    )


def _confirmation(
    batch: EditBatch, counts: BatchCounts, inputs: BatchInputs
) -> WriteConfirmation | None:
    """Build the one question before a batch is applied; None: it is small and can be undone."""
    gate, action = inputs.gate, batch.action
    if action is None or (gate.changes <= _CONFIRM_OVER and not gate.must_type):
        return None
    label = change_label(action, gate.changes)
    noticed = "; ".join(_consequences(counts.consequences))
    waits = (
        " You have 10 s to undo before anything is sent." if waits_before_sending(action) else ""
    )
    passes = " This lets it pass once; your name is recorded." if gate.message else ""
    undone = "" if batch.undone_batch else " You can undo all of it for 24 hours."
    return WriteConfirmation(
        f"{label}?",
        f"{_production_text(gate)}{gate.message}{passes} It changes {people_text(gate.changes)} in"
        f" Sailthru ({inputs.account}).{waits} Each is checked again right before writing."
        f"{undone}".strip(),
        noticed,
        label,
        str(gate.changes) if gate.must_type else "",
    )


def _undo_confirmation(batch: EditBatch, gate: BatchGate) -> WriteConfirmation:
    people = people_text(gate.changes)
    flows = ""
    if batch.action is not None and waits_before_sending(batch.action):
        flows = " E-mail flows that have started are not recalled."
    return WriteConfirmation(
        f"Undo for {people}?",
        f"{_production_text(gate)}Each gets back what stood there before. Who was changed since"
        f" stays as they are.{flows}",
        "",
        f"Undo for {people}",
        str(gate.changes) if gate.must_type else "",
    )


def _production_text(gate: BatchGate) -> str:
    return "This is production. " if gate.is_production else ""

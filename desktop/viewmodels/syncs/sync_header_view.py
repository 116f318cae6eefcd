"""View of the chosen sync's header: switch and buttons with reasons, progress, a message."""

from dataclasses import dataclass
from enum import StrEnum

from desktop.kit.text import format_count
from desktop.model.rule_trigger import PREVIEW_DAYS
from desktop.model.sync_plan import PlanState
from desktop.model.sync_run import Run, RunProgress, RunState
from desktop.model.sync_schedule import parse_schedule_rule
from desktop.sync.missing_resources import MissingResource
from desktop.sync.rule_text import stuck_pause_text
from desktop.sync.sync_snapshot import SyncSnapshot
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.sync_labels import (
    duration_text,
    lower_first,
    stage_label,
    totals_text,
)
from desktop.viewmodels.tone import BannerTone

# Codes of what prevents a preview too; a sync that is off may still be previewed.
_PREVIEW_BLOCKERS = ("unsaved", "permission", "connection", "running")


class MessageAction(StrEnum):
    """What a message about a sync or its preview offers to do."""

    CREATE_MISSING = "create"
    CHECK = "check"
    PREVIEW = "preview"
    RESUME = "resume"
    SHOW_HISTORY = "history"
    SHOW_NEWEST = "newest"
    CLOSE = "close"
    RESTORE = "restore"


_RESUME_ACTIONS = ((MessageAction.RESUME, "Resume"), (MessageAction.SHOW_HISTORY, "Show the run"))


@dataclass(frozen=True)
class RunProgressView:
    """Progress of the sync's run or preview; `fraction` is 0 to 1, None if unknown.

    `tip` says how many calls it took and what the services still allow.
    """

    run_id: str
    text: str
    detail: str
    fraction: float | None
    is_cancelling: bool
    tip: str = ""


@dataclass(frozen=True)
class SyncMessageView:
    """What has happened to a sync or preview. `actions` are (key, label) of buttons."""

    tone: BannerTone
    title: str
    text: str = ""
    actions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SyncHeaderView:
    """View of the chosen sync's header; `status_text` stands below it, in every state.

    `offers_run_here`: its scheduled runs do not happen on this computer, and that can be changed.
    """

    sync_name: str
    title: str
    is_on: bool
    switch_disabled_reason: str
    preview_disabled_reason: str
    run_disabled_reason: str
    disabled_reason: str
    status_text: str
    offers_run_here: bool
    note: str
    is_favourite: bool
    description: str
    labels: tuple[str, ...]
    progress: RunProgressView | None
    message: SyncMessageView | None
    can_change: bool
    retry_disabled_reason: str


@dataclass(frozen=True)
class PendingProcess:
    """A run process started from the page that has written nothing yet: `kind` is run or plan."""

    kind: str
    at: float
    run_before: str
    plan_before: str


@dataclass(frozen=True)
class HeaderInputs:
    """What a sync's header depends on besides the sync's snapshot."""

    now: float
    pending_process: PendingProcess | None = None
    busy_text: str = ""
    absences: tuple[MissingResource, ...] = ()
    can_create_missing: bool = False
    rows_per_second: float | None = None
    runs_here: bool = False
    is_run_here_managed: bool = False
    error_message: SyncMessageView | None = None


def build_sync_header(snapshot: SyncSnapshot, inputs: HeaderInputs) -> SyncHeaderView:
    """Build the view of the chosen sync's header."""
    sync = snapshot.sync
    blockers = {missing.code: missing.message for missing in snapshot.missing_requirements}
    starting = "It is starting." if inputs.pending_process else ""
    preview = next((blockers[code] for code in _PREVIEW_BLOCKERS if code in blockers), "")
    first = snapshot.missing_requirements[0].message if snapshot.missing_requirements else ""
    permission = blockers.get("permission", "")
    # A stopped plan waits for its limit: another try would not help.
    reason = _visible_disabled_reason(blockers)
    waits = snapshot.sync_state.waiting_count > int(snapshot.is_stopped_by_limit)
    return SyncHeaderView(
        sync_name=sync.name,
        title=sync.title,
        is_on=sync.on,
        switch_disabled_reason=permission
        or inputs.busy_text
        or ("" if sync.on else blockers.get("changes_off") or blockers.get("connection", "")),
        preview_disabled_reason=preview or _running_text(snapshot) or starting,
        run_disabled_reason=first or _running_text(snapshot) or starting,
        disabled_reason=reason,
        status_text=reason or _status_text(snapshot, inputs),
        offers_run_here=not reason
        and sync.on
        and bool(sync.schedule)
        and not inputs.runs_here
        and not inputs.is_run_here_managed,
        note=_plan_note(snapshot, inputs.now),
        is_favourite=sync.favourite,
        description=sync.description,
        labels=sync.labels,
        progress=_build_progress(snapshot, inputs),
        message=inputs.error_message or _build_message(snapshot, inputs),
        can_change=not permission,
        retry_disabled_reason=first or ("" if waits else "No rows are waiting."),
    )


def _running_text(snapshot: SyncSnapshot) -> str:
    return "It is running." if snapshot.active_run is not None else ""


def _visible_disabled_reason(blockers: dict[str, str]) -> str:
    """Return what keeps the sync from running, where the Sync page does not show it anyway."""
    for code in ("permission", "changes_off", "connection"):
        if code in blockers:
            return blockers[code]
    return ""


def _status_text(snapshot: SyncSnapshot, inputs: HeaderInputs) -> str:
    """Say in the sync's header whether it is on and how often it runs on this computer."""
    sync = snapshot.sync
    stuck = stuck_pause_text(snapshot.sync_state)
    if stuck:
        return f"Off. {stuck}"
    if not sync.on and sync.is_rule:
        # The rows below it are no work that waits.
        return (
            f"Off. Preview shows to whom it happened in the last {PREVIEW_DAYS} days. Switched on,"
            " the rule acts on what happens from then on."
        )
    if not sync.on:
        return "Off. Preview shows what it would do."
    if not sync.schedule:
        return "On. It runs when you start it; the tab Schedule can change that."
    often = lower_first(parse_schedule_rule(sync.schedule).description)
    if not inputs.runs_here:
        return f"On, {often}. Scheduled syncs don't run on this computer."
    if snapshot.sync_state.pause_reason:
        return f"On, {often}; paused."
    next_at = snapshot.sync_state.next_run_at
    if next_at is None:
        return f"On. Runs {often}."
    return f"On. Runs {often}, next {time_format.format_date_and_time(next_at, inputs.now)}."


def _plan_note(snapshot: SyncSnapshot, now: float) -> str:
    plan = snapshot.plan
    if plan is None:
        return ""
    at = time_format.format_date_and_time(plan.created_at, now).removeprefix("today ")
    read = format_count(plan.records_read, *snapshot.sync.noun)
    if plan.source_record_count != plan.records_read:
        read += f" read, {plan.source_record_count:,} included"
    else:
        read += " read"
    if plan.state in (PlanState.READY, PlanState.STOPPED):
        return f"{at}, {read}, nothing written"
    return f"{at}, {read}"


def _build_progress(snapshot: SyncSnapshot, inputs: HeaderInputs) -> RunProgressView | None:
    run = snapshot.active_run
    if run is None:
        if inputs.pending_process is None:
            return None
        words = "Starting the preview…" if inputs.pending_process.kind == "plan" else "Starting…"
        return RunProgressView("", words, "keeps running if you close the window", None, False)
    progress, target = run.progress, snapshot.sync.target_service
    words = stage_label(run, target)
    if run.trigger == "preview":
        words = f"Preview: {lower_first(words)}"
    share = None
    if progress.total:
        share = min(1.0, progress.done / progress.total)
    return RunProgressView(
        run.id,
        words,
        _progress_detail(progress),
        share,
        run.is_cancel_requested,
        _progress_tip(progress, inputs.rows_per_second),
    )


def _progress_detail(progress: RunProgress) -> str:
    """Say in the sync's header how far a run is: “412 of 1,105, about 2 min left”."""
    if not progress.total:
        return f"{progress.done:,} so far" if progress.done else ""
    done = f"{progress.done:,} of {progress.total:,}"
    # Of the last second nobody needs to know.
    if progress.eta_s is None or progress.eta_s < 1:
        return done
    return f"{done}, {duration_text(progress.eta_s)} left"


def _progress_tip(progress: RunProgress, rate: float | None) -> str:
    parts = []
    if progress.calls:
        parts.append(format_count(progress.calls, "call", "calls"))
    # Less than one a second would show as 0.
    if rate is not None and rate >= 1:
        parts.append(f"{rate:,.0f} a second")
    if progress.budget:
        parts.append(progress.budget)
    return " · ".join(parts)


def _build_message(snapshot: SyncSnapshot, inputs: HeaderInputs) -> SyncMessageView | None:
    if inputs.absences:
        words = " ".join(absence.message for absence in inputs.absences)
        tone: BannerTone = "warn"
        title = "Something is missing."
        if all(absence.comes_by_itself for absence in inputs.absences):
            tone, title = "info", "Some lists are not there yet."
            names = ", ".join(f"“{absence.name}”" for absence in inputs.absences)
            words = f"The first lead of each status makes its list: {names}."
        elif any(absence.is_required for absence in inputs.absences):
            title = "Something is missing, so the sync does not run."
        creatable = [absence for absence in inputs.absences if absence.is_creatable]
        if not creatable:
            return SyncMessageView("warn", title, words, ((MessageAction.CLOSE, "Close"),))
        create = "Create it" if len(creatable) == 1 else "Create them"
        if not inputs.can_create_missing:
            return SyncMessageView(tone, title, f"{words} An admin can create it here.")
        return SyncMessageView(
            tone,
            title,
            words,
            (
                (MessageAction.CREATE_MISSING, create),
                (MessageAction.CLOSE, "Not now"),
            ),
        )
    if snapshot.active_run is not None or inputs.pending_process is not None:
        return None
    if snapshot.sync.on and not snapshot.sync.checked_at:
        return SyncMessageView(
            "warn",
            "Check the sync again before it runs.",
            "What it reads or writes has changed.",
            ((MessageAction.CHECK, "Check now"),),
        )
    preview, run = snapshot.preview_run, snapshot.last_run
    if preview is not None and preview.state in (RunState.FAILED, RunState.INTERRUPTED):
        why = preview.error or "Its process ended too early."
        return SyncMessageView(
            "bad", "The preview could not be made.", why, ((MessageAction.PREVIEW, "Try again"),)
        )
    return _last_run_message(snapshot, run) if run is not None else None


def _last_run_message(snapshot: SyncSnapshot, run: Run) -> SyncMessageView | None:
    done = totals_text(run.totals)
    written = any(run.totals.get(key) for key in ("created", "updated"))
    # What was sent and not read back may stand there.
    kept = f"So far: {done}." if written else "No change is confirmed yet."
    if run.state is RunState.FAILED:
        return SyncMessageView(
            "bad",
            "The last run stopped before it was done.",
            f"{run.error} {kept} Resume continues where it stopped; nothing is written twice.",
            _RESUME_ACTIONS,
        )
    if run.state is RunState.INTERRUPTED:
        return SyncMessageView(
            "bad",
            "The last run was interrupted.",
            f"Its process ended. {kept} Resume continues where it stopped.",
            _RESUME_ACTIONS,
        )
    if (
        run.state is RunState.CANCELLED
        and snapshot.plan
        and snapshot.plan.state is PlanState.APPLYING
    ):
        return SyncMessageView(
            "info",
            "The last run was cancelled.",
            f"{kept} Resume writes the rest.".strip(),
            _RESUME_ACTIONS[:1],
        )
    return None

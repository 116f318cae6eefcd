"""View of a sync as a card in the list: direction, state, last and next run in words."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.sync_run import RunState
from desktop.sync.sync_presets import PresetNames
from desktop.sync.sync_snapshot import SyncSnapshot
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.sync_labels import (
    lower_first,
    next_run_label,
    not_written_text,
    source_label,
    stage_label,
    target_label,
    written_text,
)


@dataclass(frozen=True)
class SyncCardView:
    """All texts of a sync card; `tooltip` says what does not fit.

    `last_run_text` begins with `urgent_text`: what waits for a person is never cut first.
    """

    sync_name: str
    title: str
    state_label: str
    state_tone: str
    source: str
    target: str
    last_run_text: str
    next_run_text: str
    is_favourite: bool
    needs_person: bool
    tooltip: str
    urgent_text: str = ""

    @property
    def accessible_text(self) -> str:
        """The whole sync card as one sentence, for screen readers."""
        parts = [
            self.state_label,
            f"{self.source} to {self.target}",
            self.last_run_text,
            self.next_run_text,
        ]
        return ". ".join(part for part in parts if part)


def build_sync_card(
    snapshot: SyncSnapshot, names: PresetNames, now: float, *, starting: bool
) -> SyncCardView:
    """Build a sync card; `starting`: its process was started and has written nothing yet."""
    sync = snapshot.sync
    label, tone = _state_label(snapshot, starting)
    urgent, rest = _last_run_texts(snapshot, now)
    last, following = (
        f"{urgent}, {rest}" if urgent and rest else urgent or rest,
        _next_run_text(snapshot, now),
    )
    return SyncCardView(
        sync_name=sync.name,
        title=sync.title,
        state_label=label,
        state_tone=tone,
        source=source_label(sync, names),
        target=target_label(sync, names),
        last_run_text=last,
        next_run_text=following,
        is_favourite=sync.favourite,
        needs_person=snapshot.needs_person,
        tooltip=_tooltip(snapshot, last, following),
        urgent_text=urgent,
    )


def _next_run_text(snapshot: SyncSnapshot, now: float) -> str:
    if not snapshot.sync.on:
        return ""
    return (
        "paused"
        if snapshot.sync_state.pause_reason
        else next_run_label(snapshot.sync, snapshot.sync_state.next_run_at, now)
    )


def _state_label(snapshot: SyncSnapshot, starting: bool) -> tuple[str, str]:
    running = snapshot.active_run
    if running is not None:
        return ("Previewing" if running.trigger == "preview" else "Running"), "info"
    if starting:
        return "Starting", "info"
    last = snapshot.last_run.state if snapshot.last_run is not None else None
    # What needs a person comes before how the last run ended.
    if snapshot.is_stopped_by_limit:
        return "Waiting for you", "warn"
    if last in (RunState.FAILED, RunState.INTERRUPTED):
        return "Failed", "bad"
    if snapshot.waiting_row_count:
        return "Needs correction", "warn"
    return ("On", "ok") if snapshot.sync.on else ("Off", "neutral")


def _last_run_texts(snapshot: SyncSnapshot, now: float) -> tuple[str, str]:
    """Return a sync card's texts on the last run: what waits for a person, then the rest."""
    running = snapshot.active_run
    if running is not None:
        done, total = running.progress.done, running.progress.total
        if total:
            return "", f"{done:,} of {total:,}"
        stage = lower_first(stage_label(running, snapshot.sync.target_service))
        # While it is reading the total is not known.
        return "", f"{done:,} read" if done else stage
    run = snapshot.last_run
    if run is None:
        return "", "never run"
    at = time_format.format_time_or_date(run.ended_at or run.started_at, now)
    if run.state in (RunState.FAILED, RunState.INTERRUPTED):
        return f"{at}: stopped", ""
    if run.state is RunState.CANCELLED:
        return "", f"{at}: cancelled"
    if run.state is RunState.WAITING:
        return f"{at}: nothing written", ""
    waiting, rest = not_written_text(run.totals), written_text(run.totals)
    if waiting:
        wrote = run.totals.get("created") or run.totals.get("updated")
        return f"{at}: {waiting}", rest if wrote else ""
    return "", f"{at}: {rest or 'nothing to change'}"


def _tooltip(snapshot: SyncSnapshot, last: str, following: str) -> str:
    lines = [snapshot.sync.description, last, following and f"Next: {following}"]
    if snapshot.sync.labels:
        lines.append(f"Labels: {', '.join(snapshot.sync.labels)}")
    if snapshot.sync_state.pause_reason:
        lines.append(snapshot.sync_state.pause_reason)
    if snapshot.waiting_row_count:
        lines.append(
            format_count(snapshot.waiting_row_count, "row waits for you", "rows wait for you")
        )
    return "\n".join(line for line in lines if line)

"""The notification after a run: whether one is sent, and its text.

Never a customer: rows are numbers here. Pure; sending is somebody else's.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from desktop.model.sync import NotificationSettings, Sync
from desktop.model.sync_run import RUN_OUTCOMES, Run, RunState
from desktop.model.time_zone import local_time, parse_time_zone

_DAY_S = 86_400.0

TextRedactor = Callable[[str], str]


@dataclass(frozen=True)
class RunNotification:
    """A run's notification: `title` is one line, `summary` a sentence or two, `text` the letter."""

    title: str
    summary: str
    body: str
    needs_attention: bool


def needs_attention(run: Run) -> bool:
    """Whether a run's notification says that it needs a person: failed, waits, refused rows."""
    if run.state is RunState.DONE:
        return bool(run.totals.get("failed"))
    return run.state in (RunState.FAILED, RunState.WAITING, RunState.INTERRUPTED)


def should_notify(notify: NotificationSettings, run: Run, before: Run | None) -> bool:
    """Whether a sync's settings ask for a notification of this run after the run `before`.

    A schedule that fails every five minutes in the same way is told once a day.
    """
    if notify.on_run:
        return True
    if not (notify.on_failure and needs_attention(run)):
        return False
    same = (
        before is not None
        and needs_attention(before)
        and (run.state, run.error_code) == (before.state, before.error_code)
    )
    if run.trigger != "schedule" or before is None or not same:
        return True
    return run.started_at // _DAY_S != before.started_at // _DAY_S


def build_run_notification(
    sync: Sync, run: Run, workspace: str, zone: str, clean: TextRedactor
) -> RunNotification:
    """Build a run's notification; `clean` masks addresses and secrets in error texts."""
    title = f"{sync.title}: {_STATE_LABELS[run.state]}"
    if run.state is RunState.DONE and needs_attention(run):
        title = f"{sync.title}: {_ROWS_REFUSED_TEXT}"
    totals = ", ".join(
        f"{run.totals[name]:,} {name}" for name in RUN_OUTCOMES if run.totals.get(name)
    )
    totals = totals or "nothing to do"
    what, error = next_step_text(run), run.error.strip()
    lines = [
        f"{title}.",
        "",
        f"Sync:       {sync.title} ({sync.name})",
        f"Workspace:  {workspace}",
        f"Run:        {run.id}, {_TRIGGER_LABELS.get(run.trigger, run.trigger)}",
        f"Time:       {_format_time_span(run, zone)}",
        f"State:      {run.state.value}",
        f"Customers:  {totals}",
    ]
    if error:
        lines += ["", error]
    if what:
        lines += ["", f"What to do: {what}"]
    lines += ["", f"Row by row: fairlead sync show {run.id} --workspace “{workspace}”"]
    summary = " ".join(part for part in (f"{totals.capitalize()}.", error) if part)
    return RunNotification(
        clean(title), clean(summary), clean("\n".join(lines)) + "\n", needs_attention(run)
    )


def next_step_text(run: Run) -> str:
    """Say in a run's notification what a person does next, or ""."""
    if run.state is RunState.DONE:
        return _LOOK_AT_ROWS_TEXT if needs_attention(run) else ""
    if run.state is RunState.FAILED:
        return _NEXT_STEP_BY_ERROR.get(run.error_code, _TRY_AGAIN_TEXT).format(
            sync=shlex.quote(run.sync), run=run.id
        )
    return _NEXT_STEP_BY_STATE.get(run.state, "").format(sync=shlex.quote(run.sync), run=run.id)


def _format_time_span(run: Run, zone: str) -> str:
    began = local_time(run.started_at, parse_time_zone(zone))
    text = began.strftime("%Y-%m-%d %H:%M")
    if run.ended_at is not None:
        ended = local_time(run.ended_at, parse_time_zone(zone))
        form = "%H:%M" if ended.date() == began.date() else "%Y-%m-%d %H:%M"
        text = f"{text} to {ended.strftime(form)}"
    return f"{text} ({zone})"


_ROWS_REFUSED_TEXT = "some rows were refused"
_STATE_LABELS = {
    RunState.PLANNED: "planned",
    RunState.RUNNING: "running",
    RunState.WAITING: "waits for you",
    RunState.INTERRUPTED: "was interrupted",
    RunState.CANCELLED: "was cancelled",
    RunState.FAILED: "failed",
    RunState.DONE: "done",
}
_TRIGGER_LABELS = {
    "manual": "started by hand",
    "schedule": "by schedule",
    "retry": "another try",
    "rollback": "taking back",
}
_LOOK_AT_ROWS_TEXT = (
    "Open Sync in Fairlead and look at what needs correction; the next run tries again."
)
_TRY_AGAIN_TEXT = "Look at the run in Fairlead; `fairlead sync run {sync} --resume {run}` goes on."
_NEXT_RUN_RETRIES_TEXT = "Nothing, if the service is back: the next run tries again."
_NEXT_STEP_BY_ERROR = {
    "auth_lost": (
        "Sign in again in Settings, then `fairlead sync run {sync} --resume {run}`. The schedule"
        " of this sync is paused until then."
    ),
    "not_permitted": (
        "An admin decides who may run syncs and whether changes are on, in Settings. What was not"
        " sent waits: `fairlead sync run {sync} --resume {run}` goes on once it may."
    ),
    "forbidden": "Ask an admin for the right that is missing; `fairlead doctor` names it.",
    **dict.fromkeys(
        ("offline", "timed_out", "rate_limited", "service_trouble"), _NEXT_RUN_RETRIES_TEXT
    ),
}
_NEXT_STEP_BY_STATE = {
    RunState.WAITING: (
        "Nothing was written. Open Sync in Fairlead, look at what the limit stopped, and let it"
        " pass once or change the sync."
    ),
    RunState.INTERRUPTED: _TRY_AGAIN_TEXT,
}

"""The head of the chosen sync: its switch and buttons with their reasons, and what is under way."""

from dataclasses import dataclass

from desktop.kit.text import plural
from desktop.model.edit import Service
from desktop.model.goal import Goal
from desktop.model.plan import PlanState
from desktop.model.run import Run, RunState
from desktop.sync.goals import Absence
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.look import SyncLook
from desktop.viewmodels.syncs.words import begun_small, span, stage_words, totals_words

# What keeps a preview away; a sync that is off may still be previewed.
_KEEP_PREVIEW = ("unsaved", "permission", "connection", "running")


@dataclass(frozen=True)
class LiveView:
    """What is under way. `share` is 0 to 1, None while the whole is not known."""

    run: str
    words: str
    detail: str
    share: float | None
    cancelling: bool


@dataclass(frozen=True)
class MessageView:
    """What has happened, in its place. `acts` are (key, words); `tone` info, warn or bad."""

    tone: str
    title: str
    text: str = ""
    acts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class HeadView:
    """`why_not` is the visible sentence of what keeps it from running, empty when nothing does."""

    goal: str
    title: str
    on: bool
    switch_why_not: str
    preview_why_not: str
    run_why_not: str
    why_not: str
    note: str
    favourite: bool
    description: str
    labels: tuple[str, ...]
    live: LiveView | None
    message: MessageView | None
    may_change: bool
    retry_why_not: str


@dataclass(frozen=True)
class Begun:
    """What somebody has asked for and no process has told of yet: `kind` is run or plan."""

    kind: str
    at: float
    run_before: str
    plan_before: str


@dataclass(frozen=True)
class Around:
    """What else the head depends on: what was begun, what is looked into, the last check."""

    now: float
    begun: Begun | None = None
    busy: str = ""
    absences: tuple[Absence, ...] = ()
    may_make: bool = False
    rate: float | None = None
    trouble: MessageView | None = None


def head_of(sync: SyncLook, around: Around) -> HeadView:
    """The head of one sync."""
    goal = sync.goal
    keeps = {missing.code: missing.words for missing in sync.missing}
    begun = "It is starting." if around.begun else ""
    preview = next((keeps[code] for code in _KEEP_PREVIEW if code in keeps), "")
    first = sync.missing[0].words if sync.missing else ""
    permission = keeps.get("permission", "")
    waits = sync.state.waiting > int(sync.stopped)
    return HeadView(
        goal=goal.name,
        title=goal.title,
        on=goal.on,
        switch_why_not=permission
        or around.busy
        or ("" if goal.on else keeps.get("connection", "")),
        preview_why_not=preview or _running(sync) or begun,
        run_why_not=first or _running(sync) or begun,
        why_not=_visible_reason(goal, keeps),
        note=_note(sync, around.now),
        favourite=goal.favourite,
        description=goal.description,
        labels=goal.labels,
        live=_live(sync, around),
        message=around.trouble or _message(sync, around),
        may_change=not permission,
        retry_why_not=first or ("" if waits else "Nothing waits for another try."),
    )


def _running(sync: SyncLook) -> str:
    return "It is running." if sync.running is not None else ""


def _visible_reason(goal: Goal, keeps: dict[str, str]) -> str:
    """The first thing that keeps it from running, where the page does not show it anyway."""
    if "permission" in keeps:
        return keeps["permission"]
    if "connection" in keeps:
        return keeps["connection"]
    if not goal.on:
        return (
            "Off: it writes nothing. A preview shows what it would do;"
            " the switch checks it and turns it on."
        )
    return ""


def _note(sync: SyncLook, now: float) -> str:
    plan = sync.plan
    if plan is None:
        return ""
    at = moment.date_and_time(plan.made_at, now).removeprefix("today ")
    read = plural(plan.read, "person", "people")
    if plan.state in (PlanState.READY, PlanState.STOPPED):
        return f"{at}, {read} read, nothing written"
    return f"{at}, {read} read"


def _live(sync: SyncLook, around: Around) -> LiveView | None:
    run = sync.running
    if run is None:
        if around.begun is None:
            return None
        words = "Starting the preview…" if around.begun.kind == "plan" else "Starting…"
        return LiveView("", words, "a process of its own; it outlives this window", None, False)
    progress, target = run.progress, sync.goal.target
    words = stage_words(run, target)
    if run.why == "preview":
        words = f"Preview: {begun_small(words)}"
    share = None
    if progress.total:
        share = min(1.0, progress.done / progress.total)
    return LiveView(run.id, words, _detail(run, around.rate), share, run.cancel_asked)


def _detail(run: Run, rate: float | None) -> str:
    progress = run.progress
    parts = []
    if progress.total:
        parts.append(f"{progress.done:,} of {progress.total:,}")
    elif progress.done:
        parts.append(f"{progress.done:,} so far")
    if progress.calls:
        parts.append(plural(progress.calls, "call", "calls"))
    if rate is not None and rate >= 1:
        parts.append(f"{rate:,.0f} a second")
    if progress.eta_s is not None and progress.eta_s >= 1:
        parts.append(f"{span(progress.eta_s)} left")
    if progress.budget:
        parts.append(progress.budget)
    return " · ".join(parts)


def _message(sync: SyncLook, around: Around) -> MessageView | None:
    if around.absences:
        words = " ".join(absence.words for absence in around.absences)
        title = "Something is missing."
        if any(absence.needed for absence in around.absences):
            title = "Something is missing, so it stays off."
        create = "Create it" if len(around.absences) == 1 else "Create them"
        if not around.may_make:
            return MessageView("warn", title, f"{words} An admin can create it here.")
        return MessageView("warn", title, words, (("make", create), ("close", "Not now")))
    if sync.running is not None or around.begun is not None:
        return None
    if sync.goal.on and not sync.goal.checked_at:
        return MessageView(
            "warn",
            "It has to be checked again before it runs.",
            "What it reads or writes was changed since.",
            (("check", "Check now"),),
        )
    preview, run = sync.preview, sync.run
    if preview is not None and preview.state in (RunState.FAILED, RunState.INTERRUPTED):
        why = preview.error or "Its process ended before it was done."
        return MessageView(
            "bad", "The preview could not be made.", why, (("preview", "Try again"),)
        )
    return _ended(sync, run) if run is not None else None


def _ended(sync: SyncLook, run: Run) -> MessageView | None:
    target = "Sailthru" if sync.goal.target is Service.SAILTHRU else "Zendesk"
    done = totals_words(run.totals)
    written = any(run.totals.get(key) for key in ("created", "updated"))
    kept = f"So far: {done}." if written else "Nothing was written yet."
    if run.state is RunState.FAILED:
        return MessageView(
            "bad",
            "The last run stopped before it was done.",
            f"{run.error} {kept} Resume goes on where it stopped; nothing is written twice.",
            (("resume", "Resume"), ("history", "Show the run")),
        )
    if run.state is RunState.INTERRUPTED:
        return MessageView(
            "bad",
            "The last run ended in the middle.",
            f"Its process has died. {kept} What was written to {target} is known; Resume goes on.",
            (("resume", "Resume"), ("history", "Show the run")),
        )
    if run.state is RunState.CANCELLED and sync.plan and sync.plan.state is PlanState.APPLYING:
        return MessageView(
            "info",
            "The last run was cancelled.",
            f"{kept} Resume writes the rest.".strip(),
            (("resume", "Resume"),),
        )
    return None

"""A sync as a card in the list: what it does, how it stands, what it did last and does next."""

from dataclasses import dataclass

from desktop.kit.text import plural
from desktop.model.run import RunState
from desktop.sync.presets import SyncNames
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.look import SyncLook
from desktop.viewmodels.syncs.words import (
    begun_small,
    done_words,
    rhythm,
    source_words,
    stage_words,
    target_words,
    waiting_words,
)


@dataclass(frozen=True)
class CardView:
    """`chip` is the state in a word, `chip_tone` its colour; `tip` says what does not fit.

    `last` begins with `vital`, which is seen whole: what waits for a person is cut last of all.
    """

    goal: str
    title: str
    chip: str
    chip_tone: str
    source: str
    target: str
    last: str
    following: str
    favourite: bool
    waits: bool
    tip: str
    vital: str = ""

    @property
    def spoken(self) -> str:
        """Everything, for screen readers."""
        parts = [self.chip, f"{self.source} to {self.target}", self.last, self.following]
        return ". ".join(part for part in parts if part)


def card_of(sync: SyncLook, names: SyncNames, now: float, *, starting: bool) -> CardView:
    """One card; `starting`: something was just asked for and has not begun yet."""
    goal = sync.goal
    chip, tone = _chip(sync, starting)
    vital, rest = _last(sync, now)
    last, following = f"{vital}, {rest}" if vital and rest else vital or rest, _following(sync, now)
    return CardView(
        goal=goal.name,
        title=goal.title,
        chip=chip,
        chip_tone=tone,
        source=source_words(goal, names),
        target=target_words(goal, names),
        last=last,
        following=following,
        favourite=goal.favourite,
        waits=sync.stopped or sync.to_correct > 0,
        tip=_tip(sync, last, following),
        vital=vital,
    )


def _following(sync: SyncLook, now: float) -> str:
    if not sync.goal.on:
        return ""
    return "paused" if sync.state.paused else rhythm(sync.goal, sync.state.next_at, now)


def _chip(sync: SyncLook, starting: bool) -> tuple[str, str]:
    running = sync.running
    if running is not None:
        return ("Previewing" if running.why == "preview" else "Running"), "info"
    if starting:
        return "Starting", "info"
    last = sync.run.state if sync.run is not None else None
    if sync.stopped:
        return "Waiting for you", "warn"
    if last in (RunState.FAILED, RunState.INTERRUPTED):
        return "Failed", "bad"
    if sync.to_correct:
        return "Needs correction", "warn"
    return ("On", "ok") if sync.goal.on else ("Off", "neutral")


def _last(sync: SyncLook, now: float) -> tuple[str, str]:
    """What it did last: first what waits for a person, with its time; then the rest."""
    running = sync.running
    if running is not None:
        done, total = running.progress.done, running.progress.total
        if total:
            return "", f"{done:,} of {total:,}"
        stage = begun_small(stage_words(running, sync.goal.target))
        return "", f"{done:,} read" if done else stage
    run = sync.run
    if run is None:
        return "", "never run"
    at = moment.stamp(run.ended_at or run.started_at, now)
    if run.state in (RunState.FAILED, RunState.INTERRUPTED):
        return f"{at}: stopped", ""
    if run.state is RunState.CANCELLED:
        return "", f"{at}: cancelled"
    if run.state is RunState.WAITING:
        return f"{at}: nothing written", ""
    waiting, rest = waiting_words(run.totals), done_words(run.totals)
    if waiting:
        wrote = run.totals.get("created") or run.totals.get("updated")
        return f"{at}: {waiting}", rest if wrote else ""
    return "", f"{at}: {rest or 'nothing to change'}"


def _tip(sync: SyncLook, last: str, following: str) -> str:
    lines = [sync.goal.description, last, following and f"Next: {following}"]
    if sync.goal.labels:
        lines.append(f"Labels: {', '.join(sync.goal.labels)}")
    if sync.state.paused:
        lines.append(sync.state.paused)
    if sync.to_correct:
        lines.append(plural(sync.to_correct, "row waits for you", "rows wait for you"))
    return "\n".join(line for line in lines if line)

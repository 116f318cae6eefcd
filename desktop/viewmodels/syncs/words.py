"""The words of the page: what a sync reads and writes, how runs end, what fields are called."""

from collections.abc import Mapping

from desktop.kit.text import plural
from desktop.model.condition import Condition, Test, words
from desktop.model.edit import Service
from desktop.model.goal import Goal, SourceKind
from desktop.model.plan import Fate
from desktop.model.run import Run, RunStage, RunState
from desktop.model.schedule import Form, read_rule
from desktop.sync.presets import HIGHEST_SEGMENT, SyncNames
from desktop.viewmodels import moment

PLACES = {Service.SAILTHRU: "Sailthru", Service.ZENDESK: "Zendesk"}

FATES = {
    Fate.CREATE: "Create",
    Fate.UPDATE: "Update",
    Fate.UNCHANGED: "Unchanged",
    Fate.SKIPPED: "Skipped",
    Fate.CORRECTION: "Needs correction",
    Fate.CONFLICT: "Conflict",
}

_STAGES = {
    RunStage.EXTRACT: "Reading",
    RunStage.PLAN: "Comparing",
    RunStage.GUARD: "Checking the limit",
    RunStage.APPLY: "Writing",
    RunStage.FINISH: "Finishing",
}

_OUTCOMES = (
    ("created", "created", "created"),
    ("updated", "updated", "updated"),
    ("parked", "to correct", "to correct"),
    ("failed", "refused", "refused"),
    ("unchanged", "unchanged", "unchanged"),
    ("skipped", "skipped", "skipped"),
)

_NOT_WRITTEN = ("parked", "failed")


def source_words(goal: Goal, names: SyncNames) -> str:
    """What it reads, in a few words."""
    source = goal.source
    if source.where:
        return " and ".join(condition_words(condition, names) for condition in source.where)
    if source.kind is SourceKind.ZENDESK_TICKETS:
        return "Tickets"
    if source.kind is SourceKind.ZENDESK_USERS:
        return "Zendesk users"
    return ", ".join(source.lists) or "Every Sailthru list"


def condition_words(condition: Condition, names: SyncNames) -> str:
    """One condition, as short as it can be said."""
    if condition.field == f"user_fields.{names.box_field}" and condition.value is True:
        return "Ticked “Sync to Sailthru”"
    if condition.field == "value.segment" and condition.test is Test.AT_LEAST:
        if condition.value == HIGHEST_SEGMENT:
            return f"Value {HIGHEST_SEGMENT} of {HIGHEST_SEGMENT}"
        return f"Value {condition.value} or more"
    return words(condition)


def target_words(goal: Goal, names: SyncNames) -> str:
    """What it writes, in a few words."""
    if goal.target is Service.SAILTHRU:
        if goal.source.kind is SourceKind.ZENDESK_TICKETS:
            return "Profile data"
        return "Profiles, lists" if goal.effects.add_to_lists else "Profiles"
    tags = goal.effects.add_tags
    if not goal.mapping and tags:
        return "High value tag" if tags == (names.highvalue_tag,) else f"Tag {', '.join(tags)}"
    return "Users, tags" if tags else "Users"


def totals_words(totals: Mapping[str, int], *, all_of_them: bool = False) -> str:
    """“200 created, 640 updated”; what stayed as it was only where asked or nothing else is."""
    said = [
        f"{totals[key]:,} {one if totals[key] == 1 else many}"
        for key, one, many in _OUTCOMES
        if totals.get(key) and (all_of_them or key not in ("unchanged", "skipped"))
    ]
    if said:
        return ", ".join(said)
    return "nothing to change" if totals else ""


def waiting_words(totals: Mapping[str, int]) -> str:
    """“2 to correct, 1 refused”: of a run's totals, what is not as it was meant."""
    said = {key: totals[key] for key in _NOT_WRITTEN if totals.get(key)}
    return totals_words(said)


def done_words(totals: Mapping[str, int]) -> str:
    """“200 created, 640 updated”: the rest of them."""
    return totals_words({key: n for key, n in totals.items() if key not in _NOT_WRITTEN})


def stage_words(run: Run, target: Service) -> str:
    """What a run is doing."""
    said = _STAGES[run.stage]
    return f"{said} to {PLACES[target]}" if run.stage is RunStage.APPLY else said


def begun_small(words: str) -> str:
    """The same in the middle of a sentence."""
    return words[:1].lower() + words[1:]


def run_words(run: Run) -> tuple[str, str]:
    """A run's state as a word, and its chip's colour."""
    return {
        RunState.PLANNED: ("Planned", "neutral"),
        RunState.RUNNING: ("Running", "info"),
        RunState.WAITING: ("Waiting for you", "warn"),
        RunState.INTERRUPTED: ("Interrupted", "bad"),
        RunState.CANCELLED: ("Cancelled", "neutral"),
        RunState.FAILED: ("Failed", "bad"),
        RunState.DONE: ("Done", "ok"),
    }[run.state]


def rhythm(goal: Goal, next_at: float | None, now: float) -> str:
    """When it runs next: the rhythm where it is quick, else the time."""
    if not goal.schedule:
        return "by hand"
    rule = read_rule(goal.schedule)
    if rule.form is Form.EVERY or next_at is None:
        return rule.words.replace("every hour", "hourly").replace("minutes", "min")
    return moment.date_and_time(next_at, now).removeprefix("today ")


def people(count: int) -> str:
    """“1 person”, “231 people”."""
    return plural(count, "person", "people")


def span(seconds: float) -> str:
    """“about 22 s”, “about 3 min”."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"

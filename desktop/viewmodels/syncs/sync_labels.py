"""Labels of the page Sync: what a sync reads and writes, run states, totals, durations."""

from collections.abc import Mapping

from desktop.model.customer_value import HIGHEST_SEGMENT
from desktop.model.field_condition import ConditionOperator, FieldCondition, describe_condition
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync, TargetType
from desktop.model.sync_plan import PlannedOutcome
from desktop.model.sync_run import Run, RunStage, RunState
from desktop.model.sync_schedule import ScheduleKind, parse_schedule_rule
from desktop.sync.rule_text import describe_actions, describe_trigger
from desktop.sync.sync_presets import PresetNames
from desktop.viewmodels import time_format
from desktop.viewmodels.tone import ChipTone

# What a sync reads, and what it writes where that does not decide it.
_KIND_CHOICES = (
    (SourceKind.ZENDESK_USERS.value, "Zendesk users → Sailthru profiles"),
    (SourceKind.ZENDESK_TICKETS.value, "Zendesk tickets → Sailthru profile data"),
    (SourceKind.RULE.value, "Rule: when something happens to a customer"),
    (SourceKind.SAILTHRU_LISTS.value, "Sailthru lists → Zendesk users"),
)
_TO_SELL_CONTACTS = f"{SourceKind.SAILTHRU_LISTS.value} {TargetType.SELL_CONTACTS.value}"
_TO_SELL_LEADS = f"{SourceKind.SAILTHRU_LISTS.value} {TargetType.SELL_LEADS.value}"
_TO_SELL_OPTOUTS = f"{SourceKind.SAILTHRU_LISTS.value} {TargetType.SELL_OPTOUTS.value}"
_SELL_KIND_CHOICES = (
    (SourceKind.SELL_CONTACTS.value, "Zendesk Sell contacts → Sailthru profiles"),
    (SourceKind.SELL_LEADS.value, "Zendesk Sell leads → Sailthru profiles"),
    (SourceKind.SELL_OPTOUTS.value, "Zendesk Sell opt-outs → Sailthru profiles"),
    (SourceKind.SELL_PRODUCTS.value, "Zendesk Sell products → Sailthru content"),
    (_TO_SELL_CONTACTS, "Sailthru lists → Zendesk Sell contacts"),
    (_TO_SELL_LEADS, "Sailthru lists → Zendesk Sell leads"),
    (_TO_SELL_OPTOUTS, "Sailthru opt-outs → Zendesk Sell contacts and leads"),
)
FATE_LABELS = {
    PlannedOutcome.CREATE: "Create",
    PlannedOutcome.UPDATE: "Update",
    PlannedOutcome.UNCHANGED: "Unchanged",
    PlannedOutcome.SKIPPED: "Skipped",
    PlannedOutcome.CORRECTION: "Needs correction",
    PlannedOutcome.CONFLICT: "Conflict",
}

_STAGE_LABELS = {
    RunStage.EXTRACT: "Reading",
    RunStage.PLAN: "Comparing",
    RunStage.CHECK_LIMITS: "Checking the limit",
    RunStage.APPLY: "Writing",
    RunStage.FINISH: "Finishing",
}

_TOTAL_LABELS = (
    ("created", "created", "created"),
    ("updated", "updated", "updated"),
    ("parked", "needs attention", "need attention"),
    ("failed", "refused", "refused"),
    ("unchanged", "unchanged", "unchanged"),
    ("skipped", "skipped", "skipped"),
)

_NOT_WRITTEN_TOTALS = ("parked", "failed")


_SOURCE_LABELS = {
    SourceKind.ZENDESK_TICKETS: "Tickets",
    SourceKind.ZENDESK_USERS: "Zendesk users",
    SourceKind.SELL_CONTACTS: "Sell contacts",
    SourceKind.SELL_LEADS: "Sell leads",
    SourceKind.SELL_OPTOUTS: "Sell opt-outs",
    SourceKind.SELL_PRODUCTS: "Sell products",
}
_SELL_TARGET_LABELS = {
    TargetType.SELL_CONTACTS: "Sell contacts",
    TargetType.SELL_LEADS: "Sell leads",
    TargetType.SELL_OPTOUTS: "Sell opt-outs",
}


def kind_choices(names: PresetNames) -> tuple[tuple[str, str], ...]:
    """Return what a new sync may read and write (key, text); Sell's where it is connected."""
    return (*_KIND_CHOICES, *(_SELL_KIND_CHOICES if names.has_sell else ()))


def parse_kind_choice(key: str) -> tuple[SourceKind, TargetType | None]:
    """Return what a new sync of a choice's key reads and writes; None: the usual."""
    source, _, target = key.partition(" ")
    return SourceKind(source), TargetType(target) if target else None


def source_label(sync: Sync, names: PresetNames) -> str:
    """Name on the page Sync what a sync reads, in a few words."""
    source = sync.source
    if sync.is_rule:
        return describe_trigger(sync)
    if source.segment:
        return f"Segment {source.segment}"
    if source.where:
        return " and ".join(condition_label(condition, names) for condition in source.where)
    if source.kind is not SourceKind.SAILTHRU_LISTS:
        return _SOURCE_LABELS[source.kind]
    return ", ".join(source.lists) or "Every Sailthru list"


def condition_label(condition: FieldCondition, names: PresetNames) -> str:
    """Name a sync's condition on the page Sync, the presets' own in their short form."""
    # The presets' conditions are called as their fields are in Zendesk.
    if condition.field == f"user_fields.{names.box_field}" and condition.value is True:
        return "Ticked “Sync to Sailthru”"
    if condition.field == "value.segment" and condition.test is ConditionOperator.AT_LEAST:
        if condition.value == HIGHEST_SEGMENT:
            return f"Value {HIGHEST_SEGMENT} of {HIGHEST_SEGMENT}"
        return f"Value {condition.value} or more"
    return describe_condition(condition)


def target_label(sync: Sync, names: PresetNames) -> str:
    """Name on the page Sync what a sync writes, in a few words."""
    if sync.is_rule:
        first, *others = describe_actions(sync) or ("does nothing yet",)
        return f"{first} and {len(others)} more" if others else first
    if sync.is_of_products:
        return "Content"
    if sync.target_service is Service.SAILTHRU:
        if sync.source.kind is SourceKind.ZENDESK_TICKETS:
            return "Profile data"
        return "Profiles, lists" if sync.effects.add_to_lists else "Profiles"
    if sync.target_type in _SELL_TARGET_LABELS:
        return _SELL_TARGET_LABELS[sync.target_type]
    tags = sync.effects.add_tags
    if not sync.mapping and tags:
        return "High value tag" if tags == (names.highvalue_tag,) else f"Tag {', '.join(tags)}"
    return "Users, tags" if tags else "Users"


def totals_text(totals: Mapping[str, int], *, all_of_them: bool = False) -> str:
    """Format a run's totals on the page Sync: “200 created, 640 updated”."""
    said = [
        f"{totals[key]:,} {one if totals[key] == 1 else many}"
        for key, one, many in _TOTAL_LABELS
        if totals.get(key) and (all_of_them or key not in ("unchanged", "skipped"))
    ]
    if said:
        return ", ".join(said)
    return "nothing to change" if totals else ""


def not_written_text(totals: Mapping[str, int]) -> str:
    """Format on the page Sync what a run did not write: “2 need attention, 1 refused”."""
    said = {key: totals[key] for key in _NOT_WRITTEN_TOTALS if totals.get(key)}
    return totals_text(said)


def written_text(totals: Mapping[str, int]) -> str:
    """Format on the page Sync what a run wrote: “200 created, 640 updated”."""
    return totals_text({key: n for key, n in totals.items() if key not in _NOT_WRITTEN_TOTALS})


def stage_label(run: Run, target: Service) -> str:
    """Name on the page Sync the stage a run is in: Reading, Writing to Sailthru."""
    said = _STAGE_LABELS[run.stage]
    return f"{said} to {target.title}" if run.stage is RunStage.APPLY else said


def lower_first(words: str) -> str:
    """Lower a label's first letter, for the middle of a sentence on the page Sync."""
    return words[:1].lower() + words[1:]


def run_state_label(run: Run) -> tuple[str, ChipTone]:
    """Return a run's state as a word, and the tone of its chip."""
    labels: dict[RunState, tuple[str, ChipTone]] = {
        RunState.PLANNED: ("Planned", "neutral"),
        RunState.RUNNING: ("Running", "info"),
        RunState.WAITING: ("Waiting for you", "warn"),
        RunState.INTERRUPTED: ("Interrupted", "bad"),
        RunState.CANCELLED: ("Cancelled", "neutral"),
        RunState.FAILED: ("Failed", "bad"),
        RunState.DONE: ("Done", "ok"),
    }
    return labels[run.state]


def next_run_label(sync: Sync, next_at: float | None, now: float) -> str:
    """Say on a sync card when it runs next: the interval where it is short, else the time."""
    if not sync.schedule:
        return "by hand"
    rule = parse_schedule_rule(sync.schedule)
    # The time of the next one is always near, and moves.
    if rule.kind is ScheduleKind.EVERY or next_at is None:
        return rule.description.replace("every hour", "hourly").replace("minutes", "min")
    return time_format.format_date_and_time(next_at, now).removeprefix("today ")


def duration_text(seconds: float) -> str:
    """Format a run's duration on the page Sync: “about 22 s”, “about 3 min”."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"

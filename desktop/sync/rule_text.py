"""A rule in words: what it waits for, of whom, and what it does then."""

from desktop.kit.text import format_count
from desktop.model.field_catalogue import field_title
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sync import Sync, SyncStatus


def describe_trigger(rule: Sync) -> str:
    """Say what a rule waits for: “A new ticket says “refund” in its subject”."""
    source = rule.source
    if source.trigger is RuleTrigger.ENTERED_SEGMENT:
        return f"{source.trigger.label} “{source.segment}”"
    if source.trigger is not RuleTrigger.PHRASE:
        return source.trigger.label
    return f"{source.trigger.label}: “{source.phrase}” ({source.phrase_in.label})"


def describe_actions(rule: Sync) -> tuple[str, ...]:
    """Say what a rule does to each person, a few words each."""
    effects = rule.effects
    found = [
        f"sets {field_title(row.target)} to “{row.source}”"
        if row.type is SourceType.TEXT
        else f"sets {field_title(row.target)} from {_source_title(row)}"
        for row in rule.mapping
        if row.on
    ]
    found += [f"adds to the list {name}" for name in effects.add_to_lists]
    found += [f"removes from the list {name}" for name in effects.remove_from_lists]
    found += [f"gives the tag {tag}" for tag in effects.add_tags]
    if effects.pause_days:
        days = format_count(effects.pause_days, "day", "days")
        found.append(f"pauses marketing until their last ticket is solved, {days} at most")
    return tuple(found)


def _source_title(row: MappingRow) -> str:
    return "a template" if row.type is SourceType.TEMPLATE else field_title(row.source)


def stuck_pause_text(status: SyncStatus) -> str:
    """Say whose marketing stays paused because the rule is off, and what to do; "" for nobody."""
    if status.sync.on or not status.paused_people:
        return ""
    people = format_count(status.paused_people, "person stays", "people stay")
    return (
        f"{people} paused while it is off: leave it on until their tickets are solved, or roll its"
        " runs back."
    )


def describe_rule(rule: Sync) -> tuple[str, ...]:
    """Say in lines what a rule waits for, whom it acts on, and what it does."""
    when = f"When: {describe_trigger(rule)}"
    is_limited = rule.source.segment and rule.source.trigger is not RuleTrigger.ENTERED_SEGMENT
    whom = f"; only people in the segment “{rule.source.segment}”" if is_limited else ""
    actions = "; ".join(describe_actions(rule)) or "nothing yet"
    return f"{when}{whom}", f"Then: {actions}"

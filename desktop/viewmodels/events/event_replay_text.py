"""What sending delivered events again would do, in words, and why it may not be done."""

from desktop.kit.text import format_count
from desktop.sync.event_replay import ReplayPreview

_NONE_CHOSEN = "No delivered events in this choice."


def describe_replay(found: ReplayPreview) -> str:
    """Say how many chosen events would send something again, can't be sent, or are in Zendesk."""
    if not found.events:
        return _NONE_CHOSEN
    chosen = format_count(found.events, "delivered event", "delivered events")
    text = f"{chosen}: {len(found.sent_events):,} would send something again"
    if failing := len(found.failing_events):
        text += f"; {failing:,} can't be sent"
    return f"{text}, the rest is in Zendesk." if found.has_rest else f"{text}."


def replay_refusal(found: ReplayPreview) -> str:
    """Say why nothing of a previewed choice would be sent, or "" where something would be."""
    if not found.events:
        return _NONE_CHOSEN
    if found.sent_events:
        return ""
    if not found.failing_events:
        return "Zendesk has all of it already."
    if found.has_rest:
        return "Zendesk has all of it that can be sent."
    return "Nothing of it can be sent: see Needs correction."

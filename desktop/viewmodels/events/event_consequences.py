"""What people will notice of a simulated file, as the lines above the Events page's list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop.events.event_action import ActionKind
from desktop.events.plan_effects import FieldNeed
from desktop.events.simulation import SimulationCounts
from desktop.kit.text import format_count
from desktop.viewmodels.tone import Tone

_NAMED_TICKETS = 12
_NAMED_FIELDS = 3


@dataclass(frozen=True)
class EventConsequence:
    """One line of consequences: its tone, what in bold, and the rest."""

    tone: Tone
    title: str
    text: str


def build_consequences(counts: SimulationCounts, *, is_live: bool) -> tuple[EventConsequence, ...]:
    """Build the consequences of a simulation, the one that hurts first."""
    return tuple(_iter_consequences(counts, is_live=is_live))


def describe_counts(counts: SimulationCounts) -> str:
    """Describe lines and actions of a simulated file: two numbers that differ."""
    intake = counts.intake
    fired = [
        f"{counts.actions[kind]:,} {kind.label.lower()}"
        for kind in ActionKind
        if counts.actions[kind]
    ]
    lines = (
        f"{format_count(intake.lines, 'line', 'lines')}: {intake.valid:,} valid,"
        f" {intake.duplicates:,} sent before, {len(intake.invalid):,} can't be read"
    )
    return " · ".join([lines, ", ".join(fired) or "no action fires"])


def _iter_consequences(counts: SimulationCounts, *, is_live: bool) -> Iterator[EventConsequence]:
    effects = counts.effects
    if not is_live:
        yield EventConsequence(
            "warn", "Zendesk can't be reached.", "Compared with the users saved on this computer."
        )
    if effects.removals:
        tickets = [ticket for one in effects.removals for ticket in one.tickets]
        named = " ".join(f"#{ticket}" for ticket in tickets[:_NAMED_TICKETS])
        more = f" and {len(tickets) - _NAMED_TICKETS} more" if len(tickets) > _NAMED_TICKETS else ""
        lose = format_count(len(tickets), "open ticket loses", "open tickets lose")
        title = format_count(len(effects.removals), "removal", "removals")
        yield EventConsequence(
            "bad", f"{title}:", f"{lose} the organisation {named}{more}".rstrip()
        )
    if effects.discarded:
        title = format_count(len(effects.discarded), "trait", "traits")
        yield EventConsequence(
            "warn", f"Zendesk would discard {title}:", _fields(effects.discarded)
        )
    if effects.organization_fields:
        title = format_count(
            len(effects.organization_fields), "organisation field is", "organisation fields are"
        )
        named_fields = _fields(effects.organization_fields)
        yield EventConsequence("warn", f"{title} missing:", f"{named_fields}; left out")
    if effects.verification_mails:
        people = format_count(effects.verification_mails, "new user", "new users")
        yield EventConsequence(
            "accent", f"{people}:", "Zendesk asks them by mail to verify the address"
        )
    if counts.problem_count:
        events = format_count(counts.problem_count, "action", "actions")
        yield EventConsequence(
            "accent", f"{events} can't be delivered:", "nobody is created, see Needs correction"
        )
    if effects.kept_events.count:
        kept = format_count(effects.kept_events.count, "event", "events")
        yield EventConsequence("accent", f"{kept} saved here:", "Zendesk takes no events of users")


def _fields(needs: Mapping[str, FieldNeed]) -> str:
    ordered = sorted(needs.items(), key=lambda item: -item[1].count)
    named = ", ".join(f"{name} {need.count:,}×" for name, need in ordered[:_NAMED_FIELDS])
    left = len(ordered) - _NAMED_FIELDS
    return f"{named} and {left} more" if left > 0 else named

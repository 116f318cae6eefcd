"""What people will notice of a simulated file, as the lines above the Events page's list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop.events.event_action import ActionKind
from desktop.events.plan_effects import FieldNeed, PlanEffects
from desktop.events.planned_fields import PlannedField
from desktop.events.simulation import SimulationCounts
from desktop.kit.text import format_count
from desktop.viewmodels.events.simulated_source import SimulatedSource
from desktop.viewmodels.time_format import format_elapsed
from desktop.viewmodels.tone import Tone

_NAMED_TICKETS = 12
_NAMED_FIELDS = 3

# What a button of a consequence does.
TICK, UNTICK, CREATE, ACCEPT, IGNORE = "tick", "untick", "create", "accept", "ignore"
DONT_CREATE, LEAVE_DRAFTS, OPTIONS = "don't create", "leave drafts", "options"
SWITCH_ON = "switch on"


_COUNTED = {
    ActionKind.UPSERT_USER: ("user", "users"),
    ActionKind.ORG_MEMBERSHIP: ("membership", "memberships"),
    ActionKind.UPSERT_ORG: ("organisation", "organisations"),
    ActionKind.CREATE_TICKET: ("new ticket", "new tickets"),
    ActionKind.UPDATE_TICKET: ("ticket update", "ticket updates"),
    ActionKind.TRACK_EVENT: ("track event", "track events"),
}


@dataclass(frozen=True)
class EventConsequence:
    """One line of consequences: its tone, what in bold, the rest, tickets, and its buttons.

    `actions` are keys and texts of buttons; `tickets` can be opened. `is_grave` has a ground.
    """

    key: str
    tone: Tone
    title: str
    text: str
    actions: tuple[tuple[str, str], ...] = ()
    tickets: tuple[int, ...] = ()
    is_grave: bool = False


def build_consequences(simulated: SimulatedSource, now: float) -> tuple[EventConsequence, ...]:
    """Build the consequences of a simulation, the one that hurts first."""
    effects = simulated.counts.effects
    return (
        *_about_simulation(simulated, now),
        *_about_removals(effects, sends_removals=simulated.sends_removals),
        *_about_fields(simulated),
        *_about_people(simulated.counts),
    )


def about_destination_off(*, may_switch: bool) -> EventConsequence:
    """Build the line that says why nothing is delivered, with the switch for who may use it."""
    return EventConsequence(
        "destination",
        "warn",
        "Delivery to Zendesk is switched off:",
        "events wait." if may_switch else "events wait until an admin switches it on in Sources.",
        ((SWITCH_ON, "Switch on"),) if may_switch else (),
    )


def missing_fields(needs: Mapping[str, FieldNeed]) -> tuple[PlannedField, ...]:
    """Return fields that Zendesk lacks, with the types guessed from their values, by frequency."""
    ordered = sorted(needs.items(), key=lambda item: (-item[1].count, item[0]))
    return tuple(PlannedField(key, need.type) for key, need in ordered)


def describe_counts(counts: SimulationCounts) -> str:
    """Describe lines and actions of a simulated file: two numbers that differ."""
    intake = counts.intake
    fired = [
        format_count(counts.actions[kind], *words)
        for kind, words in _COUNTED.items()
        if counts.actions[kind]
    ]
    fired += [f"{counts.no_action:,} no action"] if fired and counts.no_action else []
    lines = (
        f"{format_count(intake.lines, 'line', 'lines')}: {intake.valid:,} valid,"
        f" {intake.duplicates:,} sent before, {len(intake.invalid):,} can't be read"
    )
    return " · ".join([lines, ", ".join(fired) or "no action fires"])


def _about_simulation(simulated: SimulatedSource, now: float) -> Iterator[EventConsequence]:
    if simulated.request.with_drafts:
        yield EventConsequence(
            "drafts",
            "warn",
            "A preview with drafts:",
            "saved actions deliver. Save the drafts in Actions, or leave them.",
            ((LEAVE_DRAFTS, "Without drafts"),),
        )
    if not simulated.result.is_live:
        kept_at = simulated.result.kept_at
        age = (
            f", read {format_elapsed(kept_at, now)} ago"
            if kept_at
            else "; no sync has read any yet, so everybody looks new"
        )
        yield EventConsequence(
            "offline",
            "warn",
            "Zendesk can't be reached.",
            f"Compared with the users saved on this computer{age}.",
        )


def _about_removals(effects: PlanEffects, *, sends_removals: bool) -> Iterator[EventConsequence]:
    if not effects.removals:
        return
    tickets = sorted({ticket for one in effects.removals for ticket in one.tickets})
    more = len(tickets) - _NAMED_TICKETS
    count = len(effects.removals)
    lose = format_count(len(tickets), "open ticket loses", "open tickets lose")
    word = "Untick" if sends_removals else "Tick"
    which = "it" if count == 1 else f"the {count:,}"
    yield EventConsequence(
        "removals",
        "bad",
        f"{format_count(count, 'removal', 'removals')}:",
        f"{lose} the organisation" + (f" (and {more:,} more)" if more > 0 else ""),
        ((UNTICK if sends_removals else TICK, f"{word} {which}"),),
        tuple(tickets[:_NAMED_TICKETS]),
        is_grave=True,
    )


def _about_fields(simulated: SimulatedSource) -> Iterator[EventConsequence]:
    effects, request = simulated.counts.effects, simulated.request
    if effects.discarded:
        title = format_count(len(effects.discarded), "trait", "traits")
        yield EventConsequence(
            "traits",
            "warn",
            f"Zendesk would discard {title}:",
            _fields(effects.discarded),
            ((CREATE, "Create fields…"), (IGNORE, "Ignore")),
        )
    if effects.organization_fields:
        title = format_count(
            len(effects.organization_fields), "organisation field is", "organisation fields are"
        )
        yield EventConsequence(
            "organization fields",
            "warn",
            f"{title} missing:",
            f"{_fields(effects.organization_fields, with_types=True)}; left out unless created",
            ((ACCEPT, "Create with the delivery"), (IGNORE, "Ignore")),
        )
    created = [("user field", one) for one in request.user_fields]
    created += [("organisation field", one) for one in request.organization_fields]
    if created:
        named = ", ".join(f"{whose} {one.key} ({one.type})" for whose, one in created)
        title = format_count(len(created), "field is", "fields are")
        yield EventConsequence(
            "created fields",
            "accent",
            f"{title} created in Zendesk:",
            f"{named}, when you deliver",
            ((DONT_CREATE, "Don't create"),),
        )
    if effects.emptied:
        count = sum(effects.emptied.values())
        named = ", ".join(f"{name} {n:,}×" for name, n in effects.emptied.most_common(4))
        yield EventConsequence(
            "emptied",
            "warn",
            f"{format_count(count, 'value is', 'values are')} emptied:",
            f"{named.replace('user_fields.', '')}; the events say null or an empty text",
        )


def _about_people(counts: SimulationCounts) -> Iterator[EventConsequence]:
    effects = counts.effects
    if effects.verification_mails:
        people = format_count(effects.verification_mails, "new user", "new users")
        what = "Zendesk asks them by mail to verify the address"
        if effects.is_mailing_many:
            what += ", unless you switch on “Skip verify e-mail” first"
        tone: Tone = "warn" if effects.is_mailing_many else "accent"
        yield EventConsequence("mails", tone, f"{people}:", what, ((OPTIONS, "Options…"),))
    if effects.second_addresses.count:
        people = format_count(effects.second_addresses.count, "user gets", "users get")
        yield EventConsequence(
            "addresses", "accent", f"{people} a second address:", "the primary one stays"
        )
    if effects.kept_phones.count:
        people = format_count(effects.kept_phones.count, "user keeps", "users keep")
        yield EventConsequence(
            "phones", "accent", f"{people} the phone number:", "another would be added beside it"
        )
    if effects.unknown_time_zones.count:
        zones = format_count(effects.unknown_time_zones.count, "time zone", "time zones")
        yield EventConsequence("zones", "accent", f"{zones} left out:", "there is no such zone")
    if counts.problem_count:
        events = format_count(counts.problem_count, "action", "actions")
        yield EventConsequence(
            "problems",
            "accent",
            f"{events} can't be delivered:",
            "nobody is created, see Needs correction",
        )
    if effects.kept_events.count:
        kept = format_count(effects.kept_events.count, "event", "events")
        yield EventConsequence(
            "kept", "accent", f"{kept} saved here:", "Zendesk takes no events of users"
        )


def _fields(needs: Mapping[str, FieldNeed], *, with_types: bool = False) -> str:
    ordered = missing_fields(needs)
    named = ", ".join(
        f"{one.key} ({one.type}) {needs[one.key].count:,}×"
        if with_types
        else f"{one.key} {needs[one.key].count:,}×"
        for one in ordered[:_NAMED_FIELDS]
    )
    left = len(ordered) - _NAMED_FIELDS
    return f"{named} and {left} more" if left > 0 else named

"""Everybody's data as runs use it: reads what changed, finds what happened to whom, segments."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from desktop.audience.condition_parser import format_expression, parse_expression
from desktop.audience.data_service import LISTS_SOURCE, DataService
from desktop.audience.data_workspace_lock import hold_data_workspace_lock
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, UserDecisionNeeded
from desktop.model.audience_condition import AudienceGroup
from desktop.model.audience_person import AudienceOrder
from desktop.model.rule_trigger import PhrasePlace, RuleEvent, RuleTrigger
from desktop.model.service import Service
from desktop.model.sync import SourceKind, SyncSource
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, VAR_PREFIX
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.audience_query import QueryMoment
from desktop.store.data_source_repository import (
    RATINGS_SOURCE,
    TICKETS_SOURCE,
    USERS_SOURCE,
    ReadingState,
)
from desktop.store.data_workspace_store import DataStore
from desktop.store.kept_profile_repository import ProfileFields
from desktop.store.rule_event_repository import ProfileTurn
from desktop.store.segment_repository import SegmentRepository

log = logging.getLogger(__name__)

# Read anew only when older: rules that are due together share one reading.
_MAX_ZENDESK_AGE_S = 120.0
# Of conditions that look at what rules write: what their plan fields begin with.
_WRITABLE_SETS = {"list": LIST_PREFIX, "tag": TAG_PREFIX, "ticket_tag": TAG_PREFIX}
# An export of a list is a job of minutes.
_MAX_LISTS_AGE_S = 3600.0


class RulePeopleSource:
    """Finds for rules what happened; the segments and the account's fields are asked each time."""

    def __init__(
        self,
        data: DataService,
        get_store: Callable[[], DataStore],
        segments: SegmentRepository,
        clock: Clock,
        get_moment: Callable[[], QueryMoment],
        get_fields: Callable[[], ProfileFields],
        require_allowed: Callable[[SyncSource], None],
        lock_path: Path,
    ) -> None:
        """`require_allowed` raises NotPermitted where the run may not look these people up.

        `lock_path` is the lock of everybody's data, which one process reads at a time.
        """
        self._data = data
        self._get_store = get_store
        self._segments = segments
        self._clock = clock
        self._get_moment = get_moment
        self._get_fields = get_fields
        self._require_allowed = require_allowed
        self._lock_path = lock_path

    async def refresh(self, source: SyncSource) -> None:
        """Read what changed in Zendesk, and the lists for health and value, where it is old.

        Raises NotPermitted where this computer keeps nobody, UserDecisionNeeded before the first
        reading, which a person begins.
        """
        self._data.require_on()
        self._require_allowed(source)
        states = {state.name: state for state in await self._get_store().sources.list_all()}
        tickets = states.get(TICKETS_SOURCE)
        if tickets is None or not tickets.is_complete:
            raise UserDecisionNeeded(
                "Everybody’s data was not read to the end yet.",
                "What is read for the first time would be taken for something new, and who is not"
                " read yet for somebody who has left.",
                "Read it first: `fairlead data refresh`.",
            )
        zendesk = (USERS_SOURCE, TICKETS_SOURCE, RATINGS_SOURCE)
        names = [name for name in zendesk if self._is_old(states.get(name), _MAX_ZENDESK_AGE_S)]
        lists = [state for state in states.values() if state.list_name is not None]
        if self._reads_lists(source) and (
            not lists or any(self._is_old(state, _MAX_LISTS_AGE_S) for state in lists)
        ):
            names.append(LISTS_SOURCE)
        if not names:
            return
        try:
            async with hold_data_workspace_lock(self._lock_path):
                await self._data.refresh(names)
        except ConflictError:
            # Another process reads it all now; what it brings late is looked at by the next run.
            log.info("Everybody's data is being read by another process")

    def find_events(self, source: SyncSource, since: float, limit: int) -> Sequence[RuleEvent]:
        """Find what happened since a moment to people in the rule's segment, the oldest first."""
        store, trigger = self._get_store(), source.trigger
        if trigger is RuleTrigger.ENTERED_SEGMENT:
            return self._find_entered(source.segment, since, limit)
        if trigger is RuleTrigger.BAD_RATING:
            found = store.rule_events.list_bad_ratings.blocking(since, limit)
        elif trigger.reads_lists:
            turns = store.rule_events.list_turns.blocking(trigger, since, limit)
            found = self._events_of_turns(trigger, turns)
        else:
            found = store.rule_events.list_ticket_events.blocking(
                trigger, since, limit, source.phrase, source.phrase_in
            )
            if trigger is RuleTrigger.PHRASE and source.phrase_in is PhrasePlace.TAG:
                # A user's tags come to their tickets by themselves.
                field = f"{TAG_PREFIX}{source.phrase.strip().lower()}"
                found = tuple(
                    replace(event, target_id=str(event.person_id), fields=(field,))
                    for event in found
                )
        return self._filter_segment(source.segment, found)

    def list_segment(self, name: str) -> Sequence[int]:
        """List the Zendesk ids of the people in a saved segment now. Raises NotFound."""
        found = self._get_store().audience.list_ids.blocking(
            self._find_segment(name), self._get_moment(), AudienceOrder()
        )
        # Who is known to Sailthru alone is no Zendesk user.
        return [person_id for person_id in found if person_id > 0]

    def get_users(self, people: Sequence[int]) -> Mapping[int, ZendeskUser]:
        """Return people by their Zendesk id as Zendesk told them last."""
        return self._get_store().rule_events.get_users.blocking(people)

    def filter_without_open_ticket(self, people: Sequence[int]) -> frozenset[int]:
        """Return which of these people have no open ticket."""
        return self._get_store().rule_events.filter_without_open_ticket.blocking(people)

    def _is_old(self, state: ReadingState | None, limit_s: float) -> bool:
        ended_at = state.ended_at if state is not None else None
        return ended_at is None or self._clock.now() - ended_at > limit_s

    def _events_of_turns(
        self, trigger: RuleTrigger, turns: Sequence[ProfileTurn]
    ) -> tuple[RuleEvent, ...]:
        reports = self._get_store().profile_reports
        people = reports.find_people.blocking([turn.sid for turn in turns])
        fields = self._written_fields(trigger)
        return tuple(
            RuleEvent(
                f"{trigger.value} {turn.sid} {turn.at}",
                people[turn.sid],
                turn.at,
                target_id=turn.sid,
                fields=fields,
                before_at=turn.before_at or 0.0,
            )
            for turn in turns
            if turn.sid in people
        )

    def _written_fields(self, trigger: RuleTrigger) -> tuple[str, ...]:
        """Return the plan fields whose change changes a profile's health, or its value."""
        fields = self._get_fields()
        if trigger is RuleTrigger.FRUSTRATED:
            return (f"{VAR_PREFIX}{fields.health_var}",)
        source = fields.value
        names = (source.segment_var, *(prediction.var for prediction in source.predictions))
        lists = (f"{LIST_PREFIX}{name}" for name in source.segment_lists)
        return (*(f"{VAR_PREFIX}{name}" for name in names), *lists)

    def _find_entered(self, name: str, since: float, limit: int) -> tuple[RuleEvent, ...]:
        """Look at a segment, and find who has come into it between two looks since a moment."""
        presence, group = self._get_store().segment_presence, self._find_segment(name)
        # Before the people: what is read for the first time meanwhile is later than this look.
        now = self._clock.now()
        people = self.list_segment(name)
        asked = self._list_asked_sources(group)
        if any(state.is_late for state in asked):
            log.info("“%s” is looked at once everything it asks was read to the end", name)
        else:
            known_since = max((state.first_whole_at or 0.0 for state in asked), default=0.0)
            presence.note_look.blocking(
                name, format_expression(group), people, now, known_since=known_since
            )
        entries = presence.list_entries.blocking(name, since, limit)
        sids = self._get_store().rule_events.find_sids.blocking([one.person_id for one in entries])
        fields = tuple(dict.fromkeys(self._fields_of_conditions(group)))
        return tuple(
            RuleEvent(
                f"{RuleTrigger.ENTERED_SEGMENT.value} {name} {one.person_id} {one.at}",
                one.person_id,
                one.at,
                target_id=sids.get(one.person_id, ""),
                fields=fields,
                before_at=one.before_at,
                other_target_id=str(one.person_id),
            )
            for one in entries
        )

    def _list_asked_sources(self, group: AudienceGroup) -> tuple[ReadingState, ...]:
        """List how far what conditions ask was read: Zendesk's records, and lists where asked."""
        reads_lists = _asks_sailthru(group)
        states = self._get_store().sources.list_all.blocking()
        return tuple(state for state in states if reads_lists or state.list_name is None)

    def _fields_of_conditions(self, group: AudienceGroup) -> Iterator[str]:
        """Yield the plan fields that a rule may write and that the conditions look at."""
        for condition in group.conditions():
            prefix = _WRITABLE_SETS.get(condition.field)
            if prefix is not None:
                # Without a value it is about any of them.
                yield f"{prefix}{condition.value or ''}"
            elif condition.field == "health":
                yield from self._written_fields(RuleTrigger.FRUSTRATED)
            elif condition.field in ("value", "predicted"):
                yield from self._written_fields(RuleTrigger.VALUE_CHANGED)

    def _find_segment(self, name: str) -> AudienceGroup:
        return parse_expression(self._segments.get.blocking(name).expression)

    def _reads_lists(self, source: SyncSource) -> bool:
        """Whether the source asks what the Sailthru lists tell, by its trigger or its segment."""
        if source.kind is SourceKind.RULE and source.trigger.reads_lists:
            return True
        return bool(source.segment) and _asks_sailthru(self._find_segment(source.segment))

    def _filter_segment(self, name: str, events: Sequence[RuleEvent]) -> Sequence[RuleEvent]:
        """Leave out people who are not in the saved segment now. Raises NotFound without it."""
        if not name or not events:
            return events
        group = self._find_segment(name)
        people = sorted({event.person_id for event in events})
        inside = self._get_store().rule_events.filter_people.blocking(
            group, self._get_moment(), people
        )
        return tuple(event for event in events if event.person_id in inside)


def _asks_sailthru(group: AudienceGroup) -> bool:
    return any(one.definition.service is Service.SAILTHRU for one in group.conditions())

"""Reads a rule's source: the people to whom something happened since the rule was switched on.

What a rule has acted on is in its watermark: a moment, and the keys of what happened shortly before
it, since what happened is not read in the order in which it did.
"""

import json
from collections.abc import Iterable, Iterator, Sequence

from desktop.kit.errors import UserDecisionNeeded
from desktop.model.field_value import is_empty
from desktop.model.instant import FieldValue, Instant
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.rule_trigger import PREVIEW_DAYS, PREVIEW_PEOPLE, RuleEvent, RuleTrigger
from desktop.model.sync import Sync
from desktop.model.sync_state import SyncMember
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, VAR_PREFIX
from desktop.model.time_zone import local_time, parse_time_zone
from desktop.model.zendesk_user import ZendeskUser
from desktop.sync.rule_source import RuleSource
from desktop.sync.source_record import SourceRecord, source_record_from_user
from desktop.sync.sync_context import SyncContext

# More than a day's tickets of a large account; what is over waits for the next run.
MAX_EVENTS = 20_000
_DAY_S = 86_400.0
# What happened is read later: Zendesk's index lags by minutes, metric sets come with other changes.
_OVERLAP_S = 6 * 3600.0
_RETRY_DAYS = 7
_RATING_DAYS = 60
_WATERMARK = "rule"
_PAGE_ROWS = 500


class RuleReader:
    """Reads the source of one rule; its methods belong on the database's thread.

    What happened is looked up once, when the watermarks are asked for: what happens meanwhile
    belongs to the next plan.
    """

    is_always_incremental = True

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._store = context.store
        self._sync = sync
        self._events: tuple[RuleEvent, ...] | None = None
        self._recent: dict[int, RuleEvent] | None = None
        self._is_cut_off = False

    @property
    def plans_gone_members(self) -> bool:
        """Whether people the rule has paused are looked at again, for the end of the pause."""
        return self._sync.effects.pause_days > 0 and self._sync.on

    def current_watermarks(self) -> dict[str, str]:
        """Return the moment up to which the rule has seen everything, and what it saw before."""
        handled = self._last_mark()[1]
        seen = {event.key: event.at for event in self._find_new_events()}
        since = self._context.clock.now() - _OVERLAP_S
        if self._is_cut_off:
            # What is left over for the next run is behind the last that was taken.
            since = max(seen.values()) - 1.0
        # A rating's time moves on when a comment is added to it.
        is_rating = self._sync.source.trigger is RuleTrigger.BAD_RATING
        kept_from = since - _RATING_DAYS * _DAY_S if is_rating else since
        kept = {key: at for key, at in {**handled, **seen}.items() if at > kept_from}
        return {_WATERMARK: json.dumps({"since": since, "seen": kept})}

    def last_watermarks(self) -> dict[str, str]:
        """Return the watermark of the rule's last applied plan; empty before its first."""
        mark = self._store.syncs.get_watermark.blocking(self._sync.name)
        found = _parse_object(mark)
        return {str(key): str(value) for key, value in found.items()}

    def is_empty(self) -> bool:
        """Whether the source is empty: never, since nothing that happened is no lost source."""
        return False

    def iter_records(
        self, before: object, only: Sequence[str] = (), *, also: Sequence[str] = ()
    ) -> Iterator[SourceRecord]:
        """Yield a record for each person to whom something happened, and those to be retried."""
        del before, also
        if only:
            yield from filter(None, map(self.get_record, dict.fromkeys(only)))
            return
        latest = _latest_by_person(self._find_new_events())
        yield from self._records_of(list(latest.values()))
        after = ""
        waiting = self._store.sync_state.list_retry_sources
        while page := waiting.blocking(self._sync.name, after, _PAGE_ROWS):
            after = page[-1]
            people = (int(source) for source in page if source.isdigit())
            others = [str(person) for person in people if person not in latest]
            yield from filter(None, map(self.get_record, others))

    def get_record(self, source: str) -> SourceRecord | None:
        """Return the record of a person to whom it happened in the last days, whatever was done."""
        if not source.isdigit():
            return None
        if self._recent is None:
            since = max(self._sync.armed_at, self._days_ago(_RETRY_DAYS))
            self._recent = _latest_by_person(self._without_own_writes(self._find(since)))
        event = self._recent.get(int(source))
        return None if event is None else next(iter(self._records_of([event])), None)

    def is_still_member(self, member: SyncMember) -> bool:
        """Whether the pause of somebody whom the rule has paused goes on."""
        if not member.source_id.isdigit():
            return False
        person = int(member.source_id)
        if any(event.person_id == person for event in self._find_new_events()):
            return True
        var, name = f"{VAR_PREFIX}{self._sync.effects.pause_var}", self._sync.name
        state, ids = self._store.sync_state, [member.target_id]
        written = {
            **state.get_synced_values.blocking(name, ids).get(member.target_id, {}),
            **state.get_accepted_values.blocking(name, ids).get(member.target_id, {}),
        }
        terms = parse_pause_terms(written.get(var))
        today = local_time(self._context.clock.now(), parse_time_zone(self._context.zone)).date()
        if terms is None or terms.is_over(today):
            return False
        return not self._rules.filter_without_open_ticket([person])

    @property
    def _rules(self) -> RuleSource:
        source = self._context.rule_source
        if source is None:
            raise UserDecisionNeeded(
                "A rule needs the data of everybody, which this computer does not keep.",
                "Nothing was read or written.",
                "An admin switches it on in Settings › Data on this computer, or by"
                " `fairlead data on`.",
            )
        return source

    def _days_ago(self, days: int) -> float:
        return self._context.clock.now() - days * _DAY_S

    def _find(self, since: float) -> Sequence[RuleEvent]:
        return self._rules.find_events(self._sync.source, since, MAX_EVENTS)

    def _find_new_events(self) -> tuple[RuleEvent, ...]:
        """Find what the rule has to act on; while it is off, what a preview shows."""
        if self._events is None:
            if self._sync.armed_at:
                since, handled = self._last_mark()
                everything = self._find(max(self._sync.armed_at, since))
                found = [event for event in everything if event.key not in handled]
                self._is_cut_off = bool(found) and len(everything) >= MAX_EVENTS
            else:
                shown = _latest_by_person(self._find(self._days_ago(PREVIEW_DAYS)))
                found = sorted(shown.values(), key=lambda event: event.at)[-PREVIEW_PEOPLE:]
            self._events = self._without_own_writes(found)
        return self._events

    def _last_mark(self) -> tuple[float, dict[str, float]]:
        """Return since when the rule looks, and what it has acted on of that already."""
        found = _parse_object(self.last_watermarks().get(_WATERMARK, ""))
        since, seen = found.get("since"), found.get("seen")
        if not isinstance(since, int | float) or not isinstance(seen, dict):
            return 0.0, {}
        return float(since), {
            str(key): float(moment)
            for key, moment in seen.items()
            if isinstance(moment, int | float)
        }

    def _without_own_writes(self, events: Iterable[RuleEvent]) -> tuple[RuleEvent, ...]:
        """Leave out what a rule has made happen itself, this one or another."""
        asked = tuple(events)
        if not any(event.fields for event in asked):
            return asked
        rules = [sync for sync in self._store.syncs.list_all.blocking() if sync.is_rule]
        fields = {field: _expand_field(field, rules) for event in asked for field in event.fields}
        targets = {
            target
            for event in asked
            for target in (event.target_id, event.other_target_id)
            if target
        }
        writes = self._store.sync_state.list_write_times.blocking(
            [rule.name for rule in rules],
            sorted({one for names in fields.values() for one in names}),
            sorted(targets),
        )

        def is_own(event: RuleEvent) -> bool:
            return any(
                event.before_at <= at <= event.at
                for field in event.fields
                for name in fields[field]
                for target in (event.target_id, event.other_target_id)
                for at in writes.get((target, name), ())
            )

        return tuple(event for event in asked if not is_own(event))

    def _records_of(self, events: Sequence[RuleEvent]) -> Iterator[SourceRecord]:
        for start in range(0, len(events), _PAGE_ROWS):
            page = events[start : start + _PAGE_ROWS]
            users = self._rules.get_users([event.person_id for event in page])
            for event in page:
                user = users.get(event.person_id)
                if user is not None:
                    yield record_of_event(user, event, self._sync)


def merge_marks(one: str, other: str) -> str:
    """Merge two watermarks of a rule: the later moment, and everything that either has acted on."""
    found = [_parse_object(str(_parse_object(mark).get(_WATERMARK, ""))) for mark in (one, other)]
    moments = [since for mark in found if isinstance(since := mark.get("since"), int | float)]
    seen: dict[str, object] = {}
    for mark in found:
        keys = mark.get("seen")
        seen |= keys if isinstance(keys, dict) else {}
    merged = {"since": max(moments, default=0.0), "seen": seen}
    return json.dumps({_WATERMARK: json.dumps(merged)})


def record_of_event(user: ZendeskUser, event: RuleEvent, sync: Sync) -> SourceRecord:
    """Make a rule's source record: the person, and what happened to them."""
    record = source_record_from_user(user, (), sync.name_split)
    told: dict[str, FieldValue] = {
        "happened_at": Instant(event.at),
        "ticket_id": event.ticket_id,
        "ticket_subject": event.subject,
    }
    return record.with_values({key: value for key, value in told.items() if not is_empty(value)})


def _expand_field(field: str, rules: Iterable[Sync]) -> tuple[str, ...]:
    """Return the plan fields that an event's field stands for: of any list or tag, what is written.

    Rules that were removed are not among them; nor are what they wrote.
    """
    if field not in (LIST_PREFIX, TAG_PREFIX):
        return (field,)
    found: set[str] = set()
    for rule in rules:
        effects = rule.effects
        lists = (*effects.add_to_lists, *effects.remove_from_lists, effects.pause_list)
        found |= set(lists if field == LIST_PREFIX else effects.add_tags)
    return tuple(f"{field}{name}" for name in sorted(filter(None, found)))


def _latest_by_person(events: Iterable[RuleEvent]) -> dict[int, RuleEvent]:
    return {event.person_id: event for event in events}


def _parse_object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

"""A goal's source as the mirror holds it: its records, what changed, and how far that reaches."""

import json
from collections.abc import Iterator, Mapping, Sequence

from desktop.model.condition import Test
from desktop.model.exported_ticket import ExportedTicket
from desktop.model.goal import Goal, SourceKind
from desktop.store.feeds import TICKETS, USERS, list_feed
from desktop.sync.record import Record, record_of_export, record_of_person
from desktop.sync.tools import Tools

Marks = Mapping[str, str]


class GoalSource:
    """The source of one goal; `lists` are the Sailthru lists that were read for it.

    Its methods belong on the database's thread.
    """

    def __init__(self, tools: Tools, goal: Goal, lists: Sequence[str]) -> None:
        self._tools = tools
        self._feeds = tools.store.feeds
        self._goal = goal
        self._kind = goal.source.kind
        self._lists = tuple(lists)

    def marks(self) -> dict[str, str]:
        """Where its feeds stand now."""
        return {name: self._feeds.feed(name).mark for name in self._names()}

    def before(self) -> dict[str, str]:
        """Where they stood when the goal was last applied; nothing where all has to be looked at.

        That is so before the first run, and where people come and go with time alone.
        """
        if self._goes_by_time():
            return {}
        mark = self._tools.store.goals.mark(self._goal.name)
        try:
            found = json.loads(mark) if mark else {}
        except ValueError:
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def is_empty(self) -> bool:
        """Whether the whole source holds nobody: then nothing that would follow from it is done."""
        return not any(self._feeds.count(name) for name in self._names())

    def records(
        self, before: Marks, only: Sequence[str] = (), *, also: Sequence[str] = ()
    ) -> Iterator[Record]:
        """What changed since then, what waits for another try and `also` these; or `only` these."""
        again = (*self._tools.store.memory.again(self._goal.name), *also)
        waiting = dict.fromkeys(only or again)
        seen: set[str] = set()
        if not only:
            for record in self._changed(before):
                if record.id in waiting:
                    seen.add(record.id)
                yield record
        for source in waiting:
            once_more = None if source in seen else self.record(source)
            if once_more is not None:
                yield once_more

    def holds(self, sid: str) -> bool:
        """Whether the last exports of its lists had this profile."""
        return self._is_on_any(self._lists, sid)

    def _names(self) -> list[str]:
        if self._kind is SourceKind.SAILTHRU_LISTS:
            return [list_feed(name) for name in self._lists]
        return [TICKETS if self._kind is SourceKind.ZENDESK_TICKETS else USERS]

    def record(self, source: str) -> Record | None:
        """One record by its id, as it was read last."""
        if self._kind is SourceKind.SAILTHRU_LISTS:
            for name in self._lists:
                profile = self._feeds.profile(name, source)
                if profile is not None:
                    return record_of_export(profile, name, self._tools.value_source)
            return None
        person = self._feeds.person(int(source)) if source.isdigit() else None
        return None if person is None else record_of_person(person, self._tickets(person.id))

    def _changed(self, before: Marks) -> Iterator[Record]:
        feeds = self._feeds
        if self._kind is SourceKind.SAILTHRU_LISTS:
            for place, name in enumerate(self._lists):
                feed = feeds.feed(list_feed(name))
                after = feed.after(before.get(feed.name, ""))
                for profile in feeds.profiles(name, after, feed.seq):
                    # On several lists: the first one counts.
                    if place and self._is_on_any(self._lists[:place], profile.sid):
                        continue
                    yield record_of_export(profile, name, self._tools.value_source)
        elif self._kind is SourceKind.ZENDESK_TICKETS:
            feed = feeds.feed(TICKETS)
            for requester in feeds.requesters(feed.after(before.get(TICKETS, "")), feed.seq):
                person = feeds.person(requester)
                if person is not None:
                    yield record_of_person(person, self._tickets(requester))
        else:
            feed = feeds.feed(USERS)
            for person in feeds.users(feed.after(before.get(USERS, "")), feed.seq):
                yield record_of_person(person)

    def _tickets(self, requester: int) -> Sequence[ExportedTicket]:
        if self._kind is not SourceKind.ZENDESK_TICKETS:
            return ()
        tickets = self._feeds.tickets_of(requester)
        days = self._goal.source.within_days
        if days is None:
            return tickets
        since = self._tools.clock.now() - days * 86_400.0
        return tuple(t for t in tickets if (t.created_at or 0.0) >= since)

    def _is_on_any(self, lists: Sequence[str], sid: str) -> bool:
        return any(self._feeds.is_member(name, sid) for name in lists)

    def _goes_by_time(self) -> bool:
        source = self._goal.source
        rules = [*source.where, *(c for stage in self._goal.stages for c in stage.where)]
        return source.within_days is not None or any(
            c.test in (Test.WITHIN_DAYS, Test.BEFORE_DAYS) for c in rules
        )

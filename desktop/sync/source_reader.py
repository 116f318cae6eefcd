"""Reads a sync's source records from the feeds in the mirror."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from desktop.kit.errors import UserDecisionNeeded
from desktop.model.field_condition import ConditionOperator
from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_lists import lead_lists_of
from desktop.model.sell_optout import read_sell_optout
from desktop.model.sell_product import SellProduct
from desktop.model.sell_record import SellPerson, parse_sell_record_id
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_state import SyncMember
from desktop.model.target_record import OPTOUT_FIELD
from desktop.model.zendesk_ticket import ExportedTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import (
    SELL_FEEDS,
    SELL_PRODUCTS_FEED,
    TICKETS_FEED,
    USERS_FEED,
    list_feed_name,
)
from desktop.sync.source_record import (
    SourceRecord,
    source_record_from_export,
    source_record_from_product,
    source_record_from_sell,
    source_record_from_user,
)
from desktop.sync.sync_context import SELL_SOURCES, SyncContext

Watermarks = Mapping[str, str]

_PAGE_ROWS = 500


class SourceReader:
    """Reads the source of one sync; `lists` are the Sailthru lists exported for it.

    Its methods belong on the database's thread. `is_always_incremental`: whoever is not in the
    source now is no lost record.
    """

    def __init__(self, context: SyncContext, sync: Sync, lists: Sequence[str]) -> None:
        self._context = context
        self._feeds = context.store.feeds
        self._sync = sync
        self._kind = sync.source.kind
        self._lists = tuple(lists)
        self._segment: dict[int, None] | None = None
        self._sell_kinds = SELL_SOURCES.get(self._kind, ())
        # Nobody may be marked as opted out: that is no lost source.
        self.is_always_incremental = sync.is_of_optouts

    def current_watermarks(self) -> dict[str, str]:
        """Return the present watermarks of the feeds that the sync's source is read from."""
        return {name: self._feeds.get_state.blocking(name).watermark for name in self._feed_names()}

    def last_watermarks(self) -> dict[str, str]:
        """Return the watermarks of the sync's last applied plan; empty: everything is read.

        That is so before the first run, where people come and go with time alone, and for opt-outs,
        which travel although nothing has changed in the source (S3-31).
        """
        if self._depends_on_time() or self._sync.is_of_optouts:
            return {}
        mark = self._context.store.syncs.get_watermark.blocking(self._sync.name)
        try:
            found = json.loads(mark) if mark else {}
        except ValueError:
            return {}
        return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def is_empty(self) -> bool:
        """Whether the sync's source is empty, after which no plan is applied."""
        return not any(self._feeds.count_records.blocking(name) for name in self._feed_names())

    def iter_records(
        self, before: Watermarks, only: Sequence[str] = (), *, also: Sequence[str] = ()
    ) -> Iterator[SourceRecord]:
        """Yield source records changed since a watermark, to be retried, and `also`; or `only`."""
        if only:
            yield from filter(None, map(self.get_record, dict.fromkeys(only)))
            return
        yield from self._iter_changed(before)
        for source in self._iter_waiting(also):
            record = None if self._has_changed(source, before) else self.get_record(source)
            if record is not None:
                yield record

    def _iter_waiting(self, also: Sequence[str]) -> Iterator[str]:
        """Yield the source ids that wait for a retry, page by page, then `also`; each once."""
        state, extra, after = self._context.store.sync_state, dict.fromkeys(also), ""
        while page := state.list_retry_sources.blocking(self._sync.name, after, _PAGE_ROWS):
            for source in page:
                extra.pop(source, None)
            yield from page
            after = page[-1]
        yield from extra

    def _has_changed(self, source: str, before: Watermarks) -> bool:
        """Whether a source record has changed since a watermark, or will when next planned."""
        feeds, names = self._feeds, self._feed_names()
        if self._kind is SourceKind.SAILTHRU_LISTS:
            # On several lists: the first one counts.
            on_lists = (name for name in self._lists if feeds.is_member.blocking(name, source))
            names = [list_feed_name(name) for name in on_lists][:1]
        return any(
            feeds.has_changed.blocking(
                name, source, feeds.get_state.blocking(name).changes_after(before.get(name, ""))
            )
            for name in names
        )

    def count_changed(self, before: Watermarks) -> int:
        """Count the users, or people with tickets, who changed since a watermark."""
        if self._sync.source.segment:
            return len(self._segment_people())
        return self._feeds.count_changed_people.blocking(*self._changed_range(before))

    def sample(self, before: Watermarks, count: int) -> list[SourceRecord]:
        """Sample the people who changed since a watermark, evenly; only of Zendesk's feeds."""
        if self._sync.source.segment:
            people = list(self._segment_people())
            return list(self._iter_segment(people[:: max(1, len(people) // max(count, 1))][:count]))
        ids = self._feeds.sample_changed_people.blocking(*self._changed_range(before), count)
        records = (self.get_record(id_) for id_ in ids)
        return [record for record in records if record is not None]

    def _changed_range(self, before: Watermarks) -> tuple[str, int, int]:
        (name,) = self._feed_names()
        feed = self._feeds.get_state.blocking(name)
        return name, feed.changes_after(before.get(name, "")), feed.seq

    @property
    def plans_gone_members(self) -> bool:
        """Whether who is on no list, or out of the segment, loses what the sync gave them."""
        effects, stages = self._sync.effects, self._sync.stage_fields
        gives = effects.remove_when_gone or effects.untag_when_gone or stages
        is_of_some = self._kind is SourceKind.SAILTHRU_LISTS or bool(self._sync.source.segment)
        return is_of_some and bool(gives)

    def is_still_member(self, member: SyncMember) -> bool:
        """Whether the last exports of the source's lists had this member, or the segment has."""
        if self._sync.source.segment:
            return member.source_id.isdigit() and int(member.source_id) in self._segment_people()
        return self._is_on_any(self._lists, member.source_id)

    def lead_lists_of_people(self, sids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the source's lead lists that each profile was on in their last exports."""
        lists = lead_lists_of(self._lists)
        is_member = self._feeds.is_member.blocking
        return {sid: tuple(name for name in lists if is_member(name, sid)) for sid in sids}

    def _feed_names(self) -> list[str]:
        if self._kind is SourceKind.SAILTHRU_LISTS:
            return [list_feed_name(name) for name in self._lists]
        if self._sync.is_of_products:
            return [SELL_PRODUCTS_FEED]
        if self._sell_kinds:
            return [SELL_FEEDS[kind] for kind in self._sell_kinds]
        return [TICKETS_FEED if self._kind is SourceKind.ZENDESK_TICKETS else USERS_FEED]

    def get_record(self, source: str) -> SourceRecord | None:
        """Return one source record by id as its feed last had it, or None."""
        if self._kind is SourceKind.SAILTHRU_LISTS:
            for name in self._lists:
                profile = self._feeds.get_profile.blocking(name, source)
                if profile is not None:
                    return source_record_from_export(profile, name, self._context.value_source)
            return None
        if self._sync.is_of_products:
            product = self._context.store.sell_products.get.blocking(source)
            return None if product is None else self._product_record_of(product)
        if self._sell_kinds:
            return self._get_sell_record(source)
        person = self._feeds.get_user.blocking(int(source)) if source.isdigit() else None
        if self._sync.source.segment and person and person.id not in self._segment_people():
            return None
        return None if person is None else self._record_of(person, self._tickets(person.id))

    def _get_sell_record(self, source: str) -> SourceRecord | None:
        found = parse_sell_record_id(source)
        if found is None or found[0] not in self._sell_kinds:
            return None
        person = self._context.store.sell_feeds.get.blocking(*found)
        return None if person is None else self.record_of_person(person)

    def record_of_person(self, person: SellPerson) -> SourceRecord:
        """Convert a Sell person to a source record, with the opt-out level that Sell marks.

        `person` has its custom fields by id as well.
        """
        return next(self._records_of_people([person]))

    def _records_of_people(self, people: Sequence[SellPerson]) -> Iterator[SourceRecord]:
        """Yield Sell people's source records; of opt-outs with the level that Sell marks."""
        records = [source_record_from_sell(person) for person in people]
        if self._kind is not SourceKind.SELL_OPTOUTS:
            yield from records
            return
        rule = self._sync.source.optout
        levels = [read_sell_optout(person, rule) for person in people]
        # Another contact or lead with the address may have refused: that goes before.
        asked = [
            record.email_hash
            for record, level in zip(records, levels, strict=True)
            if level is OptOutLevel.NONE and record.email_hash
        ]
        others = self._context.store.sell_feeds.list_by_email_hash.blocking(asked) if asked else {}
        for record, level in zip(records, levels, strict=True):
            strictest = level
            if level is OptOutLevel.NONE:
                at_address = others.get(record.email_hash.lower(), ())
                strictest = _strictest(read_sell_optout(one, rule) for one in at_address)
            yield (
                record if strictest is None else record.with_values({OPTOUT_FIELD: strictest.value})
            )

    def _product_record_of(self, product: SellProduct) -> SourceRecord | None:
        """Convert a product to a source record; None for an old one whose SKU is sold still."""
        is_sold = self._context.store.sell_products.is_sku_sold.blocking
        if not product.is_sold and product.sku and is_sold(product.sku):
            return None
        return source_record_from_product(product, self._sync.source.products.currency)

    def _iter_changed(self, before: Watermarks) -> Iterator[SourceRecord]:
        feeds = self._feeds
        if self._kind is SourceKind.SAILTHRU_LISTS:
            for place, name in enumerate(self._lists):
                feed = feeds.get_state.blocking(list_feed_name(name))
                after = feed.changes_after(before.get(feed.name, ""))
                for profile in feeds.iter_profiles.blocking(name, after, feed.seq):
                    # On several lists: the first one counts.
                    if place and self._is_on_any(self._lists[:place], profile.sid):
                        continue
                    yield source_record_from_export(profile, name, self._context.value_source)
        elif self._sync.is_of_products or self._sell_kinds:
            yield from self._iter_changed_in_sell(before)
        elif self._sync.source.segment:
            yield from self._iter_segment(list(self._segment_people()))
        elif self._kind is SourceKind.ZENDESK_TICKETS:
            feed = feeds.get_state.blocking(TICKETS_FEED)
            for requester in feeds.iter_requesters(
                feed.changes_after(before.get(TICKETS_FEED, "")), feed.seq
            ):
                person = feeds.get_user.blocking(requester)
                if person is not None:
                    yield self._record_of(person, self._tickets(requester))
        else:
            feed = feeds.get_state.blocking(USERS_FEED)
            for person in feeds.iter_users(
                feed.changes_after(before.get(USERS_FEED, "")), feed.seq
            ):
                yield self._record_of(person)

    def _iter_changed_in_sell(self, before: Watermarks) -> Iterator[SourceRecord]:
        feeds = self._feeds
        if self._sync.is_of_products:
            feed = feeds.get_state.blocking(SELL_PRODUCTS_FEED)
            after = feed.changes_after(before.get(SELL_PRODUCTS_FEED, ""))
            products = self._context.store.sell_products.iter_products(after, feed.seq)
            yield from filter(None, map(self._product_record_of, products))
            return
        for kind in self._sell_kinds:
            feed = feeds.get_state.blocking(SELL_FEEDS[kind])
            after = feed.changes_after(before.get(feed.name, ""))
            people = self._context.store.sell_feeds.iter_records(kind, after, feed.seq)
            while page := list(islice(people, _PAGE_ROWS)):
                yield from self._records_of_people(page)

    def _iter_segment(self, people: Sequence[int]) -> Iterator[SourceRecord]:
        """Yield the source records of people of the segment; of tickets, who has one."""
        for person_id in people:
            person = self._feeds.get_user.blocking(person_id)
            tickets = self._tickets(person_id)
            if person is not None and (tickets or self._kind is SourceKind.ZENDESK_USERS):
                yield self._record_of(person, tickets)

    def _segment_people(self) -> Mapping[int, None]:
        """Return the Zendesk ids of the people in the segment, looked up once for a plan."""
        if self._segment is None:
            source = self._context.rule_source
            if source is None:
                raise UserDecisionNeeded(
                    "A segment needs the data of everybody, which this computer does not keep.",
                    "Nothing was read or written.",
                    "An admin switches it on: `fairlead data on`.",
                )
            self._segment = dict.fromkeys(source.list_segment(self._sync.source.segment))
        return self._segment

    def _record_of(
        self, person: ZendeskUser, tickets: Sequence[ExportedTicket] = ()
    ) -> SourceRecord:
        return source_record_from_user(person, tickets, self._sync.name_split)

    def _tickets(self, requester: int) -> Sequence[ExportedTicket]:
        if self._kind is not SourceKind.ZENDESK_TICKETS:
            return ()
        tickets = self._feeds.list_tickets.blocking(requester)
        return tickets_that_count(tickets, self._sync, self._context.clock.now())

    def _is_on_any(self, lists: Sequence[str], sid: str) -> bool:
        return any(self._feeds.is_member.blocking(name, sid) for name in lists)

    def _depends_on_time(self) -> bool:
        source = self._sync.source
        rules = [*source.where, *(c for stage in self._sync.stages for c in stage.where)]
        # Who is in a segment may change without their user.
        return (
            bool(source.segment)
            or source.within_days is not None
            or any(
                c.test in (ConditionOperator.WITHIN_DAYS, ConditionOperator.BEFORE_DAYS)
                for c in rules
            )
        )


def _strictest(levels: Iterable[OptOutLevel | None]) -> OptOutLevel:
    known = [OptOutLevel.NONE, *(level for level in levels if level is not None)]
    return max(known, key=lambda level: level.strictness)


def tickets_that_count(
    tickets: Sequence[ExportedTicket], sync: Sync, now: float
) -> Sequence[ExportedTicket]:
    """Return the tickets young enough for the sync's source at `now` (Unix seconds)."""
    days = sync.source.within_days
    if days is None:
        return tickets
    since = now - days * 86_400.0
    return tuple(ticket for ticket in tickets if (ticket.created_at or 0.0) >= since)

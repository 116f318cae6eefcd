"""Finds the contacts or leads of Zendesk Sell that source records may belong to, by address."""

from collections.abc import Sequence
from dataclasses import replace

from desktop.model.optout_level import OptOutLevel
from desktop.model.sell_record import SellRecordKind
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import TargetRecord
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SELL_TARGETS, SyncContext
from desktop.sync.target_finder import Candidates, TargetFinder, TargetLookup


class SellFinder(TargetFinder):
    """Finds target contacts or leads in Zendesk Sell."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        super().__init__(context, sync)
        # An opt-out is of an address: of whoever has it in Sell.
        self._kinds = (
            tuple(SellRecordKind) if sync.is_of_optouts else (SELL_TARGETS[sync.target_type],)
        )

    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' contacts or leads in the feed of Sell."""
        found = await self._with_targets(await self._store.run(self._find_in_feed, records))
        return self._narrow(found)

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' contacts or leads by Sell's own lists."""
        return self._narrow(await self._search_each(records, self._search_one))

    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read contacts or leads by ids like `contact-2101`."""
        return await self._context.sell_people(self._sync).read(target_ids)

    def _find_in_feed(self, records: Sequence[SourceRecord]) -> dict[str, Candidates]:
        """Find target candidates in the mirror's feed of Sell; runs on the database's thread."""
        feeds = self._store.sell_feeds
        pairs = self._store.sell_pairs.find_records.blocking(record.id for record in records)
        every = [one for paired in pairs.values() for one in paired]
        there = feeds.filter_there.blocking(self._kinds, every)
        found: dict[str, Candidates] = {}
        for record in records:
            # Who was deleted is nobody's target: the next rule may find another.
            paired = tuple(one for one in pairs.get(record.id, ()) if one in there)
            if paired and not self._sync.is_of_optouts:
                found[record.id] = {MatchIdentifier.SID: paired}
        left = [record for record in records if record.id not in found]
        hashes = [record.email_hash.lower() for record in left]
        by_hash: dict[str, tuple[str, ...]] = {}
        for kind in self._kinds:
            for key, ids in feeds.find_by_email_hash.blocking(kind, hashes).items():
                by_hash[key] = (*by_hash.get(key, ()), *ids)
        for record, hashed in zip(left, hashes, strict=True):
            if ids := by_hash.get(hashed, ()):
                found[record.id] = {MatchIdentifier.EMAIL: ids}
        return found

    async def _search_one(self, record: SourceRecord) -> Candidates:
        gateway = self._context.sell_people(self._sync)
        known = (await self._store.sell_pairs.find_records([record.id])).get(record.id, ())
        there = tuple(await gateway.read(known)) if not self._sync.is_of_optouts else ()
        if there:
            return {MatchIdentifier.SID: there}
        found = await gateway.find(record.email) if record.email else ()
        return {MatchIdentifier.EMAIL: tuple(one.id for one in found)} if found else {}

    def _narrow(self, lookup: TargetLookup) -> TargetLookup:
        """Return of several with an address one not marked yet: each is in its turn, run by run."""
        if not self._sync.is_of_optouts:
            return lookup
        candidates: dict[str, Candidates] = {}
        for source_id, found in lookup.candidates.items():
            ids = [one for each in found.values() for one in each]
            people = [target for id_ in ids if (target := lookup.targets.get(id_)) is not None]
            people = [target for target in people if target.is_editable] or people
            if people:
                least = min(people, key=lambda one: (one.optout or OptOutLevel.NONE).strictness)
                candidates[source_id] = {MatchIdentifier.EMAIL: (least.id,)}
        return replace(lookup, candidates=candidates)

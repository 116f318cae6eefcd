"""Finds the contacts or leads of Zendesk Sell that source records may belong to, by address."""

from collections.abc import Sequence

from desktop.model.sync import MatchIdentifier
from desktop.model.target_record import TargetRecord
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SELL_TARGETS
from desktop.sync.target_finder import Candidates, TargetFinder, TargetLookup


class SellFinder(TargetFinder):
    """Finds target contacts or leads in Zendesk Sell."""

    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' contacts or leads in the feed of Sell."""
        return await self._with_targets(await self._store.run(self._find_in_feed, records))

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' contacts or leads by Sell's own lists."""
        return await self._search_each(records, self._search_one)

    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read contacts or leads by ids like `contact-2101`."""
        return await self._context.sell_people[self._sync.target_type].read(target_ids)

    def _find_in_feed(self, records: Sequence[SourceRecord]) -> dict[str, Candidates]:
        """Find target candidates in the mirror's feed of Sell; runs on the database's thread."""
        kind, feeds = SELL_TARGETS[self._sync.target_type], self._store.sell_feeds
        pairs = self._store.sell_pairs.find_records.blocking(record.id for record in records)
        found: dict[str, dict[MatchIdentifier, tuple[str, ...]]] = {}
        for record in records:
            # Who was deleted is nobody's target: the next rule may find another.
            paired = tuple(
                one for one in pairs.get(record.id, ()) if feeds.is_there.blocking(kind, one)
            )
            if paired:
                found[record.id] = {MatchIdentifier.SID: paired}
        left = [record for record in records if record.id not in found]
        hashes = [record.email_hash.lower() for record in left]
        by_hash = feeds.find_by_email_hash.blocking(kind, hashes)
        for record, hashed in zip(left, hashes, strict=True):
            if ids := by_hash.get(hashed, ()):
                found[record.id] = {MatchIdentifier.EMAIL: ids}
        return dict(found)

    async def _search_one(self, record: SourceRecord) -> Candidates:
        gateway, kind = self._context.sell_people[self._sync.target_type], self._sync.target_type
        known = (await self._store.sell_pairs.find_records([record.id])).get(record.id, ())
        if there := tuple(await gateway.read(known)):
            return {MatchIdentifier.SID: there}
        found = await gateway.find(SELL_TARGETS[kind], record.email) if record.email else ()
        return {MatchIdentifier.EMAIL: tuple(one.id for one in found)} if found else {}

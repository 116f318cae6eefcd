"""Finds the Zendesk users that source records may belong to: in the users' feed, else by search."""

from collections.abc import Sequence

from desktop.model.customer_matching import deciding_identifiers
from desktop.model.sync import MatchIdentifier
from desktop.model.target_record import TargetRecord
from desktop.store.mirror_feed_repository import USERS_FEED
from desktop.sync.source_record import SourceRecord
from desktop.sync.target_finder import Candidates, TargetFinder, TargetLookup


class UserFinder(TargetFinder):
    """Finds target users in Zendesk."""

    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' users in the users' feed; by search until it was read once."""
        feed = await self._store.feeds.get_state(USERS_FEED)
        if feed.ended_at is None:
            return await self.search(records)
        return await self._with_targets(await self._store.run(self._find_in_feed, records))

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' users by Zendesk's own search."""
        # For who may not read the users' export; and before a create, which the export may be too
        # old for.
        return await self._search_each(records, self._search_one)

    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read users by id, a hundred a request."""
        return await self._context.users.read_users([int(one) for one in target_ids])

    def _find_in_feed(self, records: Sequence[SourceRecord]) -> dict[str, Candidates]:
        """Find target candidates in the mirror's users feed; runs on the database's thread."""
        found: dict[str, dict[MatchIdentifier, tuple[str, ...]]] = {}
        left = list(records)
        for identifier in deciding_identifiers(self._sync.identity):
            self._add_ids(identifier, left, found)
            if identifier is MatchIdentifier.SID:
                left = [record for record in left if record.id not in found]
        left = [record for record in left if record.id not in found]
        for identifier in self._proposing_identifiers():
            self._add_ids(identifier, left, found)
        return dict(found)

    def _add_ids(
        self,
        identifier: MatchIdentifier,
        records: Sequence[SourceRecord],
        found: dict[str, dict[MatchIdentifier, tuple[str, ...]]],
    ) -> None:
        for record, ids in zip(records, self._find_ids(identifier, records), strict=True):
            if ids:
                found.setdefault(record.id, {})[identifier] = tuple(map(str, ids))

    def _find_ids(
        self, identifier: MatchIdentifier, records: Sequence[SourceRecord]
    ) -> list[tuple[int, ...]]:
        users = self._store.zendesk_users
        if identifier is MatchIdentifier.SID:
            known = self._store.sync_state.find_user_ids.blocking([record.id for record in records])
            # Who was deleted or merged is nobody's target: the next rule may find another.
            gone = users.find_deleted.blocking(id_ for ids in known.values() for id_ in ids)
            return [
                tuple(id_ for id_ in known.get(record.id, ()) if id_ not in gone)
                for record in records
            ]
        if identifier is MatchIdentifier.EMAIL:
            keys = [record.email_hash.lower() for record in records]
            found = users.find_by_email_hash.blocking(keys)
        elif identifier is MatchIdentifier.EXTERNAL_ID:
            keys = [record.external_id.lower() for record in records]
            found = users.find_by_external_id.blocking(keys)
        else:
            keys = [record.phone for record in records]
            found = users.find_by_phone.blocking(keys)
        return [found.get(key, ()) for key in keys]

    async def _search_one(self, record: SourceRecord) -> Candidates:
        return await self._find_in_order(
            lambda identifier, _found: self._search_ids(identifier, record)
        )

    async def _search_ids(
        self, identifier: MatchIdentifier, record: SourceRecord
    ) -> tuple[str, ...]:
        client = self._context.zendesk.client
        if identifier is MatchIdentifier.SID:
            known = await self._store.sync_state.find_user_ids([record.id])
            there = await self._context.users.read_users(list(known.get(record.id, ())))
            return tuple(there)
        if identifier is MatchIdentifier.EMAIL:
            email = record.email
            if not email:
                # A list's export tells only the address's md5, which Zendesk cannot search for.
                profile = await self._context.profiles.read(record.id)
                email = profile.email if profile is not None else ""
            found = await client.find_by_email(email) if email else ()
        elif identifier is MatchIdentifier.EXTERNAL_ID:
            value = record.external_id
            found = await client.find_by_external_id(value) if value else ()
        else:
            found = await client.find_by_phone(record.phone) if record.phone else ()
        return tuple(str(user.id) for user in found)

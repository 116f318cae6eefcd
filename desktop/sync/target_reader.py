"""Reads the target records that a plan's source records may belong to, by the one matcher.

Behind a remembered pair nothing else is asked. An external id that the record found by its address
has itself is not asked either: in Sailthru each costs a request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from desktop.kit.errors import AppError, StopsRun, ValuesRejected
from desktop.model.customer_matching import deciding_identifiers
from desktop.model.email_address import email_spellings, normalize_email
from desktop.model.match_keys import sms_key
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord
from desktop.store.feed_repository import USERS_FEED
from desktop.sync.record_pairs import delete_pair, find_paired_sids
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SELL_TARGETS, SyncContext

Candidates = Mapping[MatchIdentifier, tuple[str, ...]]
FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class TargetLookup:
    """Targets found for a plan: ids by source id and identifier, records by id, and errors."""

    candidates: Mapping[str, Candidates] = field(default_factory=dict)
    targets: Mapping[str, TargetRecord] = field(default_factory=dict)
    read_errors: Mapping[str, str] = field(default_factory=dict)


class TargetReader:
    """Reads the possible targets of a chunk of a plan's source records."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._store = context.store
        self._sync = sync
        # Keys that this Sailthru account refuses: found out by the first that asks.
        self._refused_keys: set[str] = set()

    async def find_candidates(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Look up the targets of source records. Raises what would meet every record."""
        if self._sync.target_service is self._sync.source.kind.service:
            return await self.read_known({record.id: record.id for record in records})
        if self._sync.target_service is Service.SAILTHRU:
            return await self._find_profiles(records)
        if self._sync.target_service is Service.SELL:
            return await self._find_sell_people(records)
        return await self._find_users(records)

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Look up source records' targets at the service, past any export of it."""
        if self._sync.target_service is Service.SAILTHRU:
            return await self._find_profiles(records)
        if self._sync.target_service is Service.SELL:
            return await self._search_each(records)
        return await self._search_each(records)

    async def read_addresses(
        self, records: Sequence[SourceRecord], found: TargetLookup
    ) -> tuple[TargetLookup, Mapping[str, str]]:
        """Read the addresses of exported profiles without a target: an export has the hash alone.

        Returns them by source id, and the lookup with the errors of those that cannot be read.
        """
        missing = [
            record
            for record in records
            if record.service is Service.SAILTHRU
            and not record.email
            and record.id not in found.read_errors
            and not any(found.candidates.get(record.id, {}).values())
        ]
        profiles = await asyncio.gather(*(self._read_source(record.id) for record in missing))
        addresses: dict[str, str] = {}
        errors = dict(found.read_errors)
        for record, profile in zip(missing, profiles, strict=True):
            if isinstance(profile, AppError):
                errors[record.id] = str(profile)
            elif profile is not None and profile.email:
                addresses[record.id] = profile.email
        return replace(found, read_errors=errors), addresses

    async def read_optouts(self, records: Sequence[SourceRecord]) -> list[SourceRecord]:
        """Read singly the opt-out of source records from a list, whose export does not tell it.

        Where it cannot be read the record stays without one: nothing follows from that.
        """
        asked = [record for record in records if OPTOUT_FIELD not in record.fields]
        profiles = await asyncio.gather(*(self._read_source(record.id) for record in asked))
        levels = {
            record.id: profile.optout.value
            for record, profile in zip(asked, profiles, strict=True)
            if isinstance(profile, TargetRecord) and profile.optout is not None
        }
        return [
            r.with_values({OPTOUT_FIELD: levels[r.id]}) if r.id in levels else r for r in records
        ]

    async def read_join_times(self, sids: Sequence[str]) -> dict[str, dict[str, float | None]]:
        """Read when source profiles joined their lists (Unix seconds); of gone ones nothing."""
        profiles = await asyncio.gather(*map(self._read_source, sids))
        return {
            sid: dict(profile.document.lists)
            for sid, profile in zip(sids, profiles, strict=True)
            if isinstance(profile, TargetRecord) and isinstance(profile.document, SailthruProfile)
        }

    async def _read_source(self, sid: str) -> TargetRecord | AppError | None:
        try:
            return await self._context.profiles.read(sid)
        except StopsRun:
            raise
        except AppError as error:
            return error

    async def read_known(self, target_ids: Mapping[str, str]) -> TargetLookup:
        """Read a plan's targets whose ids are known, given by source id."""
        candidates = {
            source_id: {MatchIdentifier.SID: (target_id,)}
            for source_id, target_id in target_ids.items()
        }
        if self._sync.target_service is Service.ZENDESK:
            return TargetLookup(candidates, await self._read_users(map(int, target_ids.values())))
        if self._sync.target_service is Service.SELL:
            return TargetLookup(candidates, await self._read_sell(target_ids.values()))
        found = await asyncio.gather(*map(self._context.profiles.read, target_ids.values()))
        return TargetLookup(candidates, {profile.id: profile for profile in found if profile})

    def _proposing_identifiers(self) -> tuple[MatchIdentifier, ...]:
        """Return the identifiers that may propose a target: all the rest, before a create."""
        identity, creates = self._sync.identity, self._sync.effects.create_missing
        return tuple(
            one
            for one in MatchIdentifier
            if one not in deciding_identifiers(identity) and (creates or one in identity)
        )

    # Sailthru profiles.

    async def _find_profiles(self, records: Sequence[SourceRecord]) -> TargetLookup:
        service = self._sync.source.kind.service
        ids = [record.id for record in records]
        sids = await self._store.run(find_paired_sids, self._store, service, ids)
        answers = await asyncio.gather(
            *(self._find_profile(record, sids.get(record.id)) for record in records)
        )
        candidates: dict[str, Candidates] = {}
        targets: dict[str, TargetRecord] = {}
        errors: dict[str, str] = {}
        for record, answer in zip(records, answers, strict=True):
            if isinstance(answer, AppError):
                errors[record.id] = str(answer)
                continue
            candidates[record.id] = {
                identifier: tuple(profile.id for profile in profiles)
                for identifier, profiles in answer.items()
            }
            targets |= {one.id: one for profiles in answer.values() for one in profiles}
        return TargetLookup(candidates, targets, errors)

    async def _find_profile(
        self, record: SourceRecord, sid: str | None
    ) -> Mapping[MatchIdentifier, tuple[TargetRecord, ...]] | AppError:
        """Read the profiles of one source record, or return what keeps them from being read."""

        async def read(
            identifier: MatchIdentifier, found: Iterable[TargetRecord]
        ) -> tuple[TargetRecord, ...]:
            known = {one.get_value("extid") for one in found}
            if identifier is MatchIdentifier.EXTERNAL_ID and record.external_id in known:
                return ()
            return await self._read_profiles(identifier, record, sid)

        try:
            return await self._find_in_order(read)
        except StopsRun:
            raise
        except AppError as error:
            return error

    async def _find_in_order(
        self, find: Callable[[MatchIdentifier, Iterable[FoundT]], Awaitable[tuple[FoundT, ...]]]
    ) -> dict[MatchIdentifier, tuple[FoundT, ...]]:
        """Ask a source record's deciding identifiers; where they find nobody, the proposing ones.

        `find` gets what was found so far.
        """
        found: dict[MatchIdentifier, tuple[FoundT, ...]] = {}
        for identifier in deciding_identifiers(self._sync.identity):
            if some := await find(identifier, [one for each in found.values() for one in each]):
                found[identifier] = some
            if identifier is MatchIdentifier.SID and some:
                break
        if found:
            return found
        asked = self._proposing_identifiers()
        answers = await asyncio.gather(*(find(identifier, ()) for identifier in asked))
        return dict(zip(asked, answers, strict=True))

    async def _read_profiles(
        self, identifier: MatchIdentifier, record: SourceRecord, sid: str | None
    ) -> tuple[TargetRecord, ...]:
        """Read the profiles a source record's key leads to; of several addresses each one's."""
        profiles = self._context.profiles
        if identifier is MatchIdentifier.SID:
            profile = await profiles.read(sid) if sid is not None else None
            if sid is not None and profile is None:
                # Merged or deleted: the next rule may find another.
                await self._store.run(delete_pair, self._store, record.service, record.id)
            return (profile,) if profile is not None else ()
        if identifier is MatchIdentifier.EMAIL:
            found = await self._read_by_address(email_spellings(record.email))
            others = record.other_emails
            if others is None:
                others = () if found else await self._read_other_addresses(record)
            spelled = (one for address in others for one in email_spellings(address))
            return tuple((found | await self._read_by_address(spelled)).values())
        key, value = (
            ("extid", record.external_id)
            if identifier is MatchIdentifier.EXTERNAL_ID
            else ("sms", sms_key(record.phone))
        )
        if not value or key in self._refused_keys:
            return ()
        try:
            profile = await profiles.read(value, key=key)
        except ValuesRejected:
            # Sailthru refuses the keys `extid` and `sms` where an account has not enabled them.
            self._refused_keys.add(key)
            return ()
        return (profile,) if profile is not None else ()

    async def _read_by_address(self, addresses: Iterable[str]) -> dict[str, TargetRecord]:
        """Read the possible target profiles at these addresses, by sid."""
        read = self._context.profiles.read
        asked = dict.fromkeys(addresses)
        found = await asyncio.gather(*(read(address, key="email") for address in asked))
        return {profile.id: profile for profile in found if profile is not None}

    async def _read_other_addresses(self, record: SourceRecord) -> tuple[str, ...]:
        """Read a source user's further addresses singly, where a profile would be created.

        The export of admins tells them; the search, which is the way of agents, does not.
        """
        if not self._sync.effects.create_missing or not record.id.isdigit():
            return ()
        identities = await self._context.zendesk.client.list_identities(int(record.id))
        addresses = (normalize_email(one.value) for one in identities if one.type == "email")
        return tuple(dict.fromkeys(a for a in addresses if a != record.email))

    # Zendesk users.

    async def _find_users(self, records: Sequence[SourceRecord]) -> TargetLookup:
        feed = await self._store.feeds.get_state(USERS_FEED)
        if feed.ended_at is None:
            return await self._search_each(records)
        return await self._with_targets(await self._store.run(self._find_users_in_feed, records))

    async def _search_each(self, records: Sequence[SourceRecord]) -> TargetLookup:
        candidates: dict[str, Candidates] = {}
        errors: dict[str, str] = {}
        is_sell = self._sync.target_service is Service.SELL
        search = self._search_sell if is_sell else self._search_users
        for record in records:
            try:
                candidates[record.id] = await search(record)
            except StopsRun:
                raise
            except AppError as error:
                errors[record.id] = str(error)
        return replace(await self._with_targets(candidates), read_errors=errors)

    async def _with_targets(self, candidates: Mapping[str, Candidates]) -> TargetLookup:
        wanted = {id_ for found in candidates.values() for ids in found.values() for id_ in ids}
        if self._sync.target_service is Service.SELL:
            return TargetLookup(candidates, await self._read_sell(sorted(wanted)))
        return TargetLookup(candidates, await self._read_users(map(int, sorted(wanted))))

    async def _read_users(self, ids: Iterable[int]) -> dict[str, TargetRecord]:
        return await self._context.users.read_users(list(ids))

    def _find_users_in_feed(self, records: Sequence[SourceRecord]) -> dict[str, Candidates]:
        """Find target candidates in the mirror's users feed; runs on the database's thread."""
        found: dict[str, dict[MatchIdentifier, tuple[str, ...]]] = {}
        left = list(records)
        for identifier in deciding_identifiers(self._sync.identity):
            self._add_user_ids(identifier, left, found)
            if identifier is MatchIdentifier.SID:
                left = [record for record in left if record.id not in found]
        left = [record for record in left if record.id not in found]
        for identifier in self._proposing_identifiers():
            self._add_user_ids(identifier, left, found)
        return dict(found)

    def _add_user_ids(
        self,
        identifier: MatchIdentifier,
        records: Sequence[SourceRecord],
        found: dict[str, dict[MatchIdentifier, tuple[str, ...]]],
    ) -> None:
        for record, ids in zip(records, self._find_user_ids(identifier, records), strict=True):
            if ids:
                found.setdefault(record.id, {})[identifier] = tuple(map(str, ids))

    def _find_user_ids(
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

    async def _search_users(self, record: SourceRecord) -> Candidates:
        """Find the users that may be a source record's target by Zendesk's own search.

        For who may not read the users' export; and before a create, which the export may be too
        old for.
        """
        return await self._find_in_order(
            lambda identifier, _found: self._search_user_ids(identifier, record)
        )

    async def _search_user_ids(
        self, identifier: MatchIdentifier, record: SourceRecord
    ) -> tuple[str, ...]:
        client = self._context.zendesk.client
        if identifier is MatchIdentifier.SID:
            known = await self._store.sync_state.find_user_ids([record.id])
            there = await self._read_users(known.get(record.id, ()))
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

    # Contacts and leads of Sell.

    async def _find_sell_people(self, records: Sequence[SourceRecord]) -> TargetLookup:
        return await self._with_targets(await self._store.run(self._find_sell_in_feed, records))

    async def _read_sell(self, ids: Iterable[str]) -> dict[str, TargetRecord]:
        return await self._context.sell_people[self._sync.target_type].read(list(ids))

    def _find_sell_in_feed(self, records: Sequence[SourceRecord]) -> dict[str, Candidates]:
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

    async def _search_sell(self, record: SourceRecord) -> Candidates:
        """Find the Sell records with a source record's address by Sell's own list."""
        gateway, kind = self._context.sell_people[self._sync.target_type], self._sync.target_type
        known = (await self._store.sell_pairs.find_records([record.id])).get(record.id, ())
        if there := tuple(await gateway.read(known)):
            return {MatchIdentifier.SID: there}
        found = await gateway.find(SELL_TARGETS[kind], record.email) if record.email else ()
        return {MatchIdentifier.EMAIL: tuple(one.id for one in found)} if found else {}

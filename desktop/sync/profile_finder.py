"""Finds the Sailthru profiles that source records may belong to: one request for each key.

An external id that the profile found by its address has itself is not asked: it costs a request.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from desktop.kit.errors import AppError, StopsRun, ValuesRejected
from desktop.model.email_address import email_spellings, normalize_email
from desktop.model.match_keys import sms_key
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import TargetRecord
from desktop.sync.remembered_match import delete_pair, find_paired_sids
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.sync.target_finder import Candidates, TargetFinder, TargetLookup


class ProfileFinder(TargetFinder):
    """Finds target profiles in Sailthru."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        super().__init__(context, sync)
        # Keys that this Sailthru account refuses: found out by the first that asks.
        self._refused_keys: set[str] = set()

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' profiles in Sailthru, which has no mirror to look in first."""
        return await self.find(records)

    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read profiles by sid, one request each."""
        found = await asyncio.gather(*map(self._context.profiles.read, target_ids))
        return {profile.id: profile for profile in found if profile}

    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' profiles in Sailthru. Raises what would meet every record."""
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

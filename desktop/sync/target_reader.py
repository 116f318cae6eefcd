"""Reads what a plan needs of its source records' targets, and of the records themselves."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from desktop.kit.errors import AppError, StopsRun
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import OPTOUT_FIELD, TargetRecord
from desktop.sync.content_finder import ContentFinder
from desktop.sync.profile_finder import ProfileFinder
from desktop.sync.sell_finder import SellFinder
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.sync.target_finder import TargetFinder, TargetLookup
from desktop.sync.user_finder import UserFinder

_FINDERS: Mapping[Service, type[TargetFinder]] = {
    Service.SAILTHRU: ProfileFinder,
    Service.ZENDESK: UserFinder,
    Service.SELL: SellFinder,
}


class TargetReader:
    """Reads the possible targets of a chunk of a plan's source records."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._sync = sync
        finder = ContentFinder if sync.is_of_products else _FINDERS[sync.target_service]
        self._finder = finder(context, sync)

    async def find_candidates(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Look up the targets of source records. Raises what would meet every record."""
        if self._sync.target_service is self._sync.source.kind.service:
            return await self.read_known({record.id: record.id for record in records})
        return await self._finder.find(records)

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Look up source records' targets at the service, past any export of it."""
        return await self._finder.search(records)

    async def read_known(self, target_ids: Mapping[str, str]) -> TargetLookup:
        """Read a plan's targets whose ids are known, given by source id."""
        candidates = {
            source_id: {MatchIdentifier.SID: (target_id,)}
            for source_id, target_id in target_ids.items()
        }
        return TargetLookup(candidates, await self._finder.read(list(target_ids.values())))

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

"""Asks the matcher again for a plan's rows that create, right before they are written.

Since the preview, the person may have got a record under another address, an external id or an
earlier match: nothing is created beside it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desktop.kit.errors import AppError, NotFound, StopsRun, UserDecisionNeeded
from desktop.model.email_address import email_spellings
from desktop.model.sell_record import parse_sell_record_id
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import TargetRecord
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.matching import MatchResult, match_record
from desktop.sync.pipeline.membership import with_corrections
from desktop.sync.pipeline.target_kind import make_target_kind
from desktop.sync.source_record import (
    SourceRecord,
    source_record_from_profile,
    source_record_from_sell,
    source_record_from_user,
)
from desktop.sync.sync_context import SELL_KINDS, SyncContext
from desktop.sync.target_reader import TargetReader
from desktop.writing.row_comparison import ReadResult
from desktop.writing.write_protocol import RecordGateway

_GONE_TEXT = "Deleted since the preview. Nothing was sent."


@dataclass(frozen=True)
class CreateCheckingGateway:
    """A plan's gateway to one service; reads a create's free address by every other key too."""

    gateway: RecordGateway
    context: SyncContext
    sync: Sync

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        """Read each row's target, a create's by every key; an error where it must not be made."""
        there = dict(await self.gateway.read_rows(rows))
        free = [row for row in rows if not row.target_id and there.get(row.row) is None]
        if free:
            sources = await self._read_sources(free)
            there |= await self._find_obstacles(free, sources)
        return there

    async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
        """Write one row by the service's own gateway, past the check of creates."""
        return await self.gateway.send_row(row, now)

    async def _read_sources(self, rows: Sequence[PlanRow]) -> dict[str, SourceRecord | AppError]:
        """Read the source records of a plan's creates as they are now, by source id."""
        ids = list(dict.fromkeys(row.source_id for row in rows))
        if self.sync.source.kind.service is Service.ZENDESK:
            users = await self.context.zendesk.client.show_users(list(map(int, ids)))
            return {str(user.id): source_record_from_user(user) for user in users if user.active}
        if self.sync.source.kind.service is Service.SELL:
            return await self._read_sell_people(ids)
        profiles = await asyncio.gather(*map(self._read_profile, ids))
        return dict(zip(ids, profiles, strict=True))

    async def _read_sell_people(self, ids: Sequence[str]) -> dict[str, SourceRecord | AppError]:
        kind = SELL_KINDS[self.sync.source.kind]
        parsed = [found for one in ids if (found := parse_sell_record_id(one)) is not None]
        people = await self.context.require_sell().show_people(kind, [n for _, n in parsed])
        return {person.record_id: source_record_from_sell(person) for person in people.values()}

    async def _read_profile(self, sid: str) -> SourceRecord | AppError:
        try:
            profile = await self.context.sailthru.client.get_user(sid, key="sid")
        except StopsRun:
            raise
        except AppError as error:
            return UserDecisionNeeded(_GONE_TEXT) if isinstance(error, NotFound) else error
        return source_record_from_profile(profile, self.context.value_source)

    async def _find_obstacles(
        self, rows: Sequence[PlanRow], sources: Mapping[str, SourceRecord | AppError]
    ) -> dict[int, ReadResult]:
        """Say by row number what keeps a plan's row from creating; None: nothing does."""
        known = PlanContext(
            self.sync,
            self.context.clock.now(),
            make_target_kind(self.sync, ""),
            corrections=await self.context.store.sync_state.corrections_by_source(self.sync.name),
        )
        found: dict[int, ReadResult] = {}
        asked: dict[int, SourceRecord] = {}
        for row in rows:
            source = sources.get(row.source_id, UserDecisionNeeded(_GONE_TEXT))
            if isinstance(source, AppError):
                found[row.row] = source
            else:
                asked[row.row] = self._without_read_address(with_corrections(source, known), row)
        lookup = await TargetReader(self.context, self.sync).search(list(asked.values()))
        known = replace(
            known,
            candidates=lookup.candidates,
            targets=lookup.targets,
            read_errors=lookup.read_errors,
        )
        for number, source in asked.items():
            found[number] = _find_obstacle(match_record(source, known))
        return found

    def _without_read_address(self, source: SourceRecord, row: PlanRow) -> SourceRecord:
        """Return a source record without the address that its create's read has just found free."""
        is_read = (
            self.sync.target_service is Service.SAILTHRU
            and source.email == row.address
            and len(email_spellings(source.email)) == 1
        )
        return replace(source, email="") if is_read else source


def _find_obstacle(match: MatchResult) -> AppError | None:
    if match.error:
        return AppError(match.error)
    target = match.target
    who = (
        match.candidates or match.proposed or ((f"{target.label} ({target.id})",) if target else ())
    )
    if not who:
        return None
    return UserDecisionNeeded(
        f"Since the preview there is a record that may be theirs: {', '.join(who)}.",
        "Nothing was sent; the next preview looks again.",
    )

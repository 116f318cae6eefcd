"""Makes a plan: reads the source in chunks, plans each chunk's rows and stores them.

Memory stays flat whatever the size of the source: no more than one chunk of records is held.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from desktop.model.sync import Sync
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow, TargetReading
from desktop.model.sync_state import SyncMember
from desktop.sync.covering_list import CoveringListReader
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.duplicate_targets import park_duplicate_row
from desktop.sync.pipeline.increments import settle_increments
from desktop.sync.pipeline.membership import SourceChunk, find_leaving, split_source
from desktop.sync.pipeline.plan_rows import plan_rows
from desktop.sync.plan_draft import PlanDraft, draft_plan
from desktop.sync.plan_lookup import PlanLookup
from desktop.sync.rule_reader import RuleReader
from desktop.sync.source_reader import SourceReader, Watermarks
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext

# Two of Zendesk's pages of a hundred users per chunk, most of whom match; some 200 kB of records.
_CHUNK_RECORDS = 192
_PARKED_ROWS_PER_WRITE = 500


@dataclass(frozen=True)
class PlanRequest:
    """What a plan is made of: sync, trigger, actor and scope.

    `lists` are the Sailthru lists that were read. `is_full`: everything and not only what changed.
    `source_ids`: these source records alone (a retry). `unreadable_rows`: rows of the source that
    could not be read, a sentence each.
    """

    sync: Sync
    actor: str
    lists: tuple[str, ...] = ()
    is_full: bool = False
    source_ids: tuple[str, ...] = ()
    origin: str = "sync"
    unreadable_rows: tuple[str, ...] = ()


class PlanBuilder:
    """Makes a sync's plans; `on_read` is called with the number of records planned so far."""

    def __init__(
        self, context: SyncContext, on_read: Callable[[int], None] = lambda _count: None
    ) -> None:
        self._context = context
        self._on_read = on_read

    async def build(self, request: PlanRequest) -> Plan:
        """Make a plan in chunks, READY or STOPPED by a limit. Raises what the services raise."""
        store, sync = self._context.store, request.sync
        source: SourceReader | RuleReader = (
            RuleReader(self._context, sync)
            if sync.is_rule
            else SourceReader(self._context, sync, request.lists)
        )
        async with draft_plan(
            store, sync, request.actor, self._context.clock.now(), origin=request.origin
        ) as draft:
            # Before anything is read: what changes meanwhile belongs to the next plan.
            watermarks = await store.run(source.current_watermarks)
            before = {} if request.is_full else await store.run(source.last_watermarks)
            walk = _PlanWalk(self._context, request, source, draft, self._on_read)
            reading = await walk.plan_source(before)
            is_incremental = bool(source.is_always_incremental or request.source_ids or before)
            if (
                not source.is_always_incremental
                and not request.source_ids
                and await walk.is_source_empty()
            ):
                is_incremental = False
            return await draft.finish(
                walk.read_count,
                walk.inside_count,
                is_incremental=is_incremental,
                watermark="" if request.source_ids else json.dumps(watermarks),
                reading=reading,
            )


class _PlanWalk:
    """A planning walk over a sync's source: counts records inside it and those that leave."""

    def __init__(
        self,
        context: SyncContext,
        request: PlanRequest,
        source: SourceReader | RuleReader,
        draft: PlanDraft,
        on_read: Callable[[int], None],
    ) -> None:
        self._context = context
        self._store = context.store
        self._request = request
        self._source = source
        self._draft = draft
        self._on_read = on_read
        self._lookup = PlanLookup(context, request.sync, source)
        self.read_count = self.inside_count = 0
        self._leaving_count = 0

    async def plan_source(self, before: Watermarks) -> TargetReading | None:
        """Plan the source records changed since `before`, those to retry, and those gone.

        Returns how profiles were read; None where not from Sailthru, or of some records alone.
        """
        context = await self._lookup.begin()
        # A rule acts on few people, each of whom is read singly; no export tells an opt-out level.
        sync = self._request.sync
        is_singly = bool(self._request.source_ids) or sync.is_of_optouts or sync.is_of_products
        if is_singly or isinstance(self._source, RuleReader):
            await self._plan_records(before, context)
            return None
        reader = CoveringListReader(self._context, self._request.sync, self._source)
        covering = await reader.read(before, context)
        if covering is None:
            await self._plan_records(before, context)
            return None
        self._lookup.covering = covering
        try:
            await self._plan_records(before, context)
        finally:
            await self._store.run(covering.close)
        return covering.counted_reading()

    async def _plan_records(self, before: Watermarks, context: PlanContext) -> None:
        only = self._request.source_ids
        await self._draft.add_rows(
            _row_for_unreadable(number, reason)
            for number, reason in enumerate(self._request.unreadable_rows, self._draft.next_number)
        )
        watched = tuple(context.superseded)
        records = self._source.iter_records(before, only, also=watched)
        while chunk := await self._next_chunk(records):
            known = await self._lookup.complete(chunk)
            await self._plan_chunk(split_source(known, context), context)
            self.read_count += len(chunk)
            self._on_read(len(chunk))
        if self._source.plans_gone_members and not only:
            await self._plan_gone_members(context)
        if not context.target_kind.holds_several_records:
            await self._store.run(self._park_duplicate_rows)

    async def is_source_empty(self) -> bool:
        """Whether the sync's source is empty; an incremental plan sees only those who changed."""
        if self.inside_count:
            return False
        if await self._store.run(self._source.is_empty):
            return True
        if not self._leaving_count:
            # Nothing follows from it, so the whole source is not read for it.
            return False
        context = await self._lookup.begin()
        everybody = self._source.iter_records({})
        while chunk := await self._next_chunk(everybody):
            if split_source(await self._lookup.complete(chunk), context).inside:
                return False
        return True

    async def _next_chunk(self, records: Iterator[SourceRecord]) -> list[SourceRecord]:
        return await self._store.run(lambda: list(islice(records, _CHUNK_RECORDS)))

    async def _plan_chunk(self, chunk: SourceChunk, context: PlanContext) -> None:
        context = await self._lookup.look_up_leaving(chunk.outside, context)
        self.inside_count += len(chunk.inside)
        self._leaving_count += len(find_leaving(chunk.outside, context))
        await self._store_rows(chunk, await self._lookup.look_up_chunk(chunk, context))

    async def _store_rows(self, chunk: SourceChunk, context: PlanContext) -> None:
        context, settled = settle_increments(chunk.inside, context)
        if settled:
            await self._store.run(self._lookup.store_settled, settled, context.now)
        await self._draft.add_rows(plan_rows(chunk, context, self._draft.next_number))

    async def _plan_gone_members(self, context: PlanContext) -> None:
        """Plan for members of the sync whom its source has no more."""
        members, after = self._store.sync_state.list_members, ""
        while page := await members(self._request.sync.name, after):
            after = page[-1].target_id
            gone = await self._store.run(self._filter_gone, page)
            self._leaving_count += len(gone)
            while gone:
                # A source record that was linked anew may have two members: one at a time.
                batch = {member.source_id: member for member in gone}
                await self._plan_gone_batch(batch, context)
                gone = [member for member in gone if batch[member.source_id] is not member]

    async def _plan_gone_batch(self, gone: Mapping[str, SyncMember], context: PlanContext) -> None:
        service = self._request.sync.source.kind.service
        records = [SourceRecord(service, id_, member.label) for id_, member in gone.items()]
        target_ids = {id_: member.target_id for id_, member in gone.items()}
        there = await self._lookup.look_up_members(records, target_ids, context)
        await self._store_rows(SourceChunk(outside=records), there)

    def _filter_gone(self, members: Iterable[SyncMember]) -> list[SyncMember]:
        """Filter members to those whom the source has no more; on the database's thread."""
        return [member for member in members if not self._source.is_still_member(member)]

    def _park_duplicate_rows(self) -> None:
        """Park the plan's rows with an earlier row's target; runs on the database's thread."""
        plans, plan_id = self._store.plans, self._draft.plan_id
        found = plans.find_duplicate_targets.blocking(plan_id)
        for start in range(0, len(found), _PARKED_ROWS_PER_WRITE):
            some = found[start : start + _PARKED_ROWS_PER_WRITE]
            rows = plans.get_rows.blocking(plan_id, [row for row, _ in some])
            firsts = plans.get_rows.blocking(plan_id, [first for _, first in some])
            plans.replace_rows_while_planning.blocking(
                plan_id, map(park_duplicate_row, rows, firsts)
            )


def _row_for_unreadable(number: int, reason: str) -> PlanRow:
    label, cause = reason.partition(":")[0], "a row of the export cannot be read"
    return PlanRow(
        number,
        PlannedOutcome.CORRECTION,
        source_id="",
        target_id="",
        label=label,
        why=reason,
        cause=cause,
        ticked=False,
    )

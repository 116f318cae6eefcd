"""Reads from store and services what planning needs, into a `PlanContext`."""

from collections.abc import Sequence
from dataclasses import replace

from desktop.kit.errors import AppError, NotFound
from desktop.model.field_mapping import SourceType
from desktop.model.lifecycle_stage import cap_period_start
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import OPTOUT_FIELD
from desktop.model.zendesk_user import UserFieldDefinition
from desktop.sync.covering_list import CoveringExport
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.exported_targets import is_settled_by_export
from desktop.sync.pipeline.increments import (
    JOB_PATIENCE_S,
    IncrementEffect,
    SettledIncrement,
    increment_rows,
    relevant_events,
)
from desktop.sync.pipeline.matching import match_record
from desktop.sync.pipeline.membership import SourceChunk, find_leaving, is_deleted
from desktop.sync.pipeline.target_kind import TargetKind, make_target_kind
from desktop.sync.record_pairs import find_paired_records, find_paired_sids
from desktop.sync.source_reader import SourceReader
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.sync.target_reader import TargetLookup, TargetReader

# A superseded increment is watched so long: its customer may be deleted, or not in the source.
_SUPERSEDED_RETENTION_S = 30 * JOB_PATIENCE_S


class PlanLookup:
    """The reads of one plan: some at its beginning, others for each chunk of source records."""

    def __init__(self, context: SyncContext, sync: Sync, source: SourceReader) -> None:
        # An export of a list that many of the profiles are on; None: each is read singly.
        self.covering: CoveringExport | None = None
        self._context = context
        self._store = context.store
        self._sync = sync
        self._source = source
        self._targets = TargetReader(context, sync)

    async def begin(self) -> PlanContext:
        """Look up what holds for the whole plan: target kind, corrections, open increments."""
        state, name = self._store.sync_state, self._sync.name
        left_out = await state.list_left_out(name)
        plan_context = PlanContext(
            self._sync,
            self._context.clock.now(),
            await read_target_kind(self._context, self._sync),
            corrections=await state.corrections_by_source(name),
            left_out={person.source_id: person for person in left_out if person.source_id},
            left_out_targets={person.target_id: person for person in left_out if person.target_id},
            erased=await self._store.erased_people.load(),
            job_timeout_s=self._context.job_timeout_s,
        )
        return await self._with_increments(plan_context)

    async def complete(self, records: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
        """Complete source records with what the export leaves out and the sync goes by."""
        sync = self._sync
        if sync.source.kind is not SourceKind.SAILTHRU_LISTS:
            return records
        named = {row.source for row in sync.mapping if row.on and row.type is not SourceType.TEXT}
        named |= sync.source.condition_fields | {p.evidence.field for p in sync.purposes}
        named |= {condition.field for stage in sync.stages for condition in stage.where}
        return await self._targets.read_optouts(records) if OPTOUT_FIELD in named else records

    async def look_up_leaving(
        self, outside: Sequence[SourceRecord], context: PlanContext
    ) -> PlanContext:
        """Look up for a plan which records outside the source still have what the sync gave."""
        effects = self._sync.effects
        undone = effects.remove_when_gone or effects.add_tags or self._sync.stage_fields
        if not (undone or effects.deleted_var):
            return context
        return await self._store.run(self._read_leaving, outside, context)

    async def look_up_chunk(self, chunk: SourceChunk, context: PlanContext) -> PlanContext:
        """Look up for a plan the targets of a chunk's records, and what is known of both."""
        leaving = find_leaving(chunk.outside, context)
        asked = [*chunk.outside, *(chunk.inside if self.covering is not None else ())]
        if asked:
            waiting = await self._store.sync_state.filter_retry_sources(
                self._sync.name, [record.id for record in asked]
            )
            context = replace(context, retry_sources=waiting)
        exported = await self._find_in_export(chunk.inside, context)
        singly = [r for r in (*chunk.inside, *leaving) if r.id not in exported.candidates]
        found = _merge_lookups(exported, await self._targets.find_candidates(singly))
        if self._sync.effects.create_missing:
            found, addresses = await self._targets.read_addresses(chunk.inside, found)
            context = replace(context, addresses=addresses)
        return await self._store.run(
            self._read_state, chunk.inside, leaving, _with_targets(context, found)
        )

    async def _find_in_export(
        self, inside: Sequence[SourceRecord], context: PlanContext
    ) -> TargetLookup:
        """Look up source records for which a list export settles that nothing is written."""
        covering = self.covering
        if covering is None:
            return TargetLookup()
        if not covering.is_usable(self._context.clock.now()):
            covering.count(len(inside), 0, 0)
            return TargetLookup()
        return await self._store.run(self._read_export, covering, inside, context)

    async def look_up_members(
        self, leaving: Sequence[SourceRecord], target_ids: dict[str, str], context: PlanContext
    ) -> PlanContext:
        """Look up for a plan the members that left the source; `target_ids` by source id."""
        found = await self._targets.read_known(target_ids)
        members = frozenset(target_ids)
        return await self._store.run(
            self._read_state, (), leaving, replace(_with_targets(context, found), members=members)
        )

    def store_settled(self, settled: Sequence[SettledIncrement], now: float) -> None:
        """Store what planning made of unconfirmed increments; runs on the database's thread."""
        increments, sync = self._store.unconfirmed_increments, self._sync.name
        for one in settled:
            if one.effect is IncrementEffect.CONFIRM:
                increments.confirm.blocking(sync, one.increment, one.target_id, now)
            elif one.effect is IncrementEffect.DISCARD:
                increments.discard.blocking(sync, one.increment.source_id)
            elif one.effect is IncrementEffect.SUPERSEDE:
                increments.supersede.blocking(sync, one.increment.source_id)
            else:
                increments.delete_superseded.blocking(sync, one.increment)

    # Increments.

    async def _with_increments(self, context: PlanContext) -> PlanContext:
        """Look up a plan's unconfirmed increments, and which of their jobs may still run.

        The jobs come first: what is read of a customer after a job has ended is all it did.
        """
        if not increment_rows(self._sync):
            return context
        increments, name = self._store.unconfirmed_increments, self._sync.name
        unconfirmed = await increments.by_source(name)
        superseded = await increments.list_superseded(name)
        job_ids = {one.job_id for one in (*unconfirmed.values(), *superseded) if one.job_id}
        running = frozenset([id_ for id_ in sorted(job_ids) if await self._is_job_running(id_)])
        watched: dict[str, tuple[UnconfirmedIncrement, ...]] = {}
        for one in superseded:
            is_old = context.now - one.sent_at > _SUPERSEDED_RETENTION_S
            if is_old and one.job_id not in running:
                await increments.delete_superseded(name, one)
            else:
                watched[one.source_id] = (*watched.get(one.source_id, ()), one)
        return replace(context, unconfirmed=unconfirmed, superseded=watched, running_jobs=running)

    async def _is_job_running(self, job_id: str) -> bool:
        if self._sync.target_service is Service.SELL:
            return False
        is_profile = self._sync.target_service is Service.SAILTHRU
        try:
            if is_profile:
                return (await self._context.profiles.get_job(job_id)).may_still_write
            return (await self._context.users.get_job(job_id)).may_still_write
        except NotFound:
            # Zendesk forgets a job a day after it ended.
            return False

    # On the database's thread.

    def _read_leaving(self, outside: Sequence[SourceRecord], context: PlanContext) -> PlanContext:
        state, effects = self._store.sync_state, self._sync.effects
        members = state.members_by_source.blocking(self._sync.name, [r.id for r in outside])
        tagged: list[str] = []
        if self._sync.target_service is Service.ZENDESK:
            has_tag = self._store.zendesk_users.has_tag.blocking
            tagged = [r.id for r in outside if has_tag(r.email_hash, effects.add_tags)]
        deleted = [r.id for r in outside if is_deleted(r)] if effects.deleted_var else []
        paired = find_paired_sids(self._store, self._sync.source.kind.service, deleted)
        return replace(
            context,
            members=frozenset(members),
            tagged=frozenset(tagged),
            paired=frozenset(paired),
        )

    def _read_export(
        self, covering: CoveringExport, inside: Sequence[SourceRecord], context: PlanContext
    ) -> TargetLookup:
        state, name = self._store.sync_state, self._sync.name
        service = self._sync.source.kind.service
        sids = find_paired_sids(self._store, service, [record.id for record in inside])
        found = covering.find(inside, sids, self._sync.identity)
        ids = list(found.targets)
        context = replace(
            _with_targets(context, found),
            synced_values=state.get_synced_values.blocking(name, ids),
            accepted_values=state.get_accepted_values.blocking(name, ids),
        )
        settled = {
            record.id: target
            for record in inside
            if (target := match_record(record, context).target) is not None
            and is_settled_by_export(record, target, context)
        }
        covering.count(len(inside), len(found.candidates), len(settled))
        return TargetLookup(
            {source_id: found.candidates[source_id] for source_id in settled},
            {target.id: target for target in settled.values()},
        )

    def _read_state(
        self,
        inside: Sequence[SourceRecord],
        leaving: Sequence[SourceRecord],
        context: PlanContext,
    ) -> PlanContext:
        state, name, cap = self._store.sync_state, self._sync.name, self._sync.pressure
        matched = {
            record.id: match.target.id
            for record in (*inside, *leaving)
            if (match := match_record(record, context)).target is not None
        }
        target_ids = list(dict.fromkeys(matched.values()))
        context = self._with_known_sources(
            {record.id: matched[record.id] for record in inside if record.id in matched}, context
        )
        events = relevant_events(inside, context)
        fresh = frozenset(state.filter_new_events.blocking(name, events)) if events else frozenset()
        touch_times: dict[str, tuple[float, ...]] = {}
        if cap is not None:
            since = cap_period_start(cap.window, context.now, self._context.zone)
            touch_times = state.get_touch_times.blocking(name, target_ids, since)
        open_tickets: dict[int, int] = {}
        if self._sync.effects.add_tags and self._sync.target_service is Service.ZENDESK:
            open_tickets = self._store.feeds.count_open_tickets.blocking(list(map(int, target_ids)))
        return replace(
            context,
            synced_values=state.get_synced_values.blocking(name, target_ids),
            accepted_values=state.get_accepted_values.blocking(name, target_ids),
            kept_forms=state.get_kept_forms.blocking(name, target_ids),
            written_hashes=state.get_written_hashes.blocking(
                self._sync.source.kind.service.value, [r.id for r in (*inside, *leaving)]
            ),
            counted_events=frozenset(events) - fresh,
            touch_times=touch_times,
            open_tickets={str(user_id): count for user_id, count in open_tickets.items()},
        )

    def _with_known_sources(self, targets: dict[str, str], context: PlanContext) -> PlanContext:
        """Look up which source records each target belongs to (`targets` by source)."""
        ids = list(dict.fromkeys(targets.values()))
        known: dict[str, tuple[str, ...]]
        if self._sync.target_service is Service.SAILTHRU:
            known = find_paired_records(self._store, self._sync.source.kind.service, ids)
        else:
            sids = find_paired_sids(self._store, self._sync.target_service, ids)
            known = {record_id: (sid,) for record_id, sid in sids.items()}
        others = {
            other
            for source_id, target_id in targets.items()
            if source_id not in known.get(target_id, ())
            for other in known.get(target_id, ())
        }
        records = {id_: self._source.get_record(id_) for id_ in sorted(others)}
        return replace(
            context,
            known_sources=known,
            other_records={id_: record for id_, record in records.items() if record is not None},
        )


async def read_target_kind(context: SyncContext, sync: Sync) -> TargetKind:
    """Make the sync's kind of target record, with the account's Zendesk user fields.

    There are none where the sign-in may not read them.
    """
    if Service.ZENDESK not in sync.services:
        return make_target_kind(sync, context.zone)
    fields: tuple[UserFieldDefinition, ...] = ()
    try:
        fields = await context.zendesk.client.list_user_fields()
    except AppError as error:
        if error.is_retryable or error.code == "auth_lost":
            raise
    active = [found for found in fields if found.active]
    types = {found.key: found.type for found in active}
    options = {found.key: found.options for found in active}
    return make_target_kind(sync, context.zone, types, options)


def _merge_lookups(exported: TargetLookup, read: TargetLookup) -> TargetLookup:
    """Merge the targets found in an export and at the service; a single read counts for both."""
    return replace(
        read,
        candidates={**exported.candidates, **read.candidates},
        targets={**exported.targets, **read.targets},
    )


def _with_targets(context: PlanContext, found: TargetLookup) -> PlanContext:
    return replace(
        context,
        candidates=found.candidates,
        targets=found.targets,
        read_errors=found.read_errors,
    )

"""Reads from store and services what planning needs, into a `PlanContext`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from desktop.kit.errors import AppError, NotFound
from desktop.model.field_mapping import MappingRow, SourceType, source_fields_of
from desktop.model.instant import FieldValue
from desktop.model.json_value import Json
from desktop.model.lifecycle_stage import cap_period_start
from desktop.model.sell_lists import (
    LEAD_STATUS_FIELD,
    find_last_joined,
    leads_list,
    status_of_list,
)
from desktop.model.sell_record import SellPerson, SellRecordKind, is_organization
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import LIST_PREFIX, OPTOUT_FIELD
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
from desktop.sync.pipeline.lead_lists import (
    OVER_FIELD,
    TIE_FIELD,
    find_known_list,
    is_lead_list_field,
    tie_text,
)
from desktop.sync.pipeline.matching import match_record
from desktop.sync.pipeline.membership import SourceChunk, find_leaving, is_deleted
from desktop.sync.pipeline.sell_optouts import as_planned
from desktop.sync.pipeline.target_kind import TargetKind, make_target_kind
from desktop.sync.remembered_match import find_paired_records, find_paired_sids
from desktop.sync.rule_reader import RuleReader
from desktop.sync.source_reader import SourceReader
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext, sell_kind_of
from desktop.sync.target_finder import TargetLookup
from desktop.sync.target_reader import TargetReader

# A superseded increment is watched so long: its customer may be deleted, or not in the source.
_SUPERSEDED_RETENTION_S = 30 * JOB_PATIENCE_S


class PlanLookup:
    """The reads of one plan: some at its beginning, others for each chunk of source records."""

    def __init__(self, context: SyncContext, sync: Sync, source: SourceReader | RuleReader) -> None:
        # An export of a list that many of the profiles are on; None: each is read singly.
        self.covering: CoveringExport | None = None
        self._context = context
        self._store = context.store
        self._sync = as_planned(sync)
        self._source = source
        self._targets = TargetReader(context, self._sync)

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
            zone=self._context.zone,
        )
        return await self._with_increments(plan_context)

    async def complete(self, records: Sequence[SourceRecord]) -> Sequence[SourceRecord]:
        """Complete source records with what the export leaves out and the sync goes by."""
        sync = self._sync
        if sync.source.kind is not SourceKind.SAILTHRU_LISTS:
            return records
        named = {row.source for row in sync.mapping if row.on and row.type is not SourceType.TEXT}
        named |= {name for row in sync.mapping if row.on for name in source_fields_of(row)}
        named |= sync.source.condition_fields | {p.evidence.field for p in sync.purposes}
        named |= {condition.field for stage in sync.stages for condition in stage.where}
        if sync.effects.lead_lists and isinstance(self._source, SourceReader):
            records = await self._with_lead_status(self._source, records)
        return await self._targets.read_optouts(records) if OPTOUT_FIELD in named else records

    async def _with_lead_status(
        self, source: SourceReader, records: Sequence[SourceRecord]
    ) -> list[SourceRecord]:
        """Complete profiles with the lead status of their lists; of several, by Sailthru's times.

        An export does not tell when a list was joined: who is on several is read singly.
        """
        joined = await self._store.run(source.lead_lists_of_people, [r.id for r in records])
        several = [sid for sid, names in joined.items() if len(names) > 1]
        times = await self._targets.read_join_times(several)
        completed: list[SourceRecord] = []
        for record in records:
            names = joined.get(record.id, ())
            last = find_last_joined(times.get(record.id, dict.fromkeys(names)))
            values: dict[str, FieldValue] = {}
            if len(last) == 1:
                values[LEAD_STATUS_FIELD] = status_of_list(last[0])
                others = [status_of_list(name) for name in names if name != last[0]]
                if others:
                    values[OVER_FIELD] = ", ".join(others)
            elif last:
                values[TIE_FIELD] = tie_text(last)
            completed.append(record.with_values(values) if values else record)
        return completed

    async def look_up_leaving(
        self, outside: Sequence[SourceRecord], context: PlanContext
    ) -> PlanContext:
        """Look up for a plan which records outside the source still have what the sync gave."""
        effects = self._sync.effects
        if self._sync.is_rule:
            # Whom it has paused is looked at as its member.
            return context
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
        context = replace(
            context,
            members=frozenset(members),
            tagged=frozenset(tagged),
            paired=frozenset(paired),
        )
        return self._with_deletions(outside, context) if effects.deleted_var else context

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
        context = self._with_sharing((*inside, *leaving), context)
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
            synced_values=self._read_synced_values(matched),
            accepted_values=state.get_accepted_values.blocking(name, target_ids),
            kept_forms=state.get_kept_forms.blocking(name, target_ids),
            written_hashes=state.get_written_hashes.blocking(
                self._sync.source.kind.service.value, [r.id for r in (*inside, *leaving)]
            ),
            counted_events=frozenset(events) - fresh,
            touch_times=touch_times,
            open_tickets={str(user_id): count for user_id, count in open_tickets.items()},
        )

    def _read_synced_values(self, matched: Mapping[str, str]) -> dict[str, dict[str, Json]]:
        """Read the last values both services had (`matched`: target by source id).

        What the sync of the other direction has written since is what both had last.
        """
        state, name = self._store.sync_state, self._sync.name
        targets, sources = list(dict.fromkeys(matched.values())), list(matched)
        values = state.get_synced_values.blocking(name, targets)
        rows = self._mirrored_rows()
        if not rows and not self._sync.effects.lead_lists:
            return values
        times = state.get_synced_times.blocking(name, targets)
        other_values = self._read_last_written(self._sync.partner, sources)
        other_times = state.get_synced_times.blocking(self._sync.partner, sources)
        for source_id, target_id in matched.items():
            for row in rows:
                at = other_times.get(source_id, {}).get(row.source)
                own_at = times.get(target_id, {}).get(row.target)
                if at is not None and (own_at is None or at > own_at):
                    value = other_values[source_id][row.source]
                    values.setdefault(target_id, {})[row.target] = value
            if self._sync.effects.lead_lists:
                there, their_times = other_values.get(source_id, {}), other_times.get(source_id, {})
                values[target_id] = self._with_known_status(
                    values.get(target_id, {}), times.get(target_id, {}), there, their_times
                )
        return values

    def _with_known_status(
        self,
        own: dict[str, Json],
        own_times: Mapping[str, float],
        other: Mapping[str, Json],
        other_times: Mapping[str, float],
    ) -> dict[str, Json]:
        """Return the values both had last, with the lead status the other direction wrote since."""
        if self._sync.target_service is Service.SAILTHRU:
            status = other.get("status")
            newest = max((own_times[name] for name in own if is_lead_list_field(name)), default=0.0)
            if not isinstance(status, str) or other_times["status"] <= newest:
                return own
            kept = {name: value for name, value in own.items() if not is_lead_list_field(name)}
            return {**kept, f"{LIST_PREFIX}{leads_list(status)}": True}
        known = find_known_list(other)
        if not known or other_times[f"{LIST_PREFIX}{known}"] <= own_times.get("status", 0.0):
            return own
        return {**own, "status": status_of_list(known)}

    def _read_last_written(self, sync: str, targets: Sequence[str]) -> dict[str, dict[str, Json]]:
        """Read what a sync last wrote to each target: a job's values need not be read back yet."""
        state = self._store.sync_state
        found = state.get_synced_values.blocking(sync, targets)
        for target, values in state.get_accepted_values.blocking(sync, targets).items():
            found[target] = {**found.get(target, {}), **values}
        return found

    def _mirrored_rows(self) -> tuple[MappingRow, ...]:
        """Return the mapping rows that the sync of the other direction has the other way round."""
        if not self._sync.partner:
            return ()
        partner, every = self._sync.partner, self._store.syncs.list_all.blocking()
        other = next((one for one in every if one.name == partner), None)
        back = {(row.target, row.source) for row in (other.mapping if other else ()) if row.on}
        return tuple(
            row for row in self._sync.mapping if row.on and (row.source, row.target) in back
        )

    def _with_sharing(self, records: Sequence[SourceRecord], context: PlanContext) -> PlanContext:
        """Look up for a plan which Sell records share an address, and which of them was chosen."""
        sync = self._sync
        if Service.SELL not in sync.services or sync.is_of_optouts or sync.is_of_products:
            return context
        kind, feeds = sell_kind_of(self._sync), self._store.sell_feeds
        hashes = [record.email_hash for record in records if record.email_hash]
        by_hash = feeds.find_by_email_hash.blocking(kind, hashes)
        shared = {key: ids for key, ids in by_hash.items() if len(ids) > 1}
        every_id = [one for ids in shared.values() for one in ids]
        people = {one.record_id: one for one in feeds.list_by_id.blocking(kind, every_id)}
        sharing: dict[str, tuple[SellPerson, ...]] = {}
        for email_hash, ids in shared.items():
            found = sorted((people[one] for one in ids), key=lambda one: one.id)
            sharing[email_hash] = tuple(one for one in found if not is_organization(one))
        every = [one.record_id for people in sharing.values() for one in people]
        return replace(
            context,
            sharing=sharing,
            chosen_records=self._store.sell_pairs.find_choices.blocking(kind, hashes),
            paired_records=frozenset(self._store.sell_pairs.find_sids.blocking(every)),
        )

    def _with_deletions(self, outside: Sequence[SourceRecord], context: PlanContext) -> PlanContext:
        """Look up for a plan whose deletion in Sell is told: of nobody whom Sell has otherwise."""
        gone = [one for one in outside if one.service is Service.SELL and is_deleted(one)]
        hashes = [one.email_hash for one in gone if one.email_hash]
        there: set[str] = set()
        for kind in SellRecordKind:
            there |= self._store.sell_feeds.find_by_email_hash.blocking(kind, hashes).keys()
        unmatched = {one.id for one in gone if one.email_hash and one.id not in context.paired}
        related = {one.id for one in gone if one.email_hash in there}
        return replace(
            context,
            unmatched_deletions=frozenset(unmatched - related - context.members),
            related_records=frozenset(related),
        )

    def _with_known_sources(self, targets: dict[str, str], context: PlanContext) -> PlanContext:
        """Look up which source records each target belongs to (`targets` by source)."""
        ids = list(dict.fromkeys(targets.values()))
        known: dict[str, tuple[str, ...]]
        if self._sync.target_service is self._sync.source.kind.service:
            # A rule that writes to the very user it is about.
            known = {id_: (id_,) for id_ in ids}
        elif self._sync.target_service is Service.SAILTHRU:
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

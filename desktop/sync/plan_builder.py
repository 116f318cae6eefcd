"""Makes a plan: walks the source, a chunk at a time, finds each counterpart and judges it.

A plan looks at what changed since the goal's mark, and at what waits for another try; with `full`
at everything. Memory stays flat: rows go to the store chunk by chunk.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ParamSpec, TypeVar

from desktop.kit.errors import AppError
from desktop.model.field_condition import are_all_conditions_met
from desktop.model.lifecycle_stage import cap_period_start, current_stages
from desktop.model.limit import exceeded_limits
from desktop.model.service import Service
from desktop.model.sync import SourceKind, Sync
from desktop.model.sync_plan import Plan, PlannedOutcome, PlanRow, PlanState
from desktop.model.sync_state import SourceCorrection
from desktop.sync.diff import DiffContext, PlanRowDiffer
from desktop.sync.duplicate_targets import DuplicateTargets
from desktop.sync.frequency_cap import count_touches
from desktop.sync.increments import with_new_increments
from desktop.sync.matching import MatchResult, TargetMatcher
from desktop.sync.source_reader import SourceReader, Watermarks
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.sync.unconfirmed_increments import UnconfirmedIncrementSettler

P = ParamSpec("P")
T = TypeVar("T")

_CHUNK_RECORDS = 192


@dataclass(frozen=True)
class PlanRequest:
    """What is to be planned; `only` names source records (a retry), `lists` those read.

    `unread`: rows of the source that could not be read, a sentence each.
    """

    sync: Sync
    actor: str
    lists: tuple[str, ...] = ()
    is_full: bool = False
    source_ids: tuple[str, ...] = ()
    origin: str = "sync"
    unreadable_rows: tuple[str, ...] = ()


@dataclass
class _PlanCounts:
    """What the walk has counted so far; `waiting` are the records that wait for another try.

    `read` are those inside the source, `leaving` those who lose what they got by it.
    """

    in_source_count: int = 0
    row_count: int = 0
    leaving_count: int = 0
    retry_source_ids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _PlanPipeline:
    """What a walk judges by: `ignored` are the records left out for ever, with the reason."""

    matcher: TargetMatcher
    differ: PlanRowDiffer
    corrections: Mapping[str, tuple[SourceCorrection, ...]]
    ignore_reasons: Mapping[str, str]
    user_field_types: Mapping[str, str]
    duplicate_targets: DuplicateTargets
    increment_settler: UnconfirmedIncrementSettler


class PlanBuilder:
    """Makes plans. `on_read` hears how many records were judged."""

    def __init__(
        self, context: SyncContext, on_read: Callable[[int], None] = lambda _count: None
    ) -> None:
        self._context = context
        self._store = context.store
        self._on_read = on_read

    async def build(self, order: PlanRequest) -> Plan:
        """A plan, READY or STOPPED by a limit. Raises what the services raise."""
        goal, now = order.sync, self._context.clock.now()
        plan_id = await self._store.plans.begin(goal, order.actor, now, origin=order.origin)
        source = SourceReader(self._context, goal, order.lists)
        marks = await self._run_in_database(source.current_watermarks)
        before = {} if order.is_full else await self._run_in_database(source.last_watermarks)
        try:
            walked = await self._plan_all_records(plan_id, order, source, before)
        except BaseException:
            await self._store.plans.discard(plan_id)
            raise
        partial = bool(order.source_ids) or bool(before)
        if not order.source_ids and await self._is_source_empty(goal, source, walked):
            partial = False
        counts = await self._store.plans.count_ticked_by_consequence(plan_id)
        found = exceeded_limits(goal.limits, counts, walked.in_source_count, incremental=partial)
        await self._store.plans.finish(
            plan_id,
            state=PlanState.STOPPED if found else PlanState.READY,
            read=walked.in_source_count,
            breaches=tuple(breach.code for breach in found),
            mark="" if order.source_ids else json.dumps(marks),
        )
        return await self._store.plans.get(plan_id)

    async def _plan_all_records(
        self, plan_id: str, order: PlanRequest, source: SourceReader, before: Watermarks
    ) -> _PlanCounts:
        goal = order.sync
        corrections = await self._store.sync_state.corrections_by_source(goal.name)
        doubts = UnconfirmedIncrementSettler(self._context, goal)
        await doubts.load()
        means = _PlanPipeline(
            TargetMatcher(self._context, goal),
            PlanRowDiffer(goal),
            corrections,
            {c.source_id: c.reason for kept in corrections.values() for c in kept if not c.field},
            await self._read_user_field_types(),
            DuplicateTargets(
                self._store,
                goal,
                source,
                lambda r: self._is_in_source(goal, self._with_stages(goal, r)),
            ),
            doubts,
        )
        waiting = await self._store.sync_state.list_retry_sources(goal.name)
        walked = _PlanCounts(retry_source_ids=frozenset(waiting))
        await self._store.plans.add_rows(
            plan_id,
            [_row_for_unreadable(walked, w) for w in order.unreadable_rows],
        )
        records = source.iter_records(before, order.source_ids, also=doubts.superseded_source_ids)
        while chunk := await self._run_in_database(lambda: list(islice(records, _CHUNK_RECORDS))):
            await self._plan_chunk(plan_id, order, chunk, means, walked)
        if goal.source.kind is SourceKind.SAILTHRU_LISTS and not order.source_ids:
            await self._plan_gone_members(plan_id, order, source, means, walked)
        await self._run_in_database(means.duplicate_targets.park_duplicate_rows, plan_id)
        return walked

    async def _plan_chunk(
        self,
        plan_id: str,
        order: PlanRequest,
        chunk: Sequence[SourceRecord],
        means: _PlanPipeline,
        walked: _PlanCounts,
    ) -> None:
        goal = order.sync
        inside: list[SourceRecord] = []
        outside: list[SourceRecord] = []
        unclear: list[SourceRecord] = []
        for record in chunk:
            fixed = means.corrections.get(record.id, ())
            values = {c.field: c.value for c in fixed if c.field}
            shaped = self._with_stages(goal, record.with_values(values) if values else record)
            answer = self._is_in_source(goal, shaped)
            (inside if answer else outside if answer is False else unclear).append(shaped)
        effects = goal.effects
        if effects.remove_when_gone or effects.add_tags or effects.deleted_var:
            leaving = await self._run_in_database(self._find_leaving_records, goal, outside)
        else:
            leaving = []
        walked.in_source_count += len(inside)
        walked.leaving_count += len(leaving)
        self._on_read(len(chunk))
        rows = [_row_of_unclear_membership(walked, record) for record in unclear]
        left = {record.id for record in leaving}
        rows += [
            _row_outside_source(walked, record)
            for record in outside
            if record.id in walked.retry_source_ids and record.id not in left
        ]
        found = await means.matcher.match_records([*inside, *leaving])
        found = await self._run_in_database(
            means.duplicate_targets.mark_taken_targets, inside, found
        )
        sums = await self._run_in_database(means.increment_settler.settle, inside, found)
        summed = await self._run_in_database(
            lambda: {r.id: with_new_increments(self._store, goal, r) for r in inside}
        )
        around = await self._run_in_database(
            self._make_diff_context_factory, goal, [*inside, *leaving], found, means
        )
        for record in (*inside, *leaving):
            there = found.get(record.id, MatchResult())
            gone = record.id not in summed
            judged, events = summed.get(record.id, (record, ()))
            near = replace(
                around(record, there, gone),
                hold=sums.hold_by_source.get(record.id),
                confirmed_totals=sums.confirmed_totals_by_source.get(record.id, {}),
            )
            walked.row_count += 1
            row = means.differ.build_row(walked.row_count, judged, there, near)
            rows.append(_row_with_events(row, events))
        await self._store.plans.add_rows(plan_id, rows)

    # Who belongs.

    async def _is_source_empty(self, sync: Sync, source: SourceReader, walked: _PlanCounts) -> bool:
        """Whether nobody is in the source, of whom a catch-up sees only those who changed."""
        if walked.in_source_count:
            return False
        if await self._run_in_database(source.is_empty):
            return True
        if not walked.leaving_count:
            # Nothing follows from it, so nobody is asked for.
            return False
        everybody = source.iter_records({})
        while chunk := await self._run_in_database(lambda: list(islice(everybody, _CHUNK_RECORDS))):
            if any(self._is_in_source(sync, self._with_stages(sync, record)) for record in chunk):
                return False
        return True

    def _is_in_source(self, sync: Sync, record: SourceRecord) -> bool | None:
        """Whether it is in the goal's source; None: a number it is asked for is not known."""
        if record.fields.get("role") not in (None, "end-user"):
            return False
        if record.fields.get("active") is False:
            return False
        if sync.source.kind is SourceKind.ZENDESK_TICKETS and "ticket_count" not in record.fields:
            return False
        answer = are_all_conditions_met(sync.source.where, record.fields, self._context.clock.now())
        if answer is None and record.service is Service.ZENDESK:
            # What Zendesk does not tell of a person is not there.
            return False
        if answer and sync.source.stage:
            stages = record.fields.get("stages")
            return isinstance(stages, list) and sync.source.stage in stages
        return answer

    def _with_stages(self, sync: Sync, record: SourceRecord) -> SourceRecord:
        if not sync.stages:
            return record
        names = current_stages(sync.stages, record.fields, self._context.clock.now())
        return record.with_values({"stages": list(names)})

    # Who leaves.

    def _find_leaving_records(
        self, sync: Sync, outside: Sequence[SourceRecord]
    ) -> list[SourceRecord]:
        """Those outside the source whom this goal keeps on lists, or who carry its tag."""
        memory, feeds = self._store.sync_state, self._store.zendesk_users
        members = memory.members_by_source.blocking(sync.name, [record.id for record in outside])
        found = []
        for record in outside:
            tagged = sync.target_service is Service.ZENDESK and feeds.has_tag.blocking(
                record.email_hash, sync.effects.add_tags
            )
            deleted = bool(sync.effects.deleted_var) and record.fields.get("active") is False
            known = deleted and bool(memory.find_sids.blocking([int(record.id)]))
            if tagged or known or record.id in members:
                found.append(record)
        return found

    async def _plan_gone_members(
        self,
        plan_id: str,
        order: PlanRequest,
        source: SourceReader,
        means: _PlanPipeline,
        walked: _PlanCounts,
    ) -> None:
        """Members of the goal who are on none of its source's lists any more."""
        goal, after = order.sync, ""
        if not (goal.effects.remove_when_gone or goal.effects.untag_when_gone):
            return
        while members := await self._store.sync_state.list_members(goal.name, after):
            after = members[-1].target_id
            gone = [
                member
                for member in members
                if not await self._run_in_database(source.is_on_source_list, member.source_id)
            ]
            walked.leaving_count += len(gone)
            rows = []
            there = await means.matcher.read_targets([member.target_id for member in gone])
            for member in gone:
                standing = there.get(member.target_id)
                record = SourceRecord(Service.SAILTHRU, member.source_id, member.label)
                walked.row_count += 1
                near = DiffContext(
                    self._context.clock.now(),
                    self._context.zone,
                    user_field_types=means.user_field_types,
                    is_leaving=True,
                    ignore_reason=means.ignore_reasons.get(member.source_id, ""),
                )
                rows.append(
                    means.differ.build_row(walked.row_count, record, MatchResult(standing), near)
                )
            await self._store.plans.add_rows(plan_id, rows)

    # What is known beside.

    def _make_diff_context_factory(
        self,
        sync: Sync,
        records: Sequence[SourceRecord],
        found: Mapping[str, MatchResult],
        means: _PlanPipeline,
    ) -> Callable[[SourceRecord, MatchResult, bool], DiffContext]:
        memory, now = self._store.sync_state, self._context.clock.now()
        targets = [f.target.id for f in found.values() if f.target is not None]
        synced = memory.get_synced_values.blocking(sync.name, targets)
        accepted = memory.get_accepted_values.blocking(sync.name, targets)
        echoes = memory.get_written_hashes.blocking(
            sync.source.kind.service.value, [r.id for r in records]
        )
        touches: dict[str, tuple[float, ...]] = {}
        if sync.pressure is not None:
            since = cap_period_start(sync.pressure.window, now, self._context.zone)
            touches = memory.get_touch_times.blocking(sync.name, targets, since)
        tickets: dict[int, int] = {}
        if sync.effects.add_tags and sync.target_service is Service.ZENDESK:
            tickets = self._store.feeds.count_open_tickets.blocking(
                [int(t) for t in targets if t.isdigit()]
            )

        def around(record: SourceRecord, there: MatchResult, leaving: bool) -> DiffContext:
            target = there.target.id if there.target is not None else ""
            return DiffContext(
                now=now,
                zone=self._context.zone,
                synced_values=synced.get(target, {}),
                accepted_values=accepted.get(target, {}),
                written_to_source=echoes.get(record.id, {}),
                user_field_types=means.user_field_types,
                open_tickets=tickets.get(int(target), 0) if target.isdigit() else 0,
                touch_count=count_touches(
                    sync.pressure, touches.get(target, ()), record, there.target
                ),
                is_leaving=leaving,
                is_deleted=record.fields.get("active") is False,
                ignore_reason=means.ignore_reasons.get(record.id, ""),
            )

        return around

    async def _read_user_field_types(self) -> dict[str, str]:
        try:
            fields = await self._context.zendesk.client.list_user_fields()
        except AppError as error:
            if error.is_retryable or error.code == "auth_lost":
                raise
            return {}
        return {found.key: found.type for found in fields if found.active}

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._store.run(act, *args, **kwargs)


def _row_for_unreadable(walked: _PlanCounts, words: str) -> PlanRow:
    walked.row_count += 1
    cause = "a row of the export cannot be read"
    return PlanRow(
        walked.row_count, PlannedOutcome.CORRECTION, "", "", words.partition(":")[0], why=words, cause=cause,
        ticked=False,
    )  # fmt: skip


def _row_outside_source(walked: _PlanCounts, record: SourceRecord) -> PlanRow:
    """Somebody who waited for another try and is not meant any more: nobody waits for that."""
    walked.row_count += 1
    why = "not in the source any more"
    return PlanRow(
        walked.row_count, PlannedOutcome.SKIPPED, record.id, "", record.label, why=why, ticked=False
    )


def _row_of_unclear_membership(walked: _PlanCounts, record: SourceRecord) -> PlanRow:
    walked.row_count += 1
    why = "not known whether it belongs: a value it goes by is missing"
    return PlanRow(
        walked.row_count, PlannedOutcome.SKIPPED, record.id, "", record.label, why=why, ticked=False
    )


def _row_with_events(row: PlanRow, events: tuple[str, ...]) -> PlanRow:
    return replace(row, events=events) if events and row.fate.is_written else row

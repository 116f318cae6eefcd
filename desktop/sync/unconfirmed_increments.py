"""What became of sums that were sent and not seen: settled by reading before any is sent again.

What lands after something newer was written has put an older number back. It is known by its
total, and the number is made again from what was confirmed last, and what is new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.sailthru.job_status import SailthruJobStatus
from desktop.kit.errors import NotFound
from desktop.model.field_mapping import MappingOperator, is_same_field_value
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_state import UnconfirmedIncrement
from desktop.model.target_record import TargetRecord
from desktop.sync.diff import HoldReason
from desktop.sync.matching import MatchResult
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext

# A job that has not ended by then is a person's to look at; one that nobody knows of is over.
_JOB_PATIENCE_S = 86_400.0
# Who is watched and does not come by any more: deleted, or not in the source.
_SUPERSEDED_RETENTION_S = 30 * _JOB_PATIENCE_S


@dataclass(frozen=True)
class IncrementSettlement:
    """Who has to wait, and whose numbers are put back to what was confirmed, by field."""

    hold_by_source: Mapping[str, HoldReason]
    confirmed_totals_by_source: Mapping[str, Mapping[str, Json]]


class UnconfirmedIncrementSettler:
    """Those of one goal, while a plan of it is made."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._sync = sync
        self._unsettled: dict[str, UnconfirmedIncrement] = {}
        self._superseded: dict[str, list[UnconfirmedIncrement]] = {}
        self._running_jobs: set[str] = set()

    @property
    def superseded_source_ids(self) -> tuple[str, ...]:
        """The records that a plan has to look at, whether they changed or not."""
        return tuple(self._superseded)

    async def load(self) -> None:
        """Which there are, and which of their jobs may still do something.

        The jobs come first: what is read of a customer after a job has ended is all it did.
        """
        if not any(row.on and row.operator is MappingOperator.SUM for row in self._sync.mapping):
            return
        store, now = self._context.store, self._context.clock.now()
        self._unsettled = await store.unconfirmed_increments.by_source(self._sync.name)
        overtaken = await store.unconfirmed_increments.list_superseded(self._sync.name)
        jobs = {doubt.job_id for doubt in (*self._unsettled.values(), *overtaken) if doubt.job_id}
        self._running_jobs = {job for job in sorted(jobs) if await self._is_job_running(job)}
        self._superseded = {}
        for one in overtaken:
            if now - one.sent_at > _SUPERSEDED_RETENTION_S and one.job_id not in self._running_jobs:
                await store.unconfirmed_increments.delete_superseded(self._sync.name, one)
            else:
                self._superseded.setdefault(one.source_id, []).append(one)

    def settle(
        self, records: Sequence[SourceRecord], found: Mapping[str, MatchResult]
    ) -> IncrementSettlement:
        """Settle those of these records. On the database's thread."""
        held: dict[str, HoldReason] = {}
        put_back: dict[str, Mapping[str, Json]] = {}
        for record in records:
            doubt = self._unsettled.pop(record.id, None)
            watched = self._superseded.get(record.id, [])
            there = found.get(record.id, MatchResult())
            # Who could not be read, or is not clear, says nothing about a number.
            if not there.is_certain:
                continue
            back: dict[str, Json] = {}
            for one in watched:
                back |= self._settle_superseded(one, there.target)
            why = self._settle_unconfirmed(doubt, there.target, back) if doubt is not None else None
            if why is not None:
                held[record.id] = why
            elif back:
                put_back[record.id] = back
        return IncrementSettlement(held, put_back)

    def _settle_superseded(
        self, one: UnconfirmedIncrement, now: TargetRecord | None
    ) -> dict[str, Json]:
        """What has to stand there again, where something older has come late."""
        doubts, goal = self._context.store.unconfirmed_increments, self._sync.name
        back: dict[str, Json] = {}
        if now is not None and one.target_id in ("", now.id) and _shows_increment(one, now):
            if not one.is_rollback and self._context.store.sync_state.filter_new_events.blocking(
                goal, one.events
            ):
                # It came before anything newer was written: it is what counts.
                doubts.confirm.blocking(goal, one, now.id, self._context.clock.now())
            else:
                last = doubts.last_written_values.blocking(goal, now.id)
                back = {
                    c.field: last[c.field]
                    for c in one.changes
                    if c.field in last and not is_same_field_value(c.field, last[c.field], c.new)
                }
        if not back and self._is_over(one, _JOB_PATIENCE_S):
            doubts.delete_superseded.blocking(goal, one)
        return back

    def _is_over(self, one: UnconfirmedIncrement, patience_s: float) -> bool:
        """Whether it does nothing any more; where no job is known, after so long."""
        if one.job_id:
            return one.job_id not in self._running_jobs
        return self._context.clock.now() - one.sent_at > patience_s

    def _settle_unconfirmed(
        self, increment: UnconfirmedIncrement, now: TargetRecord | None, back: Mapping[str, Json]
    ) -> HoldReason | None:
        doubts, goal = self._context.store.unconfirmed_increments, self._sync.name
        if now is not None and _shows_increment(increment, now):
            doubts.confirm.blocking(goal, increment, now.id, self._context.clock.now())
            return None
        # Where there may be a job or not, one is waited for as long as any other.
        over = self._is_over(increment, self._context.job_timeout_s)
        if not over and not increment.is_resend_requested:
            words = _JOB_RUNNING_TEXT.format(
                service=_SERVICE_TITLES[self._sync.target_service], job=increment.job_id or "?"
            )
            age_s = self._context.clock.now() - increment.sent_at
            return HoldReason(words, _CAUSE_TEXT if age_s > _JOB_PATIENCE_S else "")
        before = now is None or all(
            is_same_field_value(c.field, now.get_value(c.field), c.old) or c.field in back
            for c in increment.changes
        )
        if before or increment.is_resend_requested:
            if over and increment.job_id:
                doubts.discard.blocking(goal, increment.source_id)
            else:
                doubts.supersede.blocking(goal, increment.source_id)
            return None
        change = increment.changes[0]
        seen = now.get_value(change.field) if now is not None else None
        words = _UNDECIDED_ROLLBACK_TEXT if increment.is_rollback else _UNDECIDED_TEXT
        return HoldReason(
            words.format(field=change.field, new=change.new or 0, old=change.old or 0, now=seen),
            _CAUSE_TEXT,
        )

    async def _is_job_running(self, job: str) -> bool:
        if self._sync.target_service is Service.ZENDESK:
            # One that is not known any more has ended a day ago (contract zendesk 3, Jobs).
            return any(
                not one.has_ended for one in await self._context.zendesk.bulk.get_jobs((job,))
            )
        try:
            found = await self._context.sailthru.bulk.get_job(job)
        except NotFound:
            return False
        return found.status is SailthruJobStatus.PENDING


_SERVICE_TITLES = {Service.SAILTHRU: "Sailthru", Service.ZENDESK: "Zendesk"}
_CAUSE_TEXT = "a sum that may count already"
_JOB_RUNNING_TEXT = (
    "{service} has not ended the job ({job}) that may still change this number: nothing more is"
    " added before. Try this row by its number to go on from what stands there all the same"
)
_UNDECIDED_TEXT = (
    "may be added up already: {field} should be {new} with it and {old} without, and is {now}. Set"
    " it to one of the two, or try this row by its number: then it is added to what stands there"
)
_UNDECIDED_ROLLBACK_TEXT = (
    "may be taken off already: {field} should be {new} without what was taken back and {old} with"
    " it, and is {now}. Set it to one of the two, or try this row by its number: then nothing more"
    " is taken off"
)


def _shows_increment(increment: UnconfirmedIncrement, now: TargetRecord) -> bool:
    return all(
        is_same_field_value(c.field, now.get_value(c.field), c.new) for c in increment.changes
    )

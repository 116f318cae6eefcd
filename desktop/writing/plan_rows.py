"""A plan's rows as work for the write protocol: claimed in batches, closed with their results.

A batch is stored before anything of it is sent. Killed at any point, the next process finds it
open, and reads what may have been written before it sends anything again.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop.kit.errors import StopsRun
from desktop.model.json_value import Json
from desktop.model.sync_plan import PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.store.row_completion import RowCompletion
from desktop.store.run_provenance import RunProvenance
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing import outcomes
from desktop.writing.outcomes import WriteItem, WriteOutcome, WriteResult, shorten_value
from desktop.writing.write_protocol import WriteProtocol, WriteStep, split_by_comparison


@dataclass(frozen=True)
class PlanRowQueue:
    """The rows of the plan that one run applies; `on_completed` hears how many have ended.

    `job_timeout_s`: a bulk job that does not move for so long is given up.
    """

    store: WorkspaceStore
    provenance: RunProvenance
    protocol: WriteProtocol
    on_completed: Callable[[int], None] = field(default=lambda _count: None)
    job_timeout_s: float = 900.0

    async def list_next(self, limit: int) -> tuple[PlanRow, ...]:
        """List ticked rows that were not sent yet, in order."""
        return await self.store.batches.list_next_rows(self.provenance.plan_id, limit)

    async def claim(self, kind: str, rows: Sequence[PlanRow]) -> "ClaimedBatch":
        """Make a batch of these rows; nothing is sent before this is stored."""
        numbers, now = [row.row for row in rows], self.protocol.clock.now()
        batch = await self.store.batches.begin_batch(self.provenance.plan_id, kind, numbers, now)
        self.protocol.passed(WriteStep.CLAIMED)
        return ClaimedBatch(self, batch)


@dataclass(frozen=True)
class ClaimedBatch:
    """Rows under way together; the protocol's work source for them."""

    queue: PlanRowQueue
    id: int
    reads_back_unanswered: bool = True

    async def mark_sending(self) -> None:
        """Do nothing: claiming the batch has stored its rows as being sent."""

    async def mark_accepted(self) -> None:
        """Do nothing: a row that is found open is read, whether it was answered or not."""

    async def close(self, results: Sequence[WriteResult]) -> None:
        """Store how rows ended, and raise the error that ends the whole run, if one does."""
        for result in results:
            error = result.error
            unread = result.outcome is WriteOutcome.READ_BACK_FAILED or (
                result.outcome is WriteOutcome.UNREADABLE and isinstance(error, StopsRun)
            )
            # All stay open: the next try begins by reading them.
            if unread and error is not None:
                raise error
        stopped = [
            r.error
            for r in results
            if r.outcome is WriteOutcome.REFUSED and isinstance(r.error, StopsRun)
        ]
        await self.complete(make_completion(r) for r in results if r.error not in stopped)
        if stopped:
            # The rest was surely not applied.
            await self.release()
            raise stopped[0]

    async def complete(self, completions: Iterable[RowCompletion]) -> None:
        """Store how rows ended, with everything that follows from it, in one transaction."""
        ended, queue = tuple(completions), self.queue
        await queue.store.batches.complete_rows(
            queue.provenance, ended, queue.protocol.clock.now(), batch=self.id
        )
        queue.protocol.passed(WriteStep.CLOSED)
        queue.on_completed(len(ended))

    async def release(self, *, maybe_sent: bool = False) -> None:
        """Give back the rows left as not applied; `maybe_sent`: as far as can be seen."""
        await self.queue.store.batches.release_batch(
            self.queue.provenance, self.id, maybe_sent=maybe_sent
        )

    async def extend(self, rows: Sequence[PlanRow]) -> None:
        """Add rows to the batch, before it is sent."""
        plan_id, numbers = self.queue.provenance.plan_id, [row.row for row in rows]
        await self.queue.store.batches.extend_batch(plan_id, self.id, numbers)

    async def mark_job(self, job_id: str) -> None:
        """Store that the service has taken the batch as this job."""
        self.queue.protocol.passed(WriteStep.ANSWERED)
        await self.queue.store.batches.mark_sent(self.id, job_id)
        self.queue.protocol.passed(WriteStep.SENT)

    async def open_rows(self, limit: int, after: int = -1) -> tuple[PlanRow, ...]:
        """List up to `limit` rows of the batch that have not ended, behind row number `after`."""
        return await self.queue.store.batches.list_open_rows(
            self.queue.provenance.plan_id, self.id, after=after, limit=limit
        )

    async def open_pages(self, limit: int) -> AsyncIterator[tuple[PlanRow, ...]]:
        """Iterate over the rows that have not ended, `limit` at a time, in order."""
        after = -1
        while rows := await self.open_rows(limit, after):
            after = rows[-1].row
            yield rows


class PlanWriter(ABC):
    """Applies a plan to one service; subclasses know its bulk jobs."""

    page_rows: int

    def __init__(self, queue: PlanRowQueue) -> None:
        self._queue = queue
        self._protocol = queue.protocol

    async def apply(self) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await self.settle_open_batches()
        await self._write_all()

    async def settle_open_batches(self) -> None:
        """Find out what became of everything that was being sent when a process ended."""
        queue = self._queue
        for found in await queue.store.batches.list_open_batches(queue.provenance.plan_id):
            batch = ClaimedBatch(queue, found.id)
            if found.job_id:
                await self._finish_job(batch, found.job_id)
            else:
                await self._settle(batch)

    async def _settle(self, batch: ClaimedBatch) -> None:
        async for rows in batch.open_pages(self.page_rows):
            there = await self._protocol.gateway.read_rows(rows)
            items = [WriteItem(row, is_maybe_sent=True) for row in rows]
            _, ended = split_by_comparison(items, there)
            if ended:
                await batch.close(ended)
        await batch.release(maybe_sent=True)

    @abstractmethod
    async def _write_all(self) -> None: ...

    @abstractmethod
    async def _finish_job(self, batch: ClaimedBatch, job_id: str) -> None: ...


def items_of(rows: Iterable[PlanRow], *, is_maybe_sent: bool = False) -> list[WriteItem]:
    """Make write items of a plan's rows."""
    return [WriteItem(row, is_maybe_sent=is_maybe_sent or row.maybe_sent) for row in rows]


def make_completion(result: WriteResult) -> RowCompletion:
    """Convert how a plan's row ended to what is stored of it."""
    completion = _COMPLETIONS[result.outcome](result)
    # Whoever else has taken the address is not this row's target.
    taken = result.outcome is WriteOutcome.ADDRESS_TAKEN
    return completion if taken else replace(completion, target_id=result.target_id)


def confirmed_completion(row: PlanRow, now: TargetRecord) -> RowCompletion:
    """Complete a row that was seen at the service after it was sent."""
    return RowCompletion(
        row, PlanRowState.DONE, outcomes.CONFIRMED_TEXT, now.id, _written_values(row)
    )


def accepted_completion(row: PlanRow, words: str, target_id: str = "") -> RowCompletion:
    """Complete a row that the service took, and that was not seen there."""
    return RowCompletion(row, PlanRowState.ACCEPTED, words, target_id, _written_values(row))


def parked_completion(row: PlanRow, words: str) -> RowCompletion:
    """Complete a row that a person has to look at."""
    return RowCompletion(row, PlanRowState.PARKED, words)


def failed_completion(row: PlanRow, words: str, job: str | None = None) -> RowCompletion:
    """Complete a row that the next run tries again; `job` is one that may do it yet."""
    return RowCompletion(row, PlanRowState.FAILED, words, unconfirmed_job=job)


def _written_values(row: PlanRow) -> tuple[tuple[str, Json], ...]:
    return tuple((change.field, change.new) for change in row.changes_to_send)


def _changed_elsewhere(result: WriteResult) -> RowCompletion:
    change, record, maybe_ours = result.change, result.record, result.item.is_maybe_sent
    if change is None or record is None:
        raise TypeError(result.outcome)
    text = outcomes.CHANGED_MAYBE_OURS_TEXT if maybe_ours else outcomes.CHANGED_TEXT
    now = shorten_value(record.get_value(change.field))
    words = text.format(field=change.field, now=now)
    # An increment that was added may be in there: nobody can tell by reading.
    unconfirmed = "" if maybe_ours else None
    return replace(parked_completion(result.item.row, words), unconfirmed_job=unconfirmed)


def _done(state: PlanRowState, words: str) -> Callable[[WriteResult], RowCompletion]:
    return lambda r: RowCompletion(
        r.item.row, state, words, written_values=_written_values(r.item.row)
    )


def _parked(words: str) -> Callable[[WriteResult], RowCompletion]:
    return lambda result: parked_completion(result.item.row, words)


_COMPLETIONS: Mapping[WriteOutcome, Callable[[WriteResult], RowCompletion]] = {
    WriteOutcome.UNCHANGED: _done(PlanRowState.SAME, outcomes.UNCHANGED_TEXT),
    WriteOutcome.CHANGED_ELSEWHERE: _changed_elsewhere,
    WriteOutcome.TARGET_GONE: _parked(outcomes.GONE_TEXT),
    WriteOutcome.ADDRESS_TAKEN: _parked(outcomes.TAKEN_TEXT),
    WriteOutcome.NOT_A_CUSTOMER: _parked(outcomes.STAFF_TEXT),
    WriteOutcome.UNREADABLE: lambda r: failed_completion(r.item.row, str(r.error)),
    WriteOutcome.NOT_PERMITTED: lambda r: parked_completion(r.item.row, str(r.error)),
    WriteOutcome.CONFIRMED: _done(PlanRowState.DONE, outcomes.CONFIRMED_TEXT),
    WriteOutcome.ACCEPTED: _done(PlanRowState.ACCEPTED, outcomes.NOT_SHOWN_YET_TEXT),
    # Nothing may say that it was written; an increment of it is unconfirmed from now on.
    WriteOutcome.UNANSWERED: lambda r: failed_completion(
        r.item.row, outcomes.UNANSWERED_TEXT, job=""
    ),
    WriteOutcome.REFUSED: lambda r: parked_completion(r.item.row, str(r.error)),
}

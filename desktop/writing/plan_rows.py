"""A plan's rows as work for the write protocol: claimed in batches, closed with their results.

A batch is stored before anything of it is sent. Killed at any point, the next process finds it
open, and reads what may have been written before it sends anything again.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from desktop.kit.errors import NotPermitted, StopsRun
from desktop.model.sync_plan import PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.store.row_completion import RowCompletion
from desktop.store.run_provenance import RunProvenance
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.outcomes import (
    ROW_ENDS,
    ROW_MAYBE_SENT_TEXT,
    ROW_NOT_SENT_TEXT,
    WriteItem,
    WriteOutcome,
    WriteResult,
    shorten_value,
)
from desktop.writing.write_protocol import WorkSource, WriteProtocol, WriteStep, split_by_comparison

_WRITTEN_STATES = (PlanRowState.DONE, PlanRowState.SAME, PlanRowState.ACCEPTED)


@dataclass(frozen=True)
class PlanRowQueue:
    """The rows of the plan that one run applies; `on_completed` hears how many have ended.

    `job_timeout_s`: a bulk job that does not move for so long is given up. `find_refusal` says why
    the rules of this moment forbid writing, or "": asked for each batch and before each request.
    """

    store: WorkspaceStore
    provenance: RunProvenance
    protocol: WriteProtocol
    on_completed: Callable[[int], None] = field(default=lambda _count: None)
    job_timeout_s: float = 900.0
    find_refusal: Callable[[], str] = field(default=lambda: "")

    def require_permitted(self) -> None:
        """Raise NotPermitted where the rules forbid writing by now; it ends the run."""
        if reason := self.find_refusal():
            raise NotPermitted(
                "The run may not go on writing.",
                f"{reason} What is left was not sent.",
                "Go on with the run once it may.",
            )

    async def list_next(self, limit: int) -> tuple[PlanRow, ...]:
        """List ticked rows that were not sent yet, in order."""
        return await self.store.batches.list_next_rows(self.provenance.plan_id, limit)

    async def claim(self, kind: str, rows: Sequence[PlanRow]) -> "ClaimedBatch":
        """Make a batch of these rows; nothing is sent before this is stored.

        Raises NotPermitted where the rules forbid writing by now.
        """
        self.require_permitted()
        numbers, now = [row.row for row in rows], self.protocol.clock.now()
        batch = await self.store.batches.begin_batch(self.provenance.plan_id, kind, numbers, now)
        self.protocol.passed(WriteStep.CLAIMED)
        return ClaimedBatch(self, batch)


@dataclass(frozen=True)
class ClaimedBatch(WorkSource):
    """Rows under way together; the protocol's work source for them."""

    queue: PlanRowQueue
    id: int

    async def mark_sending(self) -> None:
        """Ask the rules once more: between claim and request may lie minutes."""
        self.queue.require_permitted()

    async def close(self, results: Sequence[WriteResult]) -> None:
        """Store how rows ended, and raise the error that ends the whole run, if one does."""
        stopped = []
        for result in results:
            error, stops = result.error, isinstance(result.error, StopsRun)
            unread = stops and result.outcome is WriteOutcome.UNREADABLE
            if error is not None and (unread or result.outcome is WriteOutcome.READ_BACK_FAILED):
                # All stay open: the next try begins by reading them.
                raise error
            if error is not None and stops and result.outcome is WriteOutcome.REFUSED:
                stopped.append(error)
        ended = [make_completion(r) for r in results if r.error not in stopped]
        queue = self.queue
        await queue.store.batches.complete_rows(
            queue.provenance, ended, queue.protocol.clock.now(), batch=self.id
        )
        queue.protocol.passed(WriteStep.CLOSED)
        queue.on_completed(len(ended))
        if stopped:
            # The rest was surely not applied.
            await self.release()
            raise stopped[0]

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
    """Applies a plan to one service; subclasses know its bulk jobs.

    `page_rows` is how many rows are read together.
    """

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
                continue
            async for rows in batch.open_pages(self.page_rows):
                there = await self._protocol.gateway.read_rows(rows)
                _, ended = split_by_comparison(items_of(rows, is_maybe_sent=True), there)
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


def job_result(
    row: PlanRow,
    outcome: WriteOutcome,
    seen: Mapping[int, TargetRecord],
    missed: Mapping[int, TargetRecord],
    *,
    words: str = "",
    job: str | None = None,
) -> WriteResult:
    """Make the result of a row that went out in a job: CONFIRMED where it was seen, else `outcome`.

    `seen` and `missed` are what `WriteProtocol.read_back` returned.
    """
    item, record = WriteItem(row), seen.get(row.row)
    if record is not None:
        return WriteResult(item, WriteOutcome.CONFIRMED, record)
    return WriteResult(item, outcome, missed.get(row.row), words=words, job=job)


def make_completion(result: WriteResult) -> RowCompletion:
    """Convert how a plan's row ended to what is stored of it."""
    row, outcome, maybe_sent = result.item.row, result.outcome, result.item.is_maybe_sent
    state, text = ROW_ENDS[outcome]
    words, unconfirmed_job = result.words or text or str(result.error), result.job
    if outcome is WriteOutcome.UNANSWERED:
        unconfirmed_job = ""
    if outcome is WriteOutcome.CHANGED_ELSEWHERE and result.change and result.record:
        name = result.change.field
        words = words.format(field=name, now=shorten_value(result.record.get_value(name)))
        words += ROW_MAYBE_SENT_TEXT if maybe_sent else ROW_NOT_SENT_TEXT
        # An increment that was sent may be in there: nobody can tell by reading.
        unconfirmed_job = "" if maybe_sent else None
    return RowCompletion(
        row,
        state,
        words,
        # Whoever else has taken the address is not this row's target.
        "" if outcome is WriteOutcome.ADDRESS_TAKEN else result.target_id,
        tuple((c.field, c.new) for c in row.changes_to_send) if state in _WRITTEN_STATES else (),
        unconfirmed_job,
    )

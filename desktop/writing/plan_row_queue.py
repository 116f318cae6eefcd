"""A plan's rows as work for the write protocol: claimed in batches, closed with their results.

A batch is stored before anything of it is sent. Killed at any point, the next process finds it
open, and reads what may have been written before it sends anything again.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from desktop.kit.errors import NotPermitted, StopsRun
from desktop.model.field_value import shorten_value
from desktop.model.sync_plan import PlanRow, PlanRowState
from desktop.model.target_record import TargetRecord
from desktop.store.plan_row_completion import PlanRowCompletion
from desktop.store.run_provenance import RunProvenance
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.outcomes import (
    ROW_ENDS,
    ROW_MAYBE_SENT_TEXT,
    ROW_NOT_SENT_TEXT,
    WriteItem,
    WriteOutcome,
    WriteResult,
)
from desktop.writing.row_comparison import find_missed_fields, is_row_taken
from desktop.writing.write_protocol import (
    READ_BACK_WAITS_S,
    ReadyItem,
    WorkSource,
    WriteProtocol,
    WriteStep,
    split_by_comparison,
)

_ANNOUNCED_ROWS = 500
_WRITTEN_STATES = (PlanRowState.DONE, PlanRowState.SAME, PlanRowState.ACCEPTED)


class PlanRevision(ABC):
    """What people decide about a plan's rows while a run applies it, asked between batches.

    `number` grows with each `apply` that found something new.
    """

    number: int

    @abstractmethod
    async def apply(self) -> None:
        """Change the plan's rows that no batch holds by what was decided."""

    @abstractmethod
    def start_anew(self) -> None:
        """Have the next `apply` change every row: those of a batch are the plan's again."""


class RunMemory(Protocol):
    """Where others find what a run does: told before its increments leave, and when rows end."""

    async def announce(self, provenance: RunProvenance, rows: Sequence[PlanRow]) -> None:
        """Tell the team store which rows a run is about to send. Raises what keeps it from it."""

    async def hand_in(self) -> None:
        """Hand a run's changes of its sync's memory in at the team store. Raises what ends it."""


@dataclass(frozen=True)
class PlanRowQueue:
    """The rows that one run writes of a plan; `on_completed` hears how many have ended.

    `job_timeout_s`: a bulk job that does not move for so long is given up. `find_refusal` says why
    the rules of this moment forbid writing, or "": asked for each batch and before each request.
    `revision`: None where nobody decides about the plan any more. `memory`: None where what the
    sync remembers stays on this computer.
    """

    store: WorkspaceStore
    provenance: RunProvenance
    protocol: WriteProtocol
    on_completed: Callable[[int], None] = field(default=lambda _count: None)
    job_timeout_s: float = 900.0
    find_refusal: Callable[[], str] = field(default=lambda: "")
    revision: PlanRevision | None = None
    memory: RunMemory | None = None

    def require_permitted(self) -> None:
        """Raise NotPermitted where the rules forbid a run to write by now; it ends the run."""
        if reason := self.find_refusal():
            raise NotPermitted(
                "The run may not go on writing.",
                f"{reason} What is left was not sent.",
                "Go on with the run once it may.",
            )

    async def list_next(self, limit: int) -> tuple[PlanRow, ...]:
        """List the plan's ticked rows that were not sent yet, in order, as decided by now."""
        if self.revision is not None:
            await self.revision.apply()
        return await self.store.batches.list_next_rows(self.provenance.plan_id, limit)

    async def claim(self, kind: str, rows: Sequence[PlanRow]) -> "ClaimedBatch":
        """Claim a batch of a plan's rows; nothing is sent before this is stored.

        Raises NotPermitted where the rules forbid writing by now.
        """
        await self.protocol.permits.recheck()
        self.require_permitted()
        numbers, now = [row.row for row in rows], self.protocol.clock.now()
        batch = await self.store.batches.begin_batch(self.provenance.plan_id, kind, numbers, now)
        self.protocol.passed(WriteStep.CLAIMED)
        return ClaimedBatch(self, batch, self.revision.number if self.revision else 0)


@dataclass(frozen=True)
class ClaimedBatch(WorkSource):
    """A claimed batch of a plan's rows, as the write protocol's work source.

    `revision_number`: of the plan's revision when its rows were listed.
    """

    queue: PlanRowQueue
    id: int
    revision_number: int = 0

    async def is_outdated(self) -> bool:
        """Whether people have decided about the plan's rows since the batch's were listed."""
        revision = self.queue.revision
        if revision is None:
            return False
        await revision.apply()
        return revision.number != self.revision_number

    async def mark_sending(self, ready: Sequence[ReadyItem]) -> None:
        """Ask the rules again and store that the batch's rows leave: a claim may be minutes old."""
        await self._mark_sending([one.row.row for one in ready])

    async def mark_all_sending(self) -> None:
        """Mark every open row of the claimed batch as sending: one job carries them."""
        await self._mark_sending(await self._open_row_numbers())

    async def split(self, kind: str) -> "ClaimedBatch":
        """Move the second half of the claimed batch's open rows to a batch of their own."""
        plan_id, batches = self.queue.provenance.plan_id, self.queue.store.batches
        numbers = await self._open_row_numbers()
        moved, now = numbers[len(numbers) // 2 :], self.queue.protocol.clock.now()
        part = await batches.begin_batch(plan_id, kind, moved, now)
        return ClaimedBatch(self.queue, part, self.revision_number)

    async def close(self, results: Sequence[WriteResult]) -> None:
        """Store how a claimed batch's rows ended, and raise the error that ends the whole run."""
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
        if queue.memory is not None:
            await queue.memory.hand_in()
        queue.protocol.passed(WriteStep.CLOSED)
        queue.on_completed(len(ended))
        if stopped:
            # The rest was surely not applied.
            await self.release()
            raise stopped[0]

    async def release(self, *, maybe_sent: bool = False) -> None:
        """Release a claimed batch's rows as not applied; `maybe_sent`: as far as can be seen."""
        await self.queue.store.batches.release_batch(
            self.queue.provenance, self.id, maybe_sent=maybe_sent
        )
        if self.queue.revision is not None:
            self.queue.revision.start_anew()

    async def extend(self, rows: Sequence[PlanRow]) -> None:
        """Add plan rows to the claimed batch, before it is sent."""
        plan_id, numbers = self.queue.provenance.plan_id, [row.row for row in rows]
        await self.queue.store.batches.extend_batch(plan_id, self.id, numbers)

    async def mark_job(self, job_id: str) -> None:
        """Store the id of the service's job that carries the claimed batch."""
        self.queue.protocol.passed(WriteStep.ANSWERED)
        await self.queue.store.batches.mark_sent(self.id, job_id)
        self.queue.protocol.passed(WriteStep.SENT)

    async def open_rows(self, limit: int, after: int = -1) -> tuple[PlanRow, ...]:
        """List up to `limit` of the claimed batch's open rows, behind row number `after`."""
        return await self.queue.store.batches.list_open_rows(
            self.queue.provenance.plan_id, self.id, after=after, limit=limit
        )

    async def open_pages(self, limit: int) -> AsyncIterator[tuple[PlanRow, ...]]:
        """Iterate over the claimed batch's open rows, `limit` at a time, in order."""
        after = -1
        while rows := await self.open_rows(limit, after):
            after = rows[-1].row
            yield rows

    async def _mark_sending(self, numbers: Sequence[int]) -> None:
        queue = self.queue
        queue.require_permitted()
        if queue.memory is not None and queue.provenance.increment_fields:
            sent = frozenset(numbers)
            async for rows in self.open_pages(_ANNOUNCED_ROWS):
                leaving = [row for row in rows if row.row in sent]
                await queue.memory.announce(queue.provenance, leaving)
        await queue.store.batches.mark_sending(queue.provenance.plan_id, numbers)

    async def _open_row_numbers(self) -> tuple[int, ...]:
        return await self.queue.store.batches.list_open_row_numbers(
            self.queue.provenance.plan_id, self.id
        )


class PlanWriter(ABC):
    """Writes a run's plan to one service; subclasses know its bulk jobs.

    `page_rows` is how many rows are read together.
    """

    page_rows: int

    def __init__(self, queue: PlanRowQueue) -> None:
        self._queue = queue
        self._protocol = queue.protocol

    async def apply(self) -> None:
        """Write every ticked row of the plan. Raises what stops a run: it is resumed from there."""
        await self.settle_open_batches()
        await self._write_all()

    async def settle_late_rows(self) -> None:
        """Read again the plan's rows that ended unseen; what shows now was written by this run."""
        queue, batches = self._queue, self._queue.store.batches
        while rows := await batches.list_late_rows(queue.provenance.plan_id, self.page_rows):
            seen, _ = await self._protocol.read_back(rows, READ_BACK_WAITS_S[:1])
            ended = [
                make_completion(WriteResult(WriteItem(row), WriteOutcome.CONFIRMED, seen[row.row]))
                if row.row in seen
                else PlanRowCompletion(row, row.state, row.detail)
                for row in rows
            ]
            await batches.complete_rows(queue.provenance, ended, self._protocol.clock.now())

    async def settle_open_batches(self) -> None:
        """Settle the batches that were being sent when a run's process ended."""
        queue = self._queue
        for found in await queue.store.batches.list_open_batches(queue.provenance.plan_id):
            batch = ClaimedBatch(queue, found.id)
            if found.job_id:
                await self._finish_job(batch, found.job_id)
                continue
            async for rows in batch.open_pages(self.page_rows):
                # What was only being read goes back to the plan: what stands there is not ours.
                items = [item for item in items_of(rows) if item.is_maybe_sent]
                there = await self._protocol.read_rows([item.row for item in items])
                _, ended = split_by_comparison(items, there)
                if ended:
                    await batch.close(ended)
            await batch.release(maybe_sent=True)

    @abstractmethod
    async def _write_all(self) -> None: ...

    @abstractmethod
    async def _finish_job(self, batch: ClaimedBatch, job_id: str) -> None: ...


def items_of(rows: Iterable[PlanRow], *, is_maybe_sent: bool = False) -> list[WriteItem]:
    """Make the write items of a plan's rows."""
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
    """Make the result of a plan row that went out in a job: CONFIRMED if seen, else `outcome`.

    `seen` and `missed` are what `WriteProtocol.read_back` returned.
    """
    item, record = WriteItem(row), seen.get(row.row)
    if record is not None:
        return WriteResult(item, WriteOutcome.CONFIRMED, record)
    record = missed.get(row.row)
    if record is not None and not row.events:
        # A row of which something shows was written: the rest is late, or kept in another form.
        shows_part = len(find_missed_fields(row, record)) < len(row.changes_to_send)
        if shows_part or is_row_taken(row, record):
            return WriteResult(item, WriteOutcome.ACCEPTED, record)
    return WriteResult(item, outcome, record, words=words, job=job)


def make_completion(result: WriteResult) -> PlanRowCompletion:
    """Convert a plan row's write result to what the store keeps of it."""
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
    is_unseen = outcome in (
        WriteOutcome.NOT_DONE,
        WriteOutcome.NOT_SHOWN,
        WriteOutcome.UNANSWERED,
    )
    # What was added up is compared by the plan itself, with its exact total.
    is_missed = outcome in (WriteOutcome.ACCEPTED, WriteOutcome.NOT_SHOWN) and not row.events
    return PlanRowCompletion(
        row,
        state,
        words,
        # Whoever else has taken the address is not this row's target.
        "" if outcome is WriteOutcome.ADDRESS_TAKEN else result.target_id,
        tuple((c.field, c.new) for c in row.changes_to_send) if state in _WRITTEN_STATES else (),
        find_missed_fields(row, result.record) if is_missed and result.record else {},
        unconfirmed_job,
        may_show_late=is_unseen and unconfirmed_job is not None,
    )

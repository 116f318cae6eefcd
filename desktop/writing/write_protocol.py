"""The one way anything is written to Sailthru or Zendesk, as a state machine over a batch of rows.

authorise → claim → read → compare → send → confirm → close. An edit of the outbox is a batch of
one; a plan's rows come 48 at a time (posts), 100 (Zendesk jobs) or as one Sailthru job. Where the
rows come from and how their ends are stored is the work source's (`edit_queue`, `plan_row_queue`).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ConflictError, StopsRun
from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import TargetRecord
from desktop.writing.optout_door import RowPermits, SendingWay, admit
from desktop.writing.outcomes import WriteItem, WriteOutcome, WriteResult, may_be_applied
from desktop.writing.row_comparison import ReadResult, compare_row, is_row_applied

# Both services are eventually consistent: a read-back may show the old value for some seconds.
READ_BACK_WAITS_S = (0.0, 0.3, 1.0, 2.0)
# Zendesk answers 409 to one of two writes to a record at the same moment; each is read again.
MAX_COLLISIONS = 3

Checkpoint = Callable[[str], None]


class WriteStep(Enum):
    """A state of the write protocol; `checkpoint` hears its value once the step is passed."""

    CLAIMED = "claimed"
    READ = "read"
    SENDING = "sending"
    ANSWERED = "answered"
    # Of single writes: the answer is stored. SENT, of a job: its id is stored.
    ACCEPTED = "accepted"
    SENT = "sent"
    READ_BACK = "read back"
    CACHED = "kept"
    CLOSED = "closed"


class RecordGateway(Protocol):
    """One service as the write protocol reads and writes its records, by their ids."""

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        """Read the record at each row's target for the write protocol, by row number."""
        ...

    async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
        """Write one row whose record was just read; returns the record's id if told."""
        ...


class WorkSource(ABC):
    """A claimed batch: stores how far its rows are, before and after each write request."""

    # Whether a write that got no answer is read back at once, or by a later attempt.
    reads_back_unanswered = True

    @abstractmethod
    async def mark_sending(self, ready: Sequence["ReadyItem"]) -> None:
        """Store that the rows' write requests are about to leave."""

    async def mark_accepted(self) -> None:  # noqa: B027 - an open row is read in any case
        """Store that the service answered ok to a write; its values still have to be read back."""

    @abstractmethod
    async def close(self, results: Sequence[WriteResult]) -> None:
        """Store how the rows' writes ended. Raises what ends the whole run."""


@dataclass(frozen=True)
class ReadyItem:
    """A row that was compared and may be sent; `way` says whether a job may carry it."""

    item: WriteItem
    record: TargetRecord | None
    way: SendingWay = SendingWay.ANY

    @property
    def row(self) -> PlanRow:
        """The plan row that is ready to be sent."""
        return self.item.row


@dataclass(frozen=True)
class WriteProtocol:
    """The state machine of reading, comparing, sending and confirming rows at one service.

    `permits` are asked before each row is sent, and `load_erased` whom none of them makes again.
    `checkpoint` is called with the name of each step passed (tests stop the process there).
    """

    gateway: RecordGateway
    clock: Clock
    permits: RowPermits
    checkpoint: Checkpoint = field(default=lambda _name: None)
    load_erased: Callable[[], ErasedPeople] = field(default=lambda: NOBODY_ERASED)

    async def write_singly(self, items: Sequence[WriteItem], source: WorkSource) -> None:
        """Write claimed rows each by a request of its own: read, compare, send, confirm, close.

        Raises what `source.close` raises.
        """
        waiting, attempt = list(items), 0
        while waiting:
            attempt += 1
            ready, ended = await self.read_and_compare(waiting)
            if ended:
                await source.close(ended)
            if not ready:
                return
            await source.mark_sending(ready)
            self.passed(WriteStep.SENDING)
            answers = await asyncio.gather(*map(self._send, ready))
            self.passed(WriteStep.ANSWERED)
            collided = [
                answer
                for answer in answers
                if isinstance(answer.error, ConflictError) and attempt < MAX_COLLISIONS
            ]
            await self._confirm_and_close([a for a in answers if a not in collided], source)
            waiting = [answer.item for answer in collided]

    async def read_and_compare(
        self, items: Sequence[WriteItem]
    ) -> tuple[list[ReadyItem], list[WriteResult]]:
        """Read and compare claimed rows; split off those that are not to be sent."""
        there = await self._read([item.row for item in items])
        self.passed(WriteStep.READ)
        compared, ended = split_by_comparison(items, there)
        ready: list[ReadyItem] = []
        permits, erased = self.permits.for_batch(), self.load_erased()
        for one in compared:
            try:
                own = one.item.is_own_restore
                way = admit(one.row, one.record, permits, is_own_restore=own, erased=erased)
                ready.append(replace(one, way=way))
            except AppError as error:
                ended.append(WriteResult(one.item, WriteOutcome.NOT_PERMITTED, error=error))
        return ready, ended

    async def read_back(
        self, rows: Iterable[PlanRow], waits_s: Sequence[float] = READ_BACK_WAITS_S
    ) -> tuple[dict[int, TargetRecord], dict[int, TargetRecord]]:
        """Read written rows until each shows its values, as long as `waits_s` (seconds) last.

        Returns the records by row number: of those that show it, and what else was seen last.
        Raises what keeps the service from being read.
        """
        waiting = list(rows)
        seen: dict[int, TargetRecord] = {}
        missed: dict[int, TargetRecord] = {}
        for wait_s in waits_s:
            if not waiting:
                break
            if wait_s:
                await self.clock.sleep(wait_s)
            there = await self.read_rows(waiting)
            found = {n: one for n, one in there.items() if isinstance(one, TargetRecord)}
            seen |= {r.row: found[r.row] for r in waiting if is_row_applied(r, there.get(r.row))}
            waiting = [row for row in waiting if row.row not in seen]
            missed |= {r.row: found[r.row] for r in waiting if r.row in found}
        return seen, {number: one for number, one in missed.items() if number not in seen}

    def passed(self, step: WriteStep) -> None:
        """Call the checkpoint of the step just done; the fault tests kill the process there."""
        self.checkpoint(step.value)

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        """Read what stands at each row's target before writing; raises only what stops a run."""
        return await read_refused_in_halves(self.gateway, rows)

    async def _read(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        try:
            return await self.read_rows(rows)
        except AppError as error:
            return {row.row: error for row in rows}

    async def _send(self, one: ReadyItem) -> WriteResult:
        """Send one compared row; UNANSWERED where it may have been applied in spite of an error."""
        try:
            sent_id = await self.gateway.send_row(one.row, one.record)
        except (AppError, OSError) as error:
            unsure = may_be_applied(error)
            outcome = WriteOutcome.UNANSWERED if unsure else WriteOutcome.REFUSED
            return WriteResult(one.item, outcome, error=error)
        return WriteResult(one.item, WriteOutcome.ACCEPTED, sent_id=sent_id)

    async def _confirm_and_close(self, answers: Sequence[WriteResult], source: WorkSource) -> None:
        if any(answer.outcome is WriteOutcome.ACCEPTED for answer in answers):
            await source.mark_accepted()
            self.passed(WriteStep.ACCEPTED)
        outcomes = {WriteOutcome.ACCEPTED}
        if source.reads_back_unanswered:
            outcomes.add(WriteOutcome.UNANSWERED)
        asked = [answer for answer in answers if answer.outcome in outcomes]
        ended = [answer for answer in answers if answer.outcome not in outcomes]
        try:
            # By the id it was given: Zendesk's search for an address lags by minutes.
            seen, missed = await self.read_back(
                replace(a.item.row, target_id=a.sent_id or a.item.row.target_id) for a in asked
            )
        except AppError as error:
            failed = WriteOutcome.READ_BACK_FAILED
            ended += [replace(answer, outcome=failed, error=error) for answer in asked]
        else:
            for answer in asked:
                number = answer.item.row.row
                if number in seen:
                    done = WriteOutcome.CONFIRMED
                    ended.append(replace(answer, outcome=done, record=seen[number]))
                else:
                    ended.append(replace(answer, record=missed.get(number)))
        self.passed(WriteStep.READ_BACK)
        if ended:
            await source.close(ended)


async def read_refused_in_halves(
    gateway: RecordGateway, rows: Sequence[PlanRow]
) -> Mapping[int, ReadResult]:
    """Read rows before writing together; where refused, by halves down to the row at fault.

    Raises only what stops a whole run.
    """
    try:
        return await gateway.read_rows(rows)
    except StopsRun:
        raise
    except AppError as error:
        if len(rows) == 1:
            return {rows[0].row: error}
    half = len(rows) // 2
    first = await read_refused_in_halves(gateway, rows[:half])
    return {**first, **await read_refused_in_halves(gateway, rows[half:])}


def split_by_comparison(
    items: Sequence[WriteItem], there: Mapping[int, ReadResult]
) -> tuple[list[ReadyItem], list[WriteResult]]:
    """Compare items with the records read (by row number): those to send, and others' ends."""
    ready: list[ReadyItem] = []
    ended: list[WriteResult] = []
    for item in items:
        now = there.get(item.row.row)
        record = now if isinstance(now, TargetRecord) else None
        error = now if isinstance(now, AppError) else None
        outcome, change = compare_row(item.row, now, allows_staff=item.allows_staff)
        if outcome is None and item.is_accepted:
            outcome = WriteOutcome.ACCEPTED
        elif outcome is WriteOutcome.UNCHANGED and item.is_maybe_sent:
            # What may have been sent before and stands there is our own doing.
            outcome = WriteOutcome.CONFIRMED
        if outcome is None:
            ready.append(ReadyItem(item, record))
        else:
            ended.append(WriteResult(item, outcome, record, change, error))
    return ready, ended

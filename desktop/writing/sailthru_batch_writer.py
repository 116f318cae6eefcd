"""Applies a plan to Sailthru: claim → read and compare → send → read back → close.

Row by row or in one job. Killed anywhere, it goes on by reading what may have been sent.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from desktop.clients.sailthru.job_status import SailthruJob, SailthruJobStatus
from desktop.kit.errors import AppError, NotFound, ResponseTimeout, ServiceError, ServiceUnreachable
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import LIST_PREFIX, TargetRecord
from desktop.store.batch_repository import WriteBatch
from desktop.store.row_completion import RowCompletion
from desktop.writing import batch_bookkeeping as rows_end
from desktop.writing.batch_bookkeeping import READ_BACK_WAITS_S, BatchBookkeeper, split_rows_to_send
from desktop.writing.sailthru_gateway import (
    SailthruGateway,
    encode_job_line,
    find_joined_lists,
    is_run_wide_error,
)
from desktop.writing.target_record import ReadResult, is_row_applied

_POSTS_PER_BATCH = 48
_PAGE_ROWS = 500
# Some 20 MB in memory; a hundred thousand people who change are one job.
_MAX_JOB_LINES = 120_000
_READ_BACK_SAMPLE_SIZE = 200


class SailthruBatchWriter:
    """One run's writes to Sailthru."""

    def __init__(
        self, bookkeeper: BatchBookkeeper, target: SailthruGateway, flows: FlowPolicy
    ) -> None:
        self._bookkeeper = bookkeeper
        self._gateway = target
        self._uses_single_posts = flows is FlowPolicy.MAY_START
        self._ensured_lists: set[str] = set()

    async def apply(self) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await self.settle_open_batches()
        while True:
            more = await (
                self._write_posts_batch() if self._uses_single_posts else self._write_job_batch()
            )
            if not more:
                return

    async def settle_open_batches(self) -> None:
        """Find out what became of everything that was being sent when a process ended."""
        for batch in await self._bookkeeper.list_open_batches():
            await self._settle_batch(batch)

    async def _next_rows(self, limit: int) -> tuple[PlanRow, ...]:
        rows = await self._bookkeeper.store.batches.list_next_rows(
            self._bookkeeper.provenance.plan_id,
            limit,
        )
        joined = find_joined_lists(rows) - self._ensured_lists
        if joined:
            await self._gateway.create_missing_lists(joined)
            self._ensured_lists |= joined
        return rows

    # Single posts.

    async def _write_posts_batch(self) -> bool:
        rows = await self._next_rows(_POSTS_PER_BATCH)
        if not rows:
            return False
        batch = await self._bookkeeper.claim_batch("posts", rows)
        await self._post_rows(batch, rows)
        return True

    async def _post_rows(
        self, batch: int, rows: Sequence[PlanRow], *, unsure: bool = False
    ) -> None:
        there = await self._gateway.read_rows(rows)
        self._bookkeeper.checkpoint("read")
        send, closed = split_rows_to_send(rows, there, unsure=unsure)
        if closed:
            await self._bookkeeper.complete_rows(closed, batch)
        answers = await asyncio.gather(*map(self._send_row, send))
        self._bookkeeper.checkpoint("answered")
        refused = [
            (row, error)
            for row, error in zip(send, answers, strict=True)
            if error is not None and not rows_end.may_be_applied(error)
        ]
        told = {row.row for row, error in zip(send, answers, strict=True) if error is None}
        general = next((error for _, error in refused if is_run_wide_error(error)), None)
        own = [(row, error) for row, error in refused if not is_run_wide_error(error)]
        out = {row.row for row, _ in refused}
        ended = await self._read_back(
            [row for row in send if row.row not in out],
            lambda row: (
                _accepted_not_seen(row) if row.row in told else rows_end.unanswered_completion(row)
            ),
        )
        ended += [_refused_completion(row, error) for row, error in own]
        self._bookkeeper.checkpoint("read back")
        await self._bookkeeper.complete_rows(ended, batch)
        if general is not None:
            # The rest was surely not applied.
            await self._bookkeeper.release_batch(batch)
            raise general

    async def _send_row(self, row: PlanRow) -> AppError | None:
        try:
            await self._gateway.send_row(row)
        except AppError as error:
            return error
        return None

    async def _read_back(
        self, rows: Sequence[PlanRow], missed: Callable[[PlanRow], RowCompletion]
    ) -> list[RowCompletion]:
        """How rows ended that were sent; `missed` says it for those that do not show it."""
        waiting, ended = list(rows), []
        there: dict[int, ReadResult] = {}
        for wait_s in READ_BACK_WAITS_S:
            if not waiting:
                break
            if wait_s:
                await self._bookkeeper.clock.sleep(wait_s)
            there = await self._gateway.read_rows(waiting)
            seen = {row.row for row in waiting if _is_applied(row, there)}
            ended += [_confirmed(row, there) for row in waiting if row.row in seen]
            waiting = [row for row in waiting if row.row not in seen]
        for row in waiting:
            found, how = there.get(row.row), missed(row)
            known = found.id if isinstance(found, TargetRecord) else ""
            ended.append(replace(how, target_id=known) if known else how)
        return ended

    # One job.

    async def _write_job_batch(self) -> bool:
        batch, lines, count = 0, bytearray(), 0
        while count < _MAX_JOB_LINES:
            rows = await self._next_rows(_PAGE_ROWS)
            if not rows:
                break
            if not batch:
                batch = await self._bookkeeper.claim_batch("job", rows)
            else:
                numbers = [row.row for row in rows]
                store = self._bookkeeper.store.batches
                await store.extend_batch(self._bookkeeper.provenance.plan_id, batch, numbers)
            send, closed = split_rows_to_send(rows, await self._gateway.read_rows(rows))
            if closed:
                await self._bookkeeper.complete_rows(closed, batch)
            for row in send:
                lines += encode_job_line(row)
            count += len(send)
        self._bookkeeper.checkpoint("read")
        if not batch:
            return False
        if not count:
            await self._bookkeeper.release_batch(batch)
            return True
        try:
            job = await self._gateway.submit_job(bytes(lines))
        except (ResponseTimeout, ServiceError):
            # It may be under way: what it changes is found by reading, at the next try.
            raise
        except AppError:
            await self._bookkeeper.release_batch(batch)
            raise
        del lines
        self._bookkeeper.checkpoint("answered")
        await self._bookkeeper.store.batches.mark_sent(batch, job.id)
        self._bookkeeper.checkpoint("sent")
        await self._finish_job(batch, job.id)
        return True

    async def _finish_job(self, batch: int, job_id: str) -> None:
        """Wait for the job, then find out what it did; it gives no results for single rows."""
        job = await self._wait_for_job(job_id)
        trouble = _job_failure_text(job)
        numbers = await self._bookkeeper.store.batches.list_open_row_numbers(
            self._bookkeeper.provenance.plan_id,
            batch,
        )
        # The same rows again after a crash: drawn by the batch's number.
        sample = set(
            random.Random(batch).sample(numbers, min(_READ_BACK_SAMPLE_SIZE, len(numbers)))
        )
        missed = partial(
            rows_end.failed_completion, words=trouble or _LINE_SKIPPED_TEXT, job=job_id
        )
        seen: dict[int, TargetRecord] = {}
        if not trouble and not await self._is_sample_applied(batch, sample, seen):
            sample = set(numbers)
            if await self._refuses_sid_lines(batch, sample):
                await self._post_refused_job_rows(batch)
                return
        after = -1
        while rows := await self._open_rows_page(batch, after):
            after = rows[-1].row
            # What was added up must be seen: whether it counts cannot wait for the next plan.
            wanted = [r for r in rows if trouble or not r.target_id or r.events or r.row in sample]
            chosen = {r.row for r in wanted}
            read = [r for r in wanted if r.row not in seen]
            ended = await self._read_back(read, missed)
            ended += [
                rows_end.confirmed_completion(r, seen[r.row]) for r in wanted if r.row in seen
            ]
            ended += [
                rows_end.accepted_completion(r, rows_end.NOT_READ_BACK_TEXT)
                for r in rows
                if r.row not in chosen
            ]
            self._bookkeeper.checkpoint("read back")
            await self._bookkeeper.complete_rows(ended, batch)

    async def _open_rows_page(self, batch: int, after: int) -> tuple[PlanRow, ...]:
        return await self._bookkeeper.store.batches.list_open_rows(
            self._bookkeeper.provenance.plan_id,
            batch,
            after=after,
            limit=_PAGE_ROWS,
        )

    async def _is_sample_applied(
        self, batch: int, sample: set[int], seen: dict[int, TargetRecord]
    ) -> bool:
        """Whether all rows of the sample show what was written; those that do go into `seen`."""
        after = -1
        while rows := await self._open_rows_page(batch, after):
            after = rows[-1].row
            drawn = [row for row in rows if row.row in sample]
            for wait_s in READ_BACK_WAITS_S:
                if not drawn:
                    break
                if wait_s:
                    await self._bookkeeper.clock.sleep(wait_s)
                there = await self._gateway.read_rows(drawn)
                for row in drawn:
                    found = there[row.row]
                    if isinstance(found, TargetRecord) and is_row_applied(row, found):
                        seen[row.row] = found
                drawn = [row for row in drawn if row.row not in seen]
            if drawn:
                return False
        return True

    async def _refuses_sid_lines(self, batch: int, numbers: set[int]) -> bool:
        """Whether no line that goes by a sid was applied: some accounts skip them all."""
        rows = [
            r for r in await self._open_rows_page(batch, -1) if r.target_id and r.row in numbers
        ][:50]
        there = await self._gateway.read_rows(rows)
        return bool(rows) and not any(_is_applied(row, there) for row in rows)

    async def _post_refused_job_rows(self, batch: int) -> None:
        after = -1
        while rows := await self._open_rows_page(batch, after):
            after = rows[-1].row
            may = [
                row
                for row in rows
                if not any(c.field.startswith(LIST_PREFIX) for c in row.changes_to_send)
            ]
            told = {row.row for row in may}
            closed = [
                rows_end.failed_completion(r, _NO_SID_LINES_TEXT) for r in rows if r.row not in told
            ]
            if closed:
                await self._bookkeeper.complete_rows(closed, batch)
            for start in range(0, len(may), _POSTS_PER_BATCH):
                # The job's lines by address were taken, and a process before may have posted.
                await self._post_rows(batch, may[start : start + _POSTS_PER_BATCH], unsure=True)

    async def _wait_for_job(self, job_id: str) -> SailthruJob | None:
        """The job once it has ended; None when it is given up or not known any more."""
        began, polls = self._bookkeeper.clock.monotonic(), 0
        while True:
            try:
                job = await self._gateway.get_job(job_id)
            except NotFound:
                return None
            if job.status is not SailthruJobStatus.PENDING:
                return job
            if self._bookkeeper.clock.monotonic() - began > self._bookkeeper.job_timeout_s:
                return None
            await self._bookkeeper.wait_before_poll(polls)
            polls += 1

    # After a crash.

    async def _settle_batch(self, batch: WriteBatch) -> None:
        if batch.state == "sent" and batch.kind == "job":
            await self._finish_job(batch.id, batch.job_id)
            return
        after = -1
        while rows := await self._open_rows_page(batch.id, after):
            after = rows[-1].row
            there = await self._gateway.read_rows(rows)
            _, closed = split_rows_to_send(rows, there, unsure=True)
            if closed:
                await self._bookkeeper.complete_rows(closed, batch.id)
        await self._bookkeeper.release_batch(batch.id, maybe_sent=True)


def _is_applied(row: PlanRow, there: dict[int, ReadResult]) -> bool:
    found = there.get(row.row)
    return isinstance(found, TargetRecord) and is_row_applied(row, found)


def _confirmed(row: PlanRow, there: dict[int, ReadResult]) -> RowCompletion:
    found = there[row.row]
    if not isinstance(found, TargetRecord):
        raise TypeError(row.row)
    return rows_end.confirmed_completion(row, found)


def _accepted_not_seen(row: PlanRow) -> RowCompletion:
    return rows_end.accepted_completion(row, rows_end.NOT_SHOWN_YET_TEXT)


def _refused_completion(row: PlanRow, error: AppError) -> RowCompletion:
    if isinstance(error, ServiceUnreachable):
        return rows_end.failed_completion(row, str(error))
    return rows_end.parked_completion(row, str(error))


def _job_failure_text(job: SailthruJob | None) -> str:
    if job is None:
        return _JOB_STUCK_TEXT
    return _JOB_ERROR_TEXT if job.status is SailthruJobStatus.ERROR else ""


_LINE_SKIPPED_TEXT = (
    "Sailthru's job ended, and skipped this line without a word. The next run tries it."
)
_JOB_STUCK_TEXT = "Sailthru took the job and never ended it. The next run reads what it did."
_JOB_ERROR_TEXT = "Sailthru's job ended with an error before this line. The next run tries it."
_NO_SID_LINES_TEXT = (
    "This Sailthru account does not take jobs by profile id, and a single post could start e-mail"
    " flows, which this sync must not. Let it start flows, or ask Sailthru to allow such jobs."
)

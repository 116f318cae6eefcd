"""Applies a plan to Sailthru: by single posts, 48 at a time, or by one update job.

A job gives no results for single rows, so what it did is found by reading profiles back: a sample
of those it changed, and each whose outcome decides something.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from desktop.clients.sailthru.job_status import SailthruJob, SailthruJobStatus
from desktop.kit.errors import (
    AppError,
    RequestTooLarge,
    ResponseTimeout,
    ServiceError,
    ValuesRejected,
)
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import LIST_PREFIX, TargetRecord
from desktop.writing.job_poller import wait_for_job
from desktop.writing.optout_door import SendingWay, find_optout_change, split_optout
from desktop.writing.outcomes import (
    JOB_STUCK_TEXT,
    NOT_READ_BACK_TEXT,
    WriteItem,
    WriteOutcome,
    WriteResult,
)
from desktop.writing.plan_row_queue import (
    ClaimedBatch,
    PlanRowQueue,
    PlanWriter,
    items_of,
    job_result,
)
from desktop.writing.row_comparison import is_row_taken
from desktop.writing.sailthru_gateway import SailthruGateway, encode_job_line, find_joined_lists
from desktop.writing.write_protocol import ReadyItem, WriteStep

# Three rounds of the gateway's 16 concurrent calls.
_POSTS_PER_BATCH = 48
# Some 20 MB in memory; a hundred thousand people who change are one job.
_MAX_JOB_LINES = 120_000
# Before any job was taken: where so many single lines are refused, no line is at fault.
_MAX_ROWS_REFUSED_AT_FIRST = 10
_READ_BACK_SAMPLE_SIZE = 200
_SID_LINES_SAMPLE_SIZE = 50
_LINE_SKIPPED_TEXT = (
    "Sailthru's job ended, and skipped this line without a word. The next run tries it."
)
_JOB_ERROR_TEXT = "Sailthru's job ended with an error before this line. The next run tries it."
_NO_SID_LINES_TEXT = (
    "None of the job’s lines by profile id shows: this Sailthru account may not take them, and a"
    " single post could start e-mail flows, which this sync must not. The next run reads them once"
    " more. Let the sync start flows, or ask Sailthru to allow such jobs."
)
_LISTS_LEFT_TEXT = (
    "The opt-out was sent by itself and is not shown yet; lists and values wait for the next run."
)


class SailthruPlanWriter(PlanWriter):
    """The plan writer of a run into Sailthru."""

    page_rows = 500

    def __init__(self, queue: PlanRowQueue, gateway: SailthruGateway, flows: FlowPolicy) -> None:
        super().__init__(queue)
        self._gateway = gateway
        self._may_start_flows = flows is FlowPolicy.MAY_START
        self._ensured_lists: set[str] = set()
        self._max_job_lines = _MAX_JOB_LINES
        self._has_job_begun = False
        self._refused_rows = 0

    async def _write_all(self) -> None:
        write = self._write_posts_batch if self._may_start_flows else self._write_job_batch
        while await write():
            pass

    async def _next_rows(self, limit: int) -> tuple[PlanRow, ...]:
        rows = await self._queue.list_next(limit)
        # A list is not made for rows that may not join it.
        permits = self._protocol.permits.for_batch()
        may_join = [row for row in rows if not permits.find_row_refusal(row)]
        joined = find_joined_lists(may_join) - self._ensured_lists
        if joined:
            self._queue.require_permitted()
            await self._gateway.create_missing_lists(joined)
            self._ensured_lists |= joined
        return rows

    async def _write_posts_batch(self) -> bool:
        rows = await self._next_rows(_POSTS_PER_BATCH)
        if rows:
            batch = await self._queue.claim("posts", rows)
            if await batch.is_outdated():
                await batch.release()
                return True
            await self._protocol.write_singly(items_of(rows), batch)
        return bool(rows)

    async def _write_job_batch(self) -> bool:
        batch: ClaimedBatch | None = None
        lines: list[bytes] = []
        while len(lines) < self._max_job_lines:
            rows = await self._next_rows(min(self.page_rows, self._max_job_lines))
            if not rows:
                break
            if batch is None:
                batch = await self._queue.claim("job", rows)
            else:
                await batch.extend(rows)
            lines += await self._prepare_lines(batch, rows)
        if batch is None:
            return False
        await self._write_job(batch, lines)
        return True

    async def _prepare_lines(self, batch: ClaimedBatch, rows: Sequence[PlanRow]) -> list[bytes]:
        """Compare rows, and POST what no job may carry; returns the update job's lines."""
        ready, ended = await self._protocol.read_and_compare(items_of(rows))
        if ended:
            await batch.close(ended)
        return [encode_job_line(row) for row in await self._post_optouts(batch, ready)]

    async def _write_job(self, batch: ClaimedBatch, lines: Sequence[bytes]) -> None:
        """Write a batch's lines by one Sailthru update job, or two where one is refused."""
        # Reading a hundred thousand people takes minutes: who was left out meanwhile is not sent.
        if not lines or await batch.is_outdated():
            return await batch.release()
        try:
            await batch.mark_all_sending()
            job = await self._gateway.submit_job(b"".join(lines))
        except (ResponseTimeout, ServiceError):
            # It may be under way: what it changes is found by reading, at the next try.
            raise
        except (ValuesRejected, RequestTooLarge) as error:
            return await self._halve_job(batch, len(lines), error)
        except AppError:
            await batch.release()
            raise
        self._has_job_begun = True
        await batch.mark_job(job.id)
        return await self._finish_job(batch, job.id)

    async def _halve_job(self, batch: ClaimedBatch, count: int, error: AppError) -> None:
        """Halve a batch whose Sailthru job was refused, down to a row; raises other faults."""
        rows = await batch.open_rows(2)
        if isinstance(error, RequestTooLarge):
            self._max_job_lines = max(1, count // 2)
        if len(rows) == 1:
            self._refused_rows += 1
            if self._refused_rows > _MAX_ROWS_REFUSED_AT_FIRST and not self._has_job_begun:
                await batch.release()
                raise error
            refused = WriteResult(WriteItem(rows[0]), WriteOutcome.REFUSED, error=error)
            return await batch.close([refused])
        for part in (batch, await batch.split("job")):
            lines: list[bytes] = []
            async for rows in part.open_pages(self.page_rows):
                lines += await self._prepare_lines(part, rows)
            await self._write_job(part, lines)
        return None

    async def _post_optouts(self, batch: ClaimedBatch, ready: Sequence[ReadyItem]) -> list[PlanRow]:
        """POST opt-outs that no Sailthru job may carry; returns the rows, or parts, for the job."""
        by_job = [one.row for one in ready if one.way is SendingWay.ANY]
        single = [one.item for one in ready if one.way is SendingWay.SINGLY]
        # A post that changes a list could start e-mail flows: there the opt-out is posted alone,
        # and the list change goes by the job once the opt-out is seen.
        whole = [item for item in single if not _changes_lists(item.row)]
        parts = _OptOutParts(batch.queue, batch.id)
        for item in single:
            if _changes_lists(item.row):
                optout, parts.rests[item.row.row] = split_optout(item.row)
                parts.items.append(replace(item, row=optout))
        for items, source in ((whole, batch), (parts.items, parts)):
            for start in range(0, len(items), _POSTS_PER_BATCH):
                await self._protocol.write_singly(items[start : start + _POSTS_PER_BATCH], source)
        return by_job + parts.confirmed_rests

    async def _finish_job(self, batch: ClaimedBatch, job_id: str) -> None:
        """Wait for the Sailthru job, then read back what it did: it gives no row results."""
        clock = self._protocol.clock
        job = await wait_for_job(
            lambda: self._gateway.get_job(job_id), clock, self._queue.job_timeout_s
        )
        trouble = _job_failure_text(job)
        numbers = await self._queue.store.batches.list_open_row_numbers(
            self._queue.provenance.plan_id, batch.id
        )
        # The same rows again after a crash: drawn by the batch's number.
        size = min(_READ_BACK_SAMPLE_SIZE, len(numbers))
        sample = set(random.Random(batch.id).sample(numbers, size))
        seen: dict[int, TargetRecord] = {}
        if not trouble and not await self._is_sample_applied(batch, sample, seen):
            sample = set(numbers)
            if await self._refuses_sid_lines(batch, sample):
                await self._post_refused_job_rows(batch, job_id)
                return
        words = trouble or _LINE_SKIPPED_TEXT
        async for rows in batch.open_pages(self.page_rows):
            asked = {r.row for r in rows if trouble or r.row in sample or _must_be_seen(r)}
            found, missed = await self._protocol.read_back(
                row for row in rows if row.row in asked and row.row not in seen
            )
            found |= seen
            self._protocol.passed(WriteStep.READ_BACK)
            not_done = WriteOutcome.NOT_DONE if trouble else WriteOutcome.NOT_SHOWN
            accepted = WriteOutcome.ACCEPTED
            await batch.close([
                job_result(row, not_done, found, missed, words=words, job=job_id)
                if row.row in asked
                else WriteResult(WriteItem(row), accepted, words=NOT_READ_BACK_TEXT)
                for row in rows
            ])  # fmt: skip

    async def _is_sample_applied(
        self, batch: ClaimedBatch, sample: set[int], seen: dict[int, TargetRecord]
    ) -> bool:
        """Whether a Sailthru job's sampled rows are all applied; those that are go into `seen`."""
        async for rows in batch.open_pages(self.page_rows):
            drawn = [row for row in rows if row.row in sample]
            found, missed = await self._protocol.read_back(drawn)
            seen |= found
            left = [row for row in drawn if row.row not in found]
            if not all(is_row_taken(row, missed.get(row.row)) for row in left):
                return False
        return True

    async def _refuses_sid_lines(self, batch: ClaimedBatch, numbers: set[int]) -> bool:
        """Whether Sailthru's job applied no line that goes by sid: some accounts skip them all."""
        page = await batch.open_rows(self.page_rows)
        rows = [r for r in page if r.target_id and r.row in numbers][:_SID_LINES_SAMPLE_SIZE]
        there = await self._protocol.read_rows(rows)
        return bool(rows) and not any(is_row_taken(row, there[row.row]) for row in rows)

    async def _post_refused_job_rows(self, batch: ClaimedBatch, job_id: str) -> None:
        async for rows in batch.open_pages(self.page_rows):
            # The job's lines by address were taken, and a process before may have posted.
            items = items_of(rows, is_maybe_sent=True)
            kept = [item for item in items if _changes_lists(item.row)]
            not_done = WriteOutcome.NOT_DONE
            if kept:
                words = _NO_SID_LINES_TEXT
                await batch.close([WriteResult(i, not_done, words=words, job=job_id) for i in kept])
            may = [item for item in items if not _changes_lists(item.row)]
            for start in range(0, len(may), _POSTS_PER_BATCH):
                await self._protocol.write_singly(may[start : start + _POSTS_PER_BATCH], batch)


@dataclass(frozen=True)
class _OptOutParts(ClaimedBatch):
    """The opt-out changes of rows whose list changes go by a Sailthru job.

    `rests` are the rows without them, by row number; those whose opt-out was seen at the service
    are in `confirmed_rests`, and the other rows end as a whole.
    """

    items: list[WriteItem] = field(default_factory=list)
    rests: dict[int, PlanRow] = field(default_factory=dict)
    confirmed_rests: list[PlanRow] = field(default_factory=list)

    async def close(self, results: Sequence[WriteResult]) -> None:
        """Close the rows whose opt-out POST ended them, and hand the rest on to Sailthru's job."""
        ended: list[WriteResult] = []
        for result in results:
            row = result.item.row
            rest = self.rests[row.row]
            if result.outcome in (WriteOutcome.CONFIRMED, WriteOutcome.UNCHANGED):
                self.confirmed_rests.append(rest)
                continue
            whole = replace(result.item, row=replace(row, changes=(*row.changes, *rest.changes)))
            if result.outcome is WriteOutcome.ACCEPTED:
                result = WriteResult(whole, WriteOutcome.NOT_DONE, words=_LISTS_LEFT_TEXT)
            ended.append(replace(result, item=whole))
        if ended:
            await super().close(ended)


def _changes_lists(row: PlanRow) -> bool:
    return any(change.field.startswith(LIST_PREFIX) for change in row.changes_to_send)


def _must_be_seen(row: PlanRow) -> bool:
    """Whether a row of Sailthru's job is always read back: create, opt-out, increment.

    Whether what was added up counts cannot wait for the next plan.
    """
    return not row.target_id or bool(row.events) or find_optout_change(row) is not None


def _job_failure_text(job: SailthruJob | None) -> str:
    """Say why Sailthru's job did not complete; "" for one that did."""
    if job is None:
        return JOB_STUCK_TEXT.format(service="Sailthru")
    if job.status is SailthruJobStatus.COMPLETED:
        return ""
    return f"{_JOB_ERROR_TEXT} {job.message}".strip()

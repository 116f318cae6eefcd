"""Applies a plan to Zendesk: hundreds in jobs, several at once; one by one where jobs are refused.

A job that completed has not therefore done every row: its results are read row by row, and what
it says it did is read back.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/
"""

import asyncio
from collections.abc import Sequence

from desktop.clients.zendesk.bulk_jobs import ZendeskJob, ZendeskJobStatus
from desktop.kit.errors import (
    AppError,
    Forbidden,
    RequestTooLarge,
    ResponseTimeout,
    ServiceError,
    ValuesRejected,
)
from desktop.model.sync_plan import PlanRow
from desktop.writing.job_poller import wait_for_job
from desktop.writing.outcomes import JOB_STUCK_TEXT, WriteOutcome
from desktop.writing.plan_row_queue import (
    ClaimedBatch,
    PlanRowQueue,
    PlanWriter,
    items_of,
    job_result,
)
from desktop.writing.write_protocol import READ_BACK_WAITS_S, ReadyItem, WriteStep
from desktop.writing.zendesk_gateway import MAX_USERS_PER_CALL, ZendeskGateway, build_user_document

# Of the 30 jobs an account may have queued or running, most are left to others.
_MAX_CONCURRENT_JOBS = 5
_JOB_FAILED_TEXT = (
    "Zendesk's job failed: {message}. The next run reads what it did, and tries again."
)
_ROW_NOT_DONE_TEXT = "Zendesk did not do this row and did not say why."


class ZendeskPlanWriter(PlanWriter):
    """The plan writer of a run into Zendesk."""

    page_rows = MAX_USERS_PER_CALL

    def __init__(self, queue: PlanRowQueue, gateway: ZendeskGateway) -> None:
        super().__init__(queue)
        self._gateway = gateway
        self._claim_lock = asyncio.Lock()
        # Found out by being refused: then single requests serve for the rest of the run.
        self._is_job_allowed = {"create": True, "update": True}

    async def _write_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_MAX_CONCURRENT_JOBS):
                    group.create_task(self._write_batches())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _write_batches(self) -> None:
        while True:
            async with self._claim_lock:
                rows = await self._queue.list_next(MAX_USERS_PER_CALL)
                if not rows:
                    return
                # Zendesk creates and updates by different calls.
                is_create = not rows[0].target_id
                rows = tuple(row for row in rows if bool(row.target_id) != is_create)
                kind = "create" if is_create else "update"
                batch = await self._queue.claim(kind, rows)
            await self._write_batch(batch, rows, kind)

    async def _write_batch(self, batch: ClaimedBatch, rows: Sequence[PlanRow], kind: str) -> None:
        """Write a batch to Zendesk: by a job, by two where one is refused, at last one by one."""
        ready, ended = await self._protocol.read_and_compare(items_of(rows))
        if ended:
            await batch.close(ended)
        if ready and self._is_job_allowed[kind]:
            try:
                return await self._write_job(batch, ready, creates=kind == "create")
            except Forbidden:
                self._is_job_allowed[kind] = False
            except (ValuesRejected, RequestTooLarge):
                # One row can spoil a call; a single write says of the row what is wrong with it.
                if len(ready) > 1:
                    for part in (batch, await batch.split(kind)):
                        await self._write_batch(part, await part.open_rows(len(ready)), kind)
                    return None
        # At most one such request a second is let through, so the last of a hundred waits for
        # minutes: the protocol reads each again right before it is sent.
        for one in ready:
            if await batch.is_outdated():
                return await batch.release()
            await self._protocol.write_singly([one.item], batch)
        return None

    async def _write_job(
        self, batch: ClaimedBatch, ready: Sequence[ReadyItem], *, creates: bool
    ) -> None:
        """Write compared rows by one Zendesk job.

        Raises Forbidden where jobs are not allowed, ValuesRejected and RequestTooLarge where this
        one is refused: nothing was applied then, and the rows stay in the batch.
        """
        documents = [build_user_document(one.row, one.record) for one in ready]
        if await batch.is_outdated():
            return await batch.release()
        try:
            await batch.mark_sending(ready)
            job = await self._gateway.submit_job(documents, creates=creates)
        except (Forbidden, ValuesRejected, RequestTooLarge, ResponseTimeout, ServiceError):
            # Unless refused it may be under way: what it changes is found by reading, at the
            # next try.
            raise
        except AppError:
            await batch.release()
            raise
        await batch.mark_job(job.id)
        return await self._finish_job(batch, job.id, job)

    async def _finish_job(
        self, batch: ClaimedBatch, job_id: str, begun: ZendeskJob | None = None
    ) -> None:
        """Wait for the Zendesk job; close its rows by its results and by reading them back."""
        job = await wait_for_job(
            lambda: self._gateway.get_job(job_id),
            self._protocol.clock,
            self._queue.job_timeout_s,
            begun,
        )
        async for rows in batch.open_pages(MAX_USERS_PER_CALL):
            refusals, done = _parse_job_results(rows, job)
            refused = [row for row in rows if row.row in refusals]
            others = [row for row in rows if row.row not in refusals]
            # A refusal is not waited for; some other writer may have made it so all the same.
            seen, _ = await self._protocol.read_back(refused, READ_BACK_WAITS_S[:1])
            found, missed = await self._protocol.read_back(others)
            seen |= found
            self._protocol.passed(WriteStep.READ_BACK)
            results = []
            for row in rows:
                if row.row in refusals:
                    outcome, words = WriteOutcome.REFUSED, refusals[row.row]
                elif row.row in done:
                    outcome, words = WriteOutcome.ACCEPTED, ""
                else:
                    outcome, words = WriteOutcome.NOT_DONE, _job_failure_text(job)
                unconfirmed = job_id if outcome is WriteOutcome.NOT_DONE else None
                results.append(job_result(row, outcome, seen, missed, words=words, job=unconfirmed))
            await batch.close(results)


def _parse_job_results(
    rows: Sequence[PlanRow], job: ZendeskJob | None
) -> tuple[dict[int, str], set[int]]:
    """Map a Zendesk job's results to rows: refusals by row number, and the rows done.

    `rows` in the order in which they were sent. A job that failed has reasons for some rows.
    """
    if job is None:
        return {}, set()
    is_completed = job.status is ZendeskJobStatus.COMPLETED
    if is_completed and not job.results and job.has_succeeded:
        return {}, {row.row for row in rows}
    by_id = {int(row.target_id): row.row for row in rows if row.target_id}
    refused: dict[int, str] = {}
    done: set[int] = set()
    for result in job.results:
        if result.id is not None and by_id:
            # An id that is none of ours says nothing of the row in its place.
            number = by_id.get(result.id)
        elif result.index is not None and 0 <= result.index < len(rows):
            number = rows[result.index].row
        else:
            number = None
        if number is None:
            continue
        if not result.is_ok:
            refused[number] = result.error
        elif is_completed:
            done.add(number)
    return refused, done


def _job_failure_text(job: ZendeskJob | None) -> str:
    if job is None:
        return JOB_STUCK_TEXT.format(service="Zendesk")
    if job.status is not ZendeskJobStatus.COMPLETED:
        return _JOB_FAILED_TEXT.format(message=job.message[:200] or "it did not say why")
    return _ROW_NOT_DONE_TEXT

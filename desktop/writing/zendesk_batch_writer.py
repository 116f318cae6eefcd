"""Applies a plan to Zendesk: hundreds in jobs, several at once; one by one where jobs are refused.

A job that completed has not therefore done every row (contract zendesk 3, Jobs): its results are
read row by row, and what it says it did is read back.
"""

import asyncio
from collections.abc import Sequence

from desktop.clients.zendesk.bulk_jobs import ZendeskJob, ZendeskJobStatus
from desktop.kit.errors import AppError, Forbidden, NotFound, ResponseTimeout, ServiceError
from desktop.model.sync_plan import PlanRow
from desktop.model.target_record import TargetRecord
from desktop.store.batch_repository import WriteBatch
from desktop.store.row_completion import RowCompletion
from desktop.writing import batch_bookkeeping as rows_end
from desktop.writing.batch_bookkeeping import READ_BACK_WAITS_S, BatchBookkeeper, split_rows_to_send
from desktop.writing.sailthru_gateway import is_run_wide_error
from desktop.writing.target_record import ReadResult, is_row_applied
from desktop.writing.zendesk_gateway import MAX_USERS_PER_CALL, ZendeskGateway, build_user_document

_MAX_CONCURRENT_JOBS = 5


class ZendeskBatchWriter:
    """One run's writes to Zendesk."""

    def __init__(self, bookkeeper: BatchBookkeeper, target: ZendeskGateway) -> None:
        self._bookkeeper = bookkeeper
        self._gateway = target
        self._claim_lock = asyncio.Lock()
        # Found out by being refused: then the slow way serves for the rest of the run.
        self._is_bulk_allowed = {"create": True, "update": True}

    async def apply(self) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await self.settle_open_batches()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_MAX_CONCURRENT_JOBS):
                    group.create_task(self._write_batches())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def settle_open_batches(self) -> None:
        """Find out what became of everything that was being sent when a process ended."""
        for batch in await self._bookkeeper.list_open_batches():
            await self._settle_batch(batch)

    async def _write_batches(self) -> None:
        while True:
            async with self._claim_lock:
                rows = await self._bookkeeper.store.batches.list_next_rows(
                    self._bookkeeper.provenance.plan_id,
                    MAX_USERS_PER_CALL,
                )
                if not rows:
                    return
                # Both kinds in one call is not possible.
                creates = not rows[0].target_id
                rows = tuple(row for row in rows if bool(row.target_id) != creates)
                batch = await self._bookkeeper.claim_batch("create" if creates else "update", rows)
            await self._write_batch(batch, rows, creates=creates)

    async def _write_batch(self, batch: int, rows: Sequence[PlanRow], *, creates: bool) -> None:
        there = await self._gateway.read_rows(rows)
        self._bookkeeper.checkpoint("read")
        send, closed = split_rows_to_send(rows, there)
        if closed:
            await self._bookkeeper.complete_rows(closed, batch)
        if not send:
            return
        if self._is_bulk_allowed["create" if creates else "update"]:
            try:
                await self._write_job(batch, send, there, creates=creates)
            except Forbidden:
                self._is_bulk_allowed["create" if creates else "update"] = False
            else:
                return
        await self._write_singly(batch, send)

    async def _write_job(
        self, batch: int, rows: Sequence[PlanRow], there: dict[int, ReadResult], *, creates: bool
    ) -> None:
        documents = [build_user_document(row, _target_of_row(there, row)) for row in rows]
        try:
            job = await self._gateway.submit_job(documents, creates=creates)
        except Forbidden:
            raise
        except (ResponseTimeout, ServiceError):
            # It may be under way: what it changes is found by reading, at the next try.
            raise
        except AppError:
            await self._bookkeeper.release_batch(batch)
            raise
        self._bookkeeper.checkpoint("answered")
        await self._bookkeeper.store.batches.mark_sent(batch, job.id)
        self._bookkeeper.checkpoint("sent")
        await self._finish_job(batch, rows, job, job.id)

    async def _finish_job(
        self, batch: int, rows: Sequence[PlanRow], begun: ZendeskJob | None, job_id: str
    ) -> None:
        job = await self._wait_for_job(begun) if begun is not None else None
        refusals, done = _parse_job_results(rows, job)
        waiting, ended = list(rows), []
        there: dict[int, ReadResult] = {}
        for wait_s in READ_BACK_WAITS_S:
            if wait_s:
                await self._bookkeeper.clock.sleep(wait_s)
            there = await self._gateway.read_rows(waiting)
            seen = [row for row in waiting if _is_applied(row, there)]
            ended += [_confirmed(row, there) for row in seen]
            known = {row.row for row in seen}
            waiting = [row for row in waiting if row.row not in known]
            if not waiting or all(row.row in refusals for row in waiting):
                break
        for row in waiting:
            if row.row in refusals:
                ended.append(rows_end.parked_completion(row, refusals[row.row]))
            elif job is None or row.row not in done:
                why = _JOB_STUCK_TEXT if job is None else _job_failure_text(job)
                ended.append(rows_end.failed_completion(row, why, job_id))
            else:
                found = _target_of_row(there, row)
                ended.append(
                    rows_end.accepted_completion(
                        row, rows_end.NOT_SHOWN_YET_TEXT, found.id if found else ""
                    )
                )
        self._bookkeeper.checkpoint("read back")
        await self._bookkeeper.complete_rows(ended, batch)

    async def _wait_for_job(self, job: ZendeskJob) -> ZendeskJob | None:
        """The job once it has ended; None when it is given up or not known any more."""
        moved_at, polls = self._bookkeeper.clock.monotonic(), 0
        while not job.has_ended:
            await self._bookkeeper.wait_before_poll(polls)
            polls += 1
            before = job.progress
            try:
                job = await self._gateway.get_job(job.id)
            except NotFound:
                return None
            if job.progress != before:
                moved_at = self._bookkeeper.clock.monotonic()
            elif self._bookkeeper.clock.monotonic() - moved_at > self._bookkeeper.job_timeout_s:
                return None
        return job

    async def _write_singly(self, batch: int, rows: Sequence[PlanRow]) -> None:
        """At most one such call a second is let through (contract zendesk 0.2).

        So each is read again before it is sent: the last of a hundred waits for minutes.
        """
        for row in rows:
            there = await self._gateway.read_rows([row])
            send, closed = split_rows_to_send([row], there)
            if not send:
                await self._bookkeeper.complete_rows(closed, batch)
                continue
            answered = True
            try:
                target = await self._gateway.send_row(row, _target_of_row(there, row))
            except AppError as error:
                if not rows_end.may_be_applied(error):
                    if is_run_wide_error(error):
                        await self._bookkeeper.release_batch(batch)
                        raise
                    await self._bookkeeper.complete_rows(
                        [rows_end.parked_completion(row, str(error))], batch
                    )
                    continue
                answered, target = False, row.target_id
            self._bookkeeper.checkpoint("answered")
            await self._bookkeeper.complete_rows(
                [await self._read_back_row(row, target, answered=answered)], batch
            )

    async def _read_back_row(self, row: PlanRow, target: str, *, answered: bool) -> RowCompletion:
        for wait_s in READ_BACK_WAITS_S:
            if wait_s:
                await self._bookkeeper.clock.sleep(wait_s)
            if target:
                # By the id it was given: the search index lags by minutes (contract zendesk 3).
                found = (await self._gateway.read_users([int(target)])).get(target)
            else:
                found = _target_of_row(await self._gateway.read_rows([row]), row)
            if found is not None and is_row_applied(row, found):
                return rows_end.confirmed_completion(row, found)
        if not answered:
            return rows_end.unanswered_completion(row)
        return rows_end.accepted_completion(row, rows_end.NOT_SHOWN_YET_TEXT, target)

    async def _settle_batch(self, batch: WriteBatch) -> None:
        """What the process before this one left open: read what may have been sent."""
        while rows := await self._bookkeeper.store.batches.list_open_rows(
            self._bookkeeper.provenance.plan_id,
            batch.id,
            limit=MAX_USERS_PER_CALL,
        ):
            if batch.job_id:
                try:
                    job: ZendeskJob | None = await self._gateway.get_job(batch.job_id)
                except NotFound:
                    job = None
                await self._finish_job(batch.id, rows, job, batch.job_id)
                continue
            there = await self._gateway.read_rows(rows)
            _, closed = split_rows_to_send(rows, there, unsure=True)
            if closed:
                await self._bookkeeper.complete_rows(closed, batch.id)
            await self._bookkeeper.release_batch(batch.id, maybe_sent=True)


def _parse_job_results(
    rows: Sequence[PlanRow], job: ZendeskJob | None
) -> tuple[dict[int, str], set[int]]:
    """What the job said against single rows, and which rows it says were done.

    A job that failed as a whole says nothing against anybody.
    """
    if job is None or job.status is not ZendeskJobStatus.COMPLETED:
        return {}, set()
    if not job.results and job.has_succeeded:
        return {}, {row.row for row in rows}
    by_id = {int(row.target_id): row.row for row in rows if row.target_id}
    refused: dict[int, str] = {}
    done: set[int] = set()
    for result in job.results:
        if result.id is not None and result.id in by_id:
            number = by_id[result.id]
        elif result.index is not None and 0 <= result.index < len(rows):
            number = rows[result.index].row
        else:
            continue
        if result.is_ok:
            done.add(number)
        else:
            refused[number] = result.error
    return refused, done


def _job_failure_text(job: ZendeskJob) -> str:
    if job.status is not ZendeskJobStatus.FAILED:
        return _ROW_NOT_DONE_TEXT
    return _JOB_FAILED_TEXT.format(message=job.message[:200]) if job.message else _ROW_NOT_DONE_TEXT


def _target_of_row(there: dict[int, ReadResult], row: PlanRow) -> TargetRecord | None:
    found = there.get(row.row)
    return found if isinstance(found, TargetRecord) else None


def _is_applied(row: PlanRow, there: dict[int, ReadResult]) -> bool:
    return is_row_applied(row, _target_of_row(there, row))


def _confirmed(row: PlanRow, there: dict[int, ReadResult]) -> RowCompletion:
    found = _target_of_row(there, row)
    if found is None:
        raise TypeError(row.row)
    return rows_end.confirmed_completion(row, found)


_JOB_STUCK_TEXT = "Zendesk took the job and never ended it. The next run reads what it did."
_JOB_FAILED_TEXT = (
    "Zendesk's job failed: {message}. The next run reads what it did, and tries again."
)
_ROW_NOT_DONE_TEXT = "Zendesk did not do this row and did not say why."

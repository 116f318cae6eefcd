"""Applies a plan to Zendesk: hundreds in jobs, several at once; one by one where jobs are refused.

A job that completed has not therefore done every row (contract zendesk 3, Jobs): its results are
read row by row, and what it says it did is read back.
"""

import asyncio
from collections.abc import Sequence

from desktop.clients.zendesk.bulk import JobStatus, ZendeskJob
from desktop.kit.errors import AppError, Forbidden, NotFound, ServiceTrouble, TimedOut
from desktop.kit.text import translate
from desktop.model.plan import PlanRow
from desktop.store.applying import Batch
from desktop.store.closing import Closed
from desktop.writing import work as rows_end
from desktop.writing.sailthru_target import is_general
from desktop.writing.standing import Read, Standing, is_applied
from desktop.writing.work import READ_BACK_WAITS_S, Work, sorted_out
from desktop.writing.zendesk_target import HUNDRED, ZendeskTarget, document_of

_JOBS_AT_ONCE = 5


class ZendeskApplying:
    """One run's writes to Zendesk."""

    def __init__(self, work: Work, target: ZendeskTarget) -> None:
        self._work = work
        self._target = target
        self._taking = asyncio.Lock()
        # Found out by being refused: then the slow way serves for the rest of the run.
        self._bulk = {"create": True, "update": True}

    async def apply(self) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await self.settle()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_JOBS_AT_ONCE):
                    group.create_task(self._lane())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def settle(self) -> None:
        """Find out what became of everything that was being sent when a process ended."""
        for batch in await self._work.open_batches():
            await self._recover(batch)

    async def _lane(self) -> None:
        while True:
            async with self._taking:
                rows = await self._work.run(
                    self._work.store.applying.next_rows, self._work.hand.plan, HUNDRED
                )
                if not rows:
                    return
                # Both kinds in one call is not possible.
                creates = not rows[0].target_id
                rows = tuple(row for row in rows if bool(row.target_id) != creates)
                batch = await self._work.claim("create" if creates else "update", rows)
            await self._hundred(batch, rows, creates=creates)

    async def _hundred(self, batch: int, rows: Sequence[PlanRow], *, creates: bool) -> None:
        there = await self._target.read_many(rows)
        self._work.checkpoint("read")
        send, closed = sorted_out(rows, there)
        if closed:
            await self._work.close(closed, batch)
        if not send:
            return
        if self._bulk["create" if creates else "update"]:
            try:
                await self._in_a_job(batch, send, there, creates=creates)
            except Forbidden:
                self._bulk["create" if creates else "update"] = False
            else:
                return
        await self._one_by_one(batch, send)

    async def _in_a_job(
        self, batch: int, rows: Sequence[PlanRow], there: dict[int, Read], *, creates: bool
    ) -> None:
        documents = [document_of(row, _standing(there, row)) for row in rows]
        try:
            job = await self._target.submit(documents, creates=creates)
        except Forbidden:
            raise
        except (TimedOut, ServiceTrouble):
            # It may be under way: what it changes is found by reading, at the next try.
            raise
        except AppError:
            await self._work.give_back(batch)
            raise
        self._work.checkpoint("answered")
        await self._work.run(self._work.store.applying.mark_sent, batch, job.id)
        self._work.checkpoint("sent")
        await self._finish(batch, rows, job, job.id)

    async def _finish(
        self, batch: int, rows: Sequence[PlanRow], begun: ZendeskJob | None, job_id: str
    ) -> None:
        job = await self._ended(begun) if begun is not None else None
        refusals, done = _said(rows, job)
        waiting, ended = list(rows), []
        there: dict[int, Read] = {}
        for wait_s in READ_BACK_WAITS_S:
            if wait_s:
                await self._work.clock.sleep(wait_s)
            there = await self._target.read_many(waiting)
            seen = [row for row in waiting if _applied(row, there)]
            ended += [_done(row, there) for row in seen]
            known = {row.row for row in seen}
            waiting = [row for row in waiting if row.row not in known]
            if not waiting or all(row.row in refusals for row in waiting):
                break
        for row in waiting:
            if row.row in refusals:
                ended.append(rows_end.parked(row, refusals[row.row]))
            elif job is None or row.row not in done:
                why = _STUCK if job is None else _broken(job)
                ended.append(rows_end.failed(row, why, job_id))
            else:
                found = _standing(there, row)
                ended.append(rows_end.accepted(row, rows_end.NOT_SEEN, found.id if found else ""))
        self._work.checkpoint("read back")
        await self._work.close(ended, batch)

    async def _ended(self, job: ZendeskJob) -> ZendeskJob | None:
        """The job once it has ended; None when it is given up or not known any more."""
        moved_at, polls = self._work.clock.monotonic(), 0
        while not job.ended:
            await self._work.before_poll(polls)
            polls += 1
            before = job.progress
            try:
                job = await self._target.job(job.id)
            except NotFound:
                return None
            if job.progress != before:
                moved_at = self._work.clock.monotonic()
            elif self._work.clock.monotonic() - moved_at > self._work.job_patience_s:
                return None
        return job

    async def _one_by_one(self, batch: int, rows: Sequence[PlanRow]) -> None:
        """At most one such call a second is let through (contract zendesk 0.2).

        So each is read again before it is sent: the last of a hundred waits for minutes.
        """
        for row in rows:
            there = await self._target.read_many([row])
            send, closed = sorted_out([row], there)
            if not send:
                await self._work.close(closed, batch)
                continue
            answered = True
            try:
                target = await self._target.send(row, _standing(there, row))
            except AppError as error:
                if not rows_end.maybe_applied(error):
                    if is_general(error):
                        await self._work.give_back(batch)
                        raise
                    await self._work.close([rows_end.parked(row, str(error))], batch)
                    continue
                answered, target = False, row.target_id
            self._work.checkpoint("answered")
            await self._work.close([await self._seen(row, target, answered=answered)], batch)

    async def _seen(self, row: PlanRow, target: str, *, answered: bool) -> Closed:
        for wait_s in READ_BACK_WAITS_S:
            if wait_s:
                await self._work.clock.sleep(wait_s)
            if target:
                # By the id it was given: the search index lags by minutes (contract zendesk 3).
                found = (await self._target.at([int(target)])).get(target)
            else:
                found = _standing(await self._target.read_many([row]), row)
            if found is not None and is_applied(row, found):
                return rows_end.done(row, found)
        if not answered:
            return rows_end.unanswered(row)
        return rows_end.accepted(row, rows_end.NOT_SEEN, target)

    async def _recover(self, batch: Batch) -> None:
        """What the process before this one left open: read what may have been sent."""
        while rows := await self._work.run(
            self._work.store.applying.rows_of, self._work.hand.plan, batch.id, limit=HUNDRED
        ):
            if batch.job:
                try:
                    job: ZendeskJob | None = await self._target.job(batch.job)
                except NotFound:
                    job = None
                await self._finish(batch.id, rows, job, batch.job)
                continue
            there = await self._target.read_many(rows)
            _, closed = sorted_out(rows, there, unsure=True)
            if closed:
                await self._work.close(closed, batch.id)
            await self._work.give_back(batch.id, maybe_sent=True)


def _said(rows: Sequence[PlanRow], job: ZendeskJob | None) -> tuple[dict[int, str], set[int]]:
    """What the job said against single rows, and which rows it says were done.

    A job that failed as a whole says nothing against anybody.
    """
    if job is None or job.status is not JobStatus.COMPLETED:
        return {}, set()
    if not job.results and job.succeeded:
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
        if result.ok:
            done.add(number)
        else:
            refused[number] = result.error
    return refused, done


def _broken(job: ZendeskJob) -> str:
    if job.status is not JobStatus.FAILED:
        return _UNSAID
    return _FAILED.format(message=job.message[:200]) if job.message else _UNSAID


def _standing(there: dict[int, Read], row: PlanRow) -> Standing | None:
    found = there.get(row.row)
    return found if isinstance(found, Standing) else None


def _applied(row: PlanRow, there: dict[int, Read]) -> bool:
    return is_applied(row, _standing(there, row))


def _done(row: PlanRow, there: dict[int, Read]) -> Closed:
    found = _standing(there, row)
    if found is None:
        raise TypeError(row.row)
    return rows_end.done(row, found)


_STUCK = translate(
    "Applying", "Zendesk took the job and never ended it. The next run reads what it did."
)
_FAILED = translate(
    "Applying", "Zendesk's job failed: {message}. The next run reads what it did, and tries again."
)
_UNSAID = translate("Applying", "Zendesk did not do this row and did not say why.")

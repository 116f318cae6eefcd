"""Applies a plan to Sailthru: claim → read and compare → send → read back → close.

Row by row or in one job. Killed anywhere, it goes on by reading what may have been sent.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from desktop.clients.sailthru.job import Job, JobStatus
from desktop.kit.errors import AppError, NotFound, Offline, ServiceTrouble, TimedOut
from desktop.kit.text import translate
from desktop.model.goal import Flows
from desktop.model.plan import PlanRow
from desktop.store.applying import Batch
from desktop.store.closing import Closed
from desktop.writing import work as rows_end
from desktop.writing.sailthru_target import SailthruTarget, is_general, line_of, lists_joined
from desktop.writing.standing import LIST, Read, Standing, is_applied
from desktop.writing.work import READ_BACK_WAITS_S, Work, sorted_out

_POSTS = 48
_PAGE = 500
# Some 20 MB in memory; a hundred thousand people who change are one job.
_LINES_A_JOB = 120_000
_SAMPLE = 200


class SailthruApplying:
    """One run's writes to Sailthru."""

    def __init__(self, work: Work, target: SailthruTarget, flows: Flows) -> None:
        self._work = work
        self._target = target
        self._posts = flows is Flows.MAY_START
        self._lists: set[str] = set()

    async def apply(self) -> None:
        """Send every ticked row. Raises what stops a whole run: it goes on from there later."""
        await self.settle()
        while True:
            more = await (self._one_group() if self._posts else self._one_job())
            if not more:
                return

    async def settle(self) -> None:
        """Find out what became of everything that was being sent when a process ended."""
        for batch in await self._work.open_batches():
            await self._recover(batch)

    async def _next(self, limit: int) -> tuple[PlanRow, ...]:
        rows = await self._work.run(
            self._work.store.applying.next_rows, self._work.hand.plan, limit
        )
        joined = lists_joined(rows) - self._lists
        if joined:
            await self._target.ensure_lists(joined)
            self._lists |= joined
        return rows

    # Single posts.

    async def _one_group(self) -> bool:
        rows = await self._next(_POSTS)
        if not rows:
            return False
        batch = await self._work.claim("posts", rows)
        await self._post(batch, rows)
        return True

    async def _post(self, batch: int, rows: Sequence[PlanRow], *, unsure: bool = False) -> None:
        there = await self._target.read_many(rows)
        self._work.checkpoint("read")
        send, closed = sorted_out(rows, there, unsure=unsure)
        if closed:
            await self._work.close(closed, batch)
        answers = await asyncio.gather(*map(self._sent, send))
        self._work.checkpoint("answered")
        refused = [
            (row, error)
            for row, error in zip(send, answers, strict=True)
            if error is not None and not rows_end.maybe_applied(error)
        ]
        told = {row.row for row, error in zip(send, answers, strict=True) if error is None}
        general = next((error for _, error in refused if is_general(error)), None)
        own = [(row, error) for row, error in refused if not is_general(error)]
        out = {row.row for row, _ in refused}
        ended = await self._read_back(
            [row for row in send if row.row not in out],
            lambda row: _not_seen(row) if row.row in told else rows_end.unanswered(row),
        )
        ended += [_refused(row, error) for row, error in own]
        self._work.checkpoint("read back")
        await self._work.close(ended, batch)
        if general is not None:
            # The rest was surely not applied.
            await self._work.give_back(batch)
            raise general

    async def _sent(self, row: PlanRow) -> AppError | None:
        try:
            await self._target.send(row)
        except AppError as error:
            return error
        return None

    async def _read_back(
        self, rows: Sequence[PlanRow], missed: Callable[[PlanRow], Closed]
    ) -> list[Closed]:
        """How rows ended that were sent; `missed` says it for those that do not show it."""
        waiting, ended = list(rows), []
        there: dict[int, Read] = {}
        for wait_s in READ_BACK_WAITS_S:
            if not waiting:
                break
            if wait_s:
                await self._work.clock.sleep(wait_s)
            there = await self._target.read_many(waiting)
            seen = {row.row for row in waiting if _applied(row, there)}
            ended += [_done(row, there) for row in waiting if row.row in seen]
            waiting = [row for row in waiting if row.row not in seen]
        for row in waiting:
            found, how = there.get(row.row), missed(row)
            known = found.id if isinstance(found, Standing) else ""
            ended.append(replace(how, target_id=known) if known else how)
        return ended

    # One job.

    async def _one_job(self) -> bool:
        batch, lines, count = 0, bytearray(), 0
        while count < _LINES_A_JOB:
            rows = await self._next(_PAGE)
            if not rows:
                break
            if not batch:
                batch = await self._work.claim("job", rows)
            else:
                numbers = [row.row for row in rows]
                store = self._work.store.applying
                await self._work.run(store.extend_batch, self._work.hand.plan, batch, numbers)
            send, closed = sorted_out(rows, await self._target.read_many(rows))
            if closed:
                await self._work.close(closed, batch)
            for row in send:
                lines += line_of(row)
            count += len(send)
        self._work.checkpoint("read")
        if not batch:
            return False
        if not count:
            await self._work.give_back(batch)
            return True
        try:
            job = await self._target.submit(bytes(lines))
        except (TimedOut, ServiceTrouble):
            # It may be under way: what it changes is found by reading, at the next try.
            raise
        except AppError:
            await self._work.give_back(batch)
            raise
        del lines
        self._work.checkpoint("answered")
        await self._work.run(self._work.store.applying.mark_sent, batch, job.id)
        self._work.checkpoint("sent")
        await self._finish(batch, job.id)
        return True

    async def _finish(self, batch: int, job_id: str) -> None:
        """Wait for the job, then find out what it did; it gives no results for single rows."""
        job = await self._ended(job_id)
        trouble = _trouble(job)
        numbers = await self._work.run(
            self._work.store.applying.open_numbers, self._work.hand.plan, batch
        )
        # The same rows again after a crash: drawn by the batch's number.
        sample = set(random.Random(batch).sample(numbers, min(_SAMPLE, len(numbers))))
        missed = partial(rows_end.failed, words=trouble or _SKIPPED, job=job_id)
        seen: dict[int, Standing] = {}
        if not trouble and not await self._sample_holds(batch, sample, seen):
            sample = set(numbers)
            if await self._refuses_sids(batch, sample):
                await self._post_instead(batch)
                return
        after = -1
        while rows := await self._page(batch, after):
            after = rows[-1].row
            # What was added up must be seen: whether it counts cannot wait for the next plan.
            wanted = [r for r in rows if trouble or not r.target_id or r.events or r.row in sample]
            chosen = {r.row for r in wanted}
            read = [r for r in wanted if r.row not in seen]
            ended = await self._read_back(read, missed)
            ended += [rows_end.done(r, seen[r.row]) for r in wanted if r.row in seen]
            ended += [rows_end.accepted(r, rows_end.NOT_READ) for r in rows if r.row not in chosen]
            self._work.checkpoint("read back")
            await self._work.close(ended, batch)

    async def _page(self, batch: int, after: int) -> tuple[PlanRow, ...]:
        return await self._work.run(
            self._work.store.applying.rows_of, self._work.hand.plan, batch, after=after, limit=_PAGE
        )

    async def _sample_holds(self, batch: int, sample: set[int], seen: dict[int, Standing]) -> bool:
        """Whether all rows of the sample show what was written; those that do go into `seen`."""
        after = -1
        while rows := await self._page(batch, after):
            after = rows[-1].row
            drawn = [row for row in rows if row.row in sample]
            for wait_s in READ_BACK_WAITS_S:
                if not drawn:
                    break
                if wait_s:
                    await self._work.clock.sleep(wait_s)
                there = await self._target.read_many(drawn)
                for row in drawn:
                    found = there[row.row]
                    if isinstance(found, Standing) and is_applied(row, found):
                        seen[row.row] = found
                drawn = [row for row in drawn if row.row not in seen]
            if drawn:
                return False
        return True

    async def _refuses_sids(self, batch: int, numbers: set[int]) -> bool:
        """Whether no line that goes by a sid was applied: some accounts skip them all."""
        rows = [r for r in await self._page(batch, -1) if r.target_id and r.row in numbers][:50]
        there = await self._target.read_many(rows)
        return bool(rows) and not any(_applied(row, there) for row in rows)

    async def _post_instead(self, batch: int) -> None:
        after = -1
        while rows := await self._page(batch, after):
            after = rows[-1].row
            may = [row for row in rows if not any(c.field.startswith(LIST) for c in row.sent)]
            told = {row.row for row in may}
            closed = [rows_end.failed(r, _NO_SID_LINES) for r in rows if r.row not in told]
            if closed:
                await self._work.close(closed, batch)
            for start in range(0, len(may), _POSTS):
                # The job's lines by address were taken, and a process before may have posted.
                await self._post(batch, may[start : start + _POSTS], unsure=True)

    async def _ended(self, job_id: str) -> Job | None:
        """The job once it has ended; None when it is given up or not known any more."""
        began, polls = self._work.clock.monotonic(), 0
        while True:
            try:
                job = await self._target.job(job_id)
            except NotFound:
                return None
            if job.status is not JobStatus.PENDING:
                return job
            if self._work.clock.monotonic() - began > self._work.job_patience_s:
                return None
            await self._work.before_poll(polls)
            polls += 1

    # After a crash.

    async def _recover(self, batch: Batch) -> None:
        if batch.state == "sent" and batch.kind == "job":
            await self._finish(batch.id, batch.job)
            return
        after = -1
        while rows := await self._page(batch.id, after):
            after = rows[-1].row
            there = await self._target.read_many(rows)
            _, closed = sorted_out(rows, there, unsure=True)
            if closed:
                await self._work.close(closed, batch.id)
        await self._work.give_back(batch.id, maybe_sent=True)


def _applied(row: PlanRow, there: dict[int, Read]) -> bool:
    found = there.get(row.row)
    return isinstance(found, Standing) and is_applied(row, found)


def _done(row: PlanRow, there: dict[int, Read]) -> Closed:
    found = there[row.row]
    if not isinstance(found, Standing):
        raise TypeError(row.row)
    return rows_end.done(row, found)


def _not_seen(row: PlanRow) -> Closed:
    return rows_end.accepted(row, rows_end.NOT_SEEN)


def _refused(row: PlanRow, error: AppError) -> Closed:
    if isinstance(error, Offline):
        return rows_end.failed(row, str(error))
    return rows_end.parked(row, str(error))


def _trouble(job: Job | None) -> str:
    if job is None:
        return _STUCK
    return _ERROR if job.status is JobStatus.ERROR else ""


_SKIPPED = translate(
    "Applying", "Sailthru's job ended, and skipped this line without a word. The next run tries it."
)
_STUCK = translate(
    "Applying", "Sailthru took the job and never ended it. The next run reads what it did."
)
_ERROR = translate(
    "Applying", "Sailthru's job ended with an error before this line. The next run tries it."
)
_NO_SID_LINES = translate(
    "Applying",
    "This Sailthru account does not take jobs by profile id, and a single post could start e-mail"
    " flows, which this sync must not. Let it start flows, or ask Sailthru to allow such jobs.",
)

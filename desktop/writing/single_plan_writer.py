"""Applies a plan one by one: to Zendesk Sell and to Sailthru's content, whose rows need no job.

Sell has no jobs, and its upsert answers 409 where an address is not unique (docs/zendesk-sell.md
7). Content has a job that tells no outcome of a line, and is few.
"""

from desktop.kit.errors import InternalError
from desktop.writing.plan_row_queue import ClaimedBatch, PlanWriter, items_of

# Sell's are read together by one filter over ids, and written at the limiter's eight a second.
_ROWS_PER_BATCH = 24


class SinglePlanWriter(PlanWriter):
    """The plan writer of a run that writes each row by a request of its own."""

    page_rows = _ROWS_PER_BATCH

    async def _write_all(self) -> None:
        while rows := await self._queue.list_next(_ROWS_PER_BATCH):
            batch = await self._queue.claim("posts", rows)
            if await batch.is_outdated():
                await batch.release()
                continue
            await self._protocol.write_singly(items_of(rows), batch)

    async def _finish_job(self, batch: ClaimedBatch, job_id: str) -> None:
        raise InternalError(f"Nothing here is written by a job: {batch.id} {job_id}")

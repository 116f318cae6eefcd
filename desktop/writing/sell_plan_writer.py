"""Applies a plan to Zendesk Sell: one by one, which has no jobs and no upsert that can be trusted.

Sell's upsert answers 409 where an address is not unique (docs/zendesk-sell.md 7).
"""

from desktop.kit.errors import InternalError
from desktop.writing.plan_rows import ClaimedBatch, PlanWriter, items_of

# Read together by one filter over ids; written at the eight calls a second of the limiter.
_ROWS_PER_BATCH = 24


class SellPlanWriter(PlanWriter):
    """The plan writer of a run into Zendesk Sell."""

    page_rows = _ROWS_PER_BATCH

    async def _write_all(self) -> None:
        while rows := await self._queue.list_next(_ROWS_PER_BATCH):
            batch = await self._queue.claim("posts", rows)
            if await batch.is_outdated():
                await batch.release()
                continue
            await self._protocol.write_singly(items_of(rows), batch)

    async def _finish_job(self, batch: ClaimedBatch, job_id: str) -> None:
        raise InternalError(f"Zendesk Sell has no jobs: {batch.id} {job_id}")

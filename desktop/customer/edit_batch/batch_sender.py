"""Sends the edits of a batch, several at a time, in the process that works on it."""

import asyncio
from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.model.edit_batch import BatchStage
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.edit_queue import EditSender

# Each edit is read, posted and read back: Sailthru allows some hundred calls a second.
_CONCURRENT_SENDERS = 8
# So long nothing may move before the rest is left to the outbox, which sends it when it can.
_PATIENCE_S = 60.0
# After so many each sender looks whether somebody wants the process to stop.
_EDITS_PER_ROUND = 10
_MAX_WAIT_S = 1.0
_MIN_WAIT_S = 0.05


class BatchSender:
    """Sends one batch's edits that wait in the outbox, its undos among them."""

    def __init__(
        self,
        batch_id: str,
        store: WorkspaceStore,
        build_sender: Callable[[], EditSender],
        clock: Clock,
    ) -> None:
        self._batch_id = batch_id
        self._store = store
        self._build_sender = build_sender
        self._clock = clock

    async def run(self) -> None:
        """Send until every edit of the batch has ended, nothing moves any more, or it is to stop.

        What is left then stays in the outbox.
        """
        batches, clock = self._store.edit_batches, self._clock
        left = await self._count_open()
        await batches.begin_stage(self._batch_id, BatchStage.SEND, left, clock.now())
        sender, moved_at = self._build_sender(), clock.monotonic()
        while left and not (await batches.get(self._batch_id)).is_cancel_requested:
            await asyncio.gather(*(self._send_some(sender) for _ in range(_CONCURRENT_SENDERS)))
            before, left = left, await self._count_open()
            if left < before:
                moved_at = clock.monotonic()
            elif clock.monotonic() - moved_at > _PATIENCE_S:
                return
            else:
                await clock.sleep(await self._wait_s())

    async def _send_some(self, sender: EditSender) -> None:
        await sender.send_due(batch=self._batch_id, limit=_EDITS_PER_ROUND)

    async def _count_open(self) -> int:
        return await self._store.outbox.count_open_of_batch(self._batch_id)

    async def _wait_s(self) -> float:
        wait_s = await self._store.outbox.seconds_until_due(self._clock.now(), batch=self._batch_id)
        return min(_MAX_WAIT_S, max(_MIN_WAIT_S, wait_s or _MAX_WAIT_S))

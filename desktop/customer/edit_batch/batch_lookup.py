"""Looks the addresses of a batch up in both services: those that nothing kept here tells of.

Zendesk has no look-up of many addresses (docs/zendesk.md 3): each costs a call of some hundred a
minute. Sailthru has none either, and allows some hundred a second.
"""

import asyncio
from collections.abc import Callable, Iterator

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.customer.edit_batch.batch_address_matching import judge_sheet
from desktop.customer.identity_lookup import IdentityLookup
from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock
from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.model.edit_batch import BatchStage, LookupResult
from desktop.model.kept_address import KeptAddress
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.write_protocol import Checkpoint

# Calls a minute of Zendesk's smaller plans, until an answer has told the account's own.
ASSUMED_ZENDESK_LIMIT = 400
_CONCURRENT_LOOKUPS = 16
# What is lost of the look-up where its process is killed: it is asked again.
_RESULTS_PER_SAVE = 25
_SAVE_INTERVAL_S = 0.5
# Sailthru answers some hundred a second.
_SAILTHRU_PER_MINUTE = 6_000


def estimate_lookup_s(clients: ServiceClients, count: int) -> float:
    """Estimate how many seconds looking `count` addresses up takes, at the accounts' rate limits.

    A quarter of Zendesk's is left to people at work.
    """
    per_minute: float = _SAILTHRU_PER_MINUTE
    if clients.zendesk is not None:
        per_minute = zendesk_limit(clients) * (1 - INTERACTIVE_SHARE)
    return count * 60.0 / per_minute


def zendesk_limit(clients: ServiceClients) -> int:
    """Return how many calls a minute the Zendesk account allows, as far as that is known."""
    budget = clients.zendesk.pipeline.rate_limiter.budget() if clients.zendesk else None
    return budget.limit if budget is not None and budget.limit > 0 else ASSUMED_ZENDESK_LIMIT


class BatchLookup:
    """The look-up of one batch's addresses that wait for it."""

    def __init__(
        self,
        batch_id: str,
        store: WorkspaceStore,
        clients: Callable[[], ServiceClients],
        clock: Clock,
        checkpoint: Checkpoint,
    ) -> None:
        self._batch_id = batch_id
        self._store = store
        self._clients = clients
        self._clock = clock
        self._checkpoint = checkpoint
        self._lookup = IdentityLookup(clients, store, clock)
        self._results: list[LookupResult] = []
        self._done = 0
        self._saved_at = 0.0
        self._is_cancelled = False

    async def run(self) -> bool:
        """Look up every waiting address, and save who was found; False: somebody cancelled it.

        Raises what keeps a service from being asked for anybody; what was found until then is kept.
        """
        batches = self._store.edit_batches
        waiting = await batches.list_waiting(self._batch_id)
        if not waiting:
            return True
        await batches.begin_stage(
            self._batch_id, BatchStage.LOOKUP, len(waiting), self._clock.now()
        )
        rows = iter(waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(_CONCURRENT_LOOKUPS, len(waiting))):
                    group.create_task(self._look_up_next(rows))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            await self._save()
        return not self._is_cancelled

    async def _look_up_next(self, rows: Iterator[tuple[int, str]]) -> None:
        for row, address in rows:
            if self._is_cancelled:
                return
            kept = (await self._store.sheet_reader.read_kept_addresses([address]))[address]
            sheet = await self._lookup.look_up(address, self._known_user(kept))
            self._results.append(judge_sheet(row, address, sheet))
            self._done += 1
            await self._save_now_and_then()

    def _known_user(self, kept: KeptAddress) -> SheetPart[ZendeskUser] | None:
        """Return who has an address in Zendesk, where that is kept here and need not be asked."""
        if self._clients().zendesk is None or not kept.is_user_known(self._clock.now()):
            return None
        state = SheetPartState.READ if kept.user is not None else SheetPartState.ABSENT
        return SheetPart(kept.user, state, kept.user_at)

    async def _save_now_and_then(self) -> None:
        is_due = self._clock.monotonic() - self._saved_at >= _SAVE_INTERVAL_S
        if len(self._results) >= _RESULTS_PER_SAVE or is_due:
            await self._save()
            batch = await self._store.edit_batches.get(self._batch_id)
            self._is_cancelled = self._is_cancelled or batch.is_cancel_requested

    async def _save(self) -> None:
        results, self._results = self._results, []
        self._saved_at = self._clock.monotonic()
        if results:
            await self._store.edit_batches.save_results(self._batch_id, results, self._done)
            self._checkpoint("found")

"""The team's queue of due runs, which Procrastinate keeps in tables of its own: for workers alone.

Desks put a due time in by `LeaseRepository.queue_due` and import nothing of this. The queue says
who looks at a due time next, and gives it to another worker when one has died; whether a run may
begin and write is decided by the lease.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from procrastinate import App, RetryDecision
from procrastinate.connector import BaseAsyncConnector
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.retry import BaseRetryStrategy

from desktop.kit.errors import AppError
from desktop.store.team.lease_repository import SyncRunsElsewhere
from desktop.store.team.team_database import TeamDatabase
from desktop.store.team.team_errors import TeamStoreRefused

if TYPE_CHECKING:
    from psycopg.rows import DictRow

log = logging.getLogger(__name__)

# A worker gives a sign of life every ten seconds; after so many without one its job is another's.
STALLED_S = 30.0
_SIGN_OF_LIFE_S = 10.0
_ASK_AGAIN_S = 60
# Written by the function queue_due_run of the migrations.
_TASK = "run_sync"

T = TypeVar("T")
RunDueSync = Callable[[str, float], Awaitable[None]]


def queue_of_sync(sync: str) -> str:
    """Return the name of a sync's queue, as the function of the same name in the migrations."""
    return f"sync:{hashlib.sha256(sync.encode()).hexdigest()[:32]}"


class DueRunQueue:
    """The queue as a worker uses it; `run` runs one sync's due time (Unix seconds).

    Where `run` raises SyncRunsElsewhere, or an error that passes by itself, the time stays in the
    queue and is given out again a minute later.
    """

    def __init__(self, database: TeamDatabase, run: RunDueSync) -> None:
        """`database` is the queue's (`TeamDatabase.open_queue`); its owner closes it."""
        self._app = App(connector=_ThreadConnector(database))

        async def run_sync(sync: str, due_at: float) -> None:
            await run(sync, float(due_at))

        self._app.task(name=_TASK, retry=_AskAgain())(run_sync)

    async def retry_stalled(self) -> int:
        """Put back what workers had taken that have died since; returns how many.

        Raises TeamStoreAway.
        """
        jobs = self._app.job_manager
        stalled = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED_S))
        for job in stalled:
            log.warning("A worker died over %s: it is given out again", job.lock)
            await jobs.retry_job(job)
        return len(stalled)

    async def has_jobs(self, syncs: Iterable[str]) -> bool:
        """Whether a due time of one of these syncs waits. Raises TeamStoreAway."""
        wanted = set(map(queue_of_sync, syncs))
        jobs = await self._app.job_manager.list_jobs_async(task=_TASK, status="todo")
        return any(job.queue in wanted for job in jobs)

    async def work(self, syncs: Sequence[str]) -> None:
        """Run what waits of these syncs, one after another, until nothing is left.

        Cancelled, it ends after the run under way. Raises TeamStoreAway.
        """
        await self._app.run_worker_async(
            queues=list(map(queue_of_sync, syncs)),
            wait=False,
            # The caller looks every quarter of a minute.
            listen_notify=False,
            install_signal_handlers=False,
            # What became of it stands in the run's history.
            delete_jobs=DeleteJobCondition.ALWAYS,
            update_heartbeat_interval=_SIGN_OF_LIFE_S,
            stalled_worker_timeout=STALLED_S,
        )


class _AskAgain(BaseRetryStrategy):
    """Gives a due time out again that another run kept from starting, or a service."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - a hook
        if isinstance(exception, SyncRunsElsewhere) or (
            isinstance(exception, AppError) and exception.is_retryable
        ):
            return RetryDecision(retry_in={"seconds": _ASK_AGAIN_S})
        return None


class _ThreadConnector(BaseAsyncConnector):
    """Procrastinate's way to PostgreSQL: psycopg's synchronous side, on the database's thread.

    Its asynchronous side does not run on Windows' default loop.
    """

    def __init__(self, database: TeamDatabase) -> None:
        self._database = database

    def get_sync_connector(self) -> BaseAsyncConnector:
        return self

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        try:
            await self._run(query, arguments, lambda _cursor: None)
        except TeamStoreRefused as error:
            # Its functions raise where another worker has ended the job, or taken it, since.
            if not isinstance(error.__cause__, psycopg.errors.RaiseException):
                raise
            log.info("A due time of the queue is another worker's by now")

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        rows = await self.execute_query_all_async(query, **arguments)
        return rows[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        return await self._run(query, arguments, lambda cursor: cursor.fetchall())

    async def _run(
        self,
        query: str,
        arguments: dict[str, Any],
        read: "Callable[[psycopg.Cursor[DictRow]], T]",
    ) -> T:
        def act() -> T:
            return self._database.run(lambda c: read(c.execute(query.encode(), arguments)))

        # Not stopped halfway where the worker is cancelled: what was taken would be lost to it.
        return await asyncio.shield(self._database.thread.run(act))

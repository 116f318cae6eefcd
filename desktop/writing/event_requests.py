"""The door through which requests of events reach Zendesk: the right is asked before each one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from desktop.clients.zendesk.bulk_jobs import ZendeskBulkClient, ZendeskJob
from desktop.clients.zendesk.event_calls import ZendeskAnswer, ZendeskEventCalls
from desktop.kit.clock import Clock
from desktop.kit.errors import NotPermitted, ServiceError
from desktop.model.json_value import Json
from desktop.writing.job_poller import wait_for_job
from desktop.writing.write_protocol import Checkpoint

_JOB_STUCK = "Zendesk took the job and never ended it."


@dataclass(frozen=True)
class UserUpdates:
    """How one job for many users ended: each one's error by id, "" for none."""

    job_id: str
    errors: Mapping[int, str]


@dataclass(frozen=True)
class UserCreations:
    """How one job for many new users ended: the id of each in their order, None where not told."""

    job_id: str
    ids: Sequence[int | None]


@dataclass(frozen=True)
class EventRequestGateway:
    """Sends requests of events, singly or as one job for many users.

    `find_refusal` says why nothing may be written at this moment, or "". `checkpoint` hears each
    step passed; tests end the process there.
    """

    calls: ZendeskEventCalls
    clock: Clock
    find_refusal: Callable[[], str]
    job_timeout_s: float
    checkpoint: Checkpoint = lambda _name: None

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json] | None,
        headers: Mapping[str, str] | None = None,
    ) -> ZendeskAnswer:
        """Send one request. Raises NotPermitted, and what Zendesk's refusal stands for."""
        self._authorise()
        self.checkpoint("sending")
        answer = await self.calls.send(method, path, body, headers)
        self.checkpoint("answered")
        return answer

    async def update_users(self, users: Sequence[Mapping[str, Json]]) -> UserUpdates:
        """Update up to 100 users, no user twice, by one job.

        Raises ServiceError where it is not known what became of the job.
        """
        bulk = ZendeskBulkClient(self.calls.client)
        job = await self._run_job(bulk, bulk.update_many, users)
        return UserUpdates(job.id, _errors_by_user(job, users))

    async def create_users(self, users: Sequence[Mapping[str, Json]]) -> UserCreations:
        """Create up to 100 users by one job; who has a known address is not created.

        Raises Forbidden where the account may not import users, and ServiceError where it is not
        known what became of the job.
        """
        bulk = ZendeskBulkClient(self.calls.client)
        job = await self._run_job(bulk, bulk.create_many, users)
        made = {row.index: row.id for row in job.results if row.is_ok}
        return UserCreations(job.id, [made.get(place) for place in range(len(users))])

    async def _run_job(
        self,
        bulk: ZendeskBulkClient,
        start: Callable[[Sequence[Mapping[str, Json]]], Awaitable[ZendeskJob]],
        users: Sequence[Mapping[str, Json]],
    ) -> ZendeskJob:
        self._authorise()
        self.checkpoint("sending")
        begun = await start(users)
        self.checkpoint("answered")
        job = await wait_for_job(
            lambda: bulk.get_job(begun.id), self.clock, self.job_timeout_s, begun
        )
        if job is None:
            raise ServiceError(_JOB_STUCK, "It may still be done.", "Deliver again later.")
        self.checkpoint("job ended")
        return job

    def _authorise(self) -> None:
        if reason := self.find_refusal():
            raise NotPermitted("The events may not be delivered.", reason, "Nothing was sent.")


def _errors_by_user(job: ZendeskJob, users: Sequence[Mapping[str, Json]]) -> Mapping[int, str]:
    """Return the error of each user of a job; what it does not tell is read back afterwards."""
    told = {row.id: row for row in job.results if row.id is not None}
    by_place = {row.index: row for row in job.results if row.index is not None}
    errors: dict[int, str] = {}
    for place, user in enumerate(users):
        user_id = int(str(user["id"]))
        row = told.get(user_id) or by_place.get(place)
        errors[user_id] = "" if row is None or row.is_ok else row.error
    return errors
